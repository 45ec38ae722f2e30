// Vault → S3 notification → SQS → here: every object of the vault becomes a leaf of the log. Every minute, and on request: a checkpoint.
// https://docs.aws.amazon.com/lambda/latest/dg/services-sqs-errorhandling.html (partial batch responses)
import { InvokeCommand } from '@aws-sdk/client-lambda';
import type { SQSBatchResponse, SQSEvent } from 'aws-lambda';
import { loadPackagedBank, readEnvironment, required } from '../../shared/config.ts';
import { dynamoClient, kmsClient, lambdaClient, s3Client } from '../../shared/deps.ts';
import { RetryableError } from '../../shared/errors.ts';
import { observed } from '../../shared/middleware.ts';
import { logWriter } from '../../shared/notary/append.ts';
import type { CosignRequest } from '../../shared/notary/cosign.ts';
import { dynamoIndex } from '../../shared/notary/head.ts';
import { verifierOf } from '../../shared/notary/note.ts';
import type { Rebuilt } from '../../shared/notary/rebuild.ts';
import { logSettings, type WitnessSettings } from '../../shared/notary/settings.ts';
import { kmsSigner, onceMade } from '../../shared/notary/signer.ts';
import { s3LogStore } from '../../shared/notary/store.ts';
import { createLog } from '../../shared/observe/log.ts';
import { createMetrics } from '../../shared/observe/metrics.ts';
import { isObject, parseJson, text } from '../../shared/outcome.ts';
import { checkpointNow, notarizeMessages, publishIfDue, rebuild, type CheckpointAnswer, type NotarizeDeps } from './notarize.ts';

/** Beside the queue's messages: the schedule asks to publish, `strongroom evidence checkpoint` for a checkpoint, or the table anew. */
type Request =
  | SQSEvent
  | { readonly action: 'publish' }
  | { readonly action: 'checkpoint' }
  | { readonly action: 'rebuild-index'; readonly from: number; readonly until: number };

/** A witness signs in less than a second; a cold one starts in three. */
const WITNESS_SECONDS = 10;

const environment = readEnvironment();
const bank = loadPackagedBank();
const log = createLog();
const settings = logSettings(bank);
const vault = { s3: s3Client(environment), bucket: required('vaultBucket', environment) };
const kms = kmsClient(environment);
const deps: NotarizeDeps = {
  ...{ bank: bank.bank, vault, settings, log, metrics: createMetrics(), now: Date.now },
  writer: logWriter({
    store: s3LogStore({ ...vault, retention: bank.retention }),
    index: dynamoIndex({ dynamo: dynamoClient(environment), table: required('logTable', environment) }),
    origin: settings.origin,
  }),
  signer: onceMade(() => kmsSigner({ kms, keyArn: required('logKeyArn', environment), name: settings.origin, kind: settings.kind })),
  witness: settings.witness === undefined ? undefined : witnessOf(settings.witness),
};

export const handler = observed<Request, SQSBatchResponse | CheckpointAnswer | Rebuilt | undefined>(log, async (request) => {
  if ('Records' in request) return await notarizeMessages(request.Records, deps);
  switch (request.action) {
    case 'publish':
      await publishIfDue(deps);
      return undefined;
    case 'checkpoint':
      return await checkpointNow(deps);
    case 'rebuild-index':
      return await rebuild(request.from, deps, () => Date.now() > request.until);
  }
});

function witnessOf({ region, functionArn, key }: WitnessSettings): CosignRequest {
  const lambda = lambdaClient({ region }, WITNESS_SECONDS);
  return {
    key: key === undefined ? undefined : verifierOf(key),
    call: async (path, body) => {
      const { Payload, FunctionError } = await lambda.send(
        new InvokeCommand({ FunctionName: functionArn, Payload: JSON.stringify({ path, body }) }),
      );
      const answer = parseJson(Buffer.from(Payload ?? []).toString());
      if (FunctionError !== undefined || !isObject(answer) || typeof answer['status'] !== 'number')
        throw new RetryableError(`the witness failed: ${(isObject(answer) ? text(answer['errorMessage']) : undefined) ?? 'no answer'}`);
      return { status: answer['status'], body: text(answer['body']) ?? '' };
    },
  };
}
