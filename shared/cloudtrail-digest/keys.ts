// CloudTrail's public keys, kept in the vault as statements: that CloudTrail lists very old ones for ever is promised nowhere, and an archive is to
// be verified without it.
import type { JsonObject } from '../model.ts';
import { text } from '../outcome.ts';
import { putStatement, readStatements, type StatementVault } from '../seal/statements.ts';
import type { VaultSource } from '../seal/vault.ts';
import type { DigestKey } from './types.ts';

const KIND = 'cloudtrail-key';

/** @param body of a statement. @returns undefined where it is of no key. */
export function digestKeyOf(body: JsonObject): DigestKey | undefined {
  const [fingerprint, value, region] = [text(body['fingerprint']), text(body['value']), text(body['region'])];
  if (fingerprint === undefined || value === undefined || region === undefined) return undefined;
  return { fingerprint, value, region, from: timeOf(body['valid_from']), to: timeOf(body['valid_to']) };
}

function timeOf(candidate: unknown): number | undefined {
  const time = typeof candidate === 'string' ? Date.parse(candidate) : Number.NaN;
  return Number.isNaN(time) ? undefined : time;
}

/** All that were kept. */
export async function readDigestKeys(vault: VaultSource): Promise<readonly DigestKey[]> {
  const keys: DigestKey[] = [];
  for await (const { body } of readStatements(vault, KIND)) {
    const key = digestKeyOf(body);
    if (key !== undefined) keys.push(key);
  }
  return keys;
}

/** @param now ms since the epoch. */
export async function keepDigestKey(vault: StatementVault, key: DigestKey, now: number): Promise<void> {
  const { fingerprint, value, region, from, to } = key;
  const body = { fingerprint, region, value, valid_from: iso(from), valid_to: iso(to) };
  await putStatement(vault, KIND, body, { id: `${region}-${fingerprint}`, now });
}

function iso(time: number | undefined): string | null {
  return time === undefined ? null : new Date(time).toISOString();
}
