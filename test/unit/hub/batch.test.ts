import { randomBytes } from 'node:crypto';
import { gzipSync } from 'node:zlib';
import fc from 'fast-check';
import { createBatcher, decodeBatch, fitsHub, type Batch, type BatchHeader } from '../../../shared/hub/batch.ts';
import type { HubDocument } from '../../../shared/model.ts';

const KINESIS_LIMIT = 1024 * 1024;
const KEY_BYTES = 11;

const HEADER: Omit<BatchHeader, 'events'> = {
  hub: 1,
  origin: {
    bank: 'demo',
    account: '222222222222',
    region: 'eu-central-1',
    source: 'cloudtrail',
    trigger: 's3',
    uri: 's3://landing/AWSLogs/a file "ü"#1',
    time: Date.UTC(2026, 0, 15),
  },
  evidence: 'demo/222222222222/eu-central-1/cloudtrail/2026/01/15/abc.sealed',
};

function pack(documents: readonly HubDocument[]): readonly Buffer[] {
  const records: Buffer[] = [];
  const batcher = createBatcher(HEADER, (record) => records.push(record));
  for (const document of documents) batcher.add(document);
  batcher.end();
  return records;
}

function unpack(record: Uint8Array): Batch {
  const decoded = decodeBatch(record);
  if (decoded.kind === 'reject') throw new Error(decoded.reject.detail);
  return decoded.value;
}

/** A document whose JSON is about this long and does not compress (but for base64's quarter). */
function noise(id: string, characters: number): HubDocument {
  return { id, index: 'ocsf-base_event-2026.01.15', json: JSON.stringify({ noise: randomBytes((characters * 3) / 4).toString('base64') }) };
}

const document: fc.Arbitrary<HubDocument> = fc.record({
  id: fc.stringMatching(/^[A-Za-z0-9_-]{1,40}$/),
  index: fc.constantFrom('ocsf-api_activity-2026.01.15', 'ocsf-detection_finding-2026.01'),
  json: fc.jsonValue().map((value) => JSON.stringify({ value })),
});

describe('a batch', () => {
  it('is read back as it was made, with its header', () => {
    fc.assert(
      fc.property(fc.array(document, { minLength: 1, maxLength: 30 }), (documents) => {
        const records = pack(documents);

        expect(records.map(unpack)).toEqual([{ header: { ...HEADER, events: documents.length }, documents }]);
      }),
    );
  });

  it('of nothing is no record', () => {
    expect(pack([])).toEqual([]);
  });

  it('is handed on as soon as it is full, not at the end', () => {
    const records: Buffer[] = [];
    const batcher = createBatcher(HEADER, (record) => records.push(record));
    const big = { id: 'a', index: 'ocsf-base_event-2026.01.15', json: JSON.stringify({ text: 'x'.repeat(1024 * 1024) }) };
    batcher.add(big);
    const before = records.length;
    batcher.add({ ...big, id: 'b' });

    expect([before, records.length]).toEqual([0, 1]);
  });
});

describe('the limit of 1 MiB', () => {
  it('holds for documents that do not compress: batches are halved until they fit, nothing is lost, the order stays', () => {
    const documents = Array.from({ length: 24 }, (_, at) => noise(`n${at}`, 200_000));
    const records = pack(documents);

    for (const record of records) expect(record.length + KEY_BYTES).toBeLessThanOrEqual(KINESIS_LIMIT);
    expect(records.flatMap((record) => unpack(record).documents)).toEqual(documents);
    expect(records.map((record) => unpack(record).header.events).reduce((sum, events) => sum + events)).toBe(documents.length);
    // Without halving there would be one record for each 2 MiB of text.
    expect(records.length).toBeGreaterThan(Math.ceil((24 * 200_000) / (2 * 1024 * 1024)));
  });

  it('is met by a document beside others only after halving', () => {
    const documents = [noise('a', 900_000), noise('b', 900_000), noise('c', 900_000)];
    const records = pack(documents);

    for (const record of records) expect(record.length + KEY_BYTES).toBeLessThanOrEqual(KINESIS_LIMIT);
    expect(records.flatMap((record) => unpack(record).documents.map(({ id }) => id))).toEqual(['a', 'b', 'c']);
  });

  it('a document of 3 MiB fits if it compresses, and not if it does not', () => {
    const wordy = { id: 'w', index: 'ocsf-base_event-2026.01.15', json: JSON.stringify({ text: 'GetObject '.repeat(310_000) }) };

    expect(wordy.json.length).toBeGreaterThan(3_000_000);
    expect(fitsHub(wordy)).toBe(true);
    expect(pack([wordy]).map((record) => record.length + KEY_BYTES <= KINESIS_LIMIT)).toEqual([true]);
    expect(fitsHub(noise('n', 3 * 1024 * 1024))).toBe(false);
  });

  it('whatever is said to fit, does', () => {
    fc.assert(
      fc.property(fc.integer({ min: 1_300_000, max: 1_450_000 }), (characters) => {
        const one = noise('n', characters);
        const [record] = pack([one]);

        if (fitsHub(one)) expect((record?.length ?? Infinity) + KEY_BYTES).toBeLessThanOrEqual(KINESIS_LIMIT);
        else expect(record?.length ?? 0).toBeGreaterThan(KINESIS_LIMIT * 0.95);
      }),
      { numRuns: 10 },
    );
  });

  it('counts bytes, not characters', () => {
    const text = Array.from({ length: 400_000 }, (_, at) => String.fromCodePoint(0x4e00 + ((at * 7919) % 20_000))).join('');
    const fits = fitsHub({ id: 'u', index: 'i', json: JSON.stringify({ text }) });
    const [record] = pack([{ id: 'u', index: 'i', json: JSON.stringify({ text }) }]);

    expect(fits).toBe((record?.length ?? Infinity) + KEY_BYTES <= KINESIS_LIMIT);
  });
});

