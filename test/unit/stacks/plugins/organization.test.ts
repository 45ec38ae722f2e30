import type { BankConfig } from '../../../../shared/config.ts';
import { loadBank } from '../../../../cli/bank.ts';
import type { OrganizationConfig } from '../../../../shared/organization/config.ts';
import { organizationOf } from '../../../../stacks/plugins/organization.ts';

const ORGANIZATION: OrganizationConfig = {
  id: 'o-example123',
  management_account: '999999999999',
  root_id: 'r-ab12',
  deployers: ['arn:aws:iam::*:role/strongroom-deployment'],
};

function bankWith(changes: Partial<BankConfig> = {}, organization: Partial<OrganizationConfig> = {}): BankConfig {
  const { bank } = loadBank('banks/demo.yml');
  if (bank === undefined) throw new Error('banks/demo.yml does not load');
  return { ...bank, organization: { ...ORGANIZATION, ...organization }, ...changes };
}

/** Properties of the resources of a type. */
function made(bank: BankConfig, type: string): readonly Readonly<Record<string, unknown>>[] {
  return Object.values(organizationOf(bank, 'organization').resources)
    .filter(({ Type }) => Type === `AWS::${type}`)
    .map(({ Properties }) => Properties);
}

it('is nothing for a bank without an organization, and for the stacks of accounts', () => {
  const nothing = { resources: {}, eventSelectors: [], aggregator: {} };
  const { bank: alone } = loadBank('banks/demo.yml');
  if (alone === undefined) throw new Error('banks/demo.yml does not load');

  expect(organizationOf(alone, 'security')).toEqual(nothing);
  expect(organizationOf(bankWith(), 'workload')).toEqual(nothing);
});

it('is in the home region alone', () => {
  const abroad = bankWith({ home: 'eu-central-1', region: 'eu-west-1' });

  expect(() => organizationOf(abroad, 'organization')).toThrow('goes into the home region eu-central-1 of bank demo only');
  expect(organizationOf(abroad, 'security').aggregator).toEqual({});
  expect(Object.keys(organizationOf(bankWith(), 'security').aggregator)).toEqual(['ConfigAggregatorRole', 'ConfigAggregator']);
});

it('takes a unit that exists by its id', () => {
  const [first, ...others] = bankWith().accounts;
  if (first === undefined) throw new Error('the demo has no accounts');
  const bank = bankWith({ accounts: [{ ...first, ou: 'ou-ab12-11111111' }, ...others] });
  const logging = made(bank, 'Organizations::Policy').find(({ Name }) => Name === 'strongroom-demo-logging');

  expect(made(bank, 'Organizations::OrganizationalUnit').map(({ Name }) => Name)).toEqual(['Security']);
  expect(logging?.['TargetIds']).toContain('ou-ab12-11111111');
});

it('leaves the management account out: neither policies nor stack sets reach it', () => {
  const [first, ...others] = bankWith().accounts;
  if (first === undefined) throw new Error('the demo has no accounts');
  const bank = bankWith({ accounts: [{ ...first, id: '999999999999' }, ...others] });

  expect(JSON.stringify(made(bank, 'Organizations::Policy').map(({ TargetIds }) => TargetIds))).not.toContain('999999999999');
  expect(JSON.stringify(made(bank, 'CloudFormation::StackSet').map((set) => set['StackInstancesGroup']))).not.toContain('999999999999');
});

describe('regions', () => {
  function regionsOfPolicies(bank: BankConfig): Readonly<Record<string, string>> {
    const policies = made(bank, 'Organizations::Policy').filter(({ Name }) => String(Name).includes('-regions'));
    return Object.fromEntries(policies.map(({ Name, Description }) => [String(Name), String(Description)]));
  }

  it('nobody is kept out of, where the file has no rules of residency', () => {
    expect(regionsOfPolicies(bankWith())).toEqual({});
  });

  it('of a witness and of buses of others are open to the security account, which talks to them', () => {
    const live = { live: ['eu-central-1'], move: ['eu-central-1'] };
    const classes = { logs: live, evidence: live, findings: live, health: live, keys: live };
    const bank = bankWith({
      residency: [{ policy: 'home' }],
      policies: { home: { title: 'Home', jurisdiction: 'DE', global_events: true, classes } },
      log: { witness: { account: '444444444444', region: 'eu-west-1' } },
      alerts: {
        min_severity: 'high',
        bad_addresses: [],
        subscriptions: [],
        event_bus: 'arn:aws:events:eu-north-1:111111111111:event-bus/tickets',
      },
    });

    expect(regionsOfPolicies(bank)).toEqual({
      'strongroom-demo-regions': 'No region but eu-central-1',
      'strongroom-demo-regions-security': 'No region but eu-central-1, eu-west-1, eu-north-1',
    });
  });
});

describe('trail', () => {
  function selectors(data: OrganizationConfig['data_events']): readonly unknown[] {
    return organizationOf(bankWith({}, data === undefined ? {} : { data_events: data }), 'organization').eventSelectors;
  }

  it('records management events alone where nothing is said, and everything but its own where all is wanted', () => {
    expect(selectors(undefined)).toHaveLength(1);
    expect(selectors({ buckets: [], functions: ['transfer'] })).toMatchObject([
      { Name: 'Management events' },
      { FieldSelectors: [{}, { Equals: ['AWS::Lambda::Function'] }, { EndsWith: [':function:transfer'] }] },
    ]);
    expect(selectors({ buckets: 'all' })[1]).toMatchObject({
      FieldSelectors: [
        { Field: 'eventCategory', Equals: ['Data'] },
        { Field: 'resources.type', Equals: ['AWS::S3::Object'] },
        {
          Field: 'resources.ARN',
          NotStartsWith: ['arn:aws:s3:::strongroom-demo-111111111111-', 'arn:aws:s3:::aws-waf-logs-demo-111111111111-'],
        },
      ],
    });
  });

  it('refuses to record what it writes itself', () => {
    const own = 'strongroom-demo-111111111111-eu-central-1-landing-kms';

    expect(() => selectors({ buckets: ['own', own] })).toThrow(`organization.data_events.buckets: ${own} is Strongroom's own`);
  });
});

describe('what AWS would not take is said before it is tried', () => {
  it('a policy that is too long', () => {
    const deployers = Array.from({ length: 12 }, (_, at) => `arn:aws:iam::*:role/deployment/of/the/platform/number/${at}`);

    expect(() => organizationOf(bankWith({}, { deployers }), 'organization')).toThrow(
      /the policy strongroom-demo-logging of bank demo would be \d+ characters long, AWS takes 5120: shorten organization\.deployers/,
    );
  });

  it('a workload template that is too long', () => {
    const [first, ...others] = bankWith().accounts;
    if (first === undefined) throw new Error('the demo has no accounts');
    const groups = Array.from({ length: 200 }, (_, at) => `/app/payments/service-number-${at}`);
    const bank = bankWith({ accounts: [{ ...first, log_groups: groups }, ...others] });

    expect(() => organizationOf(bank, 'organization')).toThrow(
      /the workload template of bank demo would be \d+ bytes long, a StackSet takes 51200: list fewer log_groups/,
    );
  });
});
