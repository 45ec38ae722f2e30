// https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/Expressions.ConditionExpressions.html
// What a witness remembers, one item per log: `id` is the log's name; `size` and `root` (base64) are those of the last checkpoint it signed.
import { GetItemCommand, UpdateItemCommand } from '@aws-sdk/client-dynamodb';
import { EvidenceError } from '../errors.ts';
import { strictBase64 } from './base64.ts';
import type { LogTable } from './head.ts';
import { HASH_BYTES } from './merkle.ts';
import type { Witnessed, WitnessState } from './witness.ts';

export function witnessTable({ dynamo, table }: LogTable): WitnessState {
  return {
    last: async (origin) => {
      const { Item } = await dynamo.send(new GetItemCommand({ TableName: table, Key: { id: { S: origin } }, ConsistentRead: true }));
      if (Item === undefined) return undefined;
      const root = strictBase64(Item['root']?.S ?? '');
      const size = Number(Item['size']?.N);
      if (root?.length !== HASH_BYTES || !Number.isSafeInteger(size))
        throw new EvidenceError(`table ${table} holds no checkpoint of ${origin}`);
      return { size, root };
    },
    advance: async (origin, old, { size, root }: Witnessed) => {
      const command = new UpdateItemCommand({
        TableName: table,
        Key: { id: { S: origin } },
        UpdateExpression: 'SET #size = :size, #root = :root',
        ConditionExpression: old === 0 ? 'attribute_not_exists(#size)' : '#size = :old',
        ExpressionAttributeNames: { '#size': 'size', '#root': 'root' },
        ExpressionAttributeValues: {
          ':size': { N: String(size) },
          ':root': { S: root.toString('base64') },
          ...(old === 0 ? {} : { ':old': { N: String(old) } }),
        },
      });
      try {
        await dynamo.send(command);
        return true;
      } catch (error) {
        if (error instanceof Error && error.name === 'ConditionalCheckFailedException') return false;
        throw error;
      }
    },
  };
}
