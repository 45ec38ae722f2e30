// The few types that every stage speaks. Read shared/pipeline.ts next.

/** A value as JSON.parse returns it. */
export type Json = null | boolean | number | string | readonly Json[] | JsonObject;
export interface JsonObject {
  readonly [key: string]: Json | undefined;
}

/** Where a delivered unit came from. Everything here is the same on every redelivery, so keys and ids made from it are deterministic. */
export interface Origin {
  readonly bank: string;
  /** Account the log is about (12 digits), or `unknown`. */
  readonly account: string;
  readonly region: string;
  /** Name of the source, as in shared/sources/registry.ts, or `unknown`. */
  readonly source: string;
  readonly trigger: 's3' | 'kinesis' | 'eventbridge' | 'kafka' | 'file';
  /**
   * Unique name of the delivered unit: `s3://bucket/key#version-or-etag`, `kinesis://stream/shard/sequence` (or `first-last`),
   * `kafka://cluster/topic/partition/first-last@time`, `eventbridge://account/region/id`.
   */
  readonly uri: string;
  /** When it was delivered, ms since the epoch, from the trigger. */
  readonly time: number;
}

/** One record as the framing cut it out of the delivered bytes; nothing is interpreted yet. */
export interface RawRecord {
  /** The record's own text, without separators; of a part (Source.split), the text it was in: see textOf() in shared/outcome.ts. */
  readonly text: string;
  readonly isPart?: boolean | undefined;
  /** Its value, where it had to be parsed to find its end: see jsonOf() in shared/outcome.ts. */
  readonly json?: Json | undefined;
  /** Position among the records of this unit, from 0; ids and parked records refer to it. */
  readonly index: number;
  /** Time given by what delivered it (CloudWatch Logs, Kinesis, Kafka), ms since the epoch. */
  readonly time?: number | undefined;
  /** Id given by the wrapper (CloudWatch Logs event id). */
  readonly uid?: string | undefined;
}

/** Why a record could not be processed; codes are listed in shared/errors.ts. */
export interface Reject {
  readonly code: RejectCode;
  /** What exactly was wrong, without the record's contents. */
  readonly detail: string;
}

export type RejectCode = keyof typeof import('./errors.ts').REJECT_CODES;

/** What becomes of one record. A bad record is a value, never a thrown error. */
export type Outcome<T> =
  | { readonly kind: 'value'; readonly value: T }
  | { readonly kind: 'reject'; readonly reject: Reject }
  | { readonly kind: 'exclude'; readonly rule: string };

/** An OCSF event in its short valid form: ids without captions (captions only where the id is 99), observables only of type_id 99. */
export interface OcsfEvent {
  readonly activity_id: number;
  readonly category_uid: number;
  readonly class_uid: number;
  readonly type_uid: number;
  readonly severity_id: number;
  /** When it happened, ms since the epoch. */
  readonly time: number;
  readonly metadata: OcsfMetadata;
  readonly unmapped?: JsonObject | undefined;
  readonly [attribute: string]: unknown;
}

export interface OcsfMetadata {
  readonly uid: string;
  readonly version: string;
  readonly product: { readonly name: string; readonly vendor_name: string; readonly [attribute: string]: unknown };
  readonly profiles?: readonly string[] | undefined;
  readonly [attribute: string]: unknown;
}

/** An event on its way to the hub and the index, already serialised: consumers slice it, they need not parse it. */
export interface HubDocument {
  /** Document id in OpenSearch, deterministic. */
  readonly id: string;
  /** `ocsf-<class>-<period of the event's time>`. */
  readonly index: string;
  /** The event as one line of JSON. */
  readonly json: string;
}

/** A record that was set aside, as it lies in the parked bucket: one line of NDJSON. */
export interface ParkedRecord {
  readonly stage: 'decode' | 'parse' | 'map' | 'index' | 'detect';
  readonly code: RejectCode;
  readonly detail: string;
  readonly origin: Origin;
  /** Vault key of the sealed bytes, where they were sealed. */
  readonly evidence?: string | undefined;
  /** Position of the record in its unit; -1 when the unit as a whole could not be read. */
  readonly index: number;
  /** The record's text, cut at 256 KiB where the evidence has all of it; for stage `index`, the document's JSON; of a hub record, base64. */
  readonly raw: string;
  /** For stage `index`: where the document was to go. */
  readonly document?: { readonly id: string; readonly index: string } | undefined;
  /** For documents of a replay: redriven, they are still old. */
  readonly replay?: ReplayMark | undefined;
}

/** Where replayed events go: to all consumers of the hub, to detection alone, or into an index of their own. */
export type ReplayTarget = 'hub' | 'detect' | `index:${string}`;

/** On what is not new: history that was taken out of the vault again. */
export interface ReplayMark {
  readonly id: string;
  readonly to: ReplayTarget;
  /** Whether old events may alert. */
  readonly alerts: boolean;
}

/** Conservation: records = events + excluded + parked. */
export interface Counts {
  readonly records: number;
  readonly events: number;
  readonly excluded: number;
  readonly parked: number;
}
