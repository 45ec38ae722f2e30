// Which steps there are, in which order, with which rights; and what they cost.
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { bankNamed, loadBank } from '../../../cli/bank.ts';
import { offboardCommand } from '../../../cli/commands/offboard.ts';
import { onboardCommand } from '../../../cli/commands/onboard.ts';
import { costOfPlan } from '../../../shared/onboard/cost.ts';
import type { StackDeps } from '../../../shared/onboard/stacks.ts';
import { stepsFor, type Target } from '../../../shared/onboard/steps.ts';
import { keptOf, takedownFor } from '../../../shared/onboard/takedown.ts';
import type { BankConfig } from '../../../shared/config.ts';
import { bankWithOrganization } from '../../template/banks.ts';

const directory = mkdtempSync(join(tmpdir(), 'strongroom-onboard-'));
afterAll(() => {
  rmSync(directory, { recursive: true, force: true });
});

function whole(): BankConfig {
  mkdirSync(directory, { recursive: true });
  const file = join(directory, 'whole.yml');
  writeFileSync(file, bankWithOrganization());
  const { bank, errors } = loadBank(file);
  if (bank === undefined) throw new Error(JSON.stringify(errors));
  return bank;
}

const bank = whole();
const nobody = { of: () => Promise.reject(new Error('nobody is asked')), close: () => undefined };
const deps: StackDeps = { sessions: nobody, deploy: () => Promise.reject(new Error('nothing is deployed')) };
const idsOf = (target: Target, of = bank) => stepsFor(target, of, deps).map(({ id }) => id);

it('a bank: the organization, security stacks, its stack, detectors, accounts; nothing waits for what comes later', () => {
  const steps = stepsFor({ kind: 'bank' }, bank, deps);
  const ids = steps.map(({ id }) => id);
  expect(new Set(ids).size).toBe(ids.length);
  for (const [at, { after = [] }] of steps.entries()) {
    const ahead = after.filter((id) => ids.indexOf(id) >= at);
    expect({ step: ids[at], ahead }).toEqual({ step: ids[at], ahead: [] });
  }
  expect(ids.indexOf('security-stack@eu-west-1')).toBeLessThan(ids.indexOf('organization-stack'));
  expect(ids.indexOf('organization-stack')).toBeLessThan(ids.indexOf('unit@222222222222'));
  expect(ids).toEqual(
    expect.arrayContaining(['organization', 'stacksets-access', 'policy-type:RESOURCE_CONTROL_POLICY', 'guardduty-members@eu-west-1']),
  );
  expect(ids).toEqual(expect.arrayContaining(['workload@222222222222@eu-west-1', 'workload@999999999999@eu-central-1']));
  expect(ids).not.toContain('workload@333333333333@eu-west-1');
  expect(steps.filter(({ rights }) => rights.length === 0).map(({ id }) => id)).toEqual([]);
});

it('steps of the organization work in its management account, those of a region in that region', () => {
  const steps = stepsFor({ kind: 'bank' }, bank, deps);
  const byId = new Map(steps.map((step) => [step.id, step]));
  expect(byId.get('stacksets-access')).toMatchObject({ account: '999999999999', region: 'eu-central-1' });
  expect(byId.get('guardduty-admin@eu-west-1')).toMatchObject({ account: '999999999999', region: 'eu-west-1' });
  expect(byId.get('guardduty-members@eu-west-1')).toMatchObject({ account: '111111111111', region: 'eu-west-1' });
});

it('an account: only what is its own, in its regions', () => {
  const ids = idsOf({ kind: 'account', account: '222222222222' });
  expect(ids[0]).toBe('member@222222222222');
  expect(ids).toContain('log-groups@222222222222@eu-west-1');
  expect(ids.filter((id) => id.includes('333333333333'))).toEqual([]);
  expect(() => idsOf({ kind: 'account', account: '123456789012' })).toThrow(
    /has no account 123456789012, only 222222222222 \(payments-prod\)/,
  );
});

it('a region: its platform, its detectors, the accounts that work there', () => {
  const ids = idsOf({ kind: 'region', region: 'eu-west-1' });
  expect(ids).toEqual(
    expect.arrayContaining([
      'security-stack@eu-west-1',
      'organization-stack',
      'securityhub-admin@eu-west-1',
      'workload@222222222222@eu-west-1',
    ]),
  );
  expect(ids.filter((id) => id.endsWith('@eu-central-1'))).toEqual([]);
  expect(() => idsOf({ kind: 'region', region: 'us-east-1' })).toThrow(/has no region us-east-1/);
});

it('a bank without an organization has its own stacks only', () => {
  expect(idsOf({ kind: 'bank' }, bankNamed('demo'))).toEqual([
    'security-stack@eu-central-1',
    'workload@222222222222@eu-central-1',
    'log-groups@222222222222@eu-central-1',
    'workload@333333333333@eu-central-1',
    'log-groups@333333333333@eu-central-1',
  ]);
});

it('a plan costs what its steps to do add', () => {
  const results = stepsFor({ kind: 'bank' }, bank, deps).map(({ id, title, account, region, rights }) => ({
    id,
    title,
    account,
    region,
    rights,
  }));
  const alarms = (_: BankConfig, stack: string): number => (stack === 'security' ? 50 : 1);
  const done = results.map((result) => ({ ...result, state: 'done' as const }));
  expect(costOfPlan(done, bank, alarms)).toEqual({ lines: [], total: 0, notes: [] });
  const todo = done.map((result) => (result.id === 'security-stack@eu-west-1' ? { ...result, state: 'to do' as const } : result));
  // The second region has no streams of its own: intake and hub.
  expect(costOfPlan(todo, bank, alarms).total).toBeCloseTo(2 * 29.2 + 50 * 0.1 + 5);
});

it('is taken down from its senders to its receivers', () => {
  const steps = takedownFor({ kind: 'bank' }, bank, { sessions: nobody, busy: () => Promise.resolve([]) });
  const ids = steps.map(({ id }) => id);
  expect(ids.slice(-3)).toEqual(['no-organization-stack', 'no-security-stack@eu-central-1', 'no-security-stack@eu-west-1']);
  expect(steps.at(-1)?.after).toEqual(['no-workload@222222222222@eu-west-1', 'no-organization-stack']);
  const home = { kind: 'region', region: 'eu-central-1' } as const;
  expect(() => takedownFor(home, bank, { sessions: nobody, busy: () => Promise.resolve([]) })).toThrow(/is the home region of bank whole/);
});

it('what holds evidence must be kept by its template', () => {
  const kept = { DeletionPolicy: 'RetainExceptOnCreate' };
  const resources = {
    VaultBucket: { Type: 'AWS::S3::Bucket', ...kept },
    EvidenceKey: { Type: 'AWS::KMS::Key' },
    ServerlessDeploymentBucket: { Type: 'AWS::S3::Bucket' },
    Queue: { Type: 'AWS::SQS::Queue' },
  };
  expect(keptOf(resources)).toEqual({ kept: ['VaultBucket (AWS::S3::Bucket)'], lost: ['EvidenceKey (AWS::KMS::Key)'] });
});

it('changes nothing unless somebody says that he has seen the plan, and takes nothing down without a reason', async () => {
  const target = { kind: 'account', account: '222222222222' } as const;
  await expect(onboardCommand(target, { bank: 'demo', apply: true, timeout: '1m' })).rejects.toThrow(
    /look at the plan first, then give --yes/,
  );
  await expect(offboardCommand(target, { bank: 'demo', yes: true })).rejects.toThrow(/--reason must say why/);
});
