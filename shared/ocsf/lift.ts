// Events of other producers, in OCSF 1.0.0-rc.2 or later, to valid events of OCSF 1.8.0 in the short form. https://schema.ocsf.io/1.8.0
//  - Renamed attributes and classes get their present names; a null, and an object of nothing else, is the same as no attribute.
//  - What 1.8.0 does not know, or has as another type, goes to `unmapped` under its own name and nesting; lists keep their positions.
//  - What is required and missing makes the event invalid, except ids that may be Unknown (0).
//  - Captions go where the id says the same; observables go where the event holds their value (shared/ocsf/full.ts makes both again).
import { digest } from '../ids.ts';
import type { Json, JsonObject, OcsfEvent, Outcome } from '../model.ts';
import { isArray, isObject, object, reject, text, value } from '../outcome.ts';
import { OCSF_VERSION } from './classes.ts';
import { conform, hasMembers, type Conformed } from './conform.ts';
import { moved } from './moved-classes.ts';
import { timeOf, wholeOf } from './scalars.ts';
import { classShape, type ClassShape } from './shape.ts';

/** What does not fit, by its name. */
type Left = Record<string, Json | undefined>;

export interface LiftOptions {
  /** Names an event that has no id of its own. */
  readonly uid: () => string;
  /** metadata.uid whatever the event says: for producers that give one id to more than one event. The event's own is original_event_uid then. */
  readonly ownUid?: string | undefined;
}

/** @returns the event as OCSF 1.8.0 has it; `reject` where it is none and cannot be made one. */
export function lift(candidate: JsonObject, options: LiftOptions): Outcome<OcsfEvent> {
  const given = classUidOf(candidate);
  if (given === undefined) return reject('missing_field', 'class_uid');
  const { event, classUid } = moved(candidate, given);
  const cls = classShape(classUid);
  if (cls === undefined) return reject('bad_value', 'class_uid names no class of OCSF 1.8.0');
  const metadata = object(event['metadata']);
  if (metadata === undefined) return reject('missing_field', 'metadata');
  if (text(metadata['version']) === undefined) return reject('missing_field', 'metadata.version');
  const time = eventTime(event);
  if (typeof time !== 'number') return time;
  const { conformed, profiles } = conformWithProfiles(completed(event, time), cls, metadata);
  const { kept, left = {}, problem } = conformed;
  if (problem !== undefined) return reject('missing_field', problem);
  const activity = wholeOf(kept['activity_id']) ?? 0;
  const identified = identify(object(kept['metadata']) ?? {}, profiles, time, options);
  addContradictions(left, candidate, { given, cls, activity });
  addMetadata(left, metadata, profiles, identified.left);
  // A copy of all attributes would cost as much as a third of what has been done with them.
  const completion = {
    activity_id: activity,
    category_uid: cls.category,
    class_uid: cls.uid,
    type_uid: cls.uid * 100 + activity,
    severity_id: wholeOf(kept['severity_id']) ?? 0,
    time,
    metadata: identified.metadata,
    unmapped: unmappedOf(event, left),
  };
  return value(Object.assign(kept, completion));
}

function eventTime(event: JsonObject): number | ReturnType<typeof reject> {
  const said = event['time'] ?? event['time_dt'] ?? undefined;
  if (said === undefined) return reject('missing_field', 'time');
  return timeOf(said) ?? reject(wholeOf(said) === undefined ? 'bad_value' : 'time_out_of_range', 'time');
}

function classUidOf(event: JsonObject): number | undefined {
  const typeUid = wholeOf(event['type_uid']);
  return wholeOf(event['class_uid']) ?? (typeUid === undefined ? undefined : Math.floor(typeUid / 100));
}

/** Its time may stand in another attribute, its activity only in its type. */
function completed(event: JsonObject, time: number): JsonObject {
  const isTimed = (event['time'] ?? undefined) !== undefined;
  const isNamed = (event['activity_id'] ?? undefined) !== undefined || event['activity_name'] !== undefined;
  const typeUid = isNamed ? undefined : wholeOf(event['type_uid']);
  if (isTimed && typeUid === undefined) return event;
  return { ...event, time, activity_id: typeUid === undefined ? event['activity_id'] : typeUid % 100 };
}

interface Profiled {
  readonly conformed: Conformed;
  readonly profiles: readonly string[];
}

const NONE: ReadonlySet<string> = new Set();

