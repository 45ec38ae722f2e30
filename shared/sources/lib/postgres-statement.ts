// What PostgreSQL and pgAudit say of statements. https://github.com/pgaudit/pgaudit#format and
// https://www.postgresql.org/docs/current/runtime-config-logging.html#GUC-LOG-STATEMENT
import type { JsonObject } from '../../model.ts';
import { classify, DATASTORE_ACTIVITY, STATUS } from '../../ocsf/classes.ts';
import { text } from '../../outcome.ts';
import type { Context } from '../api.ts';
import { csvFields, mostFields } from './csv.ts';
import { ACTIVITY, activityOf, databaseOf, serverOf } from './database.ts';
import { keep, type Stray } from './line.ts';
import { endpointOf, type Special } from './postgres-connection.ts';
import type { PostgresLine } from './postgres-line.ts';
import { POSTGRESQL, withoutSecrets } from './sql.ts';
import { pidOf } from './syslog-event.ts';

const AUDIT = 'AUDIT: ';
/** `duration: 12.345 ms  statement: …`, `execute name: …`, `statement: …`. */
const STATEMENT = /^(?:duration: (\d{1,12}\.\d{3}) ms {2})?(statement|(?:parse|bind|execute|execute fetch from) [^:\n]{1,128}): /;
const STATEMENT_SECTION: ReadonlySet<string> = new Set(['STATEMENT']);

/** @returns undefined for a message about anything else. */
export function statementOf(line: PostgresLine, context: Context): Special | undefined {
  // Where a function is in the context, it wrote the message (RAISE).
  const isOwn = !line.sections.has('CONTEXT');
  if (isOwn && line.message.startsWith(AUDIT)) return audited(line, context);
  const match = isOwn ? STATEMENT.exec(line.message) : null;
  if (match !== null) return logged(line, match, context);
  const statement = line.sections.get('STATEMENT');
  if (statement === undefined || (line.severity !== 'ERROR' && line.severity !== 'FATAL')) return undefined;
  return {
    attributes: {
      ...activity(ACTIVITY.query, line, context),
      message: withoutSecrets(line.message, POSTGRESQL),
      status_id: STATUS.failure,
      query_info: { name: 'statement', query_string: withoutSecrets(statement, POSTGRESQL) },
    },
    stray: [],
    placed: STATEMENT_SECTION,
  };
}

function logged(line: PostgresLine, [whole, duration, kind = '']: RegExpExecArray, context: Context): Special {
  const stray: Stray[] = duration === undefined || duration.endsWith('000') ? [] : [['duration_ms', duration]];
  return {
    attributes: {
      ...activity(ACTIVITY.query, line, context),
      duration: duration === undefined ? undefined : Math.round(Number(duration)),
      query_info: { name: kind, query_string: withoutSecrets(line.message.slice(whole.length), POSTGRESQL) },
    },
    stray,
  };
}

// Positions of pgAudit's fields.
const TYPE = 0;
const STATEMENT_ID = 1;
const SUBSTATEMENT_ID = 2;
const CLASS = 3;
const COMMAND = 4;
const OBJECT_TYPE = 5;
const OBJECT_NAME = 6;
const STATEMENT_TEXT = 7;
const PARAMETER = 8;
const ROWS = 9;

/** What there is instead of parameters that are not logged, and of a statement that was logged before. */
const NOTHING: ReadonlySet<string> = new Set(['<none>', '<not logged>']);

function audited(line: PostgresLine, context: Context): Special {
  const raw = line.message.slice(AUDIT.length);
  const whole = csvFields(raw, ',', mostFields(ROWS + 1));
  // A statement that was cut off is all that follows the names.
  const fields = (whole ?? cutFields(raw)).map(text);
  const command = fields[COMMAND] ?? '';
  const statement = fields[STATEMENT_TEXT];
  const classed = auditedActivity(fields[CLASS], command);
  return {
    attributes: {
      ...activity(classed, line, context),
      activity_name: classed === ACTIVITY.other ? command : undefined,
      table: isTable(fields) ? { name: fields[OBJECT_NAME] } : undefined,
      query_info: statement === undefined ? undefined : { name: command, query_string: withoutSecrets(statement, POSTGRESQL) },
    },
    stray: auditStray(fields, whole === undefined),
  };
}

type Fields = readonly (string | undefined)[];

function isTable(fields: Fields): boolean {
  return fields[OBJECT_NAME] !== undefined && /TABLE|VIEW|SEQUENCE/.test(fields[OBJECT_TYPE] ?? '');
}

function auditStray(fields: Fields, isCut: boolean): readonly Stray[] {
  const stray: Stray[] = [];
  for (const [position, column] of COLUMNS) {
    const said = fields[position];
    if (said !== undefined && !NOTHING.has(said)) stray.push([column, position === PARAMETER ? withoutSecrets(said, POSTGRESQL) : said]);
  }
  if (fields[STATEMENT_TEXT] === undefined) keep(stray, 'command', fields[COMMAND]);
  if (!isTable(fields)) keep(stray, 'object_name', fields[OBJECT_NAME]);
  if (isCut) stray.push(['truncated', true]);
  if (fields.length > ROWS + 1) stray.push(['additional_fields', fields.slice(ROWS + 1).map((field) => field ?? '')]);
  return stray;
}

/** Fields without an attribute, as the documentation calls them. */
const COLUMNS = [
  [TYPE, 'audit_type'],
  [STATEMENT_ID, 'statement_id'],
  [SUBSTATEMENT_ID, 'substatement_id'],
  [CLASS, 'class'],
  [OBJECT_TYPE, 'object_type'],
  [PARAMETER, 'parameter'],
  [ROWS, 'rows'],
] as const;

function cutFields(raw: string): readonly string[] {
  const fields = raw.split(',', STATEMENT_TEXT);
  const before = fields.reduce((length, field) => length + field.length + 1, 0);
  const statement = raw.slice(before);
  return [...fields, statement.startsWith('"') ? statement.slice(1).replaceAll('""', '"') : statement];
}

/** What a class of statements does, where the command does not say it more exactly. */
const CLASSES: ReadonlyMap<string, number> = new Map([
  ['READ', ACTIVITY.read],
  ['WRITE', ACTIVITY.write],
  ['FUNCTION', ACTIVITY.query],
  ['MISC', ACTIVITY.query],
  ['MISC_SET', ACTIVITY.query],
]);

function auditedActivity(cls: string | undefined, command: string): number {
  if (cls === 'READ') return ACTIVITY.read;
  const known = activityOf(command) ?? CLASSES.get(cls ?? '');
  return known ?? (command === '' ? ACTIVITY.query : ACTIVITY.other);
}

function activity(id: number, line: PostgresLine, context: Context): ReturnType<typeof classify> & JsonObject {
  const pid = pidOf(line.pid);
  const { user, session, application } = line;
  const isKnown = user !== undefined || session !== undefined || pid !== undefined || application !== undefined;
  return {
    ...classify(DATASTORE_ACTIVITY, id),
    actor: {
      user: user === undefined ? undefined : { name: user },
      session: session === undefined ? undefined : { uid: session },
      process: pid === undefined ? undefined : { pid },
      app_name: application ?? (isKnown ? undefined : 'PostgreSQL'),
    },
    src_endpoint: endpointOf(line.host, line.port),
    database: databaseOf(line.database, serverOf(context)),
  };
}
