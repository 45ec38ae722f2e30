// Stripe events, as webhooks and EventBridge deliver them, to API Activity 6003. https://docs.stripe.com/api/events/object (snapshot events),
// https://docs.stripe.com/api/v2/core/events (thin events), https://docs.stripe.com/event-destinations/eventbridge (envelope: detail-type is the type)
//  - OCSF has no class for payments. An event tells that an operation was done on an object: api.operation is the event's type, the object is
//    the resource. The actor is the connected account, the request api.request; Stripe itself where the event names none.
//  - The object stays in `unmapped.data.object` but for its id and kind. Amounts are whole numbers of minor units and stay as they came.
//  - Secrets that clients confirm payments with are left out.
import { digest } from '../ids.ts';
import type { Json, JsonObject, OcsfEvent, Outcome, RawRecord } from '../model.ts';
import { API_ACTIVITY, SEVERITY, STATUS } from '../ocsf/classes.ts';
import { isArray, isObject, reject, value } from '../outcome.ts';
import type { Source } from './api.ts';
import { actorOf, apiActivity, deliveredOf, metadataOf, unmappedOf, type Delivered } from './lib/audit.ts';
import { inside, originalTime, take, takeId, takeText, timeOf, type Fields } from './lib/fields.ts';
import { secretsOf, withoutSecrets } from './lib/secrets.ts';
import { crudOf } from './lib/verbs.ts';

interface StripeEvent {
  readonly delivered: Delivered;
  readonly id: string;
  readonly type: string;
  /** ms since the epoch */
  readonly time: number;
  readonly created: Json;
}

const SERVICE = 'Stripe';
const PRODUCT = { name: 'Stripe', vendor_name: 'Stripe' };

const SECRETS = secretsOf('client_secret', 'secret');

export const stripe: Source<StripeEvent> = {
  name: 'stripe',
  title: 'Stripe events',
  documentation: 'https://docs.stripe.com/api/events/object',
  classes: [API_ACTIVITY.uid],
  framing: { kind: 'json' },
  delivered: [
    'EventBridge: partner bus aws.partner/stripe.com/<destination>',
    "Kafka, Kinesis, S3: as the bank's file says (webhook bodies, lists of events)",
  ],
  events: [{ source: 'aws.partner/stripe.com/*' }],
  claims: () => false,
  recognises: (head) => ID.test(head) && OBJECT.test(head),
  split,
  parse,
  map,
};

const ID = /"id"\s*:\s*"evt_/;
const OBJECT = /"object"\s*:\s*"(?:v2\.core\.)?event"/;

/** What the API answers to GET /v1/events, and to GET /v2/core/events. */
function split(delivered: Json): readonly Json[] | undefined {
  if (!isObject(delivered) || delivered['detail-type'] !== undefined || delivered['id'] !== undefined) return undefined;
  const events = delivered['data'];
  return isArray(events) && events.length > 0 ? events : undefined;
}

function parse(record: RawRecord): Outcome<StripeEvent> {
  const delivered = deliveredOf(withoutSecrets(record, SECRETS));
  if (delivered.kind !== 'value') return delivered;
  const { fields } = delivered.value;
  const id = takeText(fields, 'id');
  if (id === undefined) return reject('missing_field', 'id');
  const type = takeText(fields, 'type');
  if (type === undefined) return reject('missing_field', 'type');
  const created = take(fields, 'created');
  if (created === undefined) return reject('missing_field', 'created');
  const time = timeOf(created);
  return time === undefined ? reject('bad_value', 'created is not a time') : value({ delivered: delivered.value, id, type, time, created });
}

function map(native: StripeEvent): OcsfEvent {
  const { delivered, id, type, time } = native;
  const { fields } = delivered;
  const version = takeText(fields, 'api_version');
  // Of a thin event, the connected account or organisation is its context.
  const account = takeText(fields, 'account') ?? takeText(fields, 'context');
  const object = inside(inside(fields, 'data'), 'object');
  const common = {
    severity_id: SEVERITY.informational,
    time,
    ...statusOf(type, object),
    metadata: metadataOf({
      uid: digest(15, 'stripe', JSON.stringify(id)),
      product: PRODUCT,
      event_code: type,
      log_version: version,
      tenant_uid: account,
      original_event_uid: id,
      original_time: originalTime(native.created),
    }),
    actor: actorOf(account === undefined ? {} : { user: { uid: account }, app_name: SERVICE }),
    src_endpoint: undefined,
  };
  const call = { activity: crudOf(type), operation: type, service: SERVICE, version, request: requestOf(fields) };
  return { ...apiActivity(common, { ...call, resources: resourcesOf(fields, object) }), unmapped: unmappedOf(delivered) };
}

/** An id, null where Stripe acted by itself; thin events have it in `reason`. */
function requestOf(fields: Fields): { readonly uid: string } | undefined {
  const uid =
    takeText(fields, 'request') ?? takeText(inside(fields, 'request'), 'id') ?? takeText(inside(inside(fields, 'reason'), 'request'), 'id');
  return uid === undefined ? undefined : { uid };
}

function resourcesOf(fields: Fields, object: Fields): readonly JsonObject[] {
  const related = inside(fields, 'related_object');
  const found: JsonObject[] = [];
  for (const [from, kind] of [
    [object, 'object'],
    [related, 'type'],
  ] as const) {
    const uid = takeId(from, 'id');
    if (uid !== undefined) found.push({ uid, type: takeText(from, kind) });
  }
  return found;
}

const FAILURES = /(?:^|[._])(?:failed|declined|rejected|denied|blocked|uncollectible)$/;
const SUCCESSES = /(?:^|[._])(?:succeeded|paid|completed|created|updated|deleted|captured|approved|refunded)$/;

interface Status {
  readonly status_id?: number;
  readonly status_code?: string | undefined;
  readonly status_detail?: string | undefined;
}

/** The type's last word tells how it ended; why it failed stands in the object. */
function statusOf(type: string, object: Fields): Status {
  const isFailure = FAILURES.test(type);
  if (!isFailure) return SUCCESSES.test(type) ? { status_id: STATUS.success } : {};
  const error = ['last_payment_error', 'last_setup_error', 'last_error'].find((name) => isObject(object.members[name]));
  const told = inside(object, error ?? '');
  return {
    status_id: STATUS.failure,
    status_code: takeText(object, 'failure_code') ?? takeText(told, 'code'),
    status_detail: takeText(object, 'failure_message') ?? takeText(told, 'message'),
  };
}
