// Watches how many documents a search finds, per product, while a scenario runs: from it, the time from delivery to searchable.
import { setTimeout as sleep } from 'node:timers/promises';
import type { OpenSearch } from '../../shared/opensearch/client.ts';
import type { Delivered } from './deliver.ts';
import { aggregate, bucketsOf, shown } from './search.ts';

const EVERY_MS = 250;

interface Sample {
  /** ms since the epoch */
  readonly time: number;
  /** Searchable documents by metadata.product.name. */
  readonly found: ReadonlyMap<string, number>;
}

export interface Watch {
  /** Ends the watch. @returns the samples, in order. */
  stop(): Promise<readonly Sample[]>;
}

export function watchIndex(client: OpenSearch): Watch {
  const samples: Sample[] = [];
  const ended = new AbortController();
  const running = (async () => {
    while (!ended.signal.aborted) {
      // An index that is just being made cannot be searched for a moment: that sample is left out.
      const found = await countByProduct(client).catch(() => undefined);
      if (found !== undefined) samples.push({ time: Date.now(), found });
      await sleep(EVERY_MS);
    }
  })();
  return {
    async stop() {
      ended.abort();
      await running;
      return samples;
    },
  };
}

/** @returns searchable documents by product; nothing where there is no index yet. */
export async function countByProduct(client: OpenSearch): Promise<ReadonlyMap<string, number>> {
  const { product } = await aggregate(client, { aggs: { product: { terms: { field: 'metadata.product.name', size: 1000 } } } });
  return new Map(bucketsOf(product).map((bucket) => [shown(bucket['key']), Number(bucket['doc_count'])]));
}

/**
 * Delivery is in order, so the n-th document that was delivered is taken to be the n-th that is found.
 * @returns the given quantile of the times from delivery to searchable, ms; undefined without documents.
 */
export function latency(
  samples: readonly Sample[],
  products: ReadonlySet<string>,
  delivered: readonly Delivered[],
  quantile: number,
): number | undefined {
  const found = samples.map(({ time, found: counts }) => ({ time, count: sumOf(counts, products) }));
  const total = found.at(-1)?.count ?? 0;
  const records = delivered.reduce((sum, unit) => sum + unit.records, 0);
  if (total === 0 || records === 0) return undefined;
  const delays: number[] = [];
  let handedOver = 0;
  for (const unit of delivered) {
    handedOver += unit.records;
    // Excluded and parked records never appear: what was handed over is scaled to what can be found.
    const expected = Math.floor((handedOver / records) * total);
    const seen = found.find(({ count }) => count >= expected);
    if (seen !== undefined) delays.push(Math.max(0, seen.time - unit.time));
  }
  return delays.sort((a, b) => a - b)[Math.min(delays.length - 1, Math.floor(delays.length * quantile))];
}

function sumOf(counts: ReadonlyMap<string, number>, products: ReadonlySet<string>): number {
  let sum = 0;
  for (const product of products) sum += counts.get(product) ?? 0;
  return sum;
}
