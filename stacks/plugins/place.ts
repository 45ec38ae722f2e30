// Which stack goes into which account and region.
import type { BankConfig } from '../../shared/config.ts';

export type StackName = 'security' | 'workload' | 'witness';

export interface StackPlace {
  readonly stack: StackName;
  readonly account: string;
  readonly region: string;
}

/** What `--param stack=` and `--param account=` gave; empty where nothing was given. */
interface Given {
  readonly stack: string;
  readonly account: string;
}

/** @throws Error naming the parameter that does not fit the bank. */
export function placeOf(bank: BankConfig, { stack, account }: Given): StackPlace {
  switch (stack) {
    case 'security':
      return { stack, account: only(account, bank.security_account, 'security'), region: bank.region };
    case 'workload':
      return { stack, account: workloadAccount(bank, account), region: bank.region };
    case 'witness': {
      const witness = bank.log?.witness;
      if (witness === undefined) throw new Error(`--param stack=witness: the file of bank ${bank.bank} names no log.witness`);
      return { stack, account: only(account, witness.account, 'witness'), region: witness.region ?? bank.region };
    }
    default:
      throw new Error(`--param stack= must be security, workload or witness (found "${stack}")`);
  }
}

function only(given: string, account: string, kind: string): string {
  if (given !== '' && given !== account) throw new Error(`--param account=${given} is not the bank's ${kind} account ${account}`);
  return account;
}

function workloadAccount({ accounts }: BankConfig, given: string): string {
  if (accounts.some(({ id }) => id === given)) return given;
  const known = accounts.map(({ id, name }) => `${id} (${name})`).join(', ');
  throw new Error(`--param account=<id> must name one of the bank's accounts: ${known} (found "${given}")`);
}
