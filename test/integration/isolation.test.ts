// Two banks in one emulator, deployed in waves by `strongroom deploy`, and neither lets the other's roles at its objects. The emulator enforces what roles may
// by their own policies, for S3 by bucket and key; for other services it knows no resource, and resource policies and conditions it does not look
// at. What those say is proved by evaluation, in test/template/isolation.test.ts. https://docs.getmoto.org/en/latest/docs/iam.html
import { readFileSync, rmSync } from 'node:fs';
import { Writable } from 'node:stream';
import { CloudFormationClient, DescribeStacksCommand } from '@aws-sdk/client-cloudformation';
import { CloudWatchClient, PutMetricAlarmCommand, SetAlarmStateCommand } from '@aws-sdk/client-cloudwatch';
import { CreateRoleCommand, IAMClient, PutRolePolicyCommand } from '@aws-sdk/client-iam';
import {
  CreateBucketCommand,
  DeleteObjectCommand,
  GetObjectCommand,
  ListObjectsV2Command,
  PutObjectCommand,
  S3Client,
} from '@aws-sdk/client-s3';
import { AssumeRoleCommand, STSClient } from '@aws-sdk/client-sts';
import { deployCommand, type DeployArguments } from '../../cli/commands/deploy.ts';
import { closeAccount, openAccount, type Account } from '../../local/accounts.ts';
import { startEmulator, type Emulator } from '../../local/emulator.ts';
import { policiesOf } from '../policies/template.ts';
import { inPlace } from '../template/branches.ts';
import { compile, discard, projectCopy } from '../template/compile.ts';

const REGION = 'eu-central-1';
const ROOT = process.cwd();

interface Described {
  readonly name: string;
  readonly wave: number;
  readonly security: string;
  readonly workload: string;
}

const NORTH: Described = { name: 'north', wave: 1, security: '111111111111', workload: '222222222222' };
const SOUTH: Described = { name: 'south', wave: 2, security: '555555555555', workload: '666666666666' };
const BANKS = [NORTH, SOUTH];

let emulator: Emulator;
let project: string;
let accounts: ReadonlyMap<string, Account>;

