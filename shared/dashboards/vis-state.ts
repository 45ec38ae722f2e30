// A chart as Dashboards' own visualizations (of every version from 2.19 on) have it: `visState`, as an exported object holds it.
// https://github.com/opensearch-project/OpenSearch-Dashboards/blob/main/src/plugins/home/server/services/sample_data/data_sets/logs/saved_objects.ts
import { patternId } from './ids.ts';
import type { Bucket, Chart, ChartKind, Controls, Metric, Note } from './model.ts';

const TYPES: Readonly<Record<ChartKind, string>> = {
  metric: 'metric',
  table: 'table',
  line: 'line',
  area: 'area',
  bar: 'histogram',
  pie: 'pie',
  heatmap: 'heatmap',
  cloud: 'tagcloud',
};

export function chartState(chart: Chart, title: string): object {
  return { title, type: TYPES[chart.kind], params: paramsOf(chart), aggs: aggregationsOf(chart) };
}

export function noteState({ markdown }: Note, title: string): object {
  return { title, type: 'markdown', params: { fontSize: 12, openLinksInNewTab: false, markdown }, aggs: [] };
}

/** Name of the reference that holds the index pattern of a control. */
export function controlReference(at: number): string {
  return `control_${at}_index_pattern`;
}

export function controlsState({ fields }: Controls, title: string): object {
  const options = { type: 'terms', multiselect: true, dynamicOptions: true, size: 100, order: 'desc' };
  return {
    title,
    type: 'input_control_vis',
    params: {
      controls: fields.map(({ field, label }, at) => ({
        id: `control-${at}`,
        indexPatternRefName: controlReference(at),
        fieldName: field,
        parent: '',
        label,
        type: 'list',
        options,
      })),
      updateFiltersOnChange: true,
      useTimeFilter: true,
      pinFilters: false,
    },
    aggs: [],
  };
}

/** Metrics have the ids 1 to n, buckets those behind them. */
function aggregationsOf(chart: Chart): readonly object[] {
  const metrics = chart.metrics.map((metric, at) => ({ id: String(at + 1), enabled: true, ...metricOf(metric) }));
  const buckets = chart.buckets.map((bucket, at) => ({
    id: String(chart.metrics.length + at + 1),
    enabled: true,
    schema: schemaOf(chart.kind, at),
    ...bucketOf(bucket),
  }));
  return [...metrics, ...buckets];
}

function metricOf(metric: Metric): object {
  const field = metric.kind === 'count' ? {} : { field: metric.field };
  return { type: metric.kind, schema: 'metric', params: { ...field, customLabel: metric.label } };
}

function schemaOf(kind: ChartKind, at: number): string {
  if (kind === 'table') return 'bucket';
  if (kind === 'metric') return 'group';
  if (kind === 'pie') return 'segment';
  return at === 0 ? 'segment' : 'group';
}

function bucketOf(bucket: Bucket): object {
  switch (bucket.kind) {
    case 'terms': {
      const { field, label, size, by, order } = bucket;
      const others = { otherBucket: false, otherBucketLabel: 'Other', missingBucket: false, missingBucketLabel: 'Missing' };
      return { type: 'terms', params: { field, orderBy: String(by + 1), order, size, ...others, customLabel: label } };
    }
    case 'time':
      return {
        type: 'date_histogram',
        params: {
          field: 'time',
          interval: bucket.interval,
          drop_partials: false,
          min_doc_count: 1,
          extended_bounds: {},
          customLabel: 'Time',
        },
      };
    case 'filters':
      return {
        type: 'filters',
        params: { filters: bucket.filters.map(({ label, query }) => ({ input: { query, language: 'lucene' }, label })) },
      };
  }
}

function paramsOf(chart: Chart): object {
  switch (chart.kind) {
    case 'metric':
      return METRIC;
    case 'table':
      return TABLE;
    case 'pie':
      return PIE;
    case 'heatmap':
      return HEATMAP;
    case 'cloud':
      return { scale: 'linear', orientation: 'single', minFontSize: 14, maxFontSize: 48, showLabel: false };
    case 'line':
    case 'area':
    case 'bar':
      return axes(chart);
  }
}

const METRIC = {
  addTooltip: true,
  addLegend: false,
  type: 'metric',
  metric: {
    percentageMode: false,
    useRanges: false,
    colorSchema: 'Green to Red',
    metricColorMode: 'None',
    colorsRange: [{ from: 0, to: 10_000 }],
    labels: { show: true },
    invertColors: false,
    style: { bgFill: '#000', bgColor: false, labelColor: false, subText: '', fontSize: 32 },
  },
};

const TABLE = {
  perPage: 10,
  showPartialRows: false,
  showMetricsAtAllLevels: false,
  sort: { columnIndex: null, direction: null },
  showTotal: false,
  totalFunc: 'sum',
  percentageCol: '',
};

const PIE = {
  type: 'pie',
  addTooltip: true,
  addLegend: true,
  legendPosition: 'right',
  isDonut: true,
  labels: { show: false, values: true, last_level: true, truncate: 100 },
};

const HEATMAP = {
  type: 'heatmap',
  addTooltip: true,
  addLegend: true,
  enableHover: false,
  legendPosition: 'right',
  times: [],
  colorsNumber: 6,
  colorSchema: 'Blues',
  setColorRange: false,
  colorsRange: [],
  invertColors: false,
  percentageMode: false,
  valueAxes: [
    {
      show: false,
      id: 'ValueAxis-1',
      type: 'value',
      scale: { type: 'linear', defaultYExtents: false },
      labels: { show: false, rotate: 0, overwriteColor: false, color: 'black' },
    },
  ],
};

const CATEGORIES = {
  id: 'CategoryAxis-1',
  type: 'category',
  position: 'bottom',
  show: true,
  style: {},
  scale: { type: 'linear' },
  labels: { show: true, filter: true, truncate: 100 },
  title: {},
};

function axes({ kind, metrics }: Chart): object {
  const type = TYPES[kind];
  return {
    type,
    grid: { categoryLines: false },
    categoryAxes: [CATEGORIES],
    valueAxes: [
      {
        id: 'ValueAxis-1',
        name: 'LeftAxis-1',
        type: 'value',
        position: 'left',
        show: true,
        style: {},
        scale: { type: 'linear', mode: 'normal' },
        labels: { show: true, rotate: 0, filter: false, truncate: 100 },
        title: { text: metrics[0]?.label ?? '' },
      },
    ],
    seriesParams: metrics.map(({ label }, at) => ({
      show: true,
      type,
      mode: kind === 'line' ? 'normal' : 'stacked',
      data: { label, id: String(at + 1) },
      drawLinesBetweenPoints: true,
      lineWidth: 2,
      showCircles: true,
      interpolate: 'linear',
      valueAxis: 'ValueAxis-1',
    })),
    addTooltip: true,
    addLegend: true,
    legendPosition: 'right',
    times: [],
    addTimeMarker: false,
    labels: {},
    thresholdLine: { show: false, value: 10, width: 1, style: 'full', color: '#E7664C' },
  };
}

/** Index patterns that a panel of this kind refers to beside its own. */
export function controlReferences({ from, fields }: Controls): readonly { name: string; type: string; id: string }[] {
  return fields.map((_, at) => ({ name: controlReference(at), type: 'index-pattern', id: patternId(from) }));
}
