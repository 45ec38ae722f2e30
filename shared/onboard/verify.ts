// Probes are delivered, and waited for: until each is sealed in the vault and found in OpenSearch, or the time is over.
// https://docs.aws.amazon.com/guardduty/latest/ug/sample_findings.html, https://docs.aws.amazon.com/eventbridge/latest/APIReference/API_PutEvents.html
import { setTimeout as sleep } from 'node:timers/promises';
import { CreateLogStreamCommand, PutLogEventsCommand } from '@aws-sdk/client-cloudwatch-logs';
import { PutEventsCommand } from '@aws-sdk/client-eventbridge';
import { CreateSampleFindingsCommand, ListDetectorsCommand } from '@aws-sdk/client-guardduty';
import { PutRecordCommand } from '@aws-sdk/client-kinesis';
import { HeadObjectCommand, PutObjectCommand } from '@aws-sdk/client-s3';
import type { BankConfig } from '../config.ts';
import { MisconfiguredError } from '../errors.ts';
import type { Origin } from '../model.ts';
import type { OpenSearch } from '../opensearch/client.ts';
import { ask, numberOf, typeOf } from '../opensearch/ask.ts';
import { object } from '../outcome.ts';
import { ifThere } from '../s3.ts';
import { periodsOf } from '../search/periods.ts';
import { vaultKey, type VaultSource } from '../seal/vault.ts';
import { newestIn } from '../status/arrived.ts';
import { objectUnit } from '../units.ts';
import type { Probe } from './probes.ts';
import type { Session } from './sessions.ts';

export interface VerifyDeps {
  /** As the region has it. */
  readonly bank: BankConfig;
  readonly client: OpenSearch;
  readonly vault: VaultSource;
  /** Name of a bucket that the security stack says in its outputs. */
  readonly bucketOf: (output: string) => string;
  /** In the security account, and in the account whose probes they are. */
  readonly security: Session;
  readonly session: Session;
  readonly timeoutMs: number;
  /** Between two looks, ms. */
  readonly pollMs?: number;
}

export interface ProbeResult {
  readonly source: string;
  readonly account: string;
  readonly region: string;
  /** Where it was put. */
  readonly way: string;
  /** Seconds from delivery; undefined where it was not seen in time. */
  readonly sealed: number | undefined;
  readonly searchable: number | undefined;
  /** What to look at, where it was not. */
  readonly next: string | undefined;
}

interface Delivered {
  readonly probe: Probe;
  /** ms since the epoch */
  readonly at: number;
  /** Key of its evidence, where it is known beforehand. */
  readonly key: string | undefined;
  failure?: string;
  sealed?: number;
  searchable?: number;
}

const POLL_MS = 5000;
const HOUR_MS = 3_600_000;
const LOG_STREAM = 'strongroom-probe';

/** @param tell is given each result as it is known. @throws as OpenSearch and S3 do. */
export async function verifyProbes(
  probes: readonly Probe[],
  deps: VerifyDeps,
  tell: (result: ProbeResult) => void = () => undefined,
): Promise<readonly ProbeResult[]> {
  const delivered: Delivered[] = [];
  for (const probe of probes) delivered.push(await deliver(probe, deps));
  const until = Date.now() + deps.timeoutMs;
  const told = new Set<Delivered>();
  for (;;) {
    for (const one of delivered.filter((other) => !isOver(other))) await look(one, deps);
    const isLate = Date.now() > until;
    for (const one of delivered.filter((other) => !told.has(other) && (isLate || isOver(other)))) {
      told.add(one);
      tell(resultOf(one, deps));
    }
    if (told.size === delivered.length) return delivered.map((one) => resultOf(one, deps));
    await sleep(deps.pollMs ?? POLL_MS);
  }
}

function isOver({ failure, sealed, searchable }: Delivered): boolean {
  return failure !== undefined || (sealed !== undefined && searchable !== undefined);
}

async function deliver(probe: Probe, deps: VerifyDeps): Promise<Delivered> {
  const at = Date.now();
  try {
    return { probe, at, key: await put(probe, at, deps) };
  } catch (error) {
    return { probe, at, key: undefined, failure: error instanceof Error ? error.message : String(error) };
  }
}

/** @returns the key of what it is sealed as, where that is known. */
async function put({ way }: Probe, at: number, { bank, bucketOf, security, session }: VerifyDeps): Promise<string | undefined> {
  switch (way.kind) {
    case 'object': {
      const bucket = bucketOf(way.landing);
      const { ETag = '' } = await security.s3.send(new PutObjectCommand({ Bucket: bucket, Key: way.key, Body: way.bytes }));
      const arrived = { bucket, key: way.key, version: ETag.replaceAll('"', ''), time: at, body: nothing() };
      return vaultKey(objectUnit(arrived, bank).origin);
    }
    case 'log': {
      const stream = { logGroupName: way.group, logStreamName: LOG_STREAM };
      await session.logs.send(new CreateLogStreamCommand(stream)).catch(unlessThere);
      await session.logs.send(new PutLogEventsCommand({ ...stream, logEvents: [{ timestamp: at, message: way.message }] }));
      return undefined;
    }
    case 'record':
      await session.kinesis.send(
        // By ARN: the stream is the security account's.
        new PutRecordCommand({
          StreamARN: `arn:aws:kinesis:${bank.region}:${bank.security_account}:stream/${way.stream}`,
          PartitionKey: LOG_STREAM,
          Data: Buffer.from(way.data),
        }),
      );
      return undefined;
    case 'finding':
      await putFinding(way, session);
      return undefined;
  }
}

