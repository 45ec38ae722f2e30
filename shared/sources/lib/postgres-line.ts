// One message of PostgreSQL's log, in each form in which it writes it: text with a prefix, CSV, JSON.
// https://www.postgresql.org/docs/current/runtime-config-logging.html
import type { Outcome } from '../../model.ts';
import { isObject, parseJson, reject, text, value } from '../../outcome.ts';
import { csvFields, fieldName, mostFields } from './csv.ts';
import { idOf } from './fields.ts';
import { prefixOf, RDS_PREFIX, type Prefix, type PrefixValues } from './postgres-prefix.ts';
import { productTime } from './times.ts';

export interface PostgresLine {
  /** ms since the epoch; undefined where it does not say. */
  readonly time: number | undefined;
  readonly timeText: string | undefined;
  readonly severity: string | undefined;
  readonly message: string;
  readonly user: string | undefined;
  readonly database: string | undefined;
  /** Address or name, `[local]` for a socket. */
  readonly host: string | undefined;
  readonly port: string | undefined;
  readonly pid: string | undefined;
  readonly session: string | undefined;
  readonly application: string | undefined;
  readonly state: string | undefined;
  /** DETAIL, HINT, STATEMENT, …, by name. */
  readonly sections: ReadonlyMap<string, string>;
  /** What else the line tells, by PostgreSQL's own name. */
  readonly more: ReadonlyMap<string, string>;
}

const MESSAGE = ['DEBUG', 'DEBUG1', 'DEBUG2', 'DEBUG3', 'DEBUG4', 'DEBUG5', 'LOG', 'INFO', 'NOTICE', 'WARNING', 'ERROR', 'FATAL', 'PANIC'];
const SECTION = ['DETAIL', 'HINT', 'QUERY', 'CONTEXT', 'LOCATION', 'STATEMENT', 'BACKTRACE'];
const LABEL = `(${[...MESSAGE, ...SECTION].join('|')}): {1,2}`;
const LABEL_THERE = new RegExp(LABEL, 'y');
/** A label behind a prefix that nobody described. */
const LABEL_AHEAD = new RegExp(`(?:^|[\\s:\\]>)|-])${LABEL}`);
const SECTIONS: ReadonlySet<string> = new Set(SECTION);
/** A prefix is not longer than this. */
const MAX_PREFIX = 600;

const TEXT_BEGINNING = /^\d{4}-\d\d-\d\d \d\d:\d\d:\d\d/;
const CSV_BEGINNING = /^\d{4}-\d\d-\d\d \d\d:\d\d:\d\d\.\d{3} [A-Za-z0-9+-]{1,6},/;
const TIME_IN_PREFIX = /\d{4}-\d\d-\d\d \d\d:\d\d:\d\d|\d{10}\.\d{3}/;
const JSON_BEGINNING = '{"timestamp":"';

/** True for a line that belongs to the message before it: what has no prefix, or goes on about the same. */
export function isContinuation(line: string): boolean {
  if (line.startsWith('\t')) return true;
  if (line.startsWith(JSON_BEGINNING) || CSV_BEGINNING.test(line)) return false;
  const label = LABEL_AHEAD.exec(line.slice(0, MAX_PREFIX));
  // Statements may hold all of this but a whole prefix; no prefix is without the time.
  if (label === null) return !TEXT_BEGINNING.test(line) || prefixOf(line, RDS_PREFIX) === undefined;
  return SECTIONS.has(label[1] ?? '') || !TIME_IN_PREFIX.test(line.slice(0, label.index));
}

/** @param format log_line_prefix, where it is not that of RDS. */
export function postgresLine(record: string, format: string | undefined): Outcome<PostgresLine> {
  if (record.startsWith(JSON_BEGINNING)) return jsonLine(record);
  return CSV_BEGINNING.test(record) ? csvLine(record) : value(textLine(record, format ?? RDS_PREFIX));
}

// ── Text ──

interface Label {
  readonly prefix: Prefix;
  readonly label: string;
  /** Where the text behind it begins. */
  readonly end: number;
}

