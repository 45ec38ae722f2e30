// https://nginx.org/en/docs/http/ngx_http_log_module.html (access log) and https://nginx.org/en/docs/ngx_core_module.html#error_log
// Access logs in format combined, or one that begins like it, to HTTP Activity 4002; error log lines to Base Event 0. The mapping is in
// shared/sources/lib/web-log.ts. A single field behind the user agent, as in the packages' format `main`, is X-Forwarded-For.
// Error log times have no zone: they are taken as UTC.
import type { Outcome, RawRecord } from '../model.ts';
import { BASE_EVENT, HTTP_ACTIVITY } from '../ocsf/classes.ts';
import { reject, value } from '../outcome.ts';
import type { Context, Source } from './api.ts';
import type { Stray } from './lib/line.ts';
import { pidOf } from './lib/syslog-event.ts';
import { productTime } from './lib/times.ts';
import { accessOf, webEvent, webRecord, type ServerError, type WebRecord } from './lib/web-log.ts';

const SERVER = { product: { name: 'nginx', vendor_name: 'F5' }, forwarded: true };

export const nginx: Source<WebRecord> = {
  name: 'nginx',
  title: 'nginx access and error logs',
  documentation: 'https://nginx.org/en/docs/http/ngx_http_log_module.html',
  classes: [HTTP_ACTIVITY.uid, BASE_EVENT.uid],
  framing: { kind: 'lines' },
  delivered: ["Kafka, Kinesis, S3, CloudWatch Logs: as the bank's file says"],
  claims: () => false,
  recognises: (head) => ERROR_LINE.test(firstLine(head)) || MAIN_LINE.test(firstLine(head)),
  parse,
  map: (native, record, context) => webEvent(native, SERVER, record, context),
};

/** Combined alone is Apache's format too: only what is nginx's own is taken for it. */
const MAIN_LINE = /^\S+ - \S+ \[\d\d\/[A-Z][a-z]{2}\/\d{4}:[^\]]{1,20}\] "[^"]*" \d{3} \d+ "[^"]*" "[^"]*" "[^"]*"$/;
const ERROR_LINE = /^(\d{4}\/\d\d\/\d\d \d\d:\d\d:\d\d) \[([a-z]{1,8})\] (\d{1,10})#(\d{1,20}): (?:\*(\d{1,20}) )?/;

function firstLine(head: string): string {
  return head.slice(0, head.indexOf('\n') < 0 ? head.length : head.indexOf('\n')).trimEnd();
}

function parse(record: RawRecord, context: Context): Outcome<WebRecord> {
  return webRecord(record, context, (line) => {
    const match = ERROR_LINE.exec(line);
    return match === null ? accessOf(line) : errorOf(line, match);
  });
}

function errorOf(line: string, match: RegExpExecArray): Outcome<ServerError> {
  const [beginning, timeText = '', level = '', process = '', thread = '', connection] = match;
  const time = productTime(timeText);
  if (time === undefined) return reject('bad_value', 'the time is none');
  const pid = pidOf(process);
  const stray: Stray[] = [['tid', thread]];
  if (pid === undefined) stray.push(['pid', process]);
  if (connection !== undefined) stray.push(['connection', connection]);
  return value({ kind: 'error', time, timeText, level, pid, code: undefined, message: line.slice(beginning.length), stray });
}
