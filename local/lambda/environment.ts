// One execution environment: a Node process with the deployed code and variables, and the Runtime API that only this process speaks to.
// https://docs.aws.amazon.com/lambda/latest/dg/lambda-runtime-environment.html and https://docs.aws.amazon.com/lambda/latest/dg/runtimes-api.html
import { spawn } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { appendFileSync, closeSync, openSync } from 'node:fs';
import { createServer } from 'node:http';
import type { IncomingMessage, Server, ServerResponse } from 'node:http';
import { join } from 'node:path';
import { text as readText } from 'node:stream/consumers';
import { text } from '../../shared/outcome.ts';
import { projectRoot } from '../paths.ts';
import type { DeployedFunction, InvocationResult } from './model.ts';

/** Lambda allows 10 s for the start of an environment; this machine runs OpenSearch and the emulator beside it. */
const INIT_LIMIT_MS = 30_000;
const ROUTE =
  /^\/2018-06-01\/runtime\/(?:invocation\/(?<next>next)|invocation\/(?<id>[^/]+)\/(?<end>response|error)|init\/(?<init>error))$/;

export interface EnvironmentSetup {
  readonly deployed: DeployedFunction;
  /** Folder with the unzipped code. */
  readonly taskRoot: string;
  /** Folder that stands for Lambda's /tmp. */
  readonly temporary: string;
  /** File that stdout, stderr and one report per invocation are appended to. */
  readonly logFile: string;
  readonly endpoint: string;
  readonly region: string;
  readonly credentials: { readonly accessKeyId: string; readonly secretAccessKey: string; readonly sessionToken?: string | undefined };
}

/** One invocation on its way through an environment. */
export interface Job {
  readonly requestId: string;
  readonly payload: string;
  readonly settle: (result: InvocationResult) => void;
}

export interface EnvironmentEvents {
  /** The process asked for its first event. */
  readonly started: (initMs: number) => void;
  /** It waits for an event: `run` may be called once. */
  readonly idle: () => void;
  readonly measured: (maxMemoryBytes: number) => void;
  /** The process is gone. `initError` is set, as JSON in Lambda's shape, where it never asked for an event. */
  readonly ended: (initError: string | undefined) => void;
}

export interface Environment {
  run(job: Job): void;
  /** Kills the process and resolves when it is gone; a job under way is settled as failed. */
  stop(): Promise<void>;
}

interface State {
  readonly setup: EnvironmentSetup;
  readonly events: EnvironmentEvents;
  readonly spawnedAt: number;
  initMs: number | undefined;
  reportedInit: boolean;
  maxMemoryBytes: number;
  waiting: ServerResponse | undefined;
  current: (Job & { readonly startedAt: number }) | undefined;
  /** Ends the start, later the invocation under way, when it takes too long. */
  timer: NodeJS.Timeout | undefined;
  failure: string | undefined;
}

/** @returns an environment whose process was started; it reports through `events` when it is ready or gone. */
export async function startEnvironment(setup: EnvironmentSetup, events: EnvironmentEvents): Promise<Environment> {
  const state: State = {
    ...{ setup, events, spawnedAt: performance.now(), initMs: undefined, reportedInit: false, maxMemoryBytes: 0 },
    ...{ waiting: undefined, current: undefined, failure: undefined, timer: undefined },
  };
  const server = createServer((request, response) => void serve(state, request, response));
  // A handler that computes for long must find its connection open when it answers.
  server.keepAliveTimeout = 0;
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const child = spawnRuntime(setup, portOf(server));
  state.timer = setTimeout(
    () => kill(state, child, 'Sandbox.Timedout', `Init did not end within ${INIT_LIMIT_MS / 1000} seconds`),
    INIT_LIMIT_MS,
  );
  const gone = new Promise<void>((resolve) => {
    const end = (cause: string): void => {
      clearTimeout(state.timer);
      server.closeAllConnections();
      server.close(() => resolve());
      endState(state, cause);
    };
    child.once('exit', (code, signal) => end(exitCause(code, signal)));
    child.once('error', (error) => end(`Runtime could not be started: ${error.message}`));
  });
  return {
    run: (job) => run(state, child, job),
    stop: () => {
      child.kill('SIGKILL');
      return gone;
    },
  };
}

function portOf(server: Server): number {
  const address = server.address();
  if (address === null || typeof address === 'string') throw new Error('runtime API: the server has no port');
  return address.port;
}

function spawnRuntime(setup: EnvironmentSetup, port: number): ChildProcess {
  const runtime = join(projectRoot(), 'local', 'lambda', 'runtime.mjs');
  const log = openSync(setup.logFile, 'a');
  const child = spawn(process.execPath, [`--max-old-space-size=${setup.deployed.memoryMiB}`, runtime], {
    cwd: setup.taskRoot,
    env: variablesOf(setup, port),
    stdio: ['pipe', log, log],
  });
  // The process may die while its stdin is open; its exit says why.
  child.stdin?.on('error', () => undefined);
  closeSync(log);
  return child;
}

