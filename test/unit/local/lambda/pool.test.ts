// Real processes: what is tested is how the pool, the environment and the runtime inside it play together.
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { functionPool } from '../../../../local/lambda/pool.ts';
import type { FunctionPool } from '../../../../local/lambda/pool.ts';
import { isObject, parseJson } from '../../../../shared/outcome.ts';

let directory: string;
const pools: FunctionPool[] = [];

beforeAll(() => {
  directory = mkdtempSync(join(tmpdir(), 'lambda-pool-test-'));
});

afterAll(async () => {
  await Promise.all(pools.map((pool) => pool.stop()));
  rmSync(directory, { recursive: true });
});

/** @param code of the module, index.mjs unless the name says otherwise. */
function setupOf(
  name: string,
  code: string,
  options: { readonly file?: string; readonly handler?: string; readonly reserved?: number } = {},
) {
  const taskRoot = join(directory, name);
  mkdirSync(taskRoot);
  writeFileSync(join(taskRoot, options.file ?? 'index.mjs'), code);
  const deployed = {
    name,
    arn: `arn:aws:lambda:us-east-1:111111111111:function:${name}`,
    version: '$LATEST',
    role: 'arn:aws:iam::111111111111:role/r',
    handler: options.handler ?? 'index.handler',
    runtime: 'nodejs24.x',
    memoryMiB: 128,
    timeoutMs: 10_000,
    variables: { GREETING: 'hello', AWS_REGION: 'overruled' },
    reservedConcurrency: options.reserved,
    codeSha256: '',
    code: { bucket: '', key: '' },
  };
  const credentials = { accessKeyId: 'id', secretAccessKey: 'secret' };
  const logFile = join(directory, `${name}.log`);
  return { deployed, taskRoot, temporary: taskRoot, logFile, endpoint: 'http://127.0.0.1:1', region: 'us-east-1', credentials };
}

function start(...args: Parameters<typeof setupOf>): FunctionPool {
  const pool = functionPool(setupOf(...args));
  pools.push(pool);
  return pool;
}

async function run(pool: FunctionPool, event: object = {}): Promise<unknown> {
  const { payload } = await pool.invoke(JSON.stringify(event));
  return parseJson(payload);
}

