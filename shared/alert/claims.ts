// What has been alerted, in a DynamoDB table: small documents, each written only by who has seen its last version, several of them together or
// none, so that an event is counted once and an alert is one worker's. https://docs.aws.amazon.com/amazondynamodb/latest/APIReference/API_TransactWriteItems.html
// `content` is JSON; `due`, with `queue`, puts an item into the index of what somebody has to look at from then on, `listed` and `since` into the
// lists of findings by status. Items without them are in neither index and cost nothing there. `expires` is s since the epoch.
import {
  BatchGetItemCommand,
  PutItemCommand,
  QueryCommand,
  TransactWriteItemsCommand,
  type AttributeValue,
  type DynamoDBClient,
  type Put,
} from '@aws-sdk/client-dynamodb';
import { backOff } from '../backoff.ts';
import { RetryableError } from '../errors.ts';
import type { JsonObject } from '../model.ts';
import { object, parseJson } from '../outcome.ts';

export interface ClaimTable {
  readonly dynamo: DynamoDBClient;
  readonly table: string;
}

/** An item as it was read; version 0: there is none. */
export interface Stored {
  readonly id: string;
  readonly version: number;
  readonly content: JsonObject | undefined;
}

export interface Write {
  /** As it was read: it is written only if it still is that version. */
  readonly before: Pick<Stored, 'id' | 'version'>;
  readonly content: object;
  /** ms since the epoch: when somebody has to look at it. */
  readonly due?: number | undefined;
  /** In which list, and under what time. */
  readonly listed?: { readonly list: string; readonly since: number } | undefined;
  /** ms since the epoch: when the table may forget it. */
  readonly expires: number;
}

export const DUE_INDEX = 'due';
export const LIST_INDEX = 'listed';
const QUEUE = 'alerts';

/** DynamoDB's limits of one call. */
const MAX_READ = 100;
const BACKOFF = { baseMs: 20, capMs: 1000, attempts: 6 } as const;

/** @returns each item by its id, those that are not there with version 0; an item whose time is over has no content. */
export async function readItems(claims: ClaimTable, ids: readonly string[], now: number): Promise<(id: string) => Stored> {
  const found = new Map<string, Stored>();
  for (let at = 0; at < ids.length; at += MAX_READ) {
    let keys: Record<string, AttributeValue>[] = [...new Set(ids.slice(at, at + MAX_READ))].map((id) => ({ id: { S: id } }));
    for (let attempt = 0; keys.length > 0; attempt++) {
      if (attempt >= BACKOFF.attempts) throw new RetryableError('alerts: the table does not answer for all items');
      if (attempt > 0) await backOff(attempt, BACKOFF);
      const request = { [claims.table]: { Keys: keys, ConsistentRead: true } };
      const { Responses, UnprocessedKeys } = await claims.dynamo.send(new BatchGetItemCommand({ RequestItems: request }));
      for (const item of Responses?.[claims.table] ?? []) {
        const stored = storedOf(item, now);
        found.set(stored.id, stored);
      }
      keys = UnprocessedKeys?.[claims.table]?.Keys ?? [];
    }
  }
  return (id) => found.get(id) ?? { id, version: 0, content: undefined };
}

function storedOf(item: Record<string, AttributeValue>, now: number): Stored {
  const isOver = Number(item['expires']?.N ?? Infinity) * 1000 <= now;
  const content = isOver ? undefined : object(parseJson(item['content']?.S ?? ''));
  return { id: item['id']?.S ?? '', version: Number(item['v']?.N ?? 0), content };
}

/** Writes all of them or none. @returns false where somebody else has written one of them since: read again. */
export async function writeItems({ dynamo, table }: ClaimTable, writes: readonly Write[]): Promise<boolean> {
  const puts = writes.map((write) => put(table, write));
  const [only, ...others] = puts;
  if (only === undefined) return true;
  try {
    if (others.length === 0) await dynamo.send(new PutItemCommand(only));
    else await dynamo.send(new TransactWriteItemsCommand({ TransactItems: puts.map((Put) => ({ Put })) }));
    return true;
  } catch (error) {
    if (isOutrun(error)) return false;
    throw error;
  }
}

