// Findings between a bank's regions: who may send, who takes, and what the residency rules leave of it.
import { loadBank } from '../../../cli/bank.ts';
import { homeBus, mayGoHome, takesFindings } from '../../../shared/alert/copies/home.ts';
import { copiesOf } from '../../../shared/alert/settings.ts';
import type { BankConfig } from '../../../shared/config.ts';
import { inRegion } from '../../../shared/organization/config.ts';
import { eventsOf } from '../../../stacks/plugins/events.ts';
import { findingsHome } from '../../../stacks/plugins/findings-home.ts';
import { standbyAccess, standbyBuses } from '../../../stacks/plugins/standby.ts';
import { workloadTemplate } from '../../../stacks/plugins/workload.ts';

const { bank: drill } = loadBank('local/drill/banks/drill.yml');
if (drill === undefined) throw new Error("the drill's bank is wrong");
const HOME: BankConfig = drill;
const ABROAD = inRegion(HOME, 'eu-west-1');
const BUS = 'arn:aws:events:eu-central-1:111111111111:event-bus/strongroom-drill';
const RULE = 'arn:aws:events:eu-central-1:111111111111:rule/strongroom-drill/strongroom-drill-findings';

/** Nothing of payments leaves its region; what else there is may. */
function strict(...accounts: readonly string[]): BankConfig {
  const rule = (move: readonly string[]) => ({ live: ['eu-central-1', 'eu-west-1'], move });
  const policy = (move: readonly string[]) => ({
    ...{ title: 'x', jurisdiction: 'EU', global_events: true },
    classes: { logs: rule(move), evidence: rule(move), findings: rule(move), health: rule(move), keys: rule(move) },
  });
  const [free, kept] = [policy(['eu-central-1', 'eu-west-1']), policy([])];
  return { ...HOME, residency: [{ policy: 'kept', accounts }, { policy: 'free' }], policies: { free, kept } };
}

test('findings of a further region are copied to the home region, and nowhere from there', () => {
  expect(homeBus(ABROAD)).toEqual({ arn: BUS, region: 'eu-central-1' });
  expect(homeBus(HOME)).toBeUndefined();
  expect(copiesOf(ABROAD, 4, true)).toEqual(['home']);
  expect(copiesOf(HOME, 4, true)).toEqual([]);
});

test('at home a rule takes them from the security account alone, and may queue them', () => {
  expect(findingsHome(HOME)).toMatchObject({
    FindingsHomeRule: { Properties: { EventPattern: { account: ['111111111111'], source: ['strongroom.region'] } } },
  });
  expect(eventsOf(HOME).senders).toContain(RULE);
  expect(eventsOf(HOME).taken.source).not.toContain('strongroom.region');
  expect(eventsOf(ABROAD).senders).not.toContain(expect.stringContaining('-findings'));
});

test('elsewhere the alerts function may put them on that bus and no other', () => {
  expect(findingsHome(ABROAD)).toMatchObject({
    FindingsHomePolicy: { Properties: { PolicyDocument: { Statement: [{ Action: ['events:PutEvents'], Resource: BUS }] } } },
  });
});

test('a bank with one region has nothing of it', () => {
  const alone = { ...HOME, regions: [] };
  expect(findingsHome(alone)).toEqual({});
  expect(standbyAccess(alone)).toEqual({});
});

test('the residency rules of the account that a finding is about decide; where none may go, nothing is deployed', () => {
  const some = inRegion(strict('222222222222'), 'eu-west-1');
  expect(mayGoHome(some, { cloud: { account: { uid: '222222222222' } } })).toBe(false);
  expect(mayGoHome(some, { cloud: { account: { uid: '333333333333' } } })).toBe(true);
  expect(homeBus(some)).toBeDefined();
  const all = strict('111111111111', '222222222222', '333333333333', '999999999999');
  expect(homeBus(inRegion(all, 'eu-west-1'))).toBeUndefined();
  expect(takesFindings(all)).toBe(false);
  expect(findingsHome(inRegion(all, 'eu-west-1'))).toEqual({});
});

test('the Logs destination may write to the stream of the region that takes over, where logs may go there', () => {
  expect(standbyAccess(HOME)).toMatchObject({
    IntakeStandbyPolicy: {
      Properties: {
        RoleName: { Ref: 'IntakeDestinationRole' },
        PolicyDocument: { Statement: [{ Resource: 'arn:aws:kinesis:eu-west-1:111111111111:stream/strongroom-drill-intake' }, {}] },
      },
    },
  });
  expect(standbyAccess(ABROAD)).toEqual({});
  expect(standbyAccess(strict('222222222222'))).toEqual({});
});

test('the accounts’ forward rules may send to the bus of the region that takes over, whichever region they are in', () => {
  const bus = 'arn:aws:events:eu-west-1:111111111111:event-bus/strongroom-drill';
  expect(standbyBuses(HOME)).toEqual([bus]);
  expect(standbyBuses(ABROAD)).toEqual([bus]);
  expect(JSON.stringify(workloadTemplate(HOME).Resources['ForwardRole'])).toContain(`"${bus}"`);
});
