// One message of a stream or topic as records. Every message is accounted for, also one in which framing finds no record.
import type { Json, Outcome } from '../model.ts';
import { exclude, parseJson, reject } from '../outcome.ts';
import type { Framing } from '../sources/api.ts';
import type { FrameSink } from './frame-sink.ts';
import { createFramer } from './framer.ts';

/** @returns what becomes of a message in which framing found no record; undefined for any other. */
export function frameMessage(
  body: Buffer,
  framing: Framing,
  sink: FrameSink,
): Exclude<Outcome<never>, { readonly kind: 'value' }> | undefined {
  let records = 0;
  let headers = 0;
  const framer = createFramer(framing, {
    record(text, json) {
      records++;
      sink.record(text, json);
    },
    header(line) {
      headers++;
      sink.header(line);
    },
    broken(problem, text) {
      records++;
      sink.broken(problem, text);
    },
  });
  framer.push(body);
  framer.end();
  if (records > 0) return undefined;
  if (headers > 0) return exclude('header_alone');
  return holdsNothing(body.toString('utf8')) ? exclude('empty_message') : reject('malformed_record', 'no record is in the message');
}

/** True for white space, and for lists of nothing: `{"Records":[]}`. */
function holdsNothing(text: string): boolean {
  if (text.trim() === '') return true;
  const open: (Json | undefined)[] = [parseJson(text)];
  for (let at = 0; at < open.length; at++) {
    const node = open[at];
    if (typeof node !== 'object' || node === null) return false;
    for (const member of Object.values(node)) open.push(member);
  }
  return true;
}
