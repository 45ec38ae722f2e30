// Versions and aliases on the emulator, as stacks/plugins/release.ts deploys them: which code runs, and that the place in the stream is kept. CodeDeploy
// is not there (the emulator passes it over, an alias moves at once): test/unit/release looks at what it is told. And the guard of a stack's state.
import { createWriteStream, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { CloudFormationClient, CreateStackCommand, GetStackPolicyCommand, UpdateStackCommand } from '@aws-sdk/client-cloudformation';
import { KinesisClient, PutRecordsCommand } from '@aws-sdk/client-kinesis';
import { GetAliasCommand, LambdaClient, ListEventSourceMappingsCommand, UpdateAliasCommand } from '@aws-sdk/client-lambda';
import { CreateBucketCommand, PutObjectCommand, S3Client } from '@aws-sdk/client-s3';
import { NodeHttpHandler } from '@smithy/node-http-handler';
import { ZipFile } from 'yazl';
import { startEmulator } from '../../local/emulator.ts';
import { startLambdaHost, type LambdaHost } from '../../local/lambda-host.ts';
import { freePort } from '../../local/ports.ts';
import { isArray, object, parseJson } from '../../shared/outcome.ts';
import { guardState } from '../../stacks/plugins/guard.ts';
import { withReleases, type Template } from '../../stacks/plugins/release.ts';

const STACK = 'release-test';
const FUNCTION = `${STACK}-reader`;
const BUCKET = `${STACK}-code`;

/** Prints which code it is, as which version it runs, and what it was given. */
const HANDLER = `
export async function handler(event) {
  const seen = (event.Records ?? []).map(({ kinesis }) => Buffer.from(kinesis.data, 'base64').toString());
  console.log(JSON.stringify({ code: CODE, version: process.env.AWS_LAMBDA_FUNCTION_VERSION, seen }));
  return { batchItemFailures: [] };
}`;

/** As osls compiles it. */
function plain(code: number): Template {
  const trust = { Statement: [{ Effect: 'Allow', Principal: { Service: 'lambda.amazonaws.com' }, Action: 'sts:AssumeRole' }] };
  return {
    Resources: {
      Role: { Type: 'AWS::IAM::Role', Properties: { RoleName: `${STACK}-role`, AssumeRolePolicyDocument: trust } },
      Stream: { Type: 'AWS::Kinesis::Stream', Properties: { Name: `${STACK}-stream`, ShardCount: 1 } },
      ReaderLambdaFunction: {
        Type: 'AWS::Lambda::Function',
        Properties: {
          ...{ FunctionName: FUNCTION, Handler: 'index.handler', Runtime: 'nodejs24.x', Timeout: 5, MemorySize: 128 },
          ...{ Role: { 'Fn::GetAtt': ['Role', 'Arn'] }, Code: { S3Bucket: BUCKET, S3Key: `${code}.zip` } },
        },
      },
      Mapping: {
        Type: 'AWS::Lambda::EventSourceMapping',
        Properties: {
          ...{ FunctionName: { 'Fn::GetAtt': ['ReaderLambdaFunction', 'Arn'] }, EventSourceArn: { 'Fn::GetAtt': ['Stream', 'Arn'] } },
          ...{ StartingPosition: 'TRIM_HORIZON', BatchSize: 10, FunctionResponseTypes: ['ReportBatchItemFailures'] },
        },
      },
    },
  };
}

/** @param version what the code counts as: the version is another one where it differs. */
function released(code: number, version = code): Template {
  const codes = new Map([[`${code}.zip`, String(version)]]);
  const names = { prefix: STACK, roles: STACK, account: '111111111111', region: 'us-east-1', topic: '' };
  return withReleases(plain(code), { ...names, codes, traffic: 'canary' });
}

jest.setTimeout(60_000);

describe('a release', () => {
  const stops: (() => Promise<void> | void)[] = [];
  let directory: string;
  let host: LambdaHost;
  let common: {
    readonly endpoint: string;
    readonly region: string;
    readonly credentials: { accessKeyId: string; secretAccessKey: string };
  };
  let clients: { cloudFormation: CloudFormationClient; kinesis: KinesisClient; lambda: LambdaClient; s3: S3Client };

  beforeAll(async () => {
    directory = mkdtempSync(join(tmpdir(), 'release-test-'));
    stops.push(() => rmSync(directory, { recursive: true }));
    const port = await freePort();
    const emulator = await startEmulator({ lambdaHost: `http://127.0.0.1:${port}`, accountId: '111111111111' });
    stops.push(() => emulator.stop());
    common = { endpoint: emulator.endpoint, region: 'us-east-1', credentials: { accessKeyId: 'test', secretAccessKey: 'test' } };
    clients = {
      cloudFormation: new CloudFormationClient(common),
      kinesis: new KinesisClient({ ...common, requestHandler: new NodeHttpHandler() }),
      lambda: new LambdaClient(common),
      s3: new S3Client({ ...common, forcePathStyle: true }),
    };
    stops.push(() => Object.values(clients).forEach((client) => client.destroy()));
    host = await startLambdaHost({ ...common, accountId: '111111111111', port, directory, stackPrefix: STACK, log: () => undefined });
    stops.push(() => host.stop());
    await clients.s3.send(new CreateBucketCommand({ Bucket: BUCKET }));
    for (const code of [1, 2, 3])
      await clients.s3.send(new PutObjectCommand({ Bucket: BUCKET, Key: `${code}.zip`, Body: await zipOf(code) }));
    await clients.cloudFormation.send(new CreateStackCommand({ StackName: STACK, TemplateBody: JSON.stringify(plain(1)) }));
    await host.refresh();
  }, 120_000);
  afterAll(async () => {
    for (const stop of stops.reverse()) await stop();
  });

  async function zipOf(code: number): Promise<Buffer> {
    const file = join(directory, `${code}.zip`);
    const zip = new ZipFile();
    zip.addBuffer(Buffer.from(HANDLER.replace('CODE', String(code))), 'index.mjs');
    zip.end();
    await pipeline(zip.outputStream, createWriteStream(file));
    return await readFile(file);
  }

  async function deploy(template: Template): Promise<void> {
    await clients.cloudFormation.send(new UpdateStackCommand({ StackName: STACK, TemplateBody: JSON.stringify(template) }));
    await host.refresh();
  }

  let printed = 0;

  /** Puts one record. @returns who has seen it, and what with it. */
  async function put(text: string): Promise<readonly unknown[]> {
    const Records = [{ Data: Buffer.from(text), PartitionKey: 'k' }];
    await clients.kinesis.send(new PutRecordsCommand({ StreamName: `${STACK}-stream`, Records }));
    await host.quiesce();
    const lines = readFileSync(join(directory, 'logs', `${FUNCTION}.log`), 'utf8')
      .split('\n')
      .map(parseJson)
      .filter((line) => isArray(object(line)?.['seen']));
    return lines.slice(printed, (printed = lines.length));
  }

  async function mappings(): Promise<readonly (string | undefined)[]> {
    const { EventSourceMappings: found = [] } = await clients.lambda.send(new ListEventSourceMappingsCommand({}));
    return found.map(({ UUID }) => UUID);
  }

  async function live(): Promise<string | undefined> {
    return (await clients.lambda.send(new GetAliasCommand({ FunctionName: FUNCTION, Name: 'live' }))).FunctionVersion;
  }

  it('changes a mapping over to the alias in place: nothing is read twice or passed over', async () => {
    const [first, before] = [await put('a'), await mappings()];
    await deploy(released(1));

    expect(first).toEqual([{ code: 1, version: '$LATEST', seen: ['a'] }]);
    expect(await put('b')).toEqual([{ code: 1, version: '1', seen: ['b'] }]);
    expect(await mappings()).toEqual(before);
  });

  it('runs the new code as the next version', async () => {
    await deploy(released(2));

    expect([await live(), await put('c')]).toEqual(['2', [{ code: 2, version: '2', seen: ['c'] }]]);
  });

  it('runs the version behind the alias, whatever the function itself has by now', async () => {
    await deploy(released(3, 2));

    expect([await live(), await put('d')]).toEqual(['2', [{ code: 2, version: '2', seen: ['d'] }]]);
  });

  it('goes back to the code of a former version when the alias does', async () => {
    await clients.lambda.send(new UpdateAliasCommand({ FunctionName: FUNCTION, Name: 'live', FunctionVersion: '1' }));
    await host.refresh();

    expect(await put('e')).toEqual([{ code: 1, version: '1', seen: ['e'] }]);
  });

  it('that would replace a stream is refused, unless that stream is named', async () => {
    const changed = JSON.parse(JSON.stringify(released(3)).replace(`"${STACK}-stream"`, '"another"')) as Template;
    const guarded = { stackName: STACK, template: changed };

    await expect(guardState(common, { ...guarded, replaced: [] })).rejects.toThrow(
      `Name of Stream (AWS::Kinesis::Stream) would change from "${STACK}-stream" to "another", and the resource be replaced`,
    );
    await guardState(common, { ...guarded, replaced: ['Stream'] });
    const { StackPolicyBody: policy } = await clients.cloudFormation.send(new GetStackPolicyCommand({ StackName: STACK }));
    expect(parseJson(policy ?? '')).toMatchObject({ Statement: [{ Effect: 'Allow' }, { NotResource: ['LogicalResourceId/Stream'] }] });
    await expect(guardState(common, { ...guarded, stackName: 'none-yet', replaced: [] })).resolves.toBeUndefined();
  });
});
