// A function and its execution environments: none until the first invocation, more while invocations queue up, up to its concurrency.
// https://docs.aws.amazon.com/lambda/latest/dg/lambda-concurrency.html
import { randomUUID } from 'node:crypto';
import { startEnvironment } from './environment.ts';
import type { Environment, EnvironmentSetup, Job } from './environment.ts';
import { reasonOf } from './model.ts';
import type { FunctionState, InvocationResult } from './model.ts';

/** Environments per function at most: the platform shares a small machine with a search engine. */
const LOCAL_CONCURRENCY = 2;

export interface FunctionPool {
  /** Runs the function with an event (JSON text). Never rejects: what goes wrong is a failed result. */
  invoke(payload: string): Promise<InvocationResult>;
  /** New code or settings: environments with the old ones end when they are idle. */
  update(setup: EnvironmentSetup): void;
  state(): FunctionState;
  /** Invocations that may run at once. */
  readonly concurrency: () => number;
  /** Kills every process, before it returns, and resolves when all are gone; what waits is answered as failed. */
  stop(): Promise<void>;
}

interface Member {
  readonly setup: EnvironmentSetup;
  phase: 'starting' | 'idle' | 'busy';
  environment: Environment | undefined;
}

interface Pool {
  setup: EnvironmentSetup;
  stopped: boolean;
  readonly queue: Job[];
  readonly members: Set<Member>;
  readonly starts: Set<Promise<void>>;
  readonly coldStarts: { readonly initMs: number }[];
  invocations: number;
  errors: number;
  maxMemoryBytes: number;
}

export function functionPool(setup: EnvironmentSetup): FunctionPool {
  const pool: Pool = {
    ...{ setup, stopped: false, queue: [], members: new Set(), starts: new Set(), coldStarts: [] },
    ...{ invocations: 0, errors: 0, maxMemoryBytes: 0 },
  };
  return {
    invoke: (payload) => invoke(pool, payload),
    update: (changed) => {
      pool.setup = changed;
      for (const member of pool.members) if (member.phase === 'idle') void member.environment?.stop();
    },
    state: () => ({
      ...{ name: pool.setup.deployed.name, coldStarts: [...pool.coldStarts], invocations: pool.invocations },
      ...{ errors: pool.errors, maxMemoryBytes: pool.maxMemoryBytes },
    }),
    concurrency: () => concurrencyOf(pool),
    stop: () => stop(pool),
  };
}

function concurrencyOf(pool: Pool): number {
  return Math.min(pool.setup.deployed.reservedConcurrency ?? LOCAL_CONCURRENCY, LOCAL_CONCURRENCY);
}

async function invoke(pool: Pool, payload: string): Promise<InvocationResult> {
  pool.invocations += 1;
  const result = await new Promise<InvocationResult>((settle) => {
    pool.queue.push({ requestId: randomUUID(), payload, settle });
    pump(pool);
  });
  if (result.failed) pool.errors += 1;
  return result;
}

/** Gives waiting jobs to idle environments and starts as many more as there are jobs nobody is about to take. */
function pump(pool: Pool): void {
  if (pool.stopped) failAll(pool, 'Sandbox.Stopped', 'The local Lambda host is stopping');
  if (concurrencyOf(pool) === 0) failAll(pool, 'TooManyRequestsException', 'Rate Exceeded: the reserved concurrency is 0');
  for (const member of pool.members) {
    if (member.phase !== 'idle' || member.setup !== pool.setup) continue;
    const job = pool.queue.shift();
    if (job === undefined) return;
    member.phase = 'busy';
    member.environment?.run(job);
  }
  const starting = [...pool.members].filter(({ phase }) => phase === 'starting').length;
  const wanted = Math.min(pool.queue.length - starting, concurrencyOf(pool) - pool.members.size);
  for (let count = 0; count < wanted; count += 1) {
    const start = addMember(pool).finally(() => pool.starts.delete(start));
    pool.starts.add(start);
  }
}

async function addMember(pool: Pool): Promise<void> {
  const member: Member = { setup: pool.setup, phase: 'starting', environment: undefined };
  pool.members.add(member);
  const ended = (initError: string | undefined): void => {
    pool.members.delete(member);
    if (initError !== undefined) {
      const job = pool.queue.shift();
      job?.settle({ requestId: job.requestId, failed: true, payload: initError });
    }
    pump(pool);
  };
  try {
    member.environment = await startEnvironment(member.setup, {
      started: (initMs) => pool.coldStarts.push({ initMs }),
      measured: (bytes) => (pool.maxMemoryBytes = Math.max(pool.maxMemoryBytes, bytes)),
      idle: () => rest(pool, member),
      ended,
    });
  } catch (thrown) {
    ended(JSON.stringify({ errorType: 'Runtime.ExitError', errorMessage: reasonOf(thrown) }));
  }
}

function rest(pool: Pool, member: Member): void {
  member.phase = 'idle';
  if (member.setup === pool.setup) pump(pool);
  else void member.environment?.stop();
}

function failAll(pool: Pool, errorType: string, errorMessage: string): void {
  const payload = JSON.stringify({ errorType, errorMessage });
  for (const job of pool.queue.splice(0)) job.settle({ requestId: job.requestId, failed: true, payload });
}

async function stop(pool: Pool): Promise<void> {
  pool.stopped = true;
  pump(pool);
  const killAll = (): Promise<unknown> => Promise.all([...pool.members].map(({ environment }) => environment?.stop() ?? Promise.resolve()));
  await killAll();
  await Promise.all(pool.starts);
  await killAll();
}
