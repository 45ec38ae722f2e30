// Logs of services and generic kinds of logs, as Sigma names them and their fields: see raw-logs.ts. What an event does not keep as the record
// has it is named too, so that a rule that asks for it is refused and not just never met.
// https://github.com/SigmaHQ/sigma-specification/blob/main/specification/sigma-appendix-taxonomy.md
import type { Json, OcsfEvent } from '../model.ts';
import { DNS_ACTIVITY, HTTP_ACTIVITY, NETWORK_ACTIVITY } from '../ocsf/classes.ts';
import { isArray, isObject, object, text } from '../outcome.ts';
import type { Place, RawLog } from './raw-logs.ts';

/** https://docs.github.com/en/enterprise-cloud@latest/admin/monitoring-activity-in-your-enterprise/reviewing-audit-logs-for-your-enterprise */
export const GITHUB: RawLog = {
  names: [{ product: 'github', service: 'audit' }],
  events: { product: 'GitHub GitHub' },
  fields: {
    action: ['metadata.event_code'],
    actor: ['actor.user.name'],
    actor_id: ['actor.user.uid'],
    actor_ip: ['src_endpoint.ip'],
    user_agent: ['http_request.user_agent'],
    url_path: ['http_request.url.path'],
    request_method: ['http_request.http_method'],
    request_id: ['metadata.correlation_uid'],
    _document_id: ['metadata.original_event_uid'],
    // Where an event names nobody, GitHub itself stands there.
    oauth_application_name: [{ path: 'actor.app_name', words: (value) => (value === 'GitHub' ? undefined : text(value)) }],
    oauth_application_id: ['actor.app_uid'],
    token_id: ['actor.user.programmatic_credentials.uid'],
    programmatic_access_type: ['actor.user.programmatic_credentials.type'],
  },
  // Of these the class of the event decides what becomes of them; times are numbers there.
  lost: [
    ...['@timestamp', 'created_at', 'message', 'actor_location', 'user', 'user_id', 'permission', 'team', 'team_id', 'data.team'],
    ...['org', 'org_id', 'business', 'business_id', 'repo', 'repo_id', 'repository', 'repository_id'],
  ],
};

/** https://kubernetes.io/docs/reference/config-api/apiserver-audit.v1/ */
export const KUBERNETES: RawLog = {
  names: [
    { category: 'application', product: 'kubernetes', service: 'audit' },
    { product: 'kubernetes', service: 'audit' },
  ],
  events: { product: 'AWS Amazon EKS', feature: 'Audit Logs' },
  fields: {
    verb: ['api.operation'],
    level: ['metadata.log_level'],
    stage: ['metadata.event_code'],
    apiVersion: ['metadata.log_version'],
    auditID: ['api.request.uid'],
    userAgent: ['http_request.user_agent'],
    requestURI: [{ made: requestUri }],
    sourceIPs: [{ made: sourceIps }],
    'user.username': ['actor.user.name'],
    'user.groups': ['actor.user.groups.name'],
    'user.extra.arn': [{ path: 'actor.user.uid', words: (value) => (text(value)?.startsWith('arn:') === true ? text(value) : undefined) }],
    'objectRef.resource': [{ made: (event) => resourceType(event)?.[0] }],
    'objectRef.subresource': [{ made: (event) => resourceType(event)?.[1] }],
    'objectRef.name': ['resources.name'],
    'objectRef.namespace': ['resources.namespace'],
    'objectRef.resourceVersion': ['resources.version'],
    'objectRef.apiGroup': ['api.group.name'],
    'objectRef.apiVersion': ['api.version'],
    'responseStatus.code': ['api.response.code'],
    'responseStatus.reason': ['api.response.error'],
    'responseStatus.message': ['api.response.error_message'],
    requestObject: ['api.request.data'],
    responseObject: ['api.response.data'],
    'annotations.authorization.k8s.io/decision': ['actor.authorizations.decision'],
    'annotations.authorization.k8s.io/reason': ['actor.authorizations.policy.name'],
  },
  lost: ['kind', 'stageTimestamp', 'requestReceivedTimestamp', 'objectRef.uid', 'responseStatus.status', 'user.uid', 'user.extra'],
};

function requestUri({ http_request: request }: OcsfEvent): Json | undefined {
  const url = object(object(request)?.['url']);
  const path = text(url?.['path']);
  const query = url?.['query_string'];
  return typeof query === 'string' ? `${path ?? ''}?${query}` : path;
}

/** The last one is whom the API server saw. */
function sourceIps({ http_request: request, src_endpoint: source }: OcsfEvent): Json | undefined {
  const claimed = object(request)?.['x_forwarded_for'];
  const ip = text(object(source)?.['ip']);
  return ip === undefined ? undefined : [...(isArray(claimed) ? claimed : []), ip];
}

/** Resource and subresource: `pods/exec`. */
function resourceType({ resources }: OcsfEvent): readonly (string | undefined)[] | undefined {
  const first: unknown = isArray(resources) ? resources[0] : undefined;
  return isObject(first) ? text(first['type'])?.split('/') : undefined;
}

