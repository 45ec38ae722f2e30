// Makes the index file: see layout.ts. The same records in the same order give the same bytes.
import { networkOf, startsAs, type Network } from '../address.ts';
import { TLPS, TYPES, type IndicatorType, type Tlp } from '../indicator.ts';
import { numberColumn, textColumn } from './columns.ts';
import { hashed, hashRange } from './hash.ts';
import { EXACT, FADES, JUMP_BITS, NEVER, NO_PARENT, type IndexFeed } from './layout.ts';
import { writeIndex, type Sections } from './write.ts';

/** An indicator with everything that its feed or the bank's file says of it. */
export interface IndexRecord {
  readonly type: IndicatorType;
  /** Canonical: see normalise.ts. */
  readonly value: string;
  /** A domain alone, not the names below it. */
  readonly exact: boolean;
  /** Position in the list of feeds. */
  readonly feed: number;
  /** 0 to 100. */
  readonly confidence: number;
  readonly tlp: Tlp;
  /** ms since the epoch; kept in seconds. `until` undefined: never. */
  readonly from: number;
  readonly until: number | undefined;
  /** When its feed last had it. */
  readonly seen: number;
  /** Whether `until` is assumed: see FADES. */
  readonly fades: boolean;
  readonly names: readonly string[];
  readonly references: readonly string[];
  readonly id: string;
}

export interface IndexBuilder {
  add(record: IndexRecord): void;
  /** @param built ms since the epoch. */
  finish(feeds: readonly IndexFeed[], built: number): Buffer;
  /** Records by type. */
  counts(): Readonly<Record<string, number>>;
}

type Collected = ReturnType<typeof collect>;

export function createIndexBuilder(): IndexBuilder {
  const collected = collect();
  return {
    add: (record) => addTo(collected, record),
    finish: (feeds, built) => finish(collected, feeds, built),
    counts: () => countsOf(collected),
  };
}

function collect() {
  return {
    ...{ high: numberColumn(), low: numberColumn(), textAt: numberColumn(), tailAt: numberColumn() },
    ...{ from: numberColumn(), until: numberColumn(), seen: numberColumn() },
    ...{ feed: numberColumn(), type: numberColumn(), confidence: numberColumn(), flags: numberColumn() },
    texts: textColumn(),
    tails: textColumn(),
    /** Where the tails are that there are already. */
    known: new Map<string, number>(),
    networks: [] as { readonly network: Network; readonly record: number }[],
  };
}

const MAX_TEXT = 512;

/** One line of what a feed writes: nothing of it may pass for the end of a line, or fill the index. */
function line(text: string): string {
  return text
    .slice(0, MAX_TEXT)
    .replaceAll(/[\s\p{Cc}]+/gu, ' ')
    .trim();
}

function addTo(collected: Collected, record: IndexRecord): void {
  const { texts, tails, known } = collected;
  const type = TYPES.indexOf(record.type);
  if (record.type === 'network') {
    const network = networkOf(record.value);
    if (network === undefined) throw new Error(`no network: ${record.value}`);
    collected.networks.push({ network, record: collected.type.length() });
  }
  hashRange(record.value, 0, record.value.length, type);
  collected.high.push(hashed.high);
  collected.low.push(hashed.low);
  collected.textAt.push(texts.push(`${record.value}\n${line(record.id)}\n`));
  const tail = `${record.references.map((one) => line(one).replaceAll(' ', '%20')).join(' ')}\n${record.names.map(line).join('\t')}\0`;
  let at = known.get(tail);
  if (at === undefined) {
    at = tails.push(tail);
    known.set(tail, at);
  }
  collected.tailAt.push(at);
  collected.from.push(seconds(record.from));
  collected.until.push(record.until === undefined ? NEVER : seconds(record.until));
  collected.seen.push(seconds(record.seen));
  collected.feed.push(record.feed);
  collected.type.push(type);
  collected.confidence.push(Math.min(100, Math.max(0, Math.round(record.confidence))));
  collected.flags.push(TLPS.indexOf(record.tlp) | (record.exact ? EXACT : 0) | (record.fades ? FADES : 0));
}

function seconds(ms: number): number {
  return Math.min(NEVER - 1, Math.max(0, Math.floor(ms / 1000)));
}

function finish(collected: Collected, feeds: readonly IndexFeed[], built: number): Buffer {
  const total = collected.type.length();
  const networks = collected.networks.toSorted(byAddress);
  const ranged = new Uint8Array(total);
  for (const { record } of networks) ranged[record] = 1;
  const exact = exactOrder(collected, ranged, total - networks.length);
  const order = new Uint32Array(total);
  order.set(exact);
  order.set(
    networks.map(({ record }) => record),
    exact.length,
  );
  const counts = countsOf(collected);
  const nodes = nodesOf(networks, exact.length);
  const sections: Sections = {
    ...columnsOf(collected, order),
    ...hashesOf(collected, exact),
    ...textsOf(collected, order),
    ...nodes,
    tails: collected.tails.bytes(),
  };
  const head = { built, feeds, exact: exact.length, ranged: networks.length, networks: nodes.bits.length, counts };
  return writeIndex(head, sections);
}

