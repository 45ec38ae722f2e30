// What a baseline is, and what may be unusual. https://docs.opensearch.org/latest/query-dsl/ (clauses)
import type { OcsfClass } from '../ocsf/classes.ts';
import type { Grain } from './calendar.ts';

/**
 * `first_seen`: the entity never had the key. `rare`: on a day or two, not lately. `volume`: far more than in its busiest hours. `off_hours`: far
 * more than at such hours, at which there never was anything.
 */
export const KINDS = ['first_seen', 'rare', 'volume', 'off_hours'] as const;
export type Kind = (typeof KINDS)[number];

/** A query of OpenSearch. */
export type Clause = Readonly<Record<string, unknown>>;

export type Measure =
  { readonly kind: 'count' } | { readonly kind: 'sum'; readonly field: string } | { readonly kind: 'distinct'; readonly field: string };

export interface Volume {
  /** Nothing below is anybody's business. */
  readonly floor: number;
  /** Median deviation that is taken for granted. */
  readonly noise: number;
  /** Of the median. */
  readonly times: number;
  /** Robust deviations from the median: 0.6745 × (value − median) / MAD. */
  readonly score: number;
  /** Slots of the last three that must be high; 1 where left out. */
  readonly persist?: number;
}

export interface Baseline {
  readonly id: string;
  readonly title: string;
  /** What it means, and what else it may be. */
  readonly description: string;
  readonly response: string;
  /** As in rules: ATT&CK. */
  readonly tags: readonly string[];
  readonly classes: readonly OcsfClass[];
  /** Products whose events are counted; the field metadata.product.name. */
  readonly products: readonly string[];
  readonly filter: readonly Clause[];
  readonly except: readonly Clause[];
  /** `principal`: see principal.ts; else the attribute. */
  readonly entity: string;
  /** Attribute; left out where the entity alone is counted. */
  readonly key?: string;
  readonly measure: Measure;
  readonly unit: string;
  readonly grain: Grain;
  readonly kinds: readonly Kind[];
  readonly volume?: Volume;
  /** Anomalies of one entity that are about the same confirm each other less than those that are not. */
  readonly about: 'place' | 'activity' | 'traffic';
  /** Kinds that are common by themselves: never alerted alone, they confirm what else is unusual of the entity. */
  readonly confirms?: readonly Kind[];
  /** What a new key of this kind tells by itself, in powers of ten: a network is new more often than a region. */
  readonly weight: number;
  /** Of a new key: fewer are chance. */
  readonly least?: number;
}
