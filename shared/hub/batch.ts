// The hub's batch format: one Kinesis record = gzip of NDJSON: a header line, then for each event an OpenSearch action line and the
// document line. The body behind the header is a _bulk request as it stands: the indexer sends it on without parsing the events.
// https://docs.opensearch.org/latest/api-reference/document-apis/bulk/ and
// https://docs.aws.amazon.com/streams/latest/dev/service-sizes-and-limits.html (1 MiB per record)
import { gunzipSync, gzipSync } from 'node:zlib';
import type { HubDocument, Outcome } from '../model.ts';
import { isObject, parseJson, reject, text, value } from '../outcome.ts';

export interface BatchHeader {
  readonly hub: 1;
  readonly bank: string;
  readonly source: string;
  /** Vault key of the sealed bytes that the events come from. */
  readonly evidence: string;
  /** When the unit was delivered, ms since the epoch. */
  readonly delivered: number;
  readonly events: number;
}

export interface Batch {
  readonly header: BatchHeader;
  readonly documents: readonly HubDocument[];
}

/** Kinesis counts data and partition key; 4 KiB are left for the key. */
const MAX_RECORD_BYTES = 1024 * 1024 - 4096;

/** Text collected before a batch is compressed: about 150–400 KiB compressed, and a good size for one _bulk request. */
const BATCH_CHARACTERS = 2 * 1024 * 1024;

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

/** A batch that does not fit into one record is halved until it does; a single document always fits, its record is at most 4 MiB of text. */
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
export function decodeBatch(record: Uint8Array): Outcome<Batch> {
  let lines: readonly string[];
  try {
    lines = gunzipSync(record).toString('utf8').split('\n');
  } catch (error) {
    return reject('corrupt_compression', error instanceof Error ? error.message : 'not gzip');
  }
  const header = parseJson(lines[0] ?? '');
  if (!isBatchHeader(header)) return reject('malformed_record', 'the first line is no hub header of version 1');
  const documents: HubDocument[] = [];
  for (let at = 1; at + 1 < lines.length; at += 2) {
    const place = placeOf(lines[at] ?? '');
    if (place === undefined) return reject('malformed_record', `line ${at + 1} of the hub batch names no index or id`);
    documents.push({ ...place, json: lines[at + 1] ?? '' });
  }
  if (documents.length !== header.events) return reject('malformed_record', `the hub header says ${header.events} events, ${documents.length} follow`);
  return value({ header, documents });
}

function isBatchHeader(candidate: unknown): candidate is BatchHeader {
  return isObject(candidate) && candidate['hub'] === 1 && typeof candidate['events'] === 'number';
}

function placeOf(action: string): { id: string; index: string } | undefined {
  const parsed = parseJson(action);
  const create = isObject(parsed) ? parsed['create'] : undefined;
  if (!isObject(create)) return undefined;
  const id = text(create['_id']);
  const index = text(create['_index']);
  return id === undefined || index === undefined ? undefined : { id, index };
}
