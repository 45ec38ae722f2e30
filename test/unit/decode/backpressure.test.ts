import { setImmediate as turn } from 'node:timers/promises';
import { gzipSync, zstdCompressSync } from 'node:zlib';
import { createDecompressor, DEFAULT_LIMITS } from '../../../shared/decode/decompress.ts';

const EXPANDED = 32 * 1024 * 1024;
const bombs = [
  ['gzip', gzipSync(Buffer.alloc(EXPANDED))],
  ['zstd', zstdCompressSync(Buffer.alloc(EXPANDED))],
] as const;

describe.each(bombs)('a small chunk of %s that expands to 32 MiB', (_, bomb) => {
  test('is expanded only as fast as what it becomes is taken', async () => {
    let untaken = 0;
    let most = 0;
    let total = 0;
    const decompressor = createDecompressor(
      (chunk) => {
        untaken += chunk.length;
        total += chunk.length;
        most = Math.max(most, untaken);
      },
      DEFAULT_LIMITS,
      async () => {
        await turn();
        untaken = 0;
      },
    );
    await decompressor.write(bomb);

    expect(await decompressor.end()).toBeUndefined();
    expect(total).toBe(EXPANDED);
    expect(most).toBeLessThanOrEqual(1024 * 1024);
  });

  test('ends with the failure of what takes it, and is expanded no further', async () => {
    let total = 0;
    const decompressor = createDecompressor(
      (chunk) => (total += chunk.length),
      DEFAULT_LIMITS,
      () => Promise.reject(new Error('the disk is full')),
    );
    const reading = (async () => {
      await decompressor.write(bomb);
      await decompressor.end();
    })();

    await expect(reading).rejects.toThrow('the disk is full');
    expect(total).toBeLessThanOrEqual(1024 * 1024);
  });
});
