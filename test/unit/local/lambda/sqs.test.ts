import { eventRecord } from '../../../../local/lambda/sqs.ts';

describe('eventRecord', () => {
  it('has the shape of a queue message in a Lambda event', () => {
    const message = {
      MessageId: 'm',
      ReceiptHandle: 'h',
      Body: '{"a":1}',
      MD5OfBody: 'd41d8cd98f00b204e9800998ecf8427e',
      Attributes: { ApproximateReceiveCount: '1' },
      MessageAttributes: {
        text: { DataType: 'String', StringValue: 'x' },
        bytes: { DataType: 'Binary', BinaryValue: Buffer.from('y') },
      },
    };
    const record = eventRecord(message, 'arn:aws:sqs:us-east-1:111111111111:q', 'us-east-1');
    expect(record).toEqual({
      messageId: 'm',
      receiptHandle: 'h',
      body: '{"a":1}',
      attributes: { ApproximateReceiveCount: '1' },
      messageAttributes: {
        text: { stringValue: 'x', stringListValues: [], binaryListValues: [], dataType: 'String' },
        bytes: { binaryValue: 'eQ==', stringListValues: [], binaryListValues: [], dataType: 'Binary' },
      },
      md5OfBody: 'd41d8cd98f00b204e9800998ecf8427e',
      eventSource: 'aws:sqs',
      eventSourceARN: 'arn:aws:sqs:us-east-1:111111111111:q',
      awsRegion: 'us-east-1',
    });
  });
});
