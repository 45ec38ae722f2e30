// A Sigma rule as it is bundled: checked, its selections put together into one expression, plain JSON.
// https://github.com/SigmaHQ/sigma-specification/blob/main/specification/sigma-rules-specification.md (2.1)

export const LEVELS = ['informational', 'low', 'medium', 'high', 'critical'] as const;
export const STATUSES = ['stable', 'test', 'experimental', 'deprecated', 'unsupported'] as const;

export type Level = (typeof LEVELS)[number];
export type Status = (typeof STATUSES)[number];

/** What rules and correlations say of themselves. */
export interface Head {
  /** UUID; part of the id of every finding. */
  readonly id: string;
  /** By which correlations and filters may call it. */
  readonly name?: string | undefined;
  readonly title: string;
  readonly description: string;
  readonly status: Status;
  readonly level: Level;
  /** `namespace.value`, lower case; `attack.` names tactics and techniques of MITRE ATT&CK. */
  readonly tags: readonly string[];
  /** Our own key: what to do first. */
  readonly response: string;
}

export interface Rule extends Head {
  readonly logsource: LogSourceName;
  /** `sigma`: fields are named as in the raw log. `ocsf`: fields are paths in the event. */
  readonly taxonomy: 'sigma' | 'ocsf';
  /** Fields that a reader of the finding wants to see. */
  readonly fields: readonly string[];
  /** Our own key: OCSF paths whose values, with the hour, make two matches one finding. */
  readonly group_by: readonly string[];
  readonly condition: Expression;
  readonly notes?: Notes | undefined;
}

/** What is told of a rule of a pack, and has no part in matching. */
export interface Notes {
  /** The rule's file below the folder of rules, without `.yml`: a bank's file may call it so. */
  readonly path: string;
  /** Day of its last change, as 2026-11-21; empty where the rule does not say. */
  readonly version: string;
  readonly references: readonly string[];
  readonly falsepositives: readonly string[];
}

export interface LogSourceName {
  readonly category?: string | undefined;
  readonly product?: string | undefined;
  readonly service?: string | undefined;
}

/** Rules whose matches mean something together. https://github.com/SigmaHQ/sigma-specification/blob/main/specification/sigma-correlation-rules-specification.md */
export interface Correlation extends Head {
  readonly type: CorrelationType;
  /** Ids of rules or of other correlations, in the order of the rule. */
  readonly rules: readonly string[];
  /** Fields that matches have in common: of the rules themselves, or aliases. None: all matches are one group. */
  readonly groupBy: readonly string[];
  readonly timespanMs: number;
  /** Alias → id of the rule → its field. A rule that an alias does not name has no part in groups by it. */
  readonly aliases: Readonly<Record<string, Readonly<Record<string, string>>>>;
  /** All have to hold; none for `temporal` types: every rule has matched. */
  readonly condition: readonly { readonly operator: 'gt' | 'gte' | 'lt' | 'lte' | 'eq' | 'neq'; readonly value: number }[];
  /** What `value_…` types count or reckon with; several: their values together are one. */
  readonly fields: readonly string[];
  /** Of `value_percentile`, 0 to 100. */
  readonly percentile: number;
  /** Whether the rules it names alert on their own as well. */
  readonly generate: boolean;
  readonly notes?: Notes | undefined;
}

export type CorrelationType =
  'event_count' | 'value_count' | 'value_sum' | 'value_avg' | 'value_percentile' | 'value_median' | 'temporal' | 'temporal_ordered';

/**
 * What is left out of rules' matches: they have to meet their own condition and not this one.
 * https://github.com/SigmaHQ/sigma-specification/blob/main/specification/sigma-filters-specification.md
 */
export interface Filter {
  readonly id: string;
  readonly title: string;
  readonly logsource: LogSourceName;
  readonly taxonomy: Rule['taxonomy'];
  /** Ids or names of rules, or all of the log source. */
  readonly rules: readonly string[] | 'any';
  readonly condition: Expression;
}

export type Expression =
  | { readonly kind: 'all'; readonly of: readonly Expression[] }
  | { readonly kind: 'any'; readonly of: readonly Expression[] }
  | { readonly kind: 'not'; readonly of: Expression }
  | Comparison
  | Keywords
  | TimeComparison;

/** One line of a selection: does the field have (one of) the values? */
export interface Comparison {
  readonly kind: 'field';
  readonly field: string;
  readonly operator: Operator;
  readonly values: readonly Value[];
  /** Every value must be met, not just one. */
  readonly every: boolean;
  /** Upper and lower case differ. For `re` that is the rule; the flag `i` turns it off. */
  readonly cased: boolean;
  /** Of `re`, beside `i`: `m` and `s`. */
  readonly flags: string;
}

/** Values looked for in the whole event, whatever the field; `every`: each somewhere, not all in one place. */
export interface Keywords extends Omit<Comparison, 'kind' | 'field'> {
  readonly kind: 'keywords';
}

/** A part of a time, as a number, in UTC. Weeks are those of ISO 8601. */
export interface TimeComparison {
  readonly kind: 'time';
  readonly field: string;
  readonly part: TimePart;
  readonly operator: 'equals' | 'lt' | 'lte' | 'gt' | 'gte';
  readonly values: readonly number[];
  readonly every: boolean;
}

export type TimePart = 'minute' | 'hour' | 'day' | 'week' | 'month' | 'year';

/** `equals`, `contains`, `startswith` and `endswith` take the wildcards `*` and `?`; `null` has no values. */
export type Operator = 'equals' | 'contains' | 'startswith' | 'endswith' | 're' | 'cidr' | 'exists' | 'null' | 'lt' | 'lte' | 'gt' | 'gte';

/**
 * `expand` names a list of the bank's configuration that stands in place of the value; in `parts`, of a part of the value. `ref` is another
 * field of the same event, with whose value is compared.
 */
export type Value =
  string | number | boolean | Placeholder | { readonly parts: readonly (string | Placeholder)[] } | { readonly ref: string };

export interface Placeholder {
  readonly expand: string;
}

/** A rule that cannot be used. Thrown when rules are loaded, never while events are matched. Message: file, line, reason. */
export class RuleError extends Error {
  override readonly name = 'RuleError';
  readonly reason: string;
  /** Where in the rule: keys and positions from its root. */
  readonly path: readonly (string | number)[];

  constructor(reason: string, path: readonly (string | number)[], place?: { readonly file: string; readonly line: number }) {
    super(place === undefined ? reason : `${place.file}:${place.line}: ${reason}`);
    this.reason = reason;
    this.path = path;
  }
}
