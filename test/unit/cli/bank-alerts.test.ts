import { cpSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { stringify } from 'yaml';
import { loadBank } from '../../../cli/bank.ts';

const directory = mkdtempSync(join(tmpdir(), 'strongroom-bank-'));
// Its own sources and rules lie beside it.
cpSync('banks/demo', join(directory, 'demo'), { recursive: true });
afterAll(() => {
  rmSync(directory, { recursive: true, force: true });
});

/** `path: message` of each error. */
function errorsOf(alerts: object): readonly string[] {
  const file = join(directory, 'demo.yml');
  const whole = { min_severity: 'high', bad_addresses: [], subscriptions: [], ...alerts };
  writeFileSync(file, readFileSync('banks/demo.yml', 'utf8').replace(/^alerts:\n(?:[ #].*\n)+/m, stringify({ alerts: whole })));
  return (loadBank(file).errors ?? []).map(({ path, message }) => `${path}: ${message}`);
}

function subscriptions(...when: readonly object[]): object {
  return { subscriptions: when.map((one, at) => ({ protocol: 'email', endpoint: `team-${at}@bank.example`, when: one })) };
}

it('alerts may be routed, merged, capped, summed up and copied', () => {
  expect(errorsOf({})).toEqual([]);
  expect(
    errorsOf({
      ...subscriptions(
        { min_severity: 'high', accounts: ['222222222222'], tags: ['T1078'], sources: ['strongroom', 'cloudtrail'] },
        { actions: ['digest'] },
      ),
      ...{
        window_minutes: 30,
        storm: { rule_per_hour: 5 },
        digest: { weekday: 'friday', hour: 16 },
        event_bus: 'ticketing',
        security_hub: true,
      },
    }),
  ).toEqual([]);
});

it.each<[string, object, string]>([
  ['an account of somebody else', subscriptions({ accounts: ['999999999999'] }), 'must be one of the bank'],
  ['a source that there is none', subscriptions({ sources: ['cloudtrial'] }), 'alerts.subscriptions.0.when.sources.0: must be a source'],
  ['an action that there is none', subscriptions({ actions: ['delete'] }), 'must be one of create, update, close, summary, digest'],
  [
    'more kinds of conditions than SNS takes',
    subscriptions({ min_severity: 'low', accounts: ['222222222222'], rules: ['r'], tags: ['t'], sources: ['alb'], actions: ['create'] }),
    'alerts.subscriptions.0.when: has 6 kinds of conditions, SNS takes 5',
  ],
  [
    'more combinations than SNS takes',
    subscriptions({ min_severity: 'informational', tags: Array.from({ length: 31 }, (_, at) => `T${at}`) }),
    'has 155 combinations of values',
  ],
  ['conditions that are none', subscriptions({}), 'alerts.subscriptions.0.when'],
  ['the bus that events come from', { event_bus: 'strongroom-demo' }, 'alerts.event_bus: must not be strongroom-demo'],
  ['its ARN', { event_bus: 'arn:aws:events:eu-central-1:111111111111:event-bus/strongroom-demo' }, 'alerts.event_bus: must not be'],
  ['a window of a second', { window_minutes: 0 }, 'alerts.window_minutes: must be >= 5'],
])('is refused: %s', (_, alerts, expected) => {
  expect(errorsOf(alerts).join('\n')).toContain(expected);
});

it('is refused: an address twice', () => {
  const one = { protocol: 'email', endpoint: 'team@bank.example' };
  expect(errorsOf({ subscriptions: [one, one] })).toEqual([
    'alerts.subscriptions.1.endpoint: team@bank.example is subscribed twice: SNS takes one',
  ]);
});
