// https://dev.mysql.com/doc/refman/8.4/en/error-log-format.html and https://mariadb.com/docs/server/server-management/server-monitoring-logs/error-log
// Error log of MySQL 5.5 to 8.4, Aurora MySQL and MariaDB. `Access denied for user` is a failed Authentication 3002, everything else Base Event 0.
//   2026-01-01T00:00:00.123456Z 0 [Warning] [MY-010068] [Server] …   MySQL 8; 5.7 without number and subsystem
//   2026-01-01  0:00:00 12 [Note] …                                  MariaDB; InnoDB with a thread and no level
//   260101  0:00:00 [Note] …                                         MySQL 5.5, MariaDB up to 10.0
//  - Lines without a time belong to the message before them. Times without a zone are UTC in RDS. Passwords in statements are masked.
import type { OcsfEvent, Outcome, RawRecord } from '../model.ts';
import { AUTHENTICATION, BASE_EVENT, classify, SEVERITY } from '../ocsf/classes.ts';
import { epochMs, inRange } from '../ocsf/event.ts';
import { reject, text, value } from '../outcome.ts';
import type { Context, Source } from './api.ts';
import { databaseMetadata, isRdsLog, MYSQL_PRODUCT } from './lib/database.ts';
import { deliveredCloud } from './lib/delivery.ts';
import { severityOfLevel } from './lib/levels.ts';
import { keep, unmappedFrom, type Stray } from './lib/line.ts';
import { deniedLogon } from './lib/mysql-denied.ts';
import { MYSQL, withoutSecrets } from './lib/sql.ts';

interface ErrorEntry {
  /** ms since the epoch. */
  readonly time: number;
  readonly timeText: string | undefined;
  readonly thread: string | undefined;
  readonly level: string | undefined;
  readonly code: string | undefined;
  readonly subsystem: string | undefined;
  readonly message: string;
}

export const mysqlError: Source<ErrorEntry> = {
  name: 'mysql-error',
  title: 'MySQL and MariaDB error log',
  documentation: 'https://dev.mysql.com/doc/refman/8.4/en/error-log-format.html',
  classes: [BASE_EVENT.uid, AUTHENTICATION.uid],
  framing: { kind: 'lines', continues: (line) => !BEGINNING.test(line) },
  delivered: ['CloudWatch Logs: /aws/rds/(instance|cluster)/<name>/error', "Kafka, Kinesis, S3: as the bank's file says"],
  claims: (delivery) => isRdsLog(delivery, ['error']),
  recognises: (head) => RECOGNISED.test(head),
  parse,
  map,
};

const BEGINNING = /^(?:\d{4}-\d\d-\d\d[T ][ \d]\d:\d\d:\d\d|\d{6} [ \d]\d:\d\d:\d\d)/;
const RECOGNISED =
  /^(?:\d{4}-\d\d-\d\d(?:T\d\d:\d\d:\d\d\.\d{6}(?:Z|[+-]\d\d:\d\d)| [ \d]\d:\d\d:\d\d) (?:\d+|0x[0-9a-f]+)|\d{6} [ \d]\d:\d\d:\d\d) ?(?:\[(?:System|Note|Warning|ERROR)\] |InnoDB: )/;
const TIME =
  /^(?:(\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d{1,9})?(?:Z|[+-]\d\d:\d\d))|(\d{4}-\d\d-\d\d) ([ \d]\d:\d\d:\d\d)|(\d\d)(\d\d)(\d\d) ([ \d]\d:\d\d:\d\d))/;
/** The thread runs into what follows it where InnoDB writes. */
const THREAD = / +(0x[0-9a-f]{1,16}|\d{1,20}|[0-9a-f]{8,16})(?= |\[|[A-Z]|$)/y;
const LEVEL = / *\[([A-Za-z]{1,20})\] /y;
const NUMBER = /\[(MY-\d{1,6})\] \[([^\]]{1,64})\] /y;

function parse(record: RawRecord): Outcome<ErrorEntry> {
  const match = TIME.exec(record.text);
  const time = match === null ? record.time : timeOf(match);
  if (time === undefined) {
    return match === null
      ? reject('malformed_record', 'no time at the beginning')
      : reject('bad_value', 'the time at the beginning is none');
  }
  if (!inRange(time)) return reject('time_out_of_range', 'the time at the beginning');
  if (match === null) {
    return value({
      time,
      timeText: undefined,
      thread: undefined,
      level: undefined,
      code: undefined,
      subsystem: undefined,
      message: record.text,
    });
  }
  const thread = at(THREAD, record.text, match[0].length);
  const level = at(LEVEL, record.text, thread.end);
  const number = at(NUMBER, record.text, level.end);
  const message = record.text.slice(number.end).trim();
  return value({
    time,
    timeText: match[0],
    thread: thread.parts[1],
    level: level.parts[1],
    code: number.parts[1],
    subsystem: number.parts[2],
    message,
  });
}

function timeOf([, iso, date, clock, year, month, day, shortClock]: readonly string[]): number | undefined {
  if (iso !== undefined) return epochMs(iso);
  return epochMs(date === undefined ? `20${year}-${month}-${day}T${padded(shortClock)}Z` : `${date}T${padded(clock)}Z`);
}

function padded(clock: string | undefined): string {
  return clock?.replace(' ', '0') ?? '';
}

/** @returns what stands at a place, and where it ends. */
function at(pattern: RegExp, line: string, from: number): { readonly parts: readonly (string | undefined)[]; readonly end: number } {
  pattern.lastIndex = from;
  const parts = pattern.exec(line);
  return parts === null ? { parts: [], end: from } : { parts, end: from + parts[0].length };
}

/** Levels that are no level of other loggers. */
const LEVELS: ReadonlyMap<string, string> = new Map([
  ['Note', 'info'],
  ['System', 'info'],
]);

function map(entry: ErrorEntry, record: RawRecord, context: Context): OcsfEvent {
  const { time, timeText, level, code } = entry;
  const denied = deniedLogon(entry.message);
  const stray: Stray[] = [];
  keep(stray, 'thread', entry.thread);
  keep(stray, 'subsystem', entry.subsystem);
  return {
    ...(denied ?? classify(BASE_EVENT, 0)),
    ...(denied === undefined
      ? severityOfLevel(level === undefined ? undefined : (LEVELS.get(level) ?? level))
      : { severity_id: SEVERITY.informational }),
    time,
    message: text(withoutSecrets(entry.message, MYSQL)),
    metadata: {
      ...databaseMetadata({ time, original: timeText, product: MYSQL_PRODUCT }, record, context),
      event_code: code,
      log_level: level,
    },
    cloud: deliveredCloud(context),
    unmapped: unmappedFrom(stray),
  };
}
