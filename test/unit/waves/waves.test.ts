import { targetsOf, wavesOf } from '../../../cli/deploy/waves.ts';
import { bankOf } from './banks.ts';

const SECURITY = { stacks: ['security'] } as const;
const ORGANIZATION = {
  organization: { id: 'o-example123', management_account: '999999999999', root_id: 'r-ab12', deployers: [] },
};

const BANKS = [
  bankOf('zeta', { deployment: { stage: 'prod' } }),
  bankOf('beta', { deployment: { stage: 'prod', wave: 10 } }),
  bankOf('alpha', { deployment: { stage: 'prod', wave: 2 } }),
  bankOf('trial', { deployment: { stage: 'test' } }),
  bankOf('plain', {}),
];

function namesOf(selection: Partial<Parameters<typeof wavesOf>[1]>): readonly string[] {
  return wavesOf(BANKS, { ...SECURITY, ...selection }).map(({ wave, banks }) => `${wave}: ${banks.map(({ bank }) => bank.bank).join()}`);
}

describe('waves', () => {
  it('are those of the stage, by their numbers; a bank without one is in the first', () => {
    expect(namesOf({ stage: 'prod' })).toEqual(['1: zeta', '2: alpha', '10: beta']);
    expect(namesOf({ stage: 'test' })).toEqual(['1: trial']);
    expect(namesOf({ stage: 'prod', wave: 2 })).toEqual(['2: alpha']);
    expect(namesOf({ names: ['beta', 'plain'] })).toEqual(['1: plain', '10: beta']);
  });

  it('that are not there are said, with those that are', () => {
    expect(() => namesOf({ stage: 'prd' })).toThrow("no bank's file has deployment.stage prd, only prod, test");
    expect(() => namesOf({ stage: 'prod', wave: 3 })).toThrow('--wave must be one of 1, 2, 10 (found 3)');
    expect(() => namesOf({ names: ['gamma'] })).toThrow('--bank must name one of alpha, beta, plain, trial, zeta (found "gamma")');
  });
});

describe('targets', () => {
  const regions = [{ region: 'eu-west-1', opensearch: {} }];
  const accounts = [
    { id: '222222222222', name: 'a', regions: ['eu-central-1', 'eu-west-1'] },
    { id: '333333333333', name: 'b' },
  ];

  function placesOf(
    bank: ReturnType<typeof bankOf>,
    stacks: Parameters<typeof targetsOf>[1]['stacks'],
    region?: string,
  ): readonly string[] {
    return targetsOf(bank, { stacks, region }).map((target) => `${target.stack} ${target.account} ${target.region}`);
  }

  it('of the security stack are all regions, the home region first', () => {
    const bank = bankOf('many', { regions });
    expect(placesOf(bank, ['security'])).toEqual(['security 111111111111 eu-central-1', 'security 111111111111 eu-west-1']);
    expect(placesOf(bank, ['security'], 'eu-west-1')).toEqual(['security 111111111111 eu-west-1']);
    expect(() => placesOf(bank, ['security'], 'us-east-1')).toThrow('bank many has no security stack in us-east-1');
  });

  it('of the workload stack are the accounts in their regions, unless the organization brings it to all but its own', () => {
    const bank = bankOf('many', { regions, accounts });
    expect(placesOf(bank, ['workload'])).toEqual([
      'workload 222222222222 eu-central-1',
      'workload 333333333333 eu-central-1',
      'workload 222222222222 eu-west-1',
    ]);
    expect(placesOf({ ...bank, ...ORGANIZATION }, ['workload'])).toEqual([
      'workload 999999999999 eu-central-1',
      'workload 999999999999 eu-west-1',
    ]);
  });

  it('of several stacks come in the order in which one builds on another', () => {
    expect(placesOf(bankOf('one', ORGANIZATION), ['workload', 'organization', 'security'])).toEqual([
      'security 111111111111 eu-central-1',
      'organization 999999999999 eu-central-1',
      'workload 999999999999 eu-central-1',
    ]);
    expect(() => placesOf(bankOf('one', {}), ['organization'])).toThrow(
      'bank one has no organization stack: its regions are eu-central-1; its file has no organization',
    );
  });
});
