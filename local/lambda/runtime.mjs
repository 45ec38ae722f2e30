// The runtime inside an execution environment: loads the handler, then asks for one event after the other.
// https://docs.aws.amazon.com/lambda/latest/dg/runtimes-api.html
import { existsSync } from 'node:fs';
import http from 'node:http';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';

const { env } = process;
const api = `http://${env.AWS_LAMBDA_RUNTIME_API}/2018-06-01/runtime`;
const agent = new http.Agent({ keepAlive: true });
let currentRequestId;

/** node:http and not fetch: an environment may wait hours for its next event and fetch gives up after five minutes. */
function call(method, path, body, headers = {}) {
  return new Promise((resolve, reject) => {
    const request = http.request(`${api}${path}`, { method, agent, headers }, (response) => {
      const chunks = [];
      response.on('data', (chunk) => chunks.push(chunk));
      response.on('end', () => resolve({ headers: response.headers, body: Buffer.concat(chunks).toString('utf8') }));
      response.on('error', reject);
    });
    request.on('error', reject);
    request.end(body);
  });
}

function describeError(thrown, fallbackType) {
  if (!(thrown instanceof Error)) return { errorType: fallbackType ?? typeof thrown, errorMessage: String(thrown), trace: [] };
  return { errorType: fallbackType ?? thrown.name, errorMessage: thrown.message, trace: (thrown.stack ?? '').split('\n') };
}

/** The host takes the largest resident set from here: it has no portable way to ask another process. */
function answer(path, body, headers = {}) {
  return call('POST', path, body, { ...headers, 'x-max-memory-kib': String(process.resourceUsage().maxRSS) });
}

function reportError(path, error) {
  console.error(JSON.stringify({ level: 'ERROR', message: 'Invoke Error', function_request_id: currentRequestId, ...error }));
  return answer(path, JSON.stringify(error), { 'lambda-runtime-function-error-type': error.errorType });
}

async function loadHandler() {
  const dot = env._HANDLER.lastIndexOf('.');
  const base = join(env.LAMBDA_TASK_ROOT, env._HANDLER.slice(0, dot));
  const file = ['.js', '.mjs', '.cjs'].map((extension) => base + extension).find((candidate) => existsSync(candidate));
  if (file === undefined) throw Object.assign(new Error(`Cannot find module '${base}'`), { name: 'Runtime.ImportModuleError' });
  const loaded = await import(pathToFileURL(file).href);
  const name = env._HANDLER.slice(dot + 1);
  const handler = loaded[name] ?? loaded.default?.[name];
  if (typeof handler !== 'function')
    throw Object.assign(new Error(`${env._HANDLER} is undefined or not exported`), { name: 'Runtime.HandlerNotFound' });
  return handler;
}

function contextOf(headers) {
  const deadline = Number(headers['lambda-runtime-deadline-ms']);
  return {
    functionName: env.AWS_LAMBDA_FUNCTION_NAME,
    functionVersion: env.AWS_LAMBDA_FUNCTION_VERSION,
    memoryLimitInMB: env.AWS_LAMBDA_FUNCTION_MEMORY_SIZE,
    logGroupName: env.AWS_LAMBDA_LOG_GROUP_NAME,
    logStreamName: env.AWS_LAMBDA_LOG_STREAM_NAME,
    invokedFunctionArn: headers['lambda-runtime-invoked-function-arn'],
    awsRequestId: headers['lambda-runtime-aws-request-id'],
    callbackWaitsForEmptyEventLoop: true,
    getRemainingTimeInMillis: () => deadline - Date.now(),
  };
}

async function serve(handler) {
  for (;;) {
    const { headers, body } = await call('GET', '/invocation/next');
    const context = contextOf(headers);
    currentRequestId = context.awsRequestId;
    env._X_AMZN_TRACE_ID = headers['lambda-runtime-trace-id'];
    const path = `/invocation/${currentRequestId}`;
    let result;
    try {
      result = JSON.stringify((await handler(JSON.parse(body), context)) ?? null);
    } catch (thrown) {
      await reportError(`${path}/error`, describeError(thrown));
      continue;
    }
    await answer(`${path}/response`, result);
  }
}

/** An error outside of the handler's promise ends the process, as in Lambda; whoever waits for the invocation is told first. */
async function die(thrown, type) {
  const path = currentRequestId === undefined ? '/init/error' : `/invocation/${currentRequestId}/error`;
  await reportError(path, describeError(thrown, type)).catch(() => undefined);
  process.exit(1);
}

process.on('uncaughtException', (thrown) => void die(thrown));
process.on('unhandledRejection', (thrown) => void die(thrown, 'Runtime.UnhandledPromiseRejection'));
// The host holds the other end of stdin: when the host is gone, so is this process.
process.stdin.on('error', () => process.exit(0));
process.stdin.on('end', () => process.exit(0)).resume();

try {
  await serve(await loadHandler());
} catch (thrown) {
  await die(thrown);
}
