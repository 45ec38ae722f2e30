// One line of a selection → tests of what a field has.
// https://github.com/SigmaHQ/sigma-specification/blob/main/specification/sigma-appendix-modifiers.md
import { folded, foldedOf, innerFoldedOf, innerOf, textsOf, type Found } from './found.ts';
import { matchNetworks } from './network.ts';
import { quoted } from './regex-syntax.ts';
import { matchRegex } from './regex.ts';
import { RuleError, type Comparison, type Keywords, type Placeholder, type Value } from './rule.ts';
import { literalOf, matchText, type Anchors } from './text.ts';

export type Test = (found: Found) => boolean;

export interface Tests {
  readonly tests: readonly Test[];
  /** All have to hold. */
  readonly every: boolean;
}

type Lists = Readonly<Record<string, readonly string[]>>;

/** @throws RuleError where a placeholder has no list, or one that cannot stand there. */
export function testsOf(comparison: Comparison | Keywords, lists: Lists): Tests {
  const { operator, cased, every } = comparison;
  const values = comparison.values.flatMap((value) => expanded(value, lists, operator === 're'));
  if (values.length > MAX_VALUES) throw new RuleError(`more than ${MAX_VALUES} values, with its lists`, ['detection']);
  switch (operator) {
    case 'cidr':
      return { tests: networkTests(values, every), every };
    case 're':
      return { tests: values.map((value) => regexTest(value, comparison)), every };
    case 'lt':
    case 'lte':
    case 'gt':
    case 'gte':
      return { tests: values.map((value) => numberTest(orders[operator], numberOf(value))), every };
    case 'equals':
      return { tests: every ? values.map((value) => textTest(value, WHOLE, cased)) : equalTests(values, cased), every };
    case 'contains':
      return { tests: values.map((value) => insideTest(value, cased)), every };
    case 'startswith':
      return { tests: values.map((value) => textTest(value, { start: true, end: false }, cased)), every };
    case 'endswith':
      return { tests: values.map((value) => textTest(value, { start: false, end: true }, cased)), every };
    case 'exists':
    case 'null':
      return { tests: [], every };
  }
}

/** Also those of a list of the bank, which may well be longer than what a rule may hold. */
const MAX_VALUES = 1_000_000;

/** Placeholders become the values of their lists, each with each. */
function expanded(value: Value, lists: Lists, isRegex: boolean): readonly string[] {
  if (typeof value !== 'object') return [String(value)];
  if ('ref' in value) return [];
  const parts = 'parts' in value ? value.parts : [value];
  return parts.reduce<readonly string[]>(
    (texts, part) => {
      // What a list has is taken at its word in a regular expression.
      const more = typeof part === 'string' ? [part] : listed(part, lists).map((entry) => (isRegex ? quoted(entry) : entry));
      if (texts.length * more.length > MAX_VALUES) throw new RuleError(`more than ${MAX_VALUES} values, with its lists`, ['detection']);
      return texts.flatMap((text) => more.map((one) => text + one));
    },
    [''],
  );
}

function listed({ expand }: Placeholder, lists: Lists): readonly string[] {
  const list = Object.hasOwn(lists, expand) ? lists[expand] : undefined;
  if (list === undefined) throw new RuleError(`there is no list "${expand}" for the placeholder %${expand}%`, ['detection']);
  return list;
}

/** A list is one look-up, unless each of its networks has to be met. */
function networkTests(networks: readonly string[], every: boolean): readonly Test[] {
  if (networks.length === 0) return [];
  const lists = every ? networks.map((network) => [network]) : [networks];
  return lists.map((list) => {
    const test = matchNetworks(list);
    return (found) => textsOf(found).some(test);
  });
}

function regexTest(source: string, { cased, flags }: Comparison | Keywords): Test {
  const test = matchRegex(source, { ignoreCase: !cased, multiline: flags.includes('m'), dotAll: flags.includes('s') });
  return (found) => textsOf(found).some(test) || innerOf(found).some(test);
}

const WHOLE: Anchors = { start: true, end: true };
const ANYWHERE: Anchors = { start: false, end: false };

/** Values without wildcards are one look-up, however many. */
function equalTests(values: readonly string[], cased: boolean): readonly Test[] {
  const literals = values.map((value) => literalOf(value));
  const plain = new Set(literals.flatMap((literal) => (literal === undefined ? [] : [cased ? literal : folded(literal)])));
  const patterns = values.filter((_, at) => literals[at] === undefined).map((value) => textTest(value, WHOLE, cased));
  if (plain.size === 0) return patterns;
  const texts = cased ? textsOf : foldedOf;
  const [only = ''] = plain;
  const isPlain: Test =
    plain.size === 1 ? (found) => includes(texts(found), only) : (found) => texts(found).some((text) => plain.has(text));
  return [isPlain, ...patterns];
}

function includes(texts: readonly string[], wanted: string): boolean {
  for (const text of texts) if (text === wanted) return true;
  return false;
}

function textTest(value: string, anchors: Anchors, cased: boolean): Test {
  const test = matchText(cased ? value : folded(value), anchors);
  return cased ? (found) => textsOf(found).some(test) : (found) => foldedOf(found).some(test);
}

function insideTest(value: string, cased: boolean): Test {
  const test = matchText(cased ? value : folded(value), ANYWHERE);
  if (cased) return (found) => textsOf(found).some(test) || innerOf(found).some(test);
  return (found) => foldedOf(found).some(test) || innerFoldedOf(found).some(test);
}

const orders = {
  lt: (found: number, value: number) => found < value,
  lte: (found: number, value: number) => found <= value,
  gt: (found: number, value: number) => found > value,
  gte: (found: number, value: number) => found >= value,
};

const NUMBER = /^\s*[+-]?(?:\d+\.?\d*|\.\d+)(?:e[+-]?\d+)?\s*$/i;

function numberOf(value: string): number {
  if (!NUMBER.test(value)) throw new RuleError(`"${value}" is no number`, ['detection']);
  return Number(value);
}

/** A text counts where it is a number from its beginning to its end. */
function numberTest(holds: (found: number, value: number) => boolean, value: number): Test {
  return (found) => textsOf(found).some((text) => NUMBER.test(text) && holds(Number(text), value));
}
