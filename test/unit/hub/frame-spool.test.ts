import { randomBytes } from 'node:crypto';
import fc from 'fast-check';
import { createFrameSpool } from '../../../shared/hub/frame-spool.ts';

/** The size of a read from disk in shared/seal/spool.ts: frames are torn there. */
const READ_BYTES = 256 * 1024;

/** @returns what comes out, as text: comparing that is quicker. */
async function through(records: readonly Buffer[], memoryLimit?: number): Promise<readonly string[]> {
  const spool = createFrameSpool(memoryLimit === undefined ? {} : { memoryLimit });
  try {
    for (const record of records) spool.add(record);
    await spool.settled();
    const back: string[] = [];
    for await (const record of await spool.finish()) back.push(record.toString('latin1'));
    return back;
  } finally {
    await spool.dispose();
  }
}

function texts(records: readonly Buffer[]): readonly string[] {
  return records.map((record) => record.toString('latin1'));
}

describe('a frame spool', () => {
  it('gives back what was added, in order, from memory and from disk', async () => {
    const records = fc.array(
      fc.uint8Array({ maxLength: 300 }).map((bytes) => Buffer.from(bytes)),
      { maxLength: 20 },
    );
    await fc.assert(
      fc.asyncProperty(records, fc.constantFrom(undefined, 0, 100), async (all, memoryLimit) => {
        expect(await through(all, memoryLimit)).toEqual(texts(all));
      }),
      { numRuns: 50 },
    );
  });

  it('takes records larger than what it keeps in memory', async () => {
    const records = [randomBytes(1024 * 1024), randomBytes(3), randomBytes(2 * 1024 * 1024)];

    expect(await through(records, 64 * 1024)).toEqual(texts(records));
  });

  it.each([-5, -4, -3, -2, -1, 0, 1])(
    'a length that is torn between two reads is put together (%i bytes from the edge)',
    async (offset) => {
      // The first record's own length takes 4 bytes; the second one's length stands `offset` bytes from the edge.
      const records = [randomBytes(READ_BYTES - 4 + offset), randomBytes(10), randomBytes(READ_BYTES), randomBytes(1)];

      expect(await through(records, 0)).toEqual(texts(records));
    },
  );

  it('of nothing is empty', async () => {
    expect(await through([])).toEqual([]);
  });

  it('a failure to keep a record is told by settled() and by finish()', async () => {
    const spool = createFrameSpool({ memoryLimit: 0 });
    await spool.dispose();
    spool.add(Buffer.from('late'));

    await expect(spool.settled()).rejects.toThrow('spool: written to after its end');
    await expect(spool.finish()).rejects.toThrow('spool: written to after its end');
  });
});
