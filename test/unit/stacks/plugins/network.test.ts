import { loadBank } from '../../../../cli/bank.ts';
import type { BankConfig } from '../../../../shared/config.ts';
import { derive } from '../../../../stacks/plugins/variables.ts';

const SECURITY = { stack: 'security', account: '', opensearchUrl: '', kafkaServers: '', logKey: '' };
const DOMAIN = {
  instance_type: 'r7g.large.search',
  instance_count: 3,
  volume_gib: 100,
  subnet_ids: ['subnet-0aaa1111', 'subnet-0bbb2222', 'subnet-0ccc3333'],
  security_group_ids: ['sg-0ddd4444'],
};
const ENDPOINTS = { vpc_id: 'vpc-0eee5555', route_table_ids: ['rtb-0fff6666'] };

function demo(opensearch: BankConfig['opensearch'], more: Partial<BankConfig> = {}): BankConfig {
  const { bank } = loadBank('banks/demo.yml');
  if (bank === undefined) throw new Error('banks/demo.yml does not load');
  return { ...bank, opensearch, ...more };
}

describe('private endpoints', () => {
  it('are made of what the functions call: in their subnets, or in the route tables', () => {
    const { endpoints } = derive(demo({ domain: DOMAIN, vpc_endpoints: ENDPOINTS }), SECURITY);

    expect(Object.keys(endpoints)).toEqual(['EndpointsSecurityGroup', 'S3Endpoint', 'DynamoDbEndpoint', 'KinesisEndpoint', 'SnsEndpoint']);
    expect(endpoints['S3Endpoint']?.Properties).toMatchObject({ VpcEndpointType: 'Gateway', RouteTableIds: ['rtb-0fff6666'] });
    expect(endpoints['SnsEndpoint']?.Properties).toMatchObject({
      VpcEndpointType: 'Interface',
      PrivateDnsEnabled: true,
      SubnetIds: DOMAIN.subnet_ids,
      ServiceName: 'com.amazonaws.eu-central-1.sns',
      SecurityGroupIds: [{ 'Fn::GetAtt': ['EndpointsSecurityGroup', 'GroupId'] }],
    });
  });

  it('are those alone that the VPC lacks', () => {
    const { endpoints } = derive(demo({ domain: DOMAIN, vpc_endpoints: { ...ENDPOINTS, services: ['s3'] } }), SECURITY);

    expect(Object.keys(endpoints)).toEqual(['S3Endpoint']);
  });

  it('are not made where a parameter says that OpenSearch is elsewhere', () => {
    const bank = demo({ domain: DOMAIN, vpc_endpoints: ENDPOINTS });

    expect(derive(bank, { ...SECURITY, opensearchUrl: 'http://127.0.0.1:9200' }).endpoints).toEqual({});
    expect(derive(demo({ domain: DOMAIN }), SECURITY).endpoints).toEqual({});
  });
});

describe('a domain of our own', () => {
  it('has what the bank’s file leaves out as the demo’s says', () => {
    expect(derive(demo({ domain: DOMAIN }), SECURITY).domain).toMatchObject({
      tlsPolicy: 'Policy-Min-TLS-1-2-PFS-2023-10',
      masterType: 'm7g.large.search',
      standby: false,
      window: { Hours: 22, Minutes: 0 },
      saml: null,
      identityCenter: null,
      snapshots: 'opensearch-external',
      snapshotBucket: null,
    });
  });

  it('lets people in by Identity Center', () => {
    const center = { instance_arn: 'arn:aws:sso:::instance/ssoins-0a1b2c3d4e5f6a7b' };

    expect(derive(demo({ domain: { ...DOMAIN, identity_center: center } }), SECURITY).domain.identityCenter).toEqual({
      EnabledAPIAccess: true,
      IdentityCenterInstanceARN: center.instance_arn,
      RolesKey: 'GroupName',
      SubjectKey: 'UserName',
    });
  });

  it('is not deployed without the metadata that its SAML needs', () => {
    const bank = demo({ domain: { ...DOMAIN, saml: { entity_id: 'https://login.example', roles_key: 'groups' } } });

    expect(() => derive(bank, SECURITY)).toThrow("banks/demo/saml.xml is not there: save the identity provider's metadata to it");
  });

  it('gets a place for snapshots; a domain of others has its own', () => {
    const snapshots = { repository: 'strongroom' };

    expect(derive(demo({ domain: DOMAIN, snapshots }), SECURITY).domain).toMatchObject({
      snapshots: 'opensearch-snapshots',
      snapshotBucket: { Ref: 'SnapshotBucket' },
    });
    expect(derive(demo({ endpoint: 'https://logs.example', snapshots }), SECURITY).domain.snapshotBucket).toBeNull();
  });
});

it('copies of tables are kept as the bank’s file says, and locked for good where the evidence is', () => {
  const bank = demo({ domain: DOMAIN });
  const compliance: BankConfig['retention'] = { ...bank.retention, evidence_mode: 'compliance' };

  expect(derive(bank, SECURITY).backup).toEqual({ keepDays: 35, changeableDays: null });
  expect(derive({ ...bank, backup: { keep_days: 90 }, retention: compliance }, SECURITY).backup).toEqual({
    keepDays: 90,
    changeableDays: 3,
  });
});

it('alarms watch a domain of our own, its disks by their size', () => {
  const { alarms } = derive(demo({ domain: DOMAIN }), SECURITY);

  expect(alarms['OpensearchStorageAlarm']?.Properties).toMatchObject({
    Namespace: 'AWS/ES',
    MetricName: 'FreeStorageSpace',
    Statistic: 'Minimum',
    ComparisonOperator: 'LessThanThreshold',
    // A quarter of 100 GiB, in MiB.
    Threshold: 25_600,
  });
  expect(derive(demo({ endpoint: 'https://logs.example' }), SECURITY).alarms['OpensearchStorageAlarm']).toBeUndefined();
});
