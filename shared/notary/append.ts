// Read this first of the notary: how a leaf comes into the log, whatever fails in between.
//
//   leaves ─▶ batch/<first index>  ─▶  full tiles and bundles ─▶ index of the leaves ─▶ head          (here)
//             put if there is none      put once                  DynamoDB              never back
//             THE COMMIT
//   head ─▶ partial tiles ─▶ checkpoints/<size> ─▶ checkpoint ─▶ cosigned/<size>                      (publish.ts, cosign.ts)
//
// The next batch's name follows from the number of leaves in this one, so the committed batches are a chain that only grows at its end: of
// two writers one puts the next batch, and the other one finds it there, takes it over and tries again behind it. All that follows from
// the chain is deterministic and can be done any number of times, by anybody. So a crash between any two writes leaves a log that is
// whole up to some batch, and whoever writes next completes what is behind it.
import { EvidenceError, MisconfiguredError } from '../errors.ts';
import { EMPTY_EDGE, edgeAt, grow, type Edge } from './edge.ts';
import { leafId, type Head, type LogIndex } from './head.ts';
import { decodeLeaf, encodeLeaf, type Leaf } from './leaf.ts';
import { latestOf } from './latest.ts';
import { batchPath, BATCHES, putSame, type LogStore } from './store.ts';

/** A leaf on its way into the log. */
export interface Pending {
  /** Of the object's version: no version is logged twice. */
  readonly id: string;
  readonly bytes: Buffer;
}

export interface Appended {
  /** Leaves in the log afterwards. */
  readonly size: number;
  readonly appended: number;
  /** That were in the log already. */
  readonly repeated: number;
}

export interface LogAccess {
  readonly store: LogStore;
  readonly index: LogIndex;
  /** Name of the log. */
  readonly origin: string;
}

export interface LogWriter extends LogAccess {
  /** Appends those of the leaves that the log does not have. @throws EvidenceError if the log contradicts itself; what store and table throw. */
  readonly append: (leaves: readonly Pending[]) => Promise<Appended>;
  /** Takes over what others have committed. @returns the edge of the whole log. */
  readonly follow: () => Promise<Edge>;
}

/** Of one batch. A leaf is about 600 bytes long. */
const BATCH_LEAVES = 1000;
const BATCH_BYTES = 4 * 1024 * 1024;
const LINE_FEED = 0x0a;
/** Batches. */
const READ_AT_ONCE = 16;

/** @throws EvidenceError if the leaf is none that can be logged. */
export function pending(leaf: Leaf): Pending {
  return { id: leafId(leaf), bytes: encodeLeaf(leaf) };
}

/** A writer keeps the edge from one call to the next; it is for one call at a time. */
export function logWriter(log: LogAccess): LogWriter {
  let known: Edge | undefined;
  const follow = async (): Promise<Edge> => {
    const isCold = known === undefined;
    const { integrated, ...start } = known === undefined ? await load(log) : { edge: known, integrated: 0 };
    let { edge } = start;
    for await (const batch of chainBehind(log.store, edge.size, isCold)) {
      edge = await integrate(log, edge, leavesOf(batch, edge.size), integrated);
      if (edge.size >= integrated) known = edge;
    }
    // What was integrated once does not go away.
    if (edge.size < integrated)
      throw new EvidenceError(`the log was rewound: it had ${integrated} leaves, and its batches end at ${edge.size}`);
    return (known = edge);
  };
  const append = async (leaves: readonly Pending[]): Promise<Appended> => {
    let edge = await follow();
    let rest = await unknownOf(leaves, log.index);
    let appended = 0;
    while (rest.length > 0) {
      const { batch, isMine } = await commit(log.store, edge.size, nextBatch(rest));
      edge = known = await integrate(log, edge, batch);
      const logged = new Set(batch.map(({ id }) => id));
      rest = rest.filter(({ id }) => !logged.has(id));
      if (isMine) appended += batch.length;
    }
    return { size: edge.size, appended, repeated: leaves.length - appended };
  };
  return { ...log, append, follow };
}

/** The edge at the latest checkpoint, and how far behind it the work was done: its batches are yet to be followed. */
async function load({ store, index, origin }: LogAccess): Promise<{ readonly edge: Edge; readonly integrated: number }> {
  const [head, latest] = await Promise.all([index.head(), latestOf(store, origin)]);
  checkHead(head, latest?.size ?? 0);
  const edge = latest === undefined ? EMPTY_EDGE : await edgeAt(latest.size, latest.root, store);
  return { edge, integrated: head?.integrated ?? 0 };
}

