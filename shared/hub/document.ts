// The form in which an event travels and is indexed: the event itself, short and valid, with its payloads as JSON text.
// Payloads stay text because their field types conflict between services (the index must never refuse a document for that) and because
// the words in them are then searchable at a fifth of the size of a flat_object field. https://schema.ocsf.io/1.8.0/objects/request (data is json_t)
import { documentId } from '../ids.ts';
import type { HubDocument, OcsfEvent, Origin } from '../model.ts';
import type { NormaliseOptions, Transform } from '../normalise.ts';
import { inRange } from '../ocsf/event.ts';
import { isObject, object, parseJson, reject, text, value } from '../outcome.ts';
import type { Sensitive } from '../redact/sensitive.ts';
import { indexOf, yearlyIndexOf } from '../opensearch/index-name.ts';
import { fitsHub, type Batcher } from './batch.ts';
import { lean, withoutTokens } from './lean.ts';

/** Of the unit that an event comes from: how its index is named. */
export interface Delivered {
  readonly origin: Pick<Origin, 'time'>;
  /** Whoever writes there chooses the times too. */
  readonly way?: string | undefined;
}

const DAY_MS = 86_400_000;
/** Before and after its delivery, an event that somebody dates himself has an index by the day. */
const NEAR = { before: 35 * DAY_MS, after: DAY_MS };

/** @returns the event as one line of JSON with its deterministic id and index. */
export function toDocument(event: OcsfEvent, delivered?: Delivered): HubDocument {
  const index = isFar(event, delivered) ? yearlyIndexOf(event.class_uid, event.time) : indexOf(event.class_uid, event.time);
  return { id: documentId(event.metadata.uid), index, json: JSON.stringify(withTextPayloads(lean(event))) };
}

/** Each day is an index of its own: one file with an event of every day there ever was would be more of them than a cluster can hold. */
function isFar({ time }: OcsfEvent, delivered: Delivered | undefined): boolean {
  if (delivered?.way === undefined) return false;
  return time < delivered.origin.time - NEAR.before || time > delivered.origin.time + NEAR.after;
}

/**
 * As toDocument(), without what the bank hides. It is looked for in the text that has to be made anyway: most events hold nothing of the
 * kind and are not walked through.
 */
export function toCleanDocument(event: OcsfEvent, sensitive: Sensitive | undefined, delivered: Delivered): HubDocument {
  const document = toDocument(event, delivered);
  return sensitive?.suspects(document.json) === true ? toDocument(sensitive.clean(event), delivered) : document;
}

export interface ToHub {
  readonly transforms: readonly Transform[];
  readonly batcher: Batcher;
  readonly sensitive: Sensitive | undefined;
  readonly unit: Delivered;
}

/**
 * The end of a normaliser's road to the hub: what comes out of the transforms goes into the batches as documents.
 * An event that no hub record could hold is rejected, so that its record is parked and does not block the stream.
 */
export function toHub({ transforms, batcher, sensitive, unit }: ToHub): Pick<NormaliseOptions, 'transforms' | 'onEvent'> {
  let document: HubDocument | undefined;
  const serialise: Transform = (event) => {
    document = toCleanDocument(event, sensitive, unit);
    return fitsHub(document) ? value(event) : reject('record_too_large', 'the event does not fit into a hub record');
  };
  return {
    transforms: [...transforms, serialise],
    onEvent() {
      if (document !== undefined) batcher.add(document);
    },
  };
}

/** The event of a document; its payloads stay JSON text, which few readers look into. @returns undefined if the line is no event. */
export function fromDocument(json: string): OcsfEvent | undefined {
  const event: unknown = parseJson(json);
  return isEvent(event) ? event : undefined;
}

/** Has what everybody reads unasked. */
function isEvent(candidate: unknown): candidate is OcsfEvent {
  if (!isObject(candidate) || !isObject(candidate['metadata'])) return false;
  const { class_uid, severity_id, time, metadata } = candidate;
  const product = object(metadata['product']);
  const texts = [metadata['uid'], product?.['name'], product?.['vendor_name']];
  const numbers = [class_uid, severity_id].every((found) => typeof found === 'number');
  return numbers && typeof time === 'number' && inRange(time) && texts.every((found) => text(found) !== undefined);
}

function withTextPayloads(event: OcsfEvent): OcsfEvent {
  const api = event['api'];
  if (!isObject(api)) return event;
  const request = textData(api['request']);
  const response = textData(api['response']);
  if (request === api['request'] && response === api['response']) return event;
  return { ...event, api: { ...api, request, response } };
}

function textData(payload: unknown): unknown {
  if (!isObject(payload)) return payload;
  const data = payload['data'];
  return data === undefined || data === null ? payload : { ...payload, data: withoutTokens(JSON.stringify(data)) };
}
