import { rmSync } from 'node:fs';
import { banksFolder, loadWith } from './banks.ts';

const EU = [{ policy: 'eu' }];
const IRELAND = { region: 'eu-west-1', opensearch: { endpoint: 'https://search.ireland.bank.example' } };
const LONDON = { region: 'eu-west-2', opensearch: { endpoint: 'https://search.london.bank.example' } };
const ACCOUNTS = [
  { id: '222222222222', name: 'payments-prod', regions: ['eu-central-1', 'eu-west-2'] },
  { id: '333333333333', name: 'trading-prod' },
];
const ORGANIZATION = {
  id: 'o-example123',
  management_account: '999999999999',
  root_id: 'r-ab12',
  deployers: ['arn:aws:iam::*:role/strongroom-deployment'],
};
const PROVIDER = {
  name: 'Example Security Services',
  event_bus_arn: 'arn:aws:events:us-east-1:444444444444:event-bus/central',
  consent: { by: 'Chief Information Security Officer', on: '2026-11-02', reference: 'entry 117' },
};
const ALERTS = { min_severity: 'high', bad_addresses: [], subscriptions: [] };
const KAFKA = {
  name: 'abroad',
  cluster_arn: 'arn:aws:kafka:us-east-1:111111111111:cluster/payments/0a1b2c3d-0a1b-0a1b-0a1b-0a1b2c3d4e5f-3',
  authentication: 'iam',
  topics: [{ name: 'app.log', source: 'application-json' }],
};

const folder = banksFolder();
afterAll(() => {
  rmSync(folder, { recursive: true, force: true });
});

function problems(parts: Readonly<Record<string, unknown>>): readonly string[] {
  return (loadWith(folder, parts).errors ?? []).map(({ path, message }) => `${path}: ${message}`);
}

it('a file without rules breaks none, wherever it sends things', () => {
  expect(problems({ provider: PROVIDER, regions: [LONDON] })).toEqual([]);
});

it('a file that keeps its rules has no problem', () => {
  const parts = {
    regions: [{ ...IRELAND, takes_over: 'eu-central-1' }],
    organization: ORGANIZATION,
    log: { witness: { account: '444444444444', region: 'us-east-1' } },
  };
  expect(problems({ ...parts, residency: EU })).toEqual([]);
});

describe('a rule', () => {
  it.each<[string, readonly object[], string]>([
    [
      'of a policy that there is not',
      [{ policy: 'moon' }],
      'residency.0.policy: must be a right file of banks/policies/, without .yml (found "moon")',
    ],
    [
      'about an account that there is not',
      [...EU, { policy: 'us', accounts: ['444444444444'] }].reverse(),
      "residency.0.accounts.0: 444444444444 is none of the bank's accounts",
    ],
    [
      'behind one for all accounts',
      [...EU, { policy: 'us', accounts: ['222222222222'] }],
      'residency.1: never counts: a rule before it names no accounts, so it is for all of them',
    ],
  ])('%s is wrong', (_, residency, problem) => {
    expect(problems({ residency })).toEqual([problem]);
  });
});

