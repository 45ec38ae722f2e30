// Where the emulator sends direct invocations (Invoke API, EventBridge, SNS, S3): POST /invoke/<function>.
// Answers as https://docs.aws.amazon.com/lambda/latest/api/API_Invoke.html does.
import { once } from 'node:events';
import { createServer } from 'node:http';
import type { IncomingMessage } from 'node:http';
import { text as readText } from 'node:stream/consumers';
import { parseJson, text } from '../../shared/outcome.ts';
import { reasonOf } from './model.ts';
import type { InvocationResult } from './model.ts';

export interface InvokeApi {
  readonly url: string;
  stop(): Promise<void>;
}

/** Answers undefined where no such function is deployed. */
export type InvokeByName = (functionName: string, payload: string) => Promise<InvocationResult | undefined>;

interface Reply {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
}

/** @param port 0 takes a free one; it listens on 127.0.0.1 only. */
export async function startInvokeApi(port: number, invoke: InvokeByName): Promise<InvokeApi> {
  const server = createServer((request, response) => {
    void answer(request, invoke)
      .catch((thrown: unknown) => refusal(500, 'ServiceException', reasonOf(thrown)))
      .then(({ status, headers, body }) => response.writeHead(status, { 'content-type': 'application/json', ...headers }).end(body));
  });
  server.listen(port, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  if (address === null || typeof address === 'string') throw new Error('invoke API: the server has no port');
  return {
    url: `http://127.0.0.1:${address.port}`,
    stop: async () => {
      const closed = once(server, 'close');
      server.close();
      server.closeAllConnections();
      await closed;
    },
  };
}

async function answer(request: IncomingMessage, invoke: InvokeByName): Promise<Reply> {
  const name = /^\/invoke\/([^/?]+)$/.exec(request.url ?? '')?.[1];
  if (request.method !== 'POST' || name === undefined) return refusal(404, 'UnknownOperationException', 'use POST /invoke/<function>');
  const payload = text(await readText(request)) ?? '{}';
  if (parseJson(payload) === undefined) return refusal(400, 'InvalidRequestContentException', 'Could not parse request body into json');
  const functionName = decodeURIComponent(name);
  const result = await invoke(functionName, payload);
  if (result === undefined) return refusal(404, 'ResourceNotFoundException', `Function not found: ${functionName}`);
  const failed = result.failed ? { 'x-amz-function-error': 'Unhandled' } : {};
  return { status: 200, headers: { 'x-amzn-requestid': result.requestId, ...failed }, body: result.payload };
}

function refusal(status: number, type: string, message: string): Reply {
  return { status, headers: { 'x-amzn-errortype': type }, body: JSON.stringify({ Type: 'User', Message: message }) };
}
