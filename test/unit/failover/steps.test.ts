import { CloudTrailClient } from '@aws-sdk/client-cloudtrail';
import { CloudWatchLogsClient } from '@aws-sdk/client-cloudwatch-logs';
import { EventBridgeClient } from '@aws-sdk/client-eventbridge';
import { KinesisClient } from '@aws-sdk/client-kinesis';
import { NodeHttpHandler } from '@smithy/node-http-handler';
import { loadBank } from '../../../cli/bank.ts';
import type { BankConfig } from '../../../shared/config.ts';
import { intakeOf } from '../../../shared/failover/failover.ts';
import { failoverSteps } from '../../../shared/failover/steps.ts';
import type { Session, Sessions } from '../../../shared/onboard/sessions.ts';
import { applySteps, planSteps } from '../../../shared/onboard/step.ts';
import { startHttpServer, type Answer, type Asked, type HttpServer } from '../../fakes/http-server.ts';

const { bank: drill } = loadBank('local/drill/banks/drill.yml');
if (drill === undefined) throw new Error("the drill's bank is wrong");
const bank: BankConfig = drill;
const [HOME, STANDBY] = [intakeOf(bank, 'eu-central-1'), intakeOf(bank, 'eu-west-1')];
const TO = { from: 'eu-central-1', to: 'eu-west-1', back: false };
const ROLE = 'arn:aws:iam::222222222222:role/strongroom-drill-forward';
const DEAD_LETTERS = { Arn: 'arn:aws:sqs:eu-central-1:222222222222:strongroom-drill-forward-dlq' };

/** As much of AWS as failover touches, in one place for all accounts but 333333333333, which has no workload stack. */
const aws = { target: '', stream: '', bucket: '', key: '', status: 'ACTIVE', refusesTarget: false };
let server: HttpServer;
let sessions: Sessions;

beforeAll(async () => {
  server = await startHttpServer(answer, 'application/x-amz-json-1.1');
});
afterAll(async () => {
  sessions.close();
  await server.close();
});
beforeEach(() => {
  Object.assign(aws, {
    target: HOME.bus,
    stream: HOME.stream,
    bucket: HOME.landingBucket,
    key: 'arn:home',
    status: 'ACTIVE',
    refusesTarget: false,
  });
  sessions = openSessions();
});

function answer({ headers, body }: Asked): Answer {
  const input = JSON.parse(body) as Input;
  const account = headers.authorization?.includes('Credential=333333333333/') === true ? '333333333333' : 'another';
  const call = String(headers['x-amz-target']).split('.').at(-1) ?? '';
  return account === '333333333333' && call === 'ListTargetsByRule'
    ? { status: 400, body: { __type: 'ResourceNotFoundException', message: 'no rule' } }
    : { status: 200, body: (ANSWERS[call] ?? (() => ({})))(input) };
}

interface Input {
  readonly targetArn?: string;
  readonly Targets?: readonly { readonly Arn: string }[];
  readonly S3BucketName?: string;
  readonly KmsKeyId?: string;
}

const ANSWERS: Readonly<Record<string, (input: Input) => object>> = {
  DescribeEventBus: () => ({ Name: 'strongroom-drill' }),
  DescribeStreamSummary: () => ({ StreamDescriptionSummary: { StreamStatus: aws.status } }),
  DescribeDestinations: () => ({
    destinations: [{ destinationName: 'strongroom-drill-intake', targetArn: aws.stream, roleArn: 'arn:aws:iam::111111111111:role/d' }],
  }),
  PutDestination: (input) => {
    aws.stream = input.targetArn ?? '';
    return { destination: {} };
  },
  ListTargetsByRule: () => ({ Targets: [{ Id: 'bus', Arn: aws.target, RoleArn: ROLE, DeadLetterConfig: DEAD_LETTERS }] }),
  PutTargets: ({ Targets = [] }) => {
    if (aws.refusesTarget)
      return { FailedEntryCount: 1, FailedEntries: [{ ErrorCode: 'ConcurrentModificationException', ErrorMessage: 'x' }] };
    aws.target = Targets[0]?.Arn ?? '';
    return { FailedEntryCount: 0 };
  },
  DescribeTrails: () => ({
    trailList: [
      { TrailARN: 'arn:aws:cloudtrail:eu-central-1:999999999999:trail/organization', S3BucketName: aws.bucket, KmsKeyId: aws.key },
      { TrailARN: 'arn:aws:cloudtrail:eu-central-1:999999999999:trail/own', S3BucketName: 'of-somebody-else' },
    ],
  }),
  UpdateTrail: (input) => {
    [aws.bucket, aws.key] = [input.S3BucketName ?? '', input.KmsKeyId ?? ''];
    return {};
  },
};

