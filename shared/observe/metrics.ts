// CloudWatch embedded metric format, through Powertools.
// https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/CloudWatch_Embedded_Metric_Format_Specification.html
import { MetricUnit, Metrics } from '@aws-lambda-powertools/metrics';
import type { Counts } from '../model.ts';

export type MetricsWriter = Metrics;

/** Alarms go by Bank and by Bank + Source, whichever function counted: the default dimension (service) would split them. */
export function createMetrics(): MetricsWriter {
  const metrics = new Metrics({ namespace: 'Strongroom' });
  metrics.clearDefaultDimensions();
  return metrics;
}

/** Conservation of one unit, by bank and by bank and source. */
export function emitCounts(metrics: MetricsWriter, where: { readonly bank: string; readonly source: string }, counts: Counts): void {
  emit(metrics, where, { Records: counts.records, Events: counts.events, Excluded: counts.excluded, Parked: counts.parked });
}

/** Records that may not be in this region, by bank and by bank and source: they are among the parked ones. */
export function emitRefused(metrics: MetricsWriter, where: Parameters<typeof emit>[1], records: number): void {
  emit(metrics, where, { ResidencyRefused: records });
}

/** What a replay does has names of its own: nothing is counted twice, and no alarm takes old records for a source that speaks again. */
export function emitReplayed(metrics: MetricsWriter, where: Parameters<typeof emit>[1], values: Parameters<typeof emit>[2]): void {
  emit(metrics, where, Object.fromEntries(Object.entries(values).map(([name, count]) => [`Replayed${name}`, count])));
}

/** Writes numbers of one unit at once. @param values metric name to count. */
export function emit(
  metrics: MetricsWriter,
  where: { readonly bank: string; readonly source: string },
  values: Readonly<Record<string, number>>,
): void {
  metrics.addDimensions({ Bank: where.bank });
  metrics.addDimensions({ Bank: where.bank, Source: where.source });
  for (const [name, count] of Object.entries(values)) metrics.addMetric(name, MetricUnit.Count, count);
  metrics.publishStoredMetrics();
}
