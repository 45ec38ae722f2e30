import fc from 'fast-check';
import { readNotification } from '../../../shared/s3-notification.ts';

/** As S3 writes it, shortened to what changes. */
function record(bucket: string, object: object): object {
  return {
    eventVersion: '2.1',
    eventSource: 'aws:s3',
    awsRegion: 'eu-central-1',
    eventTime: '2026-01-15T12:00:00.000Z',
    eventName: 'ObjectCreated:Put',
    userIdentity: { principalId: 'AWS:AIDAEXAMPLE' },
    requestParameters: { sourceIPAddress: '192.0.2.10' },
    responseElements: { 'x-amz-request-id': 'D82B88E5F771F645' },
    s3: {
      s3SchemaVersion: '1.0',
      configurationId: 'objects',
      bucket: { name: bucket, ownerIdentity: { principalId: 'A3NL1KOZZKExample' }, arn: `arn:aws:s3:::${bucket}` },
      object,
    },
  };
}

function notification(...records: readonly object[]): string {
  return JSON.stringify({ Records: records });
}

/** S3 encodes keys as a form does. */
function encoded(key: string): string {
  return encodeURIComponent(key).replaceAll('%20', '+');
}

describe('a notification', () => {
  it('names bucket, key, version, ETag and size of the object', () => {
    const key = 'AWSLogs/222222222222/CloudTrail/eu-central-1/2026/01/15/222222222222_CloudTrail_eu-central-1_20260115T1200Z_AbC.json.gz';
    const object = {
      key: encoded(key),
      size: 1024,
      eTag: 'd41d8cd98f00b204e9800998ecf8427e',
      versionId: '096fKKXTRTtl3on89fVO.nfljtsv6qko',
      sequencer: '0055',
    };

    expect(readNotification(notification(record('landing', object)))).toEqual({
      kind: 'objects',
      objects: [
        { bucket: 'landing', key, versionId: '096fKKXTRTtl3on89fVO.nfljtsv6qko', etag: 'd41d8cd98f00b204e9800998ecf8427e', size: 1024 },
      ],
    });
  });

  it('of an unversioned bucket, with the least there can be', () => {
    expect(readNotification(notification(record('landing', { key: 'a' })))).toEqual({
      kind: 'objects',
      objects: [{ bucket: 'landing', key: 'a', versionId: undefined, etag: undefined, size: undefined }],
    });
  });

  it.each([
    ['my+log+file.gz', 'my log file.gz'],
    ['AWSLogs%2F222222222222%2Fa.log', 'AWSLogs/222222222222/a.log'],
    ['a%2Bb%3D100%25.gz', 'a+b=100%.gz'],
    ['gr%C3%B6%C3%9Fe-%E2%82%AC-%F0%9F%92%B6.gz', 'größe-€-💶.gz'],
    ['AWSLogs/plain/slashes.gz', 'AWSLogs/plain/slashes.gz'],
  ])('gives the key as it is in the bucket: %s', (inMessage, inBucket) => {
    expect(readNotification(notification(record('landing', { key: inMessage })))).toMatchObject({ objects: [{ key: inBucket }] });
  });

  it('gives any key that S3 can hold', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'grapheme', minLength: 1, maxLength: 100 }), (key) => {
        expect(readNotification(notification(record('landing', { key: encoded(key) })))).toMatchObject({ objects: [{ key }] });
      }),
    );
  });

  it('of several objects names all of them, in order', () => {
    const read = readNotification(notification(...['a', 'b', 'c'].map((key) => record(`landing-${key}`, { key, size: 0 }))));

    expect(read.kind === 'objects' ? read.objects.map(({ bucket, key, size }) => [bucket, key, size]) : read).toEqual([
      ['landing-a', 'a', 0],
      ['landing-b', 'b', 0],
      ['landing-c', 'c', 0],
    ]);
  });

  it('that tries the queue is told apart', () => {
    const test = {
      Service: 'Amazon S3',
      Event: 's3:TestEvent',
      Time: '2026-01-15T12:00:00.000Z',
      Bucket: 'landing',
      RequestId: '5582815E1AEA5ADF',
      HostId: 'x',
    };

    expect(readNotification(JSON.stringify(test))).toEqual({ kind: 'test' });
  });
});

describe('what is no S3 notification is unknown, and goes to the dead-letter queue', () => {
  // What EventBridge sends of S3 (the queue is fed by S3 itself) and what comes through a topic are among it.
  it.each([
    ['nothing', ''],
    ['text', 'hello'],
    ['JSON that is cut', notification(record('landing', { key: 'a' })).slice(0, -5)],
    ['null', 'null'],
    ['a list', '[]'],
    ['no records', '{"Records":[]}'],
    ['records that are no list', '{"Records":{}}'],
    ['a record of nothing', '{"Records":[null]}'],
    ['a record of another service', '{"Records":[{"eventSource":"aws:sqs","body":"x"}]}'],
    ['a record without a key', notification(record('landing', { size: 1 }))],
    ['a record with an empty key', notification(record('landing', { key: '' }))],
    ['a key that is no text', notification(record('landing', { key: 7 }))],
    ['a key that is not encoded', notification(record('landing', { key: '100%.gz' }))],
    ['a record without a bucket', notification(record('', { key: 'a' }))],
    ['one good and one bad record', notification(record('landing', { key: 'a' }), {})],
    [
      'an event of EventBridge',
      JSON.stringify({ source: 'aws.s3', 'detail-type': 'Object Created', detail: { bucket: { name: 'landing' }, object: { key: 'a' } } }),
    ],
    ['a notification through SNS', JSON.stringify({ Type: 'Notification', Message: notification(record('landing', { key: 'a' })) })],
  ])('%s', (_, body) => {
    expect(readNotification(body)).toEqual({ kind: 'unknown' });
  });

  it('whatever it is, reading it does not throw', () => {
    fc.assert(
      fc.property(fc.oneof(fc.string(), fc.json()), (body) =>
        expect(['objects', 'test', 'unknown']).toContain(readNotification(body).kind),
      ),
    );
  });
});