/** A profile whose required attribute does not fit cannot be used: then all is done again without it. */
function conformWithProfiles(event: JsonObject, cls: ClassShape, metadata: JsonObject): Profiled {
  const declared: string[] = [];
  for (const said of declaredProfiles(metadata)) {
    const name = profileOf(said, cls);
    if (name !== undefined && !declared.includes(name)) declared.push(name);
  }
  let barred: ReadonlySet<string> = NONE;
  for (;;) {
    const profiles = declared.filter((name) => !barred.has(name));
    const conformed = conform(event, cls, { cls, event, profiles, barred });
    const unusable = profiles.find((name) => cls.requiredBy.get(name)?.some((required) => conformed.kept[required] === undefined));
    if (unusable === undefined) return { conformed, profiles };
    barred = new Set(barred).add(unusable);
  }
}

function declaredProfiles(metadata: JsonObject): readonly string[] {
  const profiles = metadata['profiles'];
  return isArray(profiles) ? profiles.filter((name) => typeof name === 'string') : [];
}

/** Profiles of an extension are also named without it. */
function profileOf(name: string, { profiles }: ClassShape): string | undefined {
  return profiles.has(name) ? name : [...profiles].find((candidate) => candidate.endsWith(`/${name}`));
}

// A UUID, an ARN, a hash: long, and no number. Shorter ids are unique for their producer at best.
const WORLDWIDE = /^(?:(?=.{0,511}[A-Za-z]).{20,512}|[0-9]{8}(?:-[0-9]{4}){3}-[0-9]{12})$/s;

interface Identified {
  readonly metadata: OcsfEvent['metadata'];
  /** metadata.uid as it was, where it has no other place. */
  readonly left: string | undefined;
}

/** @param metadata as 1.8.0 has it. */
function identify(metadata: JsonObject, profiles: readonly string[], time: number, { uid, ownUid }: LiftOptions): Identified {
  const product = object(metadata['product']) ?? {};
  const name = text(product['name']) ?? text(product['uid']) ?? 'Unknown';
  const vendor = text(product['vendor_name']) ?? 'Unknown';
  const said = text(metadata['uid']);
  const used = ownUid ?? (said === undefined ? uid() : WORLDWIDE.test(said) ? said : scoped(said));
  function scoped(id: string): string {
    return digest(15, 'ocsf', JSON.stringify([vendor, name, metadata['tenant_uid'] ?? null, id]), String(time));
  }
  const original = text(metadata['original_event_uid']);
  const changed = said === undefined || said === used ? undefined : said;
  return {
    metadata: {
      ...metadata,
      uid: used,
      version: OCSF_VERSION,
      product: { ...product, name, vendor_name: vendor },
      original_event_uid: original ?? changed,
      profiles: profiles.length === 0 ? undefined : profiles,
    },
    left: original === undefined || original === changed ? undefined : changed,
  };
}

interface Classified {
  readonly given: number;
  readonly cls: ClassShape;
  readonly activity: number;
}

/** What the producer said of the class that the class itself does not say, and the class that there was. */
function addContradictions(left: Left, event: JsonObject, { given, cls, activity }: Classified): void {
  const { category_uid: category = null, type_uid: type = null } = event;
  const ofClass = given === cls.uid ? cls.category : Math.floor(given / 1000);
  if (given !== cls.uid) left['class_uid'] = given;
  if (category !== null && wholeOf(category) !== ofClass) left['category_uid'] = category;
  if (type !== null && wholeOf(type) !== given * 100 + activity) left['type_uid'] = type;
}

/** What of metadata was changed or cannot be used stays too. */
function addMetadata(left: Left, metadata: JsonObject, profiles: readonly string[], uid: string | undefined): void {
  const { version, profiles: said } = metadata;
  const declared = declaredProfiles(metadata);
  const unused = declared.filter((name) => !profiles.some((used) => used === name || used.endsWith(`/${name}`)));
  const isPlain = (said ?? undefined) === undefined || (isArray(said) && said.length === declared.length);
  const changed: Left = {};
  if (version !== OCSF_VERSION) changed['version'] = version;
  if (!isPlain) changed['profiles'] = said;
  else if (unused.length > 0) changed['profiles'] = unused;
  if (uid !== undefined) changed['uid'] = uid;
  if (hasMembers(changed)) left['metadata'] = { ...object(left['metadata']), ...changed };
}

/** Takes what is left. */
function unmappedOf(event: JsonObject, left: Left): JsonObject | undefined {
  const observables = otherObservables(event);
  if (observables !== undefined) left['observables'] = observables;
  const given = asObject(event['unmapped'] ?? undefined);
  if (given === undefined) return hasMembers(left) ? left : undefined;
  if (!hasMembers(left)) return hasMembers(given) ? given : undefined;
  const names = Object.keys(given);
  if (!names.some((name) => Object.hasOwn(left, name))) return { ...left, ...given };
  const free = new Map(Object.entries(left));
  for (const name of names) free.set(free.has(name) ? unused(`${name}_`, free, given) : name, given[name]);
  return Object.fromEntries(free);
}

