// What the schema of a bank's file cannot say of its regions.
// https://docs.aws.amazon.com/accounts/latest/reference/manage-acct-regions.html
import type { BankConfig } from '../shared/config.ts';
import { regionsOf } from '../shared/organization/config.ts';
import type { Problem } from './yaml-file.ts';

export function* regions(bank: BankConfig): Generator<Problem> {
  const known = regionsOf(bank);
  for (const [index, { region, takes_over: takes }] of (bank.regions ?? []).entries()) {
    const path = ['regions', String(index)];
    if (known.indexOf(region) !== index + 1)
      yield { path: [...path, 'region'], message: `${region} is listed twice, or is the home region` };
    if (takes === undefined) continue;
    if (takes === region || !known.includes(takes))
      yield { path: [...path, 'takes_over'], message: `must be another of the bank's regions: ${known.join(', ')} (found "${takes}")` };
    else if ((bank.regions ?? []).findIndex((one) => one.takes_over === takes) !== index)
      yield { path: [...path, 'takes_over'], message: `${takes} is taken over by another region already` };
  }
  for (const [index, account] of bank.accounts.entries()) {
    for (const [at, region] of (account.regions ?? []).entries()) {
      if (known.includes(region)) continue;
      const path = ['accounts', String(index), 'regions', String(at)];
      yield { path, message: `must be one of the platform's regions, ${known.join(', ')}: add it to \`regions\` (found "${region}")` };
    }
  }
  const { organization } = bank;
  if (organization?.management_account === bank.security_account)
    yield {
      path: ['organization', 'management_account'],
      message: 'is the security account: AWS binds the management account by no policy',
    };
}
