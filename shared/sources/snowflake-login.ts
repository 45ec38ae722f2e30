// https://docs.snowflake.com/en/sql-reference/account-usage/login_history
// Snowflake LOGIN_HISTORY, rows of the account's, organization's or information schema's: Authentication.
//
//  - EVENT_TIMESTAMP is the time, in UTC where it has no zone. EVENT_ID is unique within an account, and rows seldom name theirs: the id of
//    the event is made from it, the time and the user.
//  - SECOND_AUTHENTICATION_FACTOR says whether there was one: is_mfa. Both factors stay in `unmapped`, in Snowflake's words.
//  - 0.0.0.0 is how Snowflake writes its own services' address: no source.
import { digest } from '../ids.ts';
import type { OcsfEvent, Outcome, RawRecord } from '../model.ts';
import { AUTHENTICATION, SEVERITY, STATUS } from '../ocsf/classes.ts';
import { reject, value } from '../outcome.ts';
import type { Context, Source } from './api.ts';
import { OTHER, activityOf, metadataOf, unmappedOf, userOf, type Delivered, type User } from './lib/audit.ts';
import { originalTime, peekText, take, takeId, takeIp, takeText, timeOf, type Fields } from './lib/fields.ts';
import { SNOWFLAKE, accountOf, isHeader, mentions, snowflakeRow } from './lib/snowflake.ts';

interface LoginRow {
  readonly delivered: Delivered;
  readonly user: User;
  /** EVENT_TIMESTAMP, ms since the epoch. */
  readonly time: number;
}

export const snowflakeLogin: Source<LoginRow> = {
  name: 'snowflake-login',
  title: 'Snowflake LOGIN_HISTORY',
  documentation: 'https://docs.snowflake.com/en/sql-reference/account-usage/login_history',
  classes: [AUTHENTICATION.uid],
  framing: { kind: 'lines', isHeader: (line) => isHeader(line, COLUMNS), headerFirst: true },
  delivered: ["S3 (COPY INTO as JSON, or CSV with quotes and HEADER = TRUE), Kafka, Kinesis: as the bank's file says"],
  claims: () => false,
  recognises: (head) => mentions(head, MARKS),
  parse,
  map,
};

const COLUMNS = ['EVENT_TIMESTAMP', 'USER_NAME', 'CLIENT_IP', 'IS_SUCCESS'];
const MARKS = [...COLUMNS, 'REPORTED_CLIENT_TYPE', 'FIRST_AUTHENTICATION_FACTOR'];

function parse(record: RawRecord, context: Context): Outcome<LoginRow> {
  const delivered = snowflakeRow(record, context);
  if (delivered.kind !== 'value') return delivered;
  const { fields } = delivered.value;
  const written = take(fields, 'EVENT_TIMESTAMP');
  if (written === undefined) return reject('missing_field', 'EVENT_TIMESTAMP');
  const time = timeOf(written);
  if (time === undefined) return reject('bad_value', 'EVENT_TIMESTAMP is not a time');
  const user = userOf({ name: takeText(fields, 'USER_NAME') });
  return user === undefined ? reject('missing_field', 'USER_NAME') : value({ delivered: delivered.value, user, time });
}

const LOGON = 1;
const SUCCESSES: ReadonlyMap<unknown, number> = new Map<unknown, number>([
  ['YES', STATUS.success],
  ['TRUE', STATUS.success],
  [true, STATUS.success],
  ['NO', STATUS.failure],
  ['FALSE', STATUS.failure],
  [false, STATUS.failure],
]);

function map({ delivered, user, time }: LoginRow, record: RawRecord, context: Context): OcsfEvent {
  const { fields } = delivered;
  const type = takeText(fields, 'EVENT_TYPE');
  const said = fields.members['IS_SUCCESS'];
  const status = SUCCESSES.get(typeof said === 'string' ? said.toUpperCase() : said);
  if (status !== undefined) take(fields, 'IS_SUCCESS');
  const ip = peekText(fields, 'CLIENT_IP') === '0.0.0.0' ? undefined : takeIp(fields, 'CLIENT_IP');
  return {
    ...activityOf(AUTHENTICATION, type === undefined || type === 'LOGIN' ? LOGON : OTHER, type ?? 'LOGIN'),
    severity_id: SEVERITY.informational,
    status_id: status,
    status_code: takeId(fields, 'ERROR_CODE'),
    status_detail: takeText(fields, 'ERROR_MESSAGE'),
    time,
    metadata: metadata(fields, { user, time }, record, context),
    user,
    is_mfa: isMfa(fields, status),
    service: { name: SNOWFLAKE.name },
    src_endpoint: ip === undefined ? undefined : { ip },
    unmapped: unmappedOf(delivered),
  };
}

/** Where a login failed there may have been no second factor yet. */
function isMfa(fields: Fields, status: number | undefined): boolean | undefined {
  if (peekText(fields, 'SECOND_AUTHENTICATION_FACTOR') !== undefined) return true;
  return status === STATUS.success ? false : undefined;
}

function metadata(
  fields: Fields,
  { user, time }: Pick<LoginRow, 'user' | 'time'>,
  record: RawRecord,
  context: Context,
): OcsfEvent['metadata'] {
  const id = takeId(fields, 'EVENT_ID');
  const account = accountOf(fields);
  const parts = [account ?? '', id ?? '', String(time), user.name ?? ''].map((part) => JSON.stringify(part));
  return metadataOf({
    uid: id === undefined ? context.uid(record.index) : digest(15, 'snowflake-login', ...parts),
    product: SNOWFLAKE,
    log_name: 'LOGIN_HISTORY',
    tenant_uid: account,
    original_event_uid: id,
    original_time: originalTime(fields.members['EVENT_TIMESTAMP']),
  });
}
