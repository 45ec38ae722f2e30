import { gzipSync, zstdCompressSync } from 'node:zlib';
import { createDecompressor } from '../../../shared/decode/decompress.ts';

const text = Buffer.from(Array.from({ length: 20_000 }, (_, index) => `line ${index}`).join('\n'));

function members(compress: (bytes: Buffer) => Buffer): readonly Buffer[] {
  return [text.subarray(0, 1000), text.subarray(1000, 1001), text.subarray(1001)].map(compress);
}

async function expand(bytes: Buffer, options: { size?: number; limit?: number } = {}) {
  const chunks: Buffer[] = [];
  const decompressor = createDecompressor((chunk) => chunks.push(chunk), { expandedBytes: options.limit ?? 1e9 });
  const size = options.size ?? bytes.length + 1;
  for (let at = 0; at < bytes.length; at += size) await decompressor.write(bytes.subarray(at, at + size));
  const problem = await decompressor.end();
  return { out: Buffer.concat(chunks), problem };
}

test.each([
  ['plain', text],
  ['gzip', gzipSync(text)],
  ['gzip of several members', Buffer.concat([gzipSync(text.subarray(0, 1000)), gzipSync(text.subarray(1000))])],
  ['gzip with zeros between its members and behind them', Buffer.concat(members(gzipSync).flatMap((member) => [member, Buffer.alloc(5)]))],
  ['zstd', zstdCompressSync(text)],
  ['zstd of several frames', Buffer.concat(members(zstdCompressSync))],
])('expands %s, whole and byte by byte', async (_, bytes) => {
  expect(await expand(bytes)).toEqual({ out: text, problem: undefined });
  expect((await expand(bytes, { size: 1777 })).out.equals(text)).toBe(true);
  expect((await expand(bytes, { size: 61 })).out.equals(text)).toBe(true);
  expect((await expand(bytes.subarray(0, 0), { size: 1 })).out.length).toBe(0);
});

test('first bytes that come one at a time', async () => {
  expect((await expand(gzipSync('abc'), { size: 1 })).out.toString()).toBe('abc');
});

test('a gzip that ends early gives what came before, and says so', async () => {
  const whole = gzipSync(text);
  const { out, problem } = await expand(whole.subarray(0, whole.length - 200), { size: 4096 });
  expect(problem?.code).toBe('corrupt_compression');
  expect(out.length).toBeGreaterThan(text.length / 2);
  expect(text.subarray(0, out.length).equals(out)).toBe(true);
});

test('a damaged gzip says so', async () => {
  const damaged = gzipSync(text);
  damaged.writeUInt32BE(0, damaged.length - 8);
  const { out, problem } = await expand(damaged, { size: 4096 });
  expect(problem?.code).toBe('corrupt_compression');
  expect(text.subarray(0, out.length).equals(out)).toBe(true);
  expect(out.length).toBeGreaterThan(text.length / 2);
});

test.each([
  ['gzip', gzipSync(text)],
  ['zstd', zstdCompressSync(text)],
])('text behind a %s is not passed over, with or without zeros before it', async (_, whole) => {
  for (const zeros of [0, 3]) {
    const { problem } = await expand(Buffer.concat([whole, Buffer.alloc(zeros), Buffer.from('line 20000')]));
    expect(problem?.code).toBe('corrupt_compression');
  }
});

test('a bomb is stopped at the limit', async () => {
  const bomb = gzipSync(Buffer.alloc(50_000_000));
  const { out, problem } = await expand(bomb, { limit: 1_000_000 });
  expect(problem?.code).toBe('too_large');
  expect(out.length).toBeLessThanOrEqual(1_000_000);
});

test('an empty unit is no problem', async () => {
  expect(await expand(Buffer.alloc(0))).toEqual({ out: Buffer.alloc(0), problem: undefined });
});
