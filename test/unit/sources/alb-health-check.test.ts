import { albHealthCheck } from '../../../shared/sources/alb-health-check.ts';
import { claimers, event, place } from './line-source.ts';

const FOLDER = 'AWSLogs/222222222222/elasticloadbalancing/eu-central-1/2026/01/02';
const NAME = '222222222222_elasticloadbalancing_eu-central-1_app.shop.50dc6c495c0c9188_20260102T0305Z_172.016.001.044_5q0k1x2y.log.gz';
const LINE = 'http 2026-01-02T03:04:05.875678Z 0.019 10.0.1.20:80 shop PASS 200 -';

test('its files are claimed by it alone', () => {
  const key = `a/prefix/${FOLDER}/health_check_log_${NAME}`;
  expect(claimers(key)).toEqual(['alb-health-check']);
  expect(place(albHealthCheck, key)).toMatchObject({ account: '222222222222', region: 'eu-central-1' });
  expect(claimers('AWSLogs/222222222222/ELBHealthCheckLogTestFile')).toEqual(['alb-health-check']);
});

test('the balancer is that in the name of the file; its address only where it is written as one', () => {
  const found = event(albHealthCheck, LINE, { uri: `s3://landing/${FOLDER}/health_check_log_${NAME}#1` });
  expect(found['load_balancer']).toEqual({ uid: 'app/shop/50dc6c495c0c9188', name: 'shop' });
  expect(found['src_endpoint']).toEqual({ uid: 'app/shop/50dc6c495c0c9188', type_id: 15 });
});

test('access logs of application balancers are not taken for it', () => {
  expect(albHealthCheck.recognises('http 2026-01-02T03:04:05.875678Z app/shop/1 198.51.100.7:1 - -1 -1 -1 400 - 0 0')).toBe(false);
});
