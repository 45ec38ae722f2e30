// The rules of rules/ → shared/detect/generated/rules.json, which the function bundles: no YAML is read in AWS. Also what a rule of ours
// must have beyond what matching needs; a reader of an alert relies on it.
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { createEngine } from '../shared/detect/engine.ts';
import { listsOf } from '../shared/detect/lists.ts';
import { loadRule, type LoadedRule } from '../shared/detect/sigma/load.ts';
import { RuleError } from '../shared/detect/sigma/rule.ts';
import type { Json, JsonObject } from '../shared/model.ts';
import { isArray, isObject, text } from '../shared/outcome.ts';

export interface PackRule extends LoadedRule {
  /** Path below the folder of rules, `/` between the names. */
  readonly file: string;
  readonly examples: Examples;
}

/** Raw records: objects for logs in JSON, texts for lines. */
export interface Examples {
  readonly positive: readonly Json[];
  readonly negative: readonly Json[];
  /** What placeholders stand for in the examples. */
  readonly lists: Readonly<Record<string, readonly string[]>>;
}

/** @returns the rules of a folder and those below it, by path. @throws RuleError: file, line, reason. */
export function readRules(folder: string): readonly PackRule[] {
  const files = readdirSync(folder, { recursive: true, encoding: 'utf8' })
    .map((file) => file.replaceAll('\\', '/'))
    .filter((file) => /\.ya?ml$/.test(file))
    .sort();
  const rules = files.map((file) => readRule(readFileSync(join(folder, file), 'utf8'), file));
  const ids = new Map<string, string>();
  for (const { rule, file } of rules) {
    const other = ids.get(rule.id);
    if (other !== undefined) throw problem(file, `has the id of ${other}`);
    ids.set(rule.id, file);
  }
  return rules;
}

/** @throws RuleError where something is missing that a rule of ours has. */
export function readRule(yaml: string, file: string): PackRule {
  const loaded = loadRule(yaml, file);
  const { rule, document } = loaded;
  if (document['status'] === undefined || document['level'] === undefined) throw problem(file, 'status and level are not left to defaults');
  if (rule.description === '' || rule.response === '') throw problem(file, 'description and response are needed: alerts show them');
  if (!isArray(document['falsepositives'])) throw problem(file, 'falsepositives is a list');
  if (!rule.tags.some((tag) => /^attack\.t\d{4}/.test(tag))) throw problem(file, 'tags name no technique of ATT&CK');
  const examples = examplesOf(document, file);
  // Reports fields of a log source that is none of ours, and placeholders without a list.
  createEngine([rule], listsOf({ bad_addresses: [] }));
  return { ...loaded, file, examples };
}

function examplesOf(document: JsonObject, file: string): Examples {
  const examples = document['examples'];
  if (!isObject(examples)) throw problem(file, 'examples are missing');
  const { positive, negative, lists } = examples;
  if (!isArray(positive) || !isArray(negative) || positive.length === 0 || negative.length === 0) {
    throw problem(file, 'examples has a list of positive and one of negative records');
  }
  const named = isObject(lists) ? Object.entries(lists) : [];
  return {
    positive,
    negative,
    lists: Object.fromEntries(named.map(([name, list]) => [name, isArray(list) ? list.flatMap((one) => text(one) ?? []) : []])),
  };
}

function problem(file: string, reason: string): RuleError {
  return new RuleError(reason, [], { file, line: 1 });
}

/** What tools/generate.ts writes. @param folder of the rules. */
export function ruleFiles(folder: string): readonly { readonly path: string; readonly content: string }[] {
  const rules = readRules(folder).map(({ rule }) => rule);
  return [{ path: 'shared/detect/generated/rules.json', content: `${JSON.stringify(rules, null, 1)}\n` }];
}
