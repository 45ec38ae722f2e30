// The rules of rules/ → shared/detect/generated/rules.json, which the functions bundle: no YAML is read in AWS. Also what a rule of ours
// must have beyond what matching needs; a reader of an alert relies on it. https://sigmahq.io/docs/basics/rules.html
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { emptyBankLists } from '../shared/detect/bank-lists.ts';
import { createEngine } from '../shared/detect/engine.ts';
import { listsOf } from '../shared/detect/lists.ts';
import type { RulePack } from '../shared/detect/pack.ts';
import { notesOf } from '../shared/detect/rule-names.ts';
import { readDocuments, type Loaded } from '../shared/detect/sigma/load.ts';
import { resolve } from '../shared/detect/sigma/resolve.ts';
import { RuleError, type Correlation, type Notes, type Rule } from '../shared/detect/sigma/rule.ts';
import type { JsonObject } from '../shared/model.ts';
import { TACTICS } from './attack-names.ts';
import { ruleExamples, sequenceExamples, type Example, type Examples, type Sequence } from './examples.ts';

interface PackPart<T> {
  /** Path below the folder of rules, `/` between the names. */
  readonly file: string;
  /** None for what only serves a correlation. */
  readonly examples: Examples<T> | undefined;
}

export interface PackRule extends PackPart<Example> {
  readonly rule: Rule;
}

export interface PackCorrelation extends PackPart<Sequence> {
  readonly correlation: Correlation;
}

export interface ReadPack {
  readonly rules: readonly PackRule[];
  readonly correlations: readonly PackCorrelation[];
  /** What the functions bundle. */
  readonly pack: RulePack;
  /** One for each document that is wrong: file, line, reason. It is in none of the others. */
  readonly errors: readonly RuleError[];
}

/** What is wrong with one file leaves the others. @returns the rules of a folder and those below it, by path. */
export function readPack(folder: string): ReadPack {
  const files = readdirSync(folder, { recursive: true, encoding: 'utf8' })
    .map((file) => file.replaceAll('\\', '/'))
    .filter((file) => /\.ya?ml$/.test(file))
    .sort();
  return packOf(files.map((file) => ({ file, yaml: readFileSync(join(folder, file), 'utf8') })));
}

/** @param files with their paths below the folder of rules. */
export function packOf(files: readonly { readonly file: string; readonly yaml: string }[]): ReadPack {
  const errors: RuleError[] = [];
  const documents = files.flatMap(({ file, yaml }) =>
    readDocuments(yaml, file).flatMap((document) => {
      if (document.kind !== 'broken') return [document];
      errors.push(document.error);
      return [];
    }),
  );
  const resolved = resolve(documents);
  errors.push(...resolved.errors);
  const described = new Map(documents.map((document) => [idOf(document), document]));
  const families = Map.groupBy(documents, ({ file }) => file);
  // A rule in a file of its own alerts, whoever else builds on it.
  const silent = [...resolved.silent].filter((id) => isFamily(families.get(described.get(id)?.file ?? '')));

  function whole<T>(id: string, read: (document: Loaded) => T): readonly T[] {
    const document = described.get(id);
    try {
      return document === undefined ? [] : [read(document)];
    } catch (error) {
      // What the engine refuses does not know its place yet.
      const isPlaced = error instanceof RuleError && error.message !== error.reason;
      errors.push(isPlaced ? error : problem(document, error instanceof Error ? error.message : String(error)));
      return [];
    }
  }
  const rules = resolved.rules.flatMap((rule) =>
    whole(rule.id, (document) => packRule(rule, document, { isSilent: silent.includes(rule.id), family: families.get(document.file) })),
  );
  const correlations = resolved.correlations.flatMap((correlation) =>
    whole(correlation.id, (document) => packCorrelation(correlation, document, silent.includes(correlation.id))),
  );
  const pack = { rules: rules.map(({ rule }) => rule), correlations: correlations.map(({ correlation }) => correlation), silent };
  return { rules, correlations, pack, errors };
}

function idOf(document: Loaded): string {
  if (document.kind === 'rule') return document.rule.id;
  return document.kind === 'correlation' ? document.correlation.id : document.filter.id;
}

function isFamily(documents: readonly Loaded[] | undefined): boolean {
  return documents?.some(({ kind }) => kind === 'correlation') === true;
}

interface Place {
  readonly isSilent: boolean;
  /** What stands in the same file. */
  readonly family: readonly Loaded[] | undefined;
}

/** @throws RuleError, or Error with the reason, where something is missing that a rule of ours has. */
function packRule(rule: Rule, { document, ...place }: Loaded, { isSilent, family }: Place): PackRule {
  const notes = notesOf(document, place.file);
  // Reports fields of a log source that is none of ours, and placeholders without a list.
  createEngine([rule], packLists());
  if (isSilent) return { rule: { ...rule, notes }, file: place.file, examples: undefined };
  if (family !== undefined && family.length > 1 && !isFamily(family))
    throw problem(place, 'one rule per file, unless a correlation needs them');
  checkTold(rule, document, notes);
  return { rule: { ...rule, notes }, file: place.file, examples: ruleExamples(document['examples'], rule.logsource) };
}

/** @throws Error with the reason. */
function packCorrelation(correlation: Correlation, { document, file }: Loaded, isSilent: boolean): PackCorrelation {
  const notes = notesOf(document, file);
  if (isSilent) return { correlation: { ...correlation, notes }, file, examples: undefined };
  checkTold(correlation, document, notes);
  return { correlation: { ...correlation, notes }, file, examples: sequenceExamples(document['examples']) };
}

function checkTold({ description, response, tags }: Rule | Correlation, document: JsonObject, { falsepositives }: Notes): void {
  if (document['id'] === undefined) throw new Error('id is missing: findings are told by it');
  if (document['status'] === undefined || document['level'] === undefined) throw new Error('status and level are not left to defaults');
  if (description === '' || response === '') throw new Error('description and response are needed: alerts show them');
  if (falsepositives.length === 0) throw new Error('falsepositives is a list');
  if (!tags.some((tag) => /^attack\.t\d{4}/.test(tag))) throw new Error('tags name no technique of ATT&CK');
  const tactics = tags.flatMap((tag) => /^attack\.(?!t\d|[gs]\d)(.+)$/.exec(tag)?.[1] ?? []);
  const strange = tactics.find((tactic) => !TACTICS.some((one) => one === tactic));
  if (strange !== undefined) throw new Error(`attack.${strange} is no tactic of ATT&CK 19 (${TACTICS.join(', ')})`);
  if (tactics.length === 0) throw new Error('tags name no tactic of ATT&CK');
}

/** @returns what placeholders stand for where a bank says nothing. */
export function packLists(): Readonly<Record<string, readonly string[]>> {
  return { ...emptyBankLists(), ...listsOf({ bad_addresses: [] }) };
}

function problem(place: { readonly file: string; readonly line: number } | undefined, reason: string): RuleError {
  const hint = reason.includes('there is no list') ? '; lists of the bank are named in shared/detect/bank-lists.ts' : '';
  return new RuleError(reason + hint, [], place);
}

/** What tools/generate.ts writes. @param folder of the rules. @throws RuleError for the first that is wrong. */
export function ruleFiles(folder: string): readonly { readonly path: string; readonly content: string }[] {
  const { pack, errors } = readPack(folder);
  if (errors[0] !== undefined) throw errors[0];
  return [{ path: 'shared/detect/generated/rules.json', content: `${JSON.stringify(pack, null, 1)}\n` }];
}