/** https://developer.okta.com/docs/reference/api/system-log/ */
export const OKTA: RawLog = {
  names: [{ product: 'okta', service: 'okta' }],
  events: { product: 'Okta Okta' },
  fields: {
    eventType: ['metadata.event_code'],
    displayMessage: ['message'],
    severity: ['metadata.log_level'],
    version: ['metadata.log_version'],
    'outcome.result': ['status_code'],
    'outcome.reason': ['status_detail'],
    'transaction.id': ['metadata.correlation_uid'],
    'actor.id': ['actor.user.uid'],
    'actor.alternateId': ['actor.user.name'],
    'actor.displayName': ['actor.user.display_name'],
    'client.ipAddress': ['src_endpoint.ip'],
    'client.zone': ['src_endpoint.zone'],
    'client.userAgent.rawUserAgent': ['http_request.user_agent'],
    'client.geographicalContext.city': ['src_endpoint.location.city'],
    'client.geographicalContext.state': ['src_endpoint.location.region'],
    'client.geographicalContext.postalCode': ['src_endpoint.location.postal_code'],
    'client.geographicalContext.country': ['src_endpoint.location.country', 'src_endpoint.location.desc'],
    'client.geographicalContext.geolocation.lat': ['src_endpoint.location.lat'],
    'client.geographicalContext.geolocation.lon': ['src_endpoint.location.long'],
    'securityContext.asNumber': ['src_endpoint.autonomous_system.number'],
    'securityContext.asOrg': ['src_endpoint.autonomous_system.name'],
    'securityContext.isp': ['src_endpoint.isp'],
    'securityContext.domain': ['src_endpoint.domain'],
    'authenticationContext.externalSessionId': ['actor.session.uid'],
    'authenticationContext.issuer.id': ['actor.session.issuer'],
    'debugContext.debugData.requestUri': ['http_request.url.path'],
    'debugContext.debugData.url': ['http_request.url.url_string'],
  },
  // Of these the class of the event decides what becomes of them; kinds become numbers, times are numbers.
  lost: [
    ...['target', 'uuid', 'published', 'actor.type', 'client.device', 'authenticationContext.credentialType'],
    ...['debugContext.debugData.privilegeGranted', 'debugContext.debugData.privilegeRevoked'],
  ],
  spellings: [
    ...['legacyEventType', 'securityContext.isProxy', 'client.id', 'client.userAgent.os', 'client.userAgent.browser', 'device.id'],
    ...['authenticationContext.authenticationProvider', 'authenticationContext.credentialProvider', 'authenticationContext.interface'],
    ...['debugContext.debugData.behaviors', 'debugContext.debugData.risk', 'debugContext.debugData.requestId', 'transaction.type'],
    ...['debugContext.debugData.threatSuspected', 'debugContext.debugData.logOnlySecurityData', 'actor.detailEntry'],
    ...['request.ipChain.ip', 'request.ipChain.source', 'request.ipChain.version'],
  ],
};

/** https://learn.microsoft.com/en-us/office/office-365-management-api/office-365-management-activity-api-schema */
export const MICROSOFT_365: RawLog = {
  names: [{ product: 'm365', service: 'audit' }],
  events: { product: 'Microsoft Microsoft 365' },
  fields: {
    Operation: ['metadata.event_code'],
    UserId: ['actor.user.name'],
    UserKey: ['actor.user.uid'],
    OrganizationId: ['metadata.tenant_uid'],
    CorrelationId: ['metadata.correlation_uid'],
    'AppAccessContext.AADSessionId': ['actor.session.uid'],
    Parameters: ['api.request.data'],
  },
  // Of these the class of the event decides what becomes of them; each workload names address and agent in its own way.
  lost: [
    ...['CreationTime', 'Id', 'Version', 'Workload', 'ResultStatus', 'ErrorNumber', 'LogonError', 'ClientIP', 'ClientIPAddress'],
    ...[
      'ActorIpAddress',
      'UserAgent',
      'ExtendedProperties',
      'ApplicationId',
      'ApplicationDisplayName',
      'AppId',
      'ObjectId',
      'ItemType',
      'ListItemUniqueId',
    ],
    ...['SourceFileName', 'SourceFileExtension', 'SourceRelativeUrl', 'DestinationFileName', 'DestinationFileExtension'],
    ...['DestinationRelativeUrl', 'FileSizeBytes', 'TeamName', 'TeamGuid', 'TargetUserOrGroupName', 'Members'],
  ],
};

/** Rules of the public collection mean by it what follows the question mark, or all behind the host: either will do. */
const URI_QUERY: readonly Place[] = [{ made: (event) => uriQuery(event) }];

function uriQuery(event: OcsfEvent): Json | undefined {
  const query = text(object(object(event['http_request'])?.['url'])?.['query_string']);
  const whole = requestUri(event);
  return query === undefined ? whole : [query, whole ?? query];
}

/** Kinds of logs whoever writes them; only these fields have one meaning in all of them. */
export const GENERIC_LOGS: readonly RawLog[] = [
  {
    names: [{ category: 'dns' }],
    events: { cls: DNS_ACTIVITY },
    closed: true,
    fields: { query: ['query.hostname'], record_type: ['query.type'], answer: ['answers.rdata'], src_ip: ['src_endpoint.ip'] },
  },
  {
    names: [{ category: 'webserver' }],
    events: { cls: HTTP_ACTIVITY },
    closed: true,
    fields: {
      'cs-method': ['http_request.http_method'],
      'c-uri': [{ made: requestUri }],
      'cs-uri-stem': ['http_request.url.path'],
      'cs-uri-query': URI_QUERY,
      'cs-host': ['http_request.url.hostname'],
      'cs-user-agent': ['http_request.user_agent'],
      'c-useragent': ['http_request.user_agent'],
      'cs-referer': ['http_request.referrer'],
      'sc-status': ['http_response.code'],
      'c-ip': ['src_endpoint.ip'],
    },
  },
  {
    names: [{ category: 'firewall' }],
    events: { cls: NETWORK_ACTIVITY },
    closed: true,
    fields: {
      src_ip: ['src_endpoint.ip'],
      dst_ip: ['dst_endpoint.ip'],
      src_port: ['src_endpoint.port'],
      dst_port: ['dst_endpoint.port'],
    },
  },
];
