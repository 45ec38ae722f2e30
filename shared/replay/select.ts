// Which sealed objects a replay takes. The log's leaves say enough: nothing is opened to find out.
import type { BankConfig } from '../config.ts';
import type { JsonObject } from '../model.ts';
import type { EvidenceLeaf } from '../notary/leaf.ts';
import { placeOfKey } from '../seal/vault.ts';
import { objectRoute } from '../sources/routes.ts';
import { objectOfUri } from '../units.ts';

export interface Selection {
  /** `all` for evidence of every source, also of none. */
  readonly source: string;
  /** Events at or after it and before `to`, ms since the epoch. */
  readonly from: number;
  readonly to: number;
  /** As in vault keys; empty for all. */
  readonly accounts: readonly string[];
}

export const ALL_SOURCES = 'all';
/** What nobody claimed when it was delivered lies under this name. */
export const NO_SOURCE = 'unknown';

/** `wanted`; `unclaimed`: of the time and accounts, but of no source that is known without opening it. */
export type Choice = 'wanted' | 'unclaimed' | 'other';

export function choose(leaf: EvidenceLeaf, selection: Selection, bank: BankConfig): Choice {
  const { source, account } = placeOfKey(leaf.key);
  if (selection.accounts.length > 0 && !selection.accounts.includes(account)) return 'other';
  if (!isOfTime(leaf, selection)) return 'other';
  if (selection.source === ALL_SOURCES || source === selection.source) return 'wanted';
  if (source !== NO_SOURCE) return 'other';
  // Whom an object in a landing bucket belongs to is said by its key.
  const object = objectOfUri(leaf.origin);
  const today = object === undefined ? undefined : objectRoute(bank, object)?.source.name;
  if (today === undefined) return 'unclaimed';
  return today === selection.source ? 'wanted' : 'other';
}

/** Times of records that could not be read, or were left out, are not known: then the delivery's counts. */
function isOfTime({ records, parked, first, last, delivered }: EvidenceLeaf, { from, to }: Selection): boolean {
  const isDelivered = delivered >= from && delivered < to;
  if (first === null || last === null) return records > 0 && isDelivered;
  return (first < to && last >= from) || (parked > 0 && isDelivered);
}

/** What is recorded of the access: which replay, and which evidence. */
export function scopeOf(replay: string, { source, accounts, from, to }: Selection): JsonObject {
  return { replay, source, accounts, from: new Date(from).toISOString(), to: new Date(to).toISOString() };
}

/** Whether evidence with this key may be among what was recorded: what nobody had claimed may be of any source by now. */
export function isOfScope(key: string, bank: string, { source, accounts }: Selection): boolean {
  const place = placeOfKey(key);
  if (place.bank !== bank || (accounts.length > 0 && !accounts.includes(place.account))) return false;
  return source === ALL_SOURCES || source === place.source || place.source === NO_SOURCE;
}
