// What a function receives of a stream, and what the on-failure destination receives of records given up.
// https://docs.aws.amazon.com/lambda/latest/dg/with-kinesis.html and https://docs.aws.amazon.com/lambda/latest/dg/kinesis-on-failure-destination.html
import type { GivenUp, StreamRecord } from './kinesis-batch.ts';

export interface EventOrigin {
  readonly streamArn: string;
  readonly shardId: string;
  readonly region: string;
  readonly functionArn: string;
  readonly roleArn: string;
}

/** @returns the record of a Lambda event; the arrival is in seconds there. */
export function streamEventRecord(record: StreamRecord, origin: EventOrigin): Record<string, unknown> {
  return {
    kinesis: {
      kinesisSchemaVersion: '1.0',
      partitionKey: record.partitionKey,
      sequenceNumber: record.sequenceNumber,
      data: Buffer.from(record.data).toString('base64'),
      approximateArrivalTimestamp: record.arrivedAt / 1000,
    },
    eventSource: 'aws:kinesis',
    eventVersion: '1.0',
    eventID: `${origin.shardId}:${record.sequenceNumber}`,
    eventName: 'aws:kinesis:record',
    invokeIdentityArn: origin.roleArn,
    awsRegion: origin.region,
    eventSourceARN: origin.streamArn,
  };
}

/** @param now ms since the epoch. @returns the message: it names the records, it does not hold them. */
export function onFailureMessage(givenUp: GivenUp, origin: EventOrigin, now: number): Record<string, unknown> {
  const { last, records, attempts, reason } = givenUp;
  const response = { statusCode: 200, executedVersion: '$LATEST', functionError: last?.failed === true ? 'Unhandled' : null };
  return {
    requestContext: { requestId: last?.requestId, functionArn: origin.functionArn, condition: reason, approximateInvokeCount: attempts },
    ...(last === undefined ? {} : { responseContext: response }),
    version: '1.0',
    timestamp: new Date(now).toISOString(),
    KinesisBatchInfo: {
      shardId: origin.shardId,
      startSequenceNumber: records.at(0)?.sequenceNumber,
      endSequenceNumber: records.at(-1)?.sequenceNumber,
      approximateArrivalOfFirstRecord: isoTime(records.at(0)),
      approximateArrivalOfLastRecord: isoTime(records.at(-1)),
      batchSize: records.length,
      streamArn: origin.streamArn,
    },
  };
}

function isoTime(record: StreamRecord | undefined): string | undefined {
  return record === undefined ? undefined : new Date(record.arrivedAt).toISOString();
}
