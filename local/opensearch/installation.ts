// Fetches the OpenSearch server once per checkout, from Maven Central: https://maven.apache.org/plugins/maven-dependency-plugin/copy-mojo.html
// (The artifact is the project's own minimal distribution with all core modules; the full one is not on Maven Central.)
import { createHash } from 'node:crypto';
import { createReadStream, existsSync, readdirSync, renameSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { MisconfiguredError } from '../../shared/errors.ts';
import { findJava, type Java } from '../java.ts';
import { ensureDirectory, projectRoot, serverDirectory, serverUser } from '../paths.ts';
import { isAlive, runCommand, type User } from '../processes.ts';

/** Of the zip that pom.xml names. */
const ZIP_SHA256 = 'a91faa1dc1cadc78cb278b4f63847e19e1627a4e9de698e14e7efc14ee37b286';
const NAME = `opensearch-${ZIP_SHA256.slice(0, 12)}`;
/** Not needed here, and they cost time or memory at every start. */
const UNUSED = ['lib/tools', 'modules/transport-grpc', 'modules/opensearch-dashboards'];

export interface Installation {
  /** The server's own directory. */
  readonly home: string;
  readonly java: Java;
  readonly user: User | undefined;
  /** Where the class archive for this Java lies, once a run has made it: https://docs.oracle.com/en/java/javase/25/vm/class-data-sharing.html */
  readonly archive: string;
}

/**
 * Fetches server and Java runtime where they are missing.
 * @throws MisconfiguredError where a tool is missing or the download is not what it should be.
 */
export async function installOpenSearch(say: (line: string) => void): Promise<Installation> {
  const user = serverUser();
  const base = serverDirectory(projectRoot(), user);
  const [directory, java] = await Promise.all([fetchServer(base, say), findJava(base, user, say)]);
  const home = readdirSync(directory).find((name) => name.startsWith('opensearch-'));
  if (home === undefined) throw new MisconfiguredError(`${directory}: the server is not in it; delete the directory and try again`);
  const build = createHash('sha256').update(java.version).digest('hex').slice(0, 12);
  return { home: join(directory, home), java, user, archive: join(directory, `classes-${build}.jsa`) };
}

/** @returns whether the server is here already. */
export function isFetched(): boolean {
  return existsSync(join(serverDirectory(projectRoot(), serverUser()), NAME));
}

async function fetchServer(base: string, say: (line: string) => void): Promise<string> {
  const directory = join(base, NAME);
  if (existsSync(directory)) return directory;
  const started = Date.now();
  say('OpenSearch: fetching 162 MB from Maven Central …');
  removeAbandoned(base);
  // Made beside and renamed when complete, so that two at once do no harm and a broken download is never taken for a server.
  const fresh = ensureDirectory(`${directory}.${process.pid}`);
  await unpack(fresh, join(ensureDirectory(join(base, 'logs')), 'opensearch.log'));
  try {
    renameSync(fresh, directory);
  } catch (error) {
    if (!existsSync(directory)) throw error;
    rmSync(fresh, { recursive: true });
  }
  say(`OpenSearch: fetched in ${Math.round((Date.now() - started) / 1000)} s`);
  return directory;
}

async function unpack(directory: string, log: string): Promise<void> {
  const pom = join(projectRoot(), 'local', 'opensearch', 'pom.xml');
  const zip = join(directory, 'opensearch.zip');
  await runCommand({
    name: 'OpenSearch: mvn',
    command: 'mvn',
    args: ['--batch-mode', '--quiet', '--file', pom, `-Dtarget=${directory}`, 'process-resources'],
    log,
    install: 'apt-get install maven',
  });
  const sum = await sha256(zip);
  if (sum !== ZIP_SHA256) {
    rmSync(directory, { recursive: true });
    throw new MisconfiguredError(
      `OpenSearch: the zip from Maven has sha256 ${sum} instead of ${ZIP_SHA256}; delete org/opensearch/distribution in the local Maven repository and try again`,
    );
  }
  const python = { name: 'OpenSearch: unzip', command: 'python3', install: 'apt-get install python3' };
  await runCommand({ ...python, args: ['-m', 'zipfile', '--extract', zip, directory], log });
  rmSync(zip);
  for (const home of readdirSync(directory)) {
    for (const unused of UNUSED) rmSync(join(directory, home, unused), { recursive: true, force: true });
    ensureDirectory(join(directory, home, 'plugins'));
  }
  await runCommand({ name: 'OpenSearch: chmod', command: 'chmod', args: ['-R', 'a+rX', directory], log });
}

async function sha256(file: string): Promise<string> {
  const hash = createHash('sha256');
  await pipeline(createReadStream(file), hash);
  return hash.digest('hex');
}

/** Half-made installations of processes that are no more. */
function removeAbandoned(base: string): void {
  for (const entry of readdirSync(base)) {
    const [name, maker] = entry.split('.');
    if (name === NAME && maker !== undefined && !isAlive(Number(maker))) rmSync(join(base, entry), { recursive: true, force: true });
  }
}