const INJECTED = JSON.stringify({
  create: { _index: 'ocsf-base_event-2026.01.15', _id: 'a"}}\n{}\n{"delete":{"_index":"ocsf-base_event-2026.01.15","_id":"b' },
});

describe('what is no hub record is rejected', () => {
  const whole = JSON.stringify({ ...HEADER, events: 1 });
  const action = '{"create":{"_index":"ocsf-base_event-2026.01.15","_id":"a"}}';
  const packed = (text: string) => gzipSync(text);

  it.each([
    ['no bytes', Buffer.alloc(0), 'corrupt_compression'],
    ['bytes of somebody else', Buffer.from('hello'), 'corrupt_compression'],
    ['a record that is cut', packed(`${whole}\n${action}\n{}\n`).subarray(0, 60), 'corrupt_compression'],
    ['gzip of nothing', packed(''), 'malformed_record'],
    ['a CloudWatch Logs batch', packed('{"messageType":"DATA_MESSAGE","logEvents":[]}'), 'malformed_record'],
    ['another version', packed(`${JSON.stringify({ ...HEADER, hub: 3, events: 0 })}\n`), 'malformed_record'],
    ['a header without its evidence', packed(`${JSON.stringify({ ...HEADER, evidence: undefined, events: 0 })}\n`), 'malformed_record'],
    [
      'a header with a replay that is none',
      packed(`${JSON.stringify({ ...HEADER, replay: { to: 'hub' }, events: 0 })}\n`),
      'malformed_record',
    ],
    ['a header without the unit', packed(`${JSON.stringify({ ...HEADER, origin: {}, events: 0 })}\n`), 'malformed_record'],
    ['fewer events than announced', packed(`${JSON.stringify({ ...HEADER, events: 2 })}\n${action}\n{}\n`), 'malformed_record'],
    ['more events than announced', packed(`${whole}\n${action}\n{}\n${action}\n{}\n`), 'malformed_record'],
    ['a document that is not to be created', packed(`${whole}\n{"delete":{"_index":"i","_id":"a"}}\n{}\n`), 'malformed_record'],
    ['a document without an id', packed(`${whole}\n{"create":{"_index":"i"}}\n{}\n`), 'malformed_record'],
    ['an index that is none of ours', packed(`${whole}\n{"create":{"_index":".opendistro_security","_id":"a"}}\n{}\n`), 'malformed_record'],
    ['several indices', packed(`${whole}\n{"create":{"_index":"ocsf-*-2026.01","_id":"a"}}\n{}\n`), 'malformed_record'],
    ['an id that would end its line', packed(`${whole}\n${INJECTED}\n{}\n`), 'malformed_record'],
    ['a bomb', gzipSync(Buffer.alloc(80 * 1024 * 1024)), 'too_large'],
  ])('%s', (_, bytes, code) => {
    expect(decodeBatch(bytes)).toMatchObject({ kind: 'reject', reject: { code } });
  });

  it('but a batch of a replay, for an index of its own, is one', () => {
    const header = { ...HEADER, replay: { id: 'a', to: 'index:replay-a', alerts: false }, events: 1 };
    const record = packed(`${JSON.stringify(header)}\n${action.replace('ocsf-base_event-2026.01.15', 'replay-a')}\n{}\n`);

    expect(decodeBatch(record)).toMatchObject({ value: { header, documents: [{ id: 'a', index: 'replay-a' }] } });
  });

  it('but the same bytes unharmed are one', () => {
    expect(decodeBatch(packed(`${whole}\n${action}\n{}\n`))).toMatchObject({ kind: 'value' });
  });
});
