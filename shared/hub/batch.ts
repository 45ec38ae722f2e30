// The hub's batch format: one Kinesis record = gzip of NDJSON: a header line, then for each event an OpenSearch action line and the
// document line. The body behind the header is a _bulk request as it stands: the indexer sends it on without parsing the events.
// https://docs.opensearch.org/latest/api-reference/document-apis/bulk/ and
// https://docs.aws.amazon.com/streams/latest/dev/service-sizes-and-limits.html (1 MiB per record)
import { gzipSync } from 'node:zlib';
import { gunzipText } from '../decode/gunzip.ts';
import { isDocumentId } from '../ids.ts';
import type { HubDocument, Origin, Outcome, ReplayMark } from '../model.ts';
import { isIndexName, isReplayIndexName } from '../opensearch/index-name.ts';
import { isReplayMark } from '../replay/target.ts';
import { isObject, parseJson, reject, text, value } from '../outcome.ts';

export interface BatchHeader {
  readonly hub: 1;
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
  for (const document of documents) out += `${actionLine(document)}\n${document.json}\n`;
  return out;
}

/** `create`, not `index`: a document that is there already stays as it is, and the answer says so (409). */
export function actionLine(document: { readonly id: string; readonly index: string }): string {
  return `{"create":{"_index":"${document.index}","_id":"${document.id}"}}`;
}

/** @returns the batch, or a reject where the bytes are no hub record: somebody else writes to the hub. */
export function decodeBatch(record: Uint8Array): Exclude<Outcome<Batch>, { kind: 'exclude' }> {
  const expanded = gunzipText(record, MAX_TEXT_BYTES);
  if (expanded.kind === 'reject') return expanded;
  const lines = expanded.value.split('\n');
  const header = parseJson(lines[0] ?? '');
  if (!isBatchHeader(header)) return reject('malformed_record', 'the first line is no hub header of version 1');
  const documents: HubDocument[] = [];
  for (let at = 1; at + 1 < lines.length; at += 2) {
    const place = placeOf(lines[at] ?? '');
    if (place === undefined) return reject('malformed_record', `line ${at + 1} of the hub batch names no index or id of ours`);
    documents.push({ ...place, json: lines[at + 1] ?? '' });
  }
  if (documents.length !== header.events)
    return reject('malformed_record', `the hub header says ${header.events} events, ${documents.length} follow`);
  return value({ header, documents });
}

function isBatchHeader(candidate: unknown): candidate is BatchHeader {
  if (!isObject(candidate) || candidate['hub'] !== 1 || typeof candidate['events'] !== 'number') return false;
  if (candidate['replay'] !== undefined && !isReplayMark(candidate['replay'])) return false;
  return typeof candidate['evidence'] === 'string' && isOrigin(candidate['origin']);
}

const ORIGIN_TEXTS = ['bank', 'account', 'region', 'source', 'trigger', 'uri'] as const;

function isOrigin(candidate: unknown): candidate is Origin {
  return isObject(candidate) && typeof candidate['time'] === 'number' && ORIGIN_TEXTS.every((name) => typeof candidate[name] === 'string');
}

function placeOf(action: string): { id: string; index: string } | undefined {
  const parsed = parseJson(action);
  const create = isObject(parsed) ? parsed['create'] : undefined;
  if (!isObject(create)) return undefined;
  const id = text(create['_id']);
  const index = text(create['_index']);
  // They go into a bulk request unescaped: what we would not have written must not get there.
  if (id === undefined || index === undefined || !isDocumentId(id)) return undefined;
  return isIndexName(index) || isReplayIndexName(index) ? { id, index } : undefined;
}