async function putFinding(
  { type, detail }: Extract<Probe['way'], { kind: 'finding' }>,
  { account, events, guardDuty }: Session,
): Promise<void> {
  const [DetectorId] = (await guardDuty.send(new ListDetectorsCommand({}))).DetectorIds ?? [];
  if (DetectorId !== undefined) {
    await guardDuty.send(new CreateSampleFindingsCommand({ DetectorId, FindingTypes: [type] }));
    return;
  }
  // AWS takes such an event from nobody but itself; an emulator does.
  const entry = { Source: 'aws.guardduty', DetailType: 'GuardDuty Finding', Detail: JSON.stringify(detail) };
  const { Entries = [] } = await events.send(new PutEventsCommand({ Entries: [entry] }));
  const refused = Entries.find(({ ErrorCode }) => ErrorCode !== undefined);
  if (refused !== undefined)
    throw new MisconfiguredError(`GuardDuty is not enabled in ${account}: it has no detector that could make a sample`);
}

async function* nothing(): AsyncGenerator<Uint8Array> {
  // Only the unit's name is wanted.
}

function unlessThere(error: unknown): void {
  if (!(error instanceof Error) || error.name !== 'ResourceAlreadyExistsException') throw error;
}

async function look(one: Delivered, deps: VerifyDeps): Promise<void> {
  const now = Date.now();
  if (one.sealed === undefined && (await isSealed(one, deps))) one.sealed = seconds(now - one.at);
  if (one.searchable === undefined && (await isFound(one, deps))) one.searchable = seconds(now - one.at);
}

async function isSealed({ at, key, probe }: Delivered, { bank, vault, session }: VerifyDeps): Promise<boolean> {
  if (key !== undefined) {
    return (await ifThere(vault.s3.send(new HeadObjectCommand({ Bucket: vault.bucket, Key: key })))) !== undefined;
  }
  const origin: Origin = {
    ...{ bank: bank.bank, account: session.account, region: bank.region, source: probe.source, trigger: 's3', uri: '', time: at },
  };
  const folder = vaultKey(origin).replace(/[^/]*$/, '');
  // Beside what else came in the meantime it cannot be told; that anything was sealed since is what can be seen. S3 counts in whole seconds.
  return (await newestIn(vault, folder)) >= at - 1000;
}

async function isFound({ at, probe }: Delivered, { client }: VerifyDeps): Promise<boolean> {
  const range = { from: at - HOUR_MS, to: at + HOUR_MS };
  const question = {
    method: 'POST',
    query: { ignore_unavailable: 'true', allow_no_indices: 'true' },
    body: { query: probe.query },
  } as const;
  try {
    const answer = await ask(client, `/${periodsOf(range, at)}/_count`, question);
    return numberOf(object(answer)?.['count']) > 0;
  } catch (error) {
    // An index that is only being made, for this very probe perhaps, has no shard that answers.
    if (typeOf(error) === 'search_phase_execution_exception') return false;
    throw error;
  }
}

function seconds(ms: number): number {
  return Math.round(ms / 100) / 10;
}

function resultOf({ probe, failure, sealed, searchable }: Delivered, { bank, session }: VerifyDeps): ProbeResult {
  const place = { source: probe.source, account: session.account, region: bank.region, way: wayText(probe) };
  const next = failure === undefined ? nextOf(bank, probe, { sealed, searchable }) : `it could not be delivered: ${failure}`;
  return { ...place, sealed, searchable, next };
}

function wayText({ way }: Probe): string {
  switch (way.kind) {
    case 'object':
      return `landing bucket (${way.landing})`;
    case 'log':
      return `log group ${way.group}`;
    case 'record':
      return `stream ${way.stream}`;
    case 'finding':
      return 'default event bus';
  }
}

const FUNCTIONS = { object: 'ingest-objects', log: 'ingest-stream', record: 'ingest-stream', finding: 'ingest-events' } as const;
const BEFORE = {
  object: 'the queue strongroom-<bank>-objects and its dead letters',
  log: 'the subscription filter of the log group, then the stream strongroom-<bank>-intake',
  record: 'the event source mapping of the stream',
  finding: 'the rule strongroom-<bank>-forward, its dead letters, then the queue strongroom-<bank>-events',
} as const;

function nextOf(
  { bank }: BankConfig,
  { way }: Probe,
  { sealed, searchable }: Pick<ProbeResult, 'sealed' | 'searchable'>,
): string | undefined {
  if (sealed !== undefined && searchable !== undefined) return undefined;
  const log = (name: string): string => `/aws/lambda/strongroom-${bank}-${name}`;
  if (sealed === undefined)
    return `not sealed: look at ${BEFORE[way.kind].replaceAll('<bank>', bank)}, then at ${log(FUNCTIONS[way.kind])}`;
  return `sealed, but not searchable: look at npx strongroom parked list, then at ${log('index')} and the alarms of the hub stream`;
}
