// What contradicts itself in the life cycle of the index: `opensearch.lifecycle`, `opensearch.snapshots`, and `index_days` of `retention`.
// https://docs.aws.amazon.com/opensearch-service/latest/developerguide/ultrawarm.html
import type { BankConfig } from '../shared/config.ts';
import { indexDaysOf } from '../shared/lifecycle/settings.ts';
import type { Problem } from './yaml-file.ts';

export function* lifecycle({ opensearch, retention }: BankConfig): Generator<Problem> {
  const { lifecycle: given = {}, snapshots } = opensearch;
  const path = (name: string): string[] => ['opensearch', 'lifecycle', name];
  const { close_after_days: close = 2, warm_after_days: warm, cold_after_days: cold, single_copy_after_days: single } = given;
  if (warm !== undefined && warm < close)
    yield {
      path: path('warm_after_days'),
      message: `must be at least close_after_days, ${close}: nothing is written there (found ${warm})`,
    };
  if (cold !== undefined && (warm === undefined || cold <= warm))
    yield {
      path: path('cold_after_days'),
      message: `must come after warm_after_days: indices go there from UltraWarm alone (found ${cold})`,
    };
  if (single !== undefined && snapshots === undefined)
    yield { path: path('single_copy_after_days'), message: 'needs opensearch.snapshots: only what a snapshot holds has a single copy' };
  if (single !== undefined && given.replicas === 0)
    yield {
      path: path('single_copy_after_days'),
      message: 'is nothing with replicas: 0, where every index has a single copy from the start',
    };
  yield* tiers(opensearch, Math.max(...indexDaysOf(retention).values()));
  yield* tooLong(['retention', 'index_days'], retention.index_days, retention.evidence_days);
  for (const [index, { index_days: days, evidence_days: evidence }] of (retention.classes ?? []).entries())
    yield* tooLong(['retention', 'classes', String(index), 'index_days'], days, evidence);
}

/** @param longest days for which any event is in the index. */
function* tiers({ domain, lifecycle: given = {} }: BankConfig['opensearch'], longest: number): Generator<Problem> {
  for (const name of ['warm_after_days', 'cold_after_days'] as const) {
    const days = given[name];
    if (days === undefined) continue;
    const path = ['opensearch', 'lifecycle', name];
    if (domain !== undefined)
      yield {
        path,
        message: 'is nothing with opensearch.domain, which is deployed without UltraWarm: only an existing domain may have it',
      };
    else if (days >= longest)
      yield { path, message: `must be below the longest index_days, ${longest}: nothing is in the index by then (found ${days})` };
  }
}

function* tooLong(path: string[], days: number | undefined, evidence: number): Generator<Problem> {
  if (days === undefined || days <= evidence) return;
  yield {
    path,
    message: `must not be above evidence_days (${evidence}): what is found there could not be proven any more (found ${days})`,
  };
}
