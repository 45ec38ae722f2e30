// YAML text → Rule, with file and line in every complaint. Used when rules are compiled and tested; functions load the compiled JSON.
// https://yaml.org/spec/1.2.2/ (so that No and Yes are texts)
import { isCollection, isNode, isPair, LineCounter, parseAllDocuments, type Document } from 'yaml';
import type { JsonObject } from '../../model.ts';
import { isObject } from '../../outcome.ts';
import { parseRule } from './parse.ts';
import { RuleError, type Rule } from './rule.ts';

export interface LoadedRule {
  readonly rule: Rule;
  /** The document whole, for the keys that matching has no use for. */
  readonly document: JsonObject;
}

/**
 * @param text one rule.
 * @param file its name, for messages.
 * @throws RuleError: file, line, reason.
 */
export function loadRule(text: string, file: string): LoadedRule {
  const lines = new LineCounter();
  const documents = parseAllDocuments(text, { lineCounter: lines });
  const [document, second] = Array.isArray(documents) ? documents : [];
  if (document === undefined) throw new RuleError('the file is empty', [], { file, line: 1 });
  const [broken] = document.errors;
  if (broken !== undefined) {
    throw new RuleError(broken.message.split('\n')[0] ?? 'not YAML', [], { file, line: lines.linePos(broken.pos[0]).line });
  }
  if (second !== undefined) throw new RuleError('one rule per file', [], { file, line: lines.linePos(second.range[0]).line });
  try {
    const content: unknown = document.toJS();
    const rule = parseRule(content);
    return { rule, document: isObject(content) ? content : {} };
  } catch (error) {
    if (error instanceof RuleError) throw new RuleError(error.reason, error.path, { file, line: lineOf(document, error.path, lines) });
    // The parser refuses documents whose aliases would unfold into something huge.
    if (error instanceof ReferenceError) throw new RuleError(error.message, [], { file, line: 1 });
    throw error;
  }
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