function checkHead(head: Head | undefined, size: number): void {
  const { integrated, published } = head ?? { integrated: 0, published: 0 };
  if (published > size)
    throw new EvidenceError(`the log was rewound: a checkpoint of ${published} leaves was signed, and the latest one there is has ${size}`);
  if (integrated < size)
    throw new MisconfiguredError(
      `the log's table knows of ${integrated} leaves, and a checkpoint of ${size} was signed: run \`strongroom evidence checkpoint --rebuild-index\``,
    );
}

async function unknownOf(leaves: readonly Pending[], index: LogIndex): Promise<readonly Pending[]> {
  const different = [...new Map(leaves.map((leaf) => [leaf.id, leaf])).values()];
  if (different.length === 0) return [];
  const logged = await index.find(different.map(({ id }) => id));
  return different.filter(({ id }) => !logged.has(id));
}

function nextBatch(leaves: readonly Pending[]): readonly Pending[] {
  let bytes = 0;
  const end = leaves.slice(0, BATCH_LEAVES).findIndex((leaf, at) => (bytes += leaf.bytes.length) > BATCH_BYTES && at > 0);
  return leaves.slice(0, end < 0 ? BATCH_LEAVES : end);
}

interface Committed {
  readonly batch: readonly Pending[];
  readonly isMine: boolean;
}

/** @returns the batch that stands at the index now: ours, or that of a writer who was faster. */
async function commit(store: LogStore, first: number, batch: readonly Pending[]): Promise<Committed> {
  const bytes = Buffer.concat(batch.flatMap((leaf, at) => (at === 0 ? [leaf.bytes] : [Buffer.of(LINE_FEED), leaf.bytes])));
  if ((await store.putOnce(batchPath(first), bytes, 'batch')) === 'put') return { batch, isMine: true };
  const other = await store.get(batchPath(first));
  if (other === undefined) throw new EvidenceError(`${batchPath(first)} of the log exists and cannot be read`);
  return { batch: leavesOf(other, first), isMine: false };
}

function leavesOf(batch: Buffer, first: number): readonly Pending[] {
  return linesOf(batch).map((bytes, at) => ({ id: leafId(decodeLeaf(bytes, `leaf ${first + at} in its batch`)), bytes }));
}

/** The committed batches from this size on. @param isCold there may be many: they are listed, and read several at once. */
async function* chainBehind(store: LogStore, from: number, isCold: boolean): AsyncGenerator<Buffer> {
  let size = from;
  if (isCold) {
    for await (const { path, batch } of listedBatches(store, from)) {
      if (path !== batchPath(size)) break;
      yield batch;
      size += linesOf(batch).length;
    }
  }
  for (let batch; (batch = await store.get(batchPath(size))) !== undefined; size += linesOf(batch).length) yield batch;
}

async function* listedBatches(store: LogStore, from: number): AsyncGenerator<{ readonly path: string; readonly batch: Buffer }> {
  let waiting: string[] = [];
  const read = async function* (): AsyncGenerator<{ readonly path: string; readonly batch: Buffer }> {
    const batches = await Promise.all(waiting.map((path) => store.get(path)));
    for (const [at, path] of waiting.entries()) {
      const batch = batches[at];
      if (batch !== undefined) yield { path, batch };
    }
    waiting = [];
  };
  for await (const path of store.list(BATCHES, from === 0 ? undefined : batchPath(from - 1))) {
    if (waiting.push(path) === READ_AT_ONCE) yield* read();
  }
  yield* read();
}

function linesOf(batch: Buffer): readonly Buffer[] {
  const lines: Buffer[] = [];
  for (let start = 0; start <= batch.length;) {
    const found = batch.indexOf(LINE_FEED, start);
    const end = found < 0 ? batch.length : found;
    lines.push(batch.subarray(start, end));
    start = end + 1;
  }
  return lines;
}

/**
 * Does everything that follows from a committed batch, in the order in which a half of it does no harm.
 * @param integrated where this was done already, up to this size.
 */
async function integrate({ store, index }: LogAccess, edge: Edge, batch: readonly Pending[], integrated = 0): Promise<Edge> {
  const leaves = batch.map(({ bytes }) => bytes);
  const grown = await grow(edge, leaves);
  if (grown.edge.size <= integrated) return grown.edge;
  await Promise.all(grown.complete.map(({ path, bytes }) => putSame(store, path, bytes)));
  await index.add(batch.map(({ id }, at) => ({ id, index: edge.size + at })));
  await index.raise('integrated', grown.edge.size);
  return grown.edge;
}