/** https://docs.aws.amazon.com/lambda/latest/dg/configuration-envvars.html: the reserved ones win over what was deployed. */
function variablesOf(
  { deployed, taskRoot, temporary, endpoint, region, credentials }: EnvironmentSetup,
  port: number,
): Record<string, string> {
  return {
    ...deployed.variables,
    PATH: process.env['PATH'] ?? '',
    LANG: 'en_US.UTF-8',
    TZ: ':UTC',
    TMPDIR: temporary,
    _HANDLER: deployed.handler,
    LAMBDA_TASK_ROOT: taskRoot,
    AWS_LAMBDA_RUNTIME_API: `127.0.0.1:${port}`,
    AWS_LAMBDA_FUNCTION_NAME: deployed.name,
    AWS_LAMBDA_FUNCTION_VERSION: deployed.version,
    AWS_LAMBDA_FUNCTION_MEMORY_SIZE: String(deployed.memoryMiB),
    AWS_LAMBDA_INITIALIZATION_TYPE: 'on-demand',
    AWS_LAMBDA_LOG_GROUP_NAME: `/aws/lambda/${deployed.name}`,
    AWS_LAMBDA_LOG_STREAM_NAME: 'local',
    AWS_EXECUTION_ENV: `AWS_Lambda_${deployed.runtime}`,
    AWS_REGION: region,
    AWS_DEFAULT_REGION: region,
    AWS_ENDPOINT_URL: endpoint,
    AWS_ACCESS_KEY_ID: credentials.accessKeyId,
    AWS_SECRET_ACCESS_KEY: credentials.secretAccessKey,
    ...(credentials.sessionToken === undefined ? {} : { AWS_SESSION_TOKEN: credentials.sessionToken }),
  };
}

async function serve(state: State, request: IncomingMessage, response: ServerResponse): Promise<void> {
  try {
    const body = await readText(request);
    const route = ROUTE.exec(request.url ?? '')?.groups;
    if (route?.['next'] !== undefined) {
      awaitEvent(state, response);
      return;
    }
    const kib = Number(request.headers['x-max-memory-kib'] ?? 0);
    state.maxMemoryBytes = Math.max(state.maxMemoryBytes, kib * 1024);
    if (route?.['init'] !== undefined) state.failure = body;
    else if (route?.['id'] !== undefined) settle(state, route['id'], { failed: route['end'] === 'error', payload: body });
    response.writeHead(route === undefined ? 404 : 202, { 'content-type': 'application/json' }).end('{"status":"OK"}');
  } catch {
    // The process died while it spoke; its exit settles what it left behind.
    response.destroy();
  }
}

function awaitEvent(state: State, response: ServerResponse): void {
  clearTimeout(state.timer);
  state.waiting = response;
  if (state.initMs === undefined) {
    state.initMs = performance.now() - state.spawnedAt;
    state.events.started(state.initMs);
  }
  state.events.idle();
}

function run(state: State, child: ChildProcess, job: Job): void {
  const { deployed } = state.setup;
  const limit = (deployed.timeoutMs / 1000).toFixed(2);
  state.timer = setTimeout(
    () => kill(state, child, 'Sandbox.Timedout', `RequestId: ${job.requestId} Error: Task timed out after ${limit} seconds`),
    deployed.timeoutMs,
  );
  state.current = { ...job, startedAt: performance.now() };
  state.waiting
    ?.writeHead(200, {
      'content-type': 'application/json',
      'lambda-runtime-aws-request-id': job.requestId,
      'lambda-runtime-deadline-ms': String(Date.now() + deployed.timeoutMs),
      'lambda-runtime-invoked-function-arn': deployed.arn,
      'lambda-runtime-trace-id': `Root=1-${Math.floor(Date.now() / 1000).toString(16)}-${job.requestId.replaceAll('-', '').slice(0, 24)};Sampled=0`,
    })
    .end(job.payload);
  state.waiting = undefined;
}

function kill(state: State, child: ChildProcess, errorType: string, errorMessage: string): void {
  state.failure = JSON.stringify({ errorType, errorMessage });
  child.kill('SIGKILL');
}

function settle(state: State, requestId: string, result: { readonly failed: boolean; readonly payload: string }): void {
  const { current } = state;
  if (current?.requestId !== requestId) return;
  clearTimeout(state.timer);
  state.current = undefined;
  state.events.measured(state.maxMemoryBytes);
  report(state, requestId, performance.now() - current.startedAt, result.failed);
  current.settle({ requestId, ...result });
}

/** The line Lambda writes after every invocation. https://docs.aws.amazon.com/lambda/latest/dg/telemetry-schema-reference.html#platform-report */
function report(state: State, requestId: string, durationMs: number, failed: boolean): void {
  const metrics = {
    durationMs: Math.round(durationMs),
    memorySizeMB: state.setup.deployed.memoryMiB,
    maxMemoryUsedMB: Math.ceil(state.maxMemoryBytes / 0x100000),
    ...(state.reportedInit || state.initMs === undefined ? {} : { initDurationMs: Math.round(state.initMs) }),
  };
  state.reportedInit = true;
  const record = { requestId, status: failed ? 'error' : 'success', metrics };
  appendFileSync(state.setup.logFile, `${JSON.stringify({ time: new Date().toISOString(), type: 'platform.report', record })}\n`);
}

function exitCause(code: number | null, signal: NodeJS.Signals | null): string {
  if (signal !== null) return `Runtime exited with error: signal: ${signal}`;
  return code === 0 ? 'Runtime exited without providing a reason' : `Runtime exited with error: exit status ${code ?? 'unknown'}`;
}

function endState(state: State, cause: string): void {
  state.waiting = undefined;
  const exit = (prefix: string): string =>
    text(state.failure) ?? JSON.stringify({ errorType: 'Runtime.ExitError', errorMessage: prefix + cause });
  const { current } = state;
  if (current !== undefined) settle(state, current.requestId, { failed: true, payload: exit(`RequestId: ${current.requestId} Error: `) });
  state.events.ended(state.initMs === undefined ? exit('Error: ') : undefined);
}