function put(TableName: string, { before, content, due, listed, expires }: Write): Put {
  const Item: Record<string, AttributeValue> = {
    id: { S: before.id },
    v: { N: String(before.version + 1) },
    content: { S: JSON.stringify(content) },
    expires: { N: String(Math.ceil(expires / 1000)) },
    ...(due === undefined ? {} : { queue: { S: QUEUE }, due: { N: String(due) } }),
    ...(listed === undefined ? {} : { list: { S: listed.list }, since: { N: String(listed.since) } }),
  };
  const isNew = before.version === 0;
  const names = isNew ? { '#id': 'id' } : { '#v': 'v' };
  const values = isNew ? {} : { ExpressionAttributeValues: { ':v': { N: String(before.version) } } };
  const ConditionExpression = isNew ? 'attribute_not_exists(#id)' : '#v = :v';
  return { TableName, Item, ConditionExpression, ExpressionAttributeNames: names, ...values };
}

const OUTRUN: ReadonlySet<string | undefined> = new Set(['ConditionalCheckFailed', 'TransactionConflict']);

function isOutrun(error: unknown): boolean {
  if (!(error instanceof Error)) return false;
  if (error.name === 'ConditionalCheckFailedException' || error.name === 'TransactionConflictException') return true;
  if (error.name !== 'TransactionCanceledException') return false;
  const reasons: unknown = 'CancellationReasons' in error ? error.CancellationReasons : undefined;
  return Array.isArray(reasons) && reasons.some((reason: unknown) => OUTRUN.has(codeOf(reason)));
}

function codeOf(reason: unknown): string | undefined {
  return typeof reason === 'object' && reason !== null && 'Code' in reason && typeof reason.Code === 'string' ? reason.Code : undefined;
}

/**
 * Reads, decides and writes until nobody came in between.
 * @param once does it once; undefined: somebody came in between.
 * @throws RetryableError where others are faster all the time.
 */
export async function untilWritten<T>(what: string, once: () => Promise<T | undefined>): Promise<T> {
  for (let attempt = 0; attempt < BACKOFF.attempts; attempt++) {
    if (attempt > 0) await backOff(attempt, BACKOFF);
    const done = await once();
    if (done !== undefined) return done;
  }
  throw new RetryableError(`${what}: others write it all the time`);
}

/** Ids of what is due, the longest waiting first; the index may be a moment behind the table. */
export async function* dueItems(claims: ClaimTable, now: number): AsyncGenerator<string> {
  yield* queried(claims, {
    IndexName: DUE_INDEX,
    KeyConditionExpression: '#queue = :queue AND #due <= :now',
    ExpressionAttributeNames: { '#queue': 'queue', '#due': 'due' },
    ExpressionAttributeValues: { ':queue': { S: QUEUE }, ':now': { N: String(now) } },
    ScanIndexForward: true,
  });
}

/** Ids of a list, the latest first. */
export async function* listedItems(claims: ClaimTable, list: string): AsyncGenerator<string> {
  yield* queried(claims, {
    IndexName: LIST_INDEX,
    KeyConditionExpression: '#list = :list',
    ExpressionAttributeNames: { '#list': 'list' },
    ExpressionAttributeValues: { ':list': { S: list } },
    ScanIndexForward: false,
  });
}

async function* queried(
  { dynamo, table }: ClaimTable,
  query: Partial<ConstructorParameters<typeof QueryCommand>[0]>,
): AsyncGenerator<string> {
  let from: Record<string, AttributeValue> | undefined;
  do {
    const { Items = [], LastEvaluatedKey } = await dynamo.send(new QueryCommand({ TableName: table, ...query, ExclusiveStartKey: from }));
    for (const { id } of Items) if (id?.S !== undefined) yield id.S;
    from = LastEvaluatedKey;
  } while (from !== undefined);
}
