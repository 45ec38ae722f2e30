import fc from 'fast-check';
import { applicationJson } from '../../../shared/sources/application-json.ts';
import type { Context } from '../../../shared/sources/api.ts';
import type { OcsfEvent, RawRecord } from '../../../shared/model.ts';
import { validateEvent } from '../../ocsf.ts';

const RECEIVED = Date.UTC(2026, 10, 21, 10, 39, 1);
const FILE: Context = {
  origin: {
    bank: 'demo',
    account: 'unknown',
    region: 'unknown',
    source: 'application-json',
    trigger: 'file',
    uri: 'file://app.ndjson',
    time: RECEIVED,
  },
  uid: (index) => `position-${index}`,
};
const LOGS: Context = {
  ...FILE,
  origin: { ...FILE.origin, account: '222222222222', region: 'eu-central-1', trigger: 'kinesis', uri: 'kinesis://intake/0/1' },
  logGroup: '/aws/lambda/payments',
  logStream: '2026/11/21/[$LATEST]0123456789abcdef',
};

function eventOf(message: object | string, wrapper: Partial<RawRecord> = {}, context = LOGS): OcsfEvent {
  const record = { text: typeof message === 'string' ? message : JSON.stringify(message), index: 0, ...wrapper };
  const native = applicationJson.parse(record, context);
  if (native.kind !== 'value') throw new Error(`not a value: ${JSON.stringify(native)}`);
  const event = applicationJson.map(native.value, record, context);
  expect(validateEvent(event)).toEqual([]);
  return JSON.parse(JSON.stringify(event)) as OcsfEvent;
}

describe('application-json from CloudWatch Logs', () => {
  it('maps time, level and message and keeps the rest as it came', () => {
    const message = {
      timestamp: '2026-11-21T10:39:00.123Z',
      level: 'WARN',
      message: 'limit reached',
      service: 'payments',
      order: { id: 7, lines: [null, ''] },
    };
    expect(eventOf(message, { time: RECEIVED, uid: '38' })).toStrictEqual({
      activity_id: 0,
      category_uid: 0,
      class_uid: 0,
      type_uid: 0,
      severity_id: 2,
      time: Date.UTC(2026, 10, 21, 10, 39, 0, 123),
      message: 'limit reached',
      metadata: {
        uid: 'position-0',
        version: '1.8.0',
        product: { name: 'payments', vendor_name: 'demo' },
        log_level: 'WARN',
        original_time: '2026-11-21T10:39:00.123Z',
        profiles: ['cloud'],
        log_provider: 'AWS CloudWatch',
        log_name: '/aws/lambda/payments',
        log_source: '2026/11/21/[$LATEST]0123456789abcdef',
        logged_time: RECEIVED,
        original_event_uid: '38',
      },
      cloud: { provider: 'AWS', account: { uid: '222222222222' }, region: 'eu-central-1' },
      unmapped: { order: { id: 7, lines: [null, ''] } },
    });
  });

  it.each([
    'START RequestId: 8f5e Version: $LATEST',
    'at Ledger.close (ledger.ts:12:3)',
    '{"level":"info","message":"cut off he',
    '[1,2]',
    '"text"',
    '42',
    '{not json}',
  ])('takes text for a message: %s', (line) => {
    const event = eventOf(`${line}\n`, { time: RECEIVED });
    expect(event).toMatchObject({ message: line, time: RECEIVED, severity_id: 0, metadata: { product: { name: '/aws/lambda/payments' } } });
    expect(event.unmapped).toBeUndefined();
  });

  it.each(['', '\n', '{}'])('makes an event without a message of "%s"', (line) => {
    const event = eventOf(line, { time: RECEIVED });
    expect(event['message']).toBeUndefined();
    expect(event.time).toBe(RECEIVED);
  });

  it("takes the delivery's time where the application's has no zone or is none, and keeps what it wrote", () => {
    const event = eventOf({ time: '2026-11-21 11:39:00,123', ts: 'yesterday', timestamp: 12 }, { time: RECEIVED });
    expect(event.time).toBe(RECEIVED);
    expect(event.unmapped).toStrictEqual({ time: '2026-11-21 11:39:00,123', ts: 'yesterday', timestamp: 12 });
    expect(event.metadata['original_time']).toBeUndefined();
  });
});

describe('application-json from a file', () => {
  it('names neither cloud nor log group', () => {
    const event = eventOf({ ts: 1_763_721_540.25, level: 'info', msg: 'started', '': 'x' }, {}, FILE);
    expect(event).toStrictEqual({
      activity_id: 0,
      category_uid: 0,
      class_uid: 0,
      type_uid: 0,
      severity_id: 1,
      time: 1_763_721_540_250,
      message: 'started',
      metadata: {
        uid: 'position-0',
        version: '1.8.0',
        product: { name: 'application', vendor_name: 'demo' },
        log_level: 'info',
        original_time: '1763721540.25',
      },
      unmapped: { '': 'x' },
    });
  });

  it('refuses a record that has no time at all', () => {
    const outcome = applicationJson.parse({ text: '{"level":"info","message":"x","time":"soon"}', index: 0 }, FILE);
    expect(outcome).toStrictEqual({
      kind: 'reject',
      reject: { code: 'missing_field', detail: 'no valid time under time, timestamp, ts, @timestamp, and none from the delivery' },
    });
  });
});

