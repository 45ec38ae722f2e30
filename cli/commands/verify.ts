// `strongroom verify`: the vault against its log, or an exported directory against its proofs.
import { readFileSync } from 'node:fs';
import type { Writable } from 'node:stream';
import { MisconfiguredError } from '../../shared/errors.ts';
import { logSettings } from '../../shared/notary/settings.ts';
import { usualAccounts } from '../../shared/organization/config.ts';
import { checkedReason } from '../../shared/seal/access.ts';
import type { KeptCheckpoint } from '../../shared/verify/checkpoints.ts';
import { keysOf, logStoreOf } from '../../shared/verify/log-store.ts';
import { reportText, size } from '../../shared/verify/report-text.ts';
import type { Report } from '../../shared/verify/report.ts';
import { resumeFile } from '../../shared/verify/resume.ts';
import { scopeJson, scopeOf, type Scope } from '../../shared/verify/scope.ts';
import { parseTrust, unpinnedTrust, type Trust } from '../../shared/verify/trust.ts';
import { s3VaultReader } from '../../shared/verify/vault-reader.ts';
import { verifyVault, type Progress, type VerifyDeps } from '../../shared/verify/verify-vault.ts';
import { bankVault, openVault, type BankVault } from '../vault.ts';

const USAGE = 2;

export interface VerifyArguments extends Omit<Scope, 'bank'> {
  readonly bank: string;
  readonly reason?: string | undefined;
  /** File with the keys that are trusted. */
  readonly trust?: string | undefined;
  /** Files with checkpoints that were kept elsewhere. */
  readonly checkpoint?: readonly string[] | undefined;
  readonly json?: boolean | undefined;
  /** File that keeps the position. */
  readonly resume?: string | undefined;
  readonly concurrency?: string | undefined;
  /** Exported directory; then nothing of AWS is asked. */
  readonly offline?: string | undefined;
}

/** @returns the exit code: 0 where nothing failed, 1 where something did, 2 where the command makes no sense. */
export async function verifyCommand(options: VerifyArguments, out: Writable = process.stdout): Promise<number> {
  try {
    const report = await (options.offline === undefined ? online(options) : offline(options.offline, options));
    out.write(options.json === true ? `${JSON.stringify(report)}\n` : reportText(report));
    return report.ok ? 0 : 1;
  } catch (error) {
    if (!(error instanceof MisconfiguredError)) throw error;
    process.stderr.write(`strongroom: ${error.message}\n`);
    return USAGE;
  }
}

async function online(options: VerifyArguments): Promise<Report> {
  const { resume } = options;
  const scope = scopeOf({ ...options });
  const reason = checkedReason(options.reason);
  const bank = await bankVault(options.bank);
  const deps = { ...(await verifyDeps(bank, options)), kept: (options.checkpoint ?? []).map(keptFile) };
  const resumed = resume === undefined ? undefined : resumeFile(resume, scope);
  const { opener, access } = await openVault(bank, { reason, purpose: 'verify', scope: scopeJson(scope) });
  const progress = progressLine();
  const report = await verifyVault({ ...deps, opener, access: access.statement, resume: resumed, onProgress: progress.say }, scope);
  progress.end();
  resumed?.remove();
  return report;
}

function keptFile(path: string): KeptCheckpoint {
  return { at: path, note: readText('--checkpoint', path) };
}

async function offline(directory: string, options: VerifyArguments): Promise<Report> {
  if (options.checkpoint !== undefined)
    throw new MisconfiguredError('--checkpoint is for the vault: an export has only those checkpoints that prove its objects');
  const { verifyExport } = await import('../../shared/verify/export/offline.ts');
  const progress = progressLine();
  const trust = options.trust === undefined ? undefined : trustFile(options.trust);
  const report = await verifyExport(directory, { trust, onProgress: progress.say });
  progress.end();
  return report;
}

/** What verification and export need beside the keys. */
export async function verifyDeps(
  { bank, vault }: BankVault,
  options: Pick<VerifyArguments, 'trust' | 'concurrency'>,
): Promise<Omit<VerifyDeps, 'opener'>> {
  const reader = s3VaultReader(vault);
  const { origin, witness, interval } = logSettings(bank);
  const trust =
    options.trust === undefined
      ? unpinnedTrust(await keysOf(logStoreOf(reader)), origin, witness?.key === undefined ? [] : [witness.key])
      : trustFile(options.trust);
  return {
    ...{ vault: reader, trust, origin, interval, retention: bank.retention, accounts: usualAccounts(bank) },
    concurrency: concurrencyOf(options.concurrency),
  };
}

/** @throws MisconfiguredError where it cannot be read. */
export function trustFile(path: string): Trust {
  return parseTrust(readText('--trust', path), path);
}

function readText(option: string, path: string): string {
  try {
    return readFileSync(path, 'utf8');
  } catch (error) {
    throw new MisconfiguredError(`${option} ${path} cannot be read: ${error instanceof Error ? error.message : ''}`);
  }
}

function concurrencyOf(given: string | undefined): number | undefined {
  if (given === undefined) return undefined;
  if (!/^[1-9]\d{0,2}$/.test(given)) throw new MisconfiguredError(`--concurrency must be a number from 1 to 999 (found "${given}")`);
  return Number(given);
}

const SAY_MS = 1000;

/** One line on standard error, written over itself where that is a terminal. */
export function progressLine(err: NodeJS.WriteStream = process.stderr): {
  readonly say: (progress: Progress) => void;
  readonly end: () => void;
} {
  let said = Date.now();
  let isOpen = false;
  return {
    say({ phase, done, of, bytes }) {
      if (Date.now() - said < SAY_MS) return;
      said = Date.now();
      const text = phase === 'log' ? `log: ${done} of ${of} leaves` : `objects: ${done} of ${of}, ${size(bytes)}`;
      err.write(err.isTTY ? `\r\u001b[K${text}` : `${text}\n`);
      isOpen = err.isTTY;
    },
    end() {
      if (isOpen) err.write('\r\u001b[K');
    },
  };
}
