// The hub's batch format: one Kinesis record = gzip of NDJSON: a header line, then for each event a line that says where it goes
// (shared/hub/format.ts) and the document line. The indexer sends documents on without parsing them.
// https://docs.opensearch.org/latest/api-reference/document-apis/bulk/ and
// https://docs.aws.amazon.com/streams/latest/dev/service-sizes-and-limits.html (1 MiB per record)
import { gzipSync } from 'node:zlib';
import { gunzipText } from '../decode/gunzip.ts';
import type { HubDocument, Origin, Outcome, ReplayMark } from '../model.ts';
import { isReplayMark } from '../replay/target.ts';
import { isObject, parseJson, reject, value } from '../outcome.ts';
import { actionLine, isHubFormat, placeLine, READ_FORMATS, readPlace, type HubFormat } from './format.ts';

export interface BatchHeader {
  /** Keys that a reader does not know mean nothing to it: they may be added without another format. */
  readonly hub: HubFormat;
  /** The unit that the events come from: a batch is of one unit. */
  readonly origin: Origin;
  /** Vault key of the unit's sealed bytes; empty for findings, which come from no unit. */
  readonly evidence: string;
  /** See Route.way in shared/sources/routes.ts: who reads it knows that no service wrote the events. */
  readonly way?: string | undefined;
  /** On a batch that is not new. */
  readonly replay?: ReplayMark | undefined;
  /** Key of the parked object that the documents come out of, where they are redriven. */
  readonly redriven?: string | undefined;
  readonly events: number;
}

export interface Batch {
  readonly header: BatchHeader;
  readonly documents: readonly HubDocument[];
}

/** Kinesis counts data and partition key; 4 KiB are left for the key. */
const MAX_RECORD_BYTES = 1024 * 1024 - 4096;

/** Enough for the header line: S3 keys have at most 1024 bytes, and it names two. */
const HEADER_BYTES = 16 * 1024;

/** Text collected before a batch is compressed: about 150–400 KiB compressed, and a good size for one _bulk request. */
const BATCH_CHARACTERS = 2 * 1024 * 1024;

/** What a record expands to at most: a batch's text and one document beyond it; more was written by somebody else. */
const MAX_TEXT_BYTES = 64 * 1024 * 1024;

// Level 3 costs half of the default and keeps 95 % of its effect on NDJSON of one source.
const GZIP = { level: 3 } as const;

export interface Batcher {
  add(document: HubDocument): void;
  end(): void;
}

/** Packs documents into hub records of at most 1 MiB and hands each to `onRecord` as soon as it is full. */
export function createBatcher(header: Omit<BatchHeader, 'events'>, onRecord: (record: Buffer) => void): Batcher {
  let documents: HubDocument[] = [];
  let characters = 0;
  function flush(): void {
    if (documents.length > 0) for (const record of encode(header, documents)) onRecord(record);
    documents = [];
    characters = 0;
  }
  return {
    add(document) {
      documents.push(document);
      characters += document.json.length;
      if (characters >= BATCH_CHARACTERS) flush();
    },
    end: flush,
  };
}

/** False for a document that no hub record can hold; whoever makes documents asks before handing one on. */
export function fitsHub({ id, index, json }: HubDocument): boolean {
  // A character takes at most 3 bytes, and gzip adds next to nothing.
  const room = MAX_RECORD_BYTES - HEADER_BYTES;
  if ((json.length + id.length + index.length) * 3 <= room) return true;
  return gzipSync(`${actionLine({ id, index })}\n${json}\n`, GZIP).length <= room;
}

/** A batch that does not fit into one record is halved until it does; a single document is taken to fit. */
function encode(header: Omit<BatchHeader, 'events'>, documents: readonly HubDocument[]): readonly Buffer[] {
  const record = gzipSync(batchText(header, documents), GZIP);
  if (record.length <= MAX_RECORD_BYTES || documents.length === 1) return [record];
  const half = documents.length >> 1;
  return [...encode(header, documents.slice(0, half)), ...encode(header, documents.slice(half))];
}

function batchText(header: Omit<BatchHeader, 'events'>, documents: readonly HubDocument[]): string {
  let out = `${JSON.stringify({ ...header, events: documents.length })}\n`;
  for (const [at, document] of documents.entries()) out += `${placeLine(header.hub, document, documents[at - 1])}\n${document.json}\n`;
  return out;
}

/** @returns the batch, or a reject where the bytes are no hub record: somebody else writes to the hub. */
export function decodeBatch(record: Uint8Array): Exclude<Outcome<Batch>, { kind: 'exclude' }> {
  const expanded = gunzipText(record, MAX_TEXT_BYTES);
  if (expanded.kind === 'reject') return expanded;
  const lines = expanded.value.split('\n');
  const header = parseJson(lines[0] ?? '');
  if (!isBatchHeader(header)) return reject('malformed_record', whyNot(header));
  const documents: HubDocument[] = [];
  for (let at = 1; at + 1 < lines.length; at += 2) {
    const place = readPlace(header.hub, lines[at] ?? '', documents.at(-1));
    if (place === undefined) return reject('malformed_record', `line ${at + 1} of the hub batch names no index or id of ours`);
    documents.push({ ...place, json: lines[at + 1] ?? '' });
  }
  if (documents.length !== header.events)
    return reject('malformed_record', `the hub header says ${header.events} events, ${documents.length} follow`);
  return value({ header, documents });
}

/** A record of a later release is told apart from one of somebody else: it is parked too, and redriven once this release is that one. */
function whyNot(header: unknown): string {
  const format = isObject(header) ? header['hub'] : undefined;
  if (typeof format !== 'number' || isHubFormat(format)) return 'the first line is no hub header';
  return `a hub record of format ${format}, this release reads ${READ_FORMATS.join(' and ')}: redrive it after the upgrade`;
}

function isBatchHeader(candidate: unknown): candidate is BatchHeader {
  if (!isObject(candidate) || !isHubFormat(candidate['hub']) || typeof candidate['events'] !== 'number') return false;
  if (candidate['replay'] !== undefined && !isReplayMark(candidate['replay'])) return false;
  return typeof candidate['evidence'] === 'string' && isOrigin(candidate['origin']);
}

const ORIGIN_TEXTS = ['bank', 'account', 'region', 'source', 'trigger', 'uri'] as const;

function isOrigin(candidate: unknown): candidate is Origin {
  return isObject(candidate) && typeof candidate['time'] === 'number' && ORIGIN_TEXTS.every((name) => typeof candidate[name] === 'string');
}
