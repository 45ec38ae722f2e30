// What has become of a gap since the last run: new, still there, over. https://schema.ocsf.io/1.8.0/classes/detection_finding
import type { Signal } from '../complete/signals.ts';
import type { Gap } from './gap.ts';
import type { CoverageState } from './state.ts';

/** A gap as it was found, and what came of switching logging on. */
export interface Found extends Omit<Gap, 'switchOn'> {
  readonly account: string;
  readonly region: string;
  /** Who found it: account and what was looked at. */
  readonly by: string;
  /** It was switched on, and the next run sees whether it is. */
  readonly isOn: boolean;
}

export interface Looked {
  readonly found: readonly Found[];
  /** Who could look. */
  readonly able: ReadonlySet<string>;
  /** Who there was to look; what others have found is over, because nobody looks there any more. */
  readonly all: ReadonlySet<string>;
}

/** Changes the state: what is to be told is pending then. @param now ms since the epoch. */
export function note(state: CoverageState, { found, able, all }: Looked, now: number): void {
  const told: Signal[] = [];
  const seen = new Set(found.map(keyOf));
  for (const one of found) {
    const before = state.open[keyOf(one)]?.signal;
    const since = before?.time ?? now;
    // Found and switched on, nobody is called. Found again, it is not on after all.
    const signal = { ...signalOf(one, since), quiet: before === undefined && one.isOn };
    if (before === undefined || before.quiet === true) told.push(signal);
    state.open[keyOf(one)] = { signal, by: one.by };
  }
  for (const [key, { signal, by }] of Object.entries(state.open)) {
    if (seen.has(key) || (all.has(by) && !able.has(by))) continue;
    told.push({ ...signal, until: now, closed: now });
    Reflect.deleteProperty(state.open, key);
  }
  state.pending = [...state.pending, ...told];
}

function keyOf({ kind, account, region, resource }: Found): string {
  return `${kind} ${account} ${region} ${resource}`;
}

function signalOf({ kind, account, region, resource, detail, source, isOn }: Found, since: number): Signal {
  return {
    kind,
    // With the time: what is over and begins again is another finding.
    about: [account, region, resource, String(since)],
    detail: isOn ? `${detail}; it was switched on` : detail,
    time: since,
    account,
    region,
    source,
    resource,
  };
}
