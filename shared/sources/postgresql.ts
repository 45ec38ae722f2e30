// https://docs.aws.amazon.com/AmazonRDS/latest/UserGuide/USER_LogAccess.Concepts.PostgreSQL.html (the prefix of RDS)
// https://www.postgresql.org/docs/current/runtime-config-logging.html and https://github.com/pgaudit/pgaudit#format
// PostgreSQL's log with the prefix of RDS, or the one that the bank's file gives as `format`; as CSV or JSON too.
//  - pgAudit, statements (log_statement, log_min_duration_statement) and errors with their STATEMENT: Datastore Activity 6005.
//  - connection received (Preauth), authenticated (99), authorized (Logon), disconnection (Logoff), refused logons: Authentication 3002.
//  - Everything else, also pg_upgrade's lines without a prefix (they are dated by their delivery): Base Event 0.
//  - DETAIL, HINT, STATEMENT, … and lines without a prefix belong to the message before them.
//  - Who connects chooses his user name: a message about a connection that holds a second prefix is none. Passwords in statements are masked.
import type { OcsfEvent, Outcome, RawRecord } from '../model.ts';
import { AUTHENTICATION, BASE_EVENT, DATASTORE_ACTIVITY, SEVERITY, classify } from '../ocsf/classes.ts';
import { inRange } from '../ocsf/event.ts';
import { reject, text, value } from '../outcome.ts';
import type { Context, Source } from './api.ts';
import { databaseMetadata, isRdsLog, POSTGRESQL_PRODUCT } from './lib/database.ts';
import { deliveredCloud } from './lib/delivery.ts';
import { severityOfLevel } from './lib/levels.ts';
import { unmappedFrom, type Stray } from './lib/line.ts';
import { connectionOf } from './lib/postgres-connection.ts';
import { isContinuation, postgresLine, type PostgresLine } from './lib/postgres-line.ts';
import { statementOf } from './lib/postgres-statement.ts';
import { POSTGRESQL, withoutSecrets } from './lib/sql.ts';

interface Entry extends PostgresLine {
  readonly time: number;
}

export const postgresql: Source<Entry> = {
  name: 'postgresql',
  title: 'PostgreSQL log, with pgAudit',
  documentation: 'https://www.postgresql.org/docs/current/runtime-config-logging.html',
  classes: [DATASTORE_ACTIVITY.uid, AUTHENTICATION.uid, BASE_EVENT.uid],
  framing: { kind: 'lines', continues: isContinuation },
  delivered: ['CloudWatch Logs: /aws/rds/(instance|cluster)/<name>/(postgresql|upgrade)', "Kafka, Kinesis, S3: as the bank's file says"],
  claims: (delivery) => isRdsLog(delivery, ['postgresql', 'upgrade']),
  recognises: (head) => RECOGNISED.test(head),
  parse,
  map,
};

const RECOGNISED =
  /^(?:\{"timestamp":"[^"]{19,40}"[^\n]*"error_severity":|\d{4}-\d\d-\d\d \d\d:\d\d:\d\d\.\d{3} [A-Z+-][^\s,]{1,5},(?:"[^"\n]*")?,(?:"[^"\n]*")?,\d+,|\d{4}-\d\d-\d\d \d\d:\d\d:\d\d(?:\.\d{3})? [A-Z+-][^\n]{1,400}(?:LOG|ERROR|FATAL|PANIC|WARNING|NOTICE|INFO|DEBUG[1-5]): {1,2})/;
/** A prefix within a message: somebody wrote it into a name. */
const SECOND_PREFIX = /:\[\d+\]:(?:LOG|ERROR|FATAL|PANIC|WARNING|NOTICE|INFO): /;
const CONNECTION = /^(?:connection |replication connection |disconnection: )/;

function parse(record: RawRecord, context: Context): Outcome<Entry> {
  const outcome = postgresLine(record.text, context.format);
  if (outcome.kind !== 'value') return outcome;
  const line = outcome.value;
  const time = line.time ?? record.time;
  if (time === undefined) {
    return line.timeText === undefined
      ? reject('malformed_record', 'no time in the prefix')
      : reject('bad_value', 'the time in the prefix');
  }
  if (!inRange(time)) return reject('time_out_of_range', 'the time in the prefix');
  const isConnection = line.severity === 'FATAL' || CONNECTION.test(line.message);
  if (isConnection && SECOND_PREFIX.test(line.message)) return reject('malformed_record', 'it can be read in more than one way');
  return value({ ...line, time });
}

/** Severities that other loggers call otherwise. */
const LEVELS: ReadonlyMap<string, string> = new Map([
  ['LOG', 'info'],
  // A session ends; the server does with PANIC.
  ['FATAL', 'error'],
]);

function map(entry: Entry, record: RawRecord, context: Context): OcsfEvent {
  const { time, timeText, severity, state, more } = entry;
  const special = connectionOf(entry, context) ?? statementOf(entry, context);
  const stray: Stray[] = [...(special?.stray ?? baseStray(entry)), ...more];
  for (const [name, section] of entry.sections) {
    if (special?.placed?.has(name) !== true) stray.push([name.toLowerCase(), withoutSecrets(section, POSTGRESQL)]);
  }
  return {
    ...(special?.attributes ?? { ...classify(BASE_EVENT, 0), message: text(withoutSecrets(entry.message, POSTGRESQL)) }),
    ...severityOf(severity),
    time,
    status_code: state,
    metadata: {
      ...databaseMetadata({ time, original: timeText, product: POSTGRESQL_PRODUCT }, record, context),
      log_level: severity,
    },
    cloud: deliveredCloud(context),
    unmapped: unmappedFrom(stray),
  };
}

function severityOf(severity: string | undefined): ReturnType<typeof severityOfLevel> {
  if (severity === undefined) return { severity_id: SEVERITY.unknown };
  return severityOfLevel(LEVELS.get(severity) ?? severity.replace(/\d$/, ''));
}

/** A base event has no place for who and where. */
function baseStray({ user, database, host, port, pid, session, application }: Entry): readonly Stray[] {
  const named = { user_name: user, database_name: database, remote_host: host, remote_port: port, process_id: pid, session_id: session };
  return Object.entries({ ...named, application_name: application }).filter((pair): pair is [string, string] => pair[1] !== undefined);
}
