// Stands in for the Lambda service on the local platform: runs the functions that were deployed to the emulator, with the event source mappings that were
// deployed, in processes of their own. https://docs.aws.amazon.com/lambda/latest/dg/welcome.html
import { mkdir } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { MisconfiguredError, RetryableError } from '../shared/errors.ts';
import { destroyClients, hostClients } from './lambda/clients.ts';
import type { HostClients } from './lambda/clients.ts';
import { readDeployed, unpackCode } from './lambda/deployed.ts';
import type { EnvironmentSetup } from './lambda/environment.ts';
import { startInvokeApi } from './lambda/invoke-api.ts';
import type { InvokeApi } from './lambda/invoke-api.ts';
import type { DeployedFunction, DeployedMapping, FunctionState, HostLog, InvocationResult, Invoke, Poller } from './lambda/model.ts';
import { functionPool } from './lambda/pool.ts';
import type { FunctionPool } from './lambda/pool.ts';
import { startPoller } from './lambda/sources.ts';
import { onShutdown } from './shutdown.ts';

const QUIET_LOOK_MS = 250;

export interface LambdaHostOptions {
  /** Address of the emulator. */
  readonly endpoint: string;
  /** Account whose functions run here; the credentials must be of this account. */
  readonly accountId: string;
  readonly region: string;
  readonly credentials: EnvironmentSetup['credentials'];
  /** 0 takes a free port. */
  readonly port: number;
  /** Working folder: unpacked code, temporary files, and what the functions print in logs/<function>.log. */
  readonly directory: string;
  /** Functions of the stacks whose names begin with it are run. */
  readonly stackPrefix: string;
  /** Seconds after which a failed SQS message comes back. Without it the queue's visibility timeout decides, as in Lambda. */
  readonly sqsRetrySeconds?: number;
  /** Seconds for which messages of a queue are gathered at the most. Without it the mapping's batching window decides, as in Lambda. */
  readonly sqsWindowSeconds?: number;
  readonly log: HostLog;
}

export interface LambdaHost {
  /** Takes `POST /invoke/<function>`. */
  readonly url: string;
  functions(): readonly FunctionState[];
  /**
   * Reads again what is deployed: new, changed and removed functions and mappings.
   * @throws MisconfiguredError where something deployed cannot be run here; the rest keeps its former state.
   */
  refresh(): Promise<void>;
  /**
   * Resolves when nothing is in flight and every source that is not paused has nothing left to deliver, failed messages that are to come back included.
   * @throws RetryableError after `timeoutMs` (120 s), naming what still moved.
   */
  quiesce(timeoutMs?: number): Promise<void>;
  /** Stops reading the function's event sources; resolves when batches under way have ended. Direct invocations still run. */
  pause(functionName: string): Promise<void>;
  resume(functionName: string): void;
  /** Stops reading, kills every process and resolves when all are gone. */
  stop(): Promise<void>;
}

interface RunningFunction {
  readonly pool: FunctionPool;
  revision: string;
}

interface RunningMapping {
  readonly poller: Poller;
  readonly functionName: string;
  revision: string;
}

interface State {
  readonly options: LambdaHostOptions;
  readonly clients: HostClients;
  readonly functions: Map<string, RunningFunction>;
  readonly mappings: Map<string, RunningMapping>;
  /** Functions whose event sources are paused, those included that are not deployed yet. */
  readonly paused: Set<string>;
  refreshing: Promise<void> | undefined;
  stopped: boolean;
  inFlight: number;
  /** When an invocation last began or ended, ms of the process clock. */
  lastActivity: number;
}

