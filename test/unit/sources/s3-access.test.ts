import fc from 'fast-check';
import { isArray, isObject } from '../../../shared/outcome.ts';
import { s3Access } from '../../../shared/sources/s3-access.ts';
import { claimers, event, place, run, testSample } from './line-source.ts';

const OWNER = '0'.repeat(64);
const HEAD = `${OWNER} vault [02/Jan/2026:03:04:05 +0000] 198.51.100.7 - 3E57427F33A59F07 REST.GET.OBJECT a.pdf`;
const TAIL = '- host= SigV4 - AuthHeader vault.s3.amazonaws.com TLSv1.3 - - -';

function line({ head = HEAD, request = 'GET /a.pdf HTTP/1.1', referrer = '-', agent = '-', tail = TAIL } = {}): string {
  return `${head} "${request}" 200 - 5 5 7 6 "${referrer}" "${agent}" ${tail}`;
}

const PARTITION = '222222222222/eu-central-1/vault/2026/01/02/2026-01-02-03-04-05-0123456789ABCDEF';

describe('deliveries', () => {
  test.each([PARTITION, `logs/s3/${PARTITION}`])('%s is claimed by it alone', (key) => {
    expect(claimers(key)).toEqual(['s3-access']);
    expect(place(s3Access, key)).toMatchObject({ account: '222222222222', region: 'eu-central-1' });
  });

  test.each(['logs/2026-01-02-03-04-05-0123456789ABCDEF', `${PARTITION}.gz`, PARTITION.replace('2222', '22')])(
    '%s is not: the prefix is the bank’s choice',
    (key) => expect(claimers(key)).toEqual([]),
  );

  test('the log group that S3 suggests is claimed', () => {
    const claims = (logGroup: string): boolean => s3Access.claims({ trigger: 'logs', logGroup, logStream: 'x' });
    expect(claims('/aws/vendedlogs/s3/vault/S3_SERVER_ACCESS_LOGS')).toBe(true);
    expect(claims('/aws/vendedlogs/s3/vault/S3_SERVER_ACCESS_LOGS/x')).toBe(false);
    expect(claims('s3-access')).toBe(false);
  });
});

describe('fields of which the client chooses the contents', () => {
  const text = fc.string({ unit: 'grapheme', maxLength: 30 }).filter((chosen) => !/[\p{Cc}\p{Cs}]/u.test(chosen));
  const nasty = fc
    .array(fc.oneof(fc.constantFrom('"', '" ', ' "', '" "', '" 200 - 1 1 1 1 "', ' - ', '-', '\\'), text), { maxLength: 6 })
    .map((parts) => parts.join(''));

  test('an agent with quotes in it moves nothing', () => {
    fc.assert(
      fc.property(nasty, (agent) => {
        const found = event(s3Access, line({ agent }));
        expect(found).toMatchObject({
          http_response: { code: 200, body_length: 5, latency: 6 },
          duration: 7,
          unmapped: { host_id: 'host=' },
        });
        expect(isObject(found['http_request']) ? (found['http_request']['user_agent'] ?? '-') : undefined).toBe(agent);
      }),
      { numRuns: 300 },
    );
  });

  test('nor does a referrer, or a request line without spaces in its target', () => {
    fc.assert(
      fc.property(nasty, nasty, (referrer, target) => {
        const path = `/${target.replaceAll(' ', '')}`;
        const found = event(s3Access, line({ referrer, request: `GET ${path} HTTP/1.1`, agent: 'curl' }));
        expect(found).toMatchObject({ http_response: { code: 200, body_length: 5, latency: 6 }, unmapped: { host_id: 'host=' } });
        expect(found).toMatchObject({ http_request: { http_method: 'GET', url: { path: path.split('?', 1)[0] }, version: 'HTTP/1.1' } });
      }),
      { numRuns: 300 },
    );
  });
});

describe('ids', () => {
  test('a record that is delivered again is the same event, in another object too', () => {
    const ids = ['a', 'b'].map((uri) => run(s3Access, line(), { uri }).events[0]?.metadata.uid);
    expect(ids[0]).toBe(ids[1]);
  });

  test('records of one request that deletes many objects are different ones', () => {
    const { events } = run(s3Access, `${line()}\n${line({ head: HEAD.replace('a.pdf', 'b.pdf') })}`);
    expect(new Set(events.map(({ metadata }) => metadata.uid)).size).toBe(2);
  });

  test('without a request id, and in a log group, the delivery names it', () => {
    const ids = ['a', 'b'].map(
      (uri) => run(s3Access, line({ head: HEAD.replace('3E57427F33A59F07', '-') }), { uri }).events[0]?.metadata.uid,
    );
    expect(ids[0]).not.toBe(ids[1]);
    const groups = ['x', 'y'].map((logGroup) => run(s3Access, line(), { logGroup }).events[0]?.metadata.uid);
    expect(groups[0]).not.toBe(groups[1]);
  });
});

test('a host id with a space in it moves nothing', () => {
  const found = event(s3Access, line({ tail: 'v1 host id= SigV4 - AuthHeader vault.s3.amazonaws.com TLSv1.3 - Yes -' }));
  expect(found).toMatchObject({ unmapped: { host_id: 'host id=', signature_version: 'SigV4', acl_required: 'Yes' } });
  expect(isArray(found['resources']) ? found['resources'][1] : undefined).toMatchObject({ name: 'a.pdf', version: 'v1' });
});

testSample(s3Access, 's3-access/access.log', 6);
