import { onFailureMessage, streamEventRecord } from '../../../../local/lambda/kinesis-event.ts';

const ORIGIN = {
  streamArn: 'arn:aws:kinesis:us-east-1:111111111111:stream/s',
  shardId: 'shardId-000000000001',
  region: 'us-east-1',
  functionArn: 'arn:aws:lambda:us-east-1:111111111111:function:f',
  roleArn: 'arn:aws:iam::111111111111:role/r',
};
const FIRST = { sequenceNumber: '7', partitionKey: 'p', data: Buffer.from('one'), arrivedAt: 1_767_225_600_500 };
const SECOND = { ...FIRST, sequenceNumber: '9', arrivedAt: 1_767_225_601_000 };

describe('streamEventRecord', () => {
  it('carries the data in base64, the arrival in seconds and an id that names shard and place', () => {
    const found = streamEventRecord(FIRST, ORIGIN);
    expect(found).toEqual({
      kinesis: {
        kinesisSchemaVersion: '1.0',
        partitionKey: 'p',
        sequenceNumber: '7',
        data: 'b25l',
        approximateArrivalTimestamp: 1_767_225_600.5,
      },
      eventSource: 'aws:kinesis',
      eventVersion: '1.0',
      eventID: 'shardId-000000000001:7',
      eventName: 'aws:kinesis:record',
      invokeIdentityArn: ORIGIN.roleArn,
      awsRegion: 'us-east-1',
      eventSourceARN: ORIGIN.streamArn,
    });
  });
});

describe('onFailureMessage', () => {
  it('names the records that were given up, and why', () => {
    const last = { requestId: 'r', failed: true, payload: '{}' };
    const message = onFailureMessage({ reason: 'RetryAttemptsExhausted', records: [FIRST, SECOND], attempts: 4, last }, ORIGIN, 0);
    expect(message).toEqual({
      requestContext: { requestId: 'r', functionArn: ORIGIN.functionArn, condition: 'RetryAttemptsExhausted', approximateInvokeCount: 4 },
      responseContext: { statusCode: 200, executedVersion: '$LATEST', functionError: 'Unhandled' },
      version: '1.0',
      timestamp: '1970-01-01T00:00:00.000Z',
      KinesisBatchInfo: {
        shardId: ORIGIN.shardId,
        startSequenceNumber: '7',
        endSequenceNumber: '9',
        approximateArrivalOfFirstRecord: '2026-01-01T00:00:00.500Z',
        approximateArrivalOfLastRecord: '2026-01-01T00:00:01.000Z',
        batchSize: 2,
        streamArn: ORIGIN.streamArn,
      },
    });
  });

  it('has no response where the records were never tried', () => {
    const message = onFailureMessage({ reason: 'RecordAgeExceeded', records: [FIRST], attempts: 0, last: undefined }, ORIGIN, 0);
    expect(message).not.toHaveProperty('responseContext');
  });
});
