// `npm run golden`: writes expected.ndjson of every golden case anew. Read the result as a diff before committing it.
import { readFileSync, writeFileSync, existsSync } from 'node:fs';
import { join } from 'node:path';
import { goldenCases, runGolden } from '../test/golden-runner.ts';

let changed = 0;
for (const golden of goldenCases()) {
  const file = join(golden.directory, 'expected.ndjson');
  const { lines } = await runGolden(golden);
  const text = lines.map((line) => `${line}\n`).join('');
  if (existsSync(file) && readFileSync(file, 'utf8') === text) continue;
  writeFileSync(file, text);
  changed++;
  console.log(`changed: ${file}`);
}
console.log(`golden: ${goldenCases().length} cases, ${changed} changed`);
