// Which stack goes into which account and region.
import type { BankConfig } from '../../shared/config.ts';
import { accountRegions } from '../../shared/organization/config.ts';

export type StackName = 'organization' | 'security' | 'workload' | 'witness';

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

/** @param bank as the region has it that the stack is for. @throws Error naming the parameter that does not fit the bank. */
export function placeOf(bank: BankConfig, { stack, account }: Given): StackPlace {
  switch (stack) {
    case 'organization': {
      const { organization } = bank;
      if (organization === undefined) throw new Error(`--param stack=organization: the file of bank ${bank.bank} has no organization`);
      return { stack, account: only(account, organization.management_account, 'management'), region: bank.region };
    }
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
      throw new Error(`--param stack= must be organization, security, workload or witness (found "${stack}")`);
  }
}

function only(given: string, account: string, kind: string): string {
  if (given !== '' && given !== account) throw new Error(`--param account=${given} is not the bank's ${kind} account ${account}`);
  return account;
}

/** The management account has logs too, and no StackSet of the organization reaches it. */
function workloadAccount(bank: BankConfig, given: string): string {
  const here = bank.accounts.filter((account) => accountRegions(bank, account).includes(bank.region));
  const management = bank.organization?.management_account;
  if (here.some(({ id }) => id === given) || (management !== undefined && given === management)) return given;
  const known = here.map(({ id, name }) => `${id} (${name})`).join(', ');
  throw new Error(`--param account=<id> must name one of the bank's accounts in ${bank.region}: ${known} (found "${given}")`);
}
