// What a source of logs is. One source = one file in this folder + golden cases in test/golden/<name>/; nothing else is touched
// but its line in registry.ts.
import type { Json, JsonObject, OcsfEvent, Origin, Outcome, RawRecord } from '../model.ts';
import type { Parts } from '../parts.ts';

/** How records are cut out of the delivered (decompressed) bytes. */
export type Framing =
  /**
   * One record per line. A line for which `isHeader` holds is kept in Context.header and is no record; one for which `continues` holds is
   * joined to the record before it by a line feed (log events of CloudWatch Logs too). Empty lines are no records. With `orJson`, a unit
   * that begins with a brace holds JSON objects instead, with or without lines between them (Firehose wraps lines so).
   */
  | {
      readonly kind: 'lines';
      readonly isHeader?: (line: string) => boolean;
      /** Only the first line of a unit can be a header, and that very line again: where records hold text of others, they could pose as one. */
      readonly headerFirst?: boolean;
      readonly continues?: (line: string) => boolean;
      readonly orJson?: boolean;
    }
  /** JSON objects: one after the other (NDJSON, pretty-printed, an array), or in the array under `arrayKey` of a wrapper object. */
  | { readonly kind: 'json'; readonly arrayKey?: string }
  /** Syslog messages: by line, or each behind its length (RFC 6587 octet counting), told from each other message by message. */
  | { readonly kind: 'syslog' }
  /**
   * XML documents, one record per element of one of these local names, the whole document where it has none of them. What stands around the
   * elements (up to 256 KiB) is in Context.header.
   */
  | { readonly kind: 'xml'; readonly elements: readonly string[] };

/**
 * What is known of a delivered unit before it is opened; a source claims by it. Streams, Kafka topics, partner buses and objects under keys
 * of the bank's own choice belong to the source that the bank's file names.
 */
export type Delivery =
  | { readonly trigger: 's3'; readonly bucket: string; readonly key: string }
  | { readonly trigger: 'logs'; readonly logGroup: string; readonly logStream: string }
  | { readonly trigger: 'eventbridge'; readonly source: string; readonly detailType: string };

/** What parse and map may know beside the record. One per delivered unit; `header` may change while it is read. */
export interface Context {
  readonly origin: Origin;
  /** Last header line seen, for sources with headers. */
  readonly header?: string | undefined;
  /** Record format set in the bank's file for this log group, stream, topic or prefix (VPC Flow in CloudWatch Logs has no header). */
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
  /** As its maker calls it. */
  readonly title: string;
  /** URL of the format's documentation. */
  readonly documentation: string;
  /** OCSF class uids it can emit. */
  readonly classes: readonly number[];
  readonly framing: Framing;
  /** How it reaches the platform, one line per way, for docs/SOURCES.md: `S3: AWSLogs/<account>/vpcflowlogs/…`. */
  readonly delivered: readonly string[];
  /** Carries findings of Strongroom itself, where they come over the bus: only the security account may send them (stacks/plugins/findings-home.ts). */
  readonly ours?: boolean;
  /** Events of the bus that are of this source: stacks/resources/events.yml lets them in, registry.ts claims by them. */
  readonly events?: readonly EventPattern[];
  /** True if a unit delivered like this is of this source. At most one source claims a unit. For triggers s3 and logs; see `events`. */
  claims(delivery: Delivery): boolean;
  /** Account and region from what claims() saw (an S3 key carries both); undefined where it does not say. */
  locate?(delivery: Delivery): { readonly account?: string | undefined; readonly region?: string | undefined };
  /** Content check for local files (`strongroom normalize`): the first decompressed bytes as text, at most 64 KiB. Never used on deliveries. */
  recognises(head: string): boolean;
  /**
   * Where one delivered value holds several records (a wrapper with findings, a block with transactions): those, each of which then goes
   * through parse and map. Undefined: the value is one record. Not for what framing can tell. Records that repeat what stands around them
   * are made by eachOf() of shared/parts.ts.
   */
  split?(value: Json): Parts | undefined;
  /** Text to the source's own fields. */
  parse(record: RawRecord, context: Context): Outcome<Native>;
  /** The source's fields to one OCSF event. Total: what cannot be mapped was rejected by parse. */
  map(native: Native, record: RawRecord, context: Context): OcsfEvent;
}

/** https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-event-patterns.html */
export interface EventPattern {
  /** Exactly, or with `*` at its end anything that begins so. */
  readonly source: string;
  /** None: whatever the detail-type. */
  readonly detailTypes?: readonly string[];
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
