// Where the local platform keeps its files: everything under .cache/ of the checkout, which can be deleted at any time.
import { createHash } from 'node:crypto';
import { chmodSync, existsSync, lstatSync, mkdirSync, readdirSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join, resolve } from 'node:path';
import { MisconfiguredError } from '../shared/errors.ts';
import { isAlive, type User } from './processes.ts';

/** OpenSearch refuses to run as root; this is `nobody` on every Linux. */
const NOBODY: User = { uid: 65534, gid: 65534 };
const OTHERS_MAY_ENTER = 0o001;
const KEPT_RUNS = 5;
const RUN_NAME = /^\d{8}T\d{6}-(\d+)$/;

/** @returns the checkout. @throws MisconfiguredError where the program was not started in it. */
export function projectRoot(): string {
  const root = process.cwd();
  if (!existsSync(join(root, 'local', 'opensearch', 'pom.xml'))) {
    throw new MisconfiguredError(`${root}: this is not the directory of the project; start the program from there, with npm run`);
  }
  return root;
}

/** Directory for what is made once per checkout. */
export function cacheDirectory(): string {
  return ensureDirectory(join(projectRoot(), '.cache'));
}

/** @returns the user that servers which refuse root run as; undefined where we are not root. */
export function serverUser(): User | undefined {
  return process.getuid?.() === 0 ? NOBODY : undefined;
}

/**
 * Directory for what a server started as `user` has to reach: .cache of the checkout, or a directory under the system's temporary one
 * where a parent of the checkout (such as /root) is closed to others.
 * @throws MisconfiguredError where somebody else owns that directory.
 */
export function serverDirectory(root: string, user: User | undefined): string {
  if (user === undefined || isTraversable(root)) return ensureDirectory(join(root, '.cache'));
  const name = createHash('sha256').update(root).digest('hex').slice(0, 12);
  const directory = ensureDirectory(join(tmpdir(), `strongroom-${name}`));
  const found = lstatSync(directory);
  if (!found.isDirectory() || found.uid !== process.getuid?.()) {
    throw new MisconfiguredError(`${directory}: belongs to somebody else; remove it, or move the checkout out of ${root}`);
  }
  return directory;
}

/** @returns whether every user may pass through the directory and all its parents. */
export function isTraversable(path: string): boolean {
  for (let directory = resolve(path); ; directory = dirname(directory)) {
    if ((statSync(directory).mode & OTHERS_MAY_ENTER) === 0) return false;
    if (directory === dirname(directory)) return true;
  }
}

/** Makes the directory, open to all for reading whatever the umask: OpenSearch may run as another user. */
export function ensureDirectory(path: string): string {
  if (!existsSync(path)) {
    mkdirSync(path, { recursive: true });
    chmodSync(path, 0o755);
  }
  return path;
}

/** Makes the directory of one run of the platform, named by start time and process id, and forgets all but the last few earlier ones. */
export function makeRunDirectory(base: string): string {
  const runs = ensureDirectory(join(base, 'run'));
  forgetEarlierRuns(runs);
  const time = new Date().toISOString().replaceAll(/[-:]/g, '').slice(0, 15);
  return ensureDirectory(join(runs, `${time}-${process.pid}`));
}

/** Keeps the last few runs, for their logs, and those that have not ended. */
export function forgetEarlierRuns(runs: string): void {
  const earlier = readdirSync(runs).filter((name) => RUN_NAME.test(name));
  for (const name of earlier.sort().slice(0, -KEPT_RUNS)) {
    if (!isAlive(Number(RUN_NAME.exec(name)?.[1]))) rmSync(join(runs, name), { recursive: true, force: true });
  }
}
