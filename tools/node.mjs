// Finds a Node that runs the project's TypeScript without a build, and starts programs with it.
// https://nodejs.org/api/typescript.html (type stripping); the version is Lambda's, nodejs24.x. Plain JS: this file must run on Node 18.
import { spawn, spawnSync } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { constants } from 'node:os';
import { delimiter, dirname, join } from 'node:path';

const MAJOR = 24;
const PARENT_POLL_MS = 500;

/** @param version as in process.versions.node. */
export function isNewEnough(version) {
  return Number(version.split('.')[0]) >= MAJOR;
}

/** @returns path of a Node that is new enough: this one, or the one installed under local/node; undefined where there is none. */
export function findNode(root) {
  if (isNewEnough(process.versions.node)) return process.execPath;
  const installed = installedNode(root);
  if (!existsSync(installed)) return undefined;
  const answer = spawnSync(installed, ['--version'], { encoding: 'utf8' });
  return answer.status === 0 && isNewEnough(answer.stdout.trim().slice(1)) ? installed : undefined;
}

/** Where `npm ci` in local/node puts its Node on this kind of machine. */
function installedNode(root) {
  return join(root, 'local', 'node', 'node_modules', `node-${process.platform}-${process.arch}`, 'bin', 'node');
}

/** @returns whether local/node has a Node for this kind of machine. */
export function isNodeInstallable() {
  return process.platform === 'linux' && (process.arch === 'x64' || process.arch === 'arm64');
}

export function nodeNeeded() {
  return `Node ${MAJOR} or newer is needed and this is ${process.versions.node}: install one from https://nodejs.org/en/download and try again.`;
}

/**
 * Node keeps there what it has made of each module, TypeScript above all: a command begins in half the time. It is content-addressed, and where it
 * cannot be written Node goes without. https://nodejs.org/api/module.html#module-compile-cache
 */
const COMPILED = join('.cache', 'compiled');

/** @returns the environment in which `node` and the project's own tools are found first. */
export function nodeEnvironment(root, node) {
  const path = [dirname(node), join(root, 'node_modules', '.bin'), process.env.PATH ?? ''].join(delimiter);
  return { NODE_COMPILE_CACHE: join(root, COMPILED), ...process.env, PATH: path };
}

/**
 * Runs a program with our stdin, stdout and stderr, and hands SIGINT, SIGTERM and SIGHUP on to it. Where npm runs us and ends before
 * us, the program is ended too: npm hands a signal on to its shell at most, which dies of it and tells nobody.
 * @returns its exit code; 128 + the signal's number where a signal ended it.
 */
export function run(command, args, options = {}) {
  return new Promise((resolve, reject) => {
    const signals = ['SIGINT', 'SIGTERM', 'SIGHUP'];
    const forward = (signal) => child.kill(signal);
    // Before the program can say a word, or a signal that answers it would end us alone.
    for (const signal of signals) process.on(signal, forward);
    const child = spawn(command, args, { stdio: 'inherit', ...options });
    const first = parents();
    const watch = setInterval(() => parents() !== first && forward('SIGTERM'), PARENT_POLL_MS);
    if (process.env.npm_lifecycle_event === undefined) clearInterval(watch);
    const done = () => {
      clearInterval(watch);
      for (const signal of signals) process.off(signal, forward);
    };
    child.on('error', (error) => {
      done();
      reject(new Error(error.code === 'ENOENT' ? `${command} was not found: install it and try again.` : `${command}: ${error.message}`));
    });
    child.on('exit', (code, signal) => {
      done();
      resolve(code ?? 128 + (constants.signals[signal] ?? 0));
    });
  });
}

/** Our parent, npm's shell, and, on Linux, the shell's parent, npm itself: https://man7.org/linux/man-pages/man5/proc_pid_stat.5.html */
function parents() {
  try {
    const stat = readFileSync(`/proc/${process.ppid}/stat`, 'utf8');
    return `${process.ppid} ${stat.slice(stat.lastIndexOf(')') + 2).split(' ')[1]}`;
  } catch {
    return String(process.ppid);
  }
}
