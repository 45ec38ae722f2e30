// The bank's own rules, banks/<bank>/rules/**.yml: Sigma's rules, correlations and filters, which may name those that ship.
// https://github.com/SigmaHQ/sigma-specification/blob/main/specification/sigma-rules-specification.md
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { emptyBankLists } from '../shared/detect/bank-lists.ts';
import { createEngine } from '../shared/detect/engine.ts';
import { listsOf } from '../shared/detect/lists.ts';
import { shippedPack, type RulePack } from '../shared/detect/pack.ts';
import { readDocuments, type Loaded } from '../shared/detect/sigma/load.ts';
import { notesOf } from '../shared/detect/rule-names.ts';
import { resolve } from '../shared/detect/sigma/resolve.ts';
import { RuleError, type Notes, type Rule } from '../shared/detect/sigma/rule.ts';
import { listNames } from '../shared/detect/tuning.ts';
import type { FileError } from './yaml-file.ts';

/** In messages, of what ships. */
const SHIPPED = 'shared/detect/generated/rules.json';

export interface OwnRules {
  /** Undefined where the bank has none. */
  readonly pack: RulePack | undefined;
  readonly errors: readonly FileError[];
}

/** @param folder banks/<name>/rules; there may be none. Never throws for what the files hold. */
export function loadOwnRules(folder: string): OwnRules {
  const names = existsSync(folder) ? readdirSync(folder, { recursive: true, encoding: 'utf8' }) : [];
  const files = names.filter((name) => /\.ya?ml$/.test(name)).sort();
  if (files.length === 0) return { pack: undefined, errors: [] };
  const read = files.flatMap((file) => readDocuments(readFileSync(join(folder, file), 'utf8'), join(folder, file)));
  const documents = read.flatMap((one) => (one.kind === 'broken' ? [] : [one]));
  const shipped = shippedDocuments();
  const resolved = resolve([...shipped, ...documents]);
  const own = new Map(documents.flatMap((one) => (one.kind === 'filter' ? [] : [[idOf(one), ownNotes(one, folder)] as const])));
  const meant = resolved.rules.filter((rule, at) => own.has(rule.id) || isFiltered(rule, shipped[at]));
  const compiled = meant.map((rule) => ({ rule, error: unusable(rule, resolved.places) }));
  const rules = compiled.flatMap(({ rule, error }) => (error === undefined ? [rule] : []));
  const correlations = resolved.correlations.filter(({ id }) => own.has(id));
  const pack: RulePack = {
    rules: rules.map((rule) => ({ ...rule, notes: own.get(rule.id) ?? rule.notes })),
    correlations: correlations.map((one) => ({ ...one, notes: own.get(one.id) ?? one.notes })),
    // What ships and alerts goes on alerting, whatever the bank builds on it.
    silent: [...resolved.silent].filter((id) => own.has(id)),
  };
  const problems = [
    ...read.flatMap((one) => (one.kind === 'broken' ? [one.error] : [])),
    ...resolved.errors,
    ...compiled.flatMap(({ error }) => error ?? []),
  ];
  return { pack, errors: problems.map(fileError) };
}

/** What ships, as if it had just been read: rules of the bank name them, its filters go into them. */
function shippedDocuments(): readonly Loaded[] {
  const { rules, correlations } = shippedPack();
  const place = { file: SHIPPED, line: 1, document: {} };
  return [
    ...rules.map((rule) => ({ kind: 'rule', rule, ...place }) as const),
    ...correlations.map((correlation) => ({ kind: 'correlation', correlation, ...place }) as const),
  ];
}

function isFiltered(rule: Rule, before: Loaded | undefined): boolean {
  return before?.kind === 'rule' && before.rule.id === rule.id && before.rule !== rule;
}

function idOf(document: Exclude<Loaded, { kind: 'filter' }>): string {
  return document.kind === 'rule' ? document.rule.id : document.correlation.id;
}

function ownNotes({ document, file }: Loaded, folder: string): Notes {
  return notesOf(document, `own/${file.slice(folder.length + 1).replaceAll('\\', '/')}`);
}

/** What only shows when a rule is compiled: log sources that are none of ours. Which lists there are, the bank's file says. */
function unusable(rule: Rule, places: ReadonlyMap<string, { readonly file: string; readonly line: number }>): RuleError | undefined {
  const asked = [...listNames(rule.condition)].map((name) => [name, []] as const);
  try {
    createEngine([rule], { ...emptyBankLists(), ...listsOf({ bad_addresses: [] }), ...Object.fromEntries(asked) });
    return undefined;
  } catch (error) {
    if (error instanceof RuleError) return new RuleError(error.reason, error.path, places.get(rule.id));
    throw error;
  }
}

/** The message begins with file and line. */
function fileError({ message, reason, path }: RuleError): FileError {
  const [, file, line] = /^(.+?):(\d+): /.exec(message) ?? [];
  return { ...(file === undefined ? {} : { file }), line: Number(line ?? 1), path: path.join('.'), message: reason };
}
