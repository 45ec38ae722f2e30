// Events that already are OCSF, of any version from 1.0.0-rc.2 on, to OCSF 1.8.0: shared/ocsf/lift.ts says how. https://schema.ocsf.io
// Security Lake: https://docs.aws.amazon.com/security-lake/latest/userguide/custom-sources.html (keys, Parquet)
//  - An event keeps its class; one of a class that Strongroom has no name for is indexed as ocsf-class_<uid>.
//  - metadata.uid stays where it is long enough to be unique in the world (as in Security Lake's CloudTrail, where it is the eventID: the
//    same document as the trail's own); a shorter one is told from other producers' by product and time, and is original_event_uid.
import type { JsonObject, OcsfEvent, Outcome, RawRecord } from '../model.ts';
import { CLOUD_RESOURCES_INVENTORY } from '../ocsf/classes.ts';
import { lift } from '../ocsf/lift.ts';
import { SHAPE_DATA } from '../ocsf/shape.ts';
import { isArray, isObject, jsonOf, reject } from '../outcome.ts';
import type { Context, Delivery, Source } from './api.ts';

export const ocsf: Source<OcsfEvent> = {
  name: 'ocsf',
  title: 'OCSF events of any producer, Amazon Security Lake',
  documentation: 'https://schema.ocsf.io/1.8.0',
  classes: Object.keys(SHAPE_DATA.classes).map(Number),
  framing: { kind: 'json' },
  delivered: [
    'S3: aws/<SOURCE>/<version>/region=<region>/accountId=<account>/eventDay=<day>/….parquet (Security Lake)',
    'S3: ext/<source>/[<version>/]region=<region>/accountId=<account>/eventDay=<day>/….parquet (Security Lake, custom sources)',
    "Kafka, Kinesis, S3, EventBridge partner buses: as the bank's file says (JSON objects or arrays, Parquet)",
  ],
  claims: (delivery) => placeOf(delivery) !== undefined,
  locate(delivery) {
    const { account, region } = placeOf(delivery) ?? {};
    // Custom sources may have an external id there.
    return { account: account !== undefined && /^\d{12}$/.test(account) ? account : undefined, region };
  },
  recognises: (head) => /^\s*[[{]/.test(head) && [CLASS, METADATA, VERSION].every((part) => part.test(head)),
  parse,
  map: (event) => (event.class_uid === CLOUD_RESOURCES_INVENTORY.uid ? withTextData(event) : event),
};

const KEY =
  /^(?:aws\/[A-Z0-9_]+\/\d+\.\d+|ext\/[^/]+(?:\/[^/]+)?)\/region=(?<region>[a-z0-9-]+)\/account[Ii]d=(?<account>[^/]+)\/event[Dd]ay=\d{8}\/[^/]+\.parquet$/;
const CLASS = /"class_uid"\s*:\s*"?\d/;
const METADATA = /"metadata"\s*:\s*\{/;
const VERSION = /"version"\s*:\s*"1\.\d/;

function placeOf(delivery: Delivery): Readonly<Record<string, string>> | undefined {
  return delivery.trigger === 's3' ? KEY.exec(delivery.key)?.groups : undefined;
}

function parse(record: RawRecord, context: Context): Outcome<OcsfEvent> {
  const parsed = jsonOf(record);
  if (parsed === undefined) return reject('malformed_json', 'not JSON');
  const event = isObject(parsed) ? unwrapped(parsed) : undefined;
  if (event === undefined) return reject('malformed_record', 'not a JSON object');
  return lift(event, { uid: () => context.uid(record.index) });
}

/** EventBridge wraps the event. */
function unwrapped(parsed: JsonObject): JsonObject | undefined {
  if (parsed['detail-type'] === undefined || parsed['class_uid'] !== undefined) return parsed;
  return isObject(parsed['detail']) ? parsed['detail'] : undefined;
}

/** In an inventory the words of resources[].data can be searched, so they are text; elsewhere it is shown as it is. */
function withTextData(event: OcsfEvent): OcsfEvent {
  const { resources } = event;
  if (!isArray(resources)) return event;
  return {
    ...event,
    resources: resources.map((one) => {
      const data = isObject(one) ? one['data'] : undefined;
      return !isObject(one) || data === undefined || typeof data === 'string' ? one : { ...one, data: JSON.stringify(data) };
    }),
  };
}
