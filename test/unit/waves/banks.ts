// Banks for tests of their deployment, made of the demo's.
import { loadBank } from '../../../cli/bank.ts';
import type { BankConfig } from '../../../shared/config.ts';

export function bankOf(name: string, more: Partial<BankConfig>): BankConfig {
  const { bank } = loadBank('banks/demo.yml');
  if (bank === undefined) throw new Error('banks/demo.yml does not load');
  return { ...bank, bank: name, ...more };
}
