import { loadBank } from '../../../../cli/bank.ts';
import type { BankConfig } from '../../../../shared/config.ts';
import { isObject } from '../../../../shared/outcome.ts';
import { derive } from '../../../../stacks/plugins/variables.ts';
import { testSigner } from '../../../fakes/log.ts';

const SECURITY = { stack: 'security', account: '', opensearchUrl: '', kafkaServers: '', logKey: '' };
const DOMAIN = { instance_type: 'r7g.large.search', instance_count: 3, volume_gib: 100, security_group_ids: ['sg-0ddd4444'] };

function demo(changes: Partial<BankConfig> = {}): BankConfig {
  const { bank } = loadBank('banks/demo.yml');
  if (bank === undefined) throw new Error('banks/demo.yml does not load');
  return { ...bank, ...changes };
}

describe('names', () => {
  it('carry the bank, and in buckets account and region too', () => {
    const custom = derive(demo(), SECURITY);

    expect(custom.prefix).toBe('strongroom-demo');
    expect(custom.buckets).toBe('strongroom-demo-111111111111-eu-central-1');
    expect(custom.here).toBe('eu-central-1:111111111111');
  });
});

describe('account', () => {
  it('of the security stack is the security account, given or not', () => {
    expect(derive(demo(), SECURITY).account).toBe('111111111111');
    expect(derive(demo(), { ...SECURITY, account: '111111111111' }).account).toBe('111111111111');
    expect(() => derive(demo(), { ...SECURITY, account: '222222222222' })).toThrow("is not the bank's security account 111111111111");
  });

  it('of a workload stack must be one of the bank', () => {
    const workload = { ...SECURITY, stack: 'workload' };

    expect(derive(demo(), { ...workload, account: '333333333333' }).account).toBe('333333333333');
    expect(() => derive(demo(), workload)).toThrow('222222222222 (payments-prod), 333333333333 (trading-prod) (found "")');
    expect(() => derive(demo(), { ...workload, account: '111111111111' })).toThrow("must name one of the bank's accounts");
  });

  it('of another stack does not exist', () => {
    expect(() => derive(demo(), { ...SECURITY, stack: 'network' })).toThrow(
      '--param stack= must be organization, security, workload or witness (found "network")',
    );
  });

  it('of the organization is the management account, where the bank describes one', () => {
    const organization = { id: 'o-example123', management_account: '999999999999', root_id: 'r-ab12', deployers: [] };
    const given = { ...SECURITY, stack: 'organization' };

    expect(derive({ ...demo(), organization }, given)).toMatchObject({ account: '999999999999', region: 'eu-central-1' });
    expect(() => derive({ ...demo(), organization }, { ...given, account: '111111111111' })).toThrow(
      "is not the bank's management account",
    );
    expect(() => derive(demo(), given)).toThrow('the file of bank demo has no organization');
  });

  describe('of the witness', () => {
    const witness = { ...SECURITY, stack: 'witness', logKey: testSigner('strongroom/demo/eu-central-1').vkey };
    const watched = demo({ log: { witness: { account: '444444444444', region: 'eu-west-1' } } });

    it('is the one of the bank’s file, in its region', () => {
      const { account, region, here } = derive(watched, witness);

      expect([account, region, here]).toEqual(['444444444444', 'eu-west-1', 'eu-central-1:111111111111']);
      expect(derive(demo({ log: { witness: { account: '444444444444' } } }), witness).region).toBe('eu-central-1');
      expect(() => derive(watched, { ...witness, account: '222222222222' })).toThrow("is not the bank's witness account 444444444444");
      expect(() => derive(demo(), witness)).toThrow('the file of bank demo names no log.witness');
    });

    it('trusts the log’s keys, and no other', () => {
      const other = testSigner('strongroom/other/eu-central-1').vkey;

      expect(derive(watched, witness).log.keys).toBe(witness.logKey);
      expect(() => derive(watched, { ...witness, logKey: '' })).toThrow(
        '--param logKey=<key> must be given: the key that `strongroom evidence',
      );
      expect(() => derive(watched, { ...witness, logKey: `${witness.logKey},${other}` })).toThrow(
        "is a key of strongroom/other/eu-central-1, the bank's log is strongroom/demo/eu-central-1",
      );
      expect(() => derive(watched, { ...witness, logKey: 'abc' })).toThrow('no verifier key');
    });
  });
});

describe('policies', () => {
  it('list every account of the bank and the security account', () => {
    const { accounts, destinationPolicy } = derive(demo(), SECURITY);

    expect(accounts.ids).toEqual(['111111111111', '222222222222', '333333333333']);
    expect(accounts.trails).toContain('arn:aws:cloudtrail:*:222222222222:trail/*');
    const policy: unknown = JSON.parse(destinationPolicy);
    expect(policy).toMatchObject({
      Statement: [
        {
          Principal: { AWS: ['111111111111', '222222222222', '333333333333'] },
          Action: 'logs:PutSubscriptionFilter',
          Resource: 'arn:aws:logs:eu-central-1:111111111111:destination:strongroom-demo-intake',
        },
      ],
    });
  });
});

