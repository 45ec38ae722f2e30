// What a function answers for a batch: which items Lambda is to deliver again.
import { errorFields, type Log } from './observe/log.ts';

interface Failures {
  readonly batchItemFailures: { itemIdentifier: string }[];
}

type ErrorLog = Pick<Log, 'error'>;

/**
 * Kinesis: one record after the other, up to the first that fails. Lambda goes on from the lowest number reported, so what comes behind it
 * would be delivered again anyway. https://docs.aws.amazon.com/lambda/latest/dg/services-kinesis-batchfailurereporting.html
 * @param isOver asked before each record but the first: the rest is left to the next invocation. One that runs out of time reports nothing at all,
 * and would begin anew for ever.
 */
export async function eachRecord<R extends { readonly kinesis: { readonly sequenceNumber: string } }>(
  records: readonly R[],
  log: ErrorLog,
  process: (record: R) => Promise<void>,
  isOver: () => boolean = () => false,
): Promise<Failures> {
  for (const [at, record] of records.entries()) {
    if (at > 0 && isOver()) return { batchItemFailures: [{ itemIdentifier: record.kinesis.sequenceNumber }] };
    try {
      await process(record);
    } catch (error) {
      const { sequenceNumber } = record.kinesis;
      log.error('record not processed, it will be delivered again', { sequence: sequenceNumber, ...errorFields(error) });
      return { batchItemFailures: [{ itemIdentifier: sequenceNumber }] };
    }
  }
  return { batchItemFailures: [] };
}

/** SQS: every message for itself; those that fail come back. https://docs.aws.amazon.com/lambda/latest/dg/services-sqs-errorhandling.html */
export async function eachMessage<M extends { readonly messageId: string }>(
  messages: readonly M[],
  log: ErrorLog,
  process: (message: M) => Promise<void>,
): Promise<Failures> {
  const batchItemFailures: { itemIdentifier: string }[] = [];
  for (const message of messages) {
    try {
      await process(message);
    } catch (error) {
      log.error('message not processed, it will be delivered again', { message: message.messageId, ...errorFields(error) });
      batchItemFailures.push({ itemIdentifier: message.messageId });
    }
  }
  return { batchItemFailures };
}
