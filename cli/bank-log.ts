// What the schema cannot say of a bank's log: a witness that is nobody else, a key that is not the witness's.
import type { BankConfig } from '../shared/config.ts';
import { witnessSettings } from '../shared/notary/settings.ts';
import { verifierOf } from '../shared/notary/verifier.ts';
import type { Problem } from './yaml-file.ts';

export function* log(bank: BankConfig): Generator<Problem> {
  const { account, key } = bank.log?.witness ?? {};
  const path = ['log', 'witness'];
  if (account !== undefined && [bank.security_account, ...bank.accounts.map(({ id }) => id)].includes(account))
    yield { path: [...path, 'account'], message: `must be none of the accounts that this file is about (found "${account}")` };
  if (key === undefined) return;
  const [name, expected] = [nameOfKey(key), witnessSettings(bank)?.name];
  if (name === undefined) yield { path: [...path, 'key'], message: 'is no verifier key: it was altered, or a part of it is missing' };
  else if (name !== expected)
    yield { path: [...path, 'key'], message: `must be that of ${expected ?? 'the witness'} (found the key of ${name})` };
}

function nameOfKey(key: string): string | undefined {
  try {
    return verifierOf(key).name;
  } catch {
    return undefined;
  }
}
