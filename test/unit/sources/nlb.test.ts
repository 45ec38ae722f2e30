import { nlb } from '../../../shared/sources/nlb.ts';
import { claimers, place, testSample } from './line-source.ts';

const FOLDER = 'AWSLogs/222222222222/elasticloadbalancing/eu-central-1/2026/01/02';

test('its files are claimed by it alone', () => {
  const key = `x/${FOLDER}/222222222222_elasticloadbalancing_eu-central-1_net.ledger.c6e77e28c25b2234_20260102T0305Z_5q0k1x2y.log.gz`;
  expect(claimers(key)).toEqual(['nlb']);
  expect(place(nlb, key)).toMatchObject({ account: '222222222222', region: 'eu-central-1' });
});

testSample(nlb, 'nlb/access.log', 2);
