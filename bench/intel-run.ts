// The process that `npm run bench -- intel` measures: it loads an index and matches with it.
import { readFileSync } from 'node:fs';
import { createIntelIndex, type IntelIndex } from '../shared/intel/index/match.ts';
import { openIndex } from '../shared/intel/index/open.ts';
import { createMatcher } from '../shared/intel/matcher.ts';
import type { OcsfEvent } from '../shared/model.ts';
import { valueOf } from './intel.ts';

const [path = '', digest = '', count = '0'] = process.argv.slice(2);
const ASKED = 200_000;
const MIB = 1024 ** 2;

function settled(): number {
  globalThis.gc?.();
  globalThis.gc?.();
  return process.memoryUsage().rss;
}

/** The code itself and what the first call makes of it are not the index's. */
function warm(index: IntelIndex): void {
  for (let at = 0; at < 5000; at++) index.address('192.0.2.1');
}

const before = settled();
const started = performance.now();
const index = createIntelIndex(openIndex(read(path), digest));
const loadMs = Math.round(performance.now() - started);
warm(index);
const rss = Math.round((settled() - before) / MIB);

/** As ingest has it: one buffer, of which nothing is left over. */
function read(file: string): Buffer {
  const bytes = readFileSync(file);
  return bytes.byteOffset % 8 === 0 ? bytes : Buffer.from(new Uint8Array(bytes));
}

function timed(work: (at: number) => unknown, times = ASKED): number {
  for (let at = 0; at < times / 10; at++) work(at);
  const begun = performance.now();
  for (let at = 0; at < times; at++) work(at);
  return ((performance.now() - begun) * 1000) / times;
}

function rate(work: (at: number) => unknown): { readonly 'answers/s': number; readonly µs: number } {
  const micros = timed(work);
  return { 'answers/s': Math.round(1e6 / micros), µs: Number(micros.toFixed(2)) };
}

/** Made beforehand: making them is not looking them up. Every tenth is listed. */
function asked(make: (at: number) => string): readonly string[] {
  return Array.from({ length: 20_000 }, (_, at) => make(at));
}

const total = Number(count);
const addresses = asked((at) => valueOf('ip', at % 10 === 0 ? at : total + at));
const names = asked((at) => (at % 10 === 0 ? `www.${valueOf('domain', at - (at % 10) + 4)}` : `www.${valueOf('domain', total + at)}`));
const hashes = asked((at) => valueOf('hash', at % 10 === 0 ? at + 7 : total + at));
const urls = asked((at) => valueOf('url', at % 10 === 0 ? at + 6 : total + at));
const pick = (list: readonly string[], at: number): string => list[at % list.length] ?? '';

const lookups = {
  'address and networks': rate((at) => index.address(pick(addresses, at))),
  'name and those above it': rate((at) => index.domain(pick(names, at))),
  hash: rate((at) => index.exact('hash', pick(hashes, at))),
  url: rate((at) => index.exact('url', pick(urls, at))),
};

const METADATA = { uid: 'x', version: '1.8.0', product: { name: 'x', vendor_name: 'x' } };
const BASE = { activity_id: 1, category_uid: 4, severity_id: 1, time: Date.UTC(2026, 10, 20), metadata: METADATA } as const;
const matcher = createMatcher(index);

function eventOf(at: number, address: string): OcsfEvent {
  const ends = { src_endpoint: { ip: `10.1.${at & 255}.7`, port: 40_000 }, dst_endpoint: { ip: address, port: 443 } };
  return { ...BASE, class_uid: 4001, type_uid: 400101, ...ends };
}

const flows = addresses.map((_, at) => eventOf(at, valueOf('ip', total + at)));
/** As flows are: the same few hundred peers again and again. */
const bundled = flows.map((flow, at) => flows[at % 300] ?? flow);
const requests = flows.map((flow, at): OcsfEvent => {
  const url = {
    hostname: `www.shop-${at % 50}.example`,
    path: `/basket/${at}`,
    url_string: `https://www.shop-${at % 50}.example:443/basket/${at}`,
  };
  return { ...flow, class_uid: 4002, type_uid: 400201, http_request: { url, user_agent: 'Mozilla/5.0' } };
});
const look = (list: readonly OcsfEvent[]) => (at: number) => matcher.match(list[at % list.length] ?? eventOf(0, '192.0.2.1'));
const micros = (list: readonly OcsfEvent[]) => ({ 'µs an event': Number(timed(look(list)).toFixed(2)) });
const events = { 'flow, a new peer each': micros(flows), 'flow, 300 peers': micros(bundled), 'web request': micros(requests) };

console.log(JSON.stringify({ 'RSS MiB': rss, 'load ms': loadMs, lookups, events }));