/** The demo's file for this bank, with one account that has no log groups yet. */
function fileOf({ name, wave, security, workload }: Described): string {
  const file = readFileSync('banks/demo.yml', 'utf8')
    .replace(/^objects:\n(?:[ #].*\n)+/m, '')
    .replace(/^ {2}- id: '333333333333'\n(?: {4}.*\n)+/m, '')
    .replace(/^ {4}log_groups: .*\n/gm, '')
    .replace('bank: demo', `bank: ${name}`)
    .replaceAll('111111111111', security)
    .replaceAll('222222222222', workload);
  return `${file}\ndeployment: { stage: rehearsal, wave: ${wave}, role_arn: 'arn:aws:iam::{account}:role/strongroom-local' }\n`;
}

beforeAll(async () => {
  emulator = await startEmulator({ lambdaHost: 'http://127.0.0.1:9' });
  const ids = BANKS.flatMap(({ security, workload }) => [security, workload]);
  const opened = await Promise.all(ids.map((id) => openAccount(emulator.endpoint, REGION, id)));
  accounts = new Map(opened.map((account) => [account.id, account]));
  project = projectCopy({ banks: Object.fromEntries(BANKS.map((bank) => [bank.name, fileOf(bank)])) });
  // It would be deployed with no stage; its sources are not here.
  rmSync(`${project}/banks/demo.yml`);
}, 60_000);
afterAll(async () => {
  process.chdir(ROOT);
  [...accounts.values()].forEach(closeAccount);
  rmSync(project, { recursive: true, force: true });
  await emulator.stop();
});

function account(id: string): Account {
  const found = accounts.get(id);
  if (found === undefined) throw new Error(`there is no account ${id}`);
  return found;
}

describe('deploying two banks in waves', () => {
  const variables = { AWS_ENDPOINT_URL: '', AWS_ACCESS_KEY_ID: 'local', AWS_SECRET_ACCESS_KEY: 'local', AWS_REGION: REGION };
  const before = Object.keys(variables).map((name) => [name, process.env[name]] as const);

  beforeAll(() => {
    Object.assign(process.env, variables, { AWS_ENDPOINT_URL: emulator.endpoint });
    process.chdir(project);
  });
  afterAll(() => {
    process.chdir(ROOT);
    for (const [name, value] of before) {
      if (value === undefined) Reflect.deleteProperty(process.env, name);
      else process.env[name] = value;
    }
  });

  async function deploy(more: Partial<DeployArguments> = {}): Promise<{ readonly code: number; readonly printed: string }> {
    let printed = '';
    const out = new Writable({
      write(chunk: Buffer, _encoding, done) {
        printed += chunk.toString();
        done();
      },
    });
    const code = await deployCommand({ all: true, stage: 'rehearsal', stack: ['workload'], watchMinutes: '0', ...more }, { out });
    return { code, printed };
  }

  async function alarm(bank: Described, StateValue: 'ALARM' | 'OK'): Promise<void> {
    const { endpoint, credentials } = account(bank.security);
    const client = new CloudWatchClient({ endpoint, region: REGION, credentials });
    const AlarmName = `strongroom-${bank.name}-parked`;
    const metric = {
      Namespace: 'Strongroom',
      MetricName: 'Parked',
      Statistic: 'Sum',
      Period: 300,
      EvaluationPeriods: 1,
      Threshold: 0,
    } as const;
    await client.send(new PutMetricAlarmCommand({ ...metric, AlarmName, ComparisonOperator: 'GreaterThanThreshold' }));
    await client.send(new SetAlarmStateCommand({ AlarmName, StateValue, StateReason: 'test' }));
    client.destroy();
  }

  async function releaseOf({ name, workload }: Described): Promise<string | undefined> {
    const { endpoint, credentials } = account(workload);
    const client = new CloudFormationClient({ endpoint, region: REGION, credentials });
    try {
      const { Stacks = [] } = await client.send(new DescribeStacksCommand({ StackName: `strongroom-${name}-workload` }));
      return Stacks[0]?.Outputs?.find(({ OutputKey }) => OutputKey === 'Release')?.OutputValue;
    } catch {
      return undefined;
    } finally {
      client.destroy();
    }
  }

  test('stops before the wave of a bank whose alarm rings, and goes on from there when it does not', async () => {
    await alarm(SOUTH, 'ALARM');
    const stopped = await deploy();
    expect(stopped.printed).toContain(`north ${REGION}: workload stack in 222222222222: deployed (`);
    expect(stopped.printed).toContain('stopped in wave 2: south: alarm strongroom-south-parked rings in 555555555555 eu-central-1');
    expect(stopped.printed).toContain('on the new release: north\nnot, or not whole: south\n');
    expect(stopped.code).toBe(1);
    expect(await releaseOf(NORTH)).toMatch(/^[0-9a-f]{32}$/);
    expect(await releaseOf(SOUTH)).toBeUndefined();

    await alarm(SOUTH, 'OK');
    const resumed = await deploy();
    expect(resumed.printed).toContain(`north ${REGION}: workload stack in 222222222222: is up to date\n`);
    expect(resumed.printed).toContain(`south ${REGION}: workload stack in 666666666666: deployed (`);
    expect(resumed.printed).toContain('deployed: north, south\n');
    expect(resumed.code).toBe(0);
  }, 120_000);
});

describe('with IAM enforced', () => {
  /** Roles of the security stack that read or write objects, and a bucket that each does so in: purpose after the names' beginning. */
  const WORK = [
    { role: 'ingest-objects', reads: 'landing-sse-s3', writes: 'parked' },
    { role: 'index', writes: 'parked' },
    { role: 'notarize', reads: 'vault' },
  ] as const;
  const PURPOSES = ['landing-kms', 'landing-sse-s3', 'vault', 'parked', 'reference'] as const;
  const as = new Map<string, S3Client>();

  beforeAll(async () => {
    for (const bank of BANKS) await makeRoles(bank);
    await enforce('0');
  }, 120_000);
  afterAll(async () => {
    await enforce('inf');
    as.forEach((client) => client.destroy());
  });

  /** From now on calls are refused that the caller's policies do not allow, after so many. */
  async function enforce(after: string): Promise<void> {
    const answer = await fetch(`${emulator.endpoint}/moto-api/reset-auth`, { method: 'POST', body: after });
    expect(answer.status).toBe(200);
  }

  function bucketOf({ name, security }: Described, purpose: string): string {
    return `strongroom-${name}-${security}-${REGION}-${purpose}`;
  }

  /** The bank's buckets, each with an object, and its roles with the policies of the compiled stack. */
  async function makeRoles(bank: Described): Promise<void> {
    const { endpoint, credentials, s3 } = account(bank.security);
    const compiled = await compile({ parameters: { bank: bank.name }, banks: { [bank.name]: fileOf(bank) } });
    const place = { account: bank.security, region: REGION };
    const { identity, resource } = policiesOf(inPlace(compiled, place), place);
    discard(compiled);
    for (const purpose of PURPOSES) {
      await s3.send(
        new CreateBucketCommand({ Bucket: bucketOf(bank, purpose), CreateBucketConfiguration: { LocationConstraint: REGION } }),
      );
      await s3.send(new PutObjectCommand({ Bucket: bucketOf(bank, purpose), Key: 'one', Body: bank.name }));
    }
    const iam = new IAMClient({ endpoint, region: REGION, credentials });
    const sts = new STSClient({ endpoint, region: REGION, credentials });
    for (const { role } of WORK) {
      const RoleName = `strongroom-${bank.name}-${role}`;
      const arn = `arn:aws:iam::${bank.security}:role/${RoleName}`;
      const [policies, [trust]] = [identity.get(arn) ?? [], resource.get(arn) ?? []];
      if (policies.length === 0) throw new Error(`the template has no role ${RoleName}`);
      await iam.send(new CreateRoleCommand({ RoleName, AssumeRolePolicyDocument: JSON.stringify(trust) }));
      for (const [at, PolicyDocument] of policies.entries())
        await iam.send(new PutRolePolicyCommand({ RoleName, PolicyName: `p${at}`, PolicyDocument: JSON.stringify(PolicyDocument) }));
      // As Lambda does for the function.
      const { Credentials: given } = await sts.send(new AssumeRoleCommand({ RoleArn: arn, RoleSessionName: 'function' }));
      const { AccessKeyId: accessKeyId = '', SecretAccessKey: secretAccessKey = '', SessionToken: sessionToken = '' } = given ?? {};
      const config = { endpoint, region: REGION, forcePathStyle: true, credentials: { accessKeyId, secretAccessKey, sessionToken } };
      as.set(`${bank.name} ${role}`, new S3Client(config));
    }
    iam.destroy();
    sts.destroy();
  }

  function clientOf(bank: Described, role: string): S3Client {
    const client = as.get(`${bank.name} ${role}`);
    if (client === undefined) throw new Error(`there is no ${role} of ${bank.name}`);
    return client;
  }

  test.each(BANKS)('the roles of $name do their work in its own buckets', async (bank) => {
    for (const { role, ...work } of WORK) {
      const client = clientOf(bank, role);
      if ('reads' in work) {
        const { Body } = await client.send(new GetObjectCommand({ Bucket: bucketOf(bank, work.reads), Key: 'one' }));
        expect(await Body?.transformToString()).toBe(bank.name);
      }
      if ('writes' in work) await client.send(new PutObjectCommand({ Bucket: bucketOf(bank, work.writes), Key: 'two', Body: 'x' }));
    }
  });

  test.each([
    { intruder: NORTH, owner: SOUTH },
    { intruder: SOUTH, owner: NORTH },
  ])('the roles of $intruder.name are refused at every bucket of $owner.name', async ({ intruder, owner }) => {
    for (const { role } of WORK) {
      const client = clientOf(intruder, role);
      for (const purpose of PURPOSES) {
        const Bucket = bucketOf(owner, purpose);
        for (const attempt of [
          () => client.send(new GetObjectCommand({ Bucket, Key: 'one' })),
          () => client.send(new PutObjectCommand({ Bucket, Key: 'two', Body: 'x' })),
          () => client.send(new DeleteObjectCommand({ Bucket, Key: 'one' })),
          () => client.send(new ListObjectsV2Command({ Bucket })),
        ])
          await expect(attempt()).rejects.toMatchObject({ name: 'AccessDenied' });
      }
    }
  });
});
