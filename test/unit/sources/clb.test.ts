import { clb } from '../../../shared/sources/clb.ts';
import { claimers, event, place, testSample } from './line-source.ts';

const FOLDER = 'AWSLogs/222222222222/elasticloadbalancing/eu-central-1/2026/01/02';
const NAME = '222222222222_elasticloadbalancing_eu-central-1';

test.each(['shop-classic', 'app', 'net', 'A-1'])('files of a balancer called %s are claimed by it alone', (name) => {
  const key = `${FOLDER}/${NAME}_${name}_20260102T0305Z_203.0.113.44_5q0k1x2y.log`;
  expect(claimers(key)).toEqual(['clb']);
  expect(place(clb, key)).toMatchObject({ account: '222222222222', region: 'eu-central-1' });
});

test('files of other balancers are not', () => {
  const file = `${NAME}_app.shop.1_20260102T0305Z_203.0.113.44_5q0k1x2y.log`;
  expect([claimers(`${FOLDER}/${file}`), claimers(`${FOLDER}/conn_log_${file}.gz`)]).toEqual([[], ['alb-connection']]);
});

test.each([
  ['- - - ', '-', 4001],
  ['- - - ', '200', 4002],
  ['- http://a:80- ', '-', 4002],
  ['-', '-', 4002],
])('a request %j with answer %s is of class %i', (request, code, uid) => {
  const line = `2026-01-02T03:04:05.9Z shop 198.51.100.7:1 10.0.0.1:80 0.1 0.2 0.3 ${code} - 1 2 "${request}" "-" - -`;
  expect(event(clb, line)['class_uid']).toBe(uid);
});

testSample(clb, 'clb/access.log', 2);
