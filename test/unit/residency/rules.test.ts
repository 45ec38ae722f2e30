import { rmSync } from 'node:fs';
import { join } from 'node:path';
import { loadPolicies } from '../../../cli/bank-residency.ts';
import type { BankConfig } from '../../../shared/config.ts';
import { allowedRegions, mayLive, mayMove, policyOf, residencyReport } from '../../../shared/residency/rules.ts';
import type { ResidencyClass } from '../../../shared/residency/policy.ts';
import { banksFolder, bankWith } from './banks.ts';

const PAYMENTS = '222222222222';
const TRADING = '333333333333';
const SECURITY = '111111111111';
const STRANGER = '444444444444';

const folder = banksFolder();
afterAll(() => {
  rmSync(folder, { recursive: true, force: true });
});

/** Payments are at home in the Union, trading in Switzerland; each has its own region. */
const TWO = {
  region: 'eu-central-1',
  regions: [{ region: 'eu-central-2', opensearch: { endpoint: 'https://search.zurich.bank.example' } }],
  accounts: [
    { id: PAYMENTS, name: 'payments-prod', regions: ['eu-central-1'] },
    { id: TRADING, name: 'trading-prod', regions: ['eu-central-2'] },
  ],
  residency: [
    { policy: 'eu', accounts: [PAYMENTS] },
    { policy: 'switzerland', accounts: [TRADING] },
  ],
};

/** Findings of Zurich go to Frankfurt, which Switzerland's policy forbids: the rules are asked here, and the file is not checked. */
function described(parts: Readonly<Record<string, unknown>> & Required<Pick<BankConfig, 'residency'>>): BankConfig {
  const { policies = {} } = loadPolicies(parts, join(folder, 'policies'));
  return { ...bankWith(folder, {}), ...parts, policies };
}

describe('without rules', () => {
  const bank = bankWith(folder, {});

  it('everything may be anywhere, nobody is kept out of a region, and there is nothing to report', () => {
    expect(mayLive(bank, PAYMENTS, 'logs', 'us-east-1')).toBe(true);
    expect(mayMove(bank, PAYMENTS, 'logs', 'eu-central-1', 'us-east-1')).toBe(true);
    expect(allowedRegions(bank)).toBeUndefined();
    expect(residencyReport(bank)).toEqual([]);
  });
});

describe('the rules of one policy', () => {
  const bank = bankWith(folder, { residency: [{ policy: 'eu' }] });

  it.each<[ResidencyClass, string, boolean]>([
    ['logs', 'eu-central-1', true],
    ['logs', 'eu-south-2', true],
    ['logs', 'eu-central-2', false],
    ['logs', 'eu-west-2', false],
    ['logs', 'us-east-1', false],
    ['evidence', 'eu-north-1', true],
    ['evidence', 'us-east-1', false],
    ['health', 'us-east-1', false],
    ['keys', 'eu-west-1', true],
  ])('whether %s may live in %s: %s', (className, region, allowed) => {
    expect(mayLive(bank, PAYMENTS, className, region)).toBe(allowed);
  });

  it.each<[ResidencyClass, string, string, boolean]>([
    ['logs', 'eu-central-1', 'eu-west-1', true],
    ['logs', 'eu-central-1', 'eu-west-2', false],
    ['logs', 'us-east-1', 'us-east-1', true],
    ['findings', 'eu-central-1', 'us-east-1', false],
    ['health', 'eu-central-1', 'us-east-1', true],
    ['keys', 'eu-central-1', 'eu-central-2', false],
  ])('whether %s may move from %s to %s: %s', (className, from, to, allowed) => {
    expect(mayMove(bank, PAYMENTS, className, from, to)).toBe(allowed);
  });
});

describe('the rules of two policies', () => {
  const bank = described({ ...TWO });

  it('give each account its own', () => {
    expect([PAYMENTS, TRADING, STRANGER].map((account) => policyOf(bank, account)?.name)).toEqual(['eu', 'switzerland', undefined]);
    expect(mayLive(bank, PAYMENTS, 'logs', 'eu-central-2')).toBe(false);
    expect(mayLive(bank, TRADING, 'logs', 'eu-central-2')).toBe(true);
  });

  it('hold an account that none names to both, and the security account to either', () => {
    expect(['eu-central-1', 'eu-central-2'].map((region) => mayLive(bank, STRANGER, 'logs', region))).toEqual([false, false]);
    expect(['eu-central-1', 'eu-central-2', 'us-east-1'].map((region) => mayLive(bank, SECURITY, 'logs', region))).toEqual([
      true,
      true,
      false,
    ]);
  });

  it('take the first rule that names the account, or none', () => {
    const general = described({ ...TWO, residency: [{ policy: 'switzerland', accounts: [TRADING] }, { policy: 'eu' }] });
    expect([PAYMENTS, TRADING, STRANGER, SECURITY].map((account) => policyOf(general, account)?.name)).toEqual([
      'eu',
      'switzerland',
      'eu',
      'eu',
    ]);
  });

  it('allow the platform’s regions in which somebody’s logs may live', () => {
    expect(allowedRegions(bank)).toEqual(['eu-central-1', 'eu-central-2']);
    const further = { region: 'us-east-1', opensearch: { endpoint: 'https://search.bank.example' } };
    expect(allowedRegions({ ...bank, regions: [...(bank.regions ?? []), further] })).toEqual(['eu-central-1', 'eu-central-2']);
  });

  it('are reported by account, region and class', () => {
    const rows = residencyReport(bank);
    expect(rows).toHaveLength(4 * 5);
    const logs = rows.filter((row) => row.class === 'logs');
    expect(logs.map(({ account, region, may_live: live, policy }) => [account, region, live, policy])).toEqual([
      [PAYMENTS, 'eu-central-1', true, 'eu'],
      [TRADING, 'eu-central-2', true, 'switzerland'],
      [SECURITY, 'eu-central-1', true, 'eu or switzerland'],
      [SECURITY, 'eu-central-2', true, 'eu or switzerland'],
    ]);
    expect(logs[0]?.may_move_to).toEqual(['eu-north-1', 'eu-south-1', 'eu-south-2', 'eu-west-1', 'eu-west-3']);
    expect(logs[1]?.may_move_to).toEqual([]);
    expect(rows.find((row) => row.class === 'health')?.may_move_to).toBe('any');
  });
});
