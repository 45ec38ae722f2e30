import { readFileSync } from 'node:fs';
import fc from 'fast-check';
import type { Json, JsonObject, OcsfEvent, Outcome } from '../../../shared/model.ts';
import type { Context } from '../../../shared/sources/api.ts';
import { guardduty } from '../../../shared/sources/guardduty.ts';
import { timeOf } from '../../../shared/sources/lib/fields.ts';
import { claim } from '../../../shared/sources/registry.ts';
import { validateEvent } from '../../ocsf.ts';

const CONTEXT: Context = {
  origin: {
    bank: 'demo',
    account: '111111111111',
    region: 'eu-central-1',
    source: 'guardduty',
    trigger: 'eventbridge',
    uri: 'eventbridge://111111111111/eu-central-1/1',
    time: 0,
  },
  uid: (index) => `position-${index}`,
};

function golden(name: string): JsonObject {
  return JSON.parse(readFileSync(`test/golden/guardduty/${name}/input.json`, 'utf8')) as JsonObject;
}

function read(input: unknown): Outcome<OcsfEvent> {
  const record = { text: typeof input === 'string' ? input : JSON.stringify(input), index: 0 };
  const native = guardduty.parse(record, CONTEXT);
  return native.kind === 'value' ? { kind: 'value', value: guardduty.map(native.value, record, CONTEXT) } : native;
}

/** The event as it is stored: what JSON cannot hold is gone. */
function event(input: unknown): OcsfEvent {
  const outcome = read(input);
  if (outcome.kind !== 'value') throw new Error(`refused: ${JSON.stringify(outcome)}`);
  return JSON.parse(JSON.stringify(outcome.value)) as OcsfEvent;
}

function detail(name: string): JsonObject {
  return golden(name)['detail'] as JsonObject;
}

/** A finding like `name` with some members replaced. */
function variant(name: string, changes: JsonObject, service: JsonObject = {}): JsonObject {
  const finding = detail(name);
  return { ...finding, ...changes, service: { ...(finding['service'] as JsonObject), ...service } };
}

function at(root: unknown, path: string): unknown {
  return path.split('.').reduce<unknown>((node, key) => (node as Record<string, unknown> | undefined)?.[key], root);
}

type Leaf = readonly [path: string, value: string | number | boolean];

function leaves(node: Json | undefined, path: string): readonly Leaf[] {
  if (node === undefined || node === null) return [];
  if (typeof node !== 'object') return [[path, node]];
  return Object.entries(node).flatMap(([key, member]) => leaves(member as Json, `${path}/${key}`));
}

/** Words that are numbers in the event. */
const CODED: readonly unknown[] = ['INBOUND', 'OUTBOUND', 'TARGET', 'ACTOR', 'IAMUser', 'Root'];

/** @returns what of a finding is neither in `unmapped`, where it was, nor in an attribute. */
function lost(finding: JsonObject, mapped: OcsfEvent): readonly Leaf[] {
  const { unmapped, ...attributes } = mapped;
  const left = new Map(leaves(unmapped, ''));
  const said = new Set(leaves(attributes as JsonObject, '').map(([, value]) => String(value).toLowerCase()));
  return leaves(finding, '').filter(([path, value]) => {
    if (left.get(path) === value || said.has(String(value).toLowerCase()) || CODED.includes(value)) return false;
    if (path === '/service/archived') return mapped.status_id === undefined;
    const ms = timeOf(value);
    return ms === undefined || !said.has(String(ms));
  });
}

describe('guardduty claims', () => {
  it('takes findings from EventBridge and nothing else of GuardDuty', () => {
    expect(claim({ trigger: 'eventbridge', source: 'aws.guardduty', detailType: 'GuardDuty Finding' })?.name).toBe('guardduty');
    expect(
      claim({ trigger: 'eventbridge', source: 'aws.guardduty', detailType: 'GuardDuty Runtime Protection Unhealthy' }),
    ).toBeUndefined();
    expect(claim({ trigger: 'eventbridge', source: 'aws.macie', detailType: 'GuardDuty Finding' })).toBeUndefined();
  });

  it('takes exported findings and reads account and region from their key', () => {
    const delivery = {
      trigger: 's3',
      bucket: 'landing',
      key: 'audit/AWSLogs/222222222222/GuardDuty/eu-central-1/2026/03/02/x.jsonl.gz',
    } as const;
    expect(guardduty.claims(delivery)).toBe(true);
    expect(guardduty.locate?.(delivery)).toEqual({ account: '222222222222', region: 'eu-central-1' });
    expect(guardduty.claims({ ...delivery, key: 'AWSLogs/222222222222/CloudTrail/eu-central-1/2026/03/02/x.json.gz' })).toBe(false);
    expect(guardduty.claims({ trigger: 'logs', logGroup: 'guardduty', logStream: 's' })).toBe(false);
  });

  it('recognises local files of both kinds, and not a trail that mentions GuardDuty', () => {
    expect(guardduty.recognises(JSON.stringify(golden('iam-user')))).toBe(true);
    expect(guardduty.recognises(readFileSync('test/golden/guardduty/export/input.json', 'utf8'))).toBe(true);
    const trail = JSON.stringify({ Records: [{ requestParameters: { pattern: '{"source":"aws.guardduty"}' } }] });
    expect(guardduty.recognises(trail)).toBe(false);
  });
});

