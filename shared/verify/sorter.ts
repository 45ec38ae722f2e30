// Leaves in the order of their keys, however many there are: sorted runs on disk, merged. The vault lists its objects in that order.
import { createSpool, type Spool } from '../seal/spool.ts';

export interface Sorted {
  readonly index: number;
  readonly key: string;
  /** The leaf as it stands in the log. */
  readonly bytes: Buffer;
}

export interface Sorter {
  add(item: Sorted): Promise<void>;
  /** Once, when all were added. By key; of one key by index. */
  sorted(): AsyncGenerator<Sorted, void, undefined>;
  readonly size: () => number;
  /** The greatest index that was added; -1 where none was. */
  readonly lastIndex: () => number;
  dispose(): Promise<void>;
}

/** Bytes of leaves that are sorted in memory at once. */
const RUN_BYTES = 32 * 1024 * 1024;
/** What an item costs beside its bytes, about. */
const ITEM_BYTES = 300;
const CHUNK_BYTES = 1024 * 1024;
/** Before each item: length of the key and of the leaf, index. */
const HEADER_BYTES = 2 + 4 + 6;

/** @param runBytes for tests. */
export function createSorter(runBytes: number = RUN_BYTES): Sorter {
  const runs: Spool[] = [];
  let items: Sorted[] = [];
  let held = 0;
  let size = 0;
  let lastIndex = -1;

  async function writeRun(): Promise<void> {
    const spool = createSpool({ memoryLimit: 0 });
    runs.push(spool);
    for (const chunk of encoded(items.sort(byKey))) await spool.write(chunk);
    await spool.finish();
    items = [];
    held = 0;
  }

  return {
    async add(item) {
      size++;
      lastIndex = Math.max(lastIndex, item.index);
      items.push(item);
      held += item.bytes.length + ITEM_BYTES;
      if (held > runBytes) await writeRun();
    },
    async *sorted() {
      const rest = items.sort(byKey);
      yield* merged([...runs.map((run) => decoded(run.open())), rest.values()]);
    },
    size: () => size,
    lastIndex: () => lastIndex,
    async dispose() {
      items = [];
      await Promise.all(runs.map((run) => run.dispose()));
    },
  };
}

function byKey(a: Sorted, b: Sorted): number {
  return a.key < b.key ? -1 : a.key > b.key ? 1 : a.index - b.index;
}

/** Many items are written at once: a call for each would cost more than the sorting. */
function* encoded(sorted: readonly Sorted[]): Generator<Buffer> {
  let parts: Buffer[] = [];
  let bytes = 0;
  for (const item of sorted) {
    const part = encode(item);
    parts.push(part);
    bytes += part.length;
    if (bytes < CHUNK_BYTES) continue;
    yield Buffer.concat(parts);
    parts = [];
    bytes = 0;
  }
  yield Buffer.concat(parts);
}

function encode({ key, index, bytes }: Sorted): Buffer {
  const keyBytes = Buffer.from(key);
  const header = Buffer.alloc(HEADER_BYTES);
  header.writeUInt16BE(keyBytes.length);
  header.writeUInt32BE(bytes.length, 2);
  header.writeUIntBE(index, 6, 6);
  return Buffer.concat([header, keyBytes, bytes]);
}

async function* decoded(source: AsyncIterable<Buffer>): AsyncGenerator<Sorted> {
  let rest: Buffer = Buffer.alloc(0);
  for await (const chunk of source) {
    rest = rest.length === 0 ? chunk : Buffer.concat([rest, chunk]);
    for (;;) {
      if (rest.length < HEADER_BYTES) break;
      const leafAt = HEADER_BYTES + rest.readUInt16BE();
      const end = leafAt + rest.readUInt32BE(2);
      if (rest.length < end) break;
      yield { index: rest.readUIntBE(6, 6), key: rest.toString('utf8', HEADER_BYTES, leafAt), bytes: rest.subarray(leafAt, end) };
      rest = rest.subarray(end);
    }
  }
}

type Run = AsyncIterator<Sorted, unknown> | Iterator<Sorted, unknown>;

interface Head {
  readonly item: Sorted;
  readonly run: Run;
}

/** There are few runs (one for each 32 MiB): the least head is looked for one by one. */
async function* merged(runs: readonly Run[]): AsyncGenerator<Sorted, void, undefined> {
  const heads: Head[] = [];
  for (const run of runs) await pushNext(heads, run);
  while (heads.length > 0) {
    let least = 0;
    for (let at = 1; at < heads.length; at++) if (isBefore(heads[at], heads[least])) least = at;
    const [head] = heads.splice(least, 1);
    if (head === undefined) return;
    yield head.item;
    await pushNext(heads, head.run);
  }
}

async function pushNext(heads: Head[], run: Run): Promise<void> {
  const next = await run.next();
  if (next.done !== true) heads.push({ item: next.value, run });
}

function isBefore(a: Head | undefined, b: Head | undefined): boolean {
  return a !== undefined && b !== undefined && byKey(a.item, b.item) < 0;
}
