// Valid events of every class, made by hand from https://schema.ocsf.io/1.8.0, for the tests of the validator and of the full form.
import type { OcsfEvent } from '../../../shared/model.ts';

const TIME = Date.UTC(2026, 10, 21, 10, 39);
const CLOUD = { provider: 'AWS', account: { uid: '111111111111' }, region: 'eu-west-1' };
const ENDPOINT = { ip: '203.0.113.7', port: 52345 };

function metadataOf(name: string): OcsfEvent['metadata'] {
  return { uid: '3f0f4b8e-8f0a-4f3b-9a51-1f6f9b0c2d3e', version: '1.8.0', product: { name, vendor_name: 'AWS' }, profiles: ['cloud'] };
}

export const API_EVENT = {
  activity_id: 1,
  category_uid: 6,
  class_uid: 6003,
  type_uid: 600301,
  severity_id: 1,
  status_id: 1,
  time: TIME,
  metadata: metadataOf('CloudTrail'),
  cloud: CLOUD,
  api: {
    operation: 'CreateBucket',
    service: { name: 's3.amazonaws.com' },
    request: { uid: 'EXAMPLE0000', data: { bucketName: 'ledger' } },
  },
  actor: { user: { type_id: 2, name: 'alice', uid: 'AIDAEXAMPLE' }, session: { is_mfa: true } },
  src_endpoint: { ip: '203.0.113.7' },
  resources: [
    { uid: 'arn:aws:s3:::ledger', type: 'AWS::S3::Bucket' },
    { uid: 'arn:aws:s3:::ledger', type: 'AWS::S3::Object' },
  ],
  unmapped: { status_id: 99, readOnly: false },
} satisfies OcsfEvent;

export const NETWORK_EVENT = {
  activity_id: 6,
  category_uid: 4,
  class_uid: 4001,
  type_uid: 400106,
  severity_id: 1,
  time: TIME,
  start_time: TIME,
  end_time: TIME + 60_000,
  metadata: metadataOf('VPC Flow Logs'),
  cloud: CLOUD,
  src_endpoint: ENDPOINT,
  dst_endpoint: { ip: '2001:db8::1', port: 443, interface_uid: 'eni-0123' },
  connection_info: { direction_id: 99, direction: 'sideways', protocol_num: 6 },
  traffic: { bytes: 5_000_000_000, packets: 12 },
} satisfies OcsfEvent;

export const HTTP_EVENT = {
  activity_id: 3,
  category_uid: 4,
  class_uid: 4002,
  type_uid: 400203,
  severity_id: 1,
  time: TIME,
  metadata: metadataOf('Elastic Load Balancing'),
  cloud: CLOUD,
  src_endpoint: ENDPOINT,
  http_request: {
    http_method: 'GET',
    user_agent: 'curl/8.5.0',
    url: { url_string: 'https://bank.example/login', hostname: 'bank.example', port: 443 },
    x_forwarded_for: ['198.51.100.1', '198.51.100.2'],
  },
  http_response: { code: 200 },
} satisfies OcsfEvent;

export const AUTHENTICATION_EVENT = {
  activity_id: 1,
  category_uid: 3,
  class_uid: 3002,
  type_uid: 300201,
  severity_id: 3,
  status_id: 2,
  time: TIME,
  metadata: metadataOf('CloudTrail'),
  cloud: CLOUD,
  user: { type_id: 2, name: 'root', account: { uid: '111111111111', type_id: 10 } },
  service: { name: 'signin.amazonaws.com' },
  src_endpoint: { ip: '203.0.113.7' },
} satisfies OcsfEvent;

export const FINDING_EVENT = {
  activity_id: 1,
  category_uid: 2,
  class_uid: 2004,
  type_uid: 200401,
  severity_id: 4,
  status_id: 1,
  time: TIME,
  metadata: metadataOf('GuardDuty'),
  cloud: CLOUD,
  finding_info: { uid: 'f-1', title: 'Unusual call', created_time: TIME, types: ['Recon:IAMUser/MaliciousIPCaller'] },
  evidences: [{ src_endpoint: ENDPOINT, verdict_id: 2 }],
} satisfies OcsfEvent;

export const BASE_EVENT = {
  activity_id: 0,
  category_uid: 0,
  class_uid: 0,
  type_uid: 0,
  severity_id: 2,
  time: TIME,
  message: 'ledger balanced',
  metadata: { uid: 'AAAA', version: '1.8.0', product: { name: 'ledger', vendor_name: 'application' } },
  unmapped: { orders: [1, 2, { three: null }] },
} satisfies OcsfEvent;

export const EXAMPLES: readonly (readonly [string, OcsfEvent])[] = [
  ['base_event', BASE_EVENT],
  ['detection_finding', FINDING_EVENT],
  ['authentication', AUTHENTICATION_EVENT],
  ['network_activity', NETWORK_EVENT],
  ['http_activity', HTTP_EVENT],
  ['api_activity', API_EVENT],
];
