// Reads what was deployed: the functions of the stacks, their packaged code and their event source mappings.
// https://docs.aws.amazon.com/lambda/latest/api/API_GetFunction.html (here its address of the code is where it was deployed to, as s3://bucket/key)
import { execFile } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync } from 'node:fs';
import { mkdir, rename, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { paginateDescribeStacks, paginateListStackResources } from '@aws-sdk/client-cloudformation';
import { GetFunctionCommand, paginateListEventSourceMappings } from '@aws-sdk/client-lambda';
import type { EventSourceMappingConfiguration, FunctionConfiguration, LambdaClient } from '@aws-sdk/client-lambda';
import { GetObjectCommand } from '@aws-sdk/client-s3';
import type { S3Client } from '@aws-sdk/client-s3';
import { MisconfiguredError } from '../../shared/errors.ts';
import type { HostClients } from './clients.ts';
import type { DeployedFunction, DeployedMapping, KafkaSource } from './model.ts';

export interface Deployed {
  readonly functions: readonly DeployedFunction[];
  readonly mappings: readonly DeployedMapping[];
}

/**
 * @param stackPrefix stacks whose names begin with it are read.
 * @throws MisconfiguredError where a stack or mapping uses what the local host cannot run.
 */
export async function readDeployed(clients: HostClients, stackPrefix: string): Promise<Deployed> {
  const functions: DeployedFunction[] = [];
  for await (const page of paginateDescribeStacks({ client: clients.cloudformation }, {})) {
    for (const { StackName: stack = '' } of page.Stacks ?? []) {
      if (stack.startsWith(stackPrefix)) functions.push(...(await readStack(clients, stack)));
    }
  }
  const names = new Set(functions.map(({ name }) => name));
  const mappings: DeployedMapping[] = [];
  for await (const page of paginateListEventSourceMappings({ client: clients.lambda }, {})) {
    for (const mapping of page.EventSourceMappings ?? []) {
      if (mapping.State !== 'Disabled' && names.has(functionNameOf(mapping.FunctionArn ?? ''))) mappings.push(readMapping(mapping));
    }
  }
  return { functions, mappings };
}

async function readStack(clients: HostClients, stack: string): Promise<readonly DeployedFunction[]> {
  const names: string[] = [];
  const aliases = new Map<string, string>();
  for await (const page of paginateListStackResources({ client: clients.cloudformation }, { StackName: stack })) {
    for (const { PhysicalResourceId: physical = '', ResourceType: type } of page.StackResourceSummaries ?? []) {
      if (type === 'AWS::Lambda::Function') names.push(physical);
      if (type === 'AWS::Lambda::Alias') aliases.set(functionNameOf(physical), physical);
    }
  }
  return await Promise.all(names.map((name) => readFunction(clients.lambda, name, aliases.get(name))));
}

/** @param alias ARN of the alias that everybody calls, where the function has one: the version behind it is what runs. */
async function readFunction(client: LambdaClient, name: string, alias: string | undefined): Promise<DeployedFunction> {
  const latest = await client.send(new GetFunctionCommand({ FunctionName: name }));
  const { Configuration: found = {}, Code: code } =
    alias === undefined ? latest : await client.send(new GetFunctionCommand({ FunctionName: alias }));
  const { bucket, key } = /^s3:\/\/(?<bucket>[^/]+)\/(?<key>.+)$/.exec(code?.Location ?? '')?.groups ?? {};
  if (bucket === undefined || key === undefined) throw new MisconfiguredError(`${name}: its code lies in no bucket; deploy packaged code`);
  return {
    ...{ name, arn: alias ?? found.FunctionArn ?? '', code: { bucket, key } },
    ...settingsOf(found),
    // Of all versions together.
    reservedConcurrency: latest.Concurrency?.ReservedConcurrentExecutions,
  };
}

type Settings = Omit<DeployedFunction, 'name' | 'arn' | 'code' | 'reservedConcurrency'>;

function settingsOf({ Version, Role, Handler, Runtime, MemorySize, Timeout, Environment, CodeSha256 }: FunctionConfiguration): Settings {
  return {
    version: Version ?? '$LATEST',
    role: Role ?? '',
    handler: Handler ?? '',
    runtime: Runtime ?? '',
    memoryMiB: MemorySize ?? 128,
    timeoutMs: (Timeout ?? 3) * 1000,
    variables: Environment?.Variables ?? {},
    codeSha256: CodeSha256 ?? '',
  };
}

/** @returns the mapping with Lambda's defaults filled in. @throws MisconfiguredError for what the local host would otherwise silently ignore. */
export function readMapping(found: EventSourceMappingConfiguration): DeployedMapping {
  const { UUID: uuid = '', FunctionArn: functionArn = '', EventSourceArn: sourceArn = '', DestinationConfig: destinations } = found;
  const unsupported = unsupportedIn(found);
  const source = sourceOf(sourceArn);
  if (unsupported !== undefined || source === undefined) {
    const what = unsupported ?? `the source ${sourceArn}`;
    throw new MisconfiguredError(`event source mapping ${uuid} of ${functionArn}: the local Lambda host cannot run ${what}`);
  }
  return {
    uuid,
    functionName: functionNameOf(functionArn),
    source,
    sourceArn,
    kafka: kafkaOf(found),
    ...batchRulesOf(found),
    startingPosition: found.StartingPosition === 'LATEST' ? 'LATEST' : 'TRIM_HORIZON',
    onFailureQueueArn: destinations?.OnFailure?.Destination,
    maxConcurrency: found.ScalingConfig?.MaximumConcurrency,
  };
}

function kafkaOf(found: EventSourceMappingConfiguration): KafkaSource | undefined {
  const servers = found.SelfManagedEventSource?.Endpoints?.KAFKA_BOOTSTRAP_SERVERS;
  if (servers === undefined) return undefined;
  return {
    servers,
    topic: found.Topics?.[0] ?? '',
    groupId: found.SelfManagedKafkaEventSourceConfig?.ConsumerGroupId ?? found.UUID ?? '',
    access: (found.SourceAccessConfigurations ?? []).map(({ Type: type = '', URI: uri = '' }) => ({ type, uri })),
  };
}

function batchRulesOf(found: EventSourceMappingConfiguration) {
  return {
    batchSize: found.BatchSize ?? 10,
    batchingWindowMs: (found.MaximumBatchingWindowInSeconds ?? 0) * 1000,
    reportsBatchItemFailures: found.FunctionResponseTypes?.includes('ReportBatchItemFailures') ?? false,
    bisects: found.BisectBatchOnFunctionError ?? false,
    maxRetries: limitOf(found.MaximumRetryAttempts),
    maxRecordAgeMs: limitOf(found.MaximumRecordAgeInSeconds) * 1000,
  };
}

function unsupportedIn(found: EventSourceMappingConfiguration): string | undefined {
  const destination = found.DestinationConfig?.OnFailure?.Destination;
  if ((found.FilterCriteria?.Filters ?? []).length > 0) return 'FilterCriteria';
  if ((found.TumblingWindowInSeconds ?? 0) > 0) return 'a tumbling window';
  if (found.StartingPosition === 'AT_TIMESTAMP') return 'the starting position AT_TIMESTAMP';
  if (destination !== undefined && sourceOf(destination) !== 'sqs') return 'an on-failure destination that is not an SQS queue';
  return isKafka(found.EventSourceArn) ? unsupportedInKafka(found) : undefined;
}

/** A failed batch of a topic is tried again as it is. */
function unsupportedInKafka(found: EventSourceMappingConfiguration): string | undefined {
  if (found.SelfManagedEventSource === undefined) return 'an Amazon MSK cluster';
  if (found.FunctionResponseTypes?.includes('ReportBatchItemFailures') === true) return 'ReportBatchItemFailures of a topic';
  if (found.BisectBatchOnFunctionError === true) return 'BisectBatchOnFunctionError of a topic';
  return limitOf(found.MaximumRecordAgeInSeconds) < Infinity ? 'MaximumRecordAgeInSeconds of a topic' : undefined;
}

function isKafka(arn = ''): boolean {
  return sourceOf(arn) === 'kafka';
}

function sourceOf(arn: string): DeployedMapping['source'] | undefined {
  const service = arn.split(':')[2];
  return service === 'sqs' || service === 'kinesis' || service === 'kafka' ? service : undefined;
}

/** Lambda writes "no limit" as -1. */
function limitOf(found: number | undefined): number {
  return found === undefined || found < 0 ? Infinity : found;
}

/** @param arn of a function, a version or an alias. */
export function functionNameOf(arn: string): string {
  return arn.split(':')[6] ?? '';
}

/**
 * Unpacks the function's deployed zip once per version of the code.
 * @returns the folder that serves as LAMBDA_TASK_ROOT.
 * @throws MisconfiguredError where the object is not the code that Lambda says was deployed.
 */
export async function unpackCode(client: S3Client, deployed: DeployedFunction, directory: string): Promise<string> {
  const version = Buffer.from(deployed.codeSha256, 'base64').toString('hex').slice(0, 16);
  const target = join(directory, deployed.name, version);
  if (existsSync(target)) return target;
  const { Body: body } = await client.send(new GetObjectCommand({ Bucket: deployed.code.bucket, Key: deployed.code.key }));
  const zip = await body?.transformToByteArray();
  if (zip === undefined || createHash('sha256').update(zip).digest('base64') !== deployed.codeSha256) {
    throw new MisconfiguredError(
      `${deployed.name}: s3://${deployed.code.bucket}/${deployed.code.key} is not the code that was deployed; deploy again`,
    );
  }
  await mkdir(join(directory, deployed.name), { recursive: true });
  // In Lambda no package.json lies above the code; ours would make an ES module of every .js file.
  await writeFile(join(directory, 'package.json'), '{}');
  await rm(`${target}.new`, { recursive: true, force: true });
  await writeFile(`${target}.zip`, zip);
  await promisify(execFile)('python3', ['-m', 'zipfile', '-e', `${target}.zip`, `${target}.new`]);
  await rm(`${target}.zip`);
  await rename(`${target}.new`, target);
  return target;
}
