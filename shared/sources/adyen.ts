// Adyen webhooks to API Activity 6003, in four shapes:
//  - standard: {live, notificationItems:[{NotificationRequestItem}]}, one event per item. https://docs.adyen.com/development-resources/webhooks/webhook-types
//  - platforms, issuing, tokens: {type, environment, timestamp, data}. https://docs.adyen.com/api-explorer/balanceplatform-webhooks
//  - classic platforms: {eventType, eventDate, pspReference, executingUserKey, content}. https://docs.adyen.com/classic-platforms/notification-types
//  - terminals: {SaleToPOIRequest or SaleToPOIResponse}; what is encrypted in them stays so. https://docs.adyen.com/point-of-sale/design-your-integration/notifications
// OCSF has no class for payments. A webhook tells that an operation was done: api.operation is the event's code or type, payments, accounts
// and account holders are resources, the merchant account or balance platform the actor, the shopper's address src_endpoint.
// Amounts are whole numbers of minor units and stay in `unmapped` as they came; signatures are left out.
import { digest } from '../ids.ts';
import type { Json, JsonObject, OcsfEvent, Outcome, RawRecord } from '../model.ts';
import { API_ACTIVITY, SEVERITY, STATUS } from '../ocsf/classes.ts';
import { isArray, isObject, object, reject, text, value } from '../outcome.ts';
import { eachOf, type Parts } from '../parts.ts';
import type { Context, Source } from './api.ts';
import {
  apiActivity,
  deliveredOf,
  endpointOf,
  metadataOf,
  statusOf,
  unmappedOf,
  type Actor,
  type Delivered,
  type Status,
} from './lib/audit.ts';
import { deliveredAt } from './lib/delivery.ts';
import { inside, originalTime, peekText, take, takeIp, takeText, timeOf, type Fields } from './lib/fields.ts';
import { secretsOf, withoutSecrets } from './lib/secrets.ts';
import { crudOf } from './lib/verbs.ts';

/** What the shapes have in common, under different names. */
interface Shape {
  readonly operation: string;
  /** Where the time stands. */
  readonly moment: readonly [from: Fields, name: string];
  /** What the event is about. */
  readonly about: Fields;
}

interface Notification {
  readonly delivered: Delivered;
  readonly shape: Shape;
  /** ms since the epoch */
  readonly time: number;
  readonly written: Json | undefined;
  /** What makes the event one and the same, wherever it comes from; undefined where too little is said. */
  readonly identity: readonly (Json | undefined)[] | undefined;
}

const SERVICE = 'Adyen';
const PRODUCT = { name: 'Adyen', vendor_name: 'Adyen' };
const SECRETS = secretsOf('hmacSignature');

export const adyen: Source<Notification> = {
  name: 'adyen',
  title: 'Adyen webhooks',
  documentation: 'https://docs.adyen.com/development-resources/webhooks/webhook-types',
  classes: [API_ACTIVITY.uid],
  framing: { kind: 'json' },
  delivered: ["Kafka, Kinesis, S3: as the bank's file says (webhook bodies)"],
  claims: () => false,
  recognises: (head) => SHAPES.some((parts) => parts.every((part) => part.test(head))),
  split,
  parse,
  map,
};

