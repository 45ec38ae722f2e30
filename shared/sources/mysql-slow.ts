// https://dev.mysql.com/doc/refman/8.4/en/slow-query-log.html and https://mariadb.com/docs/server/server-management/server-monitoring-logs/slow-query-log
// Slow query log of MySQL, Aurora MySQL and MariaDB to Datastore Activity 6005: comment lines that say who and how long, then the statement.
//  - A record of a file begins with `# User@Host:`; `# Time:` before it holds for those that follow too (MariaDB writes it once a second). A log
//    event of CloudWatch Logs begins with whichever comes first.
//  - Time: `# Time:` of the record, else the log event's, else the last `# Time:`, else `SET timestamp`. One without a zone is UTC in RDS.
//  - What the comments say beyond that is in `unmapped` under its own name. Passwords in statements are masked.
import type { OcsfEvent, Outcome, RawRecord } from '../model.ts';
import { BASE_EVENT, classify, DATASTORE_ACTIVITY, SEVERITY } from '../ocsf/classes.ts';
import { epochMs, inRange, ipOf } from '../ocsf/event.ts';
import { reject, text, value } from '../outcome.ts';
import type { Context, Source } from './api.ts';
import { ACTIVITY, clientOf, databaseMetadata, databaseOf, isRdsLog, MYSQL_PRODUCT, serverOf } from './lib/database.ts';
import { deliveredCloud } from './lib/delivery.ts';
import { keep, unmappedFrom, type Stray } from './lib/line.ts';
import { bannerEvent, isBanner, type Banner } from './lib/mysql-banner.ts';
import { MYSQL, withoutSecrets } from './lib/sql.ts';

interface SlowQuery {
  readonly kind: 'query';
  /** ms since the epoch. */
  readonly time: number;
  readonly timeText: string | undefined;
  readonly login: Login | undefined;
  /** What the comments say, by name. */
  readonly measures: ReadonlyMap<string, string>;
  /** Comments that are no names and values. */
  readonly notes: readonly string[];
  readonly database: string | undefined;
  readonly timestamp: string | undefined;
  readonly statement: string;
}

interface Login {
  readonly user: string;
  /** The account that the server took it for. */
  readonly account: string;
  readonly host: string;
  readonly ip: string;
  readonly id: string | undefined;
}

