// A real Kafka broker on this machine, without Docker: one node that is its own controller, clients come by TLS with user and password.
// https://kafka.apache.org/41/documentation.html#kraft and https://kafka.apache.org/41/documentation.html#security_sasl_scram
import { randomBytes } from 'node:crypto';
import { readFileSync, writeFileSync } from 'node:fs';
import { connect } from 'node:net';
import { join } from 'node:path';
import { installKafka, type Installation } from './kafka/installation.ts';
import { ensureDirectory, projectRoot } from './paths.ts';
import { freePorts } from './ports.ts';
import { runCommand, startService } from './processes.ts';
import { pythonEnvironment } from './python.ts';

const HEAP_MIB = 384;
const READY_WITHIN_MS = 60_000;
const USER = 'strongroom';
/** 16 bytes, base64url. Every broker here is alone. */
const CLUSTER_ID = 'c3Ryb25ncm9vbS1sb2NhbA';

export interface KafkaOptions {
  /** For data, configuration and certificates. */
  readonly directory: string;
  /** File for the broker's output; one in `directory` where absent. */
  readonly log?: string;
  /** Takes one line of progress. */
  readonly say?: (line: string) => void;
}

export interface KafkaServer {
  /** `host:port`. */
  readonly servers: readonly string[];
  /** For SCRAM-SHA-512. */
  readonly username: string;
  readonly password: string;
  /** Certificate of who signed the broker's, PEM. */
  readonly ca: string;
  stop(): Promise<void>;
}

/**
 * Starts an empty broker on 127.0.0.1 and free ports, after fetching it where it is missing.
 * @throws MisconfiguredError where a tool is missing; Error with the end of the log where the broker does not start.
 */
export async function startKafka(options: KafkaOptions): Promise<KafkaServer> {
  const say = options.say ?? (() => undefined);
  const directory = ensureDirectory(options.directory);
  const log = options.log ?? join(directory, 'kafka.log');
  const [installation, python] = await Promise.all([installKafka(say), pythonEnvironment('emulator', say)]);
  const [port = 0, controllerPort = 0] = await freePorts(2);
  const started = Date.now();
  const certificates = { name: 'Kafka: certificates', command: join(python, 'python') };
  await runCommand({ ...certificates, args: ['-B', join(projectRoot(), 'local', 'kafka', 'certificates.py'), directory], log });
  const password = randomBytes(18).toString('base64url');
  const settings = configure(directory, { port, controllerPort, password });
  await format(installation, { settings, password, log });
  const service = await startService(
    {
      name: 'Kafka',
      command: installation.java.command,
      args: [...javaArguments(installation), 'kafka.Kafka', settings],
      cwd: directory,
      log,
    },
    () => isOpen(port),
    READY_WITHIN_MS,
  );
  const server = `127.0.0.1:${port}`;
  say(`Kafka: ready at ${server} after ${((Date.now() - started) / 1000).toFixed(1)} s`);
  const ca = readFileSync(join(directory, 'ca.pem'), 'utf8');
  return { servers: [server], username: USER, password, ca, stop: () => service.stop() };
}

interface Listeners {
  readonly port: number;
  readonly controllerPort: number;
  readonly password: string;
}

/** https://kafka.apache.org/41/documentation.html#brokerconfigs @returns path of the file. */
function configure(directory: string, { port, controllerPort, password }: Listeners): string {
  const login = `org.apache.kafka.common.security.scram.ScramLoginModule required username="${USER}" password="${password}";`;
  const settings = {
    'process.roles': 'broker,controller',
    'node.id': 1,
    'controller.quorum.voters': `1@127.0.0.1:${controllerPort}`,
    listeners: `CLIENTS://127.0.0.1:${port},CONTROLLER://127.0.0.1:${controllerPort}`,
    'advertised.listeners': `CLIENTS://127.0.0.1:${port}`,
    'listener.security.protocol.map': 'CLIENTS:SASL_SSL,CONTROLLER:PLAINTEXT',
    'controller.listener.names': 'CONTROLLER',
    'inter.broker.listener.name': 'CLIENTS',
    'sasl.enabled.mechanisms': 'SCRAM-SHA-512',
    'sasl.mechanism.inter.broker.protocol': 'SCRAM-SHA-512',
    'listener.name.clients.scram-sha-512.sasl.jaas.config': login,
    'ssl.keystore.type': 'PEM',
    'ssl.keystore.location': join(directory, 'broker.pem'),
    'ssl.truststore.type': 'PEM',
    'ssl.truststore.location': join(directory, 'ca.pem'),
    'log.dirs': join(directory, 'data'),
    'offsets.topic.replication.factor': 1,
    'offsets.topic.num.partitions': 1,
    'transaction.state.log.replication.factor': 1,
    'transaction.state.log.min.isr': 1,
    'share.coordinator.state.topic.replication.factor': 1,
    'share.coordinator.state.topic.min.isr': 1,
    'group.initial.rebalance.delay.ms': 0,
    'auto.create.topics.enable': false,
  };
  const file = join(directory, 'server.properties');
  const lines = Object.entries(settings).map(([name, value]) => `${name}=${value}\n`);
  writeFileSync(file, lines.join(''), { mode: 0o600 });
  return file;
}

interface Formatting {
  readonly settings: string;
  readonly password: string;
  readonly log: string;
}

/** Prepares the data directory, with the user in it: without one nobody could come in to make one. */
async function format(installation: Installation, { settings, password, log }: Formatting): Promise<void> {
  const user = ['--add-scram', `SCRAM-SHA-512=[name=${USER},password=${password}]`];
  const args = ['kafka.tools.StorageTool', 'format', '--cluster-id', CLUSTER_ID, '--config', settings, ...user];
  await runCommand({ name: 'Kafka: format', command: installation.java.command, args: [...javaArguments(installation), ...args], log });
}

function javaArguments({ classPath }: Installation): readonly string[] {
  // As light as can be: the machine has other things to do.
  const light = [`-Xmx${HEAP_MIB}m`, '-XX:+UseSerialGC', '-XX:TieredStopAtLevel=1', '-XX:+ExitOnOutOfMemoryError'];
  return [...light, '-Djava.awt.headless=true', '-Dorg.slf4j.simpleLogger.showDateTime=true', '-cp', classPath];
}

function isOpen(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect(port, '127.0.0.1');
    const end = (open: boolean): void => {
      socket.destroy();
      resolve(open);
    };
    socket.once('connect', () => end(true));
    socket.once('error', () => end(false));
  });
}
