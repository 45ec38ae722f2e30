// The words in which dashboards are written: `table('Refused calls', { from, where }, [terms(…)], [count()])`.
// https://docs.opensearch.org/latest/dashboards/visualize/viz-index/
import type { Bucket, Chart, ChartKind, Controls, Metric, Note, Panel, Pattern, Row, Search } from './model.ts';

export type Of = Pick<Chart, 'from' | 'where' | 'emptyInDemo'>;

const PANEL_SIZE = 10;
/** Above the accounts or sources of most banks: of more, the shards would have to guess which come first. */
const MOST_SILENT = 200;

export function count(label = 'Events'): Metric {
  return { kind: 'count', label };
}

export function sum(field: string, label: string): Metric {
  return { kind: 'sum', field, label };
}

export function distinct(field: string, label: string): Metric {
  return { kind: 'cardinality', field, label };
}

export function last(label = 'Last seen'): Metric {
  return { kind: 'max', field: 'time', label };
}

export function first(label = 'First seen'): Metric {
  return { kind: 'min', field: 'time', label };
}

/** The values of a field, those with the largest metric (the first one, or the one at `by`) first. */
export function terms(field: string, label: string, size = PANEL_SIZE, by = 0): Bucket {
  return { kind: 'terms', field, label, size, by, order: 'desc' };
}

/** The values of a field, those with the smallest of the first metric first: by last(), what has been silent longest. */
export function longestSilent(field: string, label: string): Bucket {
  return { kind: 'terms', field, label, size: MOST_SILENT, by: 0, order: 'asc' };
}

export function time(interval: 'auto' | 'd' = 'auto'): Bucket {
  return { kind: 'time', interval };
}

/** @param of Lucene query by label. */
export function filters(of: Readonly<Record<string, string>>): Bucket {
  return { kind: 'filters', filters: Object.entries(of).map(([label, query]) => ({ label, query })) };
}

export function chart(kind: ChartKind, title: string, of: Of, shown: Pick<Chart, 'metrics' | 'buckets'>): Chart {
  return { kind, title, ...of, ...shown };
}

export function numbers(title: string, of: Of, metrics: readonly Metric[], by?: Bucket): Chart {
  return chart('metric', title, of, { metrics, buckets: by === undefined ? [] : [by] });
}

export function table(title: string, of: Of, buckets: readonly Bucket[], metrics: readonly Metric[] = [count()]): Chart {
  return chart('table', title, of, { metrics, buckets });
}

/** Over time, as one area or bar per value of `by`. */
export function over(kind: 'area' | 'bar' | 'line', title: string, of: Of, by: Bucket): Chart {
  return chart(kind, title, of, { metrics: [count()], buckets: [time(), by] });
}

export function bars(title: string, of: Of, buckets: readonly Bucket[], metric: Metric = count()): Chart {
  return chart('bar', title, of, { metrics: [metric], buckets });
}

export function pie(title: string, of: Of, by: Bucket, metric: Metric = count()): Chart {
  return chart('pie', title, of, { metrics: [metric], buckets: [by] });
}

export function heatmap(title: string, of: Of, buckets: readonly [Bucket, Bucket], metric: Metric = count()): Chart {
  return chart('heatmap', title, of, { metrics: [metric], buckets });
}

export function cloud(title: string, of: Of, by: Bucket): Chart {
  return chart('cloud', title, of, { metrics: [count()], buckets: [by] });
}

export function note(title: string, markdown: string): Note {
  return { kind: 'note', title, markdown };
}

export function controls(title: string, from: Pattern, fields: Readonly<Record<string, string>>): Controls {
  return { kind: 'controls', title, from, fields: Object.entries(fields).map(([field, label]) => ({ field, label })) };
}

export function search(name: string, title: string, rest: Omit<Search, 'kind' | 'name' | 'title'>): Search {
  return { kind: 'search', name, title, ...rest };
}

const ROW_HEIGHT = 14;

/** Panels that share the width of 48. */
export function row(...panels: readonly Panel[]): Row {
  return { height: ROW_HEIGHT, panels: panels.map((panel) => ({ panel })) };
}

/** As row(), with the height, and with the width of each panel. */
export function sized(height: number, ...panels: readonly (readonly [width: number, panel: Panel])[]): Row {
  return { height, panels: panels.map(([width, panel]) => ({ panel, width })) };
}
