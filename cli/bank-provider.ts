// What contradicts itself in `provider` of a bank's file, and what leaves by it.
// https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-cross-account.html
import type { BankConfig } from '../shared/config.ts';
import { findingsBus, healthBus, providerBus } from '../shared/provider/provider.ts';
import { isDay } from './bank-access.ts';
import type { Problem } from './yaml-file.ts';

export function* provider(bank: BankConfig): Generator<Problem> {
  const { provider: given, organization, security_account: security } = bank;
  if (given === undefined) return;
  const { account } = providerBus(given);
  const own = [security, organization?.management_account, ...bank.accounts.map(({ id }) => id)];
  if (own.includes(account))
    yield { path: ['provider', 'event_bus_arn'], message: `is in ${account}, an account of the bank: for those there is alerts.event_bus` };
  if (findingsBus(bank) === undefined && healthBus(bank) === undefined)
    yield { path: ['provider'], message: 'gets neither findings nor health: leave it out' };
  const { on } = given.consent;
  if (!isDay(on)) yield { path: ['provider', 'consent', 'on'], message: `must be a day of the calendar (found "${on}")` };
}

/** @returns what leaves the bank, to whom, and who has agreed to it; for whoever reviews the file. */
export function leaving(bank: BankConfig): readonly string[] {
  const { provider: given } = bank;
  if (given === undefined) return [];
  const findings = findingsBus(bank);
  const what = [
    ...(findings === undefined ? [] : [`findings from severity ${findings.from} on`]),
    ...(healthBus(bank) === undefined ? [] : ["states of the platform's alarms"]),
  ];
  const { account, region } = providerBus(given);
  const { by, on, reference } = given.consent;
  return [`${what.join(' and ')} go to ${given.name} (account ${account}, ${region}); agreed to by ${by} on ${on}, ${reference}`];
}
