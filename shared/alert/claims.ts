// Who may send an alert: one item per finding in a DynamoDB table, written on condition, so that however often and wherever a finding is
// processed, it is sent once. https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/Expressions.ConditionExpressions.html
// `id` names the finding; `sent` is the highest severity id that was sent (0: none yet); `lease` is until when, ms since the epoch, a worker
// holds the claim (0: none does); `again` is from when on, ms since the epoch, a finding that is still reported is alerted once more;
// `expires` is when the table may forget it, s since the epoch: as long as it is there, no replay alerts the finding anew.
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
  /** Comes out of a replay, not from whoever still reports it. */
  readonly isOld: boolean;
  /** How far back replays may reach. */
  readonly keptDays: number;
}

/** Longer than publishing takes, shorter than anybody wants to wait for an alert whose worker died. */
const LEASE_MS = 60_000;
const DAY_MS = 86_400_000;
/** A finding that is still reported after it is alerted again. */
const AGAIN_MS = 30 * DAY_MS;

/**
 * @returns true if the caller is to send now; false if it was sent, at this severity or a higher one.
 * @throws RetryableError while another worker holds the claim: it may still fail.
 */
export async function claim(claims: ClaimTable, mine: Claim): Promise<boolean> {
  if (await take(claims, mine, FIRST)) return true;
  const { dynamo, table } = claims;
  const { Item } = await dynamo.send(new GetItemCommand({ TableName: table, Key: { id: { S: mine.id } }, ConsistentRead: true }));
  if (Number(Item?.['sent']?.N ?? 0) >= mine.severityId) {
    if (mine.isOld || Number(Item?.['again']?.N ?? Infinity) >= mine.now) return false;
    if (await take(claims, mine, ONCE_MORE)) return true;
  }
  throw new RetryableError(`alert ${mine.id}: another worker is sending it`);
}

interface Taking {
  readonly sent: string;
  readonly condition: string;
}

const FIRST: Taking = {
  sent: 'if_not_exists(#sent, :none)',
  condition: 'attribute_not_exists(#id) OR (#sent < :severity AND #lease < :now)',
};
/** As if it had never been sent: whoever goes on after a failure finds it so too. */
const ONCE_MORE: Taking = { sent: ':none', condition: '#again < :now AND #lease < :now' };

async function take(
  { dynamo, table }: ClaimTable,
  { id, severityId, now, keptDays }: Claim,
  { sent, condition }: Taking,
): Promise<boolean> {
  const values = {
    ':none': 0,
    ':now': now,
    ':until': now + LEASE_MS,
    ':again': now + AGAIN_MS,
    ':expires': Math.floor((now + Math.max(AGAIN_MS, keptDays * DAY_MS)) / 1000),
    // DynamoDB refuses a value that no expression names.
    ...(condition.includes(':severity') ? { ':severity': severityId } : {}),
  };
  try {
    await dynamo.send(
      new UpdateItemCommand({
        TableName: table,
        Key: { id: { S: id } },
        UpdateExpression: `SET #sent = ${sent}, #lease = :until, #again = :again, #expires = :expires`,
        ConditionExpression: condition,
        ExpressionAttributeNames: {
          ...(condition.includes('#id') ? { '#id': 'id' } : {}),
          ...{ '#sent': 'sent', '#lease': 'lease', '#again': 'again', '#expires': 'expires' },
        },
        ExpressionAttributeValues: Object.fromEntries(Object.entries(values).map(([name, value]) => [name, { N: String(value) }])),
      }),
    );
    return true;
  } catch (error) {
    if (error instanceof Error && error.name === 'ConditionalCheckFailedException') return false;
    throw error;
  }
}

/** The alert is out. */
export async function markSent({ dynamo, table }: ClaimTable, { id, severityId }: Pick<Claim, 'id' | 'severityId'>): Promise<void> {
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
export async function release({ dynamo, table }: ClaimTable, { id }: Pick<Claim, 'id'>): Promise<void> {
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