export const mysqlSlow: Source<SlowQuery | Banner> = {
  name: 'mysql-slow',
  title: 'MySQL and MariaDB slow query log',
  documentation: 'https://dev.mysql.com/doc/refman/8.4/en/slow-query-log.html',
  classes: [DATASTORE_ACTIVITY.uid, BASE_EVENT.uid],
  framing: { kind: 'lines', isHeader: (line) => line.startsWith(TIME), continues },
  delivered: ['CloudWatch Logs: /aws/rds/(instance|cluster)/<name>/slowquery', "Kafka, Kinesis, S3: as the bank's file says"],
  claims: (delivery) => isRdsLog(delivery, ['slowquery']),
  recognises: (head) => /^(?:[^\n]*, Version: [^\n]* started with:\r?\n(?:[^\n]*\n){1,3})?(?:# Time: [^\n]*\n)?# User@Host: /.test(head),
  parse,
  map,
};

const TIME = '# Time: ';
const USER = '# User@Host: ';

function continues(line: string): boolean {
  return !line.startsWith(USER) && !line.startsWith(TIME) && !isBanner(line);
}

const USE = /^use ([^\n;]{1,200});$/i;
const SET = /^SET (?:[a-z_]+=\d+,)*timestamp=(\d{1,12});$/i;

function parse(record: RawRecord, context: Context): Outcome<SlowQuery | Banner> {
  if (isBanner(record.text)) return value({ kind: 'banner', message: record.text });
  const lines = record.text.split('\n');
  const comments = commentsOf(lines);
  if (comments.measures.size === 0) return reject('malformed_record', 'no comment says how long it took');
  const said = statementOf(lines.slice(comments.end));
  const header = context.header?.slice(TIME.length);
  const started = said.timestamp === undefined ? undefined : Number(said.timestamp) * 1000;
  const time = timeOf(comments.timeText) ?? record.time ?? timeOf(header) ?? started;
  if (time === undefined) return reject('missing_field', 'no time in the record, before it or of the delivery');
  if (!inRange(time)) return reject('time_out_of_range', 'the time of the record');
  const statement = comments.command ?? said.statement;
  return value({ kind: 'query', ...comments, ...said, timeText: comments.timeText ?? header, time, statement });
}

/** @param lines behind the comments. */
function statementOf(lines: readonly string[]): Pick<SlowQuery, 'database' | 'timestamp' | 'statement'> {
  const database = USE.exec(lines[0]?.trim() ?? '')?.[1];
  const next = database === undefined ? 0 : 1;
  const timestamp = SET.exec(lines[next]?.trim() ?? '')?.[1];
  return { database: unquoted(database), timestamp, statement: lines.slice(timestamp === undefined ? next : next + 1).join('\n') };
}

interface Comments extends Pick<SlowQuery, 'timeText' | 'login' | 'measures' | 'notes'> {
  /** Of a client that sent no statement. */
  readonly command: string | undefined;
  /** Position of the first line that is none of them. */
  readonly end: number;
}

const COMMAND = '# administrator command: ';
const SPACE = /\s/;
const ID = /^ +Id: +(\d+)/;

function commentsOf(lines: readonly string[]): Comments {
  const measures = new Map<string, string>();
  const notes: string[] = [];
  let [timeText, login, command]: [string | undefined, Login | undefined, string | undefined] = [undefined, undefined, undefined];
  let end = 0;
  for (; lines[end]?.startsWith('# ') === true; end++) {
    const line = lines[end] ?? '';
    if (line.startsWith(TIME)) timeText = line.slice(TIME.length).trim();
    else if (line.startsWith(USER)) {
      login = loginOf(line.slice(USER.length));
      if (login === undefined) notes.push(line.slice(2));
    } else if (line.startsWith(COMMAND)) command = line.slice(2);
    else if (!measured(line.slice(2), measures)) notes.push(line.slice(2));
  }
  return { timeText, login, command, measures, notes, end };
}

/** @param line `name: value  name: value`; a value may be missing. @returns false where it is anything else. */
function measured(line: string, measures: Map<string, string>): boolean {
  const words = line.split(' ').filter((word) => word !== '');
  if (words.length > 200 || !/^[A-Za-z_]+:$/.test(words[0] ?? '') || line.startsWith('explain: ')) return false;
  let name: string | undefined;
  for (const word of words) {
    if (word.endsWith(':')) name = word.slice(0, -1);
    else if (name !== undefined) {
      measures.set(name, word);
      name = undefined;
    }
  }
  return true;
}

/** Names of users and hosts stay below 300 characters. */
const LONGEST_LOGIN = 1024;

/** @param text `account[user] @ host [address]  Id:   116`. Whoever logs in may write ` @ ` into his name. */
function loginOf(text: string): Login | undefined {
  const at = text.length > LONGEST_LOGIN ? -1 : text.lastIndexOf(' @ ');
  const who = text.slice(0, Math.max(0, at)).trimEnd();
  const bracket = who.lastIndexOf('[');
  if (at < 0 || bracket < 0 || !who.endsWith(']')) return undefined;
  const from = text.slice(at + 3);
  const close = from.indexOf(']');
  const open = from.lastIndexOf('[', close);
  if (close < 0 || open < 0) return undefined;
  const [host, ip] = [from.slice(0, open).trim(), from.slice(open + 1, close)];
  if (SPACE.test(host) || SPACE.test(ip)) return undefined;
  return { user: who.slice(bracket + 1, -1), account: who.slice(0, bracket), host, ip, id: ID.exec(from.slice(close + 1))?.[1] };
}

const SHORT = /^(\d\d)(\d\d)(\d\d) +(\d{1,2}:\d\d:\d\d)$/;

function timeOf(text: string | undefined): number | undefined {
  if (text === undefined) return undefined;
  const [, year, month, day, time] = SHORT.exec(text) ?? [];
  return year === undefined || time === undefined ? epochMs(text) : epochMs(`20${year}-${month}-${day}T${time.padStart(8, '0')}Z`);
}

function unquoted(name: string | undefined): string | undefined {
  return name?.startsWith('`') === true && name.endsWith('`') && name.length > 2 ? name.slice(1, -1).replaceAll('``', '`') : name;
}

/** Measures that have an attribute. */
const PLACED: ReadonlySet<string> = new Set(['Schema', 'Thread_id', 'Query_time']);

function map(native: SlowQuery | Banner, record: RawRecord, context: Context): OcsfEvent {
  return native.kind === 'banner' ? bannerEvent(native, record, context) : queryEvent(native, record, context);
}

function queryEvent(query: SlowQuery, record: RawRecord, context: Context): OcsfEvent {
  const { login, measures, timeText } = query;
  const seconds = measures.get('Query_time');
  const duration = seconds !== undefined && /^\d{1,9}\.\d{1,9}$/.test(seconds) ? Math.round(Number(seconds) * 1000) : undefined;
  const session = login?.id ?? measures.get('Thread_id');
  const name = text(login?.user);
  return {
    ...classify(DATASTORE_ACTIVITY, ACTIVITY.query),
    severity_id: SEVERITY.informational,
    time: query.time,
    duration,
    metadata: databaseMetadata({ time: query.time, original: timeText, product: MYSQL_PRODUCT }, record, context),
    cloud: deliveredCloud(context),
    actor: {
      user: name === undefined ? undefined : { name },
      session: session === undefined ? undefined : { uid: session },
      app_name: name === undefined && session === undefined ? 'MySQL' : undefined,
    },
    src_endpoint: sourceOf(login),
    database: databaseOf(query.database ?? measures.get('Schema'), serverOf(context)),
    query_info: { name: 'slow query', query_string: withoutSecrets(query.statement, MYSQL) },
    unmapped: unmappedFrom(strayOf(query, session)),
  };
}

function sourceOf(login: Login | undefined): ReturnType<typeof clientOf> {
  const ip = ipOf(login?.ip);
  return ip === undefined ? clientOf(text(login?.host) ?? login?.ip) : { ip, domain: text(login?.host) };
}

function strayOf({ login, measures, notes, timestamp, database }: SlowQuery, session: string | undefined): readonly Stray[] {
  const stray: Stray[] = [];
  function isPlaced(name: string, said: string): boolean {
    if (name === 'Schema') return database === undefined;
    return name === 'Thread_id' ? said === session : /^\d{1,9}\.\d{3}(?:000)?$/.test(said);
  }
  for (const [name, said] of measures) {
    if (!PLACED.has(name) || !isPlaced(name, said)) stray.push([name, said]);
  }
  keep(stray, 'timestamp', timestamp);
  if (login !== undefined && login.account !== login.user) stray.push(['account', login.account]);
  if (notes.length > 0) stray.push(['comments', notes]);
  return stray;
}