describe('guardduty parse', () => {
  const finding = detail('dns');
  it.each([
    ['malformed_json', '{"id":'],
    ['malformed_record', '[1]'],
    ['malformed_record', { 'detail-type': 'GuardDuty Finding', detail: null }],
    ['missing_field', { ...finding, id: '' }],
    ['missing_field', { ...finding, type: null }],
    ['bad_value', { ...finding, severity: '8' }],
    ['bad_value', { ...finding, severity: -1 }],
    ['missing_field', { ...finding, updatedAt: null, createdAt: null }],
    ['bad_value', { ...finding, updatedAt: 'yesterday' }],
    ['time_out_of_range', { ...finding, updatedAt: '1970-01-01T00:00:00Z' }],
  ])('rejects with %s', (code, input) => {
    expect(read(input)).toMatchObject({ kind: 'reject', reject: { code } });
  });

  it('falls back to the time of creation, then to the time EventBridge took it', () => {
    const bare = { ...finding, updatedAt: null };
    expect(event(bare).time).toBe(Date.parse('2026-03-02T09:14:05.312Z'));
    expect(event({ ...golden('dns'), detail: { ...bare, createdAt: null } }).time).toBe(Date.parse('2026-03-02T09:20:00Z'));
  });
});

describe('guardduty map', () => {
  it.each([
    [0.5, 1],
    [1, 2],
    [3.9, 2],
    [4, 3],
    [6.9, 3],
    [7, 4],
    [8.9, 4],
    [9, 5],
    [10, 5],
  ])('maps severity %d to severity_id %d and keeps the number', (severity, severityId) => {
    const mapped = event(variant('dns', { severity }));
    expect(mapped.severity_id).toBe(severityId);
    expect(mapped.unmapped?.['severity']).toBe(severity);
  });

  it('tells create, update and close apart', () => {
    const later = { updatedAt: '2026-03-02T10:00:00Z' };
    expect(event(variant('dns', {}))).toMatchObject({ activity_id: 1, type_uid: 200401, status_id: 1, is_alert: true });
    expect(event(variant('dns', later))).toMatchObject({ activity_id: 2, type_uid: 200402, is_alert: true });
    expect(event(variant('dns', {}, { count: 2 }))).toMatchObject({ activity_id: 2, count: 2 });
    expect(event(variant('dns', later, { archived: true }))).toMatchObject({
      activity_id: 3,
      type_uid: 200403,
      status_id: 5,
      is_alert: false,
    });
  });

  it('gives every version of a finding one id, by whichever way it comes, and another id to the next version', () => {
    const first = event(golden('dns')).metadata.uid;
    expect(event(detail('dns')).metadata.uid).toBe(first);
    expect(event({ ...golden('dns'), id: 'ffffffff-0000-0000-0000-000000000000' }).metadata.uid).toBe(first);
    expect(event(variant('dns', { updatedAt: '2026-03-02T10:00:00Z' })).metadata.uid).not.toBe(first);
    expect(event(variant('dns', {}, { archived: true })).metadata.uid).not.toBe(first);
  });

  it('shows who called which API from where', () => {
    const [evidence] = event(golden('iam-user'))['evidences'] as readonly JsonObject[];
    expect(evidence).toEqual({
      actor: {
        user: {
          uid: 'AROAEXAMPLEROLE00001:deploy',
          name: 'ci-deploy',
          type_id: 99,
          type: 'AssumedRole',
          programmatic_credentials: [{ uid: 'ASIAEXAMPLEKEY000001' }],
        },
      },
      api: { operation: 'GetCallerIdentity', service: { name: 'sts.amazonaws.com' }, response: { error: 'AccessDenied' } },
      src_endpoint: {
        ip: '203.0.113.45',
        location: { city: 'Amsterdam', country: 'NL', lat: 52.3759, long: 4.8975 },
        autonomous_system: { name: 'Example Transit', number: 64500 },
      },
      http_request: { user_agent: 'aws-cli/2.31.0' },
    });
  });

  it('puts the remote end where the direction of the connection says', () => {
    const [inbound] = event(golden('ec2-network-inbound'))['evidences'] as readonly JsonObject[];
    const [outbound] = event(golden('full'))['evidences'] as readonly JsonObject[];
    expect(inbound).toMatchObject({
      connection_info: { direction_id: 1, protocol_name: 'tcp' },
      src_endpoint: { ip: '2001:db8::77', port: 40022 },
      dst_endpoint: { ip: '10.20.1.17', port: 22, instance_uid: 'i-0a1b2c3d4e5f60718' },
    });
    expect(outbound).toMatchObject({
      connection_info: { direction_id: 2 },
      src_endpoint: { ip: '10.20.1.17', port: 51514 },
      dst_endpoint: { ip: '203.0.113.9', port: 8333 },
    });
  });

  it('lists every probe, every actor and every signal', () => {
    expect(event(golden('ec2-port-probe'))['evidences']).toHaveLength(2);
    const mapped = event(golden('attack-sequence'));
    expect(mapped['evidences']).toMatchObject([{ actor: { user: { name: 'payments-admin' } } }, { src_endpoint: { ip: '203.0.113.45' } }]);
    expect(at(mapped, 'finding_info.related_events')).toMatchObject([
      { uid: 'signal-1', severity_id: 3, first_seen_time: 1772439000000 },
      { uid: 'signal-2', severity_id: 4, first_seen_time: Date.parse('2026-03-02T08:20:00Z'), count: 12 },
    ]);
    expect((mapped['resources'] as readonly JsonObject[]).map((resource) => resource['uid'])).toEqual([
      'AKIAEXAMPLEKEY000011',
      'arn:aws:s3:::demo-statements',
    ]);
  });

  it('names the ATT&CK tactic a finding type speaks of, and none otherwise', () => {
    expect(at(event(golden('s3')), 'finding_info.attacks')).toEqual([{ tactic: { name: 'Exfiltration', uid: 'TA0010' } }]);
    expect(at(event(golden('dns')), 'finding_info.attacks')).toBeUndefined();
    expect(at(event(variant('dns', { type: 'constructor:EC2/x' })), 'finding_info.attacks')).toBeUndefined();
  });
});

