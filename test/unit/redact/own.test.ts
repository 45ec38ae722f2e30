import { isOwnLogGroup, OWN_WORK } from '../../../shared/redact/own.ts';
import { transformsFor } from '../../../shared/redact/transforms.ts';
import type { OcsfEvent, Outcome } from '../../../shared/model.ts';

const BANK = { bank: 'demo', security_account: '111111111111', exclusions: [], redaction: [] };

const BUCKETS = 'strongroom-demo-111111111111-eu-central-1';

function call(changes: { role?: string; service?: string; operation?: string; status?: number; bucket?: string } = {}): OcsfEvent {
  const { role = 'arn:aws:iam::111111111111:role/strongroom-demo-ingest-objects', service = 's3.amazonaws.com' } = changes;
  return {
    activity_id: 1,
    category_uid: 6,
    class_uid: 6003,
    type_uid: 600301,
    severity_id: 1,
    status_id: changes.status ?? 1,
    time: 1_768_435_200_000,
    metadata: { uid: 'a', version: '1.8.0', product: { name: 'CloudTrail', vendor_name: 'AWS' } },
    actor: { session: { issuer: role } },
    api: {
      operation: changes.operation ?? 'PutObject',
      service: { name: service },
      request: { uid: 'r', data: { bucketName: changes.bucket ?? `${BUCKETS}-vault`, key: 'k' } },
    },
  };
}

function outcome(event: OcsfEvent, source = 'cloudtrail'): Outcome<OcsfEvent> {
  return transformsFor(BANK, source).reduce<Outcome<OcsfEvent>>(
    (current, transform) => (current.kind === 'value' ? transform(current.value) : current),
    { kind: 'value', value: event },
  );
}

test.each([
  ['writes evidence', call()],
  ['parks a record', call({ bucket: `${BUCKETS}-parked` })],
  ['reads what landed', call({ operation: 'GetObject', bucket: `${BUCKETS}-landing-kms` })],
  ['reads what landed otherwise', call({ operation: 'GetObject', bucket: `${BUCKETS}-landing-sse-s3` })],
  ['reads what the firewall logged', call({ operation: 'GetObject', bucket: 'aws-waf-logs-demo-111111111111-eu-central-1' })],
  ['makes a data key', call({ service: 'kms.amazonaws.com', operation: 'GenerateDataKey' })],
  ['puts events into the hub', call({ service: 'kinesis.amazonaws.com', operation: 'PutRecords' })],
])('a call that ingest %s with is left out under its own name', (_, event) => {
  expect(outcome(event)).toEqual({ kind: 'exclude', rule: OWN_WORK });
});

test.each([
  ['another call of the same role', call({ operation: 'DeleteObject' })],
  ['a call that was refused', call({ status: 2 })],
  ['evidence that is read', call({ operation: 'GetObject', bucket: `${BUCKETS}-vault` })],
  ['a parked record that is read', call({ operation: 'GetObject', bucket: `${BUCKETS}-parked` })],
  ['an object that is put where others land', call({ bucket: `${BUCKETS}-landing-kms` })],
  ['an object that is put elsewhere', call({ bucket: 'somebody-elses-vault' })],
  ['an object that is read elsewhere', call({ operation: 'GetObject', bucket: 'payments-landing-kms' })],
  ['a bucket of another bank', call({ bucket: 'strongroom-other-111111111111-eu-central-1-vault' })],
  ['a call that names no bucket', { ...call(), api: { operation: 'PutObject', service: { name: 's3.amazonaws.com' } } }],
  ['a role of a like name', call({ role: 'arn:aws:iam::111111111111:role/strongroom-demo-ingest-objects-debug' })],
  ['a role that ingests nothing known', call({ role: 'arn:aws:iam::111111111111:role/strongroom-demo-ingest-x' })],
  ['the role of another account', call({ role: 'arn:aws:iam::222222222222:role/strongroom-demo-ingest-objects' })],
  ['the role of another bank', call({ role: 'arn:aws:iam::111111111111:role/strongroom-other-ingest-objects' })],
  ['a role of the platform that ingests nothing', call({ role: 'arn:aws:iam::111111111111:role/strongroom-demo-index' })],
  ['somebody without a session', { ...call(), actor: { user: { name: 'strongroom-demo-ingest-objects' } } }],
])('%s stays', (_, event) => {
  expect(outcome(event)).toEqual({ kind: 'value', value: event });
});

test("the functions' own log groups are told from those of others", () => {
  expect(isOwnLogGroup(BANK, '111111111111', '/aws/lambda/strongroom-demo-ingest-stream')).toBe(true);
  expect(isOwnLogGroup(BANK, '222222222222', '/aws/lambda/strongroom-demo-ingest-stream')).toBe(false);
  expect(isOwnLogGroup(BANK, '111111111111', '/aws/lambda/payments')).toBe(false);
});

test('credentials in headers are masked, their names stay', () => {
  const headers = [
    { name: 'Cookie', value: 'session=1' },
    { name: 'Authorization', value: 'Bearer x' },
    { name: 'Accept', value: '*/*' },
  ];
  const event = { ...call(), http_request: { user_agent: 'a', http_headers: headers } };
  expect(outcome(event, 'waf')).toMatchObject({
    value: {
      http_request: {
        user_agent: 'a',
        http_headers: [
          { name: 'Cookie', value: '***' },
          { name: 'Authorization', value: '***' },
          { name: 'Accept', value: '*/*' },
        ],
      },
    },
  });
  expect(outcome(event, 'alb')).toEqual({ kind: 'value', value: event });
});
