// https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/Expressions.ConditionExpressions.html
// The log's table: which index each version of an object has in the log, and how far the work on the log has come. It can be made again from
// the log itself (rebuild.ts); what it says is a help, never a proof.
// Items: `id` = hex SHA-256 of key and version → `index`; `id` = head → `integrated`, `published`, `signed`, `witnessed`.
import { hash } from 'node:crypto';
import {
  BatchGetItemCommand,
  BatchWriteItemCommand,
  GetItemCommand,
  UpdateItemCommand,
  type AttributeValue,
  type BatchGetItemCommandInput,
  type BatchGetItemCommandOutput,
  type BatchWriteItemCommandInput,
  type BatchWriteItemCommandOutput,
  type DynamoDBClient,
} from '@aws-sdk/client-dynamodb';
import { backOff, type Backoff } from '../backoff.ts';
import { RetryableError } from '../errors.ts';

/** Sizes of the log, by how far each kind of work has come. */
export interface Head {
  /** Leaves whose tiles are written and that are in this table. */
  readonly integrated: number;
  /** Size of the latest checkpoint. */
  readonly published: number;
  /** When that was signed, ms since the epoch. */
  readonly signed: number;
  /** Size of the latest checkpoint that the witness has signed. */
  readonly witnessed: number;
}

export type HeadSize = 'integrated' | 'published' | 'witnessed';

export interface IndexEntry {
  readonly id: string;
  readonly index: number;
}

export interface LogIndex {
  /** @returns those of the ids that are in the log. */
  readonly find: (ids: readonly string[]) => Promise<ReadonlySet<string>>;
  readonly add: (entries: readonly IndexEntry[]) => Promise<void>;
  /** @returns undefined where the table is new, or lost. */
  readonly head: () => Promise<Head | undefined>;
  /** Sets a size that is larger than the one that is there; else nothing. @param signed ms since the epoch. */
  readonly raise: (name: HeadSize, size: number, signed?: number) => Promise<void>;
}

export interface LogTable {
  readonly dynamo: DynamoDBClient;
  readonly table: string;
}

const HEAD = 'head';
/** Of one call: https://docs.aws.amazon.com/amazondynamodb/latest/APIReference/API_BatchGetItem.html and …/API_BatchWriteItem.html */
const GET_LIMIT = 100;
const WRITE_LIMIT = 25;
const THROTTLED: Backoff = { baseMs: 50, capMs: 3000, attempts: 10 };

/** Name of an object's version in the table. */
export function leafId({ key, version }: { readonly key: string; readonly version: string }): string {
  // A version id holds no line feed, so nothing else has this text.
  return hash('sha256', `${key}\n${version}`, 'hex');
}

export function dynamoIndex(place: LogTable): LogIndex {
  return {
    find: async (ids) => {
      const found = await Promise.all(chunks([...new Set(ids)], GET_LIMIT).map((chunk) => findChunk(place, chunk)));
      return new Set(found.flat());
    },
    add: async (entries) => {
      await Promise.all(chunks(entries, WRITE_LIMIT).map((chunk) => addChunk(place, chunk)));
    },
    head: () => readHead(place),
    raise: (name, size, signed) => raise(place, { name, size, signed }),
  };
}

function chunks<T>(all: readonly T[], limit: number): readonly (readonly T[])[] {
  return Array.from({ length: Math.ceil(all.length / limit) }, (_, at) => all.slice(at * limit, (at + 1) * limit));
}

async function findChunk({ dynamo, table }: LogTable, ids: readonly string[]): Promise<readonly string[]> {
  const found: string[] = [];
  const Keys = ids.map((id) => ({ id: { S: id } }));
  let open: BatchGetItemCommandInput['RequestItems'] = { [table]: { Keys, ConsistentRead: true, ProjectionExpression: 'id' } };
  for (let attempt = 0; ; attempt++) {
    const answer: BatchGetItemCommandOutput = await dynamo.send(new BatchGetItemCommand({ RequestItems: open }));
    const { Responses, UnprocessedKeys } = answer;
    found.push(...(Responses?.[table] ?? []).flatMap(({ id }) => (id?.S === undefined ? [] : [id.S])));
    if (Object.keys(UnprocessedKeys ?? {}).length === 0) return found;
    open = UnprocessedKeys;
    await again(attempt, table);
  }
}

async function addChunk({ dynamo, table }: LogTable, entries: readonly IndexEntry[]): Promise<void> {
  const requests = entries.map(({ id, index }) => ({ PutRequest: { Item: { id: { S: id }, index: { N: String(index) } } } }));
  let open: BatchWriteItemCommandInput['RequestItems'] = { [table]: requests };
  for (let attempt = 0; ; attempt++) {
    const { UnprocessedItems }: BatchWriteItemCommandOutput = await dynamo.send(new BatchWriteItemCommand({ RequestItems: open }));
    if (Object.keys(UnprocessedItems ?? {}).length === 0) return;
    open = UnprocessedItems;
    await again(attempt, table);
  }
}

async function again(attempt: number, table: string): Promise<void> {
  if (attempt >= THROTTLED.attempts) throw new RetryableError(`log: table ${table} did not take all of a batch ${attempt} times`);
  await backOff(attempt, THROTTLED);
}

async function readHead({ dynamo, table }: LogTable): Promise<Head | undefined> {
  const { Item } = await dynamo.send(new GetItemCommand({ TableName: table, Key: { id: { S: HEAD } }, ConsistentRead: true }));
  if (Item === undefined) return undefined;
  const number = (value: AttributeValue | undefined): number => Number(value?.N ?? 0);
  return {
    integrated: number(Item['integrated']),
    published: number(Item['published']),
    signed: number(Item['signed']),
    witnessed: number(Item['witnessed']),
  };
}

interface Raise {
  readonly name: HeadSize;
  readonly size: number;
  readonly signed: number | undefined;
}

async function raise({ dynamo, table }: LogTable, { name, size, signed }: Raise): Promise<void> {
  const command = new UpdateItemCommand({
    TableName: table,
    Key: { id: { S: HEAD } },
    UpdateExpression: signed === undefined ? 'SET #name = :size' : 'SET #name = :size, #signed = :signed',
    ConditionExpression: 'attribute_not_exists(#name) OR #name < :size',
    ExpressionAttributeNames: { '#name': name, ...(signed === undefined ? {} : { '#signed': 'signed' }) },
    ExpressionAttributeValues: { ':size': { N: String(size) }, ...(signed === undefined ? {} : { ':signed': { N: String(signed) } }) },
  });
  try {
    await dynamo.send(command);
  } catch (error) {
    // Another writer is as far, or further.
    if (!(error instanceof Error) || error.name !== 'ConditionalCheckFailedException') throw error;
  }
}
