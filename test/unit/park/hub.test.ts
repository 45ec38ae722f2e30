import type { Batch } from '../../../shared/hub/batch.ts';
import { batchName } from '../../../shared/park/hub.ts';

const BATCH: Batch = {
  header: {
    hub: 1,
    origin: {
      bank: 'demo',
      account: '222222222222',
      region: 'eu-central-1',
      source: 'cloudtrail',
      trigger: 's3',
      uri: 's3://b/k#1',
      time: 0,
    },
    evidence: 'a',
    events: 2,
  },
  documents: ['a', 'b'].map((id) => ({ id, index: 'ocsf-api_activity-2026.01.15', json: '{}' })),
};

describe('batchName', () => {
  it('is the same for the same documents, new or replayed', () => {
    const replay = { id: '20261121T093000Z-9f3c21ab', to: 'hub', alerts: false } as const;

    expect(batchName({ ...BATCH, header: { ...BATCH.header, replay } })).toBe(batchName(BATCH));
  });

  it('differs by document, index and by the parked object that the documents are redriven from', () => {
    const names = [
      BATCH,
      { ...BATCH, documents: BATCH.documents.slice(1) },
      { ...BATCH, documents: BATCH.documents.map((document) => ({ ...document, index: 'replay-a' })) },
      { ...BATCH, header: { ...BATCH.header, redriven: 'index/cloudtrail/a' } },
      { ...BATCH, header: { ...BATCH.header, redriven: 'index/cloudtrail/b' } },
    ].map(batchName);

    expect(new Set(names).size).toBe(names.length);
  });
});
