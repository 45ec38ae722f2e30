// What the bank's file says of the life cycle of its index, and what holds where it says nothing. https://docs.opensearch.org/latest/im-plugin/
import type { BankConfig } from '../config.ts';
import { classesOf, classOf, STANDARD } from '../retention/classes.ts';
import { uidOf } from './spans.ts';

export interface LifecycleSettings {
  /** Stores are made so many days before their first period begins. */
  readonly aheadDays: number;
  /** After its end a period takes late events for so many days. */
  readonly closeAfterDays: number;
  /** Copies beside the primary. Undefined: what the templates say (one, as soon as there is a second node). */
  readonly replicas: number | undefined;
  /** Days after which a store that a snapshot holds has its primaries alone. */
  readonly singleCopyAfterDays: number | undefined;
  readonly warmAfterDays: number | undefined;
  readonly coldAfterDays: number | undefined;
  /** Days for which a store that was replaced is kept. */
  readonly replacedDays: number;
  readonly snapshots: { readonly repository: string; readonly keepDays: number } | undefined;
  /** Whether the bank's file says how long: what an earlier version made is not deleted by a default. */
  readonly saysIndexDays: boolean;
  /** Days for which the events of an OCSF class can be searched. */
  readonly indexDays: (cls: string) => number;
  /** Whether events of a source may be of the class. */
  readonly mayHold: (cls: string, source: string) => boolean;
}

const DEFAULTS = { aheadDays: 2, closeAfterDays: 2, replacedDays: 7, snapshotDays: 14, indexDays: 365 };

/** A source as far as it matters here. */
export interface SourceClasses {
  readonly name: string;
  readonly classes: readonly number[];
}

/** @param sources that the bank knows, its own included. */
export function settingsOf(
  { opensearch, retention }: Pick<BankConfig, 'opensearch' | 'retention'>,
  sources: readonly SourceClasses[],
): LifecycleSettings {
  const { lifecycle = {}, snapshots } = opensearch;
  const days = daysByClass(retention, sources);
  const longest = Math.max(...indexDaysOf(retention).values());
  const sourcesOfClass = new Map<number, Set<string>>();
  for (const { name, classes } of sources)
    for (const uid of classes) sourcesOfClass.set(uid, (sourcesOfClass.get(uid) ?? new Set()).add(name));
  return {
    aheadDays: lifecycle.ahead_days ?? DEFAULTS.aheadDays,
    closeAfterDays: lifecycle.close_after_days ?? DEFAULTS.closeAfterDays,
    replicas: lifecycle.replicas,
    singleCopyAfterDays: lifecycle.single_copy_after_days,
    warmAfterDays: lifecycle.warm_after_days,
    coldAfterDays: lifecycle.cold_after_days,
    replacedDays: lifecycle.replaced_days ?? DEFAULTS.replacedDays,
    snapshots:
      snapshots === undefined ? undefined : { repository: snapshots.repository, keepDays: snapshots.keep_days ?? DEFAULTS.snapshotDays },
    saysIndexDays: [retention, ...(retention.classes ?? [])].some((one) => one.index_days !== undefined),
    indexDays: (cls) => days.get(uidOf(cls) ?? -1) ?? longest,
    mayHold(cls, source) {
      // Of a source or a class that is not known any more nothing can be ruled out.
      const found = sourcesOfClass.get(uidOf(cls) ?? -1);
      return found === undefined || found.has(source) || !sources.some(({ name }) => name === source);
    },
  };
}

/** Days in the index by retention class: never longer than the evidence is kept, unless the bank's file says so. */
export function indexDaysOf(retention: BankConfig['retention']): ReadonlyMap<string, number> {
  const own = retention.classes ?? [];
  return new Map(
    classesOf(retention).map(({ name, days: evidence }) => {
      const said = name === STANDARD ? undefined : own.find((one) => one.name === name)?.index_days;
      return [name, said ?? Math.min(retention.index_days ?? DEFAULTS.indexDays, evidence)];
    }),
  );
}

/** Several sources share an OCSF class, so an index of it holds events of several retention classes: the longest decides. */
function daysByClass(retention: BankConfig['retention'], sources: readonly SourceClasses[]): ReadonlyMap<number, number> {
  const byRetention = indexDaysOf(retention);
  const days = new Map<number, number>();
  for (const { name, classes } of sources) {
    const own = byRetention.get(classOf(name, retention)) ?? DEFAULTS.indexDays;
    for (const uid of classes) days.set(uid, Math.max(days.get(uid) ?? 0, own));
  }
  return days;
}
