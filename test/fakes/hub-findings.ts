// What was put on the hub, read back as events.
import { decodeBatch } from '../../shared/hub/batch.ts';
import { fromDocument } from '../../shared/hub/document.ts';
import type { OcsfEvent } from '../../shared/model.ts';
import type { PutRecord } from './kinesis.ts';

/** @returns the events of all records, in their order. */
export function hubFindings(records: readonly PutRecord[]): readonly OcsfEvent[] {
  return records.flatMap(({ data }) => {
    const batch = decodeBatch(data);
    if (batch.kind !== 'value') throw new Error('no batch');
    return batch.value.documents.flatMap(({ json }) => fromDocument(json) ?? []);
  });
}
