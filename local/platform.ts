// The local platform: a real OpenSearch and an emulated AWS, started side by side.
import { join } from 'node:path';
import { startEmulator } from './emulator.ts';
import { startKafka, type KafkaServer } from './kafka.ts';
import { openSearchDirectory, startOpenSearch, type OpenSearchServer } from './opensearch.ts';
import { isFetched } from './opensearch/installation.ts';
import { cacheDirectory, ensureDirectory, makeRunDirectory } from './paths.ts';
import { freePorts } from './ports.ts';
import { requireTools } from './tools.ts';

export interface PlatformOptions {
  /** Takes one line of progress. */
  readonly log: (line: string) => void;
  /** Whether a Kafka broker is wanted too. */
  readonly kafka?: boolean;
}

export interface Platform {
  /** Address of the emulated AWS, for every service. */
  readonly endpoint: string;
  readonly opensearchUrl: string;
  readonly kafka: KafkaServer | undefined;
  /** Port that the Lambda host has to listen on at 127.0.0.1: the emulator sends invocations there. */
  readonly lambdaHostPort: number;
  /** Of this run, under .cache/run: logs and what else a run leaves. */
  readonly directory: string;
  /** How long it took, ms. */
  readonly startedIn: number;
  /** Takes OpenSearch away, as an outage would; its data stays. */
  stopOpenSearch(): Promise<void>;
  /** Brings it back, at the same address and with the same data. */
  startOpenSearch(): Promise<void>;
  /** Ends everything. Doing so twice is harmless. */
  stop(): Promise<void>;
}

/**
 * Starts everything on free ports, after fetching what is missing.
 * @throws MisconfiguredError that says what is missing; Error with the end of a log where something does not start. Nothing is left running then.
 */
export async function startPlatform({ log, kafka: wantsKafka = false }: PlatformOptions): Promise<Platform> {
  const started = Date.now();
  requireTools(isFetched() ? ['python3'] : ['mvn', 'python3']);
  const directory = makeRunDirectory(cacheDirectory());
  const logs = ensureDirectory(join(directory, 'logs'));
  const [emulatorPort = 0, opensearchPort = 0, lambdaHostPort = 0] = await freePorts(3);
  const searchOptions = { port: opensearchPort, directory: openSearchDirectory(directory), log: join(logs, 'opensearch.log') };
  const [search, emulator] = await both(
    startOpenSearch({ ...searchOptions, say: log }),
    startEmulator({ port: emulatorPort, lambdaHost: `http://127.0.0.1:${lambdaHostPort}`, log: join(logs, 'emulator.log'), say: log }),
  );
  const kafka = wantsKafka ? await startKafkaBeside(directory, log, [search, emulator]) : undefined;
  let server: OpenSearchServer | undefined = search;
  const stopOpenSearch = async (): Promise<void> => {
    await server?.stop();
    server = undefined;
  };
  return {
    endpoint: emulator.endpoint,
    opensearchUrl: search.url,
    kafka,
    lambdaHostPort,
    directory,
    startedIn: Date.now() - started,
    stopOpenSearch,
    startOpenSearch: async () => {
      server ??= await startOpenSearch(searchOptions);
    },
    stop: async () => {
      await Promise.all([stopOpenSearch(), emulator.stop(), kafka?.stop()]);
    },
  };
}

async function startKafkaBeside(run: string, say: (line: string) => void, others: readonly Stoppable[]): Promise<KafkaServer> {
  try {
    return await startKafka({ directory: join(run, 'kafka'), log: join(run, 'logs', 'kafka.log'), say });
  } catch (error) {
    await Promise.all(others.map((other) => other.stop()));
    throw error;
  }
}

/** Waits for both; where one fails, the other one is stopped again. */
async function both<A extends Stoppable, B extends Stoppable>(first: Promise<A>, second: Promise<B>): Promise<[A, B]> {
  const [a, b] = await Promise.allSettled([first, second]);
  if (a.status === 'fulfilled' && b.status === 'fulfilled') return [a.value, b.value];
  for (const result of [a, b]) if (result.status === 'fulfilled') await result.value.stop();
  // Awaiting the one that failed throws its error.
  return [await first, await second];
}

interface Stoppable {
  stop(): Promise<void>;
}
