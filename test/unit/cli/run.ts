// Runs the `strongroom` command as its users do, in a process of its own.
import { spawn } from 'node:child_process';
import { resolve } from 'node:path';
import { text } from 'node:stream/consumers';
import type { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';

export interface Ran {
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

const MAIN = resolve('cli/main.ts');
/** The last thing the process says: its largest resident set, in KiB. */
const REPORT = `data:text/javascript,process.on('exit',()=>process.stderr.write('maxRSS '+process.resourceUsage().maxRSS+'\\n'))`;

export interface RunOptions {
  readonly input?: Readable | Buffer | string;
  /** What is done with standard output instead of reading all of it at once. @returns what it saw. */
  readonly read?: (stdout: Readable) => Promise<string>;
  readonly nodeOptions?: readonly string[];
}

export async function strongroom(args: readonly string[], { input = '', read = text, nodeOptions = [] }: RunOptions = {}): Promise<Ran> {
  const child = spawn(process.execPath, [...nodeOptions, MAIN, ...args], { stdio: 'pipe' });
  const ended = new Promise<number | null>((done, failed) => {
    child.once('close', done);
    child.once('error', failed);
  });
  const fed = typeof input === 'string' || Buffer.isBuffer(input) ? feed(child.stdin, input) : pipeline(input, child.stdin);
  const [stdout, stderr, code] = await Promise.all([read(child.stdout), text(child.stderr), ended, fed]);
  return { code, stdout, stderr };
}

/** @returns the largest resident set while the command ran, in MiB, and what it said. */
export async function peakMemory(
  args: readonly string[],
  options: RunOptions = {},
): Promise<{ readonly mib: number; readonly stderr: string }> {
  const { stderr } = await strongroom(args, { ...options, read: discard, nodeOptions: ['--import', REPORT] });
  const found = /^maxRSS (\d+)$/m.exec(stderr)?.[1];
  if (found === undefined) throw new Error(`the command did not end as it should: ${stderr}`);
  return { mib: Number(found) / 1024, stderr };
}

async function discard(stdout: Readable): Promise<string> {
  stdout.resume();
  await new Promise((done) => stdout.once('close', done));
  return '';
}

function feed(stdin: NodeJS.WritableStream, input: string | Buffer): Promise<void> {
  // A command that does not read its input may end before it is written.
  stdin.on('error', () => undefined);
  return new Promise((done) => stdin.end(input, () => done()));
}
