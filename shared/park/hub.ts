// Parking behind the hub: what a consumer of the hub stream cannot process.
import type { KinesisRecord } from '../hub/record.ts';
import type { BatchHeader } from '../hub/batch.ts';
import type { HubDocument, ParkedRecord, Reject } from '../model.ts';
import { parkRecords, type ParkedStore } from './parked.ts';

/** Documents that OpenSearch refused. @param sequence of the hub record, which names the delivery. */
export async function parkRefused(
  store: ParkedStore,
  { origin, evidence }: BatchHeader,
  refused: readonly { readonly document: HubDocument; readonly reason: string }[],
  sequence: string,
): Promise<void> {
  const records = refused.map(({ document: { id, index, json }, reason }, at): ParkedRecord => {
    return { stage: 'index', code: 'index_refused', detail: reason, origin, evidence, index: at, raw: json, document: { id, index } };
  });
  if (records.length > 0) await parkRecords(store, records, sequence);
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