const NO_VALUES: PrefixValues = new Map();

function labelOf(line: string, format: string): Label | undefined {
  const prefix = prefixOf(line, format);
  if (prefix !== undefined) {
    LABEL_THERE.lastIndex = prefix.end + (line.charAt(prefix.end) === ' ' ? 1 : 0);
    const label = LABEL_THERE.exec(line)?.[1];
    if (label !== undefined) return { prefix, label, end: LABEL_THERE.lastIndex };
  }
  const match = LABEL_AHEAD.exec(line.slice(0, MAX_PREFIX));
  return match?.[1] === undefined
    ? undefined
    : { prefix: { values: NO_VALUES, end: match.index }, label: match[1], end: match.index + match[0].length };
}

const STAMP = /^(\d{4}-\d\d-\d\d \d\d:\d\d:\d\d(?:\.\d{1,6})?)(?: ([A-Za-z]{1,6}|[+-]\d\d(?:\d\d)?)(?=[^A-Za-z0-9]|$))?/;

function textLine(record: string, format: string): PostgresLine {
  const lines = record.split('\n');
  const first = lines[0] ?? '';
  const label = labelOf(first, format);
  const values = label?.prefix.values ?? NO_VALUES;
  const timeText = values.get('m') ?? values.get('t') ?? values.get('n') ?? STAMP.exec(first)?.[0];
  const more = new Map(MORE.flatMap(([letter, name]) => entry(name, values.get(letter))));
  const isUnread = label !== undefined && values.size === 0 && label.prefix.end > 0;
  if (isUnread) more.set('log_line_prefix', first.slice(0, label.prefix.end));
  return {
    time: productTime(timeText),
    timeText,
    severity: label?.label,
    ...whoOf(values),
    ...partsOf([label === undefined ? first : first.slice(label.end), ...lines.slice(1)], format),
    more,
  };
}

/** The message and what follows it under labels of its own; other lines go on with what stands before them, behind a tab. */
function partsOf(lines: readonly string[], format: string): Pick<PostgresLine, 'message' | 'sections'> {
  const message: string[] = [];
  const sections = new Map<string, string[]>();
  let open = message;
  for (const [at, line] of lines.entries()) {
    const isTabbed = line.startsWith('\t');
    const next = at === 0 || isTabbed || !line.includes(': ') ? undefined : labelOf(line, format);
    if (next === undefined || !SECTIONS.has(next.label)) open.push(isTabbed ? line.slice(1) : line);
    else {
      open = sections.get(next.label) ?? [];
      open.push(line.slice(next.end));
      sections.set(next.label, open);
    }
  }
  return { message: message.join('\n'), sections: new Map([...sections].map(([name, section]) => [name, section.join('\n')])) };
}

/** Escapes without an attribute, with the column's name in CSV. */
const MORE = [
  ['l', 'session_line_num'],
  ['i', 'command_tag'],
  ['s', 'session_start_time'],
  ['v', 'virtual_transaction_id'],
  ['x', 'transaction_id'],
  ['b', 'backend_type'],
  ['P', 'leader_pid'],
  ['Q', 'query_id'],
] as const;

/** @returns nothing for what says nothing: 0 is no transaction. */
function entry(name: string, said: string | undefined): [string, string][] {
  return said === undefined || said === '' || (said === '0' && name !== 'session_line_num') ? [] : [[name, said]];
}

type Who = Pick<PostgresLine, 'user' | 'database' | 'host' | 'port' | 'pid' | 'session' | 'application' | 'state'>;

function whoOf(values: PrefixValues): Who {
  const remote = values.get('r') ?? '';
  const bracket = remote.endsWith(')') ? remote.lastIndexOf('(') : -1;
  const state = values.get('e');
  return {
    user: text(values.get('u')),
    database: text(values.get('d')),
    host: text(values.get('h') ?? (bracket < 0 ? remote : remote.slice(0, bracket))),
    port: bracket < 0 ? undefined : remote.slice(bracket + 1, -1),
    pid: text(values.get('p')),
    session: text(values.get('c')),
    application: text(values.get('a')),
    state: state === '00000' ? undefined : state,
  };
}

