// Writes a database in MaxMind's format: https://maxmind.github.io/MaxMind-DB/ (a tree of 128 levels with the IPv4 addresses below ::/96, records of
// 24 bits). For tests, the demo and the benchmark: small and made up; real ones come from their makers.
import { networkNamed } from '../shared/enrich/networks.ts';
import { isV4 } from '../shared/intel/address.ts';

export type GeoValue = string | number | boolean | readonly GeoValue[] | { readonly [key: string]: GeoValue };

export interface GeoDatabaseOptions {
  /** `Strongroom-City`. */
  readonly type: string;
  /** Left out: 6, which has both. */
  readonly ipVersion?: 4 | 6;
  /** When it was made, s since the epoch. */
  readonly built: number;
  /** Of the format; left out: 2. */
  readonly formatVersion?: number;
}

const MARKER = Buffer.concat([Buffer.from([0xab, 0xcd, 0xef]), Buffer.from('MaxMind.com')]);
const SEPARATOR = Buffer.alloc(16);
const TYPES = { text: 2, double: 3, uint16: 5, uint32: 6, map: 7, uint64: 9, array: 11, boolean: 14 } as const;

type Node = [Branch | undefined, Branch | undefined];
interface Leaf {
  /** Offset in the data section. */
  readonly at: number;
}
type Branch = Node | Leaf;

/** @param entries a network within another comes after it. @throws Error for what is no network. */
export function writeGeoDatabase(entries: readonly (readonly [network: string, record: GeoValue])[], options: GeoDatabaseOptions): Buffer {
  const { ipVersion = 6, built, type, formatVersion = 2 } = options;
  const data: Buffer[] = [];
  const written = new Map<string, Leaf>();
  const root: Node = [undefined, undefined];
  let at = 0;
  for (const [network, record] of entries) {
    const key = JSON.stringify(record);
    let leaf = written.get(key);
    if (leaf === undefined) {
      const bytes = encoded(record);
      leaf = { at };
      written.set(key, leaf);
      data.push(bytes);
      at += bytes.length;
    }
    plant(root, bitsOf(network, ipVersion), leaf);
  }
  const { bytes: tree, count } = treeOf(root);
  const metadata = Buffer.concat([
    sized(TYPES.map, 9),
    ...[encoded('binary_format_major_version'), whole(TYPES.uint16, formatVersion)],
    ...[encoded('binary_format_minor_version'), whole(TYPES.uint16, 0)],
    ...[encoded('build_epoch'), whole(TYPES.uint64, built)],
    ...[encoded('database_type'), encoded(type)],
    ...[encoded('description'), encoded({ en: 'Made-up places of documentation networks' })],
    ...[encoded('ip_version'), whole(TYPES.uint16, ipVersion)],
    ...[encoded('languages'), encoded(['en'])],
    ...[encoded('node_count'), whole(TYPES.uint32, count)],
    ...[encoded('record_size'), whole(TYPES.uint16, 24)],
  ]);
  return Buffer.concat([tree, SEPARATOR, ...data, MARKER, metadata]);
}

function bitsOf(network: string, ipVersion: 4 | 6): readonly (0 | 1)[] {
  const found = networkNamed(network);
  if (found === undefined || (ipVersion === 4 && !isV4(found.words))) throw new Error(`${network} is no network of IPv${ipVersion}`);
  const { words, bits } = found;
  const all = [...words].flatMap((word) => Array.from({ length: 32 }, (_, at) => (((word >>> (31 - at)) & 1) === 1 ? 1 : 0)));
  if (!isV4(words)) return all.slice(0, bits);
  const own = all.slice(96, bits);
  return ipVersion === 4 ? own : [...Array.from({ length: 96 }, () => 0 as const), ...own];
}

function plant(root: Node, bits: readonly (0 | 1)[], leaf: Leaf): void {
  let node = root;
  for (const [level, bit] of bits.entries()) {
    if (level === bits.length - 1) {
      node[bit] = leaf;
      return;
    }
    const next = node[bit];
    const below: Node = Array.isArray(next) ? next : [next, next];
    node[bit] = below;
    node = below;
  }
}

/** Nodes in the order in which they are met; an address that is in no network has the number of nodes as its record. */
function treeOf(root: Node): { readonly bytes: Buffer; readonly count: number } {
  const nodes: Node[] = [root];
  const numbers = new Map<Node, number>([[root, 0]]);
  for (const node of nodes) {
    for (const branch of node) {
      if (Array.isArray(branch)) numbers.set(branch, nodes.push(branch) - 1);
    }
  }
  const count = nodes.length;
  const bytes = Buffer.alloc(count * 6);
  for (const [number, node] of nodes.entries()) {
    for (const [side, branch] of node.entries()) {
      const record =
        branch === undefined ? count : Array.isArray(branch) ? (numbers.get(branch) ?? count) : count + SEPARATOR.length + branch.at;
      bytes.writeUIntBE(record, number * 6 + side * 3, 3);
    }
  }
  return { bytes, count };
}

function encoded(value: GeoValue): Buffer {
  if (typeof value === 'string') return Buffer.concat([sized(TYPES.text, Buffer.byteLength(value)), Buffer.from(value)]);
  if (typeof value === 'boolean') return sized(TYPES.boolean, value ? 1 : 0);
  if (typeof value === 'number') return Number.isInteger(value) && value >= 0 ? whole(TYPES.uint32, value) : double(value);
  if (isList(value)) return Buffer.concat([sized(TYPES.array, value.length), ...value.map(encoded)]);
  const entries = Object.entries(value);
  return Buffer.concat([sized(TYPES.map, entries.length), ...entries.flatMap(([key, one]) => [encoded(key), encoded(one)])]);
}

function isList(value: GeoValue): value is readonly GeoValue[] {
  return Array.isArray(value);
}

function whole(type: number, value: number): Buffer {
  const digits = value === 0 ? '' : value.toString(16);
  const bytes = Buffer.from(digits.length % 2 === 0 ? digits : `0${digits}`, 'hex');
  return Buffer.concat([sized(type, bytes.length), bytes]);
}

function double(value: number): Buffer {
  const bytes = Buffer.alloc(8);
  bytes.writeDoubleBE(value);
  return Buffer.concat([sized(TYPES.double, 8), bytes]);
}

/** The control byte: the type in three bits, or in a byte of its own from 8 on, and the size. */
function sized(type: number, size: number): Buffer {
  const first = (type < 8 ? type : 0) << 5;
  const extended = type < 8 ? [] : [type - 7];
  if (size < 29) return Buffer.from([first | size, ...extended]);
  if (size < 285) return Buffer.from([first | 29, ...extended, size - 29]);
  if (size > 65_820) throw new Error('longer than any name');
  return Buffer.from([first | 30, ...extended, (size - 285) >> 8, (size - 285) & 255]);
}
