#!/usr/bin/env node
// Starts the `strongroom` command (cli/main.ts) with a Node that is new enough. Plain JS: it must run on Node 18.
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { prepare } from '../tools/dependencies.mjs';
import { nodeEnvironment, run } from '../tools/node.mjs';

const ROOT = join(dirname(fileURLToPath(import.meta.url)), '..');

try {
  // Silent where nothing is to be installed: stderr carries the command's summary.
  const node = await prepare(ROOT, (line) => line.endsWith('up to date') || console.error(line));
  process.exitCode = await run(node, [join(ROOT, 'cli', 'main.ts'), ...process.argv.slice(2)], { env: nodeEnvironment(ROOT, node) });
} catch (error) {
  console.error(error.message);
  process.exitCode = 1;
}