function countsOf({ type }: Collected): Readonly<Record<string, number>> {
  const counts: Record<string, number> = {};
  for (let at = 0; at < type.length(); at++) {
    const name = TYPES[type.at(at)] ?? '';
    counts[name] = (counts[name] ?? 0) + 1;
  }
  return counts;
}

function byAddress(one: Collected['networks'][number], other: Collected['networks'][number]): number {
  for (let word = 0; word < 4; word++) {
    const difference = (one.network.words[word] ?? 0) - (other.network.words[word] ?? 0);
    if (difference !== 0) return difference;
  }
  // Of those that begin alike the larger one first: it holds the others.
  return one.network.bits - other.network.bits || one.record - other.record;
}

/** Positions of the records that are found by their whole value, in the order of their hashes. */
function exactOrder({ high, low }: Collected, ranged: Uint8Array, count: number): Uint32Array {
  const order = new Uint32Array(count);
  let next = 0;
  for (let at = 0; at < ranged.length; at++) if (ranged[at] === 0) order[next++] = at;
  return order.sort((one, other) => high.at(one) - high.at(other) || low.at(one) - low.at(other) || one - other);
}

function columnsOf(collected: Collected, order: Uint32Array) {
  const numbers = (column: Collected['from']): Uint32Array => order.map((at) => column.at(at));
  return {
    tailAt: Uint32Array.from(numbers(collected.tailAt)),
    from: Uint32Array.from(numbers(collected.from)),
    until: Uint32Array.from(numbers(collected.until)),
    seen: Uint32Array.from(numbers(collected.seen)),
    feed: Uint16Array.from(numbers(collected.feed)),
    type: Uint8Array.from(numbers(collected.type)),
    confidence: Uint8Array.from(numbers(collected.confidence)),
    flags: Uint8Array.from(numbers(collected.flags)),
  };
}

function hashesOf({ high, low }: Collected, exact: Uint32Array) {
  const jump = new Uint32Array((1 << JUMP_BITS) + 1);
  const highs = exact.map((at) => high.at(at));
  for (const one of highs) increase(jump, (one >>> (32 - JUMP_BITS)) + 1, 1);
  for (let at = 1; at < jump.length; at++) increase(jump, at, jump[at - 1] ?? 0);
  return { jump, high: highs, low: exact.map((at) => low.at(at)) };
}

function increase(numbers: Uint32Array, at: number, by: number): void {
  numbers[at] = (numbers[at] ?? 0) + by;
}

function textsOf({ texts, textAt }: Collected, order: Uint32Array) {
  const starts = new Uint32Array(order.length + 1);
  const bytes = Buffer.allocUnsafe(texts.length());
  let end = 0;
  for (const [place, at] of order.entries()) {
    starts[place] = end;
    const next = at + 1 < order.length ? textAt.at(at + 1) : texts.length();
    end = texts.copy(textAt.at(at), next, bytes, end);
  }
  starts[order.length] = end;
  return { textAt: starts, texts: bytes };
}

/**
 * A prefix trie as arrays: networks lie inside one another or apart, so the smallest one around each is enough to go from the last network that
 * begins at or before an address to all that hold it.
 */
function nodesOf(networks: Collected['networks'], firstRecord: number) {
  const different = networks.flatMap((one, at) => (at > 0 && sameNetwork(one, networks[at - 1]) ? [] : [{ ...one, at }]));
  const words = new Uint32Array(different.length * 4);
  const bits = new Uint8Array(different.length);
  const parent = new Uint32Array(different.length);
  const first = new Uint32Array(different.length + 1).fill(firstRecord + networks.length);
  const around: number[] = [];
  for (const [node, { network, at }] of different.entries()) {
    words.set(network.words, node * 4);
    bits[node] = network.bits;
    first[node] = firstRecord + at;
    while (around.length > 0 && !holds(different[around.at(-1) ?? 0]?.network, network)) around.pop();
    parent[node] = around.at(-1) ?? NO_PARENT;
    around.push(node);
  }
  return { words, bits, parent, first };
}

function sameNetwork(one: Collected['networks'][number], other: Collected['networks'][number] | undefined): boolean {
  return one.network.text === other?.network.text;
}

function holds(outer: Network | undefined, inner: Network): boolean {
  return outer !== undefined && startsAs(inner.words, outer.words, outer.bits);
}
