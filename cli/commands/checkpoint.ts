// `strongroom evidence checkpoint`: what was sealed until now is signed now, by the function that otherwise does it every few minutes.
import type { Writable } from 'node:stream';
import { setTimeout as sleep } from 'node:timers/promises';
import { InvokeCommand, TooManyRequestsException, type LambdaClient } from '@aws-sdk/client-lambda';
import { lambdaClient } from '../../shared/deps.ts';
import { MisconfiguredError, RetryableError } from '../../shared/errors.ts';
import type { JsonObject } from '../../shared/model.ts';
import { isObject, parseJson, text } from '../../shared/outcome.ts';
import { bankEnvironment, deployed, output } from '../deployed.ts';

export interface CheckpointOptions {
  readonly bank: string;
  readonly json?: boolean | undefined;
  /** First makes the log's table again out of the log. */
  readonly rebuildIndex?: boolean | undefined;
}

/** Of one call; a long rebuild is done in several. */
const CALL_SECONDS = 170;
const REBUILD_MS = 120_000;
const TRIES = 5;

/** What is asked: the function's name, and who asks it. */
export interface Notary {
  readonly lambda: LambdaClient;
  readonly functionName: string;
}

/** @returns the exit code. @throws with what the function says where nothing could be signed. */
export async function evidenceCheckpoint(options: CheckpointOptions, out: Writable = process.stdout): Promise<number> {
  const environment = bankEnvironment(options.bank);
  const lambda = lambdaClient(environment, CALL_SECONDS);
  try {
    return await checkpoint({ lambda, functionName: output(await deployed(options.bank, environment), 'NotarizeFunction') }, options, out);
  } finally {
    lambda.destroy();
  }
}

export async function checkpoint(notary: Notary, options: Omit<CheckpointOptions, 'bank'>, out: Writable): Promise<number> {
  if (options.rebuildIndex === true) await rebuildIndex(notary);
  const answer = await ask(notary, { action: 'checkpoint' });
  out.write(options.json === true ? `${JSON.stringify(answer)}\n` : description(answer));
  return answer['witness'] === 'away' ? 1 : 0;
}

async function rebuildIndex(notary: Notary): Promise<void> {
  for (let from = 0, size = 1; from < size;) {
    const { next, size: whole } = await ask(notary, { action: 'rebuild-index', from, until: Date.now() + REBUILD_MS });
    if (typeof next !== 'number' || typeof whole !== 'number')
      throw new MisconfiguredError('notarize answered something else: deploy this version');
    if (whole > 0) process.stderr.write(`table of the log: ${next} of ${whole} leaves\n`);
    [from, size] = [next, whole];
  }
}

async function ask({ lambda, functionName }: Notary, request: object): Promise<JsonObject> {
  for (let left = TRIES; ; left--) {
    try {
      const { Payload, FunctionError } = await lambda.send(
        new InvokeCommand({ FunctionName: functionName, Payload: JSON.stringify(request) }),
      );
      const answer = parseJson(Buffer.from(Payload ?? []).toString());
      if (FunctionError === undefined && isObject(answer)) return answer;
      throw new RetryableError(`${functionName}: ${(isObject(answer) ? text(answer['errorMessage']) : undefined) ?? 'no answer'}`);
    } catch (error) {
      // As many run as the account allows.
      if (!(error instanceof TooManyRequestsException) || left <= 1) throw error;
      await sleep(2000);
    }
  }
}

const WITNESSED: Readonly<Record<string, string>> = {
  none: 'none in the bank’s file',
  signed: 'has signed',
  away: 'has not signed: see the log group of notarize',
};

function description({ size, root, isNew, key, witness, witnessKey }: JsonObject): string {
  if (typeof size !== 'number' || size === 0) return 'the log is empty: nothing was sealed yet\n';
  const lines = [
    `checkpoint  ${size} leaves, ${isNew === true ? 'signed now' : 'signed before: nothing was sealed since'}`,
    `root        ${text(root) ?? ''}`,
    `log key     ${text(key) ?? ''}`,
    `witness     ${WITNESSED[text(witness) ?? ''] ?? ''}`,
    ...(text(witnessKey) === undefined ? [] : [`witness key ${text(witnessKey) ?? ''} (not in the bank’s file)`]),
  ];
  return `${lines.join('\n')}\n`;
}
