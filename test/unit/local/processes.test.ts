import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { isAlive, runCommand, runToExitCode, startService, type Command } from '../../../local/processes.ts';
import { MisconfiguredError } from '../../../shared/errors.ts';

const LONG_MS = 60_000;

let directory: string;

beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'strongroom-processes-'));
});

afterEach(() => rmSync(directory, { recursive: true }));

/** A shell script as a command; it finds `directory` in $DIR. */
function shell(script: string): Command {
  return { name: 'the script', command: 'sh', args: ['-c', script], log: join(directory, 'log'), env: { DIR: directory } };
}

function pidIn(file: string): number {
  return Number(readFileSync(join(directory, file), 'utf8'));
}

function wrote(file: string): () => Promise<boolean> {
  return () => Promise.resolve(existsSync(join(directory, file)));
}

async function gone(pid: number): Promise<void> {
  while (isAlive(pid)) await delay(20);
}

// Writes its own process id, and that of a child of its own, then announces that it is ready.
const SERVER = 'echo $$ > "$DIR/leader"; sleep 1000 & echo $! > "$DIR/child"; touch "$DIR/ready"; wait';

describe('startService', () => {
  test('waits until the server is ready; stop ends it and what it started', async () => {
    const service = await startService(shell(SERVER), wrote('ready'), LONG_MS);
    const pids = [pidIn('leader'), pidIn('child')];
    expect(pids.map(isAlive)).toEqual([true, true]);

    await service.stop();
    await service.stop();

    await Promise.all(pids.map(gone));
    expect(await service.ended).toBe(128 + 15);
  });

  test('a server that ignores SIGTERM is ended by SIGKILL', async () => {
    const service = await startService(shell(`trap '' TERM; ${SERVER}; wait`), wrote('ready'), LONG_MS);

    await service.stop(50);

    expect(await service.ended).toBe(128 + 9);
    await gone(pidIn('child'));
  });

  test('a server that ends too early is reported with the end of its log', async () => {
    const starting = startService(shell('echo first; echo the reason >&2; exit 7'), () => Promise.resolve(false), LONG_MS);

    await expect(starting).rejects.toThrow(/^the script: ended before it was ready \(exit code 7\); the end of .*log:\nfirst\nthe reason$/);
  });

  test('a server that does not get ready in time is ended', async () => {
    const starting = startService(shell(`echo $$ > "$DIR/leader"; exec sleep 1000`), () => Promise.resolve(false), 200);

    await expect(starting).rejects.toThrow(/the script: was not ready within/);
    await gone(pidIn('leader'));
  });

  test('a program that does not exist is reported with how to get it', async () => {
    const command = { ...shell(''), command: 'no-such-program', install: 'apt-get install it' };

    await expect(startService(command, () => Promise.resolve(true), LONG_MS)).rejects.toThrow(MisconfiguredError);
    await expect(startService(command, () => Promise.resolve(true), LONG_MS)).rejects.toThrow(
      /no-such-program could not be started .*ENOENT.*\(Debian: apt-get install it\)/,
    );
  });
});

describe('runCommand', () => {
  test('returns when the program has succeeded, with its output in the log', async () => {
    await runCommand(shell('echo done'));

    expect(readFileSync(join(directory, 'log'), 'utf8')).toBe('done\n');
  });

  test('fails with the end of the log where the program fails', async () => {
    await expect(runCommand(shell('echo broken; exit 3'))).rejects.toThrow(/the script: failed \(exit code 3\).*\nbroken$/);
  });

  test('the exit code can be asked for', async () => {
    await expect(runToExitCode(shell('exit 4'))).resolves.toBe(4);
  });
});

describe('when the program itself ends', () => {
  /** Another program that starts SERVER and then waits for ever. */
  function startOwner(): ChildProcess {
    const script = `
      import { startService } from ${JSON.stringify(join(process.cwd(), 'local', 'processes.ts'))};
      import { existsSync } from 'node:fs';
      const command = ${JSON.stringify(shell(SERVER))};
      await startService(command, () => Promise.resolve(existsSync(command.env.DIR + '/ready')), ${LONG_MS});
      console.log('started');
      setInterval(() => undefined, 1000);`;
    return spawn(process.execPath, ['--input-type=module', '--eval', script], { stdio: ['ignore', 'pipe', 'inherit'] });
  }

  test.each([
    ['SIGINT', 130, null],
    ['SIGTERM', 143, null],
    ['SIGKILL', null, 'SIGKILL'],
  ] as const)('by %s, its servers end too', async (signal, expectedCode, expectedSignal) => {
    const owner = startOwner();
    if (owner.stdout === null) throw new Error('no output');
    await once(owner.stdout, 'data');
    const pids = [pidIn('leader'), pidIn('child')];
    expect(pids.map(isAlive)).toEqual([true, true]);

    owner.kill(signal);

    expect(await once(owner, 'exit')).toEqual([expectedCode, expectedSignal]);
    await Promise.all(pids.map(gone));
  });
});
