// https://docs.aws.amazon.com/health/latest/ug/aws-health-events-eventbridge-schema.html
// AWS Health: events → Base Event; what tells of an attack on or from the account (abuse reports, exposed credentials) → Detection Finding.
//  - An event comes again when it is updated, for every account it affects, in pages, and in a backup Region: communicationId and account
//    name what is the same. It has no time of creation: whatever is later than its start is an update.
//  - A scheduled change starts in the future: `time` is when Health last said something of it.
import { digest } from '../ids.ts';
import type { Json, JsonObject, OcsfEvent, Outcome, RawRecord } from '../model.ts';
import { BASE_EVENT, classify, DETECTION_FINDING, OCSF_VERSION, SEVERITY } from '../ocsf/classes.ts';
import { isArray, reject, text, value } from '../outcome.ts';
import type { Context, Source } from './api.ts';
import { ACTIVITY, cloudAt, FINDING_STATUS, RULE, settle, unmappedWith, unwrapped } from './lib/aws-finding.ts';
import { timeTaken } from './lib/aws-notice.ts';
import { httpDate } from './lib/aws-times.ts';
import { fieldsOf, leftovers, listIn, peekText, take, takeText, timeOf, type Fields } from './lib/fields.ts';

/** One event of Health, its required fields checked. */
interface HealthEvent {
  readonly detail: JsonObject;
  readonly envelope: JsonObject | undefined;
  readonly arn: string;
  readonly isThreat: boolean;
  /** ms since the epoch. */
  readonly time: number;
  readonly start: number | undefined;
  readonly end: number | undefined;
}

const NAME = 'health';
const PRODUCT = { name: 'Health', vendor_name: 'AWS' };
const EVENT = 'AWS Health Event';
const ABUSE = 'AWS Health Abuse Event';

export const health: Source<HealthEvent> = {
  name: NAME,
  title: 'AWS Health events',
  documentation: 'https://docs.aws.amazon.com/health/latest/ug/aws-health-events-eventbridge-schema.html',
  classes: [BASE_EVENT.uid, DETECTION_FINDING.uid],
  framing: { kind: 'json' },
  delivered: [`EventBridge: aws.health, ${EVENT}, ${ABUSE}`],
  events: [{ source: 'aws.health', detailTypes: [EVENT, ABUSE] }],
  claims: () => false,
  recognises: (head) => /"source"\s*:\s*"aws\.health"/.test(head),
  parse,
  map: (native, _record, context) => (native.isThreat ? threatEvent(native, context) : plainEvent(native, context)),
};

/** Health's own names for what is aimed at or done from the account: AWS_ABUSE_…, AWS_RISK_CREDENTIALS_EXPOSED. */
const THREATS: ReadonlySet<string> = new Set(['ABUSE', 'RISK']);

function parse(record: RawRecord): Outcome<HealthEvent> {
  const delivered = unwrapped(record);
  if (delivered.kind !== 'value') return delivered;
  const { body: detail, envelope } = delivered.value;
  const arn = text(detail['eventArn']);
  if (arn === undefined) return reject('missing_field', 'eventArn');
  const start = instantOf(detail['startTime']);
  const time = instantOf(detail['lastUpdatedTime']) ?? timeTaken(envelope) ?? start;
  if (time === undefined) return reject('missing_field', 'lastUpdatedTime');
  const isThreat = envelope?.['detail-type'] === ABUSE || THREATS.has(text(detail['service']) ?? '');
  return value({ detail, envelope, arn, isThreat, time, start, end: instantOf(detail['endTime']) });
}

/** @returns ms since the epoch, in the years 2000 to 2099. */
function instantOf(written: Json | undefined): number | undefined {
  return (typeof written === 'string' ? httpDate(written) : undefined) ?? timeOf(written);
}

/** The account that is affected: an organization's events come to its management account too. */
function accountOf({ detail, envelope }: HealthEvent): string | undefined {
  return text(detail['affectedAccount']) ?? text(envelope?.['account']);
}

function metadataOf(native: HealthEvent, fields: Fields): OcsfEvent['metadata'] {
  const { arn, detail, envelope, time } = native;
  const message = takeText(fields, 'communicationId');
  // The envelope's time is another one in the backup Region.
  const said = instantOf(detail['lastUpdatedTime']) ?? (message === undefined ? time : null);
  const status = text(detail['statusCode']) ?? null;
  return {
    // One page of one thing said to one account, however often and in whichever Region it is delivered.
    uid: digest(15, NAME, JSON.stringify([arn, accountOf(native) ?? null, message ?? null, said, status, detail['page'] ?? null])),
    version: OCSF_VERSION,
    product: PRODUCT,
    profiles: ['cloud'],
    event_code: takeText(fields, 'eventTypeCode'),
    original_event_uid: message,
    log_name: text(envelope?.['detail-type']) ?? EVENT,
  };
}

