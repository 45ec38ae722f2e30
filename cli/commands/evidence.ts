// `strongroom evidence`: the sealed bytes, verified, as they were delivered.
import type { Writable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { withEvidence, type OpenVault } from '../../shared/seal/evidence.ts';
import { sha256Of } from '../../shared/seal/spool.ts';
import { contextOf, type Evidence } from '../../shared/seal/vault.ts';
import { bankVault, openVault } from '../vault.ts';

export interface EvidenceShowOptions {
  readonly bank: string;
  /** Why it is opened: recorded before it is. */
  readonly reason: string;
  /** Version id in the vault; default: the latest. */
  readonly version?: string | undefined;
  /** What was sealed with it instead of the bytes. */
  readonly json?: boolean | undefined;
}

/** Prints the original bytes of one piece of evidence. @returns the exit code. @throws EvidenceError if it is not what was sealed; nothing was printed then. */
export async function evidenceShow(key: string, options: EvidenceShowOptions, out: Writable = process.stdout): Promise<number> {
  const { bank, reason, version } = options;
  const scope = { keys: [key], ...(version === undefined ? {} : { version }) };
  const vault = await openVault(await bankVault(bank), { reason, purpose: 'show', scope });
  return await showEvidence(vault, { key, ...options }, out);
}

export async function showEvidence(
  vault: OpenVault,
  wanted: Omit<EvidenceShowOptions, 'bank' | 'reason'> & { readonly key: string },
  out: Writable,
): Promise<number> {
  await withEvidence(vault, wanted, async (evidence, bytes) => {
    if (wanted.json === true) out.write(`${JSON.stringify(description(evidence, await sha256Of(bytes, 'hex')))}\n`);
    else await pipeline(bytes.open(), out, { end: false });
  });
  return 0;
}

function description({ key, version, facts }: Evidence, sha256: string): object {
  const { origin, plaintext, size, counts, firstTime, lastTime } = facts;
  const times = { first_time: isoTime(firstTime), last_time: isoTime(lastTime) };
  return {
    key,
    version,
    context: contextOf(origin, facts.class),
    origin: { ...origin, time: isoTime(origin.time) },
    sha256,
    plaintext,
    size,
    ...counts,
    ...times,
    verified: true,
  };
}

function isoTime(time: number | undefined): string | undefined {
  return time === undefined ? undefined : new Date(time).toISOString();
}
