// The programs of the machine that set-up needs, checked before anything is fetched so that all that is missing is said at once.
import { accessSync, constants } from 'node:fs';
import { delimiter, join } from 'node:path';
import { MisconfiguredError } from '../shared/errors.ts';

/** Program and the Debian packages that have it. */
const PACKAGES = {
  mvn: 'maven',
  python3: 'python3 python3-venv',
} as const;

export type Tool = keyof typeof PACKAGES;

/** @throws MisconfiguredError naming every program that is not in `path`. */
export function requireTools(tools: readonly Tool[], path: string = process.env['PATH'] ?? ''): void {
  const missing = tools.filter((tool) => !path.split(delimiter).some((directory) => isExecutable(join(directory, tool))));
  if (missing.length === 0) return;
  const packages = missing.map((tool) => PACKAGES[tool]).join(' ');
  throw new MisconfiguredError(`${missing.join(' and ')} not found; install what is missing (Debian: apt-get install ${packages})`);
}

function isExecutable(file: string): boolean {
  try {
    accessSync(file, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}
