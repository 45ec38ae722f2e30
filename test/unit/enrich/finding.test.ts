import fc from 'fast-check';
import type { AssetConfig, BankAccount } from '../../../shared/config.ts';
import { newFinding } from '../../../shared/detect/new-finding.ts';
import { withBankKnowledge, type Known } from '../../../shared/enrich/finding.ts';
import type { JsonObject, OcsfEvent } from '../../../shared/model.ts';
import { validateEvent } from '../../ocsf.ts';

const ACCOUNT: BankAccount = {
  ...{ id: '222222222222', name: 'payments-prod', owner: 'payments team', ou: 'Payments', environment: 'production' },
  ...{ criticality: 'high', tags: { 'cost-center': '4711' } },
};
const ASSETS: readonly AssetConfig[] = [
  { name: 'Card vault', match: ['arn:aws:s3:::card-vault*', '10.20.30.0/24'], criticality: 'critical' },
  { name: 'Ledger', match: ['ledger-*.demo-bank.example', '10.20.0.0/16'], criticality: 'medium' },
];
const BANK: Known = {
  bank: 'demo',
  accounts: [ACCOUNT, { id: '333333333333', name: 'sandbox' }],
  organization: {
    id: 'o-example123',
    name: 'Demo Bank',
    management_account: '999999999999',
    root_id: 'r-demo',
    deployers: ['arn:aws:iam::*:role/deployment'],
  },
  enrichment: {
    services: [{ name: 'Card scheme', networks: ['192.0.2.0/24'] }],
    assets: ASSETS,
  },
};
const TIME = Date.UTC(2026, 0, 15);

function finding({
  account = '333333333333',
  ...more
}: {
  account?: string;
  evidences?: readonly JsonObject[];
  resources?: readonly unknown[];
}): OcsfEvent {
  return newFinding({
    ...{ uid: 'f', bank: 'demo', title: 'T', description: 'D', response: 'R', level: 'medium', tags: [], types: ['sigma'], message: 'm' },
    ...{ first: TIME, last: TIME, count: 1, dataSources: ['CloudTrail'], related: [], evidence: 'e' },
    analytic: { uid: 'r', name: 'R', type_id: 1, state_id: 1 },
    cloud: account === '' ? undefined : { provider: 'AWS', account: { uid: account } },
    evidences: [{ src_endpoint: { ip: '198.51.100.1' } }],
    ...more,
  });
}

function known(change: Parameters<typeof finding>[0]): OcsfEvent {
  const event = finding(change);
  const before = JSON.stringify(event);
  const found = withBankKnowledge(event, BANK);
  expect(JSON.stringify(event)).toBe(before);
  expect(validateEvent(found)).toEqual([]);
  expect(withBankKnowledge(found, BANK)).toEqual(found);
  return found;
}

it('a finding says whose account it is about, and how much hangs on it', () => {
  const found = known({ account: '222222222222' });
  expect(found['cloud']).toEqual({
    provider: 'AWS',
    account: {
      uid: '222222222222',
      name: 'payments-prod',
      tags: [
        { name: 'owner', value: 'payments team' },
        { name: 'environment', value: 'production' },
        { name: 'criticality', value: 'high' },
        { name: 'cost-center', value: '4711' },
      ],
    },
    org: { uid: 'o-example123', name: 'Demo Bank', ou_name: 'Payments' },
  });
  expect(found['impact_id']).toBe(3);
  expect(found.severity_id).toBe(finding({}).severity_id);
});

it('the name of the bank stands for an organization that is not described', () => {
  const { bank, accounts } = BANK;
  const found = withBankKnowledge(finding({ account: '222222222222' }), { bank, accounts });
  expect(found['cloud']).toMatchObject({ org: { name: 'demo', ou_name: 'Payments' } });
  expect(validateEvent(found)).toEqual([]);
});

it.each(['333333333333', '999999999999', ''])('nothing is said of what is not known (account "%s")', (account) => {
  const found = known({ account });
  expect(found['impact_id']).toBeUndefined();
  expect(found['resources']).toBeUndefined();
  expect(JSON.stringify(found)).not.toMatch(/tags|ou_name/);
});

it.each<[string, JsonObject, object | undefined]>([
  ['an ARN', { uid: 'arn:aws:s3:::card-vault-2026/key' }, { name: 'Card vault', criticality: 'critical' }],
  ['an ARN in other letters', { uid: 'ARN:aws:s3:::Card-Vault', name: 'v' }, { name: 'v', criticality: 'critical' }],
  ['a host name', { uid: 'i', hostname: 'ledger-7.demo-bank.example' }, { name: 'Ledger', criticality: 'medium' }],
  ['an address, in the smallest network', { uid: 'i', ip: '10.20.30.1' }, { name: 'Card vault', criticality: 'critical' }],
  ['its own criticality', { uid: 'arn:aws:s3:::card-vault', name: 'v', criticality: 'P0' }, { name: 'v', criticality: 'P0' }],
  ['another ARN', { uid: 'arn:aws:s3:::other' }, undefined],
  ['the beginning of a name alone', { uid: 'i', hostname: 'ledger-7.demo-bank.example.attacker.example' }, undefined],
])('a resource with %s', (_, resource, expected) => {
  expect(known({ resources: [resource] })['resources']).toEqual([{ ...resource, ...expected }]);
});

it('the assets that events came from or went to are resources, each once, and the worst is the impact', () => {
  const found = known({
    evidences: [
      { src_endpoint: { ip: '192.0.2.9' }, dst_endpoint: { ip: '10.20.1.1', port: 5432 } },
      { src_endpoint: { ip: '10.20.1.2' }, dst_endpoint: { ip: '10.20.30.9' } },
      { device: { hostname: 'ledger-1.demo-bank.example', type_id: 1 } },
    ],
  });
  expect(found['resources']).toEqual([
    { name: 'Ledger', ip: '10.20.1.1', criticality: 'medium' },
    { name: 'Card vault', ip: '10.20.30.9', criticality: 'critical' },
  ]);
  expect(found['impact_id']).toBe(4);
  expect(found['evidences']).toMatchObject([{ src_endpoint: { ip: '192.0.2.9', svc_name: 'Card scheme' } }, {}, {}]);
});

it('a pattern holds for what its asterisks can stand for, as a regular expression says', () => {
  const letters = fc.string({ unit: fc.constantFrom('a', 'b', '*'), minLength: 1, maxLength: 6 });
  const names = fc.string({ unit: fc.constantFrom('a', 'b'), minLength: 1, maxLength: 8 });
  fc.assert(
    fc.property(letters, names, (pattern, name) => {
      const bank: Known = { ...BANK, enrichment: { assets: [{ name: 'A', match: [pattern], criticality: 'low' }] } };
      const expected = new RegExp(`^${pattern.replaceAll('*', '.*')}$`).test(name);
      expect(withBankKnowledge(finding({ resources: [{ uid: name }] }), bank)['impact_id']).toBe(expected ? 1 : undefined);
    }),
    { numRuns: 1000 },
  );
});

it('a finding may be of any shape', () => {
  fc.assert(
    fc.property(fc.jsonValue(), fc.jsonValue(), fc.jsonValue(), (cloud, resources, evidences) => {
      const event = { ...finding({}), cloud, resources, evidences };
      expect(withBankKnowledge(event, BANK).metadata).toBe(event.metadata);
    }),
  );
});
