// https://mariadb.com/docs/server/reference/plugins/mariadb-audit-plugin/mariadb-audit-plugin-log-format
// https://docs.aws.amazon.com/AmazonRDS/latest/AuroraUserGuide/AuroraMySQL.Auditing.html (Aurora: µs since the epoch)
// https://github.com/aws/audit-plugin-for-mysql (RDS for MySQL: a connection type behind the return code)
//   timestamp,serverhost,username,host,connectionid,queryid,operation,database,object,retcode[,connection type]
//  - CONNECT, FAILED_CONNECT, DISCONNECT, CHANGEUSER, PROXY_CONNECT: Authentication 3002; everything else: Datastore Activity 6005.
//  - Only a statement is in quotes. Whoever connects may write commas into his name: a line that can be read in two ways is none.
//  - Passwords in statements are masked; the server does so itself only where it could parse them.
//  - `YYYYMMDD hh:mm:ss` is the server's local time, in RDS UTC.
import type { JsonObject, OcsfEvent, Outcome, RawRecord } from '../model.ts';
import { AUTHENTICATION, classify, DATASTORE_ACTIVITY, SEVERITY, STATUS } from '../ocsf/classes.ts';
import { epochMs, inRange } from '../ocsf/event.ts';
import { reject, text, value } from '../outcome.ts';
import type { Context, Source } from './api.ts';
import { ACTIVITY, clientOf, databaseMetadata, databaseOf, isRdsLog, MYSQL_PRODUCT } from './lib/database.ts';
import { deliveredCloud } from './lib/delivery.ts';
import { keep, unmappedFrom, type Stray } from './lib/line.ts';
import { MYSQL, withoutSecrets } from './lib/sql.ts';

interface AuditLine {
  /** ms since the epoch. */
  readonly time: number;
  readonly timeText: string;
  readonly server: string;
  readonly user: string;
  readonly host: string;
  readonly connection: string;
  readonly query: string;
  readonly operation: string;
  readonly database: string;
  readonly object: string;
  /** It stood in quotes: it is a statement. */
  readonly quoted: boolean;
  readonly code: string | undefined;
  readonly connectionType: string | undefined;
  /** The end is missing. */
  readonly cut: boolean;
}

export const mysqlAudit: Source<AuditLine> = {
  name: 'mysql-audit',
  title: 'MySQL and MariaDB audit log (MariaDB audit plugin, RDS, Aurora)',
  documentation: 'https://mariadb.com/docs/server/reference/plugins/mariadb-audit-plugin/mariadb-audit-plugin-log-format',
  classes: [DATASTORE_ACTIVITY.uid, AUTHENTICATION.uid],
  framing: { kind: 'lines', continues: (line) => !BEGINNING.test(line) },
  delivered: ['CloudWatch Logs: /aws/rds/(instance|cluster)/<name>/audit', "Kafka, Kinesis, S3: as the bank's file says"],
  claims: (delivery) => isRdsLog(delivery, ['audit']),
  recognises: (head) => LINE.test(head),
  parse,
  map,
};

const BEGINNING = /^(?:\d{16}|\d{8} [ \d]\d:\d\d:\d\d),/;
const LINE = /^(?:\d{16}|\d{8} [ \d]\d:\d\d:\d\d),[^,\n]*,[^\n]*,\d+,\d+,[A-Z_]+,/;
const DIGITS = /^\d{1,20}$/;
const CONNECTION = /,\d{1,20},\d{1,20},(?:CONNECT|FAILED_CONNECT|DISCONNECT|CHANGEUSER|PROXY_CONNECT),/;
const OPERATION = /^[A-Z][A-Z_]{1,30}$/;

function parse(record: RawRecord): Outcome<AuditLine> {
  const quote = record.text.indexOf(",'");
  const head = (quote < 0 ? record.text : record.text.slice(0, quote)).split(',');
  const timeText = head[0] ?? '';
  const time = timeOf(timeText);
  if (time === undefined) return reject('bad_value', 'field 1 is not a time');
  const at = operationAt(head);
  if (at === undefined || (quote >= 0 && isInName(record.text, quote, head[at] ?? '')))
    return reject('malformed_record', 'it can be read in no way, or in more than one');
  const rest = head.slice(at + 1);
  const tail = quote < 0 ? unquotedTail(rest) : quotedTail(record.text.slice(quote + 2), rest);
  if (tail === undefined) return reject('malformed_record', 'it ends before the return code');
  const [connection = '', query = '', operation = ''] = head.slice(at - 2, at + 1);
  const user = head.slice(2, at - 3).join(',');
  return value({ time, timeText, server: head[1] ?? '', user, host: head[at - 3] ?? '', connection, query, operation, ...tail });
}

/** True for a quote that may have been opened by a name, with the real line behind it: a statement says no such thing. */
function isInName(line: string, quote: number, operation: string): boolean {
  if (CONNECTION.test(line.slice(quote))) return true;
  return AUTHENTICATIONS.has(operation) && operationAt(line.split(',')) === undefined;
}

function timeOf(text: string): number | undefined {
  const day = `${text.slice(0, 4)}-${text.slice(4, 6)}-${text.slice(6, 8)}`;
  const ms = /^\d{16}$/.test(text) ? Math.floor(Number(text) / 1000) : epochMs(`${day}T${text.slice(9).replace(' ', '0')}Z`);
  return ms !== undefined && inRange(ms) ? ms : undefined;
}

/** @returns the position of the operation: the one word behind two numbers. Before them stand at least four fields. */
function operationAt(fields: readonly string[]): number | undefined {
  let found: number | undefined;
  for (let at = 6; at < fields.length; at++) {
    if (!OPERATION.test(fields[at] ?? '') || !DIGITS.test(fields[at - 1] ?? '') || !DIGITS.test(fields[at - 2] ?? '')) continue;
    if (found !== undefined) return undefined;
    found = at;
  }
  return found;
}