// ── CSV ──

const COLUMNS = [
  'log_time', 'user_name', 'database_name', 'process_id', 'connection_from', 'session_id', 'session_line_num', 'command_tag',
  'session_start_time', 'virtual_transaction_id', 'transaction_id', 'error_severity', 'sql_state_code', 'message', 'detail', 'hint',
  'internal_query', 'internal_query_pos', 'context', 'query', 'query_pos', 'location', 'application_name', 'backend_type', 'leader_pid', 'query_id',
] as const; // prettier-ignore
/** The column in which the message stands is in every version. */
const MIN_COLUMNS = 23;

function csvLine(record: string): Outcome<PostgresLine> {
  const fields = csvFields(record, ',', mostFields(COLUMNS.length));
  if (fields === undefined || fields.length < MIN_COLUMNS) return reject('malformed_record', 'fewer columns than a CSV log has');
  const columns = new Map(fields.map((field, at) => [fieldName(COLUMNS, at), field]));
  const from = columns.get('connection_from') ?? '';
  const colon = from.lastIndexOf(':');
  if (colon > 0) columns.set('remote_host', from.slice(0, colon)).set('remote_port', from.slice(colon + 1));
  else columns.set('remote_host', from);
  columns.delete('connection_from');
  return value(columnsLine(columns));
}

// ── JSON ──

/** Names of JSON that differ from the columns. */
const RENAMED: ReadonlyMap<string, string> = new Map([
  ['timestamp', 'log_time'],
  ['user', 'user_name'],
  ['dbname', 'database_name'],
  ['pid', 'process_id'],
  ['line_num', 'session_line_num'],
  ['ps', 'command_tag'],
  ['session_start', 'session_start_time'],
  ['vxid', 'virtual_transaction_id'],
  ['txid', 'transaction_id'],
  ['state_code', 'sql_state_code'],
  ['statement', 'query'],
]);

function jsonLine(record: string): Outcome<PostgresLine> {
  const parsed = parseJson(record);
  if (!isObject(parsed)) return reject('malformed_json', 'not a JSON object');
  const columns = new Map<string, string>();
  for (const [name, member] of Object.entries(parsed))
    columns.set(RENAMED.get(name) ?? name, idOf(member) ?? JSON.stringify(member ?? null));
  return value(columnsLine(columns));
}

const SECTION_COLUMNS = [
  ['DETAIL', 'detail'],
  ['HINT', 'hint'],
  ['QUERY', 'internal_query'],
  ['CONTEXT', 'context'],
  ['STATEMENT', 'query'],
  ['LOCATION', 'location'],
  ['BACKTRACE', 'backtrace'],
] as const;
const PLACED: ReadonlySet<string> = new Set([
  'log_time', 'user_name', 'database_name', 'process_id', 'remote_host', 'remote_port', 'session_id', 'error_severity', 'sql_state_code', 'message',
  'application_name', ...SECTION_COLUMNS.map(([, column]) => column),
]); // prettier-ignore

function columnsLine(columns: ReadonlyMap<string, string>): PostgresLine {
  const state = columns.get('sql_state_code');
  return {
    time: productTime(columns.get('log_time')),
    timeText: columns.get('log_time'),
    severity: text(columns.get('error_severity')),
    message: columns.get('message') ?? '',
    user: text(columns.get('user_name')),
    database: text(columns.get('database_name')),
    host: text(columns.get('remote_host')),
    port: text(columns.get('remote_port')),
    pid: text(columns.get('process_id')),
    session: text(columns.get('session_id')),
    application: text(columns.get('application_name')),
    state: state === '00000' ? undefined : text(state),
    sections: new Map(SECTION_COLUMNS.flatMap(([name, column]) => entry(name, columns.get(column)))),
    more: new Map([...columns].flatMap(([name, said]) => (PLACED.has(name) ? [] : entry(name, said)))),
  };
}
