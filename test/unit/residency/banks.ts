// Banks under residency rules, made of the demo's file, for the tests of shared/residency.
import { cpSync, mkdtempSync, readFileSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parse, stringify } from 'yaml';
import { loadBank, type LoadedBank } from '../../../cli/bank.ts';
import type { BankConfig } from '../../../shared/config.ts';
import { isObject } from '../../../shared/outcome.ts';

export const POLICIES = ['brazil', 'eu', 'mexico', 'singapore', 'switzerland', 'uk', 'us'] as const;

/** Frankfurt and nothing else, not even for health and for what has no region. */
const STRICT = `title: Frankfurt alone
jurisdiction: DE
text: Nothing leaves Frankfurt.
sources: [{ name: Contract, url: 'https://bank.example/contract' }]
confirm: [All of it.]
global_events: false
classes:
  logs: &here { live: [eu-central-1], move: [] }
  evidence: *here
  findings: *here
  health: *here
  keys: *here
`;

/** @returns a folder with what lies beside the demo's file, and a policy `strict`. */
export function banksFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), 'strongroom-residency-'));
  cpSync('banks/policies', join(folder, 'policies'), { recursive: true });
  cpSync('banks/demo', join(folder, 'demo'), { recursive: true });
  writeFileSync(join(folder, 'policies', 'strict.yml'), STRICT);
  return folder;
}

/** The demo's file with these parts instead of its own; `undefined` takes one out. */
export function loadWith(folder: string, parts: Readonly<Record<string, unknown>>): LoadedBank {
  const demo: unknown = parse(readFileSync('banks/demo.yml', 'utf8'));
  if (!isObject(demo)) throw new Error('banks/demo.yml is no mapping');
  const file = join(folder, 'demo.yml');
  writeFileSync(file, stringify({ ...demo, ...parts }));
  return loadBank(file);
}

/** @throws with the errors, where the file is wrong. */
export function bankWith(folder: string, parts: Readonly<Record<string, unknown>>): BankConfig {
  const { bank, errors } = loadWith(folder, parts);
  if (bank === undefined) throw new Error(JSON.stringify(errors));
  return bank;
}
