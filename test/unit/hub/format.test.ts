// Hub records of every released format, as they lie in test/frozen/hub/<format>: what was written once is read for ever, by this very code.
import { createHash } from 'node:crypto';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import fc from 'fast-check';
import { createBatcher, decodeBatch, type BatchHeader } from '../../../shared/hub/batch.ts';
import { READ_FORMATS, writtenFormat, WRITTEN_FORMAT, type HubFormat } from '../../../shared/hub/format.ts';
import type { HubDocument } from '../../../shared/model.ts';

const FROZEN = join('test', 'frozen', 'hub');

/** SHA-256 of the records. They stand for what lies in the streams of banks: a change of one is a mistake, a new format adds its own. */
const RECORDS: Readonly<Record<string, string>> = {
  '1/events': '2fedfb0cf03b4c47837845b6040f91c569dcac2cb7d927ec180770a3ad8e18b1',
  '1/redriven': '1ca6ab7675d3606746ddee4478a1324a4c0c6a2dd61bbc79bfaaf8940094c095',
  '1/replay': '2c8cae5d6d35fae46f632347583749df7cb138248920794d622d9fc5c54a2866',
  '2/events': '67e6cdc29ca9ab799f1eb718b5c51540d762af48a9b7de46030a304bfcb9aad2',
  '2/redriven': 'c75a0c504e859ef791d1aec52fd115f8047920e476795a794ca6c06bcbd8c179',
  '2/replay': 'ffa47301947edef01c11c1f70427339990b27012644a74177db25a00561dc65a',
};

const HEADER: Omit<BatchHeader, 'events' | 'hub'> = {
  origin: { bank: 'demo', account: '222222222222', region: 'eu-central-1', source: 'waf', trigger: 's3', uri: 's3://b/k', time: 0 },
  evidence: 'demo/k.sealed',
};

function written(hub: HubFormat, documents: readonly HubDocument[]): readonly Buffer[] {
  const records: Buffer[] = [];
  const batcher = createBatcher({ hub, ...HEADER }, (record) => records.push(record));
  for (const document of documents) batcher.add(document);
  batcher.end();
  return records;
}

describe('records of released formats', () => {
  it('are all there, unchanged, and of every format that is read', () => {
    const found = READ_FORMATS.flatMap((format) =>
      readdirSync(join(FROZEN, String(format)))
        .filter((file) => file.endsWith('.gz'))
        .map((file) => {
          const hash = createHash('sha256').update(readFileSync(join(FROZEN, String(format), file)));
          return [`${format}/${file.replace('.gz', '')}`, hash.digest('hex')];
        }),
    );

    expect(Object.fromEntries(found)).toEqual(RECORDS);
    expect(readdirSync(FROZEN).sort()).toEqual(READ_FORMATS.map(String));
  });

  it.each(Object.keys(RECORDS))('%s is read as what it was', (name) => {
    const expected: unknown = JSON.parse(readFileSync(join(FROZEN, `${name}.json`), 'utf8'));

    expect(decodeBatch(readFileSync(join(FROZEN, `${name}.gz`)))).toEqual({ kind: 'value', value: expected });
  });

  it.each(['events', 'redriven', 'replay'])('%s: consumers get the same documents of each format', (name) => {
    const documents = READ_FORMATS.map((format) => {
      const batch = decodeBatch(readFileSync(join(FROZEN, String(format), `${name}.gz`)));
      return batch.kind === 'value' ? batch.value.documents : batch;
    });

    for (const of of documents) expect(of).toEqual(documents[0]);
  });
});

describe('the written format', () => {
  it('is the one that the release before this one reads too, unless the bank’s file says otherwise', () => {
    expect(writtenFormat({})).toBe(WRITTEN_FORMAT);
    expect(writtenFormat({ hub_format: 2 })).toBe(2);
  });

  const documents: fc.Arbitrary<readonly HubDocument[]> = fc.array(
    fc.record({
      id: fc.stringMatching(/^[A-Za-z0-9_-]{1,40}$/),
      index: fc.constantFrom('ocsf-api_activity-2026.01.15', 'ocsf-detection_finding-2026.01', 'replay-a'),
      json: fc.jsonValue().map((value) => JSON.stringify({ value })),
    }),
    { minLength: 1, maxLength: 30 },
  );

  it.each(READ_FORMATS)('%s is read back as it was made', (hub) => {
    fc.assert(
      fc.property(documents, (made) => {
        const read = written(hub, made).map(decodeBatch);

        expect(read).toEqual([{ kind: 'value', value: { header: { hub, ...HEADER, events: made.length }, documents: made } }]);
      }),
    );
  });

  it('2 is shorter: no index is said twice in a row', () => {
    const many = Array.from({ length: 100 }, (_, at) => ({ id: `id-${at}`, index: 'ocsf-api_activity-2026.01.15', json: '{}' }));
    const [[one], [two]] = [written(1, many), written(2, many)];

    expect(two?.length ?? Infinity).toBeLessThan(one?.length ?? 0);
  });
});

describe('what this release does not read', () => {
  const header = { ...HEADER, events: 1 };
  const packed = (first: object, place: string) => gzipSync(`${JSON.stringify(first)}\n${place}\n{}\n`);

  it('is told apart from what nobody of ours wrote: who finds it parked knows what to do', () => {
    expect(decodeBatch(packed({ ...header, hub: 3 }, 'whatever'))).toEqual({
      kind: 'reject',
      reject: {
        code: 'malformed_record',
        detail: 'a hub record of format 3, this release reads 1 and 2: redrive it after the upgrade',
      },
    });
    expect(decodeBatch(packed({ ...header, hub: '2' }, 'whatever'))).toMatchObject({
      reject: { detail: 'the first line is no hub header' },
    });
  });

  it.each([
    ['a first line without its index', 'id'],
    ['an index that is none of ours', 'id .opendistro_security'],
    ['several indices', 'id ocsf-*-2026.01'],
    ['a third word', 'id ocsf-api_activity-2026.01.15 x'],
    ['an id that would end its line', 'a"}}\\n ocsf-api_activity-2026.01.15'],
    ['nothing', ''],
    ['the line of another format', '{"create":{"_index":"ocsf-api_activity-2026.01.15","_id":"a"}}'],
  ])('in format 2: %s', (_, place) => {
    expect(decodeBatch(packed({ ...header, hub: 2 }, place))).toMatchObject({ kind: 'reject', reject: { code: 'malformed_record' } });
  });

  it.each(READ_FORMATS)('in a header of format %s is passed over: later releases may add to it', (hub) => {
    const place = hub === 1 ? '{"create":{"_index":"replay-a","_id":"a"}}' : 'a replay-a';

    expect(decodeBatch(packed({ ...header, hub, release: '9.0.0' }, place))).toMatchObject({
      kind: 'value',
      value: { documents: [{ id: 'a', index: 'replay-a', json: '{}' }] },
    });
  });
});
