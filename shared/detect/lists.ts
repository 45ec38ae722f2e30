// What the placeholders of rules (`%name%`) stand for: lists of the bank's file. https://github.com/SigmaHQ/sigma-specification/blob/main/specification/sigma-appendix-modifiers.md (expand)
import type { BankConfig } from '../config.ts';
import { MisconfiguredError } from '../errors.ts';
import { isNetwork } from './sigma/network.ts';

/** @throws MisconfiguredError naming an entry that is neither address nor network: left out, it would watch nothing. */
export function listsOf({ bad_addresses }: Pick<BankConfig['alerts'], 'bad_addresses'>): Readonly<Record<string, readonly string[]>> {
  const wrong = bad_addresses.find((entry) => !isNetwork(entry));
  if (wrong !== undefined)
    throw new MisconfiguredError(`bank file: alerts.bad_addresses: "${wrong}" is no address and no network in CIDR notation`);
  return { bad_addresses };
}
