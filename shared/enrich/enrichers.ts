// What the bank's file asks events to be enriched with. One line each.
import type { S3Client } from '@aws-sdk/client-s3';
import type { BankConfig } from '../config.ts';
import type { Log } from '../observe/log.ts';
import { emit, type MetricsWriter } from '../observe/metrics.ts';
import { createEnrichment, type Enricher, type Enrichment } from './enrich.ts';
import { geoEnricher } from './geo.ts';
import { intelEnricher } from './intel.ts';
import { organizationEnricher } from './organization.ts';

export interface EnrichersDeps {
  readonly bank: Pick<BankConfig, 'bank' | 'accounts' | 'intel' | 'enrichment'>;
  readonly s3: S3Client;
  /** The reference bucket; undefined where the function is not given it. */
  readonly bucket: string | undefined;
  readonly log: Pick<Log, 'warn'>;
  readonly metrics: MetricsWriter;
}

/** @returns undefined where there is nothing to enrich with. */
export function enrichmentOf({ bank, s3, bucket, log, metrics }: EnrichersDeps): Enrichment | undefined {
  const store = bucket === undefined ? undefined : { s3, bucket };
  const { intel, enrichment } = bank;
  const enrichers: readonly Enricher[] = [
    ...(store === undefined || intel === undefined ? [] : [intelEnricher(store, intel)]),
    ...(store === undefined || enrichment?.geo === undefined ? [] : [geoEnricher(store, enrichment.geo)]),
    ...(enrichment === undefined ? [] : [organizationEnricher(bank)]),
  ];
  const onFailure = (enricher: string): void => emit(metrics, { bank: bank.bank, source: enricher }, { EnrichmentFailures: 1 });
  return createEnrichment(enrichers, { log, onFailure });
}