function cloudOf(native: HealthEvent, fields: Fields, { origin }: Context): JsonObject {
  const region = peekText(fields, 'eventRegion');
  takeText(fields, 'affectedAccount');
  takeText(fields, 'eventRegion');
  return cloudAt({ account: accountOf(native), region }, native.envelope, origin);
}

/** Health describes an event in one language or more. */
function descriptionOf(fields: Fields): string | undefined {
  const all = listIn(fields, 'eventDescription');
  const one = all.find((described) => peekText(described, 'language')?.startsWith('en') === true) ?? all[0];
  const desc = one === undefined ? undefined : takeText(one, 'latestDescription');
  settle(fields, 'eventDescription');
  return desc;
}

function timesOf({ time, start, end }: HealthEvent, fields: Fields): void {
  if (start !== undefined) take(fields, 'startTime');
  if (end !== undefined) take(fields, 'endTime');
  if (instantOf(fields.members['lastUpdatedTime']) === time) take(fields, 'lastUpdatedTime');
}

function plainEvent(native: HealthEvent, context: Context): OcsfEvent {
  const { detail, envelope } = native;
  const fields = fieldsOf(detail);
  const isOpenIssue = detail['eventTypeCategory'] === 'issue' && detail['statusCode'] !== 'closed';
  const common = {
    ...classify(BASE_EVENT, ACTIVITY.unknown),
    severity_id: isOpenIssue ? SEVERITY.medium : SEVERITY.informational,
    time: native.time,
    start_time: native.start,
    end_time: native.end,
    message: descriptionOf(fields) ?? text(detail['eventTypeCode']) ?? native.arn,
    status_code: takeText(fields, 'statusCode'),
    metadata: metadataOf(native, fields),
    cloud: cloudOf(native, fields, context),
  };
  timesOf(native, fields);
  return { ...common, unmapped: unmappedWith(leftovers(fields), envelope) };
}

function threatEvent(native: HealthEvent, context: Context): OcsfEvent {
  const { detail, envelope, arn, time, start } = native;
  const fields = fieldsOf(detail);
  const isClosed = detail['statusCode'] === 'closed';
  const account = accountOf(native);
  const type = text(detail['eventTypeCode']);
  const desc = descriptionOf(fields);
  const title = titleOf(type);
  timesOf(native, fields);
  takeText(fields, 'eventArn');
  const common = {
    ...classify(DETECTION_FINDING, isClosed ? ACTIVITY.close : start !== undefined && time > start ? ACTIVITY.update : ACTIVITY.create),
    severity_id: SEVERITY.high,
    status_id: isClosed ? FINDING_STATUS.resolved : FINDING_STATUS.new,
    status_code: takeText(fields, 'statusCode'),
    time,
    start_time: start,
    end_time: native.end,
    message: title,
    is_alert: !isClosed,
    metadata: metadataOf(native, fields),
    cloud: cloudOf(native, fields, context),
    finding_info: {
      // One event is told to every account it affects: each has to hear of it.
      uid: account === undefined ? arn : `${arn}/${account}`,
      uid_alt: arn,
      title,
      desc,
      types: type === undefined ? undefined : [type],
      first_seen_time: start,
      modified_time: time,
      analytic: { name: type ?? 'Health', type_id: RULE },
    },
    resources: entitiesOf(fields, envelope),
  };
  return { ...common, unmapped: unmappedWith(leftovers(fields), envelope) };
}

/** AWS_ABUSE_DOS_REPORT → AWS abuse dos report. */
function titleOf(type: string | undefined): string {
  if (type === undefined) return ABUSE;
  const words = type.replace(/^AWS_/, '').toLowerCase().replaceAll('_', ' ');
  return `AWS ${words}`;
}

function entitiesOf(fields: Fields, envelope: JsonObject | undefined): readonly JsonObject[] | undefined {
  const named = listIn(fields, 'affectedEntities').flatMap((entity) => takeText(entity, 'entityValue') ?? []);
  settle(fields, 'affectedEntities');
  const listed = envelope?.['resources'];
  const all = named.length > 0 || !isArray(listed) ? named : listed.flatMap((one) => text(one) ?? []);
  return all.length === 0 ? undefined : all.map((uid) => ({ uid }));
}
