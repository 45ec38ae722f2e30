import { cpSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { stringify } from 'yaml';
import { loadBank } from '../../../cli/bank.ts';

const PLAIN = readFileSync('banks/demo.yml', 'utf8').replace(/^(?:kafka|streams):\n(?:[ #].*\n)+/gm, '');
const MSK = 'arn:aws:kafka:eu-central-1:111111111111:cluster/payments/0a1b2c3d-0a1b-0a1b-0a1b-0a1b2c3d4e5f-3';
const SECRET = 'arn:aws:secretsmanager:eu-central-1:111111111111:secret:kafka-Ab12Cd';

const directory = mkdtempSync(join(tmpdir(), 'strongroom-bank-'));
// Its own sources lie beside it.
cpSync('banks/demo', join(directory, 'demo'), { recursive: true });
afterAll(() => {
  rmSync(directory, { recursive: true, force: true });
});

/** `path: message` of each error. */
function errorsOf(sections: object): readonly string[] {
  const file = join(directory, 'demo.yml');
  writeFileSync(file, PLAIN + stringify(sections));
  return (loadBank(file).errors ?? []).map(({ path, message }) => `${path}: ${message}`);
}

const TOPICS = [{ name: 'app.log', source: 'application-json' }];
const OWN = { name: 'own', bootstrap_servers: ['b-1.bank.example:9096'], authentication: 'scram', secret_arn: SECRET, topics: TOPICS };
const MANAGED = { name: 'managed', cluster_arn: MSK, authentication: 'iam', topics: TOPICS };

function cluster(change: object, base: object = OWN): readonly string[] {
  return errorsOf({ kafka: [{ ...base, ...change }] });
}

describe('kafka', () => {
  it.each<[string, object]>([
    ['of Amazon MSK', MANAGED],
    ['of Amazon MSK with users', { ...MANAGED, authentication: 'scram', secret_arn: SECRET }],
    ['of Amazon MSK in another account', { ...MANAGED, cluster_arn: MSK.replace(':cluster/', ':vpc-connection/222222222222/') }],
    ['self-managed', OWN],
    ['self-managed in a VPC', { ...OWN, ca_secret_arn: SECRET, subnet_ids: ['subnet-0aaa1111'], security_group_ids: ['sg-0ddd4444'] }],
    ['on this machine', { name: 'local', bootstrap_servers: ['localhost:9092'], authentication: 'none', topics: TOPICS }],
  ])('%s is right', (_, found) => {
    expect(errorsOf({ kafka: [found] })).toEqual([]);
  });

  it.each<[string, readonly string[], string]>([
    [
      'a source that does not exist',
      cluster({ topics: [{ name: 'app.log', source: 'applog' }] }),
      'kafka.0.topics.0.source: must be a source',
    ],
    ['a topic twice', cluster({ topics: [...TOPICS, ...TOPICS] }), 'kafka.0.topics.1.name: app.log is listed twice'],
    ['users without a secret', cluster({ secret_arn: undefined }), 'kafka.0: lacks secret_arn, which scram needs'],
    [
      'a certificate without a secret',
      cluster({ authentication: 'tls', secret_arn: undefined }),
      'kafka.0: lacks secret_arn, which tls needs',
    ],
    ['IAM outside of MSK', cluster({ authentication: 'iam', secret_arn: undefined }), 'kafka.0.authentication: iam is for Amazon MSK'],
    ['IAM with a secret', cluster({ secret_arn: SECRET }, MANAGED), 'kafka.0.secret_arn: is not used with iam'],
    ['nothing over the network', cluster({ authentication: 'none', secret_arn: undefined }), 'kafka.0.authentication: must not be none'],
    [
      'half of the brokers here',
      cluster({ bootstrap_servers: ['127.0.0.1:1', 'x:1'] }),
      'kafka.0.bootstrap_servers: must be all on this machine',
    ],
    ['two places', cluster({ bootstrap_servers: ['x:1'] }, MANAGED), 'kafka.0: must have either cluster_arn or bootstrap_servers'],
    ['no place', cluster({ bootstrap_servers: undefined }), 'kafka.0: must have either cluster_arn or bootstrap_servers'],
    ['subnets of MSK', cluster({ subnet_ids: ['subnet-0aaa1111'] }, MANAGED), 'kafka.0.subnet_ids: belongs to self-managed brokers'],
    ['subnets alone', cluster({ subnet_ids: ['subnet-0aaa1111'] }), 'kafka.0: must have subnet_ids and security_group_ids or neither'],
    [
      'users of a serverless cluster',
      cluster({ cluster_arn: MSK.replace(/-3$/, '-s3'), authentication: 'scram', secret_arn: SECRET }, MANAGED),
      'kafka.0.authentication: must be iam',
    ],
    ['part of a secret’s ARN', cluster({ secret_arn: SECRET.slice(0, -7) }), 'kafka.0.secret_arn: must be the complete ARN'],
    [
      'a group that is too long',
      cluster({ consumer_group: 'g'.repeat(150), topics: [{ name: 't'.repeat(50), source: 'cloudtrail' }] }),
      'kafka.0.topics.0.name: makes the consumer group',
    ],
    ['a cluster twice', errorsOf({ kafka: [OWN, { ...OWN, bootstrap_servers: ['x:1'] }] }), 'kafka.1.name: own is listed twice'],
    [
      'brokers of two clusters',
      errorsOf({ kafka: [OWN, { ...OWN, name: 'other' }] }),
      'kafka.1.bootstrap_servers.0: b-1.bank.example:9096 is listed twice',
    ],
    ['MSK twice', errorsOf({ kafka: [MANAGED, { ...MANAGED, name: 'other' }] }), 'kafka.1.cluster_arn: arn:aws:kafka'],
  ])('%s is not', (_, errors, expected) => {
    expect(errors).toEqual([expect.stringContaining(expected)]);
  });
});

describe('streams', () => {
  const stream = (change: object): readonly string[] =>
    errorsOf({ streams: [{ name: 'real-time', source: 'application-json', ...change }] });

  it('of the bank’s accounts are right', () => {
    expect(stream({})).toEqual([]);
    expect(stream({ account: '222222222222' })).toEqual([]);
    expect(stream({ account: '111111111111' })).toEqual([]);
  });

  it.each<[string, object, string]>([
    ['a name of the platform’s own', { name: 'hub' }, 'streams.0.name: must not be hub'],
    [
      'an account of somebody else',
      { account: '999999999999' },
      "streams.0.account: must be one of the bank's accounts: 111111111111, 222222222222",
    ],
    ['a source that does not exist', { source: 'x' }, 'streams.0.source: must be a source'],
    ['words that begin with a digit', { name: 'real-7' }, 'streams.0.name: must be lower-case words'],
  ])('%s is not', (_, change, expected) => {
    expect(stream(change)).toEqual([expect.stringContaining(expected)]);
  });

  it('a name twice is not', () => {
    const found = { name: 'real-time', source: 'application-json' };

    expect(errorsOf({ streams: [found, found] })).toEqual(['streams.1.name: real-time is listed twice']);
  });
});