/** Starts the host, before or after the emulator; it runs nothing until `refresh`, which is called after every deployment. */
export async function startLambdaHost(options: LambdaHostOptions): Promise<LambdaHost> {
  const state: State = {
    options: { ...options, directory: resolve(options.directory) },
    ...{ clients: hostClients(options), functions: new Map(), mappings: new Map(), paused: new Set() },
    ...{ refreshing: undefined, stopped: false, inFlight: 0, lastActivity: 0 },
  };
  await mkdir(logDirectory(state), { recursive: true });
  const api = await startInvokeApi(options.port, (name, payload) => invokeByName(state, name, payload));
  let ending: Promise<void> | undefined;
  const end = (): Promise<void> => (ending ??= stop(state, api));
  const forget = onShutdown({ stop: end, killNow: () => killNow(state) });
  return {
    url: api.url,
    functions: () => [...state.functions.values()].map(({ pool }) => pool.state()),
    refresh: () => refresh(state),
    quiesce: (timeoutMs = 120_000) => quiesce(state, timeoutMs),
    pause: async (functionName) => {
      state.paused.add(functionName);
      await Promise.all(pollersOf(state, functionName).map((poller) => poller.pause()));
    },
    resume: (functionName) => {
      state.paused.delete(functionName);
      for (const poller of pollersOf(state, functionName)) poller.resume();
    },
    stop: () => end().finally(forget),
  };
}

/**
 * Tells the emulator that the functions of an account and region run at this host, where not all of them run at one.
 * @throws Error where the emulator does not take it.
 */
export async function registerHost(
  endpoint: string,
  place: { readonly account: string; readonly region: string; readonly url: string },
): Promise<void> {
  const { ok, status } = await fetch(`${endpoint}/moto-api/lambda-hosts`, { method: 'POST', body: JSON.stringify(place) });
  if (!ok) throw new Error(`lambda host: the emulator answers ${status}`);
}

async function stop(state: State, api: InvokeApi): Promise<void> {
  state.stopped = true;
  await state.refreshing?.catch(() => undefined);
  // Together: a poller waits for its invocations, which the end of the processes settles.
  await Promise.all([
    ...[...state.mappings.values()].map(({ poller }) => poller.stop()),
    ...[...state.functions.values()].map(({ pool }) => pool.stop()),
  ]);
  await api.stop();
  destroyClients(state.clients);
}

function killNow(state: State): void {
  for (const { pool } of state.functions.values()) void pool.stop();
}

function logDirectory({ options }: State): string {
  return join(options.directory, 'logs');
}

function pollersOf(state: State, functionName: string): readonly Poller[] {
  return [...state.mappings.values()].filter((mapping) => mapping.functionName === functionName).map(({ poller }) => poller);
}

async function invokeByName(state: State, functionName: string, payload: string): Promise<InvocationResult | undefined> {
  if (!state.functions.has(functionName)) await refresh(state);
  const found = state.functions.get(functionName);
  return found === undefined ? undefined : invoke(state, found, payload);
}

async function invoke(state: State, found: RunningFunction, payload: string): Promise<InvocationResult> {
  state.inFlight += 1;
  state.lastActivity = performance.now();
  try {
    return await found.pool.invoke(payload);
  } finally {
    state.inFlight -= 1;
    state.lastActivity = performance.now();
  }
}

/** One at a time: who asks while one runs waits for it and then has one of his own, since he may know of a later deployment. */
async function refresh(state: State): Promise<void> {
  const before = state.refreshing;
  const mine = (async () => {
    await before?.catch(() => undefined);
    await takeOver(state);
  })();
  state.refreshing = mine;
  await mine;
}

async function takeOver(state: State): Promise<void> {
  if (state.stopped) return;
  const { functions, mappings } = await readDeployed(state.clients, state.options.stackPrefix);
  for (const deployed of functions) await takeOverFunction(state, deployed);
  for (const mapping of mappings) await takeOverMapping(state, mapping, functions);
  const uuids = new Set(mappings.map(({ uuid }) => uuid));
  for (const [uuid, { poller }] of state.mappings) {
    if (uuids.has(uuid)) continue;
    state.mappings.delete(uuid);
    await poller.stop();
  }
  const names = new Set(functions.map(({ name }) => name));
  for (const [name, { pool }] of state.functions) {
    if (names.has(name)) continue;
    state.functions.delete(name);
    await pool.stop();
  }
}