function openSessions(): Sessions {
  const opened: { destroy(): void }[] = [];
  return {
    of(account, region) {
      const config = { region, endpoint: server.url, maxAttempts: 1, credentials: { accessKeyId: account, secretAccessKey: 'test' } };
      const clients = {
        events: new EventBridgeClient(config),
        logs: new CloudWatchLogsClient(config),
        cloudTrail: new CloudTrailClient(config),
        kinesis: new KinesisClient({ ...config, requestHandler: new NodeHttpHandler() }),
      };
      opened.push(...Object.values(clients));
      // What else a session has, failover does not touch.
      return Promise.resolve({ account, region, ...clients } as unknown as Session);
    },
    close: () => opened.forEach((client) => client.destroy()),
  };
}

async function apply(failover = TO): Promise<Readonly<Record<string, string>>> {
  const results = await applySteps(failoverSteps(bank, failover, sessions));
  return Object.fromEntries(results.map(({ id, state }) => [id, state]));
}

function changes(): readonly string[] {
  return server.asked
    .map(({ headers }) => String(headers['x-amz-target']).split('.').at(-1) ?? '')
    .filter((call) => /^(Put|Update)/.test(call));
}

test('everything goes to the other region, once; back again it is as it was', async () => {
  expect(await apply()).toEqual({
    intake: 'done',
    'log-groups': 'changed',
    'events@222222222222': 'changed',
    // Without a workload stack nothing comes from there.
    'events@333333333333': 'done',
    'events@999999999999': 'done',
    trails: 'changed',
  });
  expect(aws).toMatchObject({ target: STANDBY.bus, stream: STANDBY.stream, bucket: STANDBY.landingBucket, key: STANDBY.landingKey });
  const done = changes().length;
  expect(new Set(Object.values(await apply()))).toEqual(new Set(['done']));
  expect(changes()).toHaveLength(done);

  await apply({ ...TO, back: true });
  expect(aws).toMatchObject({ target: HOME.bus, stream: HOME.stream, bucket: HOME.landingBucket, key: HOME.landingKey });
});

test('the target keeps its role and its dead letters', async () => {
  await apply();
  const put = server.asked.findLast(({ headers }) => String(headers['x-amz-target']).endsWith('.PutTargets'));
  expect(JSON.parse(put?.body ?? '{}')).toEqual({
    Rule: 'strongroom-drill-forward',
    Targets: [{ Id: 'bus', Arn: STANDBY.bus, RoleArn: ROLE, DeadLetterConfig: DEAD_LETTERS }],
  });
});

test('a plan changes nothing', async () => {
  const before = changes().length;
  const results = await planSteps(failoverSteps(bank, TO, sessions));
  expect(results.filter(({ state }) => state === 'to do').map(({ id }) => id)).toEqual([
    'log-groups',
    'events@222222222222',
    'events@999999999999',
    'trails',
  ]);
  expect(changes()).toHaveLength(before);
});

test('nothing is sent where nobody takes it', async () => {
  aws.status = 'CREATING';
  const { intake, ...others } = await apply();
  expect(intake).toBe('failed');
  expect(new Set(Object.values(others))).toEqual(new Set(['stopped']));
  expect(aws).toMatchObject({ target: HOME.bus, stream: HOME.stream, bucket: HOME.landingBucket });
});

test('what EventBridge refuses is left, and the rest is done', async () => {
  aws.refusesTarget = true;
  expect(await apply()).toMatchObject({ 'log-groups': 'changed', 'events@222222222222': 'failed', trails: 'changed' });
});
