// Taking evidence out of the vault: nothing is handed on before all of it was opened and found to be what was delivered.
import { EvidenceError, PeriodKeyError } from '../errors.ts';
import type { Access } from './access.ts';
import type { Opener } from './open.ts';
import { plaintextHash } from './salt.ts';
import { createSpool, type Spooled } from './spool.ts';
import { contextOf, getEvidence, type Evidence, type VaultSource } from './vault.ts';

export interface OpenVault extends VaultSource {
  readonly opener: Opener;
  /** That and why evidence is opened was recorded before. */
  readonly access: Access;
}

/**
 * Opens and verifies one piece of evidence, then hands it to `use`; the bytes are gone when that has returned.
 * @param version version id in the vault; default: the latest.
 * @throws EvidenceError saying what does not match: key, context, message, hash; PeriodKeyError where the period's key is gone.
 */
export async function withEvidence<T>(
  vault: OpenVault,
  at: { readonly key: string; readonly version?: string | undefined },
  use: (evidence: Evidence, bytes: Spooled) => Promise<T>,
): Promise<T> {
  const { key } = at;
  const { message, ...evidence } = await getEvidence(vault, key, at.version);
  const context = contextOf(evidence.facts.origin, evidence.facts.class);
  const spool = createSpool();
  try {
    try {
      const hash = plaintextHash(await vault.opener.salt(context, key));
      for await (const piece of vault.opener.opening(message, context)) {
        hash.update(piece);
        await spool.write(piece);
      }
      compare(evidence, { plaintext: hash.digest('hex'), size: (await spool.finish()).size });
    } catch (error) {
      throw refused(key, error);
    }
    return await use(evidence, await spool.finish());
  } finally {
    message.discard();
    await spool.dispose();
  }
}

function compare({ facts }: Evidence, found: { readonly plaintext: string; readonly size: number }): void {
  if (found.size !== facts.size) throw new EvidenceError(`it holds ${found.size} bytes and its metadata says ${facts.size}`);
  if (found.plaintext !== facts.plaintext)
    throw new EvidenceError(`its salted hash is ${found.plaintext} and its metadata says ${facts.plaintext}`);
}

function refused(key: string, error: unknown): unknown {
  if (error instanceof PeriodKeyError) return new PeriodKeyError(`${key} is refused: ${error.message}`, error);
  return error instanceof EvidenceError ? new EvidenceError(`${key} is refused: ${error.message}`, { cause: error }) : error;
}
