// Reading the parked bucket: what lies there, and the records themselves.
import { promisify } from 'node:util';
import { gunzip } from 'node:zlib';
import { DeleteObjectCommand, GetObjectCommand, HeadObjectCommand } from '@aws-sdk/client-s3';
import { MisconfiguredError, REJECT_CODES } from '../errors.ts';
import type { JsonObject, Origin, ParkedRecord } from '../model.ts';
import { isObject, parseJson, text } from '../outcome.ts';
import { ifThere, listKeys, listObjects } from '../s3.ts';
import { parkedKey, STAGES, type ParkedStore, type Stage } from './parked.ts';

/** One object of parked records. */
export interface ParkedObject {
  readonly key: string;
  readonly stage: string;
  readonly source: string;
  readonly records: number;
  /** Records per reject code. */
  readonly codes: Readonly<Record<string, number>>;
  /** When the unit was delivered, ms since the epoch. */
  readonly delivered: number;
  /** Bytes, compressed. */
  readonly size: number;
}

export interface ParkedFilter {
  readonly stage?: string | undefined;
  readonly source?: string | undefined;
}

const expand = promisify(gunzip);

/** Requests for metadata that are made at once. */
const LOOKUPS = 16;

/** All parked objects that the filter lets through, by key. */
export async function* listParked(store: ParkedStore, filter: ParkedFilter = {}): AsyncGenerator<ParkedObject> {
  let waiting: { readonly key: string; readonly size: number }[] = [];
  for await (const object of listed(store, filter)) {
    waiting.push(object);
    if (waiting.length < LOOKUPS) continue;
    yield* await describe(store, waiting);
    waiting = [];
  }
  yield* await describe(store, waiting);
}

/** Stages before the hub: what is parked of them is of one unit, under names that every processing of the unit gives again. */
const UNIT_STAGES = ['decode', 'parse', 'map'] as const;

/** Keys under which records of the unit are parked that were not to be read when it was processed. */
export async function* keysOfUnit(store: ParkedStore, origin: Origin): AsyncGenerator<string> {
  for (const stage of UNIT_STAGES) yield* listKeys(store, parkedKey(stage, origin, '', 0).replace(/\.ndjson\.gz$/, ''));
}

async function* listed(store: ParkedStore, { stage, source }: ParkedFilter): AsyncGenerator<{ key: string; size: number }> {
  for (const folder of stage === undefined ? STAGES : [stage])
    yield* listObjects(store, source === undefined ? `${folder}/` : `${folder}/${source}/`);
}

async function describe(
  { s3, bucket }: ParkedStore,
  objects: readonly { readonly key: string; readonly size: number }[],
): Promise<readonly ParkedObject[]> {
  const described = await Promise.all(
    objects.map(async ({ key, size }) => {
      const answer = await ifThere(s3.send(new HeadObjectCommand({ Bucket: bucket, Key: key })));
      return answer === undefined ? [] : [parkedObject(key, size, answer.Metadata ?? {})];
    }),
  );
  return described.flat();
}

function parkedObject(key: string, size: number, metadata: Readonly<Record<string, string>>): ParkedObject {
  const codes = (metadata['codes'] ?? '').split(',').filter((pair) => pair !== '');
  return {
    key,
    stage: metadata['stage'] ?? '',
    source: metadata['source'] ?? '',
    records: Number(metadata['records'] ?? 0),
    codes: Object.fromEntries(codes.map((pair) => [pair.slice(0, pair.indexOf('=')), Number(pair.slice(pair.indexOf('=') + 1))])),
    delivered: Number(metadata['delivered'] ?? 0),
    size,
  };
}

/** @returns the records under the key, in their order. @throws MisconfiguredError if there is nothing or something else. */
export async function readParked({ s3, bucket }: ParkedStore, key: string): Promise<readonly ParkedRecord[]> {
  const answer = await ifThere(s3.send(new GetObjectCommand({ Bucket: bucket, Key: key })));
  if (answer?.Body === undefined)
    throw new MisconfiguredError(`parked: ${key} is not in ${bucket}; \`strongroom parked list\` shows what is`);
  const bytes = await answer.Body.transformToByteArray();
  const expanded = await expand(bytes).catch((error: unknown) => {
    throw new MisconfiguredError(`parked: ${key} in ${bucket} is no object of parked records`, { cause: error });
  });
  const lines = expanded.toString().split('\n');
  return lines.filter((line) => line !== '').map((line, at) => parkedRecord(line, `line ${at + 1} of ${key}`));
}

export async function removeParked({ s3, bucket }: ParkedStore, key: string): Promise<void> {
  await s3.send(new DeleteObjectCommand({ Bucket: bucket, Key: key }));
}

/** One line of a parked object. @param where names it in errors. @throws MisconfiguredError if it is no parked record. */
export function parkedRecord(line: string, where: string): ParkedRecord {
  const candidate = parseJson(line);
  if (!isParkedRecord(candidate)) throw new MisconfiguredError(`parked: ${where} is no parked record`);
  return candidate;
}

function isParkedRecord(candidate: unknown): candidate is ParkedRecord {
  if (!isObject(candidate) || !isObject(candidate['origin'])) return false;
  const { stage, code, detail, index, raw } = candidate;
  return (
    isStage(stage) &&
    typeof code === 'string' &&
    Object.hasOwn(REJECT_CODES, code) &&
    typeof detail === 'string' &&
    typeof index === 'number' &&
    typeof raw === 'string' &&
    isOriginLike(candidate['origin'])
  );
}

function isOriginLike(origin: JsonObject): boolean {
  return (
    ['bank', 'account', 'region', 'source', 'trigger', 'uri'].every((name) => text(origin[name]) !== undefined) &&
    typeof origin['time'] === 'number'
  );
}

function isStage(candidate: unknown): candidate is Stage {
  return STAGES.some((stage) => stage === candidate);
}
