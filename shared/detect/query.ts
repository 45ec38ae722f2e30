// A rule as a question to the index: it never misses an event that the engine matches (events that keep to their schema, in indices of this
// version's templates), and finds others besides where the index knows less than the event. Who asks it lets the engine decide on `_source`.
// https://docs.opensearch.org/latest/query-dsl/
import type { JsonObject } from '../model.ts';
import { OCSF_CLASSES, OWN_PRODUCT } from '../ocsf/classes.ts';
import type { Fields } from '../opensearch/field-groups.ts';
import { CLASS_FIELDS, fieldsOf } from '../opensearch/fields.ts';
import { INDEX_PREFIX } from '../opensearch/index-name.ts';
import { all, any, anyOf, atMost, everyOf, isExact, not, sent, UNKNOWN, type Bound, type Query } from './query-bound.ts';
import { rawLogOf, type SurePlace, type SurePlaces } from './query-places.ts';
import { compared, type Plain, type Target } from './query-values.ts';
import type { Comparison, Expression, Rule } from './sigma/rule.ts';

export interface RuleQuery {
  /** In OpenSearch's words; every event that the rule matches is among its hits. */
  readonly query: JsonObject;
  /** Every hit of the rule's log source is a match: nothing has to be looked at again. */
  readonly exact: boolean;
  /** Beginnings of the names of periods that such events are in: `ocsf-api_activity-`. */
  readonly periods: readonly string[];
}

type Lists = Readonly<Record<string, readonly string[]>>;

/** What has to hold beside the rule: a field of it has one of the values. */
export interface Having {
  readonly field: string;
  readonly values: readonly string[];
}

/**
 * @param lists what placeholders stand for; one that is not there is left open.
 * @param having one of these has to hold in full (each is a conjunction); none: no more than the rule.
 */
export function queryOf(rule: Rule, lists: Lists, having: readonly (readonly Having[])[] = []): RuleQuery {
  const source = sourceOf(rule);
  const expression: Expression = having.length === 0 ? rule.condition : { kind: 'all', of: [rule.condition, oneOf(having)] };
  const byClass = source.classes.map(({ uid, fields }) => {
    const bound = boundOf(expression, { field: (name) => source.targets(name, fields), lists });
    return { uid, over: bound.over, exact: isExact(bound) };
  });
  const events = all([source.events, ...inOneClass(byClass)]);
  return {
    query: sent(events),
    exact: byClass.length > 0 && byClass.every(({ exact }) => exact),
    periods: source.classes.length === 0 ? [INDEX_PREFIX] : source.classes.map(({ name }) => `${INDEX_PREFIX}${name}-`),
  };
}

/** The question of each class, beside the class where they differ. */
function inOneClass(byClass: readonly { readonly uid: number; readonly over: Query }[]): readonly Query[] {
  if (byClass.length === 0) return [];
  const [first] = byClass;
  if (byClass.every(({ over }) => JSON.stringify(over) === JSON.stringify(first?.over))) return [first?.over ?? 'all'];
  return [any(byClass.map(({ uid, over }) => all([{ term: { class_uid: String(uid) } }, over])))];
}

function oneOf(having: readonly (readonly Having[])[]): Expression {
  const conjunctions = having.map((one) => ({ kind: 'all', of: one.map(hasOneOf) }) as const);
  return { kind: 'any', of: conjunctions };
}

function hasOneOf({ field, values }: Having): Comparison {
  const escaped = values.map((value) => value.replaceAll(/[*?\\]/g, '\\$&'));
  return { kind: 'field', field, operator: 'equals', values: escaped, every: false, cased: false, flags: '' };
}

interface Source {
  /** Which events of the index are of the log source at all. */
  readonly events: Query;
  readonly classes: readonly IndexedClass[];
  /** @returns where a field's value surely is, if it is a text; none where that cannot be told. */
  readonly targets: (name: string, fields: Fields) => SureTargets | undefined;
}

interface IndexedClass {
  readonly uid: number;
  readonly name: string;
  readonly fields: Fields;
}

interface SureTargets {
  readonly targets: readonly Target[];
  /** Its values are those of the attribute and no others. */
  readonly isDirect: boolean;
  /** The attribute is there exactly where the field is. */
  readonly tellsAbsence: boolean;
  readonly place?: SurePlace;
}

const CLASSES: readonly IndexedClass[] = CLASS_FIELDS.map(({ cls, fields }) => ({
  uid: cls.uid,
  name: cls.name,
  fields: fieldsOf(fields),
}));

function sourceOf(rule: Rule): Source {
  if (rule.taxonomy === 'ocsf') return classSource(rule.logsource.category);
  const log = rawLogOf(rule.logsource);
  // One that is not known here may be in any class, under any attribute.
  if (log === undefined) return { events: 'all', classes: [], targets: () => undefined };
  return {
    events: { term: { 'metadata.product.name': log.product } },
    classes: CLASSES.filter(({ uid }) => log.classes.includes(uid)),
    targets: (name, fields) => rawTargets(log.places, name, fields),
  };
}

