// The parked bucket: records that could not be processed, kept with the reason until somebody redrives them. One object holds the
// records of one unit and stage as gzip of NDJSON, under a key that a redelivery of the unit writes again.
import { promisify } from 'node:util';
import { gzip } from 'node:zlib';
import { PutObjectCommand, type S3Client } from '@aws-sdk/client-s3';
import { digest } from '../ids.ts';
import type { Origin, ParkedRecord, RejectCode } from '../model.ts';
import { placeOf } from '../seal/vault.ts';

export interface ParkedStore {
  readonly s3: S3Client;
  readonly bucket: string;
}

export interface Parker {
  /** Takes a record at once; what it costs is waited for in settled(). */
  add(record: ParkedRecord): void;
  /** Resolves when no more than one object's worth of records per stage is held in memory. */
  settled(): Promise<void>;
  /** Writes the rest. @returns the keys of all objects written. */
  end(): Promise<readonly string[]>;
}

export type Stage = ParkedRecord['stage'];
export const STAGES: readonly Stage[] = ['decode', 'parse', 'map', 'index', 'detect'];

/** Bytes of a record's text that are kept where the evidence has all of it. Documents, and what has no evidence, are kept whole. */
const RAW_BYTES = 256 * 1024;

/** An object is closed at either: what a reader has to hold in memory. */
const OBJECT_LIMITS = { records: 10_000, characters: 8 * 1024 * 1024 };

const compress = promisify(gzip);

interface Lines {
  text: string[];
  characters: number;
  readonly codes: Map<RejectCode, number>;
}

/**
 * Parks the records of one unit.
 * @param evidence vault key of the unit, written into records that name none.
 * @param scope tells apart what is parked of the unit by several deliveries (hub batches); the same for each delivery when it is repeated.
 */
export function createParker(store: ParkedStore, origin: Origin, evidence?: string, scope = ''): Parker {
  const open = new Map<Stage, Lines>();
  const written = new Map<Stage, number>();
  const keys: string[] = [];
  let last: Promise<void> = Promise.resolve();

  function close(stage: Stage, lines: Lines): void {
    const part = written.get(stage) ?? 0;
    written.set(stage, part + 1);
    open.delete(stage);
    const key = parkedKey(stage, origin, scope, part);
    keys.push(key);
    last = last.then(() => writeLines(store, { key, stage, origin }, lines));
    // Told by settled() and end(); without this a failure before they are awaited would end the process.
    last.catch(() => undefined);
  }

  return {
    add(record) {
      let lines = open.get(record.stage);
      if (lines === undefined) open.set(record.stage, (lines = { text: [], characters: 0, codes: new Map() }));
      addLine(lines, { ...record, evidence: record.evidence ?? evidence });
      if (lines.text.length >= OBJECT_LIMITS.records || lines.characters >= OBJECT_LIMITS.characters) close(record.stage, lines);
    },
    settled: () => last,
    async end() {
      for (const [stage, lines] of open) close(stage, lines);
      await last;
      return keys;
    },
  };
}

/**
 * Parks records that were found behind the hub, where one delivery may hold several units and a unit comes in several deliveries.
 * @param scope names the delivery (sequence number of the hub record), the same when it is repeated.
 */
export async function parkRecords(store: ParkedStore, records: Iterable<ParkedRecord>, scope: string): Promise<readonly string[]> {
  const parkers = new Map<string, Parker>();
  for (const record of records) {
    let parker = parkers.get(record.origin.uri);
    if (parker === undefined) parkers.set(record.origin.uri, (parker = createParker(store, record.origin, undefined, scope)));
    parker.add(record);
  }
  const keys: string[] = [];
  for (const parker of parkers.values()) keys.push(...(await parker.end()));
  return keys;
}

/** Writes these records in place of what is under the key. */
export async function overwriteParked(store: ParkedStore, key: string, records: readonly [ParkedRecord, ...ParkedRecord[]]): Promise<void> {
  const lines: Lines = { text: [], characters: 0, codes: new Map() };
  for (const record of records) addLine(lines, record);
  await writeLines(store, { key, stage: records[0].stage, origin: records[0].origin }, lines);
}

function addLine(lines: Lines, record: ParkedRecord): void {
  const isWhole = record.document !== undefined || record.evidence === undefined;
  const line = JSON.stringify({ ...record, raw: isWhole ? record.raw : cut(record.raw) });
  lines.text.push(line);
  lines.characters += line.length;
  lines.codes.set(record.code, (lines.codes.get(record.code) ?? 0) + 1);
}

/** @returns the text, or as many whole characters of it as fit into RAW_BYTES of UTF-8. */
export function cut(text: string): string {
  if (text.length * 3 <= RAW_BYTES) return text;
  const bytes = Buffer.from(text);
  if (bytes.length <= RAW_BYTES) return text;
  let end = RAW_BYTES;
  // Bytes 10xxxxxx continue a character.
  while (end > 0 && ((bytes[end] ?? 0) & 0xc0) === 0x80) end--;
  return bytes.toString('utf8', 0, end);
}

/** `<stage>/<source>/<yyyy>/<mm>/<dd>/<digest of the uri>[-<part>].ndjson.gz` */
export function parkedKey(stage: Stage, origin: Origin, scope: string, part: number): string {
  const { source, day } = placeOf(origin);
  const name = scope === '' ? digest(16, origin.uri) : digest(16, origin.uri, scope);
  return `${stage}/${source}/${day.replaceAll('-', '/')}/${name}${part === 0 ? '' : `-${part}`}.ndjson.gz`;
}

async function writeLines({ s3, bucket }: ParkedStore, about: { key: string; stage: Stage; origin: Origin }, lines: Lines): Promise<void> {
  const { key, stage, origin } = about;
  const records = lines.text.length;
  const body = await compress(`${lines.text.join('\n')}\n`);
  lines.text = [];
  const codes = [...lines.codes].sort(([a], [b]) => (a < b ? -1 : 1)).map(([code, count]) => `${code}=${count}`);
  await s3.send(
    new PutObjectCommand({
      Bucket: bucket,
      Key: key,
      Body: body,
      ContentType: 'application/gzip',
      Metadata: {
        stage,
        source: placeOf(origin).source,
        records: String(records),
        codes: codes.join(','),
        delivered: String(origin.time),
      },
    }),
  );
}
