// A sealed unit through the source, the mapper and the bank's rules of today: what redriving parked records and replaying history share.
// It is what shared/pipeline.ts does when a unit is delivered, without the sealing.
import type { BankConfig } from '../config.ts';
import type { Enrichment } from '../enrich/enrich.ts';
import { createBatcher, type Batcher } from '../hub/batch.ts';
import { writtenFormat } from '../hub/format.ts';
import { toHub } from '../hub/document.ts';
import { createFrameSpool } from '../hub/frame-spool.ts';
import type { ParkedRecord, ReplayMark } from '../model.ts';
import { createNormaliser, type Summary } from '../normalise.ts';
import { assertConserved, readUnit, type Unit } from '../pipeline.ts';
import { withoutSensitive, type Sensitive } from '../redact/sensitive.ts';
import { transformsFor } from '../redact/transforms.ts';
import { residenceOf } from '../residency/check.ts';
import { indexOfTarget } from './target.ts';

export interface ReprocessDeps {
  readonly bank: BankConfig;
  readonly sensitive: Sensitive | undefined;
  /** Undefined where there is none, or nobody to load its data. */
  readonly enrichment?: Enrichment | undefined;
}

export interface Reprocessed {
  readonly unit: Unit;
  /** Vault key. */
  readonly evidence: string;
  /** See NormaliseOptions.only. */
  readonly only?: ReadonlyMap<number, string> | undefined;
  readonly replay?: ReplayMark | undefined;
  readonly parked: (record: ParkedRecord) => void;
  /** A record became an event or was excluded. */
  readonly left?: ((index: number) => void) | undefined;
  /** Resolves when what was parked so far has left memory. */
  readonly settled: () => Promise<unknown>;
  /** Is given the hub's records once all of the unit was read. */
  readonly send: (records: AsyncIterable<Buffer>, summary: Summary & { readonly batches: number }) => Promise<void>;
}

/** @returns what became of the unit's records. @throws what `send` and the unit's body throw. */
export async function reprocess(work: Reprocessed, { bank, sensitive, enrichment }: ReprocessDeps): Promise<Summary> {
  const { unit, evidence, only, replay } = work;
  const spool = createFrameSpool();
  let batches = 0;
  await enrichment?.ready();
  try {
    const header = { hub: writtenFormat(bank), origin: unit.origin, evidence, way: unit.way, replay };
    const batcher = createBatcher(header, (record) => {
      batches++;
      spool.add(record);
    });
    const residence = residenceOf(bank, unit.origin);
    const { transforms, onEvent } = toHub({
      transforms: [...residence.transforms, ...transformsFor(bank, unit.origin.source, undefined, enrichment?.transform)],
      batcher: redirected(batcher, replay),
      sensitive,
      unit,
    });
    const normaliser = createNormaliser({
      ...unit,
      transforms,
      only,
      onEvent(event, index) {
        onEvent(event, index);
        work.left?.(index);
      },
      onExcluded: (_, index) => work.left?.(index),
      withheld: residence.withheld,
      asParked: (text) => sensitive?.text(text) ?? text,
      onParked: (record) => work.parked(withoutSensitive(record, sensitive)),
    });
    await readUnit(unit, normaliser, { settled: () => Promise.all([spool.settled(), work.settled()]) });
    const summary = normaliser.end();
    batcher.end();
    assertConserved(summary.counts, unit.origin);
    await work.send(await spool.finish(), { ...summary, batches });
    return summary;
  } finally {
    await spool.dispose();
  }
}

/** Documents keep their ids: what they are compared by. */
function redirected(batcher: Batcher, replay: ReplayMark | undefined): Batcher {
  const index = replay === undefined ? undefined : indexOfTarget(replay.to);
  return index === undefined ? batcher : { ...batcher, add: (document) => batcher.add({ ...document, index }) };
}
