// What a feed says is bad, in one form whatever the feed's own. https://docs.oasis-open.org/cti/stix/v2.1/os/stix-v2.1-os.html#_muftrcpnf89v

import { FeedError } from './formats/format.ts';

/** What kind of value; `network` is a range of addresses, `wallet` an address of a chain. */
export type IndicatorType = 'ip' | 'network' | 'domain' | 'url' | 'hash' | 'email' | 'user_agent' | 'wallet' | 'cve';

/** In the order of their numbers in the index file: only ever appended to. */
export const TYPES: readonly IndicatorType[] = ['ip', 'network', 'domain', 'url', 'hash', 'email', 'user_agent', 'wallet', 'cve'];

/** TLP 2.0 as OCSF spells it. https://www.first.org/tlp/ */
export type Tlp = 'CLEAR' | 'GREEN' | 'AMBER' | 'AMBER STRICT' | 'RED';

/** In the order of their numbers in the index file: only ever appended to. */
export const TLPS: readonly Tlp[] = ['CLEAR', 'GREEN', 'AMBER', 'AMBER STRICT', 'RED'];

/** A value that was looked at: see normalise.ts. */
export interface Observable {
  readonly type: IndicatorType;
  /** In its one canonical form. */
  readonly value: string;
}

/** As a feed says it. What it leaves out, the bank's file says for the feed. */
export interface Indicator extends Observable {
  /** Of domains: the names below it as well. Left out: yes. */
  readonly exact?: boolean;
  /** 0 to 100. */
  readonly confidence?: number;
  readonly tlp?: Tlp;
  /** ms since the epoch. `from` and `until` only where the feed itself says so. */
  readonly from?: number;
  readonly until?: number;
  /** When it was last vouched for, ms since the epoch. Left out: when the feed was read. */
  readonly sighted?: number;
  /** Malware, campaign, group, programme: the first is the one to show. */
  readonly names?: readonly string[];
  readonly references?: readonly string[];
  /** Under which the feed knows it. */
  readonly id?: string;
}

/** What one reading of a feed gave. */
export interface Parsed {
  readonly indicators: readonly Indicator[];
  /** What was passed over, by reason: `unsupported pattern: FOLLOWEDBY`, `not for detection`, … Each is told, none is guessed. */
  readonly skipped: Readonly<Record<string, number>>;
}

/** Counts what is passed over. A feed chooses its texts: there are never more than this many reasons. */
const MAX_REASONS = 50;

/** Of one feed. Beyond, it would take the memory that all of them share. */
export const MAX_INDICATORS = 2_000_000;

export interface Collector {
  readonly add: (indicator: Indicator) => void;
  readonly skip: (reason: string) => void;
  readonly parsed: () => Parsed;
}

export function createCollector(): Collector {
  const indicators: Indicator[] = [];
  const skipped = new Map<string, number>();
  return {
    add(indicator) {
      if (indicators.push(indicator) > MAX_INDICATORS) throw new FeedError(`has more than ${MAX_INDICATORS} indicators`);
    },
    skip(reason) {
      const known = skipped.has(reason) || skipped.size < MAX_REASONS ? reason : 'other reasons';
      skipped.set(known, (skipped.get(known) ?? 0) + 1);
    },
    parsed: () => ({ indicators, skipped: Object.fromEntries(skipped) }),
  };
}

const TLP_WORDS = /(?:^|[^a-z])tlp[:_-]?\s*(clear|white|green|amber[\s+_-]+strict|amber|red)(?![a-z])/i;

/** @param text a tag or a name: `tlp:amber+strict`, `TLP:WHITE`. @returns undefined where it is no marking. */
export function tlpOf(text: string): Tlp | undefined {
  const word = TLP_WORDS.exec(text)?.[1]
    ?.toUpperCase()
    .replaceAll(/[\s+_-]+/g, ' ');
  if (word === undefined) return undefined;
  return word === 'WHITE' ? 'CLEAR' : TLPS.find((one) => one === word);
}

/** What must not leave with an alert: its readers are more than those whom the feed was given to. */
export function isConfidential(tlp: Tlp): boolean {
  return tlp !== 'CLEAR' && tlp !== 'GREEN';
}

/** The stricter one. */
export function stricter(one: Tlp, other: Tlp): Tlp {
  return TLPS.indexOf(one) >= TLPS.indexOf(other) ? one : other;
}
