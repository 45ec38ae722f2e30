// https://www.ibm.com/docs/en/dsm?topic=overview-leef-event-components
// IBM's Log Event Extended Format, with a syslog header or without: `LEEF:1.0|vendor|product|version|event id|key=value<tab>key=value`;
// version 2.0 has one more header field, the character between the pairs (`^`, or its code: `x5E`, `0x5E`; none: a tab).
//  - What has both addresses is Network Activity 4001, all else Base Event 0 (shared/sources/lib/product-event.ts).
//  - devTime is the event's time, else the syslog header's, else the delivery's. devTimeFormat is not followed, it stays in `unmapped`: times
//    are read in the forms that the format knows and the usual other ones.
import type { Json, JsonObject, Outcome, RawRecord } from '../model.ts';
import { BASE_EVENT, NETWORK_ACTIVITY } from '../ocsf/classes.ts';
import { inRange } from '../ocsf/event.ts';
import { reject, text, value } from '../outcome.ts';
import type { Context, Source } from './api.ts';
import { deliveredAt } from './lib/delivery.ts';
import { fieldsOf, takeText } from './lib/fields.ts';
import { productEvent, timeOfProduct, type Keys, type ProductEvent } from './lib/product-event.ts';
import { headerBefore } from './lib/syslog.ts';

export const leef: Source<ProductEvent> = {
  name: 'leef',
  title: 'Log Event Extended Format (LEEF)',
  documentation: 'https://www.ibm.com/docs/en/dsm?topic=overview-leef-event-components',
  classes: [NETWORK_ACTIVITY.uid, BASE_EVENT.uid],
  framing: { kind: 'syslog' },
  delivered: ["Kafka, Kinesis, S3, CloudWatch Logs: as the bank's file says"],
  claims: () => false,
  recognises: (head) => /^[^\n|]{0,1000}\bLEEF: ?[12](?:\.0)?\|/.test(head),
  parse,
  map: (event, record, context) => productEvent(event, KEYS, record, context),
};

const KEYS: Keys = {
  format: 'LEEF',
  time: 'devTime',
  source: { ip: 'src', port: 'srcPort', mac: 'srcMAC', bytes: 'srcBytes', packets: 'srcPackets' },
  destination: { ip: 'dst', port: 'dstPort', mac: 'dstMAC', bytes: 'dstBytes', packets: 'dstPackets' },
  protocol: 'proto',
  user: 'usrName',
  action: 'action',
  url: 'url',
  message: 'msg',
  device: { ip: 'dvc', host: 'dvchost', uid: 'deviceGUID' },
};

const START = /\bLEEF: ?([12](?:\.0)?)\|/;
/** Where the format begins at the latest. */
const MAX_HEADER = 1024;

function parse(record: RawRecord, context: Context): Outcome<ProductEvent> {
  const raw = record.text;
  const start = START.exec(raw.slice(0, MAX_HEADER));
  if (start === null) return reject('malformed_record', 'no LEEF header');
  const version = start[1] ?? '';
  const parts = headerFields(raw, start.index + start[0].length);
  if (parts === undefined) return reject('malformed_record', 'less than 4 header fields behind the version');
  const [vendor, product, productVersion, eventId] = parts.fields;
  const header = headerBefore(raw.slice(0, start.index), deliveredAt(record, context));
  const pairs = version.startsWith('2') ? afterDelimiter(raw, parts.end) : { separator: undefined, from: parts.end };
  const fields = fieldsOf(attributes(raw.slice(pairs.from), pairs.separator));
  const severity = takeText(fields, 'sev');
  const event = { header, vendor, product, productVersion, eventId, version, name: undefined, severity, fields };
  return inRange(timeOfProduct(event, KEYS.time)) ? value(event) : reject('time_out_of_range', 'devTime or the time of the syslog header');
}

interface Header {
  readonly fields: readonly [string, string, string, string];
  readonly end: number;
}

function headerFields(raw: string, from: number): Header | undefined {
  const fields: string[] = [];
  let start = from;
  while (fields.length < 4) {
    const bar = raw.indexOf('|', start);
    if (bar < 0) return undefined;
    fields.push(raw.slice(start, bar).trim());
    start = bar + 1;
  }
  const [vendor = '', product = '', version = '', eventId = ''] = fields;
  return { fields: [vendor, product, version, eventId], end: start };
}

const DELIMITER = /(?:(0?x[0-9A-Fa-f]{1,4})|([^\w\s|]|\t)?)\|/y;

/** Some leave the field out, though the version has it. */
function afterDelimiter(raw: string, at: number): { readonly separator: string | undefined; readonly from: number } {
  DELIMITER.lastIndex = at;
  const match = DELIMITER.exec(raw);
  if (match === null) return { separator: undefined, from: at };
  const code = match[1] === undefined ? undefined : Number.parseInt(match[1].slice(match[1].indexOf('x') + 1), 16);
  return { separator: code === undefined ? text(match[2]) : String.fromCharCode(code), from: at + match[0].length };
}

/** What syslog daemons write for a tab. */
const WRITTEN_TABS = ['\t', '#011', '<009>', '\\0x09'] as const;

function attributes(pairs: string, separator: string | undefined): JsonObject {
  const found = new Map<string, string[]>();
  const between = separator ?? WRITTEN_TABS.find((tab) => pairs.includes(tab)) ?? '\t';
  for (const pair of pairs.split(between)) {
    const equals = pair.indexOf('=');
    const key = pair.slice(0, Math.max(0, equals)).trim();
    const member = pair.slice(equals + 1).trim();
    if (key === '' && member === '') continue;
    const values = found.get(key);
    if (values === undefined) found.set(key, [member]);
    else values.push(member);
  }
  return Object.fromEntries([...found].map(([key, values]): [string, Json] => [key, values.length === 1 ? (values[0] ?? '') : values]));
}
