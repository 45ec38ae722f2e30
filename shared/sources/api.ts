// What a source of logs is. One source = one file in this folder + golden cases in test/golden/<name>/; nothing else is touched
// but its line in registry.ts.
import type { JsonObject, OcsfEvent, Origin, Outcome, RawRecord } from '../model.ts';

/** How records are cut out of the delivered (decompressed) bytes. */
export type Framing =
  /** One record per line. A line for which `isHeader` holds is kept in Context.header and is no record. Empty lines are no records. */
  | { readonly kind: 'lines'; readonly isHeader?: (line: string) => boolean }
  /** JSON objects: one after the other (NDJSON or pretty-printed), or in the array under `arrayKey` of a wrapper object. */
  | { readonly kind: 'json'; readonly arrayKey?: string };

/** What is known of a delivered unit before it is opened; a source claims by it. */
export type Delivery =
  | { readonly trigger: 's3'; readonly bucket: string; readonly key: string }
  | { readonly trigger: 'logs'; readonly logGroup: string; readonly logStream: string }
  | { readonly trigger: 'eventbridge'; readonly source: string; readonly detailType: string };

/** What parse and map may know beside the record. One per delivered unit; `header` may change while it is read. */
export interface Context {
  readonly origin: Origin;
  /** Last header line seen, for sources with headers. */
  readonly header?: string | undefined;
  /** Record format set for this log group in the bank's file (VPC Flow in CloudWatch Logs has no header). */
  readonly format?: string | undefined;
  /** Log group and stream, for CloudWatch Logs deliveries. */
  readonly logGroup?: string | undefined;
  readonly logStream?: string | undefined;
  /** Id of the record at `index` for sources without a native event id: from the id that CloudWatch Logs gave it, else from its position. */
  readonly uid: (index: number) => string;
}

export interface Source<Native = unknown> {
  /** kebab-case; used in evidence keys, metrics, the bank's file and docs. */
  readonly name: string;
  /** As AWS calls it. */
  readonly title: string;
  /** URL of the format's documentation. */
  readonly documentation: string;
  /** OCSF class uids it can emit. */
  readonly classes: readonly number[];
  readonly framing: Framing;
  /** True if a unit delivered like this is of this source. At most one source claims a unit. */
  claims(delivery: Delivery): boolean;
  /** Account and region from what claims() saw (an S3 key carries both); undefined where it does not say. */
  locate?(delivery: Delivery): { readonly account?: string | undefined; readonly region?: string | undefined };
  /** Content check for local files (`strongroom normalize`): the first decompressed bytes as text, at most 64 KiB. Never used on deliveries. */
  recognises(head: string): boolean;
  /** Text to the source's own fields. */
  parse(record: RawRecord, context: Context): Outcome<Native>;
  /** The source's fields to one OCSF event. Total: what cannot be mapped was rejected by parse. */
  map(native: Native, record: RawRecord, context: Context): OcsfEvent;
}

/** EventBridge envelope. https://docs.aws.amazon.com/eventbridge/latest/ref/overiew-event-structure.html */
export interface EventBridgeEnvelope extends JsonObject {
  readonly id: string;
  readonly source: string;
  readonly 'detail-type': string;
  readonly account: string;
  readonly region: string;
  readonly time: string;
  readonly detail: JsonObject;
}
