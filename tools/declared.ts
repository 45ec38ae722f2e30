// shared/sources/declared/*.yml → shared/sources/generated/declared.json, which the functions bundle: no YAML is read in AWS.
import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { loadSource } from '../cli/declared/compile.ts';
import { formatErrors } from '../cli/yaml-file.ts';
import type { GeneratedFile } from './ocsf-schemas.ts';

/** @throws Error with every error of every file. */
export function declaredFiles(folder: string): GeneratedFile[] {
  const files = readdirSync(folder).filter((name) => name.endsWith('.yml'));
  const loaded = files.sort().map((name) => ({ name, ...loadSource(join(folder, name)) }));
  const wrong = loaded.flatMap(({ name, errors }) => (errors === undefined ? [] : [formatErrors(join(folder, name), errors)]));
  if (wrong.length > 0) throw new Error(wrong.join('\n'));
  const plans = loaded.map(({ plan }) => JSON.stringify(plan));
  return [{ path: 'shared/sources/generated/declared.json', content: `[\n${plans.join(',\n')}\n]\n` }];
}
