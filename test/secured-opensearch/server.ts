// A real OpenSearch with its security plugin, for the tests of roles. The server of the local platform has none: the plugin is not on Maven
// Central in its version. https://docs.opensearch.org/latest/security/configuration/index/
import { createHash } from 'node:crypto';
import { chownSync, cpSync, existsSync, readdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { Client } from '@opensearch-project/opensearch';
import { entryArguments, LOGGING } from '../../local/opensearch.ts';
import { findJava } from '../../local/java.ts';
import { ensureDirectory, makeRunDirectory, projectRoot, serverDirectory, serverUser } from '../../local/paths.ts';
import { freePort } from '../../local/ports.ts';
import { runCommand, startService, type User } from '../../local/processes.ts';
import { pythonEnvironment } from '../../local/python.ts';
import { MisconfiguredError } from '../../shared/errors.ts';

const VERSION = '3.4.0';
/** Over what pom.xml brings: see checksum(). */
const SHA256 = '95ce792b081463c15073579f9313b443c83e29fa337dbf77bd76c1b42a749dd1';
const NAME = `opensearch-secured-${SHA256.slice(0, 12)}`;
const READY_WITHIN_MS = 180_000;
/** The administrator that the plugin's own configuration has for demonstrations. */
const ADMIN = { username: 'admin', password: 'admin' };
/** Strong enough for the plugin; the server listens on this machine only, while a test runs. */
const PASSWORD = 'Demonstration-of-roles-42';

export interface SecuredOpenSearch {
  readonly url: string;
  readonly log: string;
  /** May do everything. */
  readonly admin: Client;
  /** @param backendRoles as IAM or the identity provider would give them. */
  user(name: string, backendRoles: readonly string[]): Promise<Client>;
  stop(): Promise<void>;
}

/** Starts a single node on 127.0.0.1, after fetching it where it is missing (190 MB). */
export async function startSecuredOpenSearch(): Promise<SecuredOpenSearch> {
  const user = serverUser();
  const base = serverDirectory(projectRoot(), user);
  const [home, java, port] = [await install(base), await findJava(base, user, () => undefined), await freePort()];
  const directory = ensureDirectory(join(makeRunDirectory(base), 'secured'));
  const log = join(directory, 'opensearch.log');
  await configure(directory, { home, port, user, log });
  const url = `http://127.0.0.1:${port}`;
  const clients = [new Client({ node: url, auth: ADMIN })];
  const command = {
    name: 'OpenSearch with security',
    command: java.command,
    args: javaArguments(home, directory),
    cwd: directory,
    log,
    user,
  };
  const service = await startService(command, () => isReady(url), READY_WITHIN_MS);
  const [admin] = clients;
  return {
    url,
    log,
    admin: admin ?? new Client({ node: url, auth: ADMIN }),
    async user(name, backendRoles) {
      const body = { password: PASSWORD, backend_roles: backendRoles };
      await admin?.transport.request({ method: 'PUT', path: `/_plugins/_security/api/internalusers/${name}`, body });
      const client = new Client({ node: url, auth: { username: name, password: PASSWORD } });
      clients.push(client);
      return client;
    },
    async stop() {
      for (const client of clients) await client.close();
      await service.kill();
    },
  };
}

async function isReady(url: string): Promise<boolean> {
  const authorization = `Basic ${Buffer.from(`${ADMIN.username}:${ADMIN.password}`).toString('base64')}`;
  try {
    return (await fetch(`${url}/_cluster/health?wait_for_status=yellow&timeout=1s`, { headers: { authorization } })).ok;
  } catch {
    return false;
  }
}

async function install(base: string): Promise<string> {
  const directory = join(base, NAME);
  const home = join(directory, `opensearch-${VERSION}`);
  if (existsSync(directory)) return home;
  // Made beside and renamed when complete, so that two at once do no harm.
  const fresh = ensureDirectory(`${directory}.${process.pid}`);
  const log = join(ensureDirectory(join(base, 'logs')), 'opensearch-secured.log');
  const pom = join(projectRoot(), 'test', 'secured-opensearch', 'pom.xml');
  const args = ['--batch-mode', '--quiet', '--file', pom, `-Dtarget=${fresh}`, 'process-resources'];
  await runCommand({ name: 'OpenSearch with security: mvn', command: 'mvn', args, log, install: 'apt-get install maven' });
  const sum = checksum(fresh);
  if (sum !== SHA256) {
    rmSync(fresh, { recursive: true });
    throw new MisconfiguredError(`OpenSearch with security: what came from Maven has sha256 ${sum} instead of ${SHA256}`);
  }
  await unpack(fresh, log);
  if (existsSync(directory)) rmSync(fresh, { recursive: true });
  else renameSync(fresh, directory);
  return home;
}

/** @returns SHA-256 over a line per file, its own SHA-256 and its name. */
function checksum(directory: string): string {
  const sha256 = (content: string | Buffer): string => createHash('sha256').update(content).digest('hex');
  const files = readdirSync(directory).filter((name) => /\.(?:zip|jar)$/.test(name));
  return sha256(
    files
      .sort()
      .map((name) => `${sha256(readFileSync(join(directory, name)))}  ${name}\n`)
      .join(''),
  );
}

async function unpack(directory: string, log: string): Promise<void> {
  const home = join(directory, `opensearch-${VERSION}`);
  const unzip = async (zip: string, into: string): Promise<void> => {
    const args = ['-m', 'zipfile', '--extract', join(directory, zip), into];
    await runCommand({ name: 'OpenSearch with security: unzip', command: 'python3', args, log, install: 'apt-get install python3' });
    rmSync(join(directory, zip));
  };
  await unzip(`opensearch-${VERSION}.zip`, directory);
  const plugin = ensureDirectory(join(ensureDirectory(join(home, 'plugins')), 'opensearch-security'));
  await unzip(`opensearch-security-${VERSION}.0.zip`, plugin);
  renameSync(join(directory, 'commons-collections4-4.5.0.jar'), join(plugin, 'commons-collections4-4.5.0.jar'));
  const descriptor = join(plugin, 'plugin-descriptor.properties');
  // Of another module it needs no more than the library above.
  writeFileSync(descriptor, readFileSync(descriptor, 'utf8').replace(/^extended\.plugins=.*$/m, 'extended.plugins='));
  const analysis = ensureDirectory(join(home, 'modules', 'analysis-common'));
  renameSync(join(directory, `analysis-common-${VERSION}.jar`), join(analysis, `analysis-common-${VERSION}.jar`));
  writeFileSync(join(analysis, 'plugin-descriptor.properties'), ANALYSIS);
  rmSync(join(home, 'modules', 'transport-grpc'), { recursive: true, force: true });
  await runCommand({ name: 'OpenSearch with security: chmod', command: 'chmod', args: ['-R', 'a+rX', directory], log });
}

const ANALYSIS = `name=analysis-common
description=analysers
version=${VERSION}
opensearch.version=${VERSION}
java.version=21
classname=org.opensearch.analysis.common.CommonAnalysisModulePlugin
`;

interface Place {
  readonly home: string;
  readonly port: number;
  readonly user: User | undefined;
  readonly log: string;
}

async function configure(directory: string, { home, port, user, log }: Place): Promise<void> {
  const config = ensureDirectory(join(directory, 'config'));
  for (const name of ['data', 'logs', 'tmp']) ensureDirectory(join(directory, name));
  const python = await pythonEnvironment('emulator', () => undefined);
  const script = join(projectRoot(), 'local', 'kafka', 'certificates.py');
  await runCommand({ name: 'OpenSearch with security: certificates', command: join(python, 'python'), args: ['-B', script, config], log });
  cpSync(join(home, 'plugins', 'opensearch-security', 'config'), join(config, 'opensearch-security'), { recursive: true });
  const settings = {
    'cluster.name': `secured-${port}`,
    'node.name': 'n1',
    'path.data': join(directory, 'data'),
    'path.logs': join(directory, 'logs'),
    'network.host': '127.0.0.1',
    'http.port': port,
    'transport.port': 0,
    'discovery.type': 'single-node',
    'cluster.routing.allocation.disk.threshold_enabled': false,
    // Nodes speak TLS to each other or the plugin does not start; the one port that is used here is on this machine.
    'plugins.security.ssl.transport.pemcert_filepath': 'broker.pem',
    'plugins.security.ssl.transport.pemkey_filepath': 'broker.pem',
    'plugins.security.ssl.transport.pemtrustedcas_filepath': 'ca.pem',
    'plugins.security.ssl.transport.enforce_hostname_verification': false,
    'plugins.security.ssl.http.enabled': false,
    'plugins.security.allow_default_init_securityindex': true,
    'plugins.security.restapi.roles_enabled': ['all_access'],
    'plugins.security.audit.type': 'log4j',
    'plugins.security.compliance.salt': 'a salt of the tests, of 32 letters',
  };
  // JSON is YAML.
  writeFileSync(join(config, 'opensearch.yml'), JSON.stringify(settings, undefined, 2));
  writeFileSync(join(config, 'log4j2.properties'), LOGGING);
  if (user === undefined) return;
  for (const entry of readdirSync(directory, { recursive: true, encoding: 'utf8' })) chownSync(join(directory, entry), user.uid, user.gid);
  chownSync(directory, user.uid, user.gid);
}

function javaArguments(home: string, directory: string): string[] {
  return [
    '-Xms512m',
    '-Xmx512m',
    '-XX:+UseSerialGC',
    '-XX:TieredStopAtLevel=1',
    `-Djava.io.tmpdir=${join(directory, 'tmp')}`,
    `-Djna.tmpdir=${join(directory, 'tmp')}`,
    '-Dlog4j.shutdownHookEnabled=false',
    '-Dlog4j2.disable.jmx=true',
    ...entryArguments(home, directory),
  ];
}
