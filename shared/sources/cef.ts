// https://www.microfocus.com/documentation/arcsight/arcsight-smartconnectors-8.3/cef-implementation-standard/Content/CEF/Chapter%201%20What%20is%20CEF.htm
// ArcSight Common Event Format, with a syslog header or without: `CEF:0|vendor|product|version|event id|name|severity|key=value …`.
//  - What has both addresses is Network Activity 4001, all else Base Event 0 (shared/sources/lib/product-event.ts).
//  - rt is the event's time, else the syslog header's, else the delivery's. `in` and `out` stay in `unmapped`: products disagree about which
//    end they look from.
//  - `\|`, `\=`, `\\`, `\n` and `\r` are unescaped. A `=` that no key stands before is part of the value.
import type { Json, JsonObject, Outcome, RawRecord } from '../model.ts';
import { BASE_EVENT, NETWORK_ACTIVITY } from '../ocsf/classes.ts';
import { inRange } from '../ocsf/event.ts';
import { reject, value } from '../outcome.ts';
import type { Context, Source } from './api.ts';
import { deliveredAt } from './lib/delivery.ts';
import { fieldsOf } from './lib/fields.ts';
import { productEvent, timeOfProduct, type Keys, type ProductEvent } from './lib/product-event.ts';
import { headerBefore } from './lib/syslog.ts';

export const cef: Source<ProductEvent> = {
  name: 'cef',
  title: 'Common Event Format (CEF)',
  documentation:
    'https://www.microfocus.com/documentation/arcsight/arcsight-smartconnectors-8.3/cef-implementation-standard/Content/CEF/Chapter%201%20What%20is%20CEF.htm',
  classes: [NETWORK_ACTIVITY.uid, BASE_EVENT.uid],
  framing: { kind: 'syslog' },
  delivered: ["Kafka, Kinesis, S3, CloudWatch Logs: as the bank's file says"],
  claims: () => false,
  recognises: (head) => /^[^\n|]{0,1000}\bCEF: ?\d{1,2}\|/.test(head),
  parse,
  map: (event, record, context) => productEvent(event, KEYS, record, context),
};

const KEYS: Keys = {
  format: 'CEF',
  time: 'rt',
  source: { ip: 'src', port: 'spt', mac: 'smac', host: 'shost' },
  destination: { ip: 'dst', port: 'dpt', mac: 'dmac', host: 'dhost' },
  protocol: 'proto',
  user: 'suser',
  userUid: 'suid',
  process: 'sproc',
  pid: 'spid',
  action: 'act',
  outcome: 'outcome',
  message: 'msg',
  url: 'request',
  application: 'app',
  start: 'start',
  end: 'end',
  device: { ip: 'dvc', host: 'dvchost', uid: 'deviceExternalId' },
};

const START = /\bCEF: ?(\d{1,2})\|/;
/** Where the format begins at the latest. */
const MAX_HEADER = 1024;
const HEADER_FIELDS = 6;

const SPACE = 32;
const EQUALS = 61;
const BACKSLASH = 92;
const BAR = 124;

function parse(record: RawRecord, context: Context): Outcome<ProductEvent> {
  const start = START.exec(record.text.slice(0, MAX_HEADER));
  if (start === null) return reject('malformed_record', 'no CEF header');
  const from = start.index + start[0].length;
  const { parts, end } = headerFields(record.text, from);
  const [vendor, product, productVersion, eventId, name, severity] = parts;
  if (vendor === undefined || product === undefined || productVersion === undefined || eventId === undefined || severity === undefined) {
    return reject('malformed_record', `${parts.length} header fields behind the version where ${HEADER_FIELDS} are due`);
  }
  const header = headerBefore(record.text.slice(0, start.index), deliveredAt(record, context));
  const fields = fieldsOf(extension(record.text, end));
  const event = { header, vendor, product, productVersion, eventId, version: start[1] ?? '', name, severity, fields };
  return inRange(timeOfProduct(event, KEYS.time)) ? value(event) : reject('time_out_of_range', 'rt or the time of the syslog header');
}

/** @returns the fields up to the sixth bar, the last of which may be missing, and where the extension begins. */
function headerFields(text: string, from: number): { readonly parts: readonly string[]; readonly end: number } {
  const parts: string[] = [];
  let start = from;
  for (let at = from; at <= text.length; at++) {
    const character = text.charCodeAt(at);
    if (character === BACKSLASH) at++;
    else if (character === BAR || (at === text.length && parts.length === HEADER_FIELDS - 1)) {
      parts.push(
        text
          .slice(start, at)
          .replaceAll(/\\([|\\])/g, '$1')
          .trim(),
      );
      start = at + 1;
      if (parts.length === HEADER_FIELDS) break;
    }
  }
  return { parts, end: Math.min(start, text.length) };
}

const KEY = /^[A-Za-z_][\w.\-[\]]{0,127}$/;

/** A key goes back to the space before its `=`, a value up to the space before the next key. */
function extension(text: string, from: number): JsonObject {
  const pairs = new Map<string, string[]>();
  let space = from - 1;
  let key: string | undefined;
  let start = from;
  for (let at = from; at < text.length; at++) {
    const character = text.charCodeAt(at);
    if (character === BACKSLASH) at++;
    else if (character === SPACE) space = at;
    else if (character === EQUALS && space + 1 >= start) {
      const next = text.slice(space + 1, at);
      if (!KEY.test(next)) continue;
      add(pairs, key, text.slice(start, Math.max(start, space)));
      key = next;
      start = at + 1;
    }
  }
  add(pairs, key, text.slice(start));
  return Object.fromEntries([...pairs].map(([name, values]): [string, Json] => [name, values.length === 1 ? (values[0] ?? '') : values]));
}

/** @param key undefined: text before the first key. */
function add(pairs: Map<string, string[]>, key: string | undefined, raw: string): void {
  const text = unescaped(raw.trim());
  if (key === undefined && text === '') return;
  const values = pairs.get(key ?? '');
  if (values === undefined) pairs.set(key ?? '', [text]);
  else values.push(text);
}

const ESCAPED = /\\([\\=|nr])/g;

function unescaped(text: string): string {
  if (!text.includes('\\')) return text;
  return text.replaceAll(ESCAPED, (_, character: string) => (character === 'n' ? '\n' : character === 'r' ? '\r' : character));
}
