// What the placeholders of rules (`%name%`) stand for: lists of the bank's file, and what the stack says of itself. https://github.com/SigmaHQ/sigma-specification/blob/main/specification/sigma-appendix-modifiers.md (expand)
import type { BankConfig } from '../config.ts';
import { MisconfiguredError } from '../errors.ts';
import { isNetwork } from './sigma/network.ts';

/** What of AWS holds the evidence, and who opens it. */
export interface EvidenceStore {
  /** ARNs of the evidence key, and of the roles that may decrypt with it. */
  readonly keys: readonly string[];
  readonly roles: readonly string[];
  /** Names. */
  readonly buckets: readonly string[];
}

const NO_STORE: EvidenceStore = { keys: [], roles: [], buckets: [] };

/** @throws MisconfiguredError naming an entry that is neither address nor network: left out, it would watch nothing. */
export function listsOf(
  { bad_addresses }: Pick<BankConfig['alerts'], 'bad_addresses'>,
  { keys, roles, buckets }: EvidenceStore = NO_STORE,
): Readonly<Record<string, readonly string[]>> {
  const wrong = bad_addresses.find((entry) => !isNetwork(entry));
  if (wrong !== undefined)
    throw new MisconfiguredError(`bank file: alerts.bad_addresses: "${wrong}" is no address and no network in CIDR notation`);
  return { bad_addresses, evidence_keys: keys, evidence_roles: roles, evidence_buckets: buckets };
}
