// Rules for `strongroom detect`: those of folders and files, or the shipped ones; and what cannot be used of them, told one by one.
// https://github.com/SigmaHQ/sigma-specification/blob/main/specification/sigma-rules-specification.md
import { readdirSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { createEngine } from '../shared/detect/engine.ts';
import { logSourcesOf, NoSuchLogSource } from '../shared/detect/log-sources.ts';
import type { RulePack } from '../shared/detect/pack.ts';
import { readDocuments, type Loaded } from '../shared/detect/sigma/load.ts';
import { resolve, type Resolved } from '../shared/detect/sigma/resolve.ts';
import { RuleError, type Correlation, type Rule } from '../shared/detect/sigma/rule.ts';

export interface RuleSet {
  readonly rules: readonly Rule[];
  readonly correlations: readonly Correlation[];
  /** Ids of rules and correlations that only serve others. */
  readonly silent: ReadonlySet<string>;
  /** A line for each rule, correlation or filter that cannot be used: file, line, reason. */
  readonly broken: readonly string[];
  /** A line for each rule that is for logs which none of our sources are. */
  readonly elsewhere: readonly string[];
}

type Lists = Readonly<Record<string, readonly string[]>>;

/** @param pack the rules that ship, or those as a bank has them. */
export function packedRuleSet({ rules, correlations, silent }: RulePack, lists: Lists): RuleSet {
  return usable({ rules, correlations, silent: new Set(silent), errors: [], places: new Map() }, lists);
}

/** @param paths folders, with those below them, and files. @throws Error naming a path that cannot be read or that holds no rules. */
export function readRuleSet(paths: readonly string[], lists: Lists): RuleSet {
  const documents = paths.flatMap(filesOf).flatMap((file) => readDocuments(readFileSync(file, 'utf8'), file));
  const resolved = resolve(documents.filter((document): document is Loaded => document.kind !== 'broken'));
  const errors = documents.flatMap((document) => (document.kind === 'broken' ? [document.error] : []));
  return usable({ ...resolved, errors: [...errors, ...resolved.errors] }, lists);
}

function filesOf(path: string): readonly string[] {
  if (!statSync(path).isDirectory()) return [path];
  const files = readdirSync(path, { recursive: true, encoding: 'utf8' })
    .filter((file) => /\.ya?ml$/.test(file))
    .sort();
  if (files.length === 0) throw new Error(`${path}: holds no rules (files *.yml)`);
  return files.map((file) => join(path, file));
}

function usable({ rules, correlations, silent, errors, places }: Resolved, lists: Lists): RuleSet {
  const broken = errors.map(({ message }) => message);
  const elsewhere: string[] = [];
  const placed = ({ id, title }: Rule | Correlation): string => {
    const place = places.get(id);
    return place === undefined ? `"${title}" (${id})` : `${place.file}:${place.line}`;
  };
  const good = rules.filter((rule) => {
    const problem = problemOf(rule, lists);
    if (problem instanceof NoSuchLogSource) elsewhere.push(`${placed(rule)}: ${problem.logsource} is no log source here`);
    else if (problem !== undefined) broken.push(`${placed(rule)}: ${problem.reason}`);
    return problem === undefined;
  });
  const known = new Set(good.map(({ id }) => id));
  const whole = correlations.filter((correlation) => {
    const isWhole = correlation.rules.every((id) => known.has(id));
    if (isWhole) known.add(correlation.id);
    else broken.push(`${placed(correlation)}: a rule that it builds on cannot be used`);
    return isWhole;
  });
  return { rules: good, correlations: whole, silent, broken, elsewhere };
}

function problemOf(rule: Rule, lists: Lists): RuleError | undefined {
  try {
    logSourcesOf(rule);
    createEngine([rule], lists);
    return undefined;
  } catch (error) {
    if (error instanceof RuleError) return error;
    throw error;
  }
}