describe('what breaks the rules', () => {
  it.each<[string, Readonly<Record<string, unknown>>, readonly string[]]>([
    [
      'a home region',
      { region: 'us-east-1', kafka: [], residency: EU },
      [
        'region: policy eu of account 111111111111 lets no logs, evidence, findings, health live in us-east-1',
        'accounts.0: policy eu of account 222222222222 lets no logs, evidence, findings, health live in us-east-1',
        'accounts.1: policy eu of account 333333333333 lets no logs, evidence, findings, health live in us-east-1',
      ],
    ],
    [
      'a further region of one account, whose findings come home',
      { regions: [LONDON], accounts: ACCOUNTS, residency: [{ policy: 'eu', accounts: ['333333333333'] }, { policy: 'uk' }] },
      [
        'region: policy uk of account 111111111111 lets no logs, evidence, findings, health live in eu-central-1',
        'accounts.0.regions.0: policy uk of account 222222222222 lets no logs, evidence, findings, health live in eu-central-1',
        'regions.0.region: findings go from eu-west-2 to eu-central-1: policy uk does not let findings of account 222222222222 go there',
      ],
    ],
    [
      'a region that takes over another’s intake',
      { regions: [{ ...LONDON, takes_over: 'eu-central-1' }], residency: [{ policy: 'eu', accounts: ['222222222222', '333333333333'] }] },
      [
        'regions.0.region: policy eu of account 111111111111 lets no logs, evidence, findings, health live in eu-west-2',
        'regions.0.takes_over: the intake goes from eu-central-1 to eu-west-2: policy eu does not let logs of account 222222222222 go and live there',
        'regions.0.takes_over: the intake goes from eu-central-1 to eu-west-2: policy eu does not let evidence of account 222222222222 go and live there',
      ],
    ],
    [
      'the witness, where health may go nowhere',
      { log: { witness: { account: '444444444444', region: 'us-east-1' } }, residency: [{ policy: 'strict' }] },
      ['log.witness.region: health go from eu-central-1 to us-east-1: policy strict does not let health of account 222222222222 go there'],
    ],
    [
      'the provider’s bus',
      { provider: PROVIDER, residency: EU },
      [
        'provider.event_bus_arn: findings go from eu-central-1 to us-east-1: policy eu does not let findings of account 222222222222 go there',
      ],
    ],
    ['nothing of a provider who gets health alone', { provider: { ...PROVIDER, findings: false }, residency: EU }, []],
    [
      'the bus for copies of alerts',
      { alerts: { ...ALERTS, event_bus: 'arn:aws:events:us-west-2:111111111111:event-bus/tickets' }, residency: EU },
      ['alerts.event_bus: findings go from eu-central-1 to us-west-2: policy eu does not let findings of account 222222222222 go there'],
    ],
    [
      'a queue for alerts',
      { alerts: { ...ALERTS, subscriptions: [{ protocol: 'sqs', endpoint: 'arn:aws:sqs:us-west-2:111111111111:alerts' }] }, residency: EU },
      [
        'alerts.subscriptions.0.endpoint: findings go from eu-central-1 to us-west-2: policy eu does not let findings of account 222222222222 go there',
      ],
    ],
    [
      'a Kafka cluster elsewhere',
      { kafka: [KAFKA], residency: [{ policy: 'strict' }] },
      [
        'kafka.0.cluster_arn: records come from us-east-1 to eu-central-1: policy strict does not let logs of account 222222222222 go and live there',
      ],
    ],
    [
      'an index elsewhere',
      {
        opensearch: { endpoint: 'https://search-bank-logs-abcdefghijklmnopqrstuvwxyz.us-east-1.es.amazonaws.com' },
        access: undefined,
        residency: EU,
      },
      [
        'opensearch.endpoint: events go from eu-central-1 to us-east-1: policy eu does not let logs of account 222222222222 go and live there',
      ],
    ],
    [
      'a collection elsewhere, of a further region',
      {
        regions: [{ ...IRELAND, opensearch: { endpoint: 'https://search-x-abcdefghijklmnopqrstuvwxyz.aos.us-east-2.on.aws' } }],
        residency: EU,
      },
      [
        'regions.0.opensearch.endpoint: events go from eu-west-1 to us-east-2: policy eu does not let logs of account 111111111111 go and live there',
      ],
    ],
  ])('is found: %s', (_, parts, expected) => {
    expect(problems(parts)).toEqual(expected);
  });

  it('an organization’s trail that brings events out of their jurisdiction, or those of global services', () => {
    const residency = [{ policy: 'eu', accounts: ['333333333333', '999999999999', '111111111111'] }, { policy: 'strict' }];
    const found = problems({ regions: [LONDON], accounts: ACCOUNTS, organization: ORGANIZATION, residency });
    expect(found).toContain(
      'organization: its trail brings events of all regions to eu-central-1, those of services without a region too: policy strict of account 222222222222 does not take them (global_events)',
    );
    const uk = problems({
      ...{ regions: [LONDON], organization: ORGANIZATION },
      accounts: [{ id: '222222222222', name: 'payments-prod', regions: ['eu-west-2'] }],
      residency: [{ policy: 'uk', accounts: ['222222222222'] }, { policy: 'eu' }],
    });
    expect(uk).toContain(
      'organization: its trail brings events of all regions to eu-central-1: policy uk of account 222222222222 lets none from eu-west-2 go there',
    );
  });
});
