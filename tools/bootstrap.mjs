// What every npm script runs first: `node tools/bootstrap.mjs <task> [arguments]` installs what is missing, then runs the task
// with a Node that is new enough. Plain JS without dependencies: it must run on Node 18 and before `npm ci`.
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { prepare } from './dependencies.mjs';
import { nodeEnvironment, run } from './node.mjs';

const ROOT = join(dirname(fileURLToPath(import.meta.url)), '..');

/** Each task is one command or several, the later ones only where the earlier ones succeed. */
const TASKS = {
  demo: [['node', 'local/demo.ts']],
  test: [['node', 'tools/test.ts']],
  check: [
    ['tsc', '--noEmit'],
    ['eslint', '--max-warnings', '0', '.'],
    ['prettier', '--check', '.'],
  ],
  unit: [['jest', '--selectProjects', 'unit']],
  integration: [['jest', '--selectProjects', 'integration', '--runInBand']],
  golden: [['node', 'tools/golden.ts']],
  generate: [['node', 'tools/generate.ts']],
  bench: [['node', 'bench/main.ts']],
  fuzz: [['node', 'tools/fuzz.ts']],
};

async function main([task, ...args]) {
  const commands = TASKS[task];
  if (commands === undefined) {
    console.error(`usage: node tools/bootstrap.mjs ${Object.keys(TASKS).join('|')} [arguments]`);
    return 2;
  }
  const node = await prepare(ROOT, (line) => console.error(line));
  const options = { cwd: ROOT, env: nodeEnvironment(ROOT, node) };
  for (const [command, ...fixed] of commands) {
    const program = command === 'node' ? node : join(ROOT, 'node_modules', '.bin', command);
    const code = await run(program, [...fixed, ...args], options);
    if (code !== 0) return code;
  }
  return 0;
}

try {
  process.exitCode = await main(process.argv.slice(2));
} catch (error) {
  console.error(error.message);
  process.exitCode = 1;
}
