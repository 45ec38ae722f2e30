// The form in which an event travels and is indexed: the event itself, short and valid, with its payloads as JSON text.
// Payloads stay text because their field types conflict between services (the index must never refuse a document for that) and because
// the words in them are then searchable at a fifth of the size of a flat_object field. https://schema.ocsf.io/1.8.0/objects/request (data is json_t)
import { documentId } from '../ids.ts';
import type { HubDocument, OcsfEvent } from '../model.ts';
import type { NormaliseOptions, Transform } from '../normalise.ts';
import { inRange } from '../ocsf/event.ts';
import { isObject, object, parseJson, reject, text, value } from '../outcome.ts';
import type { Sensitive } from '../redact/sensitive.ts';
import { indexOf } from '../opensearch/index-name.ts';
import { fitsHub, type Batcher } from './batch.ts';

/** @returns the event as one line of JSON with its deterministic id and index. */
export function toDocument(event: OcsfEvent): HubDocument {
  return { id: documentId(event.metadata.uid), index: indexOf(event.class_uid, event.time), json: JSON.stringify(withTextPayloads(event)) };
}

/**
 * As toDocument(), without what the bank hides. It is looked for in the text that has to be made anyway: most events hold nothing of the
 * kind and are not walked through.
 */
export function toCleanDocument(event: OcsfEvent, sensitive: Sensitive | undefined): HubDocument {
  const document = toDocument(event);
  return sensitive?.suspects(document.json) === true ? toDocument(sensitive.clean(event)) : document;
}

/**
 * The end of a normaliser's road to the hub: what comes out of the transforms goes into the batches as documents.
 * An event that no hub record could hold is rejected, so that its record is parked and does not block the stream.
 */
export function toHub(
  transforms: readonly Transform[],
  batcher: Batcher,
  sensitive?: Sensitive,
): Pick<NormaliseOptions, 'transforms' | 'onEvent'> {
  let document: HubDocument | undefined;
  const serialise: Transform = (event) => {
    document = toCleanDocument(event, sensitive);
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
  return data === undefined || data === null ? payload : { ...payload, data: JSON.stringify(data) };
}
