// Where in the world an address is, and in whose network: country, city and autonomous system of the two ends of an event, out of the databases that
// the bank has put into its reference bucket. https://schema.ocsf.io/1.8.0/objects/network_endpoint
import { MisconfiguredError } from '../errors.ts';
import { isLocal, isV4, newWords, parseAddress } from '../intel/address.ts';
import type { JsonObject, OcsfEvent } from '../model.ts';
import { NETWORK_ACTIVITY } from '../ocsf/classes.ts';
import { isObject } from '../outcome.ts';
import { readReference, type ReferenceStore } from '../reference/reference.ts';
import type { Enricher } from './enrich.ts';
import { openGeoDatabase, type GeoDatabase } from './geo-database.ts';
import { both, type Place } from './place.ts';
import { remembered } from './remembered.ts';

/** What is added to the end of an event, made once for an address. */
export interface Placed {
  /** Of flows, which are many: country and number alone. */
  readonly flow: JsonObject;
  readonly full: JsonObject;
}

/** @param address as the event has it. */
export type Locate = (address: string) => Placed;

export const GEO_PREFIX = 'geo/';
/** A function holds two of them while one is replaced. */
const MAX_DATABASE_BYTES = 160 * 1024 * 1024;

const NOTHING: Placed = { flow: {}, full: {} };

/** One of the bank's databases. */
interface Slot {
  readonly key: string;
  /** Of the object that was looked at last, whether it was of use or not: it is not fetched again. */
  etag: string | undefined;
  database: GeoDatabase | undefined;
  /** What is wrong with that object. */
  problem: string | undefined;
}

/** @param names of the objects below geo/; where two databases know something, the first is believed. */
export function geoEnricher(store: ReferenceStore, names: readonly string[]): Enricher {
  const slots = names.map((name): Slot => ({ key: GEO_PREFIX + name, etag: undefined, database: undefined, problem: undefined }));
  let locate: Locate | undefined;
  return {
    name: 'geo',
    async load() {
      const refreshed = await Promise.all(slots.map((slot) => refresh(slot, store)));
      // What was remembered came from the databases before.
      if (refreshed.some(({ isOther }) => isOther)) locate = locator((address) => findIn(slots, address));
      const problems = refreshed.flatMap(({ problem }) => problem ?? []);
      if (problems.length > 0) throw new Error(problems.join('; '));
    },
    enrich: (event) => (locate === undefined ? event : located(event, locate)),
  };
}

interface Refreshed {
  readonly isOther: boolean;
  /** Of the database, or why it could not be asked for. */
  readonly problem: string | undefined;
}

/** Brings one database up to date; one that is of no use leaves the one before in its place. Never throws. */
async function refresh(slot: Slot, store: ReferenceStore): Promise<Refreshed> {
  try {
    const found = await readReference(store, slot.key, { ifNot: slot.etag, maxBytes: MAX_DATABASE_BYTES });
    if (found === 'same') return { isOther: false, problem: slot.problem };
    slot.etag = found?.etag;
    slot.problem = undefined;
    if (found === undefined)
      throw new MisconfiguredError(`${slot.key} is not in the reference bucket: upload it, or take it out of enrichment.geo`);
    return use(found.bytes, slot);
  } catch (error) {
    const said = error instanceof Error ? error.message : String(error);
    return { isOther: false, problem: error instanceof MisconfiguredError ? said : `${slot.key} could not be read: ${said}` };
  }
}

function use(bytes: Buffer, slot: Slot): Refreshed {
  try {
    slot.database = openGeoDatabase(bytes, slot.key);
    return { isOther: true, problem: undefined };
  } catch (error) {
    slot.problem = error instanceof Error ? error.message : slot.key;
    return { isOther: false, problem: slot.problem };
  }
}

function findIn(slots: readonly Slot[], address: string): Place {
  let place: Place = {};
  for (const slot of slots) {
    try {
      if (slot.database !== undefined) place = both(place, slot.database.placeOf(address));
    } catch {
      // One wrong place is found, others would be believed.
      slot.database = undefined;
      slot.problem = `${slot.key} is damaged and used no more: upload it again`;
      throw new Error(slot.problem);
    }
  }
  return place;
}

/** @returns what is known of an address, remembered; nothing of those that are of no network but their own. */
export function locator(find: (address: string) => Place): Locate {
  const words = newWords();
  const look = remembered((address: string) => placed(find(address)));
  // A number is looked up several times faster than a text that was just cut out of a log, and most addresses are of 32 bits.
  const lookV4 = remembered((address: number) => placed(find(v4Text(address))));
  return (address) => {
    // Half of all ends of flows: told by three characters.
    if (address.startsWith('10.')) return NOTHING;
    if (!parseAddress(address, words) || isLocal(words)) return NOTHING;
    return isV4(words) ? lookV4((words[3] ?? 0) | 0) : look(address);
  };
}

function v4Text(address: number): string {
  return `${address >>> 24}.${(address >>> 16) & 255}.${(address >>> 8) & 255}.${address & 255}`;
}

function placed({ country, city, number, name }: Place): Placed {
  return {
    flow: {
      ...(country === undefined ? {} : { location: { country } }),
      ...(number === undefined ? {} : { autonomous_system: { number } }),
    },
    full: {
      ...(country === undefined && city === undefined ? {} : { location: { country, city } }),
      ...(number === undefined && name === undefined ? {} : { autonomous_system: { number, name } }),
    },
  };
}

/** @returns the event with places at its ends. What the source says itself is left as it is. */
export function located(event: OcsfEvent, locate: Locate): OcsfEvent {
  const { src_endpoint: source, dst_endpoint: target } = event;
  const kind = event.class_uid === NETWORK_ACTIVITY.uid ? 'flow' : 'full';
  const from = locatedEnd(source, kind, locate);
  const to = locatedEnd(target, kind, locate);
  if (from === source) return to === target ? event : { ...event, dst_endpoint: to };
  return to === target ? { ...event, src_endpoint: from } : { ...event, src_endpoint: from, dst_endpoint: to };
}

function locatedEnd(end: unknown, kind: keyof Placed, locate: Locate): unknown {
  if (!isObject(end)) return end;
  const { ip } = end;
  if (typeof ip !== 'string') return end;
  const known = locate(ip);
  if (known === NOTHING) return end;
  const { location, autonomous_system: system } = known[kind];
  const isPlaced = location === undefined || end['location'] !== undefined;
  const isNumbered = system === undefined || end['autonomous_system'] !== undefined;
  if (isPlaced) return isNumbered ? end : { ...end, autonomous_system: system };
  return isNumbered ? { ...end, location } : { ...end, location, autonomous_system: system };
}
