// Python environments, made once per checkout and requirements file: https://docs.python.org/3/library/venv.html
import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, readdirSync, readFileSync, readlinkSync, renameSync, rmSync, symlinkSync } from 'node:fs';
import { join } from 'node:path';
import { MisconfiguredError } from '../shared/errors.ts';
import { cacheDirectory, ensureDirectory, projectRoot } from './paths.ts';
import { isAlive, runCommand } from './processes.ts';

/** What the pinned packages demand. */
const OLDEST_MINOR = 11;
const INTERPRETERS = ['python3', 'python3.14', 'python3.13', 'python3.12', 'python3.11'];

const ENVIRONMENTS = {
  /** moto, the AWS emulator. */
  emulator: { name: 'venv', requirements: 'local/emulator/requirements.txt' },
  /** cfn-lint and checkov, which check the templates. */
  lint: { name: 'venv-lint', requirements: 'local/emulator/requirements-lint.txt' },
  /** What an auditor needs for docs/verify_evidence.py. */
  verify: { name: 'venv-verify', requirements: 'docs/verify-requirements.txt' },
} as const;

const inMaking = new Map<keyof typeof ENVIRONMENTS, Promise<string>>();

/**
 * Makes the environment where it is missing or its requirements changed.
 * @returns the directory of its programs, `<venv>/bin`.
 * @throws MisconfiguredError where Python is missing or too old.
 */
export function pythonEnvironment(which: keyof typeof ENVIRONMENTS, say: (line: string) => void): Promise<string> {
  const underWay = inMaking.get(which) ?? makeEnvironment(which, say);
  inMaking.set(which, underWay);
  return underWay;
}

async function makeEnvironment(which: keyof typeof ENVIRONMENTS, say: (line: string) => void): Promise<string> {
  const { name, requirements } = ENVIRONMENTS[which];
  const file = join(projectRoot(), requirements);
  const link = join(cacheDirectory(), name);
  const wanted = `${name}-${createHash('sha256').update(readFileSync(file)).digest('hex').slice(0, 12)}`;
  const bin = join(link, 'bin');
  if (linkTarget(link)?.startsWith(wanted) === true && existsSync(join(bin, 'python'))) return bin;

  const started = Date.now();
  say(`python: installing ${requirements} into .cache/${name} …`);
  // Built beside and linked when complete: two builders at once do no harm, and a broken one leaves the old environment in place.
  const directory = join(cacheDirectory(), `${wanted}-${process.pid}`);
  await build(directory, file);
  replaceLink(link, directory);
  removeOthers(name, directory);
  say(`python: installed in ${Math.round((Date.now() - started) / 1000)} s`);
  return bin;
}

/** Installs one package, without what it depends on, into a directory of its own. @param requirement such as `name==1.0`. */
export async function installPackage(requirement: string, directory: string): Promise<void> {
  const bin = await pythonEnvironment('emulator', () => undefined);
  await runCommand({
    name: `python: ${requirement}`,
    command: join(bin, 'python'),
    args: ['-m', 'pip', 'install', '--quiet', '--no-input', '--no-deps', '--upgrade', '--target', directory, requirement],
    log: setupLog(),
  });
}

async function build(directory: string, requirements: string): Promise<void> {
  const log = setupLog();
  await runCommand({
    name: 'python: venv module (Debian: apt-get install python3-venv)',
    command: interpreter(),
    args: ['-m', 'venv', '--clear', directory],
    log,
  });
  await runCommand({
    name: 'python: pip',
    command: join(directory, 'bin', 'python'),
    args: ['-m', 'pip', 'install', '--quiet', '--no-input', '--no-deps', '--requirement', requirements],
    log,
  });
}

function interpreter(): string {
  const found = INTERPRETERS.find((command) => {
    const answer = spawnSync(command, ['-c', 'import sys; print(sys.version_info.minor if sys.version_info.major == 3 else 0)'], {
      encoding: 'utf8',
    });
    return answer.status === 0 && Number(answer.stdout) >= OLDEST_MINOR;
  });
  if (found !== undefined) return found;
  throw new MisconfiguredError(
    `python3: version 3.${OLDEST_MINOR} or newer is needed; install it (Debian: apt-get install python3 python3-venv)`,
  );
}

function linkTarget(link: string): string | undefined {
  try {
    return readlinkSync(link);
  } catch {
    return undefined;
  }
}

/** Renaming over the old link is atomic: nobody finds it missing. */
function replaceLink(link: string, directory: string): void {
  const fresh = `${link}.${process.pid}`;
  rmSync(fresh, { force: true });
  symlinkSync(directory.slice(cacheDirectory().length + 1), fresh);
  renameSync(fresh, link);
}

/** Earlier environments, and what builders that died left behind. */
function removeOthers(name: string, current: string): void {
  const environment = new RegExp(`^${name}-[0-9a-f]{12}-(\\d+)$`);
  for (const entry of readdirSync(cacheDirectory())) {
    const builder = environment.exec(entry)?.[1];
    const directory = join(cacheDirectory(), entry);
    if (builder !== undefined && directory !== current && !isAlive(Number(builder))) rmSync(directory, { recursive: true, force: true });
  }
}

function setupLog(): string {
  return join(ensureDirectory(join(cacheDirectory(), 'logs')), 'python.log');
}
