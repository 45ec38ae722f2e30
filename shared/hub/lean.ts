// What an event does not say twice in the index, and what no index may hold. The evidence has all of it, as it was delivered.
//  - A time that only repeats `time` or `start_time` to the millisecond, all that an index keeps of a time; an end is `duration` after `time`.
//  - Session tokens: who reads one in an index is whoever it was given to, until it ends.
//    https://docs.aws.amazon.com/STS/latest/APIReference/API_Credentials.html
//  - x-amz-id-2: S3's own trace of a request, which means nothing outside of it.
//    https://docs.aws.amazon.com/AmazonS3/latest/userguide/get-request-ids.html
import type { OcsfEvent, OcsfMetadata } from '../model.ts';
import { epochMs } from '../ocsf/event.ts';
import { isObject } from '../outcome.ts';

/** @returns the event with what is left of it; attributes that are undefined are not there. */
export function lean(event: OcsfEvent): OcsfEvent {
  const { time, metadata, unmapped } = event;
  const start = event['start_time'];
  const lasts = durationOf(event);
  return {
    ...event,
    start_time: start === time ? undefined : start,
    ...(lasts === undefined ? {} : { end_time: undefined, duration: lasts }),
    metadata: withoutTime(metadata, time),
    unmapped: isObject(unmapped) ? withoutTraces(unmapped, start) : unmapped,
  };
}

/** @returns ms from `time` to the end, where the event begins with it and says no duration of its own. */
function durationOf({ time, start_time: start, end_time: end, duration }: OcsfEvent): number | undefined {
  if (typeof end !== 'number' || end < time || duration !== undefined) return undefined;
  return start === undefined || start === time ? end - time : undefined;
}

function withoutTime(metadata: OcsfMetadata, time: number): OcsfMetadata {
  const original = metadata['original_time'];
  return typeof original === 'string' && epochMs(original) === time ? { ...metadata, original_time: undefined } : metadata;
}

type Unmapped = NonNullable<OcsfEvent['unmapped']>;

function withoutTraces(unmapped: Unmapped, start: unknown): Unmapped {
  const { request_creation_time: created, additionalEventData: additional } = unmapped;
  const isSaid = typeof created === 'string' && epochMs(created) === start;
  const isTraced = isObject(additional) && additional['x-amz-id-2'] !== undefined;
  if (!isSaid && !isTraced) return unmapped;
  return {
    ...unmapped,
    request_creation_time: isSaid ? undefined : created,
    additionalEventData: isTraced ? { ...additional, 'x-amz-id-2': undefined } : additional,
  };
}

const SUSPECT = /(?:session|security)token/i;
const TOKEN = /("(?:session|security)token":")(?:[^"\\]|\\.)*"/gi;
/** In JSON that is text in JSON, where each quote has its backslashes; what is no token of AWS's alphabet stays there. */
const INNER_TOKEN = /((?:session|security)token(\\+)":\s*\2")[\w+/=.-]*(?=\\+")/gi;

/** @param json of a payload. @returns it with the values of session tokens replaced. */
export function withoutTokens(json: string): string {
  return SUSPECT.test(json) ? json.replace(TOKEN, '$1(removed)"').replace(INNER_TOKEN, '$1(removed)') : json;
}
