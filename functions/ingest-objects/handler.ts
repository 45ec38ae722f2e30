// S3 notification → SQS → here: the objects that services deliver to the landing buckets.
// https://docs.aws.amazon.com/lambda/latest/dg/services-sqs-errorhandling.html (partial batch responses)
import { GetObjectCommand } from '@aws-sdk/client-s3';
import type { SQSBatchResponse, SQSEvent, SQSRecord } from 'aws-lambda';
import { eachMessage } from '../../shared/batches.ts';
import { MisconfiguredError } from '../../shared/errors.ts';
import { ingestAndReport, ingestDeps } from '../../shared/ingest.ts';
import { observed } from '../../shared/middleware.ts';
import { objectUnit } from '../../shared/units.ts';
import { readNotification, type ObjectCreated } from '../../shared/s3-notification.ts';

const deps = ingestDeps();

export const handler = observed<SQSEvent, SQSBatchResponse>(deps.log, (event) => eachMessage(event.Records, deps.log, ingestMessage), {
  Records: [],
});

async function ingestMessage({ body }: SQSRecord): Promise<void> {
  const notification = readNotification(body);
  switch (notification.kind) {
    case 'objects':
      for (const created of notification.objects) await ingestObject(created);
      return;
    case 'test':
      deps.log.info('s3 test event acknowledged');
      return;
    case 'unknown':
      // Nothing to read from it: it goes to the dead-letter queue, where the alarm calls somebody.
      throw new MisconfiguredError('objects queue: a message is no S3 notification; see who may send to the queue');
  }
}

async function ingestObject({ bucket, key, versionId }: ObjectCreated): Promise<void> {
  const answer = await deps.s3.send(new GetObjectCommand({ Bucket: bucket, Key: key, VersionId: versionId }));
  // The ETag rather than the version id: the same bytes put twice under one key are one unit.
  const version = answer.ETag?.replaceAll('"', '') ?? answer.VersionId ?? '';
  const time = answer.LastModified?.getTime() ?? 0;
  const signature = answer.Metadata?.['signature'];
  await ingestAndReport(objectUnit({ bucket, key, version, time, body: bytesOf(answer.Body), signature }, deps.bank), deps);
}

function bytesOf(body: unknown): AsyncIterable<Uint8Array> {
  if (typeof body === 'object' && body !== null && Symbol.asyncIterator in body) return body as AsyncIterable<Uint8Array>;
  throw new Error('S3 answered without a body');
}
