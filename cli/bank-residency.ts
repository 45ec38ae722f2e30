// The residency rules of a bank's file and the policies that they name, banks/policies/<name>.yml. https://json-schema.org/draft-07
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { Ajv } from 'ajv';
import schema from '../schemas/config/policy.schema.json' with { type: 'json' };
import type { BankConfig } from '../shared/config.ts';
import { RESIDENCY_CLASSES, type ResidencyPolicy } from '../shared/residency/policy.ts';
import { residencyProblems } from '../shared/residency/problems.ts';
import { isRegion, REGIONS } from '../shared/residency/regions.ts';
import { found } from './similar.ts';
import { readYaml, type FileError, type Problem } from './yaml-file.ts';

/** A policy as its file has it. */
export interface PolicyFile extends ResidencyPolicy {
  readonly text: string;
  readonly sources: readonly { readonly name: string; readonly url: string }[];
  /** What the bank's lawyers have to confirm. */
  readonly confirm: readonly string[];
}

const validate = new Ajv({ allErrors: true, verbose: true }).compile(schema);

function isPolicy(content: unknown): content is PolicyFile {
  return validate(content);
}

/** @param file banks/policies/<name>.yml. Never throws for what the file holds. */
export function loadPolicy(
  file: string,
): { readonly policy: PolicyFile; readonly errors?: undefined } | { readonly errors: readonly FileError[]; readonly policy?: undefined } {
  const read = readYaml(file, validate, (candidate) => (isPolicy(candidate) ? unknownRegions(candidate) : []));
  if (read.errors !== undefined || !isPolicy(read.content)) return { errors: read.errors ?? [] };
  return { policy: read.content };
}

/** Health goes where `any` lets it; a region that AWS does not have is a mistake anywhere. */
function unknownRegions({ classes }: ResidencyPolicy): readonly Problem[] {
  return RESIDENCY_CLASSES.flatMap((name) =>
    (['live', 'move'] as const).flatMap((list) => {
      const regions = classes[name][list];
      return regions === 'any' ? [] : regions.flatMap((region, at) => unknown(region, ['classes', name, list, String(at)]));
    }),
  );
}

function unknown(region: string, path: readonly string[]): readonly Problem[] {
  return isRegion(region) ? [] : [{ path, message: `must be a region of AWS ${found(region, Object.keys(REGIONS))}` }];
}

export interface LoadedPolicies {
  /** What the functions need of each; undefined where the bank has no rules. */
  readonly policies: Readonly<Record<string, ResidencyPolicy>> | undefined;
  /** Of the policies' own files. */
  readonly errors: readonly FileError[];
}

/** @param folder banks/policies. @returns those that the bank's residency rules name, as far as they are there and right. */
export function loadPolicies({ residency: rules }: Pick<BankConfig, 'residency'>, folder: string): LoadedPolicies {
  if (rules === undefined) return { policies: undefined, errors: [] };
  const files = [...new Set(rules.map(({ policy }) => policy))].map((name) => ({ name, file: join(folder, `${name}.yml`) }));
  // What is not there is said at the rule that names it.
  const loaded = files.filter(({ file }) => existsSync(file)).map(({ name, file }) => ({ name, file, ...loadPolicy(file) }));
  return {
    policies: Object.fromEntries(loaded.flatMap(({ name, policy }) => (policy === undefined ? [] : [[name, packaged(policy)]]))),
    errors: loaded.flatMap(({ file, errors = [] }) => errors.map((error) => ({ ...error, file }))),
  };
}

/** What the functions need of it. */
function packaged({ title, jurisdiction, global_events, classes }: PolicyFile): ResidencyPolicy {
  return { title, jurisdiction, global_events, classes };
}

/** Rules that name what is not there, and everything in the file that breaks one. */
export function* residency(bank: BankConfig): Generator<Problem> {
  if (bank.bank === 'policies')
    yield { path: ['bank'], message: 'must not be policies: the folder of that name holds the residency policies' };
  const rules = bank.residency ?? [];
  const known = [bank.security_account, bank.organization?.management_account, ...bank.accounts.map(({ id }) => id)];
  let isWhole = true;
  for (const [index, { policy, accounts }] of rules.entries()) {
    const path = ['residency', String(index)];
    if (bank.policies?.[policy] === undefined) {
      isWhole = false;
      yield { path: [...path, 'policy'], message: `must be a right file of banks/policies/, without .yml (found "${policy}")` };
    }
    if (rules.slice(0, index).some((before) => before.accounts === undefined))
      yield { path, message: 'never counts: a rule before it names no accounts, so it is for all of them' };
    for (const [at, account] of (accounts ?? []).entries())
      if (!known.includes(account)) yield { path: [...path, 'accounts', String(at)], message: `${account} is none of the bank's accounts` };
  }
  if (isWhole) yield* residencyProblems(bank);
}
