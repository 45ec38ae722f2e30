// `strongroom evidence`: the sealed bytes, verified, as they were delivered.
import type { Writable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { kmsClient, s3Client } from '../../shared/deps.ts';
import { withEvidence, type OpenVault } from '../../shared/seal/evidence.ts';
import { createOpener } from '../../shared/seal/open.ts';
import { contextOf, type Evidence } from '../../shared/seal/vault.ts';
import { bankEnvironment, deployed, output } from '../deployed.ts';

export interface EvidenceShowOptions {
  readonly bank: string;
  /** Version id in the vault; default: the latest. */
  readonly version?: string | undefined;
  /** What was sealed with it instead of the bytes. */
  readonly json?: boolean | undefined;
}

/** Prints the original bytes of one piece of evidence. @returns the exit code. @throws EvidenceError if it is not what was sealed; nothing was printed then. */
export async function evidenceShow(key: string, options: EvidenceShowOptions, out: Writable = process.stdout): Promise<number> {
  return await showEvidence(await openVault(options.bank), { key, ...options }, out);
}

/** The vault of the deployed stack of a bank. */
export async function openVault(bank: string): Promise<OpenVault> {
  const environment = bankEnvironment(bank);
  const outputs = await deployed(bank, environment);
  return {
    s3: s3Client(environment),
    bucket: output(outputs, 'VaultBucket'),
    opener: createOpener({ kms: kmsClient(environment), keyArn: output(outputs, 'EvidenceKeyArn') }),
  };
}

export async function showEvidence(
  vault: OpenVault,
  wanted: Omit<EvidenceShowOptions, 'bank'> & { readonly key: string },
  out: Writable,
): Promise<number> {
  await withEvidence(vault, wanted, async (evidence, bytes) => {
    if (wanted.json === true) out.write(`${JSON.stringify(description(evidence))}\n`);
    else await pipeline(bytes.open(), out, { end: false });
  });
  return 0;
}

function description({ key, version, facts }: Evidence): object {
  const { origin, sha256, size, counts, firstTime, lastTime } = facts;
  const times = { first_time: isoTime(firstTime), last_time: isoTime(lastTime) };
  return {
    key,
    version,
    context: contextOf(origin),
    origin: { ...origin, time: isoTime(origin.time) },
    sha256,
    size,
    ...counts,
    ...times,
    verified: true,
  };
}

function isoTime(time: number | undefined): string | undefined {
  return time === undefined ? undefined : new Date(time).toISOString();
}
