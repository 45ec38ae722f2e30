// `npm run bench -- intel [INDICATORS]`: an index of a million mixed indicators: how long it takes to make, what it takes of memory in a process that
// matches with it, how fast it answers, and what that adds to an event. All values are made up.
import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createIndexBuilder, type IndexRecord } from '../shared/intel/index/build.ts';
import { digestOf } from '../shared/intel/index/open.ts';
import type { IndicatorType } from '../shared/intel/indicator.ts';

export interface IntelBench {
  readonly indicators: number;
  readonly 'build s': number;
  readonly 'file MB': number;
  /** Growth of the process that holds it, loaded from its file. */
  readonly 'RSS MiB': number;
  readonly 'load ms': number;
  readonly lookups: Readonly<Record<string, { readonly 'answers/s': number; readonly µs: number }>>;
  readonly events: Readonly<Record<string, { readonly 'µs an event': number }>>;
}

/** The measure: a million indicators in so much memory. */
const MOST_MIB = 150;
const MILLION = 1_000_000;
const T = Date.UTC(2026, 10, 20);
const DAY_MS = 86_400_000;

/** Of ten: as the feeds that are used most are composed. */
const MIX: readonly IndicatorType[] = ['ip', 'ip', 'ip', 'network', 'domain', 'domain', 'url', 'hash', 'hash', 'wallet'];

export function valueOf(type: IndicatorType, at: number): string {
  // A generator of its own: neighbours must not be neighbours in the index.
  const mixed = Math.imul(at + 1, 0x9e3779b1) >>> 0;
  const hex = mixed.toString(16).padStart(8, '0');
  switch (type) {
    case 'ip':
      return at % 10 === 0 ? `2001:db8:${hex.slice(0, 4)}:${hex.slice(4)}::1`.replaceAll(/:0+(?=[0-9a-f])/g, ':') : dotted(mixed);
    case 'network':
      return `${dotted(mixed & 0xffffff00)}/24`;
    case 'domain':
      return `host-${hex}.bad-${at % 997}.example`;
    case 'url':
      return `host-${hex}.bad.example/download/${hex}.bin?id=${at}`;
    case 'wallet':
      return `evm:0x${hex.repeat(5)}`;
    case 'hash':
    case 'email':
    case 'user_agent':
    case 'cve':
      return hex.repeat(8);
  }
}

/** Not an address of anybody's own network. */
function dotted(number: number): string {
  const address = (number % 0x0aff_ffff) + 0x2d00_0000;
  return [24, 16, 8, 0].map((shift) => (address >>> shift) & 255).join('.');
}

function recordOf(at: number): IndexRecord {
  const type = MIX[at % MIX.length] ?? 'ip';
  const times = { from: T - 30 * DAY_MS, until: T + 30 * DAY_MS, seen: T };
  return {
    ...{ type, value: valueOf(type, at), exact: false, feed: at % 5, confidence: 80, tlp: 'CLEAR', fades: true, ...times },
    // Some feeds name their entries by UUIDs, some by numbers.
    id: at % 2 === 0 ? `indicator--00000000-0000-4000-8000-${String(at).padStart(12, '0')}` : String(at),
    names: [`Family ${at % 2000}`, 'botnet_cc'],
    references: at % 10 === 0 ? [`https://reports.example/${at}`] : [],
  };
}

export function benchIntel([indicators = String(MILLION)]: readonly string[], asJson: boolean): void {
  const directory = mkdtempSync(join(tmpdir(), 'strongroom-bench-'));
  try {
    const started = performance.now();
    const count = Number(indicators);
    const builder = createIndexBuilder();
    for (let at = 0; at < count; at++) builder.add(recordOf(at));
    const file = builder.finish(
      ['one', 'two', 'three', 'four', 'five'].map((name) => ({ name })),
      T,
    );
    const built = (performance.now() - started) / 1000;
    const path = join(directory, 'index');
    writeFileSync(path, file);
    const child = spawnSync(process.execPath, ['--expose-gc', 'bench/intel-run.ts', path, digestOf(file), indicators], {
      encoding: 'utf8',
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    if (child.status !== 0) throw new Error('bench: the matching process failed');
    const measured = JSON.parse(child.stdout) as Omit<IntelBench, 'indicators' | 'build s' | 'file MB'>;
    print({ indicators: count, 'build s': round(built), 'file MB': round(file.length / 1e6), ...measured }, asJson);
  } finally {
    rmSync(directory, { recursive: true, force: true });
  }
}

function round(number: number): number {
  return Number(number.toFixed(1));
}

function print(bench: IntelBench, asJson: boolean): void {
  const allowed = (MOST_MIB * bench.indicators) / MILLION;
  if (bench.indicators >= MILLION && bench['RSS MiB'] > allowed) process.exitCode = 1;
  if (asJson) {
    console.log(JSON.stringify(bench));
    return;
  }
  const { lookups, events, ...sizes } = bench;
  console.log(
    'an index of indicators, read from its file by a process of its own; networks nest in none here, addresses are looked up in both',
  );
  console.table([sizes]);
  console.table(lookups);
  console.log('matching, of the time that an event takes in ingest');
  console.table(events);
  console.log(`memory: ${bench['RSS MiB']} MiB (allowed for a million: ${MOST_MIB})`);
}
