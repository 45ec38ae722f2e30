// A rule's YAML, as it was loaded → a Rule; nothing that would not take part in matching is let through in silence.
// https://github.com/SigmaHQ/sigma-specification/blob/main/specification/sigma-rules-specification.md
import type { JsonObject } from '../../model.ts';
import { isArray, isObject } from '../../outcome.ts';
import { parseCondition } from './condition.ts';
import { headOf, logsourceOf, oneOf, texts } from './header.ts';
import { type Expression, type Rule, RuleError } from './rule.ts';
import { parseSelection } from './selection.ts';

const SELECTION = /^[A-Za-z0-9_-]+$/;
const MAX_DEPTH = 20;

/** Who did it, and in which account. */
const DEFAULT_GROUP: readonly string[] = ['actor.user.uid', 'cloud.account.uid'];

export const TAXONOMIES = ['sigma', 'ocsf'] as const;

/**
 * @param document what the YAML parser made of one document. Unknown keys are allowed, as Sigma wants it.
 * @throws RuleError with the reason and where in the document.
 */
export function parseRule(document: unknown): Rule {
  if (!isObject(document)) throw new RuleError('a rule is a map of keys and values', []);
  for (const kind of ['correlation', 'filter', 'action']) {
    if (document[kind] !== undefined) throw new RuleError(`"${kind}" documents are not rules`, [kind]);
  }
  return {
    ...headOf(document),
    logsource: logsourceOf(document),
    taxonomy: oneOf(document, 'taxonomy', TAXONOMIES) ?? 'sigma',
    fields: texts(document, 'fields'),
    group_by: document['group_by'] === undefined ? DEFAULT_GROUP : texts(document, 'group_by'),
    condition: detectionOf(document),
  };
}

function detectionOf(document: JsonObject): Expression {
  const detection = document['detection'];
  if (!isObject(detection)) throw new RuleError('detection is missing', ['detection']);
  if (detection['timeframe'] !== undefined)
    throw new RuleError('timeframe is gone from Sigma; write a correlation rule instead', ['detection', 'timeframe']);
  return conditionOf(detection, ['detection']);
}

/** @param detection selections by name, and `condition`. @param at where it stands in the document. */
export function conditionOf({ condition, ...rest }: JsonObject, at: readonly string[]): Expression {
  const selections = new Map(
    Object.entries(rest).map(([name, selection]) => {
      const path = [...at, name];
      if (!SELECTION.test(name)) throw new RuleError(`selection "${name}": letters, digits, _ and - only`, path);
      checkDepth(selection, path, MAX_DEPTH);
      return [name, parseSelection(selection, path)] as const;
    }),
  );
  const path = [...at, 'condition'];
  const conditions = isArray(condition) ? condition : [condition];
  const parsed = conditions.map((one) => {
    if (typeof one !== 'string') throw new RuleError('condition is missing', path);
    return parseCondition(one, selections, path);
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
