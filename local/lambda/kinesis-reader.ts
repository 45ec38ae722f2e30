// Reads a stream. https://docs.aws.amazon.com/kinesis/latest/APIReference/API_GetRecords.html
import { GetRecordsCommand, GetShardIteratorCommand, ListShardsCommand } from '@aws-sdk/client-kinesis';
import type { KinesisClient, Shard } from '@aws-sdk/client-kinesis';
import type { StreamRecord } from './kinesis-batch.ts';

export interface ShardInfo {
  readonly id: string;
  /** The shards it was split from or merged of. */
  readonly parents: readonly string[];
  /** No record will be added to it. */
  readonly closed: boolean;
}

export type Position = 'TRIM_HORIZON' | 'LATEST' | { readonly after: string };

export interface StreamReader {
  shards(): Promise<readonly ShardInfo[]>;
  iterator(shardId: string, position: Position): Promise<string>;
  /** @returns at most `limit` records, and the iterator behind them; undefined at the end of a closed shard. */
  read(iterator: string, limit: number): Promise<{ readonly records: readonly StreamRecord[]; readonly next: string | undefined }>;
}

export function streamReader(client: KinesisClient, streamArn: string): StreamReader {
  // By name: the emulator does not take the ARN everywhere.
  const stream = streamArn.slice(streamArn.indexOf('/') + 1);
  return {
    shards: async () => {
      const found: ShardInfo[] = [];
      let token: string | undefined;
      do {
        const page = await client.send(new ListShardsCommand(token === undefined ? { StreamName: stream } : { NextToken: token }));
        found.push(...(page.Shards ?? []).map(shardInfo));
        token = page.NextToken;
      } while (token !== undefined);
      return found;
    },
    iterator: async (shardId, position) => {
      const start =
        typeof position === 'string'
          ? { ShardIteratorType: position }
          : { ShardIteratorType: 'AFTER_SEQUENCE_NUMBER' as const, StartingSequenceNumber: position.after };
      const { ShardIterator: iterator = '' } = await client.send(
        new GetShardIteratorCommand({ StreamName: stream, ShardId: shardId, ...start }),
      );
      return iterator;
    },
    read: async (iterator, limit) => {
      const { Records: records = [], NextShardIterator: next } = await client.send(
        new GetRecordsCommand({ ShardIterator: iterator, Limit: limit }),
      );
      return {
        records: records.map((record) => ({
          sequenceNumber: record.SequenceNumber ?? '',
          partitionKey: record.PartitionKey ?? '',
          data: record.Data ?? new Uint8Array(),
          arrivedAt: record.ApproximateArrivalTimestamp?.getTime() ?? 0,
        })),
        next,
      };
    },
  };
}

function shardInfo(shard: Shard): ShardInfo {
  return {
    id: shard.ShardId ?? '',
    parents: [shard.ParentShardId, shard.AdjacentParentShardId].filter((parent) => parent !== undefined),
    closed: shard.SequenceNumberRange?.EndingSequenceNumber !== undefined,
  };
}
