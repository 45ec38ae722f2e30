// Fetches the Kafka broker once per checkout, from Maven Central: https://maven.apache.org/plugins/maven-dependency-plugin/copy-dependencies-mojo.html
import { createHash } from 'node:crypto';
import { existsSync, readdirSync, readFileSync, renameSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { MisconfiguredError } from '../../shared/errors.ts';
import { findJava, type Java } from '../java.ts';
import { cacheDirectory, ensureDirectory, projectRoot } from '../paths.ts';
import { runCommand } from '../processes.ts';
import { requireTools } from '../tools.ts';

/** Over names and contents of all that pom.xml brings: see checksum(). */
const SHA256 = 'cc103740486a3dac6e1ea7592ee7d3ae8307b7b5ad7f45e8003104a16f2548c2';
const NAME = `kafka-${SHA256.slice(0, 12)}`;

export interface Installation {
  /** Class path of the broker. */
  readonly classPath: string;
  readonly java: Java;
}

/**
 * Fetches broker and Java runtime where they are missing.
 * @throws MisconfiguredError where a tool is missing or the download is not what it should be.
 */
export async function installKafka(say: (line: string) => void): Promise<Installation> {
  const base = cacheDirectory();
  const directory = join(base, NAME);
  if (!existsSync(directory)) await fetchBroker(directory, say);
  return { classPath: join(directory, 'lib', '*'), java: await findJava(base, undefined, say) };
}

async function fetchBroker(directory: string, say: (line: string) => void): Promise<void> {
  requireTools(['mvn']);
  say('Kafka: fetching 43 MB from Maven Central …');
  // Made beside and renamed when complete, so that two at once do no harm and a broken download is never taken for a broker.
  const fresh = ensureDirectory(`${directory}.${process.pid}`);
  await runCommand({
    name: 'Kafka: mvn',
    command: 'mvn',
    args: ['--batch-mode', '--quiet', '--file', join(projectRoot(), 'local', 'kafka', 'pom.xml'), `-Dtarget=${fresh}`, 'process-resources'],
    log: join(ensureDirectory(join(cacheDirectory(), 'logs')), 'kafka-mvn.log'),
    install: 'apt-get install maven',
  });
  const sum = checksum(join(fresh, 'lib'));
  if (sum !== SHA256) {
    rmSync(fresh, { recursive: true });
    throw new MisconfiguredError(
      `Kafka: what came from Maven has sha256 ${sum} instead of ${SHA256}; delete org/apache/kafka in the local Maven repository and try again`,
    );
  }
  if (existsSync(directory)) rmSync(fresh, { recursive: true });
  else renameSync(fresh, directory);
}

/** @returns SHA-256 over a line per file, its own SHA-256 and its name, as `sha256sum *` prints them. */
function checksum(directory: string): string {
  const sha256 = (content: string | Buffer): string => createHash('sha256').update(content).digest('hex');
  const lines = readdirSync(directory)
    .sort()
    .map((name) => `${sha256(readFileSync(join(directory, name)))}  ${name}\n`);
  return sha256(lines.join(''));
}
