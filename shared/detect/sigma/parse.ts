// A rule's YAML, as it was loaded → a Rule; nothing that would not take part in matching is let through in silence.
// https://github.com/SigmaHQ/sigma-specification/blob/main/specification/sigma-rules-specification.md
import type { JsonObject } from '../../model.ts';
import { isArray, isObject } from '../../outcome.ts';
import { parseCondition } from './condition.ts';
import { LEVELS, RuleError, STATUSES, type Expression, type LogSourceName, type Rule } from './rule.ts';
import { parseSelection } from './selection.ts';

const UUID = /^[0-9a-fA-F]{8}(?:-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}$/;
const TAG = /^[a-z0-9_-]+\.[a-z0-9._-]+$/;
const SELECTION = /^[A-Za-z0-9_-]+$/;
const MAX_DEPTH = 20;

/** Who did it, and in which account. */
const DEFAULT_GROUP: readonly string[] = ['actor.user.uid', 'cloud.account.uid'];

/**
 * @param document what the YAML parser made of one document. Unknown keys are allowed, as Sigma wants it.
 * @throws RuleError with the reason and where in the document.
 */
export function parseRule(document: unknown): Rule {
  if (!isObject(document)) throw new RuleError('a rule is a map of keys and values', []);
  for (const kind of ['correlation', 'filter', 'action']) {
    if (document[kind] !== undefined) throw new RuleError(`"${kind}" documents are not supported here`, [kind]);
  }
  const id = required(document, 'id');
  if (!UUID.test(id)) throw new RuleError('id is not a UUID', ['id']);
  return {
    id: id.toLowerCase(),
    title: required(document, 'title'),
    description: optional(document, 'description') ?? '',
    status: oneOf(document, 'status', STATUSES) ?? 'test',
    level: oneOf(document, 'level', LEVELS) ?? 'medium',
    tags: tagsOf(document),
    logsource: logsourceOf(document),
    taxonomy: oneOf(document, 'taxonomy', ['sigma', 'ocsf'] as const) ?? 'sigma',
    fields: texts(document, 'fields'),
    group_by: document['group_by'] === undefined ? DEFAULT_GROUP : texts(document, 'group_by'),
    response: optional(document, 'response') ?? '',
    condition: conditionOf(document),
  };
}

function required(document: JsonObject, key: string): string {
  const found = optional(document, key);
  if (found === undefined || found.trim() === '') throw new RuleError(`${key} is missing`, [key]);
  return found;
}

function optional(document: JsonObject, key: string): string | undefined {
  const found = document[key];
  if (found === undefined || found === null) return undefined;
  if (typeof found !== 'string') throw new RuleError(`${key} is not a text`, [key]);
  return found.trim();
}

function oneOf<T extends string>(document: JsonObject, key: string, allowed: readonly T[]): T | undefined {
  const found = optional(document, key);
  if (found === undefined) return undefined;
  const member = allowed.find((one) => one === found);
  if (member === undefined) throw new RuleError(`${key} "${found}" is none of ${allowed.join(', ')}`, [key]);
  return member;
}

function texts(document: JsonObject, key: string): readonly string[] {
  const found = document[key];
  if (found === undefined || found === null) return [];
  if (!isArray(found)) throw new RuleError(`${key} is not a list`, [key]);
  return found.map((one, at) => {
    if (typeof one !== 'string' || one === '') throw new RuleError(`${key}: not a text`, [key, at]);
    return one;
  });
}

function tagsOf(document: JsonObject): readonly string[] {
  const tags = texts(document, 'tags');
  for (const [at, tag] of tags.entries())
    if (!TAG.test(tag)) throw new RuleError(`tag "${tag}" is not namespace.value in lower case`, ['tags', at]);
  return tags;
}

function logsourceOf(document: JsonObject): LogSourceName {
  const found = document['logsource'];
  if (!isObject(found)) throw new RuleError('logsource is missing', ['logsource']);
  const { category, product, service } = {
    category: optional(found, 'category'),
    product: optional(found, 'product'),
    service: optional(found, 'service'),
  };
  if (category === undefined && product === undefined && service === undefined) {
    throw new RuleError('logsource names no category, product or service', ['logsource']);
  }
  return { category, product, service };
}

function conditionOf(document: JsonObject): Expression {
  const detection = document['detection'];
  if (!isObject(detection)) throw new RuleError('detection is missing', ['detection']);
  const { condition, timeframe, ...rest } = detection;
  if (timeframe !== undefined)
    throw new RuleError('timeframe is gone from Sigma; write a correlation rule instead', ['detection', 'timeframe']);
  const selections = new Map(
    Object.entries(rest).map(([name, selection]) => {
      const path = ['detection', name];
      if (!SELECTION.test(name)) throw new RuleError(`selection "${name}": letters, digits, _ and - only`, path);
      checkDepth(selection, path, MAX_DEPTH);
      return [name, parseSelection(selection, path)] as const;
    }),
  );
  const path = ['detection', 'condition'];
  const conditions = isArray(condition) ? condition : [condition];
  const parsed = conditions.map((one) => {
    if (typeof one !== 'string') throw new RuleError('condition is missing', path);
    return parseCondition(one, selections);
  });
  const [only] = parsed;
  if (only === undefined) throw new RuleError('condition is missing', path);
  return parsed.length === 1 ? only : { kind: 'any', of: parsed };
}

/** What follows walks the selection by recursion. */
function checkDepth(node: unknown, path: readonly (string | number)[], left: number): void {
  if (left === 0) throw new RuleError(`nested deeper than ${MAX_DEPTH}`, path);
  if (isArray(node)) node.forEach((member) => checkDepth(member, path, left - 1));
  else if (isObject(node)) Object.values(node).forEach((member) => checkDepth(member, path, left - 1));
}
