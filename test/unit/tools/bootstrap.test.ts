// tools/*.mjs run on an older Node before anything is installed, so they are tested from outside.
import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

let root: string;

beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), 'strongroom-bootstrap-'));
});

afterEach(() => rmSync(root, { recursive: true }));

/** Runs a script that can use the modules under tools/ as `dependencies` and `node`. */
function evaluate(script: string, env: NodeJS.ProcessEnv = process.env): { status: number | null; stdout: string; stderr: string } {
  return spawnSync(process.execPath, ['--input-type=module', '--eval', withModules(script)], { encoding: 'utf8', env });
}

function withModules(script: string): string {
  const path = (name: string): string => JSON.stringify(join(process.cwd(), 'tools', name));
  return `import * as dependencies from ${path('dependencies.mjs')}; import * as node from ${path('node.mjs')}; ${script}`;
}

function write(file: string, packages: Record<string, object>): void {
  mkdirSync(join(root, 'node_modules'), { recursive: true });
  writeFileSync(join(root, file), JSON.stringify({ packages }));
}

describe('isInstalled', () => {
  const A = { 'node_modules/a': { integrity: 'sha512-a' } };
  const B = { 'node_modules/b': { integrity: 'sha512-b' } };
  const optional = { 'node_modules/o': { integrity: 'sha512-o', optional: true } };

  test.each([
    ['all packages are there', { '': {}, ...A, ...B }, { ...A, ...B }, true],
    ['only an optional one is missing', { '': {}, ...A, ...optional }, A, true],
    ['one is missing', { '': {}, ...A, ...B }, A, false],
    ['one is another version', { '': {}, ...A }, { 'node_modules/a': { integrity: 'sha512-other' } }, false],
    ['one is there that should not be', { '': {}, ...A }, { ...A, ...B }, false],
  ])('%s', (_, wanted, installed, expected) => {
    write('package-lock.json', wanted);
    write('node_modules/.package-lock.json', installed);

    expect(evaluate(`console.log(dependencies.isInstalled(${JSON.stringify(root)}))`).stdout.trim()).toBe(String(expected));
  });

  test('nothing is there', () => {
    write('package-lock.json', { '': {}, ...A });

    expect(evaluate(`console.log(dependencies.isInstalled(${JSON.stringify(root)}))`).stdout.trim()).toBe('false');
  });
});

describe('prepare', () => {
  /** An `npm` that takes its time, notes each run, and leaves what the lock file asks for. */
  function fakeNpm(): NodeJS.ProcessEnv {
    const bin = join(root, 'bin');
    mkdirSync(bin);
    const script =
      '#!/bin/sh\necho "$@" >> runs\nsleep 0.3\nmkdir -p node_modules\ncp package-lock.json node_modules/.package-lock.json\necho noise\n';
    writeFileSync(join(bin, 'npm'), script, { mode: 0o755 });
    return { ...process.env, PATH: `${bin}:${process.env['PATH'] ?? ''}` };
  }

  const prepare = (): string =>
    withModules(`console.log(await dependencies.prepare(${JSON.stringify(root)}, (line) => console.error(line)))`);

  test('several at once install once, and stdout holds nothing of npm', async () => {
    writeFileSync(join(root, 'package-lock.json'), JSON.stringify({ packages: { 'node_modules/a': { integrity: 'x' } } }));
    const env = fakeNpm();
    const started = [1, 2, 3].map(() =>
      spawn(process.execPath, ['--input-type=module', '--eval', prepare()], { env, stdio: ['ignore', 'pipe', 'ignore'] }),
    );

    const output = await Promise.all(
      started.map(async (child) => {
        const parts: string[] = [];
        child.stdout.on('data', (data: Buffer) => parts.push(data.toString()));
        await once(child, 'close');
        return parts.join('').trim();
      }),
    );

    expect(output).toEqual([process.execPath, process.execPath, process.execPath]);
    expect(readFileSync(join(root, 'runs'), 'utf8').trim().split('\n')).toHaveLength(1);
    expect(existsSync(join(root, '.cache', 'install.lock'))).toBe(false);
  });

  test('a lock whose owner has died is taken over', () => {
    writeFileSync(join(root, 'package-lock.json'), JSON.stringify({ packages: {} }));
    mkdirSync(join(root, '.cache', 'install.lock'), { recursive: true });
    writeFileSync(join(root, '.cache', 'install.lock', 'pid'), '4194305');

    const { status, stderr } = spawnSync(process.execPath, ['--input-type=module', '--eval', prepare()], {
      encoding: 'utf8',
      env: fakeNpm(),
    });

    expect([status, stderr]).toEqual([0, expect.stringContaining('dependencies: installed in')]);
  });

  test('a failing npm is reported', () => {
    writeFileSync(join(root, 'package-lock.json'), JSON.stringify({ packages: {} }));
    const env = fakeNpm();
    writeFileSync(join(root, 'bin', 'npm'), '#!/bin/sh\nexit 1\n', { mode: 0o755 });

    const { status, stderr } = spawnSync(process.execPath, ['--input-type=module', '--eval', prepare()], { encoding: 'utf8', env });

    expect(status).not.toBe(0);
    expect(stderr).toContain(`npm ci failed in ${root}`);
  });
});

describe('run', () => {
  test('hands on exit code and signals', async () => {
    const script = withModules(
      `process.exitCode = await node.run('sh', ['-c', 'trap "exit 9" TERM; echo ready; while :; do sleep 0.05; done'])`,
    );
    const child = spawn(process.execPath, ['--input-type=module', '--eval', script], { stdio: ['ignore', 'pipe', 'inherit'] });
    await once(child.stdout, 'data');

    child.kill('SIGTERM');

    expect(await once(child, 'exit')).toEqual([9, null]);
  });

  test.each([
    ['24.0.0', true],
    ['22.18.0', false],
    ['26.1.0', true],
    ['20.20.2', false],
    ['18.0.0', false],
  ])('Node %s is new enough: %s', (version, expected) => {
    expect(evaluate(`console.log(node.isNewEnough('${version}'))`).stdout.trim()).toBe(String(expected));
  });
});

test('an unknown task is a usage error', () => {
  const { status, stderr } = spawnSync(process.execPath, ['tools/bootstrap.mjs', 'nonsense'], { encoding: 'utf8' });

  expect(status).toBe(2);
  expect(stderr).toMatch(/^usage: .*demo\|test\|check/);
});
