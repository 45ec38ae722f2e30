// A hit as OCSF carries it: profile osint, one entry each. https://schema.ocsf.io/1.8.0/objects/osint
import type { JsonObject, OcsfEvent } from '../model.ts';
import { inRange } from '../ocsf/event.ts';
import { isArray, isObject, object, text } from '../outcome.ts';
import { TLPS, type IndicatorType, type Tlp } from './indicator.ts';
import type { Hit } from './matcher.ts';
import { walletText } from './wallet.ts';

const OTHER = 99;
const TYPE_IDS: Readonly<Record<IndicatorType, number>> = {
  ...{ ip: 1, network: 1, domain: 2, hash: 4, url: 5, user_agent: 6, email: 9, cve: 10, wallet: OTHER },
};
const WALLET = 'Cryptocurrency Address';
/** Entries of other producers may say what they like, but not that they are ours. */
const OURS = 'strongroom:';
const PROFILE = 'osint';

/** @returns the event with the hits. What other producers say stays; an entry that calls itself ours does not. */
export function withOsint(event: OcsfEvent, hits: readonly Hit[]): OcsfEvent {
  const before = event['osint'];
  const foreign = isArray(before) ? before.filter((entry) => !isOurs(entry)) : undefined;
  if (hits.length === 0)
    return foreign === undefined || foreign.length === (isArray(before) ? before.length : 0) ? event : { ...event, osint: foreign };
  const { metadata } = event;
  const profiles = metadata.profiles ?? [];
  return {
    ...event,
    metadata: profiles.includes(PROFILE) ? metadata : { ...metadata, profiles: [...profiles, PROFILE] },
    osint: [...hits.map(entryOf), ...(foreign ?? [])],
  };
}

function isOurs(entry: unknown): boolean {
  return isObject(entry) && text(entry['uid'])?.startsWith(OURS) === true;
}

function entryOf({ path, known, confidence }: Hit): JsonObject {
  const { type, value, feed, names, references, id, tlp, from, until } = known;
  const [name, ...labels] = names;
  const [url, ...more] = references;
  return {
    value: type === 'wallet' ? walletText(value) : value,
    type_id: TYPE_IDS[type],
    ...(type === 'wallet' ? { type: WALLET } : {}),
    ...(type === 'network' ? { subnet: value } : {}),
    name,
    vendor_name: feed,
    uid: OURS + feed,
    external_uid: id,
    // 0 to 100: OCSF's own confidence has three steps.
    risk_score: confidence,
    confidence_id: confidence < 30 ? 1 : confidence < 70 ? 2 : 3,
    tlp,
    comment: path,
    labels: labels.length === 0 ? undefined : labels,
    src_url: url,
    references: more.length === 0 ? undefined : more,
    created_time: inRange(from) ? from : undefined,
    expiration_time: until !== undefined && inRange(until) ? until : undefined,
  };
}

/** In the place of a value that may not be shown. */
export const MASKED = '***';

/**
 * An entry repeats what it was found in: what the bank has taken out of the event must not stand there. That there was a hit stays.
 * @param isTaken whether the bank takes out the attribute of this path. @returns the event itself where nothing changes.
 */
export function withoutTakenValues(event: OcsfEvent, isTaken: (path: string) => boolean): OcsfEvent {
  const entries = event['osint'];
  if (!isArray(entries)) return event;
  const left = entries.map((entry) => {
    const path = isOurs(entry) && isObject(entry) ? text(entry['comment'])?.replaceAll('[]', '') : undefined;
    return path !== undefined && isTaken(path) && isObject(entry) ? withoutValue(entry) : entry;
  });
  return left.every((entry, at) => entry === entries[at]) ? event : { ...event, osint: left };
}

function withoutValue(entry: JsonObject): JsonObject {
  return { ...entry, value: MASKED, subnet: undefined, src_url: undefined, references: undefined };
}

/** An entry of ours, read again. */
export interface OsintEntry {
  readonly feed: string;
  readonly type: IndicatorType;
  readonly value: string;
  readonly tlp: Tlp;
  readonly confidence: number;
  /** Of the attribute that holds it. */
  readonly path: string;
  readonly name: string | undefined;
  readonly id: string | undefined;
  /** As it stands in the event. */
  readonly json: JsonObject;
}

/** @returns our entries of an event; undefined where there are none, as in nearly all. */
export function entriesOf(event: OcsfEvent): readonly OsintEntry[] | undefined {
  const entries = event['osint'];
  if (!isArray(entries)) return undefined;
  const ours = entries.flatMap((entry) => {
    const json = object(entry);
    const read = json === undefined ? undefined : readEntry(json);
    return read === undefined ? [] : [read];
  });
  return ours.length === 0 ? undefined : ours;
}

function readEntry(json: JsonObject): OsintEntry | undefined {
  const uid = text(json['uid']);
  const value = text(json['value']);
  const type = typeOf(json);
  if (uid?.startsWith(OURS) !== true || value === undefined || type === undefined) return undefined;
  const score = json['risk_score'];
  return {
    feed: uid.slice(OURS.length),
    ...{ type, value, json },
    // What cannot be read is not for everybody.
    tlp: TLPS.find((one) => one === json['tlp']) ?? 'RED',
    confidence: typeof score === 'number' ? score : 0,
    path: text(json['comment']) ?? '',
    name: text(json['name']),
    id: text(json['external_uid']),
  };
}

function typeOf({ type_id: id, subnet }: JsonObject): IndicatorType | undefined {
  if (subnet !== undefined) return 'network';
  const found = Object.entries(TYPE_IDS).find(([type, one]) => one === id && type !== 'network')?.[0];
  return NAMES.find((name) => name === found);
}

const NAMES = Object.keys(TYPE_IDS) as IndicatorType[];
