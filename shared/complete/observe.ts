// One leaf of the log: everything that its line alone tells.
import { noteFile, type ToCheck } from '../cloudtrail-digest/follow.ts';
import { isDigestKey, s3Place } from '../cloudtrail-digest/names.ts';
import type { BankConfig } from '../config.ts';
import { EvidenceError } from '../errors.ts';
import type { EvidenceLeaf, Leaf } from '../notary/leaf.ts';
import { placeOfKey, type EvidencePlace } from '../seal/vault.ts';
import { clockAnomalies } from './clock.ts';
import { noteOffsets } from './offsets.ts';
import type { Signal } from './signals.ts';
import { isWatched, noteDelivered } from './silence.ts';
import type { WatchState } from './state.ts';

export interface Observed {
  readonly signals: Signal[];
  /** Vault keys of digests, to be opened. */
  readonly digests: string[];
  readonly toCheck: ToCheck[];
}

export function observe(state: WatchState, leaf: Leaf, bank: BankConfig, into: Observed): void {
  if (leaf.kind !== 'evidence') return;
  const place = placeOf(leaf);
  if (place === undefined) return;
  const { source, account, region } = place;
  if (isWatched(source, bank)) into.signals.push(...noteDelivered(state, { source, account, at: deliveredAt(leaf), key: leaf.key }));
  if (leaf.trigger === 'kafka') into.signals.push(...noteOffsets(state.offsets, leaf.origin, leaf.stored));
  into.signals.push(...clockAnomalies({ ...leaf, source, account, region }));
  if (source === 'cloudtrail' && leaf.trigger === 's3') observeTrail(state, leaf, into);
}

/** What is no piece of evidence is for `strongroom verify` to tell. */
function placeOf({ key }: EvidenceLeaf): EvidencePlace | undefined {
  try {
    return placeOfKey(key);
  } catch (error) {
    if (error instanceof EvidenceError) return undefined;
    throw error;
  }
}

/** Whoever writes to a topic chooses the times of its records. */
function deliveredAt({ trigger, delivered, stored }: EvidenceLeaf): number {
  return trigger === 'kafka' ? stored : Math.min(delivered, stored);
}

function observeTrail(state: WatchState, { key: at, origin, delivered }: EvidenceLeaf, into: Observed): void {
  const place = s3Place(origin);
  if (place === undefined) return;
  if (isDigestKey(place.key)) {
    into.digests.push(at);
    return;
  }
  const wanted = noteFile(state.follow, { ...place, at, delivered });
  if (wanted !== undefined) into.toCheck.push({ wanted, at });
}
