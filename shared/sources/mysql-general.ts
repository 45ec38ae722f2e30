// https://dev.mysql.com/doc/refman/8.4/en/query-log.html and https://mariadb.com/docs/server/server-management/server-monitoring-logs/general-query-log
// General query log of MySQL, Aurora MySQL and MariaDB: time, connection, command, argument.
//   2026-01-01T00:00:00.123456Z<tab>   12 Query<tab>SELECT 1          MySQL
//   260101  0:00:00<tab>   12 Connect<tab>app@10.0.0.5 on shop        MariaDB; without the time in the same second
//  - Connect: Authentication 3002. What else a connection asks for: Datastore Activity 6005. Quit and what names no statement: Base Event 0.
//  - Only Connect says who it is: actor.session.uid, the connection, leads there.
//  - A record without a time is dated by its delivery through CloudWatch Logs; in a file it is parked. Passwords in statements are masked.
import type { JsonObject, OcsfEvent, Outcome, RawRecord } from '../model.ts';
import { AUTHENTICATION, BASE_EVENT, classify, DATASTORE_ACTIVITY, SEVERITY, STATUS } from '../ocsf/classes.ts';
import { epochMs, inRange } from '../ocsf/event.ts';
import { reject, text, value } from '../outcome.ts';
import type { Context, Source } from './api.ts';
import { ACTIVITY, clientOf, databaseMetadata, databaseOf, isRdsLog, MYSQL_PRODUCT, serverOf } from './lib/database.ts';
import { deliveredCloud } from './lib/delivery.ts';
import { bannerEvent, isBanner, type Banner } from './lib/mysql-banner.ts';
import { deniedLogon } from './lib/mysql-denied.ts';
import { MYSQL, withoutSecrets } from './lib/sql.ts';

interface GeneralEntry {
  readonly kind: 'entry';
  /** ms since the epoch. */
  readonly time: number;
  readonly timeText: string | undefined;
  readonly connection: string;
  readonly command: string;
  readonly argument: string;
}

export const mysqlGeneral: Source<GeneralEntry | Banner> = {
  name: 'mysql-general',
  title: 'MySQL and MariaDB general query log',
  documentation: 'https://dev.mysql.com/doc/refman/8.4/en/query-log.html',
  classes: [DATASTORE_ACTIVITY.uid, AUTHENTICATION.uid, BASE_EVENT.uid],
  framing: { kind: 'lines', continues: (line) => !LINE.test(line) && !isBanner(line) },
  delivered: ['CloudWatch Logs: /aws/rds/(instance|cluster)/<name>/general', "Kafka, Kinesis, S3: as the bank's file says"],
  claims: (delivery) => isRdsLog(delivery, ['general']),
  recognises: (head) =>
    /^(?:[^\n]*, Version: [^\n]* started with:\r?\n(?:[^\n]*\n){1,3})?(?:\d{4}-\d\d-\d\dT[\d:.]{8,15}\S{1,6}|\d{6} [ \d]\d:\d\d:\d\d)\t *\d+ [A-Z][A-Za-z ]{1,20}(?:\t|\n|$)/.test(
      head,
    ),
  parse,
  map,
};

const LINE =
  /^(?:(\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d{1,9})?(?:Z|[+-]\d\d:\d\d))\t|(\d{6} [ \d]\d:\d\d:\d\d)\t|\t{1,2}) *(\d{1,20}) ([A-Z][A-Za-z_]{1,20}(?: [A-Za-z]{1,10}){0,3})(?=\t|\n|$)/;
function parse(record: RawRecord): Outcome<GeneralEntry | Banner> {
  if (isBanner(record.text)) return value({ kind: 'banner', message: record.text });
  const match = LINE.exec(record.text);
  if (match === null) return reject('malformed_record', 'neither connection nor command');
  const [whole, iso, short, connection = '', command = ''] = match;
  const time = iso !== undefined ? epochMs(iso) : short !== undefined ? shortTime(short) : record.time;
  if (time === undefined) return reject('missing_field', 'no valid time in the record, and none of the delivery');
  if (!inRange(time)) return reject('time_out_of_range', 'the time of the record');
  return value({
    kind: 'entry',
    time,
    timeText: iso ?? short,
    connection,
    command,
    argument: record.text.slice(whole.length + 1).trimEnd(),
  });
}

function shortTime(said: string): number | undefined {
  const [, year, month, day, clock = ''] = /^(\d\d)(\d\d)(\d\d) (.*)$/.exec(said) ?? [];
  return epochMs(`20${year}-${month}-${day}T${clock.replace(' ', '0')}Z`);
}

const LOGON = 1;
const CONNECTED = /^(.*)@([^\s@]*) (?:as (?:anonymous|\S+) )?on ?(.*?)(?: using (.*))?$/s;

function map(native: GeneralEntry | Banner, record: RawRecord, context: Context): OcsfEvent {
  return native.kind === 'banner' ? bannerEvent(native, record, context) : entryEvent(native, record, context);
}

function entryEvent(entry: GeneralEntry, record: RawRecord, context: Context): OcsfEvent {
  const { time, timeText } = entry;
  return {
    ...(entry.command === 'Connect' ? connected(entry, context) : asked(entry, context)),
    severity_id: SEVERITY.informational,
    time,
    metadata: { ...databaseMetadata({ time, original: timeText, product: MYSQL_PRODUCT }, record, context), event_code: entry.command },
    cloud: deliveredCloud(context),
  };
}

type Attributes = ReturnType<typeof classify> & JsonObject;

function connected({ argument, connection }: GeneralEntry, context: Context): Attributes {
  const denied = deniedLogon(argument);
  if (denied !== undefined) return { ...denied, session: { uid: connection } };
  const [whole, user, host, database, using] = argument.length > 1000 ? [] : (CONNECTED.exec(argument) ?? []);
  if (whole === undefined) return plain(argument, connection);
  const server = serverOf(context);
  return {
    ...classify(AUTHENTICATION, LOGON),
    status_id: STATUS.success,
    user: { name: user ?? '' },
    session: { uid: connection },
    service: { name: 'MySQL' },
    src_endpoint: clientOf(host),
    dst_endpoint: server === undefined ? undefined : { name: server },
    unmapped: text(database) === undefined && using === undefined ? undefined : { database: text(database), using },
  };
}

const STATEMENTS: ReadonlySet<string> = new Set(['Query', 'Prepare', 'Execute']);

function asked({ command, argument, connection }: GeneralEntry, context: Context): Attributes {
  const isStatement = STATEMENTS.has(command);
  if (!isStatement && command !== 'Init DB') return plain(argument, connection);
  return {
    ...classify(DATASTORE_ACTIVITY, isStatement ? ACTIVITY.query : ACTIVITY.connect),
    actor: { session: { uid: connection } },
    src_endpoint: clientOf(undefined),
    database: databaseOf(isStatement ? undefined : argument, serverOf(context)),
    query_info: isStatement ? { name: command, query_string: withoutSecrets(argument, MYSQL) } : undefined,
  };
}

function plain(argument: string, connection: string): Attributes {
  return { ...classify(BASE_EVENT, 0), message: text(withoutSecrets(argument, MYSQL)), unmapped: { id: connection } };
}
