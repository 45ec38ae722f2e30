// `npm run bench -- notary`: what a leaf costs as the log grows to ten million, and how long its proof is. Both should grow as log n does, the
// cost of a leaf hardly at all. In memory: what S3 and DynamoDB take is theirs; the number of their requests is counted.
import { leafHash, inclusionProof, verifyInclusion, HASH_BYTES } from '../shared/notary/merkle.ts';
import { logWriter, type LogWriter, type Pending } from '../shared/notary/append.ts';
import { partialFiles, tilesOf } from '../shared/notary/edge.ts';
import type { LogIndex } from '../shared/notary/head.ts';
import type { LogStore } from '../shared/notary/store.ts';
import { hashesFromTiles } from '../shared/notary/tiles.ts';

export interface NotaryRow {
  readonly leaves: number;
  readonly 'append µs/leaf': number;
  /** Objects that a batch of 1,000 leaves puts, its own and the tiles and bundles it completes. */
  readonly 'puts/batch': number;
  readonly 'proof hashes': number;
  readonly 'proof bytes': number;
  /** Tiles that are read for one proof. */
  readonly 'tiles/proof': number;
  readonly 'log2 leaves': number;
  /** Files that a checkpoint adds. */
  readonly 'files/checkpoint': number;
}

const SIZES = [1e3, 1e4, 1e5, 1e6, 1e7];
const BATCH = 1000;
/** Leaves over which the cost is measured, and proofs that are made, at each size. */
const MEASURED = 20_000;
const PROOFS = 200;
const TURNS = 3;

interface Counts {
  puts: number;
  reads: number;
}

/** Keeps the tiles of hashes, which proofs are made of, and lets go of the rest. */
function tilesOnly(counts: Counts): LogStore {
  const tiles = new Map<string, Buffer>();
  return {
    get: (path) => {
      counts.reads++;
      return Promise.resolve(tiles.get(path));
    },
    putOnce: (path, bytes) => {
      counts.puts++;
      if (/^tile\/\d/.test(path)) tiles.set(path, bytes);
      return Promise.resolve('put');
    },
    replace: () => Promise.resolve(),
    list: async function* () {
      // Nothing was signed.
    },
  };
}

/** All leaves are new. */
const EMPTY_INDEX: LogIndex = {
  find: () => Promise.resolve(new Set()),
  add: () => Promise.resolve(),
  head: () => Promise.resolve(undefined),
  raise: () => Promise.resolve(),
};

/** A leaf of usual length whose end says its number. */
function longLeaf(number: number): Buffer {
  const bytes = Buffer.from(LEAF);
  bytes.write(String(number).padStart(12, '0'), bytes.length - 13, 'latin1');
  return bytes;
}

/** For what only has to be there: most of a leaf's cost is its length. */
function shortLeaf(number: number): Buffer {
  return Buffer.from(String(number), 'latin1');
}

const LEAF = Buffer.from(
  `{"v":1,"kind":"evidence","key":"demo/cloudtrail/222222222222/eu-central-1/2026/11/21/${'k'.repeat(22)}.sealed","version":"${'v'.repeat(32)}","size":40960,"ciphertext":"${'c'.repeat(64)}","plaintext":"${'p'.repeat(64)}","bytes":40000,"records":120,"events":120,"excluded":0,"parked":0,"first":1795000000000,"last":1795000000000,"delivered":1795000000000,"origin":"s3://landing/AWSLogs/222222222222/CloudTrail/eu-central-1/2026/11/21/file.json.gz","trigger":"s3","stored":000000000000}`,
);

type LeafMaker = (number: number) => Buffer;

function batchFrom(first: number, make: LeafMaker): readonly Pending[] {
  return Array.from({ length: BATCH }, (_, at) => ({ id: String(first + at), bytes: make(first + at) }));
}

/** A log that grows, and what is known of its leaves. */
interface Bench {
  readonly writer: LogWriter;
  readonly counts: Counts;
  /** From where to where leaves are long ones. */
  readonly long: (readonly [number, number])[];
}

export async function notaryRows(sizes: readonly number[] = SIZES): Promise<readonly NotaryRow[]> {
  // Once for nothing: until it is compiled, the first row would cost five times the others.
  const warm = benchOf();
  await appendUntil(warm, { from: 0, to: MEASURED, make: longLeaf });
  const bench = benchOf();
  const rows: NotaryRow[] = [];
  let size = 0;
  for (const target of sizes) {
    const from = Math.max(size, target - TURNS * MEASURED);
    await appendUntil(bench, { from: size, to: from, make: shortLeaf });
    rows.push({
      leaves: target,
      ...(await cost(bench, from, target)),
      ...(await proofs(bench)),
      'log2 leaves': Number(Math.log2(target).toFixed(1)),
    });
    size = target;
  }
  return rows;
}

function benchOf(): Bench {
  const counts = { puts: 0, reads: 0 };
  return { counts, long: [], writer: logWriter({ store: tilesOnly(counts), index: EMPTY_INDEX, origin: 'strongroom/bench/local' }) };
}

async function cost(
  { writer, counts, long }: Bench,
  from: number,
  to: number,
): Promise<Pick<NotaryRow, 'append µs/leaf' | 'puts/batch' | 'files/checkpoint'>> {
  const before = counts.puts;
  let best = Infinity;
  const span = Math.min(MEASURED, to - from);
  for (let at = from; at < to; at += span) {
    const batches = Array.from({ length: Math.min(span, to - at) / BATCH }, (_, number) => batchFrom(at + number * BATCH, longLeaf));
    // CPU time, not time on the wall, and the best turn: this machine has other things to do.
    const started = process.cpuUsage();
    for (const batch of batches) await writer.append(batch);
    const { user, system } = process.cpuUsage(started);
    best = Math.min(best, (user + system) / (batches.length * BATCH));
  }
  long.push([from, to]);
  return {
    'append µs/leaf': Number(best.toFixed(2)),
    'puts/batch': Number((((counts.puts - before) * BATCH) / (to - from)).toFixed(1)),
    // The checkpoint itself, twice.
    'files/checkpoint': partialFiles(await writer.follow()).length + 2,
  };
}

async function appendUntil(
  { writer }: Bench,
  { from, to, make }: { readonly from: number; readonly to: number; readonly make: LeafMaker },
): Promise<void> {
  for (let at = from; at < to; at += BATCH) await writer.append(batchFrom(at, make));
}

/** Proofs of leaves all over the log, each made as for one who asks for it alone, and checked. */
async function proofs({ writer, counts, long }: Bench): Promise<Pick<NotaryRow, 'proof hashes' | 'proof bytes' | 'tiles/proof'>> {
  const edge = await writer.follow();
  const { size, root } = edge;
  let longest = 0;
  let tiles = 0;
  for (let at = 0; at < PROOFS; at++) {
    const index = Math.floor(((at + 0.5) * size) / PROOFS);
    const leaf = leafHash((long.some(([from, to]) => index >= from && index < to) ? longLeaf : shortLeaf)(index));
    const before = counts.reads;
    const proof = await inclusionProof(index, size, hashesFromTiles(size, tilesOf(edge, writer.store)));
    if (!verifyInclusion({ index, size, leaf, proof, root })) throw new Error(`bench: no proof of leaf ${index}`);
    longest = Math.max(longest, proof.length);
    tiles = Math.max(tiles, counts.reads - before);
  }
  return { 'proof hashes': longest, 'proof bytes': longest * HASH_BYTES, 'tiles/proof': tiles };
}
