import { chmodSync, existsSync, mkdirSync, mkdtempSync, readdirSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { ensureDirectory, isTraversable, makeRunDirectory, projectRoot, serverDirectory } from '../../../local/paths.ts';
import { MisconfiguredError } from '../../../shared/errors.ts';

const USER = { uid: 65534, gid: 65534 };

let base: string;

beforeEach(() => {
  base = mkdtempSync(join(tmpdir(), 'strongroom-paths-'));
  chmodSync(base, 0o755);
});

afterEach(() => rmSync(base, { recursive: true }));

test('the project is where the program was started, and nowhere else', () => {
  expect(projectRoot()).toBe(process.cwd());
  const here = process.cwd();
  process.chdir(base);
  try {
    expect(() => projectRoot()).toThrow(MisconfiguredError);
  } finally {
    process.chdir(here);
  }
});

test('a directory below a closed one is not traversable', () => {
  mkdirSync(join(base, 'closed', 'open'), { recursive: true });
  expect(isTraversable(join(base, 'closed', 'open'))).toBe(true);

  chmodSync(join(base, 'closed'), 0o700);

  expect(isTraversable(join(base, 'closed', 'open'))).toBe(false);
});

describe('the directory that a server of another user can reach', () => {
  test('is .cache of an open checkout, and of every checkout where the user is our own', () => {
    const closed = join(base, 'closed');
    mkdirSync(closed, { mode: 0o700 });

    expect(serverDirectory(base, USER)).toBe(join(base, '.cache'));
    expect(serverDirectory(closed, undefined)).toBe(join(closed, '.cache'));
  });

  test('is a temporary directory of its own for a closed checkout', () => {
    const closed = join(base, 'closed');
    mkdirSync(closed, { mode: 0o700 });

    const found = serverDirectory(closed, USER);
    try {
      expect(found.startsWith(join(tmpdir(), 'strongroom-'))).toBe(true);
      expect(serverDirectory(closed, USER)).toBe(found);
      expect(serverDirectory(`${closed}/.`, USER)).not.toBe(join(closed, '.cache'));
      expect(statSync(found).mode & 0o777).toBe(0o755);
    } finally {
      for (const name of readdirSync(tmpdir())) {
        const path = join(tmpdir(), name);
        if (/^strongroom-[0-9a-f]{12}$/.test(name) && readdirSync(path).length === 0) rmSync(path, { recursive: true });
      }
    }
  });
});

test('directories are open for reading whatever the umask', () => {
  const before = process.umask(0o077);
  try {
    expect(statSync(ensureDirectory(join(base, 'new'))).mode & 0o777).toBe(0o755);
  } finally {
    process.umask(before);
  }
});

test('a new run forgets all but the last five runs that have ended', () => {
  const runs = join(base, 'run');
  const ended = 4_194_305; // Above the highest process id that Linux gives.
  const names = Array.from({ length: 8 }, (_, n) => `2026010${n + 1}T000000-${ended}`);
  const alive = `20250101T000000-${process.pid}`;
  for (const name of [...names, alive, 'other']) mkdirSync(join(runs, name), { recursive: true });

  const made = makeRunDirectory(base);

  expect(existsSync(made)).toBe(true);
  expect(readdirSync(runs).sort()).toEqual([alive, ...names.slice(3), made.slice(runs.length + 1), 'other'].sort());
});
