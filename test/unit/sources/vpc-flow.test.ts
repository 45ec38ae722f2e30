import { existsSync, readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import fc from 'fast-check';
import type { JsonObject, Origin, Outcome } from '../../../shared/model.ts';
import { isObject } from '../../../shared/outcome.ts';
import type { Context } from '../../../shared/sources/api.ts';
import { TRANSIT_GATEWAY_FORMAT } from '../../../shared/sources/vpc-flow-format.ts';
import { vpcFlow } from '../../../shared/sources/vpc-flow.ts';
import { validateEvent } from '../../ocsf.ts';
import { DELIVERED, runRecords } from './log-run.ts';

const ORIGIN: Origin = {
  bank: 'demo',
  account: '222222222222',
  region: 'eu-central-1',
  source: 'vpc-flow',
  trigger: 's3',
  uri: 's3://landing/flow#1',
  time: Date.UTC(2026, 0, 2),
};
const LINE = '2 222222222222 eni-0a1b2c3d4e5f60001 198.51.100.7 10.0.1.20 49152 443 6 12 3480 1767225600 1767225655 ACCEPT OK';
const KEY_NAME = '222222222222_vpcflowlogs_eu-central-1_fl-0a1b2c3d4e5f60001_20260101T0000Z_0a1b2c3d';

function contextOf(given: Partial<Context> = {}): Context {
  return { origin: ORIGIN, uid: (index) => `id-${index}`, ...given };
}

/** The event as it would be sent, or what became of the line instead. */
function read(text: string, given: Partial<Context> = {}, time?: number): Outcome<JsonObject> {
  const record = time === undefined ? { text, index: 0 } : { text, index: 0, time };
  const context = contextOf(given);
  const native = vpcFlow.parse(record, context);
  if (native.kind !== 'value') return native;
  const sent: unknown = JSON.parse(JSON.stringify(vpcFlow.map(native.value, record, context)));
  return isObject(sent) ? { kind: 'value', value: sent } : { kind: 'exclude', rule: 'no object' };
}

function event(text: string, given: Partial<Context> = {}, time?: number): JsonObject {
  const outcome = read(text, given, time);
  if (outcome.kind !== 'value') throw new Error(`no event: ${JSON.stringify(outcome)}`);
  return outcome.value;
}

function at(node: unknown, path: string): unknown {
  return path
    .split('.')
    .reduce<unknown>((inner, name) => (isObject(inner) || Array.isArray(inner) ? (inner as JsonObject)[name] : undefined), node);
}

describe('columns', () => {
  // The inverse of the mapping: where the value of each documented column stands in the event.
  const text = fc.string({ unit: fc.constantFrom('a', 'Z', '0', '9', '%', '.', ':', '/', '_'), minLength: 1, maxLength: 12 });
  const number = fc.integer({ min: 0, max: 2 ** 48 }).map(String);
  const port = fc.integer({ min: 0, max: 65_535 }).map(String);
  const seconds = fc.integer({ min: 946_684_800, max: 4_102_444_799 }).map(String);
  // OCSF's addresses have at most 40 characters; longer spellings are rejected.
  const ip = fc.oneof(
    fc.ipV4(),
    fc.ipV6().filter((address) => address.length <= 40),
  );

  type Find = (event: JsonObject, flow: Readonly<Record<string, string>>) => unknown;
  const under =
    (path: string): Find =>
    (found) =>
      at(found, path);
  const ofInterface =
    (name: string): Find =>
    (found, flow) =>
      at(found, `${{ egress: 'src_endpoint', ingress: 'dst_endpoint' }[flow['flow-direction'] ?? ''] ?? 'device'}.${name}`);
  const addressOf =
    (end: string): Find =>
    (found) =>
      at(found, `${end}.intermediate_ips.0`) ?? at(found, `${end}.ip`);
  const decoded =
    (path: string, captions: Readonly<Record<string, string>>, caption: string): Find =>
    (found) =>
      captions[String(at(found, path))] ?? at(found, caption);
  const inSeconds =
    (path: string): Find =>
    (found) =>
      Number(at(found, path)) / 1000;

  const PATHS = { 4: '1', 5: '2', 6: '3', 7: '4', 8: '5', 9: '6', 10: '7', 11: '8' };
  const UNPLACED = [
    'sublocation-type sublocation-id ecs-cluster-arn ecs-cluster-name ecs-container-instance-arn ecs-container-instance-id ecs-container-id',
    'ecs-second-container-id ecs-service-name ecs-task-definition-arn ecs-task-arn ecs-task-id encryption-status instance-tag instance-tag-2',
    'interface-tag interface-tag-2 asg-tag asg-tag-2 interface-type next-hop-interface-id next-hop-subnet-id next-hop-az-id next-hop-vpc-id',
    'next-hop-interface-type some-future-column',
  ]
    .join(' ')
    .split(' ');
  const COLUMNS: Readonly<Record<string, { readonly values: fc.Arbitrary<string>; readonly find: Find }>> = {
    version: { values: number, find: under('metadata.log_version') },
    'account-id': {
      values: fc.constantFrom('222222222222', '333333333333', 'unknown'),
      find: (found) => at(found, 'unmapped.account_id') ?? at(found, 'cloud.account.uid'),
    },
    'interface-id': { values: text, find: ofInterface('interface_uid') },
    srcaddr: { values: ip, find: addressOf('src_endpoint') },
    dstaddr: { values: ip, find: addressOf('dst_endpoint') },
    srcport: { values: port, find: (found) => at(found, 'src_endpoint.port') ?? at(found, 'unmapped.srcport') },
    dstport: { values: port, find: (found) => at(found, 'dst_endpoint.port') ?? at(found, 'unmapped.dstport') },
    protocol: { values: number, find: under('connection_info.protocol_num') },
    packets: { values: number, find: under('traffic.packets') },
    bytes: { values: number, find: under('traffic.bytes') },
    start: { values: seconds, find: inSeconds('start_time') },
    end: { values: seconds, find: inSeconds('end_time') },
    action: { values: fc.constantFrom('ACCEPT', 'REJECT', 'DEFER'), find: decoded('action_id', { 1: 'ACCEPT', 2: 'REJECT' }, 'action') },
    'log-status': { values: fc.constantFrom('OK', 'PARTIAL'), find: under('status_code') },
    'vpc-id': { values: text, find: (found, flow) => ofInterface('vpc_uid')(found, flow) ?? at(found, 'unmapped.vpc_id') },
    'subnet-id': { values: text, find: (found, flow) => ofInterface('subnet_uid')(found, flow) ?? at(found, 'unmapped.subnet_id') },
    'instance-id': { values: text, find: ofInterface('instance_uid') },
    'tcp-flags': { values: fc.constantFrom('0', '2', '19'), find: under('connection_info.tcp_flags') },
    type: {
      values: fc.constantFrom('IPv4', 'IPv6', 'EFA'),
      find: decoded('connection_info.protocol_ver_id', { 4: 'IPv4', 6: 'IPv6' }, 'connection_info.protocol_ver'),
    },
    'pkt-srcaddr': { values: ip, find: under('src_endpoint.ip') },
    'pkt-dstaddr': { values: ip, find: under('dst_endpoint.ip') },
    region: { values: fc.constantFrom('eu-central-1', 'us-gov-west-1'), find: under('cloud.region') },
    'az-id': { values: fc.constantFrom('euc1-az1', 'euc1-az2'), find: under('cloud.zone') },
    'pkt-src-aws-service': { values: fc.constantFrom('S3', 'EC2'), find: under('src_endpoint.svc_name') },
    'pkt-dst-aws-service': { values: fc.constantFrom('S3', 'EC2'), find: under('dst_endpoint.svc_name') },
    'flow-direction': {
      values: fc.constantFrom('ingress', 'egress', 'sideways'),
      find: decoded('connection_info.direction_id', { 1: 'ingress', 2: 'egress' }, 'connection_info.direction'),
    },
    'traffic-path': {
      values: fc.constantFrom('1', '2', '3', '4', '5', '6', '7', '8', '9'),
      find: decoded('connection_info.boundary_id', PATHS, 'connection_info.boundary'),
    },
    'reject-reason': { values: fc.constantFrom('BPA', 'EC'), find: under('status_detail') },
    'resource-id': { values: text, find: ofInterface('uid') },
    ...Object.fromEntries(UNPLACED.map((name) => [name, { values: text, find: under(`unmapped.${name.replaceAll('-', '_')}`) }])),
  };
  const names = Object.keys(COLUMNS);

  const flows = fc
    .tuple(
      fc.shuffledSubarray(names, { minLength: 1 }),
      fc.record(
        Object.fromEntries(
          names.map((name) => [name, fc.oneof({ weight: 4, arbitrary: COLUMNS[name]?.values ?? text }, fc.constant('-'))]),
        ),
      ),
    )
    .map(([order, values]) => ({ order, flow: Object.fromEntries(order.map((name) => [name, values[name] ?? '-'])) }));

  test('every value of every column, in any order, is in the event', () => {
    let events = 0;
    fc.assert(
      fc.property(flows, fc.boolean(), ({ order, flow }, underscores) => {
        const header = underscores ? order.join(' ').replaceAll('-', '_') : order.join(' ');
        const outcome = read(Object.values(flow).join(' '), { header });
        if (outcome.kind !== 'value') {
          // Only a line that names no end of its flow has no event.
          expect(['src', 'dst', 'pkt-src', 'pkt-dst'].map((end) => flow[`${end}addr`] ?? '-')).toEqual(['-', '-', '-', '-']);
          return;
        }
        events++;
        for (const name of order) {
          if (flow[name] !== '-') expect([name, String(COLUMNS[name]?.find(outcome.value, flow))]).toEqual([name, flow[name]]);
        }
        expect(validateEvent(outcome.value)).toEqual([]);
      }),
      { numRuns: 300 },
    );
    expect(events).toBeGreaterThan(100);
  });

  test('of a transit gateway, of a gap, of a row of a table: every value is in the event', () => {
    const all = [...TRANSIT_GATEWAY_FORMAT.split(' '), 'interface-id', 'vpc-id', 'pkt-srcaddr', 'pkt-dstaddr', 'reject-reason'];
    const valueOf = (name: string, index: number): fc.Arbitrary<string> => {
      if (name.endsWith('addr')) return ip;
      if (name === 'log-status') return fc.constantFrom('OK', 'SKIPDATA');
      if (name === 'start' || name === 'end') return fc.constant(String(1_767_225_600 + index));
      if (/port$|^protocol|^packets$|^bytes|^tcp-flags/.test(name)) return fc.constant(String(1000 + index));
      return fc.constant(`${name}#${index}`);
    };
    const lines = fc
      .shuffledSubarray(all, { minLength: 3 })
      .chain((names) =>
        fc
          .tuple(...names.map((name, index) => fc.oneof({ weight: 3, arbitrary: valueOf(name, index) }, fc.constant('-'))))
          .map((cells) => ({ names, cells })),
      );
    const seen = new Set<unknown>();
    fc.assert(
      fc.property(lines, fc.boolean(), ({ names, cells }, asRow) => {
        const row = JSON.stringify(Object.fromEntries(names.map((name, index) => [name.replaceAll('-', '_'), cells[index]])));
        const outcome = asRow ? read(row) : read(cells.join(' '), { header: names.join(' ') });
        if (outcome.kind !== 'value') return;
        seen.add(outcome.value['class_uid']);
        expect(validateEvent(outcome.value)).toEqual([]);
        const there = new Set(scalarsIn(outcome.value));
        const lost = cells.filter((text) => text !== '-' && !there.has(text) && !there.has(`${text}000`));
        expect({ names, cells, lost }).toEqual({ names, cells, lost: [] });
      }),
      { numRuns: 500 },
    );
    expect([...seen].sort()).toEqual([0, 4001]);
  });

  function scalarsIn(node: unknown): string[] {
    if (typeof node === 'object' && node !== null) return Object.values(node).flatMap(scalarsIn);
    return typeof node === 'string' || typeof node === 'number' ? [String(node)] : [];
  }

  test('every documented column may open a header, and a file is told by it', () => {
    const { framing } = vpcFlow;
    if (framing.kind !== 'lines') throw new Error('flow logs are lines');
    for (const name of names.filter((candidate) => candidate !== 'some-future-column')) {
      expect(framing.isHeader?.(`${name} some-future-column`)).toBe(true);
      expect(framing.isHeader?.(name.replaceAll('-', '_'))).toBe(true);
    }
    expect(framing.isHeader?.(LINE)).toBe(false);
    expect(framing.isHeader?.('version 2')).toBe(false);
    expect(framing.isHeader?.('eni-0a1b2c3d4e5f60001 OK')).toBe(false);
    expect(framing.isHeader?.('')).toBe(false);
  });
});

describe('format', () => {
  test('the header goes before the format of the log group, that before the default', () => {
    expect(at(event('10.0.0.1 10.0.0.2', { header: 'srcaddr dstaddr', format: '${dstaddr} ${srcaddr}' }), 'src_endpoint.ip')).toBe(
      '10.0.0.1',
    );
    expect(at(event('10.0.0.1 10.0.0.2', { format: '${dstaddr} ${srcaddr}' }), 'src_endpoint.ip')).toBe('10.0.0.2');
    expect(at(event(LINE), 'src_endpoint.ip')).toBe('198.51.100.7');
  });

  test.each(['${start} ${srcaddr} ${az-id}', 'start srcaddr az-id', ' start, srcaddr,  az_id ', '${start},${srcaddr},${az_id}'])(
    'is read: %s',
    (format) => {
      expect(at(event('1767225600 198.51.100.7 euc1-az1', { format }), 'cloud.zone')).toBe('euc1-az1');
    },
  );

  test('a column that is named twice keeps both values', () => {
    const found = event('198.51.100.7 198.51.100.8 a b', { header: 'srcaddr srcaddr asg-tag asg-tag' });
    expect(at(found, 'src_endpoint.ip')).toBe('198.51.100.7');
    expect(found['unmapped']).toEqual({ srcaddr_at_1: '198.51.100.8', asg_tag: 'a', asg_tag_at_3: 'b' });
  });

  test('many formats in turn are all read right', () => {
    for (let width = 1; width < 200; width++) {
      const header = `srcaddr ${Array.from({ length: width }, (_, index) => `future-${index}`).join(' ')}`;
      expect(Object.keys(event(`198.51.100.7 ${'x '.repeat(width).trim()}`, { header })['unmapped'] ?? {})).toHaveLength(width);
    }
  });
});

describe('time', () => {
  test.each([
    ['start', '1767225600 1767225655', 'start end', 1_767_225_600_000],
    ['end, without a start', '- 1767225655', 'start end', 1_767_225_655_000],
  ])('is %s', (_, cells, header, time) => {
    expect(event(`198.51.100.7 ${cells}`, { header: `srcaddr ${header}` })['time']).toBe(time);
  });

  test.each(['1', '4102444800'])('of a log event that starts at %s is that of its delivery', (start) => {
    const [found] = runRecords(vpcFlow, [[LINE.replace('1767225600', start), { time: DELIVERED, uid: '1' }]], { logGroup: 'flows' }).events;
    expect(found).toMatchObject({ time: DELIVERED, end_time: 1_767_225_655_000, unmapped: { start } });
    expect([found?.['start_time'], validateEvent(found)]).toEqual([undefined, []]);
  });

  test('is that of the wrapper, or of the delivery, where the format has none', () => {
    expect(event('198.51.100.7', { format: 'srcaddr' }, 1_767_225_000_000)['time']).toBe(1_767_225_000_000);
    expect(event('198.51.100.7', { format: 'srcaddr' })['time']).toBe(ORIGIN.time);
  });
});

describe('activity', () => {
  test.each([
    ['ACCEPT', 6, 1],
    ['REJECT', 5, 2],
    ['DEFER', 6, 99],
    ['-', 6, undefined],
  ])('%s is activity %i', (action, activity, id) => {
    const found = event(LINE.replace('ACCEPT', action));
    expect([found['activity_id'], found['type_uid']]).toEqual([activity, 400_100 + activity]);
    expect([found['action_id'], found['disposition_id']]).toEqual([id, id]);
  });
});

test('columns behind those of the format are kept in their order', () => {
  expect(at(event(`${LINE} x - y`), 'unmapped.additional_columns')).toEqual(['x', '-', 'y']);
});

describe('outcomes', () => {
  test('lines without data are left out under a name', () => {
    const empty = LINE.replace(/ 198.*655 ACCEPT/, ' - - - - - - - 1767225600 1767225655 -');
    expect(read(empty.replace('OK', 'NODATA'))).toEqual({ kind: 'exclude', rule: 'vpc_flow_nodata' });
    expect(read('- - - 1767225600', { header: 'srcaddr bytes action start' })).toEqual({ kind: 'exclude', rule: 'vpc_flow_nodata' });
  });

  test('what AWS skipped is an event that says whose flows are missing', () => {
    const skipped = event(LINE.replace(/ 198.*OK/, ' - - - - - - - 1767225600 1767225655 - SKIPDATA'));
    expect(skipped).toMatchObject({
      class_uid: 0,
      severity_id: 3,
      status_id: 2,
      status_code: 'SKIPDATA',
      start_time: 1_767_225_600_000,
      end_time: 1_767_225_655_000,
      metadata: { log_name: 'flow-log-gap' },
      device: { interface_uid: 'eni-0a1b2c3d4e5f60001' },
      message: expect.stringContaining('eni-0a1b2c3d4e5f60001') as unknown,
    });
    expect(validateEvent(skipped)).toEqual([]);
    // With addresses it is a flow, of which not all is known.
    expect(event(LINE.replace('OK', 'SKIPDATA'))).toMatchObject({ class_uid: 4001, status_code: 'SKIPDATA' });
  });

  test.each(['{}', '{"message":7}', '{"other":"x"}', '[1]', '{"message":'])('%s is no line and no row', (text) => {
    expect(read(text)).toMatchObject({ kind: 'reject' });
  });

  test('a format without any column of a flow log leaves nothing out', () => {
    expect(read('- -', { format: 'till shift' })).toMatchObject({ kind: 'reject', reject: { code: 'missing_field' } });
  });

  test.each([
    [LINE.slice(0, LINE.lastIndexOf(' ')), 'malformed_record', '13 columns where 14 were announced'],
    [LINE.replace('198.51.100.7', 'host'), 'bad_value', 'srcaddr'],
    [LINE.replace('10.0.1.20', '10.0.1.20/32'), 'bad_value', 'dstaddr'],
    [LINE.replace('49152', '70000'), 'bad_value', 'srcport'],
    [LINE.replace(' 443 ', ' 65536 '), 'bad_value', 'dstport'],
    [LINE.replace(' 443 ', '  '), 'bad_value', 'dstport'],
    [LINE.replace(' 6 ', ' 0x6 '), 'bad_value', 'protocol'],
    [LINE.replace('3480', '1e3'), 'bad_value', 'bytes'],
    [LINE.replace('3480', '9999999999999999'), 'bad_value', 'bytes'],
    [LINE.replace('1767225600', '1767225600.5'), 'bad_value', 'start'],
    [LINE.replace('198.51.100.7 10.0.1.20', '- -'), 'missing_field', 'no column says'],
  ])('%s is a reject', (line, code, detail) => {
    expect(read(line)).toMatchObject({ kind: 'reject', reject: { code, detail: expect.stringContaining(detail) as unknown } });
  });

  test('values of the record never stand in the detail', () => {
    const outcome = read(LINE.replace('198.51.100.7', 'secret-host'));
    expect(JSON.stringify(outcome)).not.toContain('secret');
  });

  test('no line makes it throw', () => {
    const cells = fc.constantFrom('-', '', '2', 'ACCEPT', '10.0.0.1', '::1', 'OK', '443', '-1', '99999999999999999999', 'é', '\u0000');
    fc.assert(
      fc.property(
        fc.oneof(
          fc.string({ unit: 'binary' }),
          fc.array(cells, { maxLength: 20 }).map((all) => all.join(' ')),
        ),
        (line) => {
          const outcome = read(line);
          if (outcome.kind === 'value') expect(validateEvent(outcome.value)).toEqual([]);
        },
      ),
    );
  });
});

describe('cloud', () => {
  test('is the line own account and place, next to one of another', () => {
    const header = 'srcaddr account-id region az-id';
    const lines = [
      '10.0.0.1 222222222222 eu-central-1 euc1-az1',
      '10.0.0.1 333333333333 eu-central-1 euc1-az1',
      '10.0.0.1 - - -',
      '10.0.0.1 - eu-west-1 -',
    ];
    expect(lines.map((line) => event(line, { header })['cloud'])).toEqual([
      { provider: 'AWS', account: { uid: '222222222222' }, region: 'eu-central-1', zone: 'euc1-az1' },
      { provider: 'AWS', account: { uid: '333333333333' }, region: 'eu-central-1', zone: 'euc1-az1' },
      { provider: 'AWS', account: { uid: '222222222222' }, region: 'eu-central-1' },
      { provider: 'AWS', account: { uid: '222222222222' }, region: 'eu-west-1' },
    ]);
  });
});

describe('deliveries', () => {
  test.each([
    `AWSLogs/222222222222/vpcflowlogs/eu-central-1/2026/01/01/${KEY_NAME}.log.gz`,
    `AWSLogs/222222222222/vpcflowlogs/eu-central-1/2026/01/01/${KEY_NAME}.log.parquet`,
    `a/prefix/AWSLogs/222222222222/vpcflowlogs/eu-central-1/2026/01/01/05/${KEY_NAME}.log.gz`,
    `AWSLogs/aws-account-id=222222222222/aws-service=vpcflowlogs/aws-region=eu-central-1/year=2026/month=01/day=01/${KEY_NAME}.log.gz`,
  ])('%s is claimed and located', (key) => {
    const delivery = { trigger: 's3', bucket: 'landing', key } as const;
    expect(vpcFlow.claims(delivery)).toBe(true);
    expect(vpcFlow.locate?.(delivery)).toMatchObject({ account: '222222222222', region: 'eu-central-1' });
  });

  test.each([
    `AWSLogs/222222222222/vpcflowlogs/eu-central-1/2026/01/01/${KEY_NAME}.log.txt`,
    `AWSLogs/222222222222/elasticloadbalancing/eu-central-1/2026/01/01/x.log.gz`,
    `AWSLogs/22222/vpcflowlogs/eu-central-1/2026/01/01/${KEY_NAME}.log.gz`,
    `notAWSLogs/222222222222/vpcflowlogs/eu-central-1/2026/01/01/${KEY_NAME}.log.gz`,
  ])('%s is not claimed', (key) => {
    expect(vpcFlow.claims({ trigger: 's3', bucket: 'landing', key })).toBe(false);
  });

  test('log groups and events are not claimed', () => {
    expect(vpcFlow.claims({ trigger: 'logs', logGroup: '/vpc/flow', logStream: 'eni' })).toBe(false);
    expect(vpcFlow.claims({ trigger: 'eventbridge', source: 'aws.ec2', detailType: 'vpcflowlogs' })).toBe(false);
    expect(vpcFlow.locate?.({ trigger: 'logs', logGroup: '/vpc/flow', logStream: 'eni' })).toEqual({});
  });

  test.each([
    ['version account-id interface-id\n2 ', true],
    ['srcaddr dstaddr\r\n10.0.0.1 10.0.0.2\r\n', true],
    [`${LINE}\n`, true],
    [LINE, true],
    ['version resource-type account-id tgw-id\n6 ', true],
    ['6 TransitGateway 222222222222 tgw-1 ', true],
    [`{"message":"${LINE}"}{"message":"${LINE}"}`, true],
    ['{"message":"started"}', false],
    ['{"version":2,"srcaddr":"10.0.0.1","dstaddr":null}', true],
    ['{"srcaddr":"10.0.0.1","query_name":"x"}', false],
    ['start the engine', false],
    ['{"Records":[]}', false],
    ['', false],
  ])('content %j is recognised: %s', (head, expected) => {
    expect(vpcFlow.recognises(head)).toBe(expected);
  });
});

const SAMPLES = resolve(process.cwd(), '../shared/samples/vpc-flow');
(existsSync(SAMPLES) ? describe : describe.skip)('real lines', () => {
  test.each(['v2.log', 'v2-more.log'])('%s: each is a valid event or without data', (file) => {
    const [header = '', ...lines] = readFileSync(resolve(SAMPLES, file), 'utf8').trim().split('\n');
    expect(vpcFlow.recognises(header)).toBe(true);
    for (const line of lines) {
      const outcome = read(line, { header });
      if (outcome.kind === 'value') expect(validateEvent(outcome.value)).toEqual([]);
      else expect(outcome).toEqual({ kind: 'exclude', rule: 'vpc_flow_nodata' });
    }
  });
});
