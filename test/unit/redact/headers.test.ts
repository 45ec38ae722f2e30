import type { JsonObject, OcsfEvent } from '../../../shared/model.ts';
import { classify, HTTP_ACTIVITY, OCSF_VERSION } from '../../../shared/ocsf/classes.ts';
import { withoutCredentials } from '../../../shared/redact/headers.ts';
import { transformsFor } from '../../../shared/redact/transforms.ts';
import { sourceNamed } from '../../../shared/sources/registry.ts';
import { specimensOf } from '../../mutations.ts';
import { createNormaliser } from '../../../shared/normalise.ts';

const EVENT: OcsfEvent = {
  ...classify(HTTP_ACTIVITY, 3),
  severity_id: 1,
  time: Date.UTC(2026, 0, 15),
  metadata: { uid: 'a', version: OCSF_VERSION, product: { name: 'CloudFront', vendor_name: 'AWS' } },
};

function cleaned(change: Partial<OcsfEvent>): OcsfEvent {
  const outcome = withoutCredentials({ ...EVENT, ...change });
  if (outcome.kind !== 'value') throw new Error('headers neither reject nor exclude');
  return outcome.value;
}

test.each<[string, JsonObject, JsonObject]>([
  ['standard logs', { 'cs(Cookie)': 'session=abc;%20theme=dark', 'cs(Host)': 'a' }, { 'cs(Cookie)': '***', 'cs(Host)': 'a' }],
  ['real-time logs', { 'cs-cookie': 'session=abc' }, { 'cs-cookie': '***' }],
  ['no cookie', { 'cs-cookie': '-', 'cs(Cookie)': '' }, { 'cs-cookie': '-', 'cs(Cookie)': '' }],
  [
    'a list of headers',
    {
      'cs-headers': 'host:a.example%0ACookie:session=abc%0aauthorization:%20Bearer%20x%0Aaccept:*/*%0A',
      'cs-header-names': 'host%0Acookie%0A',
    },
    { 'cs-headers': 'host:a.example%0ACookie:***%0aauthorization:***%0Aaccept:*/*%0A', 'cs-header-names': 'host%0Acookie%0A' },
  ],
  [
    'headers that were not read',
    { httpRequest: { headers: [{ name: 'Cookie', value: 'a=1' }, { name: 'Bad' }] } },
    { httpRequest: { headers: [{ name: 'Cookie', value: '***' }, { name: 'Bad' }] } },
  ],
  [
    'what applications write',
    {
      req: { headers: { Authorization: 'Bearer x', host: 'a', cookies: { sid: 'x', n: 1 } } },
      raw: [
        ['Cookie', 'x'],
        ['Host', 'a'],
      ],
    },
    {
      req: { headers: { Authorization: '***', host: 'a', cookies: { sid: '***', n: 1 } } },
      raw: [
        ['Cookie', '***'],
        ['Host', 'a'],
      ],
    },
  ],
  ['captured by HAProxy', { request_cookie: 'sid=1', response_cookie: '-' }, { request_cookie: '***', response_cookie: '-' }],
])('credentials in unmapped: %s', (_, unmapped, expected) => {
  expect(cleaned({ unmapped }).unmapped).toEqual(expected);
});

test('cookies of OCSF events, and those that an answer sets', () => {
  const event = cleaned({
    http_cookies: [{ name: 's', value: '1', is_secure: true }],
    http_response: { code: 200, http_headers: [{ name: 'Set-Cookie', value: 's=1' }] },
  });
  expect(event['http_cookies']).toEqual([{ name: 's', value: '***', is_secure: true }]);
  expect(event['http_response']).toEqual({ code: 200, http_headers: [{ name: 'Set-Cookie', value: '***' }] });
});

test('an event without credentials is the same object', () => {
  const event = {
    ...EVENT,
    unmapped: { 'cs-headers': 'host:a%0A', cookiecutter: 'x', deep: [{ a: 1 }] },
    http_request: { user_agent: 'a' },
  };
  const outcome = withoutCredentials(event);
  expect(outcome.kind === 'value' && outcome.value).toBe(event);
});

test.each(['cloudfront', 'cloudfront-realtime', 'waf', 'haproxy'])('no golden record of %s leaves with its cookies', (name) => {
  const source = sourceNamed(name);
  if (source === undefined) throw new Error(`no source ${name}`);
  const rules = { bank: 'demo', security_account: '111111111111', exclusions: [], redaction: [] };
  const events: string[] = [];
  for (const { header, options, text } of specimensOf(source)) {
    const normaliser = createNormaliser({
      origin: {
        bank: 'demo',
        account: '222222222222',
        region: 'eu-central-1',
        source: name,
        trigger: 's3',
        uri: 's3://a/b#1',
        time: EVENT.time,
      },
      source,
      ...options,
      transforms: transformsFor(rules, name),
      onEvent: (event) => events.push(JSON.stringify(event)),
      onParked: () => undefined,
    });
    normaliser.push(Buffer.from(header === undefined ? text : `${header}\n${text}`));
    normaliser.end();
  }
  expect(events.length).toBeGreaterThan(0);
  for (const event of events) expect(event).not.toMatch(/session=abc|"Cookie","value":"(?!\*)/);
});
