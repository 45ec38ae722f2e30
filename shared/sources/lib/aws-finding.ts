// What the findings of AWS security services have in common. https://schema.ocsf.io/1.8.0/classes/detection_finding
// EventBridge envelope: https://docs.aws.amazon.com/eventbridge/latest/ref/overiew-event-structure.html
import type { Json, JsonObject, Origin, Outcome, RawRecord } from '../../model.ts';
import { SEVERITY } from '../../ocsf/classes.ts';
import { cloudOf } from '../../ocsf/event.ts';
import { isArray, isObject, jsonOf, reject, text, value } from '../../outcome.ts';
import { eachOf, type Parts } from '../../parts.ts';
import { type Fields, giveBack, isSpent, listIn, markTaken } from './fields.ts';

/** Activity ids of the finding classes. */
export const ACTIVITY = { unknown: 0, create: 1, update: 2, close: 3, other: 99 } as const;

/** Status ids of the finding classes. */
export const FINDING_STATUS = { new: 1, inProgress: 2, suppressed: 3, resolved: 4, archived: 5, deleted: 6 } as const;

/** Analytic types. https://schema.ocsf.io/1.8.0/objects/analytic (type_id) */
export const RULE = 1;

/** What was delivered, without EventBridge's envelope. */
export interface Delivered {
  readonly body: JsonObject;
  /** The envelope without `detail`; undefined where it came another way. */
  readonly envelope: JsonObject | undefined;
}

export function unwrapped(record: RawRecord): Outcome<Delivered> {
  const parsed = jsonOf(record);
  if (parsed === undefined) return reject('malformed_json', 'not JSON');
  if (!isObject(parsed)) return reject('malformed_record', 'not a JSON object');
  if (parsed['detail-type'] === undefined) return value({ body: parsed, envelope: undefined });
  const { detail, ...envelope } = parsed;
  return isObject(detail) ? value({ body: detail, envelope }) : reject('malformed_record', 'EventBridge event: detail is not an object');
}

/** Several findings under one envelope, or in a wrapper: each for itself, with the envelope. For split() of a source. */
export function findingsWithin(whole: Json): Parts | undefined {
  if (!isObject(whole)) return undefined;
  if (whole['detail-type'] === undefined) {
    const bare = whole['Findings'] ?? whole['findings'];
    return isArray(bare) ? bare : undefined;
  }
  const { detail } = whole;
  const findings = isObject(detail) ? detail['findings'] : undefined;
  if (!isObject(detail) || !isArray(findings) || findings.length < 2) return undefined;
  return eachOf(findings, (finding) => ({ ...whole, detail: { ...detail, findings: [finding] } }));
}

export interface Place {
  readonly account?: string | undefined;
  readonly account_name?: string | undefined;
  readonly region?: string | undefined;
  readonly partition?: string | undefined;
}

/** The finding says where it belongs; the envelope and the place it was delivered to may name the account that collects findings. */
export function cloudAt(place: Place, envelope: JsonObject | undefined, origin: Origin): JsonObject {
  const account = place.account ?? text(envelope?.['account']) ?? origin.account;
  const region = place.region ?? text(envelope?.['region']) ?? origin.region;
  const { account: owner, ...cloud } = cloudOf(account, region);
  const named = owner === undefined ? undefined : { uid: owner.uid, name: place.account_name };
  return { ...cloud, account: named, cloud_partition: place.partition };
}

/** https://docs.aws.amazon.com/securityhub/1.0/APIReference/API_Severity.html (Label); others write the same words. */
const SEVERITIES: ReadonlyMap<string, number> = new Map([
  ['INFORMATIONAL', SEVERITY.informational],
  ['LOW', SEVERITY.low],
  ['MEDIUM', SEVERITY.medium],
  ['HIGH', SEVERITY.high],
  ['CRITICAL', SEVERITY.critical],
]);

export function severityNamed(label: string | undefined): number | undefined {
  return label === undefined ? undefined : SEVERITIES.get(label.toUpperCase());
}

/** Takes tags: `{name: value}`, or `[{key, value}]` in either case of letters. */
export function takeTags(fields: Fields, name: string): readonly JsonObject[] | undefined {
  const tags = fields.members[name];
  const pairs = isArray(tags) ? tags.map(pairOf) : isObject(tags) ? Object.entries(tags) : [];
  const found: JsonObject[] = [];
  for (const [key, content] of pairs) {
    if (key !== undefined && key !== '' && typeof content === 'string') found.push({ name: key, value: content });
  }
  if (found.length === 0) return undefined;
  if (found.length === pairs.length) markTaken(fields, name);
  return found;
}

function pairOf(tag: Json): readonly [string | undefined, Json | undefined] {
  return isObject(tag) ? [text(tag['key']) ?? text(tag['Key']), tag['value'] ?? tag['Value']] : [undefined, undefined];
}

/** Takes an array of texts; one that holds anything else stays as well. @returns its texts; undefined where there is none. */
export function takeTexts(fields: Fields, name: string): readonly string[] | undefined {
  const member = fields.members[name];
  if (!isArray(member)) return undefined;
  const found = member.filter((one) => typeof one === 'string');
  if (found.length === 0) return undefined;
  if (found.length === member.length) markTaken(fields, name);
  return found;
}

/** A list of several of which something is left stays as a whole: nobody could tell whose the rest is. */
export function settle(fields: Fields, name: string): void {
  const inner = listIn(fields, name);
  if (inner.length > 1 && !inner.every(isSpent)) giveBack(fields, name);
}

export function takeNumber(fields: Fields, name: string): number | undefined {
  const member = fields.members[name];
  if (typeof member !== 'number') return undefined;
  markTaken(fields, name);
  return member;
}

/** What has no place of its own, with the envelope it came in. */
export function unmappedWith(rest: JsonObject | undefined, envelope: JsonObject | undefined): JsonObject | undefined {
  return envelope === undefined ? rest : { ...rest, eventbridge: envelope };
}

/** The partition that an ARN names. */
export function partitionOf(arn: string | undefined): string | undefined {
  if (arn?.startsWith('arn:') !== true) return undefined;
  const end = arn.indexOf(':', 4);
  return end < 5 ? undefined : arn.slice(4, end);
}

/** Findings are updated under one id. */
export function activityOf(times: { readonly created: number; readonly updated: number }, isClosed: boolean): number {
  if (isClosed) return ACTIVITY.close;
  return times.created === times.updated ? ACTIVITY.create : ACTIVITY.update;
}
