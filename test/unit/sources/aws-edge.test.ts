// AWS WAF, Route 53 and Network Firewall: what golden cases do not show.
import type { Delivery } from '../../../shared/sources/api.ts';
import { networkFirewall } from '../../../shared/sources/network-firewall.ts';
import { claim } from '../../../shared/sources/registry.ts';
import { route53Public } from '../../../shared/sources/route53-public.ts';
import { route53Resolver } from '../../../shared/sources/route53-resolver.ts';
import { waf } from '../../../shared/sources/waf.ts';
import { claimers, event, place, testSample } from './line-source.ts';

describe('deliveries', () => {
  const day = '2026/01/01/00/00';
  test.each([
    [
      waf,
      `AWSLogs/222222222222/WAFLogs/eu-central-1/shop/${day}/222222222222_waflogs_eu-central-1_shop_20260101T0000Z_e0ca43b5.log.gz`,
      'eu-central-1',
    ],
    [
      waf,
      `a/b/AWSLogs/222222222222/WAFLogs/cloudfront/edge/${day}/222222222222_waflogs_cloudfront_edge_20260101T0000Z_e0ca43b5.log.gz`,
      'us-east-1',
    ],
    [
      route53Resolver,
      'AWSLogs/222222222222/vpcdnsquerylogs/vpc-1/2026/01/01/vpc-1_vpcdnsquerylogs_222222222222_20260101T0000Z_71584702.log.gz',
      undefined,
    ],
    [networkFirewall, 'AWSLogs/222222222222/network-firewall/alert/eu-central-1/egress/2026/01/01/00/x.log.gz', 'eu-central-1'],
    [networkFirewall, 'AWSLogs/222222222222/network-firewall/flow/eu-central-1/egress/2026/01/01/00/x.log.gz', 'eu-central-1'],
    [networkFirewall, 'AWSLogs/222222222222/network-firewall/tls/eu-central-1/egress/2026/01/01/00/x.log.gz', 'eu-central-1'],
  ])('%# are claimed by one source and located', (source, key, region) => {
    expect(claimers(key)).toEqual([source.name]);
    expect(place(source, key)).toMatchObject({ account: '222222222222', ...(region === undefined ? {} : { region }) });
  });

  test.each([
    ['aws-waf-logs-shop', 'eu-central-1_shop_0', 'waf'],
    ['/aws/route53/example.com', 'Z0123456789EXAMPLE/FRA6', 'route53-public'],
    ['my-aws-waf-logs-shop', 'x', undefined],
    ['network-firewall', 'x', undefined],
    // Whoever may write to a group chooses the names of his streams.
    ['egress-alerts', '/aws/network-firewall/alert/egress_2026-01-01-00', undefined],
    ['/aws/lambda/pay', '/aws/network-firewall/alert/egress_2026-01-01-00', 'lambda'],
  ])('log group %s, stream %s', (logGroup, logStream, name) => {
    const delivery: Delivery = { trigger: 'logs', logGroup, logStream };
    expect(claim(delivery)?.name).toBe(name);
  });
});

describe('waf', () => {
  const record = {
    timestamp: 1767225601234,
    webaclId: 'arn:aws:wafv2:eu-west-1:333333333333:regional/webacl/shop/1',
    httpRequest: { uri: '/' },
  };

  test('the delivery knows whose log it is, the ARN where', () => {
    expect(event(waf, JSON.stringify(record))['cloud']).toEqual({ provider: 'AWS', account: { uid: '222222222222' }, region: 'eu-west-1' });
  });

  test('a log event is named by its log group: what the request says of itself names nothing', () => {
    const given = { logGroup: 'aws-waf-logs-shop', logStream: 's' };
    const [first, second] = ['a', 'b'].map(
      (id) => event(waf, JSON.stringify({ ...record, httpRequest: { requestId: id } }), given)['metadata'],
    );
    expect(first).toEqual(second);
  });

  testSample(waf, 'waf/waf.log', 2);
  testSample(waf, 'waf/waf-more.log', 38);
});

describe('network-firewall', () => {
  const alert = (verdict: string, action: string, severity: number): string =>
    JSON.stringify({
      event: {
        timestamp: '2026-01-01T00:00:01Z',
        src_ip: '10.0.1.20',
        alert: { signature_id: 1, action, severity },
        verdict: { action: verdict },
      },
    });

  test('the verdict decides, whatever the rule would have done; an alert is no finding', () => {
    expect(event(networkFirewall, alert('drop', 'allowed', 1))).toMatchObject({
      class_uid: 4001,
      action_id: 2,
      disposition_id: 6,
      severity_id: 4,
    });
    expect(event(networkFirewall, alert('pass', 'allowed', 3))).toMatchObject({ action_id: 1, is_alert: false, severity_id: 2 });
  });
});

test('route53: names lose the dot that ends them, the root keeps it', () => {
  const query = (name: string): unknown => {
    const record = { query_timestamp: '2026-01-01T00:00:01Z', query_name: name };
    return event(route53Resolver, JSON.stringify(record))['query'];
  };
  expect(query('www.example.com.')).toMatchObject({ hostname: 'www.example.com' });
  expect(query('.')).toMatchObject({ hostname: '.' });
  const line = '1.0 2026-01-01T00:00:01.130Z Z1 www.example.com. A NOERROR UDP FRA6 192.0.2.53 -';
  expect(event(route53Public, line)['query']).toMatchObject({ hostname: 'www.example.com' });
});
