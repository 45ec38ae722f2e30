// Taking evidence out of the vault: nothing is handed on before all of it was opened and found to be what was delivered.
import { createHash } from 'node:crypto';
import { EvidenceError } from '../errors.ts';
import type { Opener } from './open.ts';
import { createSpool, type Spooled } from './spool.ts';
import { contextOfKey, getEvidence, type Evidence, type VaultSource } from './vault.ts';

export interface OpenVault extends VaultSource {
  readonly opener: Opener;
}

/**
 * Opens and verifies one piece of evidence, then hands it to `use`; the bytes are gone when that has returned.
 * @param version version id in the vault; default: the latest.
 * @throws EvidenceError saying what does not match: key, context, message, hash.
 */
export async function withEvidence<T>(
  vault: OpenVault,
  at: { readonly key: string; readonly version?: string | undefined },
  use: (evidence: Evidence, bytes: Spooled) => Promise<T>,
): Promise<T> {
  const { key } = at;
  const context = contextOfKey(key);
  const { message, ...evidence } = await getEvidence(vault, key, at.version);
  const spool = createSpool();
  try {
    const hash = createHash('sha256');
    try {
      for await (const piece of vault.opener.opening(message, context)) {
        hash.update(piece);
        await spool.write(piece);
      }
    } catch (error) {
      if (error instanceof EvidenceError) throw new EvidenceError(`${key} is refused: ${error.message}`, { cause: error });
      throw error;
    }
    const bytes = await spool.finish();
    compare(key, evidence, { sha256: hash.digest('hex'), size: bytes.size });
    return await use(evidence, bytes);
  } finally {
    await spool.dispose();
  }
}

function compare(key: string, { facts }: Evidence, found: { readonly sha256: string; readonly size: number }): void {
  if (found.size !== facts.size)
    throw new EvidenceError(`${key} is refused: it holds ${found.size} bytes and its metadata says ${facts.size}`);
  if (found.sha256 !== facts.sha256)
    throw new EvidenceError(`${key} is refused: its SHA-256 is ${found.sha256} and its metadata says ${facts.sha256}`);
}
