// What a deployment is made of, as one number: the deployed stack says by its output `Release` whether it is of this release or of another.
// https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/outputs-section-structure.html
import { createHash } from 'node:crypto';
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { filesOf } from '../../tools/bundle.ts';

/** Everything that template and functions are made from, or by. */
const PROJECT = ['cli', 'functions', 'rules', 'schemas', 'shared', 'stacks', 'tools', 'serverless.yml', 'package-lock.json'];
const HEX_DIGITS = 32;

/** @returns the release of each bank, by its name: another one where the project or what the bank has written has changed. */
export async function releases(root: string, banks: readonly string[]): Promise<ReadonlyMap<string, string>> {
  const project = await digestOf(root, PROJECT);
  const found = banks.map(async (bank) => {
    const own = await digestOf(root, [`banks/${bank}.yml`, `banks/${bank}`, 'banks/policies']);
    return [bank, createHash('sha256').update(project).update(own).digest('hex').slice(0, HEX_DIGITS)] as const;
  });
  return new Map(await Promise.all(found));
}

async function digestOf(root: string, paths: readonly string[]): Promise<string> {
  const there = paths.filter((path) => existsSync(join(root, path)));
  const files = (await Promise.all(there.map((path) => filesOf(root, path)))).flat().sort();
  const hash = createHash('sha256');
  for (const file of files) {
    const content = readFileSync(join(root, file));
    hash.update(`${file}\0${content.length}\0`).update(content);
  }
  return hash.digest('hex');
}
