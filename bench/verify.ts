// `npm run bench -- verify`: how much evidence one core verifies: sealed bytes hashed, opened, the plaintext hashed, each held against the log.
import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { buildVault } from './verify-vault.ts';

export interface VerifyRow {
  readonly vault: string;
  readonly objects: number;
  readonly MB: number;
  readonly 'MB/s of CPU': number;
  readonly 'MB/s': number;
  readonly 'µs/object': number;
  readonly 'peak RSS MiB': number;
}

interface Run {
  readonly objects: number;
  readonly bytes: number;
  readonly cpuSeconds: number;
  readonly wallSeconds: number;
  readonly peakRssMiB: number;
}

const KIB = 1024;
const MIB = 1024 * KIB;

/** The first is what a day looks like: most objects are small, most bytes in few large ones. */
const VAULTS: readonly { readonly vault: string; readonly sizes: readonly number[] }[] = [
  { vault: 'mixed', sizes: [...same(1000, 16 * KIB), ...same(400, 128 * KIB), ...same(150, MIB), ...same(16, 16 * MIB)] },
  { vault: '16 KiB', sizes: same(3000, 16 * KIB) },
  { vault: '128 KiB', sizes: same(1500, 128 * KIB) },
  { vault: '1 MiB', sizes: same(300, MIB) },
  { vault: '64 MiB', sizes: same(6, 64 * MIB) },
];

/** Of the mixed vault, MB of evidence a second on one core. */
const LEAST = 100;

function same(count: number, size: number): readonly number[] {
  return Array.from({ length: count }, () => size);
}

export async function verifyRows(): Promise<readonly VerifyRow[]> {
  const rows: VerifyRow[] = [];
  for (const { vault, sizes } of VAULTS) {
    const directory = mkdtempSync(join(tmpdir(), 'strongroom-bench-verify-'));
    try {
      await buildVault(directory, sizes);
      const { objects, bytes, cpuSeconds, wallSeconds, peakRssMiB } = measured(directory);
      rows.push({
        vault,
        objects,
        MB: Math.round(bytes / 1e6),
        'MB/s of CPU': Math.round(bytes / 1e6 / cpuSeconds),
        'MB/s': Math.round(bytes / 1e6 / wallSeconds),
        'µs/object': Math.round((cpuSeconds * 1e6) / objects),
        'peak RSS MiB': peakRssMiB,
      });
    } finally {
      rmSync(directory, { recursive: true, force: true });
    }
  }
  return rows;
}

/** Peak memory is that of the verification alone. */
function measured(directory: string): Run {
  const child = spawnSync(process.execPath, ['bench/verify-run.ts', directory], { encoding: 'utf8', stdio: ['ignore', 'pipe', 'inherit'] });
  if (child.status !== 0) throw new Error('bench: verify failed');
  return JSON.parse(child.stdout) as Run;
}

export function printVerify(rows: readonly VerifyRow[]): void {
  console.log('verification of a vault in local files, by the size of its objects as delivered; CPU: of all threads');
  console.table(rows);
  const mixed = rows[0]?.['MB/s of CPU'] ?? 0;
  console.log(`verify: ${mixed} MB/s of mixed evidence on one core (at least: ${LEAST})`);
  if (mixed < LEAST) process.exitCode = 1;
}
