// Kinesis as far as the hub needs it: PutRecords, record by record accepted or refused.
// https://docs.aws.amazon.com/kinesis/latest/APIReference/API_PutRecords.html
import { KinesisClient } from '@aws-sdk/client-kinesis';
import { NodeHttpHandler } from '@smithy/node-http-handler';
import { startHttpServer, type Answer } from './http-server.ts';

export interface PutRecord {
  readonly data: Buffer;
  readonly key: string;
}

export interface FakeKinesis {
  readonly client: KinesisClient;
  /** Records of every PutRecords call, in order. */
  readonly calls: readonly (readonly PutRecord[])[];
  /** Records on the stream, in order. */
  readonly stored: readonly PutRecord[];
  close(): Promise<void>;
}

export type Verdict = 'accept' | { readonly code: string };

/**
 * @param judge one verdict for each record of the call, counted from 0.
 * @param whole answer to the call as a whole instead, where it gives one.
 */
export async function startKinesis(
  judge: (record: PutRecord, call: number) => Verdict = () => 'accept',
  whole: (call: number) => Answer | undefined = () => undefined,
): Promise<FakeKinesis> {
  const calls: PutRecord[][] = [];
  const stored: PutRecord[] = [];
  const server = await startHttpServer(({ body }) => {
    const { Records } = JSON.parse(body) as { Records: readonly { Data: string; PartitionKey: string }[] };
    const records = Records.map(({ Data, PartitionKey }) => ({ data: Buffer.from(Data, 'base64'), key: PartitionKey }));
    const call = calls.push(records) - 1;
    return whole(call) ?? { status: 200, body: putRecords(records, call) };
  }, 'application/x-amz-json-1.1');

  function putRecords(records: readonly PutRecord[], call: number): object {
    const results = records.map((record) => {
      const verdict = judge(record, call);
      if (verdict !== 'accept') return { ErrorCode: verdict.code, ErrorMessage: 'refused by the test' };
      return { SequenceNumber: String(stored.push(record)), ShardId: 'shardId-000000000000' };
    });
    return { FailedRecordCount: results.filter(({ ErrorCode }) => ErrorCode !== undefined).length, Records: results };
  }

  const client = new KinesisClient({
    region: 'eu-central-1',
    endpoint: server.url,
    credentials: { accessKeyId: 'test', secretAccessKey: 'test' },
    requestHandler: new NodeHttpHandler(),
    maxAttempts: 1,
  });
  return {
    client,
    calls,
    stored,
    async close() {
      client.destroy();
      await server.close();
    },
  };
}