describe('time', () => {
  const expected = Date.UTC(2026, 10, 21, 10, 39, 0, 120);
  it.each<[string, object]>([
    ['ISO', { time: '2026-11-21T10:39:00.120Z' }],
    ['ISO with an offset', { timestamp: '2026-11-21T11:39:00.12+01:00' }],
    ['no zone: UTC', { '@timestamp': '2026-11-21T10:39:00.120' }],
    ["Python's comma", { timestamp: '2026-11-21 10:39:00,120' }],
    ['seconds', { ts: expected / 1000 }],
    ['seconds as text', { ts: `${expected / 1000}` }],
    ['milliseconds', { time: expected }],
    ['milliseconds as text', { time: `${expected}` }],
    ['microseconds', { time: expected * 1000 }],
    ['nanoseconds', { ts: expected * 1_000_000 }],
    ['the first name that holds a time', { time: 'soon', timestamp: expected }],
  ])('%s', (_, fields) => {
    expect(eventOf(fields, {}, FILE).time).toBe(expected);
  });
});

describe('severity', () => {
  it.each<[unknown, number]>([
    ['debug', 1],
    ['INFO', 1],
    ['notice', 1],
    ['Warning', 2],
    ['error', 3],
    ['CRITICAL', 5],
    ['fatal', 6],
    ['emerg', 6],
    [10, 1],
    [20, 1],
    [30, 1],
    [40, 2],
    [50, 3],
    [60, 6],
  ])('level %p is %d, without a caption', (level, severity) => {
    for (const key of ['level', 'severity', 'log.level']) {
      const event = eventOf({ [key]: level, keep: 1 }, { time: RECEIVED });
      expect(event.severity_id).toBe(severity);
      expect(event['severity']).toBeUndefined();
      expect(event.metadata['log_level']).toBe(String(level));
      expect(event.unmapped).toStrictEqual({ keep: 1 });
    }
  });

  it.each(['AUDIT', 35, 3])('level %p of its own is other, with the level as caption', (level) => {
    expect(eventOf({ level }, { time: RECEIVED })).toMatchObject({ severity_id: 99, severity: String(level) });
  });

  it('reads a nested log.level and leaves the object', () => {
    const event = eventOf({ log: { level: 'error', logger: 'ledger' } }, { time: RECEIVED });
    expect(event).toMatchObject({ severity_id: 3, unmapped: { log: { level: 'error', logger: 'ledger' } } });
  });

  it('is unknown without a level, and where the level is no text or number', () => {
    expect(eventOf({ a: 1 }, { time: RECEIVED }).severity_id).toBe(0);
    expect(eventOf({ level: { name: 'x' } }, { time: RECEIVED })).toMatchObject({ severity_id: 0, unmapped: { level: { name: 'x' } } });
  });
});

describe('message', () => {
  it('is message before msg, and msg is kept', () => {
    expect(eventOf({ message: 'a', msg: 'b' }, { time: RECEIVED })).toMatchObject({ message: 'a', unmapped: { msg: 'b' } });
  });

  it('stays in unmapped where it is an object or empty', () => {
    expect(eventOf({ message: { a: 1 } }, { time: RECEIVED }).unmapped).toStrictEqual({ message: { a: 1 } });
    expect(eventOf({ message: '', msg: 'b' }, { time: RECEIVED })).toMatchObject({ message: 'b', unmapped: { message: '' } });
  });
});

describe('every JSON object', () => {
  it('gives a valid event that holds every member of it', () => {
    const members = fc.dictionary(
      fc.oneof(
        fc.string(),
        fc.constantFrom('time', 'ts', 'timestamp', 'level', 'severity', 'log.level', 'log', 'message', 'msg', 'service'),
      ),
      fc.oneof(fc.jsonValue(), fc.constantFrom<fc.JsonValue>('2026-11-21T10:39:00Z', RECEIVED, 'info', 30, { level: 'warn' })),
    );
    fc.assert(
      fc.property(members, (fields) => {
        const sent = JSON.parse(JSON.stringify(fields)) as Record<string, unknown>;
        const event = eventOf(fields, { time: RECEIVED });
        const { product, log_level, original_time } = event.metadata;
        const homes = [event['message'], product.name, log_level, original_time];
        for (const [name, member] of Object.entries(sent)) {
          if (event.unmapped !== undefined && Object.hasOwn(event.unmapped, name)) expect(event.unmapped[name]).toStrictEqual(member);
          else expect(homes).toContain(String(member));
        }
      }),
    );
  });
});

describe('claims and recognises', () => {
  it('claims nothing by itself', () => {
    expect(applicationJson.claims({ trigger: 'logs', logGroup: '/aws/lambda/payments', logStream: 'x' })).toBe(false);
    expect(applicationJson.claims({ trigger: 's3', bucket: 'landing', key: 'app.json' })).toBe(false);
  });

  it.each([
    '{"level":"info","time":1,"msg":"x"}\n{"a":1}\n',
    '\n  {"timestamp":"t","severity":"INFO","message":"x"}',
    '{"@timestamp":"t","log.level":"info","message":"x"}\n',
  ])('recognises %s', (head) => {
    expect(applicationJson.recognises(head)).toBe(true);
  });

  it.each([
    '',
    'plain text',
    '[]',
    '{"level":"info","time":1}',
    '{"level":"info","message":"x"}',
    '{"time":1,"message":"x"}',
    '{"eventVersion":"1.08","eventTime":"2026-11-21T10:39:00Z","message":"x"}',
    '{"Records":[{"level":"info","time":1,"msg":"x"}]}',
    '{"level":"info","time":1,"msg":"cut of',
  ])('does not recognise %s', (head) => {
    expect(applicationJson.recognises(head)).toBe(false);
  });
});
