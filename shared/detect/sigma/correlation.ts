// A correlation's YAML, as it was loaded → a Correlation, whose rules are still called as the document calls them: resolve.ts finds them.
// https://github.com/SigmaHQ/sigma-specification/blob/main/specification/sigma-correlation-rules-specification.md
import type { JsonObject } from '../../model.ts';
import { isObject } from '../../outcome.ts';
import { headOf, oneOf, texts } from './header.ts';
import { type Correlation, type CorrelationType, RuleError } from './rule.ts';

const TYPES: readonly CorrelationType[] = [
  'event_count',
  'value_count',
  'value_sum',
  'value_avg',
  'value_percentile',
  'value_median',
  'temporal',
  'temporal_ordered',
];
const OPERATORS = ['gt', 'gte', 'lt', 'lte', 'eq', 'neq'] as const;
const MAX_RULES = 100;

/** ms. A month has 30 days and a year 365, wherever in the calendar. */
const UNITS: Readonly<Partial<Record<string, number>>> = {
  s: 1000,
  m: 60_000,
  h: 3_600_000,
  d: 86_400_000,
  w: 604_800_000,
  M: 2_592_000_000,
  y: 31_536_000_000,
};
const MAX_TIMESPAN_MS = 31_536_000_000;

const KEYS: ReadonlySet<string> = new Set(['type', 'rules', 'group-by', 'timespan', 'condition', 'aliases', 'generate']);
const CONDITION_KEYS: ReadonlySet<string> = new Set([...OPERATORS, 'field', 'percentile']);

/** @throws RuleError with the reason and where in the document. */
export function parseCorrelation(document: JsonObject): Correlation {
  return { ...headOf(document), ...sectionOf(document) };
}

type Section = Pick<
  Correlation,
  'type' | 'rules' | 'groupBy' | 'timespanMs' | 'aliases' | 'condition' | 'fields' | 'percentile' | 'generate'
>;

function sectionOf(document: JsonObject): Section {
  const section = document['correlation'];
  if (!isObject(section)) throw new RuleError('correlation is not a map', ['correlation']);
  return below('correlation', () => {
    const unknown = Object.keys(section).find((key) => !KEYS.has(key));
    if (unknown !== undefined) throw new RuleError(`"${unknown}" is nothing that a correlation has`, [unknown]);
    const type = oneOf(section, 'type', TYPES);
    if (type === undefined) throw new RuleError(`type is missing: one of ${TYPES.join(', ')}`, ['type']);
    return {
      type,
      rules: rulesOf(section),
      groupBy: several(section, 'group-by'),
      timespanMs: timespanOf(section),
      aliases: aliasesOf(section),
      ...conditionOf(section, type),
      generate: isGenerating(section) || isGenerating(document),
    };
  });
}

/** What is wrong in a part of the document, said with the whole path. */
function below<T>(key: string, read: () => T): T {
  try {
    return read();
  } catch (error) {
    if (error instanceof RuleError) throw new RuleError(error.reason, [key, ...error.path]);
    throw error;
  }
}

function rulesOf(section: JsonObject): readonly string[] {
  const rules = several(section, 'rules');
  if (rules.length === 0) throw new RuleError('rules names none', ['rules']);
  if (rules.length > MAX_RULES) throw new RuleError(`rules names more than ${MAX_RULES}`, ['rules']);
  const twice = rules.find((rule, at) => rules.indexOf(rule) !== at);
  if (twice !== undefined) throw new RuleError(`rules names "${twice}" twice`, ['rules']);
  return rules;
}

/** A list, or a text that is a list of one. */
function several(section: JsonObject, key: string): readonly string[] {
  const found = section[key];
  return typeof found === 'string' && found !== '' ? [found] : texts(section, key);
}

function timespanOf(section: JsonObject): number {
  const given = section['timespan'];
  const [, count = '', unit = ''] = /^(\d{1,6})([smhdwMy])$/.exec(typeof given === 'string' ? given.trim() : '') ?? [];
  const ms = Number(count) * (UNITS[unit] ?? 0);
  if (ms <= 0) throw new RuleError('timespan is a number and a unit: 90s, 15m, 2h, 7d', ['timespan']);
  if (ms > MAX_TIMESPAN_MS) throw new RuleError('timespan is longer than a year', ['timespan']);
  return ms;
}

function aliasesOf(section: JsonObject): Correlation['aliases'] {
  const found = section['aliases'];
  if (found === undefined || found === null) return {};
  if (!isObject(found)) throw new RuleError('aliases is a map of alias → rule → field', ['aliases']);
  return Object.fromEntries(
    Object.entries(found).map(([alias, byRule]) => {
      if (!isObject(byRule)) throw new RuleError(`alias "${alias}" is a map of rule → field`, ['aliases', alias]);
      const fields = Object.entries(byRule).map(([rule, field]) => {
        if (typeof field !== 'string' || field === '') throw new RuleError(`alias "${alias}": not a field`, ['aliases', alias, rule]);
        return [rule, field] as const;
      });
      return [alias, Object.fromEntries(fields)];
    }),
  );
}

function conditionOf(section: JsonObject, type: CorrelationType): Pick<Section, 'condition' | 'fields' | 'percentile'> {
  const found = section['condition'];
  const isTemporal = type === 'temporal' || type === 'temporal_ordered';
  if (isTemporal && (found === undefined || found === null)) return { condition: [], fields: [], percentile: MEDIAN };
  return below('condition', () => {
    if (typeof found === 'string') throw new RuleError('conditions on which rules matched are not supported; chain correlations', []);
    if (!isObject(found)) throw new RuleError(`condition is missing: a map such as gte: 10`, []);
    const unknown = Object.keys(found).find((key) => !CONDITION_KEYS.has(key));
    if (unknown !== undefined) throw new RuleError(`"${unknown}" is none of ${[...CONDITION_KEYS].join(', ')}`, [unknown]);
    const condition = OPERATORS.flatMap((operator) => {
      const value = found[operator];
      if (value === undefined) return [];
      if (typeof value !== 'number' || !Number.isFinite(value)) throw new RuleError(`"${operator}" takes a number`, [operator]);
      return [{ operator, value }];
    });
    if (condition.length === 0) throw new RuleError(`condition has none of ${OPERATORS.join(', ')}`, []);
    return { condition, fields: fieldsOf(found, type), percentile: percentileOf(found, type) };
  });
}

function fieldsOf(condition: JsonObject, type: CorrelationType): readonly string[] {
  const fields = several(condition, 'field');
  const takes = type.startsWith('value_');
  if (takes && fields.length === 0) throw new RuleError(`${type} needs a field`, []);
  if (!takes && fields.length > 0) throw new RuleError(`${type} has no field`, ['field']);
  if (fields.length > 1 && type !== 'value_count') throw new RuleError(`${type} takes one field`, ['field']);
  return fields;
}

const MEDIAN = 50;

function percentileOf({ percentile }: JsonObject, type: CorrelationType): number {
  if (percentile === undefined) return MEDIAN;
  if (type !== 'value_percentile') throw new RuleError(`${type} has no percentile`, ['percentile']);
  if (typeof percentile !== 'number' || percentile < 0 || percentile > 100) throw new RuleError('percentile is 0 to 100', ['percentile']);
  return percentile;
}

/** The specification has it beside the correlation, tools have it in it. */
function isGenerating(part: JsonObject): boolean {
  const { generate } = part;
  if (generate !== undefined && generate !== null && typeof generate !== 'boolean')
    throw new RuleError('generate is true or false', ['generate']);
  return generate === true;
}
