// The local Lambda host against the emulator: functions, queues and streams are deployed as a stack, and what is asserted is what the functions saw.
import { createWriteStream, existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { setTimeout as delay } from 'node:timers/promises';
import { CloudFormationClient, CreateStackCommand, UpdateStackCommand } from '@aws-sdk/client-cloudformation';
import { KinesisClient, PutRecordsCommand } from '@aws-sdk/client-kinesis';
import { InvokeCommand, LambdaClient } from '@aws-sdk/client-lambda';
import { CreateBucketCommand, PutObjectCommand, S3Client } from '@aws-sdk/client-s3';
import { GetQueueUrlCommand, ReceiveMessageCommand, SendMessageBatchCommand, SQSClient } from '@aws-sdk/client-sqs';
import { NodeHttpHandler } from '@smithy/node-http-handler';
import { ZipFile } from 'yazl';
import { startEmulator } from '../../local/emulator.ts';
import { startLambdaHost } from '../../local/lambda-host.ts';
import type { LambdaHost } from '../../local/lambda-host.ts';
import { freePort } from '../../local/ports.ts';
import { isArray, object, parseJson } from '../../shared/outcome.ts';

const REGION = 'us-east-1';
const ACCOUNT = '111111111111';
const CREDENTIALS = { accessKeyId: 'test', secretAccessKey: 'test' };
const BUCKET = 'host-test-code';
const STACK = 'host-test';

/** Says what to do in the event itself, and prints what it saw: one line per batch. */
const HANDLER = `
export async function handler(event) {
  const items = (event.Records ?? [{ body: JSON.stringify(event) }]).map((record) => {
    const text = record.kinesis ? Buffer.from(record.kinesis.data, 'base64').toString() : record.body;
    return { ...JSON.parse(text), id: record.messageId ?? record.kinesis?.sequenceNumber };
  });
  console.log(JSON.stringify({ pid: process.pid, version: VERSION, seen: items.map(({ name }) => name) }));
  for (const { act } of items) {
    if (act === 'throw') throw new TypeError('as asked');
    if (act === 'hang') await new Promise(() => setInterval(() => undefined, 1000));
    if (act === 'exit') process.exit(7);
  }
  globalThis.failedOnce ??= new Set();
  const failed = items.filter(({ act, name }) => act === 'fail' || (act === 'fail once' && !globalThis.failedOnce.has(name)));
  for (const { name } of failed) globalThis.failedOnce.add(name);
  if (event.Records === undefined) return { greeting: process.env.GREETING, endpoint: process.env.AWS_ENDPOINT_URL, left: items.length };
  return { batchItemFailures: failed.reverse().map(({ id }) => ({ itemIdentifier: id })) };
}`;

function lambdaFunction(name: string, codeKey: string): object {
  const properties = {
    ...{ FunctionName: `${STACK}-${name}`, Handler: 'src/index.handler', Runtime: 'nodejs24.x', Timeout: 2, MemorySize: 128 },
    ...{ Role: arnOf('Role'), Environment: { Variables: { GREETING: 'deployed' } } },
    Code: { S3Bucket: BUCKET, S3Key: codeKey },
  };
  return { Type: 'AWS::Lambda::Function', Properties: properties };
}

function mapping(properties: object): object {
  return { Type: 'AWS::Lambda::EventSourceMapping', Properties: properties };
}

function arnOf(logical: string): object {
  return { 'Fn::GetAtt': [logical, 'Arn'] };
}

/** @param without a word: resources whose names begin with it are left out. */
function template(codeKey: string, without = 'none'): string {
  const trust = { Statement: [{ Effect: 'Allow', Principal: { Service: 'lambda.amazonaws.com' }, Action: 'sts:AssumeRole' }] };
  const Resources = {
    Role: { Type: 'AWS::IAM::Role', Properties: { RoleName: `${STACK}-role`, AssumeRolePolicyDocument: trust } },
    Queue: {
      Type: 'AWS::SQS::Queue',
      Properties: {
        QueueName: `${STACK}-queue`,
        VisibilityTimeout: 30,
        RedrivePolicy: { deadLetterTargetArn: arnOf('Dead'), maxReceiveCount: 2 },
      },
    },
    Dead: { Type: 'AWS::SQS::Queue', Properties: { QueueName: `${STACK}-dead` } },
    GivenUp: { Type: 'AWS::SQS::Queue', Properties: { QueueName: `${STACK}-given-up` } },
    Partial: { Type: 'AWS::Kinesis::Stream', Properties: { Name: `${STACK}-partial`, ShardCount: 1 } },
    Bisected: { Type: 'AWS::Kinesis::Stream', Properties: { Name: `${STACK}-bisected`, ShardCount: 1 } },
    QueueFunction: lambdaFunction('queue', codeKey),
    PartialFunction: lambdaFunction('partial', codeKey),
    BisectedFunction: lambdaFunction('bisected', codeKey),
    DirectFunction: lambdaFunction('direct', codeKey),
    QueueMapping: mapping({
      ...{ EventSourceArn: arnOf('Queue'), FunctionName: { Ref: 'QueueFunction' }, BatchSize: 12 },
      ...{ FunctionResponseTypes: ['ReportBatchItemFailures'], MaximumBatchingWindowInSeconds: 1 },
    }),
    PartialMapping: mapping({
      ...{ EventSourceArn: arnOf('Partial'), FunctionName: { Ref: 'PartialFunction' }, BatchSize: 10, StartingPosition: 'TRIM_HORIZON' },
      ...{ FunctionResponseTypes: ['ReportBatchItemFailures'] },
    }),
    BisectedMapping: mapping({
      ...{ EventSourceArn: arnOf('Bisected'), FunctionName: { Ref: 'BisectedFunction' }, BatchSize: 10, StartingPosition: 'LATEST' },
      ...{ BisectBatchOnFunctionError: true, MaximumRetryAttempts: 2, DestinationConfig: { OnFailure: { Destination: arnOf('GivenUp') } } },
    }),
  };
  return JSON.stringify({ Resources: Object.fromEntries(Object.entries(Resources).filter(([name]) => !name.startsWith(without))) });
}

async function zipOf(version: number, file: string): Promise<Buffer> {
  const zip = new ZipFile();
  zip.addBuffer(Buffer.from(HANDLER.replace('VERSION', String(version))), 'src/index.mjs');
  zip.end();
  await pipeline(zip.outputStream, createWriteStream(file));
  return readFile(file);
}

jest.setTimeout(60_000);

describe('the local Lambda host', () => {
  const stops: (() => Promise<void> | void)[] = [];
  let directory: string;
  let emulator: Awaited<ReturnType<typeof startEmulator>>;
  let host: LambdaHost;
  let clients: { cloudformation: CloudFormationClient; kinesis: KinesisClient; lambda: LambdaClient; s3: S3Client; sqs: SQSClient };

  beforeAll(async () => {
    directory = mkdtempSync(join(tmpdir(), 'lambda-host-test-'));
    stops.push(() => rmSync(directory, { recursive: true }));
    const port = await freePort();
    emulator = await startEmulator({ lambdaHost: `http://127.0.0.1:${port}`, accountId: ACCOUNT });
    stops.push(() => emulator.stop());
    const common = { endpoint: emulator.endpoint, region: REGION, credentials: CREDENTIALS };
    clients = {
      cloudformation: new CloudFormationClient(common),
      kinesis: new KinesisClient({ ...common, requestHandler: new NodeHttpHandler() }),
      lambda: new LambdaClient(common),
      s3: new S3Client({ ...common, forcePathStyle: true }),
      sqs: new SQSClient(common),
    };
    stops.push(() => Object.values(clients).forEach((client) => client.destroy()));
    const stackPrefix = STACK;
    host = await startLambdaHost({ ...common, accountId: ACCOUNT, port, directory, stackPrefix, sqsRetrySeconds: 0, log: () => undefined });
    stops.push(() => host.stop());
    await clients.s3.send(new CreateBucketCommand({ Bucket: BUCKET }));
    await clients.s3.send(new PutObjectCommand({ Bucket: BUCKET, Key: 'v1.zip', Body: await zipOf(1, join(directory, 'v1.zip')) }));
    await clients.cloudformation.send(new CreateStackCommand({ StackName: `${STACK}-stack`, TemplateBody: template('v1.zip') }));
    await host.refresh();
  }, 300_000);

  afterAll(async () => {
    for (const stop of stops.reverse()) await stop();
  });

  interface Line {
    readonly pid: unknown;
    readonly version: unknown;
    readonly seen: readonly unknown[];
  }

  /** @returns one line that the handler printed; undefined for what the host wrote. */
  function lineOf(printed: string): Line | undefined {
    const found = object(parseJson(printed));
    return isArray(found?.['seen']) ? { pid: found['pid'], version: found['version'], seen: found['seen'] } : undefined;
  }

  /** What the function printed, batch by batch, since the last call for it. */
  const read = new Map<string, number>();
  function batches(name: string): readonly Line[] {
    const file = join(directory, 'logs', `${STACK}-${name}.log`);
    const printed = existsSync(file) ? readFileSync(file, 'utf8').split('\n') : [];
    const lines = printed.map(lineOf).filter((line) => line !== undefined);
    const fresh = lines.slice(read.get(name) ?? 0);
    read.set(name, lines.length);
    return fresh;
  }

  function seen(name: string): readonly (readonly unknown[])[] {
    return batches(name).map((line) => line.seen);
  }

  function state(name: string) {
    const found = host.functions().find((candidate) => candidate.name === `${STACK}-${name}`);
    if (found === undefined) throw new Error(`${name} is not deployed`);
    return found;
  }

  interface Item {
    readonly name: string;
    readonly act?: 'throw' | 'hang' | 'exit' | 'fail' | 'fail once';
  }

  async function send(items: readonly Item[]): Promise<void> {
    const { QueueUrl } = await clients.sqs.send(new GetQueueUrlCommand({ QueueName: `${STACK}-queue` }));
    const Entries = items.map((item) => ({ Id: item.name, MessageBody: JSON.stringify(item) }));
    await clients.sqs.send(new SendMessageBatchCommand({ QueueUrl, Entries }));
  }

  async function put(stream: string, items: readonly Item[]): Promise<void> {
    const Records = items.map((item) => ({ Data: Buffer.from(JSON.stringify(item)), PartitionKey: item.name }));
    await clients.kinesis.send(new PutRecordsCommand({ StreamName: `${STACK}-${stream}`, Records }));
  }

  async function receive(queue: string): Promise<readonly unknown[]> {
    const { QueueUrl } = await clients.sqs.send(new GetQueueUrlCommand({ QueueName: `${STACK}-${queue}` }));
    const { Messages = [] } = await clients.sqs.send(new ReceiveMessageCommand({ QueueUrl, MaxNumberOfMessages: 10 }));
    return Messages.map(({ Body = '' }) => parseJson(Body));
  }

  async function invoke(name: string, item: Item): Promise<{ readonly error: string | null; readonly body: unknown }> {
    const response = await fetch(`${host.url}/invoke/${STACK}-${name}`, { method: 'POST', body: JSON.stringify(item) });
    return { error: response.headers.get('x-amz-function-error'), body: await response.json() };
  }

  it('runs the deployed code with the deployed variables, started by the first invocation', async () => {
    const before = state('direct');
    const answer = await invoke('direct', { name: 'a' });
    expect(before).toMatchObject({ coldStarts: [], invocations: 0 });
    expect(answer).toEqual({ error: null, body: { greeting: 'deployed', endpoint: emulator.endpoint, left: 1 } });
    expect(state('direct')).toMatchObject({ invocations: 1, errors: 0 });
    expect(state('direct').coldStarts).toHaveLength(1);
    expect(state('direct').maxMemoryBytes).toBeGreaterThan(10_000_000);
  });

  it('takes invocations from the emulator', async () => {
    const { Payload } = await clients.lambda.send(
      new InvokeCommand({ FunctionName: `${STACK}-direct`, Payload: JSON.stringify({ name: 'i' }) }),
    );
    expect(parseJson(Payload?.transformToString() ?? '')).toMatchObject({ greeting: 'deployed' });
  });

  it('answers 404 for a function that is not deployed', async () => {
    const response = await fetch(`${host.url}/invoke/${STACK}-unknown`, { method: 'POST', body: '{}' });
    expect(response.status).toBe(404);
  });

  it('reports what a handler throws and keeps the environment', async () => {
    const starts = state('direct').coldStarts.length;
    const answer = await invoke('direct', { name: 'b', act: 'throw' });
    expect(answer).toMatchObject({ error: 'Unhandled', body: { errorType: 'TypeError', errorMessage: 'as asked' } });
    await invoke('direct', { name: 'c' });
    expect(state('direct').coldStarts).toHaveLength(starts);
  });

  it('kills a function at its timeout and starts another one', async () => {
    const starts = state('direct').coldStarts.length;
    const answer = await invoke('direct', { name: 'd', act: 'hang' });
    expect(answer.error).toBe('Unhandled');
    expect(JSON.stringify(answer.body)).toContain('Task timed out after 2.00 seconds');
    expect(await invoke('direct', { name: 'e' })).toMatchObject({ error: null });
    expect(state('direct').coldStarts).toHaveLength(starts + 1);
  });

  it('reports a process that ends by itself and starts another one', async () => {
    const answer = await invoke('direct', { name: 'f', act: 'exit' });
    expect(answer.body).toMatchObject({ errorType: 'Runtime.ExitError' });
    expect(JSON.stringify(answer.body)).toContain('exit status 7');
    expect(await invoke('direct', { name: 'g' })).toMatchObject({ error: null });
  });

  it('delivers a queue in batches, repeats only what failed and leaves it to the queue to give up', async () => {
    await send([{ name: 'q1' }, { name: 'q2', act: 'fail' }, { name: 'q3', act: 'fail once' }, { name: 'q4' }]);
    await host.quiesce();
    const times = new Map<unknown, number>();
    for (const name of seen('queue').flat()) times.set(name, (times.get(name) ?? 0) + 1);
    expect(Object.fromEntries(times)).toEqual({ q1: 1, q2: 2, q3: 2, q4: 1 });
    expect(await receive('dead')).toEqual([{ name: 'q2', act: 'fail' }]);
  });

  it('gathers a batch of more messages than one receive gives', async () => {
    const items = Array.from({ length: 12 }, (_, place) => ({ name: `g${place}` }));
    await host.pause(`${STACK}-queue`);
    await send(items.slice(0, 10));
    await send(items.slice(10));
    host.resume(`${STACK}-queue`);
    await host.quiesce();
    expect(seen('queue')).toEqual([items.map(({ name }) => name)]);
  });

  it('restarts a stream batch from the lowest reported sequence number, however they are listed', async () => {
    await put('partial', [
      { name: 'k1' },
      { name: 'k2', act: 'fail once' },
      { name: 'k3' },
      { name: 'k4', act: 'fail once' },
      { name: 'k5' },
    ]);
    await host.quiesce();
    expect(seen('partial')).toEqual([
      ['k1', 'k2', 'k3', 'k4', 'k5'],
      ['k2', 'k3', 'k4', 'k5'],
    ]);
  });

  it('bisects a batch without counting it as retries, then gives the poison record to the destination', async () => {
    await put('bisected', [{ name: 'b1' }, { name: 'b2' }, { name: 'b3', act: 'throw' }, { name: 'b4' }]);
    await host.quiesce();
    expect(seen('bisected')).toEqual([['b1', 'b2', 'b3', 'b4'], ['b1', 'b2'], ['b3', 'b4'], ['b3'], ['b3'], ['b3'], ['b4']]);
    const [message, ...others] = await receive('given-up');
    expect(others).toEqual([]);
    expect(message).toMatchObject({
      requestContext: { condition: 'RetryAttemptsExhausted', approximateInvokeCount: 3 },
      KinesisBatchInfo: { batchSize: 1, shardId: 'shardId-000000000000' },
    });
  });

  it('holds a paused function back and goes on where it was', async () => {
    await host.pause(`${STACK}-partial`);
    await put('partial', [{ name: 'p1' }]);
    await host.quiesce();
    expect(seen('partial')).toEqual([]);
    host.resume(`${STACK}-partial`);
    await host.quiesce();
    expect(seen('partial')).toEqual([['p1']]);
  });

  it('takes over a new version of the code while it runs, without reading anything twice', async () => {
    batches('direct');
    await clients.s3.send(new PutObjectCommand({ Bucket: BUCKET, Key: 'v2.zip', Body: await zipOf(2, join(directory, 'v2.zip')) }));
    await clients.cloudformation.send(new UpdateStackCommand({ StackName: `${STACK}-stack`, TemplateBody: template('v2.zip') }));
    await host.refresh();
    await invoke('direct', { name: 'h' });
    await put('partial', [{ name: 'u1' }]);
    await host.quiesce();
    expect(batches('direct')).toMatchObject([{ version: 2, seen: ['h'] }]);
    expect(batches('partial')).toMatchObject([{ version: 2, seen: ['u1'] }]);
  });

  it('refuses code that is not what was deployed', async () => {
    const deploy = (key: string) =>
      clients.cloudformation.send(new UpdateStackCommand({ StackName: `${STACK}-stack`, TemplateBody: template(key) }));
    await clients.s3.send(new PutObjectCommand({ Bucket: BUCKET, Key: 'v3.zip', Body: await zipOf(3, join(directory, 'v3.zip')) }));
    await deploy('v3.zip');
    await clients.s3.send(new PutObjectCommand({ Bucket: BUCKET, Key: 'v3.zip', Body: await zipOf(4, join(directory, 'v4.zip')) }));
    await expect(host.refresh()).rejects.toThrow('is not the code that was deployed');
    await deploy('v2.zip');
    await host.refresh();
    expect(await invoke('direct', { name: 'j' })).toMatchObject({ error: null });
  });

  it('ends a function and its mapping that were removed from the stack', async () => {
    await put('bisected', [{ name: 'r1' }]);
    await host.quiesce();
    const pids = batches('bisected').map(({ pid }) => pid);
    const wereRunning = pids.filter(isRunning);
    await clients.cloudformation.send(
      new UpdateStackCommand({ StackName: `${STACK}-stack`, TemplateBody: template('v2.zip', 'Bisected') }),
    );
    await host.refresh();
    expect(wereRunning).toHaveLength(1);
    expect(pids.filter(isRunning)).toEqual([]);
    expect(host.functions().map(({ name }) => name)).not.toContain(`${STACK}-bisected`);
  });

  it('leaves no process behind', async () => {
    const pids = ['queue', 'partial', 'bisected', 'direct'].flatMap((name) => {
      read.delete(name);
      return batches(name).map(({ pid }) => pid);
    });
    const { invocations } = state('direct');
    const hanging = invoke('direct', { name: 'z', act: 'hang' });
    while (state('direct').invocations === invocations) await delay(10);
    await host.stop();
    await expect(hanging.then(({ error }) => error)).resolves.toBe('Unhandled');
    expect(pids.length).toBeGreaterThan(4);
    expect(pids.filter(isRunning)).toEqual([]);
  });
});

function isRunning(pid: unknown): boolean {
  try {
    return process.kill(Number(pid), 0);
  } catch {
    return false;
  }
}
