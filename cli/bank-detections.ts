// What contradicts itself in `detections` of a bank's file, or names what there is not.
import type { BankConfig } from '../shared/config.ts';
import type { SuppressConfig, TuneConfig } from '../shared/detect/config.ts';
import { BANK_LISTS } from '../shared/detect/bank-lists.ts';
import { createEngine } from '../shared/detect/engine.ts';
import { listsOf } from '../shared/detect/lists.ts';
import { idsNamed, namesOf } from '../shared/detect/rule-names.ts';
import { isNetwork } from '../shared/detect/sigma/network.ts';
import { RuleError, type Correlation, type Expression, type Rule } from '../shared/detect/sigma/rule.ts';
import { createSuppressions } from '../shared/detect/suppress.ts';
import { bankLists, isLeast, listNames, namedOf, tunedPack, wholePack } from '../shared/detect/tuning.ts';
import { found } from './similar.ts';
import type { Problem } from './yaml-file.ts';

export function* detections(bank: BankConfig): Generator<Problem> {
  const { disable = [], tune = [], suppress = [] } = bank.detections ?? {};
  const named = namedOf(wholePack(bank));
  const entries = [
    ...disable.map(({ rule }, at) => ({ rule, path: ['detections', 'disable', String(at), 'rule'] })),
    ...tune.map(({ rule }, at) => ({ rule, path: ['detections', 'tune', String(at), 'rule'] })),
    ...suppress.map(({ rule }, at) => ({ rule, path: ['detections', 'suppress', String(at), 'rule'] })),
  ];
  for (const { rule, path } of entries) {
    if (rule !== undefined && idsNamed(rule, named).length === 0)
      yield { path, message: `must be a rule: its file below rules/ without .yml, or its id ${found(rule, namesOf(named))}` };
  }
  for (const [at, config] of tune.entries()) yield* tuning(config, named, ['detections', 'tune', String(at)]);
  for (const [at, config] of suppress.entries()) yield* suppression(config, bank, ['detections', 'suppress', String(at)]);
  yield* lists(bank);
  yield* placeholders(bank);
}

function* tuning(
  { rule, group_by, lists: own, at_least, minutes }: TuneConfig,
  named: readonly (Rule | Correlation)[],
  path: readonly string[],
): Generator<Problem> {
  const ids = idsNamed(rule, named);
  const meant = named.filter(({ id }) => ids.includes(id));
  if (meant.length === 0) return;
  const correlations = meant.filter((one) => 'timespanMs' in one);
  const rules = meant.filter((one) => 'group_by' in one);
  for (const key of ['at_least', 'minutes'] as const) {
    if ((key === 'minutes' ? minutes : at_least) !== undefined && correlations.length === 0)
      yield { path: [...path, key], message: `is of correlations; ${rule} looks at single events` };
  }
  if (
    at_least !== undefined &&
    correlations.length > 0 &&
    !correlations.some(({ condition }) => condition.some(({ operator }) => isLeast(operator)))
  )
    yield { path: [...path, 'at_least'], message: `${rule} has no number that has to be reached` };
  if (group_by !== undefined && rules.some((one) => one.group_by.includes('cloud.account.uid')) && !group_by.includes('cloud.account.uid'))
    yield { path: [...path, 'group_by'], message: 'must have cloud.account.uid: users and private addresses repeat in other accounts' };
  const asked = new Set(rules.flatMap(({ condition }) => [...listNames(condition)]));
  for (const name of Object.keys(own ?? {})) {
    if (!asked.has(name)) yield { path: [...path, 'lists', name], message: `${rule} asks for no such list ${found(name, [...asked])}` };
  }
}

function* suppression(config: SuppressConfig, bank: BankConfig, path: readonly string[]): Generator<Problem> {
  const { rule, when, until } = config;
  if (rule === undefined && when === undefined)
    yield { path, message: 'must have rule, when or both; with neither, nothing would be alerted' };
  if (!isDay(until)) yield { path: [...path, 'until'], message: `there is no such day (found "${until}")` };
  if (when === undefined) return;
  try {
    createSuppressions([{ ...config, rule: undefined }], [], lenient(bank, listNamesOf(bank)));
  } catch (error) {
    if (!(error instanceof RuleError)) throw error;
    yield { path: [...path, 'when', ...error.path.slice(4).map(String)], message: error.reason };
  }
}

