// What a log has to be, worked out again from nothing but its files.
import { createHash } from 'node:crypto';
import type { Pending } from '../../../shared/notary/append.ts';
import { pending } from '../../../shared/notary/append.ts';
import { parseCheckpoint } from '../../../shared/notary/checkpoint.ts';
import { leafId } from '../../../shared/notary/head.ts';
import { decodeLeaf } from '../../../shared/notary/leaf.ts';
import { leafHash, rootOf, type Hash } from '../../../shared/notary/merkle.ts';
import { openNote, parseNote, type NoteVerifier } from '../../../shared/notary/note.ts';
import { openLog } from '../../../shared/notary/read.ts';
import type { MemoryLog } from '../../fakes/log.ts';

export const ORIGIN = 'strongroom/demo/eu-central-1';

/** The leaf of the n-th object of the vault. */
export function leafOf(n: number): Pending {
  return pending({
    ...{ v: 1, kind: 'evidence', key: `demo/alb/111111111111/eu-central-1/2026/11/21/${n}.sealed`, version: `v${n}`, size: 1000 + n },
    ciphertext: createHash('sha256').update(`c${n}`).digest('hex'),
    plaintext: createHash('sha256').update(`p${n}`).digest('hex'),
    ...{ bytes: 10 * n, records: n, events: n, excluded: 0, parked: 0, first: null, last: null },
    ...{ delivered: 1_795_000_000_000, origin: `s3://landing/${n}`, trigger: 's3', stored: 1_795_000_000_500 },
  });
}

export function leaves(...numbers: readonly number[]): readonly Pending[] {
  return numbers.map(leafOf);
}

/** The chain of batches, from its beginning. */
export function chainOf({ files }: MemoryLog): readonly Buffer[] {
  const chain: Buffer[] = [];
  for (let batch; (batch = files.get(`batch/${String(chain.length).padStart(12, '0')}`)) !== undefined;)
    chain.push(
      ...batch
        .toString()
        .split('\n')
        .map((line) => Buffer.from(line)),
    );
  return chain;
}

/** What is worked out of a leaf, once for all checks. */
const known = new Map<string, { readonly id: string; readonly hash: Hash }>();

function knownOf(bytes: Buffer): { readonly id: string; readonly hash: Hash } {
  const text = bytes.toString();
  const found = known.get(text) ?? { id: leafId(decodeLeaf(bytes)), hash: leafHash(bytes) };
  known.set(text, found);
  return found;
}

/** @throws with what is wrong: a file that its leaves do not give, a leaf that is there twice, a signature that does not fit. */
export async function checkFiles(
  log: MemoryLog,
  keys: readonly NoteVerifier[],
): Promise<{ readonly chain: readonly Buffer[]; readonly signed: number }> {
  const chain = chainOf(log);
  const leaves = chain.map(knownOf);
  expect(new Set(leaves.map(({ id }) => id)).size).toBe(leaves.length);
  const hashes = leaves.map(({ hash }) => hash);
  for (const [path, bytes] of log.files) {
    if (path.startsWith('tile/')) expect([path, bytes.equals(tileFrom(path, chain, hashes))]).toEqual([path, true]);
    if (!path.startsWith('checkpoint')) continue;
    const { origin, size, root } = parseCheckpoint(openNote(bytes.toString(), keys).text);
    expect([origin, size <= chain.length, root.equals(rootOf(hashes.slice(0, size)))]).toEqual([ORIGIN, true, true]);
    if (path !== 'checkpoint') expect(path).toBe(`checkpoints/${String(size).padStart(12, '0')}`);
  }
  const wrong = [...log.entries].filter(([id, index]) => leaves[index]?.id !== id);
  expect(wrong).toEqual([]);
  await checkProvable(log);
  const current = log.files.get('checkpoint');
  return { chain, signed: current === undefined ? 0 : parseCheckpoint(openNote(current.toString(), keys).text).size };
}

/** As checkFiles, and that nothing is left to do: all is integrated, indexed and signed. */
export async function checkComplete(log: MemoryLog, keys: readonly NoteVerifier[]): Promise<readonly Buffer[]> {
  const { chain, signed } = await checkFiles(log, keys);
  expect(signed).toBe(chain.length);
  expect(log.entries.size).toBe(chain.length);
  expect(log.head.value).toMatchObject({ integrated: chain.length, published: chain.length });
  return chain;
}

/** Whatever was signed can be proved from the files alone. */
async function checkProvable({ files, open }: MemoryLog): Promise<void> {
  const log = openLog(open().store);
  for (const path of files.keys()) {
    if (!path.startsWith('checkpoints/')) continue;
    const { size, root } = parseCheckpoint(parseNote(files.get(path)?.toString() ?? '').text);
    expect((await log.root(size)).equals(root)).toBe(true);
    let read = 0;
    for await (const { index } of log.rawLeaves(0, size, { size, checkTiles: true })) expect(index).toBe(read++);
    expect(read).toBe(size);
  }
}

/** What has to be in a tile, by definition. */
function tileFrom(path: string, chain: readonly Buffer[], hashes: readonly Hash[]): Buffer {
  const [, level = '', number = '', width] = /^tile\/(entries|\d+)\/((?:x\d{3}\/)*\d{3})(?:\.p\/(\d+))?$/.exec(path) ?? [];
  const index = Number(number.replaceAll(/[x/]/g, ''));
  const count = width === undefined ? 256 : Number(width);
  const from = index * 256;
  if (level === 'entries') {
    const entries = chain.slice(from, from + count);
    return Buffer.concat(entries.flatMap((leaf) => [Buffer.from([leaf.length >> 8, leaf.length & 255]), leaf]));
  }
  const span = 256 ** Number(level);
  return Buffer.concat(Array.from({ length: count }, (_, at) => rootOf(hashes.slice((from + at) * span, (from + at + 1) * span))));
}