describe('OpenSearch', () => {
  const url = 'https://vpc-bank-logs-abcdefghijklmnopqrstuvwxyz.eu-central-1.es.amazonaws.com';

  it('given on the command line wins over the file', () => {
    const given = derive(demo({ opensearch: { endpoint: url } }), { ...SECURITY, opensearchUrl: 'http://127.0.0.1:9299' });

    expect(given.opensearch).toMatchObject({ kind: 'external', url: 'http://127.0.0.1:9299', vpc: null });
  });

  it('as an endpoint inside a VPC puts the functions into the subnets beside it, unless another is given', () => {
    const bank = demo({ opensearch: { endpoint: url, subnet_ids: ['subnet-0aaa1111'], security_group_ids: ['sg-0ddd4444'] } });

    expect(derive(bank, SECURITY).opensearch).toMatchObject({
      kind: 'external-vpc',
      url,
      vpc: { subnetIds: ['subnet-0aaa1111'], securityGroupIds: ['sg-0ddd4444'] },
    });
    expect(derive(bank, { ...SECURITY, opensearchUrl: 'http://127.0.0.1:9299' }).opensearch).toMatchObject({ kind: 'external', vpc: null });
  });

  it('of an AWS endpoint is bound by the domain in its name', () => {
    expect(derive(demo({ opensearch: { endpoint: url } }), SECURITY).opensearch.arn).toBe(
      'arn:aws:es:eu-central-1:111111111111:domain/bank-logs',
    );
    expect(derive(demo({ opensearch: { endpoint: 'https://logs.bank.example' } }), SECURITY).opensearch.arn).toBe(
      'arn:aws:es:eu-central-1:111111111111:domain/strongroom-demo',
    );
  });

  it('gives functions and people their roles where the bank’s file says who has which, or the domain is our own', () => {
    const { access, ...others } = demo({ opensearch: { endpoint: url } });
    const functions = {
      indexRole: { 'Fn::GetAtt': ['IndexRole', 'Arn'] },
      lifecycleRole: { 'Fn::GetAtt': ['LifecycleRole', 'Arn'] },
      digestRole: { 'Fn::GetAtt': ['DigestRole', 'Arn'] },
      anomaliesRole: { 'Fn::GetAtt': ['AnomaliesRole', 'Arn'] },
    };

    expect(access?.roles).not.toEqual([]);
    expect(derive(demo({ opensearch: { endpoint: url } }), SECURITY).opensearch).toMatchObject(functions);
    expect(derive(others, SECURITY).opensearch).toMatchObject({
      indexRole: null,
      lifecycleRole: null,
      digestRole: null,
      anomaliesRole: null,
      access: { policy: {} },
    });
    const own = derive({ ...others, opensearch: { domain: { ...DOMAIN, subnet_ids: ['subnet-0aaa1111'] } } }, SECURITY).opensearch;
    expect(own).toMatchObject({ ...functions, access: { people: ['arn:aws:iam::111111111111:root'] } });
    expect(Object.keys(own.access.policy)).toEqual(['SearchAccessPolicy']);
  });

  it('as a domain of our own lies in the bank’s subnets, with a zone for each', () => {
    const several = derive(demo({ opensearch: { domain: { ...DOMAIN, subnet_ids: ['subnet-0aaa1111', 'subnet-0bbb2222'] } } }), SECURITY);
    const one = derive(demo({ opensearch: { domain: { ...DOMAIN, subnet_ids: ['subnet-0aaa1111'] } } }), SECURITY);

    expect(several.opensearch).toMatchObject({
      kind: 'domain',
      vpc: { subnetIds: ['subnet-0aaa1111', 'subnet-0bbb2222'], securityGroupIds: ['sg-0ddd4444'] },
      indexRole: { 'Fn::GetAtt': ['IndexRole', 'Arn'] },
      multiZone: true,
      zones: { AvailabilityZoneCount: 2 },
    });
    expect(one.opensearch).toMatchObject({ multiZone: false, zones: null });
  });
});

describe('alarms', () => {
  it('watch the silence of each source that the bank names, for as long as it says', () => {
    const { alarms } = derive(demo({ operations: { silence: [{ source: 'vpc-flow', minutes: 30 }] } }), SECURITY);

    expect(alarms['SilenceVpcFlowAlarm']?.Properties).toMatchObject({
      Namespace: 'Strongroom',
      MetricName: 'Records',
      Dimensions: [
        { Name: 'Bank', Value: 'demo' },
        { Name: 'Source', Value: 'vpc-flow' },
      ],
      Period: 1800,
      TreatMissingData: 'breaching',
    });
    expect(alarms['SilenceAlbAlarm']).toBeUndefined();
  });

  it('watch that what looks for silence has not fallen silent itself', () => {
    expect(derive(demo(), SECURITY).alarms['WatchStoppedAlarm']?.Properties).toMatchObject({
      Namespace: 'AWS/Lambda',
      MetricName: 'Invocations',
      Dimensions: [{ Name: 'FunctionName', Value: 'strongroom-demo-watch' }],
      ComparisonOperator: 'LessThanThreshold',
      TreatMissingData: 'breaching',
    });
  });

  it('need no silence section', () => {
    const { operations, ...rest } = demo();

    expect(operations).toBeDefined();
    expect(Object.keys(derive(rest, SECURITY).alarms).filter((id) => id.startsWith('Silence'))).toEqual([]);
  });

  it('of a workload account reach the security account’s topic', () => {
    const { alarms, workload } = derive(demo(), { ...SECURITY, stack: 'workload', account: '222222222222' });

    expect(alarms).toEqual({});
    expect(workload.Resources['ForwardDlqAlarm']?.Properties['AlarmActions']).toEqual([
      { 'Fn::Sub': 'arn:aws:sns:${AWS::Region}:111111111111:strongroom-demo-operations' },
    ]);
  });

  it('say what to do', () => {
    const descriptions = Object.values(derive(demo(), SECURITY).alarms).map(({ Properties }) => Properties['AlarmDescription']);

    for (const description of descriptions) expect(description).toMatch(/\w{3,} .{30,}\.$/);
    expect(isObject(derive(demo(), SECURITY).alarms)).toBe(true);
  });
});