type Tail = Pick<AuditLine, 'database' | 'object' | 'quoted' | 'code' | 'connectionType' | 'cut'>;

/** @param fields database, object, return code, and in RDS for MySQL the connection's type; a name may hold commas. */
function unquotedTail(fields: readonly string[]): Tail | undefined {
  if (fields.length < 3) return undefined;
  const last = fields.at(-1) ?? '';
  const isTyped = fields.length > 3 && !/^\d*$/.test(last);
  const code = isTyped ? fields.at(-2) : last;
  const object = fields.slice(1, isTyped ? -2 : -1).join(',');
  return { database: fields[0] ?? '', object, quoted: false, code: text(code), connectionType: isTyped ? last : undefined, cut: false };
}

/** @param quoted from behind the opening quote. */
function quotedTail(quoted: string, database: readonly string[]): Tail | undefined {
  const end = quoted.lastIndexOf("'");
  const match = end < 0 ? null : /^,(-?\d*)(?:,([^,]*),?)?$/.exec(quoted.slice(end + 1));
  const object = unescaped(match === null ? quoted : quoted.slice(0, end));
  return {
    database: database.join(','),
    object,
    quoted: true,
    code: text(match?.[1]),
    connectionType: text(match?.[2]),
    cut: match === null,
  };
}

const ESCAPES: ReadonlyMap<string, string> = new Map([
  ['n', '\n'],
  ['r', '\r'],
  ['t', '\t'],
  ['b', '\b'],
  ['f', '\f'],
]);

function unescaped(object: string): string {
  return object.includes('\\') ? object.replaceAll(/\\(.)/gs, (_, character: string) => ESCAPES.get(character) ?? character) : object;
}

const LOGON = 1;
const LOGOFF = 2;
const ACCOUNT_SWITCH = 7;

const AUTHENTICATIONS: ReadonlyMap<string, number> = new Map([
  ['CONNECT', LOGON],
  ['FAILED_CONNECT', LOGON],
  ['DISCONNECT', LOGOFF],
  ['CHANGEUSER', ACCOUNT_SWITCH],
  // It follows a CONNECT, where the user acts as another one.
  ['PROXY_CONNECT', ACCOUNT_SWITCH],
]);

const ACTIVITIES: ReadonlyMap<string, number> = new Map([
  ['QUERY', ACTIVITY.query],
  ['READ', ACTIVITY.read],
  ['WRITE', ACTIVITY.write],
  ['CREATE', ACTIVITY.create],
  ['ALTER', ACTIVITY.update],
  ['RENAME', ACTIVITY.update],
  ['DROP', ACTIVITY.delete],
]);

function map(line: AuditLine, record: RawRecord, context: Context): OcsfEvent {
  const authentication = AUTHENTICATIONS.get(line.operation);
  const { timeText } = line;
  const metadata = databaseMetadata(
    { time: line.time, original: timeText.endsWith('000') ? undefined : timeText, product: MYSQL_PRODUCT },
    record,
    context,
  );
  return {
    ...(authentication === undefined ? activityOf(line) : { ...classify(AUTHENTICATION, authentication), ...authenticationOf(line) }),
    severity_id: SEVERITY.informational,
    time: line.time,
    status_id: statusOf(line),
    status_code: line.code,
    metadata: { ...metadata, event_code: line.operation, is_truncated: line.cut ? true : undefined },
    cloud: deliveredCloud(context),
    src_endpoint: clientOf(line.host),
    dst_endpoint: line.server === '' ? undefined : { hostname: line.server },
  };
}

function statusOf({ operation, code }: AuditLine): number | undefined {
  if (operation === 'FAILED_CONNECT') return STATUS.failure;
  return code === undefined ? undefined : code === '0' ? STATUS.success : STATUS.failure;
}

function authenticationOf(line: AuditLine): JsonObject {
  const stray = typeOf(line);
  keep(stray, 'database', text(line.database));
  keep(stray, 'object', text(withoutSecrets(line.object, MYSQL)));
  if (line.query !== '0') stray.push(['queryid', line.query]);
  return {
    user: { name: line.user },
    session: { uid: line.connection },
    service: { name: 'MySQL' },
    unmapped: unmappedFrom(stray),
  };
}

function activityOf(line: AuditLine): ReturnType<typeof classify> & JsonObject {
  const { operation, object } = line;
  const activity = ACTIVITIES.get(operation) ?? ACTIVITY.other;
  const isStatement = line.quoted || activity === ACTIVITY.query;
  const stray = typeOf(line);
  // The new name stands behind a bar.
  const bar = operation === 'RENAME' ? object.indexOf('|') : -1;
  if (bar >= 0) stray.push(['object', object]);
  if (!isStatement) stray.push(['queryid', line.query]);
  const table = isStatement ? undefined : text(bar < 0 ? object : object.slice(0, bar));
  return {
    ...classify(DATASTORE_ACTIVITY, activity),
    activity_name: activity === ACTIVITY.other ? operation : undefined,
    actor: { user: line.user === '' ? undefined : { name: line.user }, session: { uid: line.connection } },
    database: databaseOf(line.database, line.server),
    table: table === undefined ? undefined : { name: table },
    query_info: isStatement ? { uid: line.query, query_string: withoutSecrets(object, MYSQL) } : undefined,
    unmapped: unmappedFrom(stray),
  };
}

function typeOf({ connectionType }: AuditLine): Stray[] {
  return connectionType === undefined ? [] : [['connection_type', connectionType]];
}
