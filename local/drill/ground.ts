// What the tamperings are tried on: a small bank's vault as the deployed platform has filled it, the keys that a verifier knows, and everything that
// an intruder with all rights could use.
import type { BankConfig } from '../../shared/config.ts';
import { MisconfiguredError } from '../../shared/errors.ts';
import { openLog } from '../../shared/notary/read.ts';
import type { EvidenceLeaf, Leaf } from '../../shared/notary/leaf.ts';
import { logSettings } from '../../shared/notary/settings.ts';
import type { KmsSigner } from '../../shared/notary/signer.ts';
import { isDigestKey, s3Place } from '../../shared/cloudtrail-digest/verify.ts';
import { createOpener } from '../../shared/seal/open.ts';
import { createPeriodKeys, type PeriodKeys } from '../../shared/seal/period-keys.ts';
import type { Access } from '../../shared/seal/access.ts';
import type { PeriodKeyStore } from '../../shared/seal/period-key-store.ts';
import type { StatementVault } from '../../shared/seal/statements.ts';
import { logStoreOf } from '../../shared/verify/log-store.ts';
import { exportEvidence } from '../../shared/verify/export/write.ts';
import type { Problem } from '../../shared/verify/problems.ts';
import { scopeOf, type Scope } from '../../shared/verify/scope.ts';
import type { Trust } from '../../shared/verify/trust.ts';
import { s3VaultReader, type VaultReader } from '../../shared/verify/vault-reader.ts';
import { verifyVault } from '../../shared/verify/verify-vault.ts';
import type { Account } from '../accounts.ts';
import type { Storage } from './storage.ts';

/** What is there before anything was sealed. */
export interface Place {
  readonly bank: BankConfig;
  /** The bank's security account, with every right in it. */
  readonly account: Account;
  readonly vault: StatementVault;
  readonly keyStore: PeriodKeyStore;
  readonly evidenceKeyArn: string;
  readonly landing: string;
  readonly storage: Storage;
  /** Name of the log. */
  readonly origin: string;
  /** Signs as the log does: with its key. */
  readonly signer: KmsSigner;
  /** What a verifier knows from outside: the keys of the log and of the witness. */
  readonly trust: Trust;
}

export interface Ground extends Place {
  /** That and why the drill opens evidence was recorded. */
  readonly access: Access;
  /** Statement by which a month was erased. */
  readonly erasure: string;
  /** Of the log, as it was when nobody had touched it. */
  readonly leaves: readonly Leaf[];
  /** Sizes of the checkpoints, ascending. */
  readonly checkpoints: readonly number[];
  /** The latest checkpoint, kept elsewhere. */
  readonly kept: string;
}

/** Vaults are verified long after the day: what came late has come, and the witness should have signed. */
export const VERIFIED_AFTER_MS = 26 * 3_600_000;

export function periodKeysOf({ account: { kms }, keyStore, evidenceKeyArn }: Place): PeriodKeys {
  return createPeriodKeys({ ...keyStore, kms, keyArn: evidenceKeyArn });
}

export function readerOf({ vault }: Place): VaultReader {
  return s3VaultReader(vault);
}

/** What an auditor has kept of the log, where the bank cannot change it. */
export const KEPT = "the auditor's checkpoint";

/** The verification that `strongroom verify` runs, a day later. It remembers nothing of an earlier one. */
export async function verified(ground: Ground, asked: Omit<Scope, 'bank'> = {}): Promise<readonly Problem[]> {
  const { bank, access, kept } = ground;
  const opener = createOpener({ keys: periodKeysOf(ground) });
  const deps = { ...depsOf(ground), opener, access: access.statement, kept: [{ at: KEPT, note: kept }] };
  return (await verifyVault(deps, scopeOf({ ...asked, bank: bank.bank }))).problems;
}

/** What `strongroom evidence export` writes. @param path a directory that is not there. @returns what it found meanwhile. */
export async function exported(ground: Ground, path: string): Promise<readonly Problem[]> {
  const { bank, access } = ground;
  return (await exportEvidence({ ...depsOf(ground), keys: periodKeysOf(ground), access }, scopeOf({ bank: bank.bank }), path)).report
    .problems;
}

function depsOf(ground: Ground) {
  const { bank, trust, origin } = ground;
  const now = (): number => Date.now() + VERIFIED_AFTER_MS;
  const { interval } = logSettings(bank);
  return { vault: readerOf(ground), trust, origin, interval, retention: bank.retention, accounts: bank.accounts, now };
}

export async function readLog(place: Place): Promise<Pick<Ground, 'leaves' | 'checkpoints' | 'kept'>> {
  const log = openLog(logStoreOf(readerOf(place)));
  const checkpoints: number[] = [];
  let kept = '';
  for await (const { size, note } of log.checkpoints()) {
    if (size === undefined) continue;
    checkpoints.push(size);
    kept = note;
  }
  const leaves: Leaf[] = [];
  for await (const { leaf } of log.leaves(0, checkpoints.at(-1) ?? 0)) leaves.push(leaf);
  return { leaves, checkpoints, kept };
}

/** Latest first checkpoint behind which there are leaves of later ones. */
export function middleCheckpoint({ checkpoints }: Ground): number {
  return wanted(checkpoints.at(-2), 'two checkpoints');
}

export function logSize({ checkpoints }: Ground): number {
  return wanted(checkpoints.at(-1), 'a checkpoint');
}

export function evidenceOf({ leaves }: Ground, source: string): readonly EvidenceLeaf[] {
  return leaves.filter((leaf) => leaf.kind === 'evidence').filter(({ key }) => key.split('/')[1] === source);
}

/** Evidence that came through the landing buckets now, from the first to the last. */
export function nth(ground: Ground, source: string, at: number): EvidenceLeaf {
  return wanted(evidenceOf(ground, source).at(at), `evidence of ${source}`);
}

/** CloudTrail's digests in the order of their hours. */
export function digestsOf(ground: Ground): readonly EvidenceLeaf[] {
  return evidenceOf(ground, 'cloudtrail')
    .filter(({ origin }) => isDigestKey(s3Place(origin)?.key ?? ''))
    .toSorted((a, b) => (a.origin < b.origin ? -1 : 1));
}

/** CloudTrail's log files in the order of their times. */
export function trailFilesOf(ground: Ground): readonly EvidenceLeaf[] {
  return evidenceOf(ground, 'cloudtrail')
    .filter(({ origin }) => s3Place(origin) !== undefined && !isDigestKey(s3Place(origin)?.key ?? ''))
    .toSorted((a, b) => (a.origin < b.origin ? -1 : 1));
}

export function leafOf({ leaves }: Ground, key: string): Leaf {
  return wanted(
    leaves.find((leaf) => leaf.key === key),
    `a leaf of ${key}`,
  );
}

export function digestKeyLeaf({ leaves }: Ground): Leaf {
  return wanted(
    leaves.find((leaf) => leaf.kind === 'statement' && leaf.statement === 'cloudtrail-key'),
    'a public key of CloudTrail',
  );
}

/** @throws MisconfiguredError where the ground lacks what a tampering needs. */
export function wanted<T>(found: T | undefined, what: string): T {
  if (found === undefined) throw new MisconfiguredError(`drill: the ground has not ${what}`);
  return found;
}
