// Who may send an alert: one item per finding in a DynamoDB table, written on condition, so that however often and wherever a finding is
// processed, it is sent once. https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/Expressions.ConditionExpressions.html
// `id` names the finding; `sent` is the highest severity id that was sent (0: none yet); `lease` is until when, ms since the epoch, a worker
// holds the claim (0: none does); `expires` is when the table may forget it, s since the epoch.
import { GetItemCommand, UpdateItemCommand, type DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { RetryableError } from '../errors.ts';

export interface ClaimTable {
  readonly dynamo: DynamoDBClient;
  readonly table: string;
}

export interface Claim {
  readonly id: string;
  readonly severityId: number;
  /** ms since the epoch. */
  readonly now: number;
}

/** Longer than publishing takes, shorter than anybody wants to wait for an alert whose worker died. */
const LEASE_MS = 60_000;
/** A finding that is still reported after it is alerted again. */
const KEPT_MS = 30 * 86_400_000;

/**
 * @returns true if the caller is to send now; false if it was sent, at this severity or a higher one.
 * @throws RetryableError while another worker holds the claim: it may still fail.
 */
export async function claim({ dynamo, table }: ClaimTable, { id, severityId, now }: Claim): Promise<boolean> {
  try {
    await dynamo.send(
      new UpdateItemCommand({
        TableName: table,
        Key: { id: { S: id } },
        UpdateExpression: 'SET #sent = if_not_exists(#sent, :none), #lease = :until, #expires = :expires',
        ConditionExpression: 'attribute_not_exists(#id) OR (#sent < :severity AND #lease < :now)',
        ExpressionAttributeNames: { '#id': 'id', '#sent': 'sent', '#lease': 'lease', '#expires': 'expires' },
        ExpressionAttributeValues: {
          ':none': { N: '0' },
          ':severity': { N: String(severityId) },
          ':now': { N: String(now) },
          ':until': { N: String(now + LEASE_MS) },
          ':expires': { N: String(Math.floor((now + KEPT_MS) / 1000)) },
        },
      }),
    );
    return true;
  } catch (error) {
    if (!(error instanceof Error) || error.name !== 'ConditionalCheckFailedException') throw error;
  }
  const { Item } = await dynamo.send(new GetItemCommand({ TableName: table, Key: { id: { S: id } }, ConsistentRead: true }));
  if (Number(Item?.['sent']?.N ?? 0) >= severityId) return false;
  throw new RetryableError(`alert ${id}: another worker is sending it`);
}

/** The alert is out. */
export async function markSent({ dynamo, table }: ClaimTable, { id, severityId }: Claim): Promise<void> {
  await dynamo.send(
    new UpdateItemCommand({
      TableName: table,
      Key: { id: { S: id } },
      UpdateExpression: 'SET #sent = :severity, #lease = :none',
      ExpressionAttributeNames: { '#sent': 'sent', '#lease': 'lease' },
      ExpressionAttributeValues: { ':severity': { N: String(severityId) }, ':none': { N: '0' } },
    }),
  );
}

/** Sending failed: the redelivery need not wait for the lease to end. */
export async function release({ dynamo, table }: ClaimTable, { id }: Claim): Promise<void> {
  await dynamo.send(
    new UpdateItemCommand({
      TableName: table,
      Key: { id: { S: id } },
      UpdateExpression: 'SET #lease = :none',
      ConditionExpression: 'attribute_exists(#id)',
      ExpressionAttributeNames: { '#id': 'id', '#lease': 'lease' },
      ExpressionAttributeValues: { ':none': { N: '0' } },
    }),
  );
}
