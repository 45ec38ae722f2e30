// Retention classes: how long evidence is locked, by source. The class of a unit is chosen when it is sealed and stays with it: message, key,
// metadata and tag carry its name, and the keys of its periods are destroyed by it.
import type { BankConfig } from '../config.ts';

export type RetentionConfig = Pick<BankConfig['retention'], 'evidence_days' | 'evidence_mode' | 'classes'>;

/** How an object is locked. */
export interface Lock {
  readonly days: number;
  readonly mode: 'governance' | 'compliance';
}

export interface RetentionClass extends Lock {
  readonly name: string;
}

/** Of all sources that no class of the bank's file names. */
export const STANDARD = 'standard';

/** The standard class first, then the bank's own. */
export function classesOf({ evidence_days: days, evidence_mode: mode, classes = [] }: RetentionConfig): readonly RetentionClass[] {
  return [{ name: STANDARD, days, mode }, ...classes.map((one) => ({ name: one.name, days: one.evidence_days, mode: one.evidence_mode }))];
}

/** @returns the name of the class in which evidence of this source is sealed now. */
export function classOf(source: string, { classes = [] }: Pick<RetentionConfig, 'classes'>): string {
  return classes.find(({ sources }) => sources.includes(source))?.name ?? STANDARD;
}

/** @returns how objects of the class are locked; a class that the bank's file does not name any more is locked as `standard`. */
export function lockOf(name: string, retention: RetentionConfig): Lock {
  const [standard, ...own] = classesOf(retention);
  return own.find((one) => one.name === name) ?? standard ?? { days: retention.evidence_days, mode: retention.evidence_mode };
}

/** What proves something about evidence of any class (log, statements) is locked for as long as the longest of them, as strictly as the strictest. */
export function longestLock(retention: RetentionConfig): Lock {
  const classes = classesOf(retention);
  return {
    days: Math.max(...classes.map(({ days }) => days)),
    mode: classes.some(({ mode }) => mode === 'compliance') ? 'compliance' : 'governance',
  };
}
