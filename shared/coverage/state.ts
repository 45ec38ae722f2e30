// What coverage remembers from one run to the next: what is open, and what is found and may not be told yet.
import { loadKept, saveKept, type StateStore } from '../complete/state.ts';
import type { Signal } from '../complete/signals.ts';
import { isObject } from '../outcome.ts';

export interface CoverageState {
  readonly v: typeof VERSION;
  /** By kind and what it is about. */
  readonly open: Record<string, Open>;
  /** Written down before it is told: a run that fails meanwhile is followed by one that tells it. */
  pending: readonly Signal[];
}

export interface Open {
  readonly signal: Signal;
  /** Who found it: as long as he cannot look, it stays open. */
  readonly by: string;
}

const VERSION = 1;
/** In the parked bucket. */
export const KEY = 'coverage/state.json.gz';

/** @returns what was saved, or a new beginning where there is none of this version. */
export async function loadState(store: StateStore): Promise<CoverageState> {
  const saved = await loadKept(store, KEY);
  return isState(saved) ? saved : { v: VERSION, open: {}, pending: [] };
}

// Written by saveState() alone, so its version tells its shape.
function isState(candidate: unknown): candidate is CoverageState {
  return isObject(candidate) && candidate['v'] === VERSION;
}

export async function saveState(store: StateStore, state: CoverageState): Promise<void> {
  await saveKept(store, KEY, state);
}
