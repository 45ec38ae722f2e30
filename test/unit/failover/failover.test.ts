import { loadBank } from '../../../cli/bank.ts';
import { silences } from '../../../shared/complete/silence.ts';
import type { BankConfig } from '../../../shared/config.ts';
import { checkFailover, intakeOf, sendersIn, staying } from '../../../shared/failover/failover.ts';
import { inRegion, standbyOf, usualAccounts } from '../../../shared/organization/config.ts';

const { bank: drill } = loadBank('local/drill/banks/drill.yml');
if (drill === undefined) throw new Error("the drill's bank is wrong");
const BANK: BankConfig = drill;
const TO = { from: 'eu-central-1', to: 'eu-west-1', back: false };

/** Logs stay where they are; whatever else may go. */
function keeping(...regions: readonly string[]): BankConfig {
  const rule = { live: ['eu-central-1', 'eu-west-1'], move: ['eu-west-1'] };
  const logs = { live: ['eu-central-1', 'eu-west-1'], move: regions };
  const classes = { logs, evidence: rule, findings: rule, health: rule, keys: rule };
  return { ...BANK, residency: [{ policy: 'own' }], policies: { own: { title: 'Own', jurisdiction: 'EU', global_events: true, classes } } };
}

test('a region that takes another over accepts the accounts of both', () => {
  expect(inRegion(BANK, 'eu-west-1').accounts.map(({ id }) => id)).toEqual(['222222222222', '333333333333']);
  expect(standbyOf(BANK, 'eu-central-1')).toBe('eu-west-1');
  expect(standbyOf(BANK, 'eu-west-1')).toBeUndefined();
});

test('only what the bank foresees is done', () => {
  expect(() => checkFailover(BANK, TO)).not.toThrow();
  expect(() => checkFailover(BANK, { ...TO, from: 'us-east-1' })).toThrow(
    'bank drill has no region us-east-1, only eu-central-1, eu-west-1',
  );
  expect(() => checkFailover(BANK, { from: 'eu-west-1', to: 'eu-central-1', back: false })).toThrow(
    "eu-central-1 does not take eu-west-1 over (no region does): give it takes_over: eu-west-1 in the bank's file, and deploy",
  );
});

test('what may not leave its region stays, and may always come home', () => {
  expect(() => checkFailover(keeping('eu-west-1'), TO)).not.toThrow();
  expect(() => checkFailover(keeping(), TO)).toThrow(
    /rules of bank drill keep in eu-central-1 .*: logs of account 222222222222; logs of account 333/,
  );
  expect(() => checkFailover(keeping(), { ...TO, back: true })).not.toThrow();
});

test('whose logs a region takes: its own accounts, and the management account', () => {
  const [payments, ...others] = BANK.accounts;
  const abroad = { ...BANK, accounts: [{ id: '222222222222', name: 'p', ...payments, regions: ['eu-west-1'] }, ...others] };
  expect(sendersIn(abroad, 'eu-central-1')).toEqual(['333333333333', '999999999999']);
});

test('names are those of the other region', () => {
  expect(intakeOf(BANK, 'eu-west-1')).toMatchObject({
    bus: 'arn:aws:events:eu-west-1:111111111111:event-bus/strongroom-drill',
    stream: 'arn:aws:kinesis:eu-west-1:111111111111:stream/strongroom-drill-intake',
    landingBucket: 'strongroom-drill-111111111111-eu-west-1-landing-kms',
  });
});

test('what stays is said, the bank’s own streams by name', () => {
  const own = { ...BANK, streams: [{ name: 'applications', source: 'application-json' }] };
  const [connectors, buckets, streams] = staying(own, TO);
  expect(connectors).toContain('s3://strongroom-drill-111111111111-eu-west-1-landing-kms/drops/');
  expect(buckets).toMatch(/of eu-central-1 only.*some may be lost/);
  expect(streams).toMatch(/^stream applications: read in eu-central-1 only/);
  expect(staying(own, { ...TO, back: true })).toEqual([expect.stringContaining('-eu-central-1-landing-kms/drops/')]);
});

test('while nothing is out, a region expects its own accounts alone; what they have sent meanwhile is no habit', () => {
  const [payments, ...others] = BANK.accounts;
  if (payments === undefined) throw new Error('the bank has accounts');
  const silence = [{ source: 'cloudtrail', minutes: 60 }];
  const bank = { ...BANK, operations: { silence }, accounts: [{ ...payments, regions: ['eu-central-1', 'eu-west-1'] }, ...others] };
  const seen = { 'cloudtrail 333333333333': { at: 0, key: 'k' } };
  const late = (region: string): readonly string[] =>
    silences({ since: 0, seen, told: {} }, inRegion(bank, region), 90 * 60_000).map(({ account }) => account ?? '');

  expect(usualAccounts(inRegion(bank, 'eu-west-1')).map(({ id }) => id)).toEqual(['222222222222']);
  expect(late('eu-west-1')).toEqual(['222222222222']);
  expect(late('eu-central-1')).toEqual(['222222222222', '333333333333']);
});
