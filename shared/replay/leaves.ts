// The leaves of the log that a replay is planned from, those behind the latest checkpoint too. What they say is only a choice: every
// object is verified when it is opened, and that no leaf was taken away is for `strongroom verify` to find. https://c2sp.org/tlog-tiles
import { decodeLeaf, type EvidenceLeaf } from '../notary/leaf.ts';
import { publishedKeys } from '../notary/keys.ts';
import { openLog, type Log, type ReadableLog } from '../notary/read.ts';
import { batchPath } from '../notary/store.ts';

/** Leaves that are read in one go, and how often at once: bundles lie in single objects, and waiting for each alone takes its time. */
const SPAN = 1024;
const SPANS_AT_ONCE = 16;

/** Leaves of evidence whose key begins so, in the order of the log. @throws EvidenceError where the log's own keys did not sign its checkpoint. */
export async function* evidenceLeaves(store: ReadableLog, prefix: string): AsyncGenerator<EvidenceLeaf> {
  const beginning = Buffer.from(`{"v":1,"kind":"evidence","key":${JSON.stringify(prefix).slice(0, -1)}`);
  const log = openLog(store);
  const size = (await log.checkpoint(await publishedKeys(store)))?.size ?? 0;
  for await (const leaves of spans(log, size, beginning)) yield* leaves;
  for (let at = size; ;) {
    const batch = await store.get(batchPath(at));
    if (batch === undefined) return;
    const lines = batch.toString('latin1').split('\n');
    yield* wanted(
      lines.map((line) => Buffer.from(line, 'latin1')),
      at,
      beginning,
    );
    at += lines.length;
  }
}

async function* spans(log: Log, size: number, beginning: Buffer): AsyncGenerator<readonly EvidenceLeaf[]> {
  const reading: Promise<readonly EvidenceLeaf[]>[] = [];
  for (let from = 0; from < size || reading.length > 0;) {
    for (; from < size && reading.length < SPANS_AT_ONCE; from += SPAN) {
      const span = readSpan(log, from, Math.min(size, from + SPAN), { size, beginning });
      // Told when its turn comes.
      span.catch(() => undefined);
      reading.push(span);
    }
    const next = reading.shift();
    if (next !== undefined) yield await next;
  }
}

async function readSpan(
  log: Log,
  from: number,
  to: number,
  { size, beginning }: { readonly size: number; readonly beginning: Buffer },
): Promise<readonly EvidenceLeaf[]> {
  const leaves: Buffer[] = [];
  for await (const { bytes } of log.rawLeaves(from, to, { size })) leaves.push(bytes);
  return [...wanted(leaves, from, beginning)];
}

/** Most leaves of a log are of other evidence: those are not parsed. */
function* wanted(leaves: readonly Buffer[], first: number, beginning: Buffer): Generator<EvidenceLeaf> {
  for (const [at, bytes] of leaves.entries()) {
    if (!bytes.subarray(0, beginning.length).equals(beginning)) continue;
    const leaf = decodeLeaf(bytes, `leaf ${first + at}`);
    if (leaf.kind === 'evidence') yield leaf;
  }
}
