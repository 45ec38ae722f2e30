// AWS on this machine: moto's server (https://docs.getmoto.org/en/latest/docs/server_mode.html) with our patches, in local/emulator/.
import { join } from 'node:path';
import { cacheDirectory, ensureDirectory, projectRoot } from './paths.ts';
import { freePort } from './ports.ts';
import { startService } from './processes.ts';
import { pythonEnvironment } from './python.ts';

const READY_WITHIN_MS = 60_000;

export interface EmulatorOptions {
  /** A free one where absent. */
  readonly port?: number;
  /** Address of the local Lambda host; it need not be up yet. */
  readonly lambdaHost: string;
  /** Account of callers whose credentials belong to none; local/accounts.ts gets some for all others. */
  readonly accountId?: string;
  /** File for the emulator's output; one under .cache/logs where absent. */
  readonly log?: string;
  /** Takes one line of progress. */
  readonly say?: (line: string) => void;
}

export interface Emulator {
  readonly endpoint: string;
  stop(): Promise<void>;
}

/**
 * Starts the emulator, empty, after making its Python environment where that is missing.
 * @throws MisconfiguredError where Python is missing; Error with the end of the log where the emulator does not start.
 */
export async function startEmulator(options: EmulatorOptions): Promise<Emulator> {
  const say = options.say ?? (() => undefined);
  const bin = await pythonEnvironment('emulator', say);
  const port = options.port ?? (await freePort());
  const endpoint = `http://127.0.0.1:${port}`;
  const started = Date.now();
  const service = await startService(
    {
      name: 'AWS emulator',
      command: join(bin, 'python'),
      // -B: no compiled copies beside our sources.
      args: ['-B', join(projectRoot(), 'local', 'emulator', 'launch.py'), '-H', '127.0.0.1', '-p', String(port)],
      log: options.log ?? join(ensureDirectory(join(cacheDirectory(), 'logs')), `emulator-${port}.log`),
      env: { LAMBDA_HOST: options.lambdaHost, DEFAULT_ACCOUNT: options.accountId },
    },
    () => isUp(endpoint),
    READY_WITHIN_MS,
  );
  say(`AWS emulator: ready at ${endpoint} after ${((Date.now() - started) / 1000).toFixed(1)} s`);
  return { endpoint, stop: () => service.stop() };
}

async function isUp(endpoint: string): Promise<boolean> {
  try {
    return (await fetch(`${endpoint}/moto-api/data.json`)).ok;
  } catch {
    return false;
  }
}
