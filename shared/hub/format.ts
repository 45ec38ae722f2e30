// Formats of a hub record (shared/hub/batch.ts): which ones this release reads, which one it writes, and how each says a document's place.
//   1  {"create":{"_index":"ocsf-api_activity-2026.01.15","_id":"…"}}    the action line of a _bulk request
//   2  … ocsf-api_activity-2026.01.15                                    id and index; the index is left out where it is that of the line before
// A stream keeps records for days, and during an upgrade both releases read it: what a release writes by itself, the release before it must read.
// A new format therefore comes in two steps, a release that reads it and a later one that writes it by itself; in between, `hub_format` of the bank's
// file switches the writers. It is packed with the code, so the switch is released, watched and rolled back as code is. A format that nobody
// writes any more is read for one release longer than the streams' retention. https://docs.aws.amazon.com/streams/latest/dev/kinesis-extended-retention.html
import type { BankConfig } from '../config.ts';
import { isDocumentId } from '../ids.ts';
import type { HubDocument } from '../model.ts';
import { isIndexName, isReplayIndexName } from '../opensearch/index-name.ts';
import { isObject, object, parseJson, text } from '../outcome.ts';

export const READ_FORMATS = [1, 2] as const;

export type HubFormat = (typeof READ_FORMATS)[number];

/** Where the bank's file says nothing. */
export const WRITTEN_FORMAT: HubFormat = 1;

/** Where a document goes to. */
export type Place = Omit<HubDocument, 'json'>;

export function isHubFormat(candidate: unknown): candidate is HubFormat {
  return READ_FORMATS.some((format) => format === candidate);
}

/** @returns the format in which the bank's hub records are written. */
export function writtenFormat({ hub_format: chosen }: Pick<BankConfig, 'hub_format'>): HubFormat {
  return chosen ?? WRITTEN_FORMAT;
}

/** `create`, not `index`: a document that is there already stays as it is, and the answer says so (409). */
export function actionLine({ id, index }: Place): string {
  return `{"create":{"_index":"${index}","_id":"${id}"}}`;
}

/** @param before of the document before it in the record. */
export function placeLine(format: HubFormat, place: Place, before: Place | undefined): string {
  if (format === 1) return actionLine(place);
  return before?.index === place.index ? place.id : `${place.id} ${place.index}`;
}

/** @returns undefined where the line names no id or index of ours: they go into a bulk request unescaped. */
export function readPlace(format: HubFormat, line: string, before: Place | undefined): Place | undefined {
  const { id, index } = format === 1 ? ofAction(line) : ofWords(line, before);
  if (id === undefined || index === undefined || !isDocumentId(id)) return undefined;
  return index === before?.index || isIndexName(index) || isReplayIndexName(index) ? { id, index } : undefined;
}

interface Found {
  readonly id: string | undefined;
  readonly index: string | undefined;
}

function ofAction(line: string): Found {
  const action = parseJson(line);
  const create = isObject(action) ? object(action['create']) : undefined;
  return { id: text(create?.['_id']), index: text(create?.['_index']) };
}

function ofWords(line: string, before: Place | undefined): Found {
  const space = line.indexOf(' ');
  return space < 0 ? { id: line, index: before?.index } : { id: line.slice(0, space), index: line.slice(space + 1) };
}
