// Who gets which messages: conditions of a subscription as an SNS filter policy, and what SNS cannot take of them.
// https://docs.aws.amazon.com/sns/latest/dg/subscription-filter-policy-constraints.html
import type { AlertConditions } from './config.ts';
import type { SeverityName } from '../config.ts';
import { SEVERITY } from '../ocsf/classes.ts';

export const MAX_KEYS = 5;
export const MAX_COMBINATIONS = 150;
const SEVERITIES: readonly SeverityName[] = ['informational', 'low', 'medium', 'high', 'critical'];

export type FilterPolicy = Readonly<Record<string, readonly string[]>>;

/** @returns the policy on message attributes; undefined where every message is meant. Each of its keys must have one of its values. */
export function filterPolicy(when: AlertConditions | undefined): FilterPolicy | undefined {
  if (when === undefined) return undefined;
  const { min_severity: least, accounts, rules, tags, sources, actions } = when;
  const lists = {
    severity: least === undefined ? undefined : SEVERITIES.filter((name) => SEVERITY[name] >= SEVERITY[least]),
    ...{ account: accounts, rule_id: rules, tags, source: sources, action: actions },
  };
  const given = Object.entries(lists).flatMap(([name, values]) => (values === undefined ? [] : [[name, values] as const]));
  return given.length === 0 ? undefined : Object.fromEntries(given);
}

/** @returns what SNS would refuse, undefined where it takes it. */
export function policyProblem(policy: FilterPolicy): string | undefined {
  const keys = Object.keys(policy).length;
  if (keys > MAX_KEYS) return `has ${keys} kinds of conditions, SNS takes ${MAX_KEYS}: leave one out, or make it two subscriptions`;
  const combinations = Object.values(policy).reduce((product, values) => product * values.length, 1);
  if (combinations <= MAX_COMBINATIONS) return undefined;
  return `has ${combinations} combinations of values (the lengths of the lists multiplied), SNS takes ${MAX_COMBINATIONS}: shorten the lists, or make it two subscriptions`;
}
