import { buffer } from 'node:stream/consumers';
import fc from 'fast-check';
import { createSpool, inMemory } from '../../../shared/seal/spool.ts';

const LIMIT = 1000;

async function spooled(chunks: readonly Uint8Array[]) {
  const spool = createSpool({ memoryLimit: LIMIT });
  for (const chunk of chunks) await spool.write(chunk);
  return { spool, bytes: await spool.finish() };
}

describe('createSpool', () => {
  it('gives back what was written, in memory up to the limit and from disk above it', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(fc.uint8Array({ maxLength: 700 }), { maxLength: 6 }), async (chunks) => {
        const expected = Buffer.concat(chunks);
        const { spool, bytes } = await spooled(chunks);
        expect(bytes.size).toBe(expected.length);
        expect(bytes.bytes === undefined).toBe(expected.length > LIMIT);
        expect(await buffer(bytes.open())).toEqual(expected);
        await spool.dispose();
      }),
    );
  });

  it('can be read several times at once', async () => {
    const { spool } = await spooled([Buffer.alloc(600_000, 'a'), Buffer.alloc(600_000, 'b')]);

    const [first, second] = await Promise.all([buffer(spool.open()), buffer(spool.open())]);

    expect(first).toHaveLength(1_200_000);
    expect(second.equals(first)).toBe(true);
    await spool.dispose();
  });

  it('keeps its file readable by nobody else, and nothing of it after dispose()', async () => {
    const { spool, bytes } = await spooled([Buffer.alloc(2000)]);

    await spool.dispose();
    await spool.dispose();

    await expect(buffer(bytes.open())).rejects.toThrow('closed');
    expect(() => spool.open()).toThrow('disposed');
  });

  it('refuses writes after its end', async () => {
    const { spool } = await spooled([]);

    await expect(spool.write(Buffer.from('late'))).rejects.toThrow('after its end');
  });

  it('leaves no file open when it is disposed of in the middle of its first write to disk', async () => {
    const spool = createSpool({ memoryLimit: 0 });

    const write = spool.write(Buffer.from('x'));
    await spool.dispose();

    await expect(write).rejects.toThrow('disposed');
  });
});

describe('inMemory', () => {
  it('reads as a spool does', async () => {
    expect(await buffer(inMemory(Buffer.from('abc')).open())).toEqual(Buffer.from('abc'));
    expect(await buffer(inMemory(Buffer.alloc(0)).open())).toHaveLength(0);
  });
});