const SHAPES: readonly (readonly RegExp[])[] = [
  [/"NotificationRequestItem"\s*:/],
  [/"type"\s*:\s*"balancePlatform\./, /"environment"\s*:/],
  [/"eventType"\s*:\s*"[A-Z_]+"/, /"executingUserKey"\s*:/, /"pspReference"\s*:/],
  [/"SaleToPOI(?:Request|Response)"\s*:/],
];

/** Standard webhooks come in batches; what stands around the items is true of each. */
function split(delivered: Json): Parts | undefined {
  if (!isObject(delivered)) return undefined;
  const { notificationItems: items, ...rest } = delivered;
  if (!isArray(items) || items.length === 0 || !items.every(isObject)) return undefined;
  return eachOf(items, (item) => ({ ...rest, ...item }));
}

function parse(record: RawRecord, context: Context): Outcome<Notification> {
  const delivered = deliveredOf(withoutSecrets(record, SECRETS));
  if (delivered.kind !== 'value') return delivered;
  const { fields } = delivered.value;
  const shape = shapeOf(fields);
  if (shape === undefined) return reject('missing_field', 'eventCode, eventType or type');
  const [from, name] = shape.moment;
  const identity = identityOf(fields, shape);
  const written = take(from, name);
  const time = written === undefined ? deliveredAt(record, context) : timeOf(written);
  return time === undefined
    ? reject('bad_value', `${name} is not a time`)
    : value({ delivered: delivered.value, shape, time, written, identity });
}

function shapeOf(fields: Fields): Shape | undefined {
  const item = inside(fields, 'NotificationRequestItem');
  const code = takeText(item, 'eventCode');
  if (code !== undefined) return { operation: code, moment: [item, 'eventDate'], about: item };
  const classic = takeText(fields, 'eventType');
  if (classic !== undefined) return { operation: classic, moment: [fields, 'eventDate'], about: inside(fields, 'content') };
  const type = peekText(fields, 'type');
  if (type !== undefined && object(fields.members['data']) !== undefined) {
    take(fields, 'type');
    return { operation: type, moment: [fields, 'timestamp'], about: inside(fields, 'data') };
  }
  return terminalShape(fields);
}

/** https://docs.adyen.com/point-of-sale/design-your-integration/terminal-api: what it is stands in the header, the rest may be encrypted. */
function terminalShape(fields: Fields): Shape | undefined {
  for (const name of ['SaleToPOIRequest', 'SaleToPOIResponse']) {
    const message = inside(fields, name);
    const category = peekText(inside(message, 'MessageHeader'), 'MessageCategory');
    if (category === undefined) continue;
    const body = inside(message, `${category}${name.slice('SaleToPOI'.length)}`);
    const transaction = inside(inside(body, 'POIData'), 'POITransactionID');
    const isNotified = peekText(inside(message, 'EventNotification'), 'TimeStamp') !== undefined;
    return {
      operation: `${name}.${category}`,
      moment: [isNotified ? inside(message, 'EventNotification') : transaction, 'TimeStamp'],
      about: inside(message, 'MessageHeader'),
    };
  }
  return undefined;
}

/** A standard webhook is the same when it is sent again; the others have no id of their own, only all that they say. */
function identityOf({ members }: Fields, { operation, moment: [from, name] }: Shape): Notification['identity'] {
  const item = object(members['NotificationRequestItem']);
  if (item === undefined) return [members];
  const said = from.members[name];
  const reference = text(item['pspReference']);
  const { merchantAccountCode: account, success } = item;
  return reference === undefined || said === undefined ? undefined : [members['live'], account, reference, operation, said, success];
}

function map(native: Notification, record: RawRecord, context: Context): OcsfEvent {
  const { delivered, shape, time, identity } = native;
  const { fields } = delivered;
  const { operation, about } = shape;
  const account = takeText(about, 'merchantAccountCode') ?? takeText(about, 'balancePlatform');
  const user = takeText(fields, 'executingUserKey');
  const ip = takeIp(inside(about, 'additionalData'), 'shopperIP');
  const common = {
    severity_id: SEVERITY.informational,
    time,
    ...outcomeOf(fields, about),
    metadata: metadataOf({
      uid: identity === undefined ? context.uid(record.index) : digest(15, 'adyen', JSON.stringify(identity)),
      product: PRODUCT,
      event_code: operation,
      original_time: originalTime(native.written),
    }),
    actor: actorFor(user, account),
    src_endpoint: endpointOf(ip === undefined ? {} : { ip, svc_name: SERVICE }),
  };
  const call = { activity: crudOf(operation), operation, service: SERVICE, request: requestOf(fields) };
  return { ...apiActivity(common, { ...call, resources: resourcesOf(about) }), unmapped: unmappedOf(delivered) };
}

function actorFor(name: string | undefined, account: string | undefined): Actor | undefined {
  if (name === undefined && account === undefined) return undefined;
  const user = { name, account: account === undefined ? undefined : { uid: account } };
  return { user, app_name: SERVICE };
}

/** Of a classic platform, the reference is of the request that caused the event. */
function requestOf(fields: Fields): { readonly uid: string } | undefined {
  const uid = takeText(fields, 'pspReference');
  return uid === undefined ? undefined : { uid };
}

/** Where ids stand in what an event is about. */
const REFERENCES: readonly (readonly [name: string, type: string])[] = [
  ['pspReference', 'payment'],
  ['originalReference', 'original payment'],
  ['merchantReference', 'merchant reference'],
  ['accountHolderCode', 'account holder'],
  ['accountCode', 'account'],
  ['id', 'id'],
  ['POIID', 'terminal'],
];
/** Objects in `data` that have an id. */
const PARTS = ['accountHolder', 'balanceAccount', 'paymentInstrument', 'sweep', 'transfer', 'transaction', 'grantAccount'] as const;

function resourcesOf(about: Fields): readonly JsonObject[] {
  const found: JsonObject[] = [];
  for (const [name, type] of REFERENCES) {
    const uid = takeText(about, name);
    if (uid !== undefined) found.push({ uid, type });
  }
  for (const name of PARTS) {
    const uid = takeText(inside(about, name), 'id');
    if (uid !== undefined) found.push({ uid, type: name });
  }
  return found;
}

const SUCCESS: ReadonlyMap<string, number> = new Map([
  ['true', STATUS.success],
  ['false', STATUS.failure],
]);

/** Of transfers and transactions; others go by their own word. https://docs.adyen.com/api-explorer/transfer-webhooks */
const STATUSES: ReadonlyMap<string, number> = new Map([
  ['authorised', STATUS.success],
  ['booked', STATUS.success],
  ['captured', STATUS.success],
  ['refunded', STATUS.success],
  ['received', STATUS.success],
  ['active', STATUS.success],
  ['refused', STATUS.failure],
  ['failed', STATUS.failure],
  ['rejected', STATUS.failure],
  ['error', STATUS.failure],
  ['cancelled', STATUS.failure],
  ['returned', STATUS.failure],
]);

interface Result extends Partial<Status> {
  readonly status_code?: string | undefined;
  readonly status_detail?: string | undefined;
}

function outcomeOf(fields: Fields, about: Fields): Result {
  const success = about.members['success'];
  const said = typeof success === 'boolean' ? String(success) : text(success);
  const known = said === undefined ? undefined : SUCCESS.get(said);
  if (known !== undefined) {
    take(about, 'success');
    return { status_id: known, status_detail: takeText(about, 'reason') };
  }
  const error = inside(fields, 'error');
  const code = takeText(error, 'errorCode');
  if (code !== undefined) return { status_id: STATUS.failure, status_code: code, status_detail: takeText(error, 'message') };
  const word = takeText(about, 'status');
  return { ...statusOf(word, STATUSES), status_code: word, status_detail: takeText(about, 'reason') };
}