function unused(name: string, taken: ReadonlyMap<string, unknown>, coming: JsonObject): string {
  return taken.has(name) || Object.hasOwn(coming, name) ? unused(`${name}_`, taken, coming) : name;
}

/** Parquet has `unmapped` as a list of pairs, which readers write in several ways. */
function asObject(unmapped: Json | undefined): JsonObject | undefined {
  if (unmapped === undefined) return undefined;
  const list = isObject(unmapped) ? unmapped['key_value'] : unmapped;
  const pairs = isArray(list) ? list.map(pairOf) : [];
  const whole = pairs.flatMap((pair) => (pair === undefined ? [] : [pair]));
  if (isArray(list) && whole.length === list.length) return Object.fromEntries(whole);
  return isObject(unmapped) ? unmapped : { unmapped };
}

function pairOf(candidate: Json): readonly [string, Json | undefined] | undefined {
  const [key, member, ...rest] = isArray(candidate) ? candidate : isObject(candidate) ? fieldsOfPair(candidate) : [];
  return typeof key === 'string' && rest.length === 0 ? [key, member] : undefined;
}

function fieldsOfPair({ key, value: member, ...rest }: JsonObject): (Json | undefined)[] {
  return Object.keys(rest).length === 0 ? [key, member] : [];
}

/** @returns the observables that say more than the event's attributes do. */
function otherObservables(event: JsonObject): Json | undefined {
  const observables = event['observables'] ?? undefined;
  if (observables === undefined || !isArray(observables)) return observables;
  const open = observables.filter((one) => !isSaidWhereNamed(event, one));
  if (open.length === 0) return undefined;
  const sought = new Set(open.flatMap((one) => soughtIn(one) ?? []));
  if (sought.size > 0) for (const name of Object.keys(event)) if (name !== 'observables') strikeOut(event[name], sought, 1);
  const others = open.filter((one) => {
    const said = soughtIn(one);
    return said === undefined || sought.has(said);
  });
  return others.length === 0 ? undefined : others;
}

const RESTATED: ReadonlySet<string> = new Set(['name', 'type', 'type_id', 'value']);

/** True for an observable that says nothing but what attributes say. */
function isRestated(one: Json): one is JsonObject {
  if (!isObject(one)) return false;
  for (const name in one) if (!RESTATED.has(name) && (one[name] ?? undefined) !== undefined) return false;
  return true;
}

/** Most producers name the attribute. */
function isSaidWhereNamed(event: JsonObject, one: Json): boolean {
  if (!isRestated(one)) return false;
  const said = one['value'] ?? undefined;
  return said === undefined || valueAt(event, one['name']) === said;
}

/** @returns the value that may stand anywhere in the event. */
function soughtIn(one: Json): string | undefined {
  const said = isRestated(one) ? one['value'] : undefined;
  return typeof said === 'string' ? said : undefined;
}

const MAX_DEPTH = 24;

/** @returns its text, if it stands under no list. */
function valueAt(event: JsonObject, path: Json | undefined): string | undefined {
  let at: Json | undefined = event;
  for (const step of stepsOf(path)) at = isObject(at) ? at[step] : undefined;
  return typeof at === 'number' ? String(at) : text(at);
}

/** Producers name the same few attributes again and again; what is not among the first of them is split each time. */
const steps = new Map<string, readonly string[]>();
const MOST_PATHS = 500;

function stepsOf(path: Json | undefined): readonly string[] {
  const name = text(path);
  if (name === undefined) return [];
  const known = steps.get(name) ?? name.split('.', MAX_DEPTH);
  if (steps.size < MOST_PATHS) steps.set(name, known);
  return known;
}

/** Takes what the node holds out of what is sought. */
function strikeOut(node: Json | undefined, sought: Set<string>, depth: number): void {
  if (typeof node === 'string') sought.delete(node);
  else if (typeof node === 'number' || typeof node === 'boolean') sought.delete(String(node));
  else if (isArray(node)) {
    if (depth < MAX_DEPTH) for (const element of node) strikeOut(element, sought, depth + 1);
  } else if (isObject(node) && depth < MAX_DEPTH) {
    for (const name of Object.keys(node)) {
      if (sought.size === 0) return;
      strikeOut(node[name], sought, depth + 1);
    }
  }
}
