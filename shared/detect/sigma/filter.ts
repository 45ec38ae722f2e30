// A filter's YAML, as it was loaded → a Filter. Its condition says what is left out: the specification has `condition: selection` there, some
// tools want `not selection` for the same. The latter is refused, since taken at its word it would leave out nearly everything.
// https://github.com/SigmaHQ/sigma-specification/blob/main/specification/sigma-filters-specification.md
import type { JsonObject } from '../../model.ts';
import { isObject } from '../../outcome.ts';
import { idOf, logsourceOf, oneOf, required, texts } from './header.ts';
import { conditionOf, TAXONOMIES } from './parse.ts';
import { RuleError, type Filter } from './rule.ts';

/** @throws RuleError with the reason and where in the document. */
export function parseFilter(document: JsonObject): Filter {
  const section = document['filter'];
  if (!isObject(section)) throw new RuleError('filter is not a map', ['filter']);
  const detection = Object.fromEntries(Object.entries(section).filter(([name]) => name !== 'rules'));
  if (typeof detection['condition'] !== 'string') throw new RuleError('a filter has one condition', ['filter', 'condition']);
  const condition = conditionOf(detection, ['filter']);
  if (condition.kind === 'not') {
    throw new RuleError('the condition says what is left out: "selection", not "not selection"', ['filter', 'condition']);
  }
  return {
    id: idOf(document),
    title: required(document, 'title'),
    logsource: logsourceOf(document),
    taxonomy: oneOf(document, 'taxonomy', TAXONOMIES) ?? 'sigma',
    rules: rulesOf(section),
    condition,
  };
}

function rulesOf(section: JsonObject): Filter['rules'] {
  const { rules } = section;
  if (typeof rules === 'string') return ['any', 'all'].includes(rules.toLowerCase()) ? 'any' : [rules];
  const named = texts(section, 'rules');
  if (rules === undefined || rules === null) throw new RuleError('rules is missing: ids or names of rules, or any', ['filter', 'rules']);
  return named.length === 0 ? 'any' : named;
}
