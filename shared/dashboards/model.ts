// What a dashboard is here, before it is put into the shape in which Dashboards stores it.
// https://docs.opensearch.org/latest/dashboards/visualize/viz-index/

/** Whose events: of every class, or the name of one class. */
export type Pattern = string;
export const ALL: Pattern = 'all';

/** How many events, or one value of all their values. A measure is shown under its label. */
export type Metric =
  | { readonly kind: 'count'; readonly label: string }
  | { readonly kind: 'sum' | 'max' | 'min' | 'cardinality'; readonly field: string; readonly label: string };

/** By what events are told apart. */
export type Bucket =
  /** `by`: position of the metric that decides which values come first, and whether those are the largest. */
  | {
      readonly kind: 'terms';
      readonly field: string;
      readonly label: string;
      readonly size: number;
      readonly by: number;
      readonly order: 'asc' | 'desc';
    }
  | { readonly kind: 'time'; readonly interval: 'auto' | 'd' }
  | { readonly kind: 'filters'; readonly filters: readonly { readonly label: string; readonly query: string }[] };

export type ChartKind = 'metric' | 'table' | 'line' | 'area' | 'bar' | 'pie' | 'heatmap' | 'cloud';

export interface Chart {
  readonly kind: ChartKind;
  readonly title: string;
  readonly from: Pattern;
  /** Lucene query; all events where absent. */
  readonly where?: string;
  readonly metrics: readonly Metric[];
  /** The first lies on the axis, the second makes the series. */
  readonly buckets: readonly Bucket[];
  /** Why it shows nothing with the demo's data. */
  readonly emptyInDemo?: string;
}

export interface Note {
  readonly kind: 'note';
  readonly title: string;
  readonly markdown: string;
}

/** Lists to choose from: what is chosen filters the whole dashboard. */
export interface Controls {
  readonly kind: 'controls';
  readonly title: string;
  readonly from: Pattern;
  readonly fields: readonly { readonly field: string; readonly label: string }[];
}

/** A list of events, which opens in Discover too. */
export interface Search {
  readonly kind: 'search';
  /** Unique among searches. */
  readonly name: string;
  readonly title: string;
  /** When to open it. */
  readonly description: string;
  readonly from: Pattern;
  readonly where: string;
  readonly columns: readonly string[];
  readonly emptyInDemo?: string;
}

export type Panel = Chart | Note | Controls | Search;

/** Panels beside each other; they share the width unless one has its own. */
export interface Row {
  /** In units of the grid; a screen shows about 40 of them. */
  readonly height: number;
  readonly panels: readonly { readonly panel: Panel; readonly width?: number | undefined }[];
}

export interface Dashboard {
  /** Unique among dashboards. */
  readonly name: string;
  readonly title: string;
  readonly description: string;
  /** What it shows when it is opened: `now-24h` until now. */
  readonly since: string;
  readonly rows: readonly Row[];
}

/** As Dashboards exports and imports it. */
export interface SavedObject {
  readonly type: 'index-pattern' | 'search' | 'visualization' | 'dashboard';
  readonly id: string;
  readonly attributes: Readonly<Record<string, unknown>>;
  readonly references: readonly Reference[];
}

export interface Reference {
  readonly name: string;
  readonly type: string;
  readonly id: string;
}
