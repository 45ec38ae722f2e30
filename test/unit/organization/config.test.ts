import { bankNamed } from '../../../cli/bank.ts';
import type { BankConfig } from '../../../shared/config.ts';
import { accountRegions, inRegion, regionsOf, roleNames } from '../../../shared/organization/config.ts';

const DEMO = bankNamed('demo');
const [PAYMENTS, TRADING] = DEMO.accounts;
if (PAYMENTS === undefined || TRADING === undefined) throw new Error('the demo has two accounts');
const BANK: BankConfig = {
  ...DEMO,
  accounts: [PAYMENTS, { ...TRADING, regions: ['eu-central-1', 'eu-west-1'] }],
  regions: [{ region: 'eu-west-1', opensearch: { endpoint: 'https://search.eu-west-1.bank.example' } }],
};

it('the home region comes first, whichever region the bank is seen from', () => {
  expect(regionsOf(BANK)).toEqual(['eu-central-1', 'eu-west-1']);
  expect(regionsOf(inRegion(BANK, 'eu-west-1'))).toEqual(['eu-central-1', 'eu-west-1']);
});

it('at home the bank is as its file has it', () => {
  expect(inRegion(BANK, 'eu-central-1')).toBe(BANK);
});

it('elsewhere it has what that region says, and the accounts that work there', () => {
  const there = inRegion(BANK, 'eu-west-1');

  expect(there).toMatchObject({ region: 'eu-west-1', home: 'eu-central-1', kafka: [], streams: [] });
  expect(there.opensearch.endpoint).toBe('https://search.eu-west-1.bank.example');
  expect(there.accounts.map(({ id }) => id)).toEqual(['333333333333']);
  expect(there.retention).toBe(BANK.retention);
});

it('a region that the bank does not have is named, with those that it has', () => {
  expect(() => inRegion(BANK, 'us-east-1')).toThrow('bank demo has no region us-east-1, only eu-central-1, eu-west-1');
});

it('roles are named by their region, but for the home region', () => {
  expect(roleNames(BANK)).toBe('strongroom-demo');
  expect(roleNames(inRegion(BANK, 'eu-west-1'))).toBe('strongroom-demo-eu-west-1');
});

it('an account works in the home region unless it says where', () => {
  expect(accountRegions(inRegion(BANK, 'eu-west-1'), PAYMENTS)).toEqual(['eu-central-1']);
});
