// `strongroom evidence export`: evidence out of the vault into a directory that proves itself, for a regulator or a court.
import type { Writable } from 'node:stream';
import { MisconfiguredError } from '../../shared/errors.ts';
import { recordAccess, checkedReason } from '../../shared/seal/access.ts';
import { exportEvidence, type Exported } from '../../shared/verify/export/write.ts';
import { reportText, size } from '../../shared/verify/report-text.ts';
import { scopeJson, scopeOf, type Scope } from '../../shared/verify/scope.ts';
import { bankVault } from '../vault.ts';
import { progressLine, verifyDeps } from './verify.ts';

const USAGE = 2;

export interface ExportArguments extends Omit<Scope, 'bank'> {
  readonly bank: string;
  /** New directory. */
  readonly out: string;
  readonly reason?: string | undefined;
  readonly trust?: string | undefined;
  readonly concurrency?: string | undefined;
  readonly json?: boolean | undefined;
}

/** @returns the exit code: 1 where something is wrong with what was exported, 2 where the command makes no sense. */
export async function exportCommand(options: ExportArguments, out: Writable = process.stdout): Promise<number> {
  try {
    const exported = await run(options);
    out.write(options.json === true ? `${JSON.stringify(exported)}\n` : text(exported, options.out));
    return exported.report.ok ? 0 : 1;
  } catch (error) {
    if (!(error instanceof MisconfiguredError)) throw error;
    process.stderr.write(`strongroom: ${error.message}\n`);
    return USAGE;
  }
}

async function run(options: ExportArguments): Promise<Exported> {
  const scope = scopeOf({ ...options });
  if (scope.key === undefined && scope.from === undefined)
    throw new MisconfiguredError('--from (and --to) or --key must say what is exported: an export holds the keys of all that is in it');
  const reason = checkedReason(options.reason);
  const bank = await bankVault(options.bank);
  const deps = await verifyDeps(bank, options);
  const access = await recordAccess({ vault: bank.vault, reason, purpose: 'export', scope: scopeJson(scope), by: await bank.by() });
  const progress = progressLine();
  const exported = await exportEvidence({ ...deps, keys: bank.keys, access, onProgress: progress.say }, scope, options.out);
  progress.end();
  return exported;
}

function text({ report, manifest, sha256 }: Exported, directory: string): string {
  const { count, statements, bytes } = manifest.objects;
  return [
    reportText(report),
    `exported    ${count} objects (${size(bytes)} when opened) and ${statements} statements to ${directory}`,
    `sha256      ${sha256}  manifest.json (write it down: it stands for the whole directory)`,
    '',
    `Whoever has ${directory} can read these objects: objects.ndjson holds their data keys. Keep it closed, and hand it over encrypted.`,
    '',
  ].join('\n');
}
