import { loadBank } from '../../../../cli/bank.ts';
import type { BankConfig } from '../../../../shared/config.ts';
import { claim, SOURCES } from '../../../../shared/sources/registry.ts';
import { eventsOf } from '../../../../stacks/plugins/events.ts';
import { workloadTemplate } from '../../../../stacks/plugins/workload.ts';

function demo(): BankConfig {
  const { bank } = loadBank('banks/demo.yml');
  if (bank === undefined) throw new Error('banks/demo.yml is wrong');
  return bank;
}

test('every event of a service that some source reads is let through, and CloudTrail only where the bank wants it', () => {
  const { taken, forwarded } = eventsOf(demo());
  const withTrail = eventsOf({ ...demo(), forward_cloudtrail_events: true });

  expect(taken.account).toEqual(['111111111111', '222222222222', '333333333333']);
  expect(taken.source).toEqual(
    expect.arrayContaining(['aws.guardduty', 'aws.securityhub', 'aws.config', 'aws.health', 'aws.inspector2', 'aws.macie']),
  );
  expect(forwarded).toEqual({ source: taken.source, 'detail-type': taken['detail-type'] });
  expect(JSON.stringify(taken)).not.toContain('via CloudTrail');
  expect(withTrail.taken.source).toContainEqual({ prefix: 'aws.' });
  expect(withTrail.taken['detail-type']).toContain('AWS API Call via CloudTrail');
});

test('nothing is let through that nobody reads, and nothing that others than AWS could call so', () => {
  const { taken } = eventsOf(demo());
  for (const source of taken.source) expect(source).toMatch(/^aws\./);
  for (const detailType of taken['detail-type']) {
    const claimed = taken.source.some(
      (source) => typeof source === 'string' && claim({ trigger: 'eventbridge', source, detailType }) !== undefined,
    );
    expect({ detailType, claimed }).toEqual({ detailType, claimed: true });
  }
});

test('each partner has a bus of its own, whose rule fills the events queue and may', () => {
  const source = 'aws.partner/okta.com/demo/log';
  const { partners, senders } = eventsOf({ ...demo(), partner_events: [{ event_source: source, source: 'okta' }] });

  expect(Object.values(partners).map(({ Type }) => Type)).toEqual(['AWS::Events::EventBus', 'AWS::Events::Rule']);
  expect(partners).toMatchObject({
    Partner1OktaComBus: { Properties: { Name: source, EventSourceName: source } },
    Partner1OktaComRule: { Properties: { EventBusName: source, EventPattern: { source: [source] }, Targets: [{ Id: 'events-queue' }] } },
  });
  expect(senders).toContain(`arn:aws:events:eu-central-1:111111111111:rule/${source}/strongroom-demo-partner-1`);
});

test('more accounts than a pattern can name are refused in words', () => {
  const accounts = Array.from({ length: 120 }, (_, index) => ({ id: String(200_000_000_000 + index), name: `account-${index}` }));
  expect(() => eventsOf({ ...demo(), accounts })).toThrow(/120 accounts are too many/);
});

test('a workload account gets a subscription for each of its log groups, under ids that their order does not change', () => {
  const bank = demo();
  const [account = { id: '', name: '' }] = bank.accounts;
  const turned = { ...bank, accounts: [{ ...account, log_groups: [...(account.log_groups ?? [])].reverse() }] };

  const ids = (of: BankConfig): readonly string[] =>
    Object.entries(workloadTemplate(of).Resources).flatMap(([id, { Type }]) => (Type === 'AWS::Logs::SubscriptionFilter' ? [id] : []));
  expect(ids(bank)).toHaveLength(account.log_groups?.length ?? 0);
  expect([...ids(turned)].sort()).toEqual([...ids(bank)].sort());
});

test('no two sources claim the same kind of event', () => {
  const seen = new Map<string, string>();
  for (const { name, events = [] } of SOURCES) {
    for (const { source, detailTypes = ['*'] } of events) {
      for (const detailType of detailTypes) {
        const key = `${source} ${detailType}`;
        expect({ key, by: seen.get(key) ?? name }).toEqual({ key, by: name });
        seen.set(key, name);
      }
    }
  }
});
