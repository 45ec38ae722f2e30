// Child processes that never outlive us: each in a process group of its own, its output in a file, stopped when we stop.
// https://nodejs.org/api/child_process.html#optionsdetached
import { spawn, type ChildProcess } from 'node:child_process';
import { closeSync, existsSync, openSync, readFileSync } from 'node:fs';
import { once } from 'node:events';
import { constants } from 'node:os';
import { setTimeout as delay } from 'node:timers/promises';
import { isShuttingDown, listenForSignals, onShutdown } from './shutdown.ts';
import { MisconfiguredError } from '../shared/errors.ts';

const POLL_MS = 100;
const TAIL_LINES = 30;
const STOP_WITHIN_MS = 15_000;
/** On Ctrl-C nobody waits for a server that takes its time. */
const INTERRUPTED_STOP_MS = 3_000;
// Reads until we close its stdin, on purpose or by dying, and then ends the group: it works after SIGKILL too, on every POSIX system.
const GUARD_SCRIPT = 'cat >/dev/null; kill -s KILL -- "-$1"';

/** An account of this machine, by number. */
export interface User {
  readonly uid: number;
  readonly gid: number;
}

export interface Command {
  /** Used in messages. */
  readonly name: string;
  readonly command: string;
  readonly args: readonly string[];
  /** File that stdout and stderr are appended to; `inherit` shows them instead. */
  readonly log: string;
  readonly cwd?: string;
  /** Added to our own environment; undefined takes a variable out. */
  readonly env?: Readonly<Record<string, string | undefined>>;
  readonly user?: User | undefined;
  /** What to do where the program does not exist, such as `apt-get install maven`. */
  readonly install?: string;
}

export interface Service {
  /** Ends it: SIGTERM, and SIGKILL to its whole group after `withinMs`. Doing so twice is harmless. */
  stop(withinMs?: number): Promise<void>;
  /** Ends its whole group at once. */
  kill(): Promise<void>;
  /** Settles when it has ended: the exit code, or 128 + the signal's number. */
  readonly ended: Promise<number>;
}

/**
 * Starts a server and waits until it answers. It does not keep us alive, and it ends when we do.
 * @throws Error with the end of its log where it ends before or is not ready within `withinMs`; nothing of it is left running then.
 */
export async function startService(command: Command, isReady: () => Promise<boolean>, withinMs: number): Promise<Service> {
  const { service, child } = await startProcess(command);
  const state: { code?: number } = {};
  void service.ended.then((code) => (state.code = code));
  const deadline = Date.now() + withinMs;
  while (!(await isReady())) {
    if (state.code !== undefined) return await fail(command, `ended before it was ready (exit code ${state.code})`);
    if (Date.now() > deadline) {
      await service.kill();
      return await fail(command, `was not ready within ${Math.round(withinMs / 1000)} s`);
    }
    await delay(POLL_MS);
  }
  child.unref();
  return service;
}

/** Runs a program to its end. @throws Error with the end of its log where it fails. */
export async function runCommand(command: Command): Promise<void> {
  const code = await runToExitCode(command);
  if (code !== 0) await fail(command, `failed (exit code ${code})`);
}

/** @returns the exit code of a program that ran to its end. */
export async function runToExitCode(command: Command): Promise<number> {
  const { service } = await startProcess(command);
  return await service.ended;
}

async function startProcess(command: Command): Promise<{ service: Service; child: ChildProcess }> {
  listenForSignals();
  const child = await launch(command);
  const pid = child.pid;
  const ended = new Promise<number>((resolve) => {
    child.once('exit', (code, signal) => resolve(code ?? 128 + (signal === null ? 0 : constants.signals[signal])));
  });
  const guard = spawn('sh', ['-c', GUARD_SCRIPT, 'guard', String(pid)], { detached: true, stdio: ['pipe', 'ignore', 'ignore'] });
  guard.unref();
  const signal = (name: NodeJS.Signals): void => killGroup(pid, name);
  const forget = onShutdown({ stop: () => stop(INTERRUPTED_STOP_MS), killNow: () => signal('SIGKILL') });
  const finished = ended.then((code) => {
    // What it may have started itself goes with it; the group's number is free for others from now on, so the guard goes too.
    signal('SIGKILL');
    killGroup(guard.pid, 'SIGKILL');
    forget();
    return code;
  });
  const stop = async (withinMs = STOP_WITHIN_MS): Promise<void> => {
    child.ref();
    signal(withinMs === 0 ? 'SIGKILL' : 'SIGTERM');
    const timer = setTimeout(() => signal('SIGKILL'), withinMs);
    await finished;
    clearTimeout(timer);
  };
  return { service: { stop, kill: () => stop(0), ended: finished }, child };
}

/** @throws MisconfiguredError where the program could not be started at all. */
async function launch(command: Command): Promise<ChildProcess> {
  const output = command.log === 'inherit' ? 'inherit' : openSync(command.log, 'a');
  const child = spawn(command.command, command.args, {
    cwd: command.cwd,
    env: { ...process.env, ...command.env },
    detached: true,
    stdio: ['ignore', output, output],
    ...command.user,
  });
  if (output !== 'inherit') closeSync(output);
  try {
    await once(child, 'spawn');
  } catch (error) {
    const advice = command.install === undefined ? '' : `; install it (Debian: ${command.install})`;
    throw new MisconfiguredError(`${command.name}: ${command.command} could not be started (${String(error)})${advice}`);
  }
  return child;
}

/** @throws Error that says what happened; while everything is being stopped such news is noise, and it waits for the end instead. */
async function fail(command: Command, what: string): Promise<never> {
  if (isShuttingDown()) await new Promise(() => undefined);
  const tail = command.log === 'inherit' ? '' : `; the end of ${command.log}:\n${tailOf(command.log)}`;
  throw new Error(`${command.name}: ${what}${tail}`);
}

/** @returns the last lines of a log file. */
function tailOf(log: string): string {
  return existsSync(log) ? readFileSync(log, 'utf8').trimEnd().split('\n').slice(-TAIL_LINES).join('\n') : '';
}

function killGroup(pid: number | undefined, signal: NodeJS.Signals): void {
  if (pid === undefined) return;
  try {
    process.kill(-pid, signal);
  } catch {
    // The group has ended already.
  }
}

/** @returns whether a process of that id exists. */
export function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return error instanceof Error && 'code' in error && error.code === 'EPERM';
  }
}
