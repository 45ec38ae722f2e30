import { readMapping } from '../../../../local/lambda/deployed.ts';
import { MisconfiguredError } from '../../../../shared/errors.ts';

const FUNCTION = 'arn:aws:lambda:us-east-1:111111111111:function:f';
const QUEUE = 'arn:aws:sqs:us-east-1:111111111111:q';
const STREAM = 'arn:aws:kinesis:us-east-1:111111111111:stream/s';

describe('readMapping', () => {
  it('fills in what Lambda would', () => {
    const mapping = readMapping({
      UUID: 'u',
      FunctionArn: FUNCTION,
      EventSourceArn: STREAM,
      BatchSize: 100,
      MaximumRetryAttempts: -1,
      MaximumRecordAgeInSeconds: -1,
    });
    expect(mapping).toEqual({
      uuid: 'u',
      functionName: 'f',
      source: 'kinesis',
      sourceArn: STREAM,
      batchSize: 100,
      batchingWindowMs: 0,
      reportsBatchItemFailures: false,
      bisects: false,
      maxRetries: Infinity,
      maxRecordAgeMs: Infinity,
      startingPosition: 'TRIM_HORIZON',
      onFailureQueueArn: undefined,
      maxConcurrency: undefined,
    });
  });

  it('takes over what the template says', () => {
    const mapping = readMapping({
      UUID: 'u',
      FunctionArn: `${FUNCTION}:$LATEST`,
      EventSourceArn: STREAM,
      BatchSize: 50,
      MaximumBatchingWindowInSeconds: 2,
      FunctionResponseTypes: ['ReportBatchItemFailures'],
      BisectBatchOnFunctionError: true,
      MaximumRetryAttempts: 0,
      MaximumRecordAgeInSeconds: 60,
      StartingPosition: 'LATEST',
      DestinationConfig: { OnFailure: { Destination: QUEUE } },
    });
    expect(mapping).toMatchObject({
      functionName: 'f',
      batchSize: 50,
      batchingWindowMs: 2000,
      reportsBatchItemFailures: true,
      bisects: true,
    });
    expect(mapping).toMatchObject({ maxRetries: 0, maxRecordAgeMs: 60_000, startingPosition: 'LATEST', onFailureQueueArn: QUEUE });
  });

  it.each([
    ['FilterCriteria', { FilterCriteria: { Filters: [{ Pattern: '{}' }] } }],
    ['tumbling window', { TumblingWindowInSeconds: 30 }],
    ['AT_TIMESTAMP', { StartingPosition: 'AT_TIMESTAMP' as const }],
    ['destination', { DestinationConfig: { OnFailure: { Destination: 'arn:aws:sns:us-east-1:111111111111:t' } } }],
    ['dynamodb', { EventSourceArn: 'arn:aws:dynamodb:us-east-1:111111111111:table/t/stream/x' }],
  ])('refuses what it would otherwise ignore: %s', (named, changed) => {
    const read = () => readMapping({ UUID: 'u', FunctionArn: FUNCTION, EventSourceArn: STREAM, ...changed });
    expect(read).toThrow(MisconfiguredError);
    expect(read).toThrow(named);
  });

  describe('of a topic', () => {
    const TOPIC = {
      UUID: 'u',
      FunctionArn: FUNCTION,
      EventSourceArn: 'arn:aws:kafka:us-east-1:111111111111:cluster/self-managed',
      SelfManagedEventSource: { Endpoints: { KAFKA_BOOTSTRAP_SERVERS: ['127.0.0.1:1'] } },
      SelfManagedKafkaEventSourceConfig: { ConsumerGroupId: 'g' },
      SourceAccessConfigurations: [{ Type: 'SASL_SCRAM_512_AUTH' as const, URI: 'arn' }],
      Topics: ['app.log'],
      MaximumRetryAttempts: 10_000,
      MaximumRecordAgeInSeconds: -1,
    };

    it('says where the brokers are and how they are reached', () => {
      expect(readMapping(TOPIC)).toMatchObject({
        source: 'kafka',
        maxRetries: 10_000,
        kafka: { servers: ['127.0.0.1:1'], topic: 'app.log', groupId: 'g', access: [{ type: 'SASL_SCRAM_512_AUTH', uri: 'arn' }] },
      });
    });

    it.each([
      ['Amazon MSK', { SelfManagedEventSource: undefined }],
      ['ReportBatchItemFailures', { FunctionResponseTypes: ['ReportBatchItemFailures' as const] }],
      ['BisectBatchOnFunctionError', { BisectBatchOnFunctionError: true }],
      ['MaximumRecordAgeInSeconds', { MaximumRecordAgeInSeconds: 60 }],
    ])('refuses what it would otherwise ignore: %s', (named, changed) => {
      expect(() => readMapping({ ...TOPIC, ...changed })).toThrow(named);
    });
  });
});
