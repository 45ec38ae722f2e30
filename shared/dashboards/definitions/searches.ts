// Saved searches: the lists an analyst opens first. Each opens in Discover, and some stand on a dashboard.
// https://docs.opensearch.org/latest/dashboards/discover/index-discover/
import { ALL, type Search } from '../model.ts';
import { search } from '../panels.ts';
import { EXPORTS, FINDING_CLASSES, LOGGING_OFF, OPEN, OWN_RESOURCES, PUBLIC_CIDR, REFUSED, ROOT } from './queries.ts';

const CALL = ['actor.user.uid', 'api.operation', 'api.service.name', 'src_endpoint.ip', 'cloud.account.uid', 'api.response.error'];
const FINDING = [
  'severity_id',
  'metadata.product.name',
  'finding_info.title',
  'cloud.account.uid',
  'resources.uid',
  'evidences.actor.user.uid',
  'evidences.src_endpoint.ip',
  'unmapped.evidence',
];
const SIGN_IN = ['user.name', 'user.uid', 'src_endpoint.ip', 'service.name', 'status_id', 'is_mfa', 'cloud.account.uid', 'message'];

export const FAILED_CONSOLE = search('failed-console-sign-ins', 'Failed console sign-ins', {
  description: 'Somebody tries passwords for the AWS console. Filter on the address: whom else did it try?',
  from: 'authentication',
  where: 'api.operation:ConsoleLogin AND status_id:2',
  columns: SIGN_IN,
});

export const ROOT_ACTIVITY = search('root-activity', 'Root activity', {
  description: 'What the root users of the accounts did. Every line needs somebody who says why.',
  from: ALL,
  where: ROOT,
  columns: CALL,
});

export const ACCESS_DENIED = search('access-denied', 'Access denied by actor', {
  description: 'Refused calls. Filter on an actor: many operations refused in a short time is somebody who finds out what he may do.',
  from: 'api_activity',
  where: REFUSED,
  columns: CALL,
});

export const PUBLIC_GROUPS = search('public-security-groups', 'Security groups opened to the world', {
  description: 'Calls that let 0.0.0.0/0 or ::/0 in. Revoke the rule first, then ask.',
  from: 'api_activity',
  where: `api.operation:AuthorizeSecurityGroupIngress AND ${PUBLIC_CIDR}`,
  columns: [...CALL, 'api.request.data'],
});

export const LOGGING_SWITCHED_OFF = search('logging-switched-off', 'Logging switched off', {
  description: 'Trails, flow logs, recorders and detectors that were stopped or deleted, also in vain.',
  from: 'api_activity',
  where: LOGGING_OFF,
  columns: [...CALL, 'api.request.data'],
});

export const NEW_CREDENTIALS = search('new-credentials', 'Credentials and privileges given', {
  description: 'New keys, users, policies and trust. Filter on the actor: was it one of those who may?',
  from: 'api_activity',
  where:
    'api.service.name:"iam.amazonaws.com" AND api.operation:(Create* OR Put* OR Attach* OR Add* OR Update*) AND NOT _exists_:api.response.error',
  columns: [...CALL, 'resources.uid', 'api.request.data'],
});

export const GUARDDUTY_HIGH = search('guardduty-high', 'GuardDuty high and critical', {
  description: 'What GuardDuty is sure of. Actor and address are links to their events of the last week.',
  from: 'detection_finding',
  where: 'metadata.product.name:GuardDuty AND severity_id:(4 OR 5 OR 6)',
  columns: FINDING,
});

export const OPEN_FINDINGS = search('open-findings', 'Open findings, high and critical', {
  description: 'To be worked through from the top. The last column is the command that shows the bytes behind a finding of our own rules.',
  from: ALL,
  where: `${FINDING_CLASSES} AND severity_id:(4 OR 5 OR 6) AND ${OPEN}`,
  columns: FINDING,
});

export const REJECTED_FLOWS = search('rejected-flows', 'Rejected flows', {
  description: 'Traffic that a security group, a network ACL or a firewall refused.',
  from: 'network_activity',
  where: 'action_id:2 OR disposition_id:2',
  columns: [
    'src_endpoint.ip',
    'dst_endpoint.ip',
    'dst_endpoint.port',
    'connection_info.protocol_num',
    'device.interface_uid',
    'metadata.product.name',
  ],
});

export const WEB_ATTACKS = search('web-attacks', 'Web attacks', {
  description: 'Requests with marks of an attack in path or query. Filter on the address, then look for those that were answered with 200.',
  from: 'http_activity',
  where:
    'http_request.url.path:(*..* OR *passwd* OR *.env OR *wp\\-* OR *.git*) OR http_request.url.query_string:(passwd OR union OR script OR wget)',
  columns: [
    'src_endpoint.ip',
    'http_request.http_method',
    'http_request.url.hostname',
    'http_request.url.path',
    'http_response.code',
    'http_request.user_agent',
  ],
});

export const DATA_LEAVING = search('data-leaving', 'Snapshots, exports and policies that let data out', {
  description: 'Calls that share snapshots, export tables or open buckets.',
  from: 'api_activity',
  where: EXPORTS,
  columns: [...CALL, 'resources.uid', 'api.request.data'],
});

export const PAYMENTS_REFUSED = search('payments-refused', 'Payments and orders that failed', {
  description: 'What processors, card systems, the payment network and exchanges refused.',
  from: 'api_activity',
  where: 'status_id:2 AND actor.app_name:*',
  columns: ['metadata.product.name', 'api.operation', 'metadata.event_code', 'actor.user.uid', 'resources.uid', 'message'],
});

export const OWN_FINDINGS = search('platform-findings', 'What the platform found about itself', {
  description: 'Silent sources, missing digests and files, skipped offsets: each is opened once and closed when it is over.',
  from: 'detection_finding',
  where: 'metadata.product.name:Strongroom AND finding_info.types:"logging-failure"',
  columns: ['severity_id', 'activity_id', 'finding_info.title', 'message', 'cloud.account.uid', 'resources.uid', 'unmapped.evidence'],
});

export const EVIDENCE_TOUCHED = search('evidence-touched', 'Calls on the platform’s own resources', {
  description: 'Who did what to the vault, its keys, tables and functions.',
  from: 'api_activity',
  where: OWN_RESOURCES,
  columns: [...CALL, 'actor.session.issuer', 'resources.uid', 'api.request.data'],
});

export const SEARCHES: readonly Search[] = [
  FAILED_CONSOLE,
  ROOT_ACTIVITY,
  ACCESS_DENIED,
  PUBLIC_GROUPS,
  LOGGING_SWITCHED_OFF,
  NEW_CREDENTIALS,
  GUARDDUTY_HIGH,
  OPEN_FINDINGS,
  REJECTED_FLOWS,
  WEB_ATTACKS,
  DATA_LEAVING,
  PAYMENTS_REFUSED,
  OWN_FINDINGS,
  EVIDENCE_TOUCHED,
];
