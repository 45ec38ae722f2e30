// A real OpenSearch server on this machine, without Docker: https://docs.opensearch.org/latest/install-and-configure/install-opensearch/tar/
import { chownSync, existsSync, renameSync, writeFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { installOpenSearch, type Installation } from './opensearch/installation.ts';
import { ensureDirectory, forgetEarlierRuns, projectRoot, serverDirectory, serverUser } from './paths.ts';
import { freePort } from './ports.ts';
import { startService, type Service } from './processes.ts';

const HEAP_MIB = 512;
const READY_WITHIN_MS = 120_000;
/** A first run writes the class archive when it stops. */
const STOP_WITHIN_MS = 60_000;
const KILLED = 137;

export interface OpenSearchOptions {
  /** A free one where absent. */
  readonly port?: number;
  /** For data and configuration (see `openSearchDirectory`). Starting there again finds the data again. */
  readonly directory: string;
  /** File for the server's output; one in `directory` where absent. */
  readonly log?: string;
  readonly heapMib?: number;
  /** Compile as a server does that stays: slower at first, faster after minutes. */
  readonly isLasting?: boolean;
  /** Takes one line of progress. */
  readonly say?: (line: string) => void;
}

export interface OpenSearchServer {
  readonly url: string;
  readonly port: number;
  /** Lets it end in good order. */
  stop(): Promise<void>;
  /** Ends it at once, as a power cut would. */
  kill(): Promise<void>;
}

/**
 * @param run directory of this run of the platform, under .cache.
 * @returns where OpenSearch can keep this run's data: in it, or elsewhere where OpenSearch's user cannot get there.
 */
export function openSearchDirectory(run: string): string {
  const base = serverDirectory(projectRoot(), serverUser());
  if (run.startsWith(`${base}/`)) return join(run, 'opensearch');
  const runs = ensureDirectory(join(base, 'run'));
  forgetEarlierRuns(runs);
  return join(runs, basename(run));
}

/**
 * Starts a single node on 127.0.0.1, after fetching the server and a Java runtime where they are missing.
 * @throws MisconfiguredError where a tool is missing; Error with the end of the log where the server does not start.
 */
export async function startOpenSearch(options: OpenSearchOptions): Promise<OpenSearchServer> {
  const installation = await installOpenSearch(options.say ?? (() => undefined));
  const port = options.port ?? (await freePort());
  const url = `http://127.0.0.1:${port}`;
  configure(options.directory, port, installation);
  const started = Date.now();
  const service = await startService(
    {
      name: 'OpenSearch',
      command: installation.java.command,
      args: javaArguments(installation, options),
      cwd: options.directory,
      log: options.log ?? join(options.directory, 'opensearch.log'),
      user: installation.user,
    },
    () => isHealthy(url),
    READY_WITHIN_MS,
  );
  options.say?.(`OpenSearch: ready at ${url} after ${((Date.now() - started) / 1000).toFixed(1)} s`);
  return { url, port, stop: () => stop(service, installation, options.directory), kill: () => service.kill() };
}

async function stop(service: Service, installation: Installation, directory: string): Promise<void> {
  await service.stop(STOP_WITHIN_MS);
  const archive = archiveInMaking(directory);
  // An archive cut short by SIGKILL must not be used.
  if (existsSync(archive) && (await service.ended) !== KILLED) renameSync(archive, installation.archive);
}

function archiveInMaking(directory: string): string {
  return join(directory, 'classes.jsa');
}

/** https://docs.opensearch.org/latest/install-and-configure/configuring-opensearch/index/ */
function configure(directory: string, port: number, { user }: Installation): void {
  const folders = ['config', 'data', 'logs', 'tmp', 'snapshots'].map((name) => ensureDirectory(join(ensureDirectory(directory), name)));
  const settings = {
    'cluster.name': `local-${port}`,
    'node.name': 'n1',
    'path.data': join(directory, 'data'),
    'path.logs': join(directory, 'logs'),
    'path.repo': [join(directory, 'snapshots')],
    'network.host': '127.0.0.1',
    'http.port': port,
    'transport.port': 0,
    'discovery.type': 'single-node',
    // A nearly full disk of a developer's machine must not make indices read-only.
    'cluster.routing.allocation.disk.threshold_enabled': false,
  };
  // JSON is YAML.
  writeFileSync(join(directory, 'config', 'opensearch.yml'), JSON.stringify(settings, undefined, 2));
  writeFileSync(join(directory, 'config', 'log4j2.properties'), LOGGING);
  if (user === undefined) return;
  for (const folder of [directory, ...folders]) chownSync(folder, user.uid, user.gid);
}

/** Of any OpenSearch node here: to its output. */
export const LOGGING = `status = error
appender.console.type = Console
appender.console.name = console
appender.console.layout.type = PatternLayout
appender.console.layout.pattern = [%d{ISO8601}][%-5p][%-25c{1.}] %marker%m%n
rootLogger.level = info
rootLogger.appenderRef.console.ref = console
`;

/** What bin/opensearch and config/jvm.options would set, and what makes a short-lived small node start fast. */
function javaArguments({ home, archive }: Installation, { directory, heapMib = HEAP_MIB, isLasting = false }: OpenSearchOptions): string[] {
  const temporary = join(directory, 'tmp');
  return [
    `-Xms${heapMib}m`,
    `-Xmx${heapMib}m`,
    '-Xss1m',
    '-XX:MaxDirectMemorySize=256m',
    '-XX:+UseSerialGC',
    // The slower but lighter compiler only: the machine has other things to do.
    ...(isLasting ? [] : ['-XX:TieredStopAtLevel=1']),
    existsSync(archive) ? `-XX:SharedArchiveFile=${archive}` : `-XX:ArchiveClassesAtExit=${archiveInMaking(directory)}`,
    '-Xlog:cds=off',
    '-Xlog:aot=off',
    '-XX:-OmitStackTraceInFastThrow',
    '-XX:+ExitOnOutOfMemoryError',
    `-XX:ErrorFile=${join(directory, 'logs', 'hs_err_pid%p.log')}`,
    `-Djava.io.tmpdir=${temporary}`,
    `-Djna.tmpdir=${temporary}`,
    '-Djna.nosys=true',
    '-Djava.awt.headless=true',
    '-Dfile.encoding=UTF-8',
    '-Dio.netty.noUnsafe=true',
    '-Dio.netty.noKeySetOptimization=true',
    '-Dio.netty.recycler.maxCapacityPerThread=0',
    '-Dio.netty.allocator.numDirectArenas=0',
    '-Dlog4j.shutdownHookEnabled=false',
    '-Dlog4j2.disable.jmx=true',
    '-Dorg.apache.lucene.store.MMapDirectory.sharedArenaMaxPermits=1',
    ...entryArguments(home, directory),
  ];
}

/** What is started: the last of Java's arguments. @param home of the server. @param directory of its configuration. */
export function entryArguments(home: string, directory: string): readonly string[] {
  return [
    `-Dopensearch.path.home=${home}`,
    `-Dopensearch.path.conf=${join(directory, 'config')}`,
    '-Dopensearch.distribution.type=tar',
    '-Dopensearch.bundled_jdk=false',
    '-cp',
    `${join(home, 'lib', '*')}:${join(home, 'agent', '*')}`,
    'org.opensearch.bootstrap.OpenSearch',
  ];
}

async function isHealthy(url: string): Promise<boolean> {
  try {
    const response = await fetch(`${url}/_cluster/health?wait_for_status=yellow&timeout=1s`);
    return response.ok;
  } catch {
    return false;
  }
}
