// Logs whose fields rules name as the log itself does: what Sigma calls them, and where their fields are in the event.
// https://github.com/SigmaHQ/sigma-specification/blob/main/specification/sigma-appendix-taxonomy.md
// CloudTrail: https://docs.aws.amazon.com/awscloudtrail/latest/userguide/cloudtrail-event-reference-record-contents.html
// VPC flow logs: https://docs.aws.amazon.com/vpc/latest/userguide/flow-log-records.html
import type { Json, JsonObject, OcsfEvent } from '../model.ts';
import type { OcsfClass } from '../ocsf/classes.ts';
import { isArray, isObject, object } from '../outcome.ts';
import { GENERIC_LOGS, GITHUB, KUBERNETES, MICROSOFT_365, OKTA } from './service-logs.ts';
import type { LogSourceName } from './sigma/rule.ts';

/**
 * Where a raw field is found: a path; with `words`, what the log calls the value there (one that has no word is none of the log's); or what
 * `made` makes of the event again.
 */
export type Place = string | { readonly path: string; readonly words: Words } | { readonly made: (event: OcsfEvent) => Json | undefined };

export type Words = (value: unknown) => string | undefined;

function words(table: Readonly<Partial<Record<string, string>>>): Words {
  return (value) => table[String(value)];
}

/** As CloudTrail writes a time, which the hub says once (shared/hub/lean.ts). */
function inSeconds(value: unknown): string | undefined {
  return typeof value === 'number' ? new Date(value).toISOString().replace(/\.\d{3}/, '') : undefined;
}

export interface RawLog {
  /** As the log source of a rule may name it, to the word. */
  readonly names: readonly LogSourceName[];
  /** Vendor and name of the product in its events, `feature` where the product has logs of several kinds; or a class, whoever wrote the log. */
  readonly events: { readonly product: string; readonly feature?: string } | { readonly cls: OcsfClass };
  /** Raw name, or first part of it → places, the first that has a value counts. Any other name is looked for in `unmapped`. */
  readonly fields: Readonly<Record<string, readonly Place[]>>;
  /** Names, with what is below them, whose values the event does not keep as the log has them: a rule that asks for one is refused. */
  readonly lost?: readonly string[];
  /** Other names than those of `fields` are none of the log's: a rule that asks for one is refused. */
  readonly closed?: true;
  /** Names in the log's own spelling, for a log whose public rules have them in lower case. */
  readonly spellings?: readonly string[];
}

/** The resources that the record lists; those that the request names have a role in the event. */
function cloudTrailResources({ resources }: OcsfEvent): Json | undefined {
  if (!isArray(resources)) return undefined;
  const listed = resources.flatMap((resource) => {
    if (!isObject(resource) || resource['role_id'] !== undefined) return [];
    const { uid, name, type, owner, data } = resource;
    const account = object(object(owner)?.['account'])?.['uid'];
    return [present({ ARN: uid, ARNPrefix: name, accountId: account, type, ...object(data) })];
  });
  return listed.length === 0 ? undefined : listed;
}

/** Without the members that are undefined. */
function present(members: JsonObject): JsonObject {
  return Object.fromEntries(Object.entries(members).filter(([, member]) => member !== undefined));
}

const CLOUDTRAIL: RawLog = {
  names: [{ product: 'aws', service: 'cloudtrail' }],
  events: { product: 'AWS CloudTrail' },
  fields: {
    eventName: ['api.operation'],
    eventSource: ['api.service.name'],
    eventType: ['metadata.event_code'],
    eventID: ['metadata.uid'],
    eventVersion: ['metadata.log_version'],
    eventTime: ['metadata.original_time', { path: 'time', words: inSeconds }],
    apiVersion: ['api.version'],
    errorCode: ['api.response.error'],
    errorMessage: ['api.response.error_message'],
    requestParameters: ['api.request.data'],
    responseElements: ['api.response.data'],
    requestID: ['api.request.uid'],
    userAgent: ['http_request.user_agent'],
    sourceIPAddress: ['src_endpoint.ip', 'src_endpoint.domain'],
    awsRegion: ['cloud.region'],
    recipientAccountId: ['cloud.account.uid'],
    vpcEndpointId: ['src_endpoint.uid'],
    'userIdentity.type': ['actor.user.type'],
    'userIdentity.arn': ['actor.user.uid'],
    'userIdentity.principalId': ['actor.user.uid_alt'],
    'userIdentity.userName': ['actor.user.name'],
    'userIdentity.accountId': ['actor.user.account.uid'],
    'userIdentity.accessKeyId': ['actor.user.programmatic_credentials.uid'],
    'userIdentity.invokedBy': ['actor.app_name'],
    'userIdentity.identityProvider': ['actor.idp.name'],
    'userIdentity.sessionContext.sessionIssuer.arn': ['actor.session.issuer'],
    resources: [{ made: cloudTrailResources }],
  },
};

// The other ends' interfaces are in `device` where nobody knows which end the interface is.
const VPC_FLOW: RawLog = {
  names: [{ product: 'aws', service: 'vpcflow' }],
  events: { product: 'AWS Amazon VPC' },
  fields: {
    version: ['metadata.log_version'],
    account_id: ['cloud.account.uid'],
    region: ['cloud.region'],
    az_id: ['cloud.zone'],
    interface_id: ['device.interface_uid', 'src_endpoint.interface_uid', 'dst_endpoint.interface_uid'],
    instance_id: ['device.instance_uid', 'src_endpoint.instance_uid', 'dst_endpoint.instance_uid'],
    vpc_id: ['device.vpc_uid', 'src_endpoint.vpc_uid', 'dst_endpoint.vpc_uid'],
    subnet_id: ['device.subnet_uid', 'src_endpoint.subnet_uid', 'dst_endpoint.subnet_uid'],
    srcaddr: ['src_endpoint.intermediate_ips', 'src_endpoint.ip'],
    dstaddr: ['dst_endpoint.intermediate_ips', 'dst_endpoint.ip'],
    pkt_srcaddr: ['src_endpoint.ip'],
    pkt_dstaddr: ['dst_endpoint.ip'],
    pkt_src_aws_service: ['src_endpoint.svc_name'],
    pkt_dst_aws_service: ['dst_endpoint.svc_name'],
    srcport: ['src_endpoint.port'],
    dstport: ['dst_endpoint.port'],
    protocol: ['connection_info.protocol_num'],
    tcp_flags: ['connection_info.tcp_flags'],
    flow_direction: [
      'connection_info.direction',
      { path: 'connection_info.direction_id', words: words({ '1': 'ingress', '2': 'egress' }) },
    ],
    packets: ['traffic.packets'],
    bytes: ['traffic.bytes'],
    action: ['action', { path: 'action_id', words: words({ '1': 'ACCEPT', '2': 'REJECT' }) }],
    log_status: ['status_code'],
    reject_reason: ['status_detail'],
  },
};

export const RAW_LOGS: readonly RawLog[] = [CLOUDTRAIL, VPC_FLOW, GITHUB, KUBERNETES, MICROSOFT_365, OKTA, ...GENERIC_LOGS];