async function takeOverFunction(state: State, deployed: DeployedFunction): Promise<void> {
  const { options, functions, clients } = state;
  if (deployed.arn.split(':')[4] !== options.accountId) {
    throw new MisconfiguredError(
      `lambda host: the credentials show ${deployed.arn}, which is not in account ${options.accountId}; give those of that account`,
    );
  }
  const revision = JSON.stringify(deployed);
  const running = functions.get(deployed.name);
  if (running?.revision === revision) return;
  const taskRoot = await unpackCode(clients.s3, deployed, join(options.directory, 'functions'));
  const { endpoint, region, credentials } = options;
  const temporary = join(options.directory, 'tmp', deployed.name);
  await mkdir(temporary, { recursive: true });
  const setup = {
    deployed,
    taskRoot,
    temporary,
    logFile: join(logDirectory(state), `${deployed.name}.log`),
    endpoint,
    region,
    credentials,
  };
  if (running === undefined) functions.set(deployed.name, { pool: functionPool(setup), revision });
  else {
    running.pool.update(setup);
    running.revision = revision;
  }
  options.log('function deployed', { function: deployed.name, code: deployed.codeSha256, changed: running !== undefined });
}

async function takeOverMapping(state: State, mapping: DeployedMapping, functions: readonly DeployedFunction[]): Promise<void> {
  const revision = JSON.stringify(mapping);
  const running = state.mappings.get(mapping.uuid);
  if (running?.revision === revision) return;
  if (running !== undefined) {
    running.poller.update(mapping);
    running.revision = revision;
    return;
  }
  const target = functions.find(({ name }) => name === mapping.functionName);
  const pool = state.functions.get(mapping.functionName)?.pool;
  if (target === undefined || pool === undefined) return;
  const { options, clients } = state;
  const invoke = invoker(state, mapping.functionName);
  const poller = await startPoller(mapping, { options, clients, target, invoke, concurrency: pool.concurrency });
  if (state.paused.has(mapping.functionName)) await poller.pause();
  state.mappings.set(mapping.uuid, { poller, functionName: mapping.functionName, revision });
  state.options.log('event source mapping started', { function: mapping.functionName, source: mapping.sourceArn });
}

/** For pollers. It does not refresh: a refresh may be waiting for the very poller. */
function invoker(state: State, functionName: string): Invoke {
  return async (payload) => {
    const found = state.functions.get(functionName);
    if (found === undefined) throw new RetryableError(`lambda host: ${functionName} is no longer deployed`);
    return invoke(state, found, payload);
  };
}

async function quiesce(state: State, timeoutMs: number): Promise<void> {
  const deadline = performance.now() + timeoutMs;
  let since = performance.now();
  let quiet = 0;
  // Twice in a row: a function that just ended may have set something in motion that its consumer has not seen yet.
  while (quiet < 2) {
    const moving = await movingSince(state, since);
    if (moving.length === 0 && state.lastActivity <= since) {
      quiet += 1;
      since = performance.now();
    } else {
      quiet = 0;
      since = Math.max(since, state.lastActivity);
    }
    if (performance.now() > deadline) throw new RetryableError(`lambda host: not quiet after ${timeoutMs} ms: ${moving.join(', ')}`);
    await delay(QUIET_LOOK_MS);
  }
}

/** @returns names of what is in flight or has something left to deliver. */
async function movingSince(state: State, since: number): Promise<readonly string[]> {
  const moving = state.inFlight > 0 ? [`${state.inFlight} invocations`] : [];
  for (const [uuid, { poller, functionName }] of state.mappings) {
    if (!(await poller.isQuiet(since))) moving.push(`source of ${functionName} (${uuid})`);
  }
  return moving;
}
