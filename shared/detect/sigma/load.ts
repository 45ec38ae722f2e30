// YAML text → rules, correlations and filters, with file and line in every complaint. Used when rules are compiled and tested and by the
// command line; functions load the compiled JSON. https://yaml.org/spec/1.2.2/ (so that No and Yes are texts)
import {
  isCollection,
  isNode,
  isPair,
  isScalar,
  LineCounter,
  parseAllDocuments,
  type CollectionTag,
  type Document,
  type ScalarTag,
  type Tags,
} from 'yaml';
import type { JsonObject } from '../../model.ts';
import { isObject } from '../../outcome.ts';
import { parseCorrelation } from './correlation.ts';
import { parseFilter } from './filter.ts';
import { parseRule } from './parse.ts';
import { RuleError, type Correlation, type Filter, type Rule } from './rule.ts';

export interface LoadedRule {
  readonly rule: Rule;
  /** The document whole, for the keys that matching has no use for. */
  readonly document: JsonObject;
}

interface Place {
  readonly file: string;
  /** Line of the document's first key, from 1. */
  readonly line: number;
}

/** One document of a file. */
export type Loaded = Place &
  (
    | ({ readonly kind: 'rule' } & LoadedRule)
    | { readonly kind: 'correlation'; readonly correlation: Correlation; readonly document: JsonObject }
    | { readonly kind: 'filter'; readonly filter: Filter; readonly document: JsonObject }
  );

export type Broken = Place & { readonly kind: 'broken'; readonly error: RuleError };

/** Rules are written by hand. */
const MAX_CHARACTERS = 1024 * 1024;
const MAX_DOCUMENTS = 1000;
const TOO_DEEP = 'nested too deeply';

/**
 * @param text one rule.
 * @param file its name, for messages.
 * @throws RuleError: file, line, reason.
 */
export function loadRule(text: string, file: string): LoadedRule {
  const [first, second] = loadDocuments(text, file);
  if (first?.kind !== 'rule') throw new RuleError('the document is not a rule', [], { file, line: first?.line ?? 1 });
  if (second !== undefined) throw new RuleError('one rule per file', [], { file, line: second.line });
  return { rule: first.rule, document: first.document };
}

/**
 * @param text documents of any kind, `---` between them.
 * @throws RuleError for the first that cannot be used: file, line, reason.
 */
export function loadDocuments(text: string, file: string): readonly Loaded[] {
  return readDocuments(text, file).map((document) => {
    if (document.kind === 'broken') throw document.error;
    return document;
  });
}

/** As loadDocuments(), but what is wrong with one document leaves the others. */
export function readDocuments(text: string, file: string): readonly (Loaded | Broken)[] {
  const lines = new LineCounter();
  try {
    if (text.length > MAX_CHARACTERS) throw new RuleError(`longer than ${MAX_CHARACTERS} characters`, []);
    const parsed = parseAllDocuments(text, { lineCounter: lines, customTags: exactNumbers });
    const documents = Array.isArray(parsed) ? parsed.filter((one) => !isEmpty(one)) : [];
    if (documents.length === 0) throw new RuleError('the file is empty', []);
    if (documents.length > MAX_DOCUMENTS) throw new RuleError(`more than ${MAX_DOCUMENTS} documents`, []);
    return documents.map((document) => readDocument(document, lines, file));
  } catch (error) {
    return [{ kind: 'broken', file, line: 1, error: ruleError(error, { file, line: () => 1 }) }];
  }
}

const INTEGER = 'tag:yaml.org,2002:int';
const DECIMAL = /^[-+]?[0-9]+$/;
/** A number that a double holds exactly, and that says the same when it is written again. */
const EXACT = /^[-+]?(?:0|[1-9][0-9]{0,14})$/;

/** Account ids and the like are digits too: with zeros in front, or longer than a number may be, they stay the texts that they are. */
function exactNumbers(tags: Tags): Tags {
  return tags.map((tag) => (typeof tag === 'object' && isDecimal(tag) ? { ...tag, test: EXACT } : tag));
}

function isDecimal(tag: ScalarTag | CollectionTag): tag is ScalarTag {
  return tag.tag === INTEGER && 'test' in tag && String(tag.test) === String(DECIMAL);
}

/** Nothing between two lines `---`. */
function isEmpty({ contents, errors }: Document): boolean {
  return errors.length === 0 && (contents === null || (isScalar(contents) && contents.value === null));
}

function readDocument(document: Document, lines: LineCounter, file: string): Loaded | Broken {
  const line = lineOf(document, [], lines);
  try {
    const [broken] = document.errors;
    if (broken !== undefined) {
      const reason = broken.message.startsWith('Maximum call stack') ? TOO_DEEP : (broken.message.split('\n')[0] ?? 'not YAML');
      throw new RuleError(reason, [], { file, line: lines.linePos(broken.pos[0]).line });
    }
    return { file, line, ...contentOf(document.toJS() as unknown) };
  } catch (error) {
    return { kind: 'broken', file, line, error: ruleError(error, { file, line: (path) => lineOf(document, path, lines) }) };
  }
}

type Content = Loaded extends infer One ? (One extends Place ? Omit<One, keyof Place> : never) : never;

function contentOf(content: unknown): Content {
  const document = isObject(content) ? content : {};
  const kinds = ['detection', 'correlation', 'filter'].filter((key) => document[key] !== undefined);
  const [kind, another] = kinds;
  if (another !== undefined) throw new RuleError(`"${kind}" and "${another}" in one document`, [another]);
  if (kind === 'correlation') return { kind, correlation: parseCorrelation(document), document };
  if (kind === 'filter') return { kind, filter: parseFilter(document), document };
  return { kind: 'rule', rule: parseRule(content), document };
}

/** @returns the error with its place. @throws what is none of the document's making. */
function ruleError(
  error: unknown,
  { file, line }: { readonly file: string; readonly line: (path: RuleError['path']) => number },
): RuleError {
  if (error instanceof RuleError) {
    return error.message === error.reason ? new RuleError(error.reason, error.path, { file, line: line(error.path) }) : error;
  }
  // The parser refuses documents whose aliases would unfold into something huge.
  if (error instanceof ReferenceError) return new RuleError(error.message, [], { file, line: 1 });
  // It goes down by recursion, as deep as the document is nested.
  if (error instanceof RangeError) return new RuleError(TOO_DEEP, [], { file, line: 1 });
  throw error;
}

/** @returns the line of the key at the path, or of the nearest one above it that there is. */
function lineOf(document: Document, path: readonly (string | number)[], lines: LineCounter): number {
  let node: unknown = document.contents;
  let offset = isNode(node) ? (node.range?.[0] ?? 0) : 0;
  for (const step of path) {
    if (!isCollection(node)) break;
    const pair: unknown = node.items.find((item, at) =>
      isPair(item) ? isNode(item.key) && String(item.key) === String(step) : at === step,
    );
    const key = isPair(pair) ? pair.key : pair;
    if (!isNode(key)) break;
    offset = key.range?.[0] ?? offset;
    node = isPair(pair) ? pair.value : pair;
  }
  return lines.linePos(offset).line;
}
