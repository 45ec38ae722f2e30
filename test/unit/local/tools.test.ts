import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';
import { requireTools } from '../../../local/tools.ts';
import { MisconfiguredError } from '../../../shared/errors.ts';

let directory: string;

beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'strongroom-tools-'));
});

afterEach(() => rmSync(directory, { recursive: true }));

test('all missing programs are named at once, with the packages to install', () => {
  expect(() => requireTools(['mvn', 'python3'], directory)).toThrow(
    new MisconfiguredError('mvn and python3 not found; install what is missing (Debian: apt-get install maven python3 python3-venv)'),
  );
});

test('a program counts where it can be executed, in any directory of the path', () => {
  writeFileSync(join(directory, 'mvn'), '', { mode: 0o755 });
  writeFileSync(join(directory, 'python3'), '', { mode: 0o644 });
  const path = ['/nonexistent', directory].join(delimiter);

  expect(() => requireTools(['mvn'], path)).not.toThrow();
  expect(() => requireTools(['mvn', 'python3'], path)).toThrow(/^python3 not found/);
});
