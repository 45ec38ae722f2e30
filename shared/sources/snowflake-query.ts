// https://docs.snowflake.com/en/sql-reference/account-usage/query_history
// Snowflake QUERY_HISTORY, rows of the account's, organization's or information schema's: Datastore Activity.
//
//  - QUERY_TYPE says what kind of act it is; QUERY_TEXT and QUERY_ID are query_info, with what was scanned. START_TIME is the time. A row
//    that comes again with another status (it was still running) is another event.
//  - DATABASE_NAME is the database in use, not all that a statement reads. Outside of one the datastore is Snowflake itself. The view does
//    not tell where a query came from: src_endpoint names the service.
//  - CSV: texts in quotes (FIELD_OPTIONALLY_ENCLOSED_BY), QUERY_ID first, as the views have it: lines that do not begin so belong to the
//    text of the query before. JSON needs no such care.
import { digest } from '../ids.ts';
import type { JsonObject, OcsfEvent, Outcome, RawRecord } from '../model.ts';
import { DATASTORE_ACTIVITY, SEVERITY, STATUS } from '../ocsf/classes.ts';
import { reject, value } from '../outcome.ts';
import type { Context, Source } from './api.ts';
import { OTHER, USER_TYPE, activityOf, actorOf, metadataOf, unmappedOf, userOf, type Actor, type Delivered } from './lib/audit.ts';
import { originalTime, peekText, take, takeId, takeIp, takeText, takeTime, takeWhole, timeOf, type Fields } from './lib/fields.ts';
import { beginsJson } from './lib/rows.ts';
import { SNOWFLAKE, accountOf, isHeader, mentions, snowflakeRow } from './lib/snowflake.ts';

interface QueryRow {
  readonly delivered: Delivered;
  readonly id: string;
  /** START_TIME, ms since the epoch. */
  readonly time: number;
}

export const snowflakeQuery: Source<QueryRow> = {
  name: 'snowflake-query',
  title: 'Snowflake QUERY_HISTORY',
  documentation: 'https://docs.snowflake.com/en/sql-reference/account-usage/query_history',
  classes: [DATASTORE_ACTIVITY.uid],
  framing: {
    kind: 'lines',
    isHeader: (line) => isHeader(line, COLUMNS),
    headerFirst: true,
    continues: (line) => !beginsJson(line) && !ROW.test(line),
  },
  delivered: ["S3 (COPY INTO as JSON, or CSV with quotes and HEADER = TRUE), Kafka, Kinesis: as the bank's file says"],
  claims: () => false,
  recognises: (head) => mentions(head, COLUMNS),
  parse,
  map,
};

const COLUMNS = ['QUERY_ID', 'QUERY_TEXT', 'EXECUTION_STATUS', 'START_TIME'];
const ROW = /^"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{8,12}"(?:,|$)/;

function parse(record: RawRecord, context: Context): Outcome<QueryRow> {
  const delivered = snowflakeRow(record, context);
  if (delivered.kind !== 'value') return delivered;
  const { fields } = delivered.value;
  const id = takeText(fields, 'QUERY_ID');
  if (id === undefined) return reject('missing_field', 'QUERY_ID');
  const written = take(fields, 'START_TIME');
  if (written === undefined) return reject('missing_field', 'START_TIME');
  const time = timeOf(written);
  return time === undefined ? reject('bad_value', 'START_TIME is not a time') : value({ delivered: delivered.value, id, time });
}

// https://schema.ocsf.io/1.8.0/classes/datastore_activity (activity_id)
const READ = 1;
const UPDATE = 2;
const QUERY = 4;
const WRITE = 5;
const CREATE = 6;
const DELETE = 7;
const LIST = 8;

/** By the first word of QUERY_TYPE (CREATE_TABLE_AS_SELECT: CREATE); every other one is OTHER. */
const ACTIVITIES: ReadonlyMap<string, number> = new Map([
  ['SELECT', QUERY],
  ['INSERT', WRITE],
  ['MULTI', WRITE],
  ['COPY', WRITE],
  ['PUT', WRITE],
  ['UPDATE', UPDATE],
  ['MERGE', UPDATE],
  ['ALTER', UPDATE],
  ['RENAME', UPDATE],
  ['RECREATE', UPDATE],
  ['DELETE', DELETE],
  ['TRUNCATE', DELETE],
  ['DROP', DELETE],
  ['REMOVE', DELETE],
  ['CREATE', CREATE],
  ['RESTORE', CREATE],
  ['UNLOAD', READ],
  ['GET', READ],
  ['DESCRIBE', READ],
  ['EXPLAIN', READ],
  ['SHOW', LIST],
  ['LIST', LIST],
]);