/** Dates go on behind the last day of a month. */
function isDay(day: string): boolean {
  const time = Date.parse(`${day}T00:00:00Z`);
  return Number.isFinite(time) && new Date(time).toISOString().startsWith(day);
}

/** What the stack gives, or the bank's file says elsewhere. */
const GIVEN: readonly string[] = ['bank_accounts', ...Object.keys(listsOf({ bad_addresses: [] }))];

function listNamesOf(bank: BankConfig): readonly string[] {
  const { rules } = wholePack(bank);
  return [...new Set([...Object.keys(BANK_LISTS), ...rules.flatMap(({ condition }) => [...listNames(condition)])])];
}

function* lists(bank: BankConfig): Generator<Problem> {
  const known = listNamesOf(bank).filter((name) => !GIVEN.includes(name));
  const networks = new Set(wholePack(bank).rules.flatMap(({ condition }) => networkLists(condition)));
  for (const [name, list] of Object.entries(bank.detections?.lists ?? {})) {
    const path = ['detections', 'lists', name];
    if (!known.includes(name)) yield { path, message: `must be a list that rules ask for ${found(name, known)}` };
    for (const [at, entry] of list.entries()) {
      if (networks.has(name) && !isNetwork(entry))
        yield { path: [...path, String(at)], message: `must be an address or a network in CIDR notation (found "${entry}")` };
    }
  }
}

/** @returns names of lists that addresses are looked up in. */
function networkLists(condition: Expression): readonly string[] {
  switch (condition.kind) {
    case 'all':
    case 'any':
      return condition.of.flatMap(networkLists);
    case 'not':
      return networkLists(condition.of);
    case 'field':
      return condition.operator === 'cidr' ? [...listNames(condition)] : [];
    case 'keywords':
    case 'time':
      return [];
  }
}

/** Lists that only rules of the bank ask for have no default. */
function* placeholders(bank: BankConfig): Generator<Problem> {
  const given = new Set([...Object.keys(BANK_LISTS), ...GIVEN, ...Object.keys(bank.detections?.lists ?? {})]);
  for (const rule of bank.rules?.rules ?? []) {
    for (const name of listNames(rule.condition)) {
      if (!given.has(name))
        yield { path: ['detections', 'lists'], message: `lacks ${name}, which rule ${rule.notes?.path ?? rule.id} asks for` };
    }
  }
  const { rules } = tunedPack(bank);
  try {
    createEngine(rules, lenient(bank, listNamesOf(bank)));
  } catch (error) {
    if (!(error instanceof RuleError)) throw error;
    yield { path: ['detections'], message: error.reason };
  }
}

/** @returns a line for each redaction that takes out what rules look at: they see events as the hub has them. */
export function blinded(bank: BankConfig): readonly string[] {
  const rules = tunedPack(bank).rules.filter(({ taxonomy }) => taxonomy === 'ocsf');
  return bank.redaction.flatMap(({ field }) => {
    const hides = (path: string): boolean => path === field || path.startsWith(`${field}.`) || field.startsWith(`${path}.`);
    const names = rules.filter(({ condition }) => fieldsOf(condition).some(hides)).map(({ notes, id }) => notes?.path ?? id);
    if (names.length === 0) return [];
    return [`redaction of ${field} takes out what rules look at, so that they find less: ${[...new Set(names)].join(', ')}`];
  });
}

function fieldsOf(condition: Expression): readonly string[] {
  switch (condition.kind) {
    case 'all':
    case 'any':
      return condition.of.flatMap(fieldsOf);
    case 'not':
      return fieldsOf(condition.of);
    case 'field':
    case 'time':
      return [condition.field];
    case 'keywords':
      return [];
  }
}

/** What is wrong with the lists themselves is said elsewhere. */
function lenient(bank: BankConfig, names: readonly string[]): Readonly<Record<string, readonly string[]>> {
  return {
    ...Object.fromEntries(names.map((name) => [name, []])),
    ...bankLists({ ...bank, alerts: { ...bank.alerts, bad_addresses: [] } }),
  };
}
