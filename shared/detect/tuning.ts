// The rules as one bank has them: those that ship and its own, without what it has switched off, with levels, groups, lists and thresholds
// of its own (`detections` of its file). https://sigmahq.io/docs/basics/rules.html
import type { BankConfig } from '../config.ts';
import type { TuneConfig } from './config.ts';
import { emptyBankLists } from './bank-lists.ts';
import { listsOf, type EvidenceStore } from './lists.ts';
import { alertingRules, correlationsOf, shippedPack, type RulePack } from './pack.ts';
import { idsNamed } from './rule-names.ts';
import type { Correlation, Expression, Rule } from './sigma/rule.ts';
import { createSuppressions, type Suppressions } from './suppress.ts';

/** What detection needs of a bank's file. */
export type DetectingBank = Pick<BankConfig, 'alerts' | 'accounts' | 'security_account' | 'detections' | 'rules'>;

export interface BankRules {
  /** In the stream: rules that alert on a single event. */
  readonly stream: readonly Rule[];
  /** On a schedule: correlations, and the rules that they build on. */
  readonly correlations: RulePack;
  /** What placeholders stand for. */
  readonly lists: Readonly<Record<string, readonly string[]>>;
  readonly suppressions: Suppressions;
}

/**
 * @param store where the stack says what of AWS holds the evidence.
 * @throws RuleError, MisconfiguredError for what `strongroom check` would have refused.
 */
export function rulesOf(bank: DetectingBank, store?: EvidenceStore): BankRules {
  const pack = tunedPack(bank);
  const lists = bankLists(bank, store);
  return {
    stream: alertingRules(pack),
    correlations: correlationsOf(pack),
    lists,
    suppressions: createSuppressions(bank.detections?.suppress ?? [], namedOf(wholePack(bank)), lists),
  };
}

/** The rules that ship and the bank's own, nothing tuned; a rule of the bank takes the place of the one of its id. */
export function wholePack({ rules: own }: Pick<BankConfig, 'rules'>): RulePack {
  const shipped = shippedPack();
  if (own === undefined) return shipped;
  const ids = new Set([...own.rules, ...own.correlations].map(({ id }) => id));
  return {
    rules: [...shipped.rules.filter(({ id }) => !ids.has(id)), ...own.rules],
    correlations: [...shipped.correlations.filter(({ id }) => !ids.has(id)), ...own.correlations],
    silent: [...shipped.silent, ...own.silent],
  };
}

/** What a bank's file may name. */
export function namedOf({ rules, correlations }: RulePack): readonly (Rule | Correlation)[] {
  return [...rules, ...correlations];
}

/** @returns the rules as the bank has tuned them. What it has disabled alerts no more; correlations that build on it go on. */
export function tunedPack(bank: Pick<BankConfig, 'detections' | 'rules'>): RulePack {
  const whole = wholePack(bank);
  const named = namedOf(whole);
  const { disable = [], tune = [] } = bank.detections ?? {};
  const disabled = new Set(disable.flatMap(({ rule }) => idsNamed(rule, named)));
  const tuning = tune.map((config) => ({ config, ids: new Set(idsNamed(config.rule, named)) }));
  const of = (id: string): readonly TuneConfig[] => tuning.filter(({ ids }) => ids.has(id)).map(({ config }) => config);
  const silent = [...whole.silent, ...disabled];
  // A correlation whose findings nobody gets and nothing builds on would only cost.
  const correlations = whole.correlations
    .map((one) => of(one.id).reduce(tunedCorrelation, one))
    .filter(({ id }, _, all) => !silent.includes(id) || all.some((other) => other.rules.includes(id) && !disabled.has(other.id)));
  return { rules: whole.rules.map((one) => of(one.id).reduce(tunedRule, one)), correlations, silent };
}

function tunedRule(rule: Rule, { level, group_by, lists }: TuneConfig): Rule {
  const names = new Set(Object.keys(lists ?? {}));
  return {
    ...rule,
    level: level ?? rule.level,
    group_by: group_by ?? rule.group_by,
    condition: names.size === 0 ? rule.condition : withOwnLists(rule.condition, rule.id, names),
  };
}

function tunedCorrelation(correlation: Correlation, { level, at_least, minutes }: TuneConfig): Correlation {
  const condition = correlation.condition.map((one) =>
    at_least !== undefined && isLeast(one.operator) ? ({ operator: 'gte', value: at_least } as const) : one,
  );
  return {
    ...correlation,
    level: level ?? correlation.level,
    timespanMs: minutes === undefined ? correlation.timespanMs : minutes * 60_000,
    condition,
  };
}

/** Whether the condition is one that `at_least` can replace. */
export function isLeast(operator: Correlation['condition'][number]['operator']): boolean {
  return operator === 'gt' || operator === 'gte';
}

/** Placeholders of a rule that has lists of its own stand for those: `%name%` becomes `%<id>/name%`. */
function withOwnLists(condition: Expression, id: string, names: ReadonlySet<string>): Expression {
  return JSON.parse(JSON.stringify(condition), (key, value: unknown) =>
    key === 'expand' && typeof value === 'string' && names.has(value) ? ownList(id, value) : value,
  ) as Expression;
}

function ownList(id: string, name: string): string {
  return `${id}/${name}`;
}

/** @returns names of the lists that a condition asks for. */
export function listNames(condition: Expression): ReadonlySet<string> {
  const names = new Set<string>();
  JSON.stringify(condition, (key, value: unknown) => {
    if (key === 'expand' && typeof value === 'string') names.add(value);
    return value;
  });
  return names;
}

/** @returns every list that a rule of the bank may ask for; empty ones where it gives none. */
export function bankLists(bank: DetectingBank, store?: EvidenceStore): Readonly<Record<string, readonly string[]>> {
  const { lists = {}, tune = [] } = bank.detections ?? {};
  const named = namedOf(wholePack(bank));
  const own = tune.flatMap(({ rule, lists: tuned = {} }) =>
    idsNamed(rule, named).flatMap((id) => Object.entries(tuned).map(([name, list]) => [ownList(id, name), list] as const)),
  );
  return {
    ...emptyBankLists(),
    ...lists,
    ...Object.fromEntries(own),
    bank_accounts: [bank.security_account, ...bank.accounts.map(({ id }) => id)],
    ...listsOf(bank.alerts, store),
  };
}
