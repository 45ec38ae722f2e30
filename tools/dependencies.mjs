// Installs what the project needs from npm, once: https://docs.npmjs.com/cli/commands/npm-ci. Plain JS: this file must run on Node 18.
import { existsSync, mkdirSync, readFileSync, renameSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { findNode, isNodeInstallable, nodeNeeded, run } from './node.mjs';

const POLL_MS = 200;
/** A lock without an owner's id is younger than this only while its owner is writing the id. */
const UNOWNED_MS = 10_000;

/**
 * Makes node_modules agree with package-lock.json and finds a Node that is new enough, installing one where needed.
 * Several may do so at once in one checkout: they take turns.
 * @param say takes one line of progress.
 * @returns path of the Node to use. @throws Error that says what is missing.
 */
export async function prepare(root, say) {
  const found = findNode(root);
  if (found !== undefined && isInstalled(root)) {
    say('dependencies: up to date');
    return found;
  }
  return await alone(root, say, async () => {
    if (!isInstalled(root)) await install(root, 'dependencies', say);
    if (findNode(root) === undefined && isNodeInstallable()) await install(join(root, 'local', 'node'), 'Node for this machine', say);
    const node = findNode(root);
    if (node === undefined) throw new Error(nodeNeeded());
    return node;
  });
}

/**
 * npm writes node_modules/.package-lock.json when an installation is complete, so that file is the record of what is there.
 * Packages that are missing from it may only be optional ones, for other kinds of machines.
 */
export function isInstalled(directory) {
  const installed = lockedPackages(join(directory, 'node_modules', '.package-lock.json'));
  const wanted = lockedPackages(join(directory, 'package-lock.json'));
  if (installed === undefined || wanted === undefined) return false;
  const isComplete = Object.entries(wanted).every(
    ([path, entry]) =>
      path === '' || (installed[path] === undefined ? entry.optional === true : installed[path].integrity === entry.integrity),
  );
  return isComplete && Object.keys(installed).every((path) => wanted[path] !== undefined);
}

function lockedPackages(file) {
  return existsSync(file) ? JSON.parse(readFileSync(file, 'utf8')).packages : undefined;
}

async function install(directory, what, say) {
  const started = Date.now();
  say(`${what}: installing with npm ci …`);
  // stdout is the caller's (`strongroom normalize` writes events to it), so npm talks to stderr.
  const code = await run('npm', ['ci', '--no-audit', '--no-fund', '--loglevel=error'], { cwd: directory, stdio: ['ignore', 2, 2] });
  if (code !== 0) throw new Error(`npm ci failed in ${directory}; its messages are above.`);
  say(`${what}: installed in ${Math.round((Date.now() - started) / 1000)} s`);
}

/** Runs `action` while no other process of this checkout does; takes over from one that died. */
async function alone(root, say, action) {
  const lock = join(root, '.cache', 'install.lock');
  mkdirSync(join(root, '.cache'), { recursive: true });
  for (let waited = false; !take(lock); waited = true) {
    if (!waited) say('dependencies: waiting for another installation in this checkout …');
    if (isAbandoned(lock)) discard(lock);
    else await new Promise((resolve) => setTimeout(resolve, POLL_MS));
  }
  const release = () => rmSync(lock, { recursive: true, force: true });
  process.once('exit', release);
  try {
    return await action();
  } finally {
    release();
    process.off('exit', release);
  }
}

function take(lock) {
  try {
    mkdirSync(lock);
  } catch (error) {
    if (error.code === 'EEXIST') return false;
    throw error;
  }
  writeFileSync(join(lock, 'pid'), String(process.pid));
  return true;
}

function isAbandoned(lock) {
  try {
    const owner = Number(readFileSync(join(lock, 'pid'), 'utf8'));
    if (owner > 0) return !isAlive(owner);
    return Date.now() - statSync(lock).mtimeMs > UNOWNED_MS;
  } catch {
    // No id in it yet, or released just now.
    return existsSync(lock) && Date.now() - statSync(lock).mtimeMs > UNOWNED_MS;
  }
}

function isAlive(pid) {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return error.code === 'EPERM';
  }
}

/** Renaming first lets only one of several waiters remove an abandoned lock. */
function discard(lock) {
  const aside = `${lock}.${process.pid}`;
  try {
    renameSync(lock, aside);
  } catch {
    return;
  }
  rmSync(aside, { recursive: true, force: true });
}
