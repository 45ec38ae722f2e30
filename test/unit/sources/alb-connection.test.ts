import { albConnection } from '../../../shared/sources/alb-connection.ts';
import { claimers, event, place, run } from './line-source.ts';

const FOLDER = 'AWSLogs/222222222222/elasticloadbalancing/eu-central-1/2026/01/02';
const NAME = '222222222222_elasticloadbalancing_eu-central-1_app.shop.50dc6c495c0c9188_20260102T0305Z_203.0.113.44_5q0k1x2y.log.gz';
const LINE = '2026-01-02T03:04:05.514108Z 198.51.100.7 49152 443 TLSv1.3 TLS_AES_128_GCM_SHA256 0.012 "-" - - Success TID_0';

test.each([`${FOLDER}/conn_log_${NAME}`, `a/prefix/${FOLDER}/conn_log.${NAME}`])('%s is claimed by it alone', (key) => {
  expect(claimers(key)).toEqual(['alb-connection']);
  expect(place(albConnection, key)).toMatchObject({ account: '222222222222', region: 'eu-central-1' });
});

test('so is the test file; the other logs of balancers are not', () => {
  expect(claimers('x/AWSLogs/222222222222/ELBConnectionLogTestFile')).toEqual(['alb-connection']);
  expect(claimers('x/AWSLogs/222222222222/ELBAccessLogTestFile')).toEqual(['alb']);
  expect(claimers(`${FOLDER}/${NAME}`)).toEqual(['alb']);
  expect(claimers(`${FOLDER}/conn_log_${NAME}.tmp`)).toEqual([]);
});

test('lines that do not name the balancer are of the one in the name of their file', () => {
  const found = event(albConnection, LINE, { uri: `s3://landing/${FOLDER}/conn_log_${NAME}#1` });
  expect(found['load_balancer']).toEqual({ uid: 'app/shop/50dc6c495c0c9188', name: 'shop', ip: '203.0.113.44' });
  expect(found['dst_endpoint']).toEqual({ uid: 'app/shop/50dc6c495c0c9188', ip: '203.0.113.44', port: 443, type_id: 15 });
  expect(found['unmapped']).toBeUndefined();
});

test('what the line says comes first', () => {
  const found = event(albConnection, `${LINE} X25519 app/other/1 10.0.0.9`, { uri: `s3://landing/${FOLDER}/conn_log_${NAME}#1` });
  expect(found['load_balancer']).toEqual({ uid: 'app/other/1', name: 'other', ip: '10.0.0.9' });
});

test('a subject cannot end its field: a line whose quotes do not pair up is parked', () => {
  const { parked } = run(albConnection, LINE.replace('"-"', '"CN="x" - - Success"'));
  expect(parked).toMatchObject([{ code: 'malformed_record' }]);
});
