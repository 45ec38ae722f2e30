import { cloudfront } from '../../../shared/sources/cloudfront.ts';
import { cloudfrontRealtime } from '../../../shared/sources/cloudfront-realtime.ts';
import { claimers, event, place, run, testSample } from './line-source.ts';

const HEADER = '#Version: 1.0\n#Fields: date time c-ip cs-method cs(Host) cs-uri-stem sc-status x-host-header x-edge-request-id';
const ROW = '2026-01-02\t03:04:05\t198.51.100.7\tGET\td1.cloudfront.net\t/\t200\tshop.example.com\treq0==';

describe('deliveries', () => {
  test.each([
    ['EDFDVBD6EXAMPLE.2026-01-02-03.RT4KCN4SGK9.gz', undefined],
    ['a/prefix/E2EXAMPLE00001.2026-01-02-03.0a1b2c3d.gz', undefined],
    ['AWSLogs/222222222222/CloudFront/EDFDVBD6EXAMPLE.2026-01-02-03.a1b2c3d4.gz', '222222222222'],
    ['AWSLogs/222222222222/CloudFront/myFolder/2026/01/x.gz', '222222222222'],
    ['AWSLogs/aws-account-id=222222222222/CloudFront/myFolder/year=2026/x', '222222222222'],
  ])('%s is claimed by it alone', (key, account) => {
    expect(claimers(key)).toEqual(['cloudfront']);
    expect(place(cloudfront, key)).toEqual({ account });
  });

  test.each(['AWSLogs/222222222222/CloudFront/x.parquet', 'EDFDVBD6EXAMPLE.2026-01-02.gz', 'a/2026-01-02-03.RT4KCN4SGK9.gz'])(
    '%s is not',
    (key) => expect(claimers(key)).toEqual([]),
  );

  test('log groups are named by the bank, streams too', () => {
    expect(cloudfront.claims({ trigger: 'logs', logGroup: '/aws/cloudfront/x', logStream: 'x' })).toBe(false);
    expect(claimers('real-time')).toEqual([]);
  });
});

test('the two logs call the host that was asked for by each other’s name', () => {
  const expected = { dst_endpoint: { hostname: 'd1.cloudfront.net' }, http_request: { url: { hostname: 'shop.example.com' } } };
  expect(event(cloudfront, `${HEADER}\n${ROW}`)).toMatchObject(expected);
  const format = 'timestamp c-ip cs-uri-stem cs-host x-host-header';
  const realTime = '1767323045.678\t198.51.100.7\t/\tshop.example.com\td1.cloudfront.net';
  expect(event(cloudfrontRealtime, realTime, { format })).toMatchObject(expected);
});

test('a request that is logged twice is one document, but not in log groups or without an id', () => {
  const uid = (input: string, given: Parameters<typeof run>[2]): unknown => run(cloudfront, input, given).events[0]?.metadata.uid;
  expect(uid(`${HEADER}\n${ROW}`, { uri: 'a' })).toBe(uid(`${HEADER}\n${ROW}`, { uri: 'b' }));
  expect(uid(`${HEADER}\n${ROW.replace('req0==', '-')}`, { uri: 'a' })).not.toBe(
    uid(`${HEADER}\n${ROW.replace('req0==', '-')}`, { uri: 'b' }),
  );
  const json = '{"date":"2026-01-02","time":"03:04:05","x-edge-request-id":"req0=="}';
  expect(uid(json, { logGroup: 'x' })).not.toBe(uid(json, { logGroup: 'y' }));
});

test('real-time logs and standard logs of a request are two documents', () => {
  const format = 'timestamp x-edge-request-id';
  const realTime = run(cloudfrontRealtime, '1767323045.678\treq0==', { format }).events[0]?.metadata.uid;
  expect(realTime).not.toBe(run(cloudfront, `${HEADER}\n${ROW}`).events[0]?.metadata.uid);
});

test.each([
  ['Mozilla/5.0%20(X11)', 'Mozilla/5.0 (X11)'],
  ['Mozilla/5.0%2520(X11)', 'Mozilla/5.0 (X11)'],
  ['100%25%20sure%2520', '100% sure%20'],
  ['%zz', '%zz'],
  ['%', '%'],
])('an agent written %s is %s', (written, agent) => {
  const found = event(cloudfront, `#Fields: date time cs(User-Agent)\n2026-01-02\t03:04:05\t${written}`);
  expect(found).toMatchObject({ http_request: { user_agent: agent } });
});

test('columns that come twice or are called like members of objects are kept apart', () => {
  const found = event(cloudfront, '#Fields: date time c-ip c-ip __proto__ x x\n2026-01-02\t03:04:05\t198.51.100.7\t10.0.0.1\ta\tb\tc');
  expect(found['src_endpoint']).toEqual({ ip: '198.51.100.7' });
  expect(JSON.stringify(found['unmapped'])).toBe('{"c-ip_at_3":"10.0.0.1","__proto__":"a","x":"b","x_at_6":"c"}');
});

testSample(cloudfront, 'cloudfront/standard.log', 2);
testSample(cloudfront, 'cloudfront/standard-more.log', 2);
