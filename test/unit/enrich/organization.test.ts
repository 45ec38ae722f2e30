import { loadBank } from '../../../cli/bank.ts';
import type { BankConfig } from '../../../shared/config.ts';
import { enrichmentOf } from '../../../shared/enrich/enrichers.ts';
import { organizationEnricher } from '../../../shared/enrich/organization.ts';
import type { OcsfEvent } from '../../../shared/model.ts';
import { createMetrics } from '../../../shared/observe/metrics.ts';
import { API_ACTIVITY, classify, NETWORK_ACTIVITY, OCSF_VERSION } from '../../../shared/ocsf/classes.ts';
import { createFakeS3 } from '../../fakes/s3.ts';
import { validateEvent } from '../../ocsf.ts';

const ENRICHMENT = {
  services: [
    { name: 'Card scheme', networks: ['192.0.2.0/24', '2001:db8:1::/48'] },
    { name: 'Card scheme, test', networks: ['192.0.2.128/25'] },
    { name: 'Core banking', networks: ['10.20.0.0/16'] },
  ],
};
const { bank } = loadBank('banks/demo.yml');
if (bank === undefined) throw new Error('banks/demo.yml');
const BANK: BankConfig = { ...bank, enrichment: ENRICHMENT };
const { enrich } = organizationEnricher(BANK);

function call(more: object = {}): OcsfEvent {
  return {
    ...classify(API_ACTIVITY, 2),
    severity_id: 1,
    time: Date.UTC(2026, 0, 15),
    metadata: { uid: 'a', version: OCSF_VERSION, product: { name: 'CloudTrail', vendor_name: 'AWS' }, profiles: ['cloud'] },
    actor: { user: { uid: 'u' } },
    api: { operation: 'GetObject' },
    cloud: { provider: 'AWS', account: { uid: '222222222222' } },
    src_endpoint: { ip: '198.51.100.1' },
    ...more,
  };
}

describe('an event', () => {
  it('of an account of the bank carries its name', () => {
    const event = enrich(call());
    expect(event['cloud']).toEqual({ provider: 'AWS', account: { uid: '222222222222', name: 'payments-prod' } });
    expect(validateEvent(event)).toEqual([]);
    expect(enrich(event)).toBe(event);
  });

  it.each<[string, object]>([
    ['of another account', { cloud: { provider: 'AWS', account: { uid: '999999999999' } } }],
    ['whose source names the account', { cloud: { provider: 'AWS', account: { uid: '222222222222', name: 'Payments' } } }],
    ['without an account', { cloud: { provider: 'AWS' } }],
    ['without a cloud', { cloud: undefined }],
    ['with an account that is none', { cloud: { account: [7] } }],
    ['that names a service itself', { cloud: undefined, src_endpoint: { ip: '192.0.2.1', svc_name: 'S3' } }],
    ['without an address', { cloud: undefined, src_endpoint: { domain: 'a.example' } }],
  ])('%s stays as it is', (_, more) => {
    const event = call(more);
    expect(enrich(event)).toBe(event);
  });

  it.each([
    ['192.0.2.1', 'Card scheme'],
    ['192.0.2.200', 'Card scheme, test'],
    ['::ffff:192.0.2.1', 'Card scheme'],
    ['2001:db8:1::7', 'Card scheme'],
    ['2001:db8:2::7', undefined],
    ['10.20.30.40', 'Core banking'],
    ['10.21.0.1', undefined],
    ['not an address', undefined],
  ])('at %s is of the service %s', (ip, name) => {
    const event = enrich(call({ src_endpoint: { ip }, dst_endpoint: { ip, port: 1 } }));
    expect(event['src_endpoint']).toEqual(name === undefined ? { ip } : { ip, svc_name: name });
    expect(event['dst_endpoint']).toEqual(name === undefined ? { ip, port: 1 } : { ip, port: 1, svc_name: name });
  });

  it('that is a flow gets nothing that follows from account and address', () => {
    const event = { ...call({ src_endpoint: { ip: '192.0.2.1' } }), ...classify(NETWORK_ACTIVITY, 6) };
    expect(enrich(event)).toBe(event);
  });
});

it('what needs no bucket works without one, and nothing is done where the bank asks for nothing', async () => {
  const warned: unknown[] = [];
  const others = { s3: createFakeS3().client, bucket: undefined, log: { warn: (...said: readonly unknown[]) => void warned.push(said) } };
  const metrics = createMetrics();
  const plain = { bank: BANK.bank, accounts: BANK.accounts };
  expect(enrichmentOf({ ...others, metrics, bank: plain })).toBeUndefined();
  const enrichment = enrichmentOf({ ...others, metrics, bank: { ...plain, enrichment: { ...ENRICHMENT, geo: ['x.mmdb'] } } });
  await enrichment?.ready();
  expect(enrichment?.transform(call())).toMatchObject({ kind: 'value', value: { cloud: { account: { name: 'payments-prod' } } } });
  expect(warned).toEqual([]);
});
