import { existsSync, readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import fc from 'fast-check';
import type { JsonObject, Origin, Outcome } from '../../../shared/model.ts';
import { isObject } from '../../../shared/outcome.ts';
import { alb } from '../../../shared/sources/alb.ts';
import { validateEvent } from '../../ocsf.ts';

const ORIGIN: Origin = {
  bank: 'demo',
  account: '222222222222',
  region: 'eu-central-1',
  source: 'alb',
  trigger: 's3',
  uri: 's3://landing/alb#1',
  time: Date.UTC(2026, 0, 2),
};
const CONTEXT = { origin: ORIGIN, uid: (index: number) => `id-${index}` };
const QUOTED: ReadonlySet<number> = new Set([12, 13, 17, 18, 19, 22, 23, 24, 25, 26, 27, 28, 31, 32, 30]);

/** Field by field, as the documentation numbers them, from 0. */
const FIELDS: readonly string[] = [
  'https',
  '2026-01-01T00:00:01.186641Z',
  'app/shop/50dc6c495c0c9188',
  '198.51.100.7:49152',
  '10.0.1.20:8080',
  '0.001',
  '0.042',
  '0.000',
  '200',
  '200',
  '411',
  '5230',
  'GET https://shop.example.com:443/basket?id=7 HTTP/1.1',
  'curl/8.0',
  'ECDHE-RSA-AES128-GCM-SHA256',
  'TLSv1.2',
  'arn:aws:elasticloadbalancing:eu-central-1:222222222222:targetgroup/shop/73e2d6bc24d8a067',
  'Root=1-6955bb81-1e6aa85b5931eebe0e2af88b',
  'shop.example.com',
  'session-reused',
  '1',
  '2026-01-01T00:00:01.143000Z',
  'forward',
  '-',
  '-',
  '10.0.1.20:8080',
  '200',
  '-',
  '-',
];

function lineOf(changes: Readonly<Record<number, string>> = {}, length = FIELDS.length): string {
  return Array.from({ length }, (_, index) => changes[index] ?? FIELDS[index] ?? '-')
    .map((field, index) => (QUOTED.has(index) ? `"${field}"` : field))
    .join(' ');
}

function read(text: string): Outcome<JsonObject> {
  const record = { text, index: 0 };
  const native = alb.parse(record, CONTEXT);
  if (native.kind !== 'value') return native;
  const sent: unknown = JSON.parse(JSON.stringify(alb.map(native.value, record, CONTEXT)));
  return isObject(sent) ? { kind: 'value', value: sent } : { kind: 'exclude', rule: 'no object' };
}

function event(text: string): JsonObject {
  const outcome = read(text);
  if (outcome.kind !== 'value') throw new Error(`no event: ${JSON.stringify(outcome)}`);
  return outcome.value;
}

function at(node: unknown, path: string): unknown {
  return path.split('.').reduce<unknown>((inner, name) => (isObject(inner) ? inner[name] : undefined), node);
}

function string(found: JsonObject, path: string): string | undefined {
  const member = at(found, path);
  return typeof member === 'string' || typeof member === 'number' ? String(member) : undefined;
}

/** The request line put together again from the event. */
function requestLine(found: JsonObject): string {
  const whole = string(found, 'unmapped.request');
  if (whole !== undefined) return whole;
  if (at(found, 'http_request.url') === undefined && at(found, 'http_request.version') === undefined && found['activity_id'] === 0)
    return '-';
  const method = string(found, 'http_request.http_method') ?? string(found, 'activity_name') ?? '-';
  return `${method} ${url(found)} ${string(found, 'http_request.version') ?? ''}`;
}

function url(found: JsonObject): string {
  const whole = string(found, 'http_request.url.url_string');
  if (whole !== undefined) return whole;
  const [scheme, hostname, port, path] = ['scheme', 'hostname', 'port', 'path'].map((name) => string(found, `http_request.url.${name}`));
  const query = string(found, 'http_request.url.query_string');
  return `${scheme}://${hostname}:${port}${path}${query === undefined ? '' : `?${query}`}`;
}

function address(found: JsonObject, path: string): string | undefined {
  const ip = string(found, `${path}.ip`);
  if (ip === undefined) return undefined;
  return `${ip.includes(':') ? `[${ip}]` : ip}:${string(found, `${path}.port`)}`;
}

/** No control characters: the balancer writes them as \xHH. */
const text = fc.string({ unit: 'grapheme', maxLength: 30 }).filter((candidate) => !/[\p{Cc}\p{Cs}]/u.test(candidate));
const QUOTINGS: readonly (readonly [string, (text: string) => string])[] = [
  ['as \\x22', (raw) => raw.replaceAll('\\', '\\x5C').replaceAll('"', '\\x22')],
  ['as \\x22, backslashes as they are', (raw) => raw.replaceAll('"', '\\x22')],
  ['behind a backslash', (raw) => raw.replaceAll('\\', '\\\\').replaceAll('"', '\\"')],
];

describe('request line', () => {
  const url = fc.oneof(
    text,
    fc
      .tuple(
        fc.constantFrom('http', 'https', 'wss', 'gopher'),
        fc.oneof(fc.constantFrom('shop.example.com', '', '[2001:db8::1]', 'a:b', 'a@b'), text),
      )
      .chain(([scheme, host]) =>
        fc
          .tuple(fc.constantFrom(':80', ':443', ':080', ':65536', ':80-', ':', ''), fc.constantFrom('/', '/a//b', '', '*', '?'), text)
          .map(([port, path, rest]) => `${scheme}://${host}${port}${path}${rest}`),
      ),
  );
  const method = fc.oneof(fc.constantFrom('GET', 'POST', 'get', 'M-SEARCH', '-', ''), text);

  test.each(QUOTINGS)('is recovered exactly, quotes written %s', (_, quote) => {
    fc.assert(
      fc.property(method, url, fc.constantFrom('HTTP/1.1', 'HTTP/2.0', '-', ''), text, (verb, target, version, agent) => {
        const request = quote(`${verb} ${target} ${version}`);
        const found = event(lineOf({ 12: request, 13: quote(agent) }));
        expect(requestLine(found)).toBe(request);
        expect(string(found, 'http_request.user_agent') ?? '-').toBe(quote(agent));
        expect(string(found, 'tls.sni')).toBe('shop.example.com');
        expect(validateEvent(found)).toEqual([]);
      }),
      { numRuns: 300 },
    );
  });

  test.each(['-', '', 'GET', 'GET ', ' GET', ' ', '  ', '-  ', 'GET  HTTP/1.1', '- - -', '- http://shop.example.com:80- '])(
    '%j is recovered exactly',
    (request) => {
      const found = event(lineOf({ 12: request }));
      expect(requestLine(found)).toBe(request);
      expect(validateEvent(found)).toEqual([]);
    },
  );

  test.each([
    ['CONNECT', 1],
    ['DELETE', 2],
    ['GET', 3],
    ['HEAD', 4],
    ['OPTIONS', 5],
    ['POST', 6],
    ['PUT', 7],
    ['TRACE', 8],
    ['PATCH', 9],
  ])('%s is activity %i', (verb, activity) => {
    expect(event(lineOf({ 12: `${verb} http://a:80/ HTTP/1.1` }))).toMatchObject({
      activity_id: activity,
      type_uid: 400_200 + activity,
      http_request: { http_method: verb },
    });
  });

  test('another method is the name of the activity, none is unknown', () => {
    const other = event(lineOf({ 12: 'PROPFIND http://a:80/ HTTP/1.1' }));
    expect(other).toMatchObject({ activity_id: 99, activity_name: 'PROPFIND', type_uid: 400_299 });
    expect(at(other, 'http_request.http_method')).toBeUndefined();
    expect(event(lineOf({ 12: '- http://a:80- ' }))).toMatchObject({ activity_id: 0, type_uid: 400_200 });
  });

  test('the url is taken apart', () => {
    expect(at(event(lineOf({ 12: 'GET https://a.example.com:8443/x/y?b=1&c=?/: HTTP/1.1' })), 'http_request.url')).toEqual({
      scheme: 'https',
      hostname: 'a.example.com',
      port: 8443,
      path: '/x/y',
      query_string: 'b=1&c=?/:',
    });
  });
});

test.each(['gopher://a:70/', 'http://a:80-', 'http://a/', 'http://:80/', 'http://a:080/', 'http://a:65536/', 'http://a:80?b=/', '/x', '*'])(
  'the url %s is kept whole',
  (target) => {
    expect(at(event(lineOf({ 12: `GET ${target} HTTP/1.1` })), 'http_request.url')).toEqual({ url_string: target });
  },
);

describe('agents that end in a backslash', () => {
  test('do not swallow the fields behind them', () => {
    const found = event(lineOf({ 13: 'x\\' }));
    expect(string(found, 'http_request.user_agent')).toBe('x\\');
    expect(string(found, 'tls.cipher')).toBe('ECDHE-RSA-AES128-GCM-SHA256');
    expect(string(found, 'trace.uid')).toBe(FIELDS[17]);
  });

  test('nor where the request ends in one and the agent begins with a space', () => {
    const found = event(lineOf({ 12: 'GET http://a:80/ x\\', 13: ' agent' }));
    expect(requestLine(found)).toBe('GET http://a:80/ x\\');
    expect(string(found, 'http_request.user_agent')).toBe(' agent');
  });
});

describe('fields', () => {
  const UNMAPPED: Readonly<Record<number, string>> = {
    5: 'request_processing_time',
    7: 'response_processing_time',
    19: 'chosen_cert_arn',
    20: 'matched_rule_priority',
    22: 'actions_executed',
    23: 'redirect_url',
    30: 'transformed_host',
    31: 'transformed_uri',
    32: 'request_transform_status',
  };
  const MAPPED: Readonly<Record<number, string>> = {
    0: 'app_protocol_name',
    2: 'load_balancer.uid',
    13: 'http_request.user_agent',
    15: 'tls.version',
    16: 'load_balancer.dst_endpoint.uid',
    17: 'trace.uid',
    24: 'load_balancer.error_message',
    27: 'load_balancer.classification',
    28: 'load_balancer.status_detail',
    29: 'connection_info.uid',
  };
  /** Fields that are read: where the value is, or where it is kept when it could not be read. */
  const READ: Readonly<Record<number, (found: JsonObject) => string | undefined>> = {
    1: (found) => string(found, 'metadata.original_time') ?? isoOf(found, 'time'),
    3: (found) => address(found, 'src_endpoint') ?? string(found, 'unmapped.client_port'),
    4: (found) => address(found, 'dst_endpoint') ?? string(found, 'unmapped.target_port'),
    6: (found) => inSeconds(found) ?? string(found, 'unmapped.target_processing_time'),
    8: (found) => string(found, 'http_response.code') ?? string(found, 'unmapped.elb_status_code'),
    9: (found) => string(found, 'load_balancer.code') ?? string(found, 'unmapped.target_status_code'),
    10: (found) => string(found, 'traffic.bytes_out') ?? string(found, 'unmapped.received_bytes'),
    11: (found) => string(found, 'traffic.bytes_in') ?? string(found, 'unmapped.sent_bytes'),
    12: requestLine,
    14: (found) => string(found, 'tls.cipher') ?? string(found, 'unmapped.ssl_cipher'),
    18: (found) => string(found, 'tls.sni') ?? string(found, 'unmapped.domain_name'),
    21: (found) => string(found, 'unmapped.request_creation_time') ?? isoOf(found, 'start_time'),
    25: (found) => string(found, 'unmapped.target_port_list') ?? READ[4]?.(found),
    26: (found) => string(found, 'unmapped.target_status_code_list') ?? READ[9]?.(found),
    33: (found) => string(found, 'load_balancer.ip') ?? string(found, 'unmapped.ip_address'),
  };

  function isoOf(found: JsonObject, path: string): string | undefined {
    const ms = at(found, path);
    return typeof ms === 'number' ? new Date(ms).toISOString().replace('Z', '000Z') : undefined;
  }

  function inSeconds(found: JsonObject): string | undefined {
    const ms = at(found, 'http_response.latency');
    return typeof ms === 'number' ? (ms / 1000).toFixed(3) : undefined;
  }

  function find(found: JsonObject, index: number): string | undefined {
    const path = MAPPED[index] ?? (UNMAPPED[index] === undefined ? undefined : `unmapped.${UNMAPPED[index]}`);
    return path === undefined ? READ[index]?.(found) : string(found, path);
  }

  const word = fc.string({ unit: fc.constantFrom('a', 'Z', '0', '9', '.', ':', '/', '_', '%'), minLength: 1, maxLength: 10 });
  const code = fc.oneof(fc.constantFrom('101', '200', '404', '460', '503', '000'), word);
  const size = fc.oneof(fc.nat().map(String), word);
  const duration = fc.oneof(fc.constantFrom('0.000', '0.042', '12.500', '0.0421', '3'), word);
  const socket = fc.oneof(
    fc.constantFrom(
      '198.51.100.9:443',
      '[2001:db8::9]:1',
      '198.51.100.9:65536',
      '198.51.100.9:01',
      '198.51.100.9',
      '2001:db8::9:1',
      '[198.51.100.9]:1',
      'a:1',
    ),
    word,
  );
  const moment = fc.constantFrom('2026-01-01T00:00:01.186641Z', '2026-01-01T00:00:01.186000Z', '2026-01-01T00:00:01.000000Z');
  const phrase = fc.oneof(
    word,
    text.filter((candidate) => !/["\\]/.test(candidate) && candidate !== '-'),
  );
  const values = Array.from({ length: 34 }, (_, index): fc.Arbitrary<string> => {
    if (index === 1) return moment;
    if (index === 12) return fc.constantFrom('GET http://a:80/ HTTP/1.1', 'GET', '- http://a:80- ');
    if (index === 21) return fc.oneof(moment, word);
    if (index === 3 || index === 4) return socket;
    if (index === 8 || index === 9) return code;
    if (index === 10 || index === 11) return size;
    if (index === 6) return duration;
    if (index === 33) return fc.oneof(fc.ipV4(), fc.ipV6(), word);
    return QUOTED.has(index) ? phrase : word;
  });
  const lines = fc
    .tuple(fc.integer({ min: 13, max: 34 }), fc.tuple(...values), fc.array(fc.boolean(), { minLength: 34, maxLength: 34 }))
    .map(([length, fields, absent]) =>
      fields.slice(0, length).map((field, index) => (absent[index] === true && index !== 1 ? '-' : field)),
    );

  test('every value of every field is in the event', () => {
    fc.assert(
      fc.property(lines, (fields) => {
        const found = event(fields.map((field, index) => (QUOTED.has(index) ? `"${field}"` : field)).join(' '));
        for (const [index, field] of fields.entries()) if (field !== '-') expect([index, find(found, index)]).toEqual([index, field]);
        expect(validateEvent(found)).toEqual([]);
      }),
      { numRuns: 300 },
    );
  });

  test('fields that nobody knows yet are kept in their order', () => {
    expect(at(event(`${lineOf({}, 34)} new "two words" -`), 'unmapped.additional_fields')).toEqual(['new', 'two words', '-']);
  });

  test('times of -1 and dashes are absence', () => {
    const found = event(lineOf({ 4: '-', 5: '-1', 6: '-1', 7: '-1', 9: '-', 19: '-', 20: '-', 22: '-', 25: '-', 26: '-' }));
    expect(found['unmapped']).toBeUndefined();
    expect(found['dst_endpoint']).toBeUndefined();
    expect(found['http_response']).toEqual({ code: 200 });
  });

  test.each(['1969-12-31T23:59:59Z', '2100-01-01T00:00:00Z'])('a creation time of %s is kept, but not as the start', (created) => {
    const outcome = read(lineOf({ 21: created }));
    expect(outcome).toMatchObject({ kind: 'value', value: { unmapped: { request_creation_time: created } } });
    if (outcome.kind === 'value') expect([outcome.value['start_time'], validateEvent(outcome.value)]).toEqual([undefined, []]);
  });

  test('but a rule priority of -1 is a value', () => {
    expect(at(event(lineOf({ 20: '-1' })), 'unmapped.matched_rule_priority')).toBe('-1');
  });

  test.each([
    ['101', 1],
    ['399', 1],
    ['400', 2],
    ['599', 2],
  ])('an answer of %s is status %i', (answer, status) => {
    expect(event(lineOf({ 8: answer }))['status_id']).toBe(status);
  });

  test('without an answer there is neither response nor status', () => {
    const found = event(lineOf({ 8: '-' }));
    expect([found['status_id'], found['http_response']]).toEqual([undefined, undefined]);
  });
});

describe('outcomes', () => {
  test.each([
    [lineOf({}, 11), 'malformed_record', '11 fields'],
    [lineOf().slice(0, -1), 'malformed_record', 'quotes'],
    [lineOf({ 13: 'say "hi" now' }), 'malformed_record', 'quotes'],
    [lineOf({ 1: 'today' }), 'bad_value', 'field 2'],
    [lineOf({ 1: '-' }), 'bad_value', 'field 2'],
    ['', 'malformed_record', '0 fields'],
  ])('%j is a reject', (line, code, detail) => {
    expect(read(line)).toMatchObject({ kind: 'reject', reject: { code, detail: expect.stringContaining(detail) as unknown } });
  });

  test('the message that says logs are on is left out', () => {
    expect(read('Enable AccessLog for ELB: app/shop/50dc6c495c0c9188 at 2026-01-01T00:00:00.806Z')).toEqual({
      kind: 'exclude',
      rule: 'elb_test_message',
    });
  });

  test('no line makes it throw', () => {
    const pieces = fc.constantFrom('"', '\\', '\\"', ' ', '-', 'a', '2026-01-01T00:00:01Z', '[', ']:1', '://', '\u0000', 'é');
    const junk = fc.oneof(
      fc.string({ unit: 'binary' }),
      fc.array(pieces, { maxLength: 60 }).map((all) => all.join('')),
    );
    fc.assert(
      fc.property(junk, fc.boolean(), (tail, behindTime) => {
        const outcome = read(behindTime ? `http 2026-01-01T00:00:01Z ${tail}` : tail);
        if (outcome.kind === 'value') expect(validateEvent(outcome.value)).toEqual([]);
      }),
      { numRuns: 1000 },
    );
  });

  test('the cloud is that of the delivery', () => {
    expect(event(lineOf())['cloud']).toEqual({ provider: 'AWS', account: { uid: '222222222222' }, region: 'eu-central-1' });
  });
});

const NAME = '222222222222_elasticloadbalancing_eu-central-1';
const FOLDER = 'AWSLogs/222222222222/elasticloadbalancing/eu-central-1/2026/01/01';

describe('deliveries', () => {
  test.each([
    `${FOLDER}/${NAME}_app.shop.50dc6c495c0c9188_20260101T0005Z_203.0.113.44_5q0k1x2y.log.gz`,
    `a/prefix/${FOLDER}/${NAME}_app.shop.50dc6c495c0c9188_20260101T0005Z_203.0.113.44_5q0k1x2y.log.gz`,
  ])('%s is claimed and located', (key) => {
    const delivery = { trigger: 's3', bucket: 'landing', key } as const;
    expect(alb.claims(delivery)).toBe(true);
    expect(alb.locate?.(delivery)).toMatchObject({ account: '222222222222', region: 'eu-central-1' });
  });

  test('the test file is claimed, it has no region', () => {
    const delivery = { trigger: 's3', bucket: 'landing', key: 'x/AWSLogs/222222222222/ELBAccessLogTestFile' } as const;
    expect(alb.claims(delivery)).toBe(true);
    expect(alb.locate?.(delivery)).toEqual({ account: '222222222222' });
  });

  test.each([
    `${FOLDER}/${NAME}_net.shop.50dc6c495c0c9188_20260101T0005Z_5q0k1x2y.log.gz`,
    `${FOLDER}/${NAME}_shop_20260101T0005Z_203.0.113.44_5q0k1x2y.log`,
    `${FOLDER}/conn_log.${NAME}_app.shop.50dc6c495c0c9188_20260101T0005Z_203.0.113.44_5q0k1x2y.log.gz`,
    `${FOLDER}/conn_log_${NAME}_app.shop.50dc6c495c0c9188_20260101T0005Z_203.0.113.44_5q0k1x2y.log.gz`,
    `${FOLDER}/health_check_log.${NAME}_app.shop.50dc6c495c0c9188_20260101T0005Z_203.0.113.44_5q0k1x2y.log.gz`,
    `${FOLDER}/${NAME}_conn_log.app.shop.50dc6c495c0c9188_20260101T0005Z_203.0.113.44_5q0k1x2y.log.gz`,
    'AWSLogs/222222222222/vpcflowlogs/eu-central-1/2026/01/01/x_app.y.log.gz',
  ])('%s is not claimed', (key) => {
    expect(alb.claims({ trigger: 's3', bucket: 'landing', key })).toBe(false);
  });

  test('log groups are not claimed', () => {
    expect(alb.claims({ trigger: 'logs', logGroup: FOLDER, logStream: NAME })).toBe(false);
    expect(alb.locate?.({ trigger: 'logs', logGroup: FOLDER, logStream: NAME })).toEqual({});
  });

  test.each([
    [lineOf(), true],
    [lineOf({ 0: 'wss' }), true],
    [lineOf({ 2: 'net/x/1' }), false],
    ['2026-01-01T00:00:01Z my-classic-elb', false],
    ['', false],
  ])('content %j is recognised: %s', (head, expected) => {
    expect(alb.recognises(head)).toBe(expected);
  });
});

const SAMPLE = resolve(process.cwd(), '../shared/samples/alb/access.log');
(existsSync(SAMPLE) ? describe : describe.skip)('real lines', () => {
  test('each is a valid event whose request line can be put together again', () => {
    const lines = readFileSync(SAMPLE, 'utf8').trim().split('\n');
    expect(lines.length).toBeGreaterThan(0);
    for (const line of lines) {
      const found = event(line);
      expect(validateEvent(found)).toEqual([]);
      expect(line).toContain(`"${requestLine(found)}"`);
      expect(alb.recognises(line)).toBe(true);
    }
  });
});