describe('a function', () => {
  it('gets its event, its variables and its context', async () => {
    const pool = start(
      'context',
      `export const handler = async (event, context) => ({
        event, name: context.functionName, memory: context.memoryLimitInMB, left: context.getRemainingTimeInMillis(),
        greeting: process.env.GREETING, region: process.env.AWS_REGION, home: process.env.HOME, endpoint: process.env.AWS_ENDPOINT_URL,
        account: context.invokedFunctionArn.split(':')[4], sameId: context.awsRequestId.length === 36, root: process.env.LAMBDA_TASK_ROOT === process.cwd(), tmp: (await import('node:os')).tmpdir() });`,
    );
    const found = await run(pool, { a: 'ü' });
    expect(found).toMatchObject({
      event: { a: 'ü' },
      name: 'context',
      memory: '128',
      greeting: 'hello',
      region: 'us-east-1',
      account: '111111111111',
    });
    expect(found).toMatchObject({ endpoint: 'http://127.0.0.1:1', sameId: true, root: true, tmp: join(directory, 'context') });
    expect(found).not.toHaveProperty('home');
    expect(isObject(found) && found['left']).toBeGreaterThan(5000);
    expect(isObject(found) && found['left']).toBeLessThanOrEqual(10_000);
  });

  it('may be a CommonJS module, whatever lies above its folder', async () => {
    writeFileSync(join(directory, 'package.json'), '{}');
    const pool = start('common', 'exports.handler = async () => undefined;', { file: 'main.js', handler: 'main.handler' });
    expect(await pool.invoke('{}')).toMatchObject({ failed: false, payload: 'null' });
  });

  it.each([
    ['no module', 'gone', { handler: 'gone.handler' }, 'Runtime.ImportModuleError'],
    ['no export', 'unnamed', { handler: 'index.other' }, 'Runtime.HandlerNotFound'],
  ])('fails with the error of its start where there is %s', async (_, name, options, errorType) => {
    const pool = start(name, 'export const handler = async () => 1;', options);
    expect(await run(pool)).toMatchObject({ errorType });
    expect(pool.state()).toMatchObject({ coldStarts: [], invocations: 1, errors: 1 });
  });

  it('fails with the error that its module throws', async () => {
    const pool = start('thrower', 'throw new RangeError("too early");');
    expect(await run(pool)).toMatchObject({ errorType: 'RangeError', errorMessage: 'too early' });
    expect(await run(pool)).toMatchObject({ errorType: 'RangeError' });
  });

  it('loses its process over a promise that nobody looks after, and gets another one', async () => {
    const pool = start(
      'rejecter',
      `let calls = 0;
      export const handler = async ({ bad }) => { calls += 1; if (!bad) return calls; void Promise.reject(new Error('lost')); await new Promise(() => setInterval(() => 1, 1000)); };`,
    );
    const first = await run(pool);
    const second = await run(pool, { bad: true });
    const third = await run(pool);
    expect([first, third]).toEqual([1, 1]);
    expect(second).toMatchObject({ errorType: 'Runtime.UnhandledPromiseRejection', errorMessage: 'lost' });
    expect(pool.state().coldStarts).toHaveLength(2);
  });

  it('runs in as many processes as invocations wait, up to its concurrency, and keeps them', async () => {
    const meet = `export const handler = async ({ wait }) => { await new Promise((resolve) => setTimeout(resolve, wait)); return process.pid; };`;
    const pool = start('parallel', meet);
    const pids = await Promise.all([1, 2, 3, 4].map(() => run(pool, { wait: 500 })));
    const later = await run(pool, { wait: 0 });
    expect(new Set(pids).size).toBe(2);
    expect(pids).toContain(later);
    expect(pool.state()).toMatchObject({ invocations: 4 + 1, errors: 0 });
  });

  it('runs in one process where one is reserved, and in none where none is', async () => {
    const code = 'export const handler = async () => process.pid;';
    const single = start('single', code, { reserved: 1 });
    const none = start('none', code, { reserved: 0 });
    const pids = await Promise.all([1, 2, 3].map(() => run(single)));
    expect(new Set(pids).size).toBe(1);
    expect(await run(none)).toMatchObject({ errorType: 'TooManyRequestsException' });
  });

  it('changes to new code when it is idle', async () => {
    const pool = start('changing', 'export const handler = async () => "old";');
    const before = await run(pool);
    pool.update(setupOf('changed', 'export const handler = async () => "new";'));
    const after = await run(pool);
    expect([before, after]).toEqual(['old', 'new']);
  });

  it('writes what it prints, and a report of every invocation, to its log', async () => {
    const pool = start('talker', 'export const handler = async () => { console.log("printed"); console.error("warned"); };');
    await run(pool);
    const lines = readFileSync(join(directory, 'talker.log'), 'utf8').trimEnd().split('\n');
    expect(lines.slice(0, 2)).toEqual(['printed', 'warned']);
    expect(parseJson(lines[2] ?? '')).toMatchObject({
      type: 'platform.report',
      record: { status: 'success', metrics: { memorySizeMB: 128 } },
    });
  });

  it('is answered for when the pool stops', async () => {
    const pool = start('stopped', 'export const handler = () => new Promise(() => setInterval(() => 1, 1000));');
    const running = run(pool);
    const waiting = pool.invoke('{}');
    while (pool.state().coldStarts.length === 0) await new Promise(setImmediate);
    await pool.stop();
    expect(await running).toMatchObject({ errorType: 'Runtime.ExitError' });
    expect(await waiting).toMatchObject({ failed: true });
    expect(await pool.invoke('{}')).toMatchObject({ failed: true });
  });
});

describe('an environment whose host is killed', () => {
  it('ends by itself', async () => {
    const setup = setupOf(
      'orphan',
      'export const handler = () => { console.log(process.pid); return new Promise(() => setInterval(() => 1, 1000)); };',
    );
    const program = `
      import { functionPool } from './local/lambda/pool.ts';
      void functionPool(${JSON.stringify(setup)}).invoke('{}');`;
    const host = spawn(process.execPath, ['--input-type=module', '--eval', program], { stdio: 'ignore' });
    const pid = await firstNumber(setup.logFile);
    const wasRunning = isRunning(pid);
    host.kill('SIGKILL');
    await once(host, 'exit');
    while (isRunning(pid)) await new Promise((resolve) => setTimeout(resolve, 10));
    expect(wasRunning).toBe(true);
  }, 20_000);
});

async function firstNumber(file: string): Promise<number> {
  for (;;) {
    try {
      const [, found] = /^(\d+)\n/.exec(readFileSync(file, 'utf8')) ?? [];
      if (found !== undefined) return Number(found);
    } catch {
      // The log is not there yet.
    }
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
}

function isRunning(pid: number): boolean {
  try {
    return process.kill(pid, 0);
  } catch {
    return false;
  }
}