/** Findings of our own are no rule's business. */
const OTHERS: Query = { bool: { must_not: [{ term: { 'metadata.product.name': OWN_PRODUCT } }] } };

function classSource(name: string | undefined): Source {
  const cls = OCSF_CLASSES.find((one) => one.name === name);
  const known = CLASSES.filter(({ uid }) => uid === cls?.uid);
  const hasOwn = cls === undefined || cls.category === FINDINGS;
  return { events: hasOwn ? atMost(OTHERS).over : 'all', classes: known, targets: directTarget };
}

const FINDINGS = 2;

function directTarget(name: string, fields: Fields): SureTargets | undefined {
  const target = targetOf(name, fields);
  return target === undefined ? undefined : { targets: [target], isDirect: true, tellsAbsence: target.keys.length === 0 };
}

function rawTargets(places: SurePlaces, name: string, fields: Fields): SureTargets | undefined {
  for (let end = name.length; end > 0; end = name.lastIndexOf('.', end - 1)) {
    const place = Object.hasOwn(places, name.slice(0, end)) ? places[name.slice(0, end)] : undefined;
    if (place === undefined) continue;
    const targets = place.paths.map((path) => targetOf(path + name.slice(end), fields));
    const known = targets.filter((target) => target !== undefined);
    if (known.length < targets.length) return undefined;
    return { targets: known, isDirect: false, tellsAbsence: place.tellsAbsence && known.every(({ keys }) => keys.length === 0), place };
  }
  return undefined;
}

/** @returns undefined where the attribute is not indexed. */
function targetOf(path: string, fields: Fields): Target | undefined {
  const search = Object.hasOwn(fields, path) ? fields[path] : undefined;
  if (search !== undefined) return { path, search, keys: [] };
  const payload = Object.keys(fields).find((one) => fields[one] === 'payload' && path.startsWith(`${one}.`));
  return payload === undefined || !HOLDS_JSON.test(payload)
    ? undefined
    : { path: payload, search: 'payload', keys: path.slice(payload.length + 1).split('.') };
}

/** Rules look into these, which travel as JSON text; other payloads are texts. See view.ts. */
const HOLDS_JSON = /^api\.(?:request|response)\.data$/;

interface Surroundings {
  readonly field: (name: string) => SureTargets | undefined;
  readonly lists: Lists;
}

function boundOf(expression: Expression, surroundings: Surroundings): Bound {
  switch (expression.kind) {
    case 'all':
      return everyOf(expression.of.map((part) => boundOf(part, surroundings)));
    case 'any':
      return anyOf(expression.of.map((part) => boundOf(part, surroundings)));
    case 'not':
      return not(boundOf(expression.of, surroundings));
    case 'field':
      return comparisonBound(expression, surroundings);
    // Words anywhere, and parts of times, are no terms of the index.
    case 'keywords':
    case 'time':
      return UNKNOWN;
  }
}

function comparisonBound(comparison: Comparison, { field, lists }: Surroundings): Bound {
  const place = field(comparison.field);
  const values = plainValues(comparison, lists);
  if (place === undefined || values === undefined) return UNKNOWN;
  const { targets, isDirect, tellsAbsence } = place;
  const { operator, every, cased } = comparison;
  const words = wordsOf(comparison, values, place.place);
  if (words === undefined) return UNKNOWN;
  const plain: Plain = { operator, values: words, every, cased };
  const needsAbsence = operator === 'null' || (operator === 'exists' && values[0] !== 'true');
  if (needsAbsence)
    return tellsAbsence ? atMost(all(targets.map((target) => compared(target, { ...plain, operator: 'null' }).over))) : UNKNOWN;
  // What is no text stays where the index does not look; only what an event does not have may be an empty text.
  if (!isDirect && values.includes('')) return UNKNOWN;
  const found = anyOf(targets.map((target) => compared(target, plain)));
  if (isDirect) return found;
  if (place.place?.mayBeElsewhere !== true) return atMost(found.over);
  const elsewhere = all(targets.map(({ path }): Query => ({ bool: { must_not: [{ exists: { field: path } }] } })));
  return atMost(any([found.over, elsewhere]));
}

/** @returns the attribute's values for the log's words; undefined where one may be another word. */
function wordsOf({ operator }: Comparison, values: readonly string[], place: SurePlace | undefined): readonly string[] | undefined {
  const words = place?.words;
  if (words === undefined) return values;
  const known = values.flatMap((value) => words[value.toLowerCase()] ?? []);
  return operator === 'equals' && known.length === values.length ? known : undefined;
}

/** @returns undefined where they are not known before the event is. */
function plainValues({ values }: Comparison, lists: Lists): readonly string[] | undefined {
  const plain: string[] = [];
  for (const value of values) {
    if (typeof value !== 'object') plain.push(String(value));
    else if ('expand' in value && Object.hasOwn(lists, value.expand)) plain.push(...(lists[value.expand] ?? []));
    else return undefined;
  }
  return plain;
}
