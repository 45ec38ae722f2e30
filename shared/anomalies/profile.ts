// What is remembered of one entity and one key: how much there was in each slot of the last eight weeks. A slot that is not named had nothing.
// Values are set, never added: whatever is read again is learned once. https://en.wikipedia.org/wiki/Winsorizing
import type { Kind } from './model.ts';
import { MEMORY, type Grain } from './calendar.ts';

/** That something was found, and when first. */
export interface Found {
  /** Slot of the first. */
  readonly slot: number;
  readonly surprise: number;
}

export interface Profile {
  readonly baseline: string;
  readonly entity: string;
  /** Empty where the baseline has none. */
  readonly key: string;
  /** Slots in which it was seen first, however long ago, and last. */
  first: number;
  last: number;
  /** By slot. */
  readonly values: Map<number, number>;
  /** Slots that were high, of the last three: some are found only where they persist. */
  readonly high: Set<number>;
  readonly found: Map<Kind, Found>;
}

export function newProfile(baseline: string, entity: string, key: string, first: number): Profile {
  return { baseline, entity, key, first, last: first, values: new Map(), high: new Set(), found: new Map() };
}

export const HIGH_SLOTS = 3;
/** Old values are taken away a day's worth at a time. */
const SPARE = 24;

/** @param value as it is to be remembered. */
export function learn(profile: Profile, slot: number, value: number, grain: Grain): void {
  profile.first = Math.min(profile.first, slot);
  profile.last = Math.max(profile.last, slot);
  if (value > 0) profile.values.set(slot, Math.round(value));
  if (profile.values.size > MEMORY[grain] + SPARE) forgetBefore(profile, profile.last - MEMORY[grain]);
  if (profile.high.size > 0) for (const known of profile.high) if (known <= slot - HIGH_SLOTS) profile.high.delete(known);
}

/** Values before it tell nothing any more. */
export function forgetBefore({ values }: Profile, oldest: number): void {
  for (const slot of values.keys()) if (slot < oldest) values.delete(slot);
}

/** @returns `a:2s;:3` for 44 … : distance to the one before and value, in base 36; a distance of 1 is left out. */
export function encodeValues({ values }: Pick<Profile, 'values'>): string {
  let before = 0;
  return [...values]
    .sort(([one], [other]) => one - other)
    .map(([slot, value]) => {
      const step = slot - before;
      before = slot;
      return `${step === 1 ? '' : step.toString(36)}:${value.toString(36)}`;
    })
    .join(';');
}

/** @returns what is readable of it, in order. */
export function decodeValues(encoded: string): Map<number, number> {
  const values = new Map<number, number>();
  let slot = 0;
  for (const entry of encoded === '' ? [] : encoded.split(';')) {
    const [step = '', value = ''] = entry.split(':');
    slot += step === '' ? 1 : parseInt(step, 36);
    const read = parseInt(value, 36);
    if (Number.isSafeInteger(slot) && Number.isSafeInteger(read)) values.set(slot, read);
  }
  return values;
}