describe('guardduty keeps everything', () => {
  const names = [
    'iam-user',
    'full',
    'ec2-port-probe',
    'dns',
    's3',
    'eks-api',
    'eks-runtime',
    'rds-login',
    'attack-sequence',
    'archived',
    'nulls',
  ];
  it.each(names)('%s: valid, and everything stands in an attribute or where it was', (name) => {
    const { detail: finding, ...envelope } = golden(name);
    const mapped = event(golden(name));
    expect(validateEvent(mapped)).toEqual([]);
    expect(lost(finding as JsonObject, mapped)).toEqual([]);
    expect(mapped.unmapped?.['eventbridge']).toEqual(envelope);
  });

  it('leaves a list of several whole where something of it has no place', () => {
    const service = at(event(golden('ec2-port-probe')), 'unmapped.service.action.portProbeAction.portProbeDetails');
    expect(service).toEqual(at(golden('ec2-port-probe'), 'detail.service.action.portProbeAction.portProbeDetails'));
  });

  it('holds for findings with anything anywhere', () => {
    const bases = names.map(detail);
    fc.assert(
      fc.property(
        fc.constantFrom(...bases),
        fc.array(fc.integer({ min: 1, max: 200 }), { maxLength: 6 }),
        fc.jsonValue({ maxDepth: 2 }),
        (base, places, junk) => {
          const changed = places.reduce((found, place) => replace(found, place, junk as Json), base);
          // As it is delivered: JSON has no -0.
          const finding = JSON.parse(JSON.stringify(changed)) as JsonObject;
          const outcome = read(finding);
          if (outcome.kind !== 'value') {
            expect(outcome.kind).toBe('reject');
            return;
          }
          const mapped = JSON.parse(JSON.stringify(outcome.value)) as OcsfEvent;
          expect(validateEvent(mapped)).toEqual([]);
          expect(lost(finding, mapped)).toEqual([]);
        },
      ),
      { numRuns: 300 },
    );
  });
});

/** Puts `junk` in place of the member that stands at `place` in the order of a walk. */
function replace(root: JsonObject, place: number, junk: Json): JsonObject {
  let count = 0;
  function walk(node: Json): Json {
    if (count++ === place) return junk;
    if (Array.isArray(node)) return (node as readonly Json[]).map(walk);
    if (typeof node !== 'object' || node === null) return node;
    return Object.fromEntries(Object.entries(node as JsonObject).map(([key, member]) => [key, walk(member ?? null)]));
  }
  return walk(root) as JsonObject;
}
