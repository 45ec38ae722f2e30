// Parking behind the hub: what a consumer of the hub stream cannot process.
import type { Batch } from '../hub/batch.ts';
import type { KinesisRecord } from '../hub/record.ts';
import { digest } from '../ids.ts';
import type { HubDocument, ParkedRecord, Reject } from '../model.ts';
import { parkRecords, type ParkedStore } from './parked.ts';

/** Documents of the batch that OpenSearch refused. */
export async function parkRefused(
  store: ParkedStore,
  batch: Batch,
  refused: readonly { readonly document: HubDocument; readonly reason: string }[],
): Promise<void> {
  const { origin, evidence, replay } = batch.header;
  const records = refused.map(({ document: { id, index, json }, reason }, at): ParkedRecord => {
    const about = { stage: 'index', code: 'index_refused', detail: reason } as const;
    return { ...about, origin, evidence, index: at, raw: json, document: { id, index }, replay };
  });
  if (records.length > 0) await parkRecords(store, records, batchName(batch));
}

/**
 * Names what is parked of a batch: the same for the same documents, whether a stream delivers them again or a replay brings them back.
 * Redriven documents that fail again have another name than before: the object that they come out of is then removed.
 */
export function batchName({ header, documents }: Batch): string {
  return digest(12, ...documents.map(({ id, index }) => `${index}/${id}`), header.redriven ?? '');
}

/** A hub record that is none of ours, as base64: somebody else writes to the hub. It must not hold up those behind it. */
export async function parkHubRecord(
  store: ParkedStore,
  stage: 'index' | 'detect',
  { code, detail, bytes, bank, record }: Reject & { readonly bytes: Buffer; readonly bank: string; readonly record: KinesisRecord },
): Promise<void> {
  const { kinesis, eventID, awsRegion } = record;
  const time = Math.round(kinesis.approximateArrivalTimestamp * 1000);
  const origin = {
    bank,
    account: 'unknown',
    region: awsRegion,
    source: 'unknown',
    trigger: 'kinesis',
    uri: `kinesis://hub/${eventID.replace(':', '/')}`,
    time,
  } as const;
  await parkRecords(store, [{ stage, code, detail, origin, index: -1, raw: bytes.toString('base64') }], kinesis.sequenceNumber);
}