const STATUSES: ReadonlyMap<string, number> = new Map([
  ['SUCCESS', STATUS.success],
  ['FAIL', STATUS.failure],
  ['FAILED', STATUS.failure],
  ['FAILED_WITH_ERROR', STATUS.failure],
  ['FAILED_WITH_INCIDENT', STATUS.failure],
  ['INCIDENT', STATUS.failure],
]);

const RELATIONAL = 1;

function map({ delivered, id, time }: QueryRow): OcsfEvent {
  const { fields } = delivered;
  const type = takeText(fields, 'QUERY_TYPE');
  const status = takeText(fields, 'EXECUTION_STATUS');
  const statusId = status === undefined ? undefined : (STATUSES.get(status.toUpperCase()) ?? STATUS.other);
  const ip = takeIp(fields, 'CLIENT_IP');
  return {
    ...activityOf(DATASTORE_ACTIVITY, activityIn(type), type ?? 'UNKNOWN'),
    severity_id: SEVERITY.informational,
    status_id: statusId,
    status: statusId === STATUS.other ? status : undefined,
    status_code: takeId(fields, 'ERROR_CODE') ?? (statusId === STATUS.other ? undefined : status),
    status_detail: takeText(fields, 'ERROR_MESSAGE'),
    time,
    end_time: takeTime(fields, 'END_TIME'),
    duration: takeWhole(fields, 'TOTAL_ELAPSED_TIME'),
    metadata: metadata(fields, { id, time, status }),
    actor: actorIn(fields),
    src_endpoint: ip === undefined ? { svc_name: SNOWFLAKE.name } : { ip },
    type_id: RELATIONAL,
    database: databaseIn(fields),
    query_info: queryIn(fields, id),
    unmapped: unmappedOf(delivered),
  };
}

function activityIn(type: string | undefined): number {
  if (type === undefined || type === 'UNKNOWN') return 0;
  const end = type.indexOf('_');
  return ACTIVITIES.get((end < 0 ? type : type.slice(0, end)).toUpperCase()) ?? OTHER;
}

function actorIn(fields: Fields): Actor {
  const session = takeId(fields, 'SESSION_ID');
  const isService = peekText(fields, 'USER_TYPE')?.includes('SERVICE') === true;
  const user = userOf({ name: takeText(fields, 'USER_NAME'), type_id: isService ? USER_TYPE.service : undefined });
  const role = user === undefined ? undefined : takeText(fields, 'ROLE_NAME');
  const actor = actorOf({ user, session: session === undefined ? undefined : { uid: session } });
  if (actor === undefined) return { app_name: SNOWFLAKE.name };
  return { ...actor, user: role === undefined ? user : { ...user, groups: [{ name: role, type: 'role' }] } };
}

function databaseIn(fields: Fields): JsonObject {
  const name = takeText(fields, 'DATABASE_NAME');
  return { name: name ?? SNOWFLAKE.name, uid: name === undefined ? undefined : takeId(fields, 'DATABASE_ID'), type_id: RELATIONAL };
}

function queryIn(fields: Fields, id: string): JsonObject | undefined {
  const query = takeText(fields, 'QUERY_TEXT');
  return query === undefined ? undefined : { uid: id, query_string: query, bytes: takeWhole(fields, 'BYTES_SCANNED') };
}

interface Identity {
  readonly id: string;
  readonly time: number;
  readonly status: string | undefined;
}

function metadata(fields: Fields, { id, time, status }: Identity): OcsfEvent['metadata'] {
  const account = accountOf(fields);
  const parts = [account ?? '', id, String(time), status ?? ''].map((part) => JSON.stringify(part));
  return metadataOf({
    uid: digest(15, 'snowflake-query', ...parts),
    product: SNOWFLAKE,
    log_name: 'QUERY_HISTORY',
    tenant_uid: account,
    original_event_uid: id,
    original_time: originalTime(fields.members['START_TIME']),
  });
}
