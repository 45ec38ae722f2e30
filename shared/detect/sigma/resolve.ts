// Documents of one or many files put together: correlations find the rules that they name, filters go into the rules that they are for.
// https://github.com/SigmaHQ/sigma-specification/blob/main/specification/sigma-correlation-rules-specification.md (Related rules)
// https://github.com/SigmaHQ/sigma-specification/blob/main/specification/sigma-filters-specification.md
import type { Loaded } from './load.ts';
import { RuleError, type Correlation, type Filter, type LogSourceName, type Rule } from './rule.ts';

/** How deep correlations of correlations may go. */
const MAX_CHAIN = 10;
const CIRCLE = 'correlations that build on each other in a circle, or on those that do';

export interface Resolved {
  /** With the filters in their conditions, in the order of the documents. */
  readonly rules: readonly Rule[];
  /** Rules are named by id; one that another one builds on comes before it. */
  readonly correlations: readonly Correlation[];
  /** Ids of rules and correlations that only serve others: they raise nothing of their own. */
  readonly silent: ReadonlySet<string>;
  /** What cannot be used: file, line, reason. */
  readonly errors: readonly RuleError[];
  /** Id → where it is written. */
  readonly places: ReadonlyMap<string, Place>;
}

interface Place {
  readonly file: string;
  readonly line: number;
}

type Of<Kind extends Loaded['kind']> = Extract<Loaded, { kind: Kind }>;
type Named = Of<'rule'> | Of<'correlation'>;

export function resolve(documents: readonly Loaded[]): Resolved {
  const errors: RuleError[] = [];
  const unique = withoutDoubles(documents, errors);
  const named = unique.filter((document): document is Named => document.kind !== 'filter');
  const find = finder(named);
  const filtered = applyFilters(unique, find, errors);
  const correlations = resolveCorrelations(named, find, errors);
  return {
    rules: filtered,
    correlations,
    silent: silentOf(correlations),
    errors,
    places: new Map(named.map((document) => [idOf(document), document])),
  };
}

function idOf(document: Loaded): string {
  if (document.kind === 'rule') return document.rule.id;
  return document.kind === 'correlation' ? document.correlation.id : document.filter.id;
}

function nameOf(document: Named): string | undefined {
  return document.kind === 'rule' ? document.rule.name : document.correlation.name;
}

function withoutDoubles(documents: readonly Loaded[], errors: RuleError[]): readonly Loaded[] {
  const first = new Map<string, Place>();
  return documents.filter((document) => {
    const id = idOf(document);
    const other = first.get(id);
    if (other === undefined) first.set(id, document);
    else errors.push(new RuleError(`has the id of ${other.file}:${other.line} (${id})`, ['id'], document));
    return other === undefined;
  });
}

/** @returns the document of that id or name, or why there is none. */
type Find = (reference: string, from: Place) => Named | string;

/** Of rules that have one name, the one in the same file is meant. */
function finder(named: readonly Named[]): Find {
  const byId = new Map(named.map((document) => [idOf(document), document]));
  const byName = Map.groupBy(named, (document) => nameOf(document) ?? '');
  return (reference, from) => {
    const known = byId.get(reference.toLowerCase());
    if (known !== undefined) return known;
    const candidates = byName.get(reference) ?? [];
    const near = candidates.filter(({ file }) => file === from.file);
    const [only, another] = near.length > 0 ? near : candidates;
    if (only === undefined || reference === '') return `there is no rule "${reference}" that can be used`;
    return another === undefined ? only : `several rules are called "${reference}" (${only.file}, ${another.file}); use the id`;
  };
}

function applyFilters(documents: readonly Loaded[], find: Find, errors: RuleError[]): readonly Rule[] {
  const filters = documents.flatMap((document) => {
    if (document.kind !== 'filter') return [];
    const { filter } = document;
    const named = filter.rules === 'any' ? undefined : idsOf(filter.rules, document, find);
    const wrong = typeof named === 'string' ? named : mismatch(filter, named ?? [], documents);
    if (wrong !== undefined) errors.push(new RuleError(wrong, ['filter', 'rules'], document));
    return wrong === undefined && typeof named !== 'string' ? [{ filter, named }] : [];
  });
  return documents.flatMap((document) => {
    if (document.kind !== 'rule') return [];
    const { rule } = document;
    const own = filters.filter(({ filter, named }) => (named === undefined ? covers(filter, rule) : named.includes(rule.id)));
    if (own.length === 0) return [rule];
    const left = own.map(({ filter }) => ({ kind: 'not', of: filter.condition }) as const);
    return [{ ...rule, condition: { kind: 'all', of: [rule.condition, ...left] } as const }];
  });
}

