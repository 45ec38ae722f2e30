import fc from 'fast-check';
import { createSorter } from '../../../shared/verify/sorter.ts';
import { joined, type Joined } from '../../../shared/verify/join.ts';
import type { ObjectVersion } from '../../../shared/verify/vault-reader.ts';

const anyKey = fc.stringMatching(/^[a-c]{1,3}$/);

describe('a sorter', () => {
  it('gives back everything by key and index, out of memory and out of many runs on disk', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(anyKey, { maxLength: 60 }), fc.integer({ min: 0, max: 3000 }), async (keys, runBytes) => {
        const sorter = createSorter(runBytes);
        for (const [index, key] of keys.entries()) await sorter.add({ index, key, bytes: Buffer.from(`${key} ${index}`) });

        const found: string[] = [];
        for await (const { bytes } of sorter.sorted()) found.push(bytes.toString());
        await sorter.dispose();

        const expected = keys
          .map((key, index) => ({ key, index }))
          .sort((a, b) => (a.key < b.key ? -1 : a.key > b.key ? 1 : a.index - b.index));
        expect(found).toEqual(expected.map(({ key, index }) => `${key} ${index}`));
        expect(sorter.size()).toBe(keys.length);
        expect(sorter.lastIndex()).toBe(keys.length - 1);
      }),
      { numRuns: 50 },
    );
  });
});

it('what the log has is put beside what the vault has, key by key', async () => {
  const sorter = createSorter();
  for (const [index, key] of ['b', 'd', 'a', 'b'].entries()) await sorter.add({ index, key, bytes: Buffer.alloc(0) });
  const versions = ['a', 'b', 'b', 'c'].map((key, at): ObjectVersion => ({
    key,
    version: String(at),
    isLatest: true,
    isMarker: false,
    size: 0,
    modified: 0,
  }));

  const found: Joined[] = [];
  for await (const each of joined(sorter.sorted(), asyncOf(versions))) found.push(each);

  expect(found.map(({ key, leaves, versions: own }) => [key, leaves.map(({ index }) => index), own.map(({ version }) => version)])).toEqual(
    [
      ['a', [2], ['0']],
      ['b', [0, 3], ['1', '2']],
      ['c', [], ['3']],
      ['d', [1], []],
    ],
  );
});

async function* asyncOf<T>(items: readonly T[]): AsyncGenerator<T> {
  await Promise.resolve();
  yield* items;
}
