// https://httpd.apache.org/docs/2.4/logs.html and https://httpd.apache.org/docs/2.4/mod/core.html#errorlogformat
// Access logs in the formats common, combined and vhost_combined, also with more fields behind them, to HTTP Activity 4002; error log lines
// (2.2 and 2.4) to Base Event 0. The mapping is in shared/sources/lib/web-log.ts. Error log times have no zone: they are taken as UTC.
import type { Outcome, RawRecord } from '../model.ts';
import { BASE_EVENT, HTTP_ACTIVITY } from '../ocsf/classes.ts';
import { reject, value } from '../outcome.ts';
import type { Context, Source } from './api.ts';
import type { Stray } from './lib/line.ts';
import { pidOf } from './lib/syslog-event.ts';
import { timeOfParts } from './lib/times.ts';
import { accessOf, webEvent, webRecord, type ServerError, type WebRecord } from './lib/web-log.ts';

const SERVER = { product: { name: 'HTTP Server', vendor_name: 'Apache' }, forwarded: false };

export const apache: Source<WebRecord> = {
  name: 'apache',
  title: 'Apache HTTP Server access and error logs',
  documentation: 'https://httpd.apache.org/docs/2.4/logs.html',
  classes: [HTTP_ACTIVITY.uid, BASE_EVENT.uid],
  framing: { kind: 'lines' },
  delivered: ["Kafka, Kinesis, S3, CloudWatch Logs: as the bank's file says"],
  claims: () => false,
  recognises: (head) => ACCESS_LINE.test(head) || ERROR_LINE.test(head),
  parse,
  map: (native, record, context) => webEvent(native, SERVER, record, context),
};

const ACCESS_LINE =
  /^(?:\S+ )?\S+ \S+ [^\n"[]{1,100} \[\d\d\/[A-Z][a-z]{2}\/\d{4}:\d\d:\d\d:\d\d [+-]\d{4}\] "[^\n]*?" (?:\d{3}|-) (?:\d+|-)(?:\s|$)/;
const ERROR_LINE =
  /^\[[A-Z][a-z]{2} ([A-Z][a-z]{2}) {1,2}(\d{1,2}) (\d\d:\d\d:\d\d(?:\.\d{1,9})?) (\d{4})\] \[(?:([a-z0-9_-]{1,40}):)?([a-z0-9]{1,8})\] /;
/** What may stand between the level and the message. */
const PROCESS = /\[pid (\d{1,10})(?::tid (\d{1,20}))?\] /y;
const CLIENT = /\[(?:client|remote) ([^\]\s]{1,100})\] /y;
const CODE = /(AH\d{5}): /y;

function parse(record: RawRecord, context: Context): Outcome<WebRecord> {
  return webRecord(record, context, (line) => {
    const match = ERROR_LINE.exec(line);
    return match === null ? accessOf(line) : errorOf(line, match);
  });
}

function errorOf(line: string, match: RegExpExecArray): Outcome<ServerError> {
  const [beginning, month = '', day = '', clock = '', year = '', module, level = ''] = match;
  const time = timeOfParts({ year, month, day }, clock);
  if (time === undefined) return reject('bad_value', 'the time is none');
  const stray: Stray[] = [];
  if (module !== undefined) stray.push(['module', module]);
  const process = at(PROCESS, line, beginning.length);
  const pid = pidOf(process.parts[1]);
  if (pid === undefined && process.parts[1] !== undefined) stray.push(['pid', process.parts[1]]);
  if (process.parts[2] !== undefined) stray.push(['tid', process.parts[2]]);
  const client = at(CLIENT, line, process.end);
  if (client.parts[1] !== undefined) stray.push(['client', client.parts[1]]);
  const code = at(CODE, line, client.end);
  const timeText = line.slice(1, line.indexOf(']'));
  return value({ kind: 'error', time, timeText, level, pid, code: code.parts[1], message: line.slice(code.end), stray });
}

/** @returns what stands at a place, and where it ends. */
function at(pattern: RegExp, line: string, from: number): { readonly parts: readonly (string | undefined)[]; readonly end: number } {
  pattern.lastIndex = from;
  const parts = pattern.exec(line);
  return parts === null ? { parts: [], end: from } : { parts, end: from + parts[0].length };
}