/** The fields of a filter are those of its log source. */
function mismatch(filter: Filter, named: readonly string[], documents: readonly Loaded[]): string | undefined {
  for (const document of documents) {
    if (document.kind === 'correlation' && named.includes(document.correlation.id)) return 'a filter is for rules, not for correlations';
    if (document.kind === 'rule' && named.includes(document.rule.id) && !covers(filter, document.rule)) {
      return `the rule "${document.rule.title}" is of another log source or taxonomy`;
    }
  }
  return undefined;
}

/** What the filter leaves open may be anything. */
function covers({ logsource, taxonomy }: Filter, rule: Rule): boolean {
  const keys = ['category', 'product', 'service'] as const satisfies readonly (keyof LogSourceName)[];
  return taxonomy === rule.taxonomy && keys.every((key) => logsource[key] === undefined || logsource[key] === rule.logsource[key]);
}

/** @returns ids, or why there is none for one of them. */
function idsOf(references: readonly string[], from: Place, find: Find): readonly string[] | string {
  const found = references.map((reference) => find(reference, from));
  const wrong = found.find((one) => typeof one === 'string');
  return wrong ?? found.flatMap((one) => (typeof one === 'string' ? [] : [idOf(one)]));
}

/** From the bottom up: one whose inner ones have been looked at is next. */
function resolveCorrelations(named: readonly Named[], find: Find, errors: RuleError[]): readonly Correlation[] {
  const all = named.filter((document) => document.kind === 'correlation');
  const titles = new Map(all.map(({ correlation }) => [correlation.id, correlation.title]));
  const depths = new Map<string, number | 'unusable'>();
  const usable: Correlation[] = [];

  function look(document: Of<'correlation'>, resolved: Correlation | string): void {
    const problem = typeof resolved === 'string' ? resolved : problemOf(resolved);
    if (problem !== undefined) errors.push(new RuleError(problem, ['correlation', 'rules'], document));
    else if (typeof resolved !== 'string') usable.push(resolved);
    depths.set(document.correlation.id, problem === undefined && typeof resolved !== 'string' ? depthOf(resolved) : 'unusable');
  }
  function depthOf({ rules }: Correlation): number {
    return 1 + Math.max(...rules.map((id) => Number(depths.get(id) ?? 0)));
  }
  function problemOf(correlation: Correlation): string | undefined {
    const inner = correlation.rules.find((id) => depths.get(id) === 'unusable');
    if (inner !== undefined) return `the correlation "${titles.get(inner) ?? inner}" cannot be used`;
    return depthOf(correlation) > MAX_CHAIN ? `chained deeper than ${MAX_CHAIN}` : undefined;
  }

  let waiting = all.map((document) => ({ document, resolved: withIds(document, find) }));
  while (waiting.length > 0) {
    const isNext = ({ resolved }: (typeof waiting)[number]): boolean =>
      typeof resolved === 'string' || resolved.rules.every((id) => !titles.has(id) || depths.has(id));
    const next = waiting.filter(isNext);
    if (next.length === 0) {
      for (const { document } of waiting) errors.push(new RuleError(CIRCLE, ['correlation', 'rules'], document));
      break;
    }
    waiting = waiting.filter((one) => !next.includes(one));
    for (const { document, resolved } of next) look(document, resolved);
  }
  return usable;
}

function withIds({ correlation, file, line }: Of<'correlation'>, find: Find): Correlation | string {
  const from = { file, line };
  const ids = new Map<string, string>();
  for (const reference of [...correlation.rules, ...Object.values(correlation.aliases).flatMap(Object.keys)]) {
    const found = find(reference, from);
    if (typeof found === 'string') return found;
    ids.set(reference, idOf(found));
  }
  const rules = correlation.rules.map((reference) => ids.get(reference) ?? reference);
  const stranger = [...ids].find(([, id]) => !rules.includes(id));
  if (stranger !== undefined) return `aliases names "${stranger[0]}", which is none of its rules`;
  if (new Set(rules).size < rules.length) return 'rules names one rule twice';
  const aliases = Object.entries(correlation.aliases).map(
    ([alias, byRule]) =>
      [alias, Object.fromEntries(Object.entries(byRule).map(([rule, field]) => [ids.get(rule) ?? rule, field]))] as const,
  );
  return { ...correlation, rules, aliases: Object.fromEntries(aliases) };
}

function silentOf(correlations: readonly Correlation[]): ReadonlySet<string> {
  const loud = new Set(correlations.filter(({ generate }) => generate).flatMap(({ rules }) => rules));
  return new Set(correlations.flatMap(({ rules }) => rules).filter((id) => !loud.has(id)));
}
