// What contradicts itself in `alerts` of a bank's file. https://docs.aws.amazon.com/sns/latest/dg/subscription-filter-policy-constraints.html
import { FINDINGS_SOURCE } from '../shared/alert/publish.ts';
import { filterPolicy, policyProblem } from '../shared/alert/routing.ts';
import type { AlertConditions } from '../shared/alert/config.ts';
import type { BankConfig } from '../shared/config.ts';
import { sourcesOf } from '../shared/sources/routes.ts';
import { found } from './similar.ts';
import type { Problem } from './yaml-file.ts';

export function* alerts(bank: BankConfig): Generator<Problem> {
  const places = new Set<string>();
  for (const [index, { protocol, endpoint, when }] of bank.alerts.subscriptions.entries()) {
    const path = ['alerts', 'subscriptions', String(index)];
    // SNS has one subscription per protocol and endpoint.
    if (places.has(`${protocol} ${endpoint}`))
      yield { path: [...path, 'endpoint'], message: `${endpoint} is subscribed twice: SNS takes one` };
    places.add(`${protocol} ${endpoint}`);
    if (when !== undefined) yield* conditions(bank, when, [...path, 'when']);
  }
  const { event_bus: bus } = bank.alerts;
  const own = `strongroom-${bank.bank}`;
  if (bus === own || bus?.endsWith(`:${bank.security_account}:event-bus/${own}`) === true)
    yield { path: ['alerts', 'event_bus'], message: `must not be ${own}, from which events are taken in` };
}

function* conditions(bank: BankConfig, when: AlertConditions, path: readonly string[]): Generator<Problem> {
  const accounts = [bank.security_account, ...bank.accounts.map(({ id }) => id)];
  const sources = [...sourcesOf(bank).map(({ name }) => name), FINDINGS_SOURCE];
  for (const [at, account] of (when.accounts ?? []).entries()) {
    if (!accounts.includes(account))
      yield {
        path: [...path, 'accounts', String(at)],
        message: `must be one of the bank's accounts, ${accounts.join(', ')} (found "${account}")`,
      };
  }
  for (const [at, source] of (when.sources ?? []).entries()) {
    if (!sources.includes(source))
      yield {
        path: [...path, 'sources', String(at)],
        message: `must be a source, see \`npx strongroom sources\`, or ${FINDINGS_SOURCE} ${found(source, sources)}`,
      };
  }
  const policy = filterPolicy(when);
  const problem = policy === undefined ? undefined : policyProblem(policy);
  if (problem !== undefined) yield { path, message: problem };
}
