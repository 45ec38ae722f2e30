// The table of alerts as DynamoDB would keep it: BatchGetItem, PutItem, TransactWriteItems of puts and Query of its two indexes, with the few expressions
// that shared/alert/claims.ts makes. https://docs.aws.amazon.com/amazondynamodb/latest/APIReference/API_TransactWriteItems.html
import { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { startHttpServer, type Answer } from './http-server.ts';

type Value = { readonly S: string } | { readonly N: string };
type Item = Readonly<Record<string, Value>>;

interface Put {
  readonly Item: Item;
  readonly ConditionExpression: string;
  readonly ExpressionAttributeValues?: Readonly<Record<string, Value>>;
}

interface Query {
  readonly IndexName: string;
  readonly ExpressionAttributeValues: Readonly<Record<string, Value>>;
  readonly ScanIndexForward: boolean;
}

export interface FakeAlertTable {
  readonly client: DynamoDBClient;
  readonly items: Map<string, Item>;
  /** The next calls are answered like this, one each. */
  readonly failures: Answer[];
  /** Calls so far, by their name. */
  readonly calls: readonly string[];
  close(): Promise<void>;
}

/** @param crash asked before each call is done, and after: an answer in its place. */
export async function startAlertTable(
  crash: (call: string, when: 'before' | 'after') => Answer | undefined = () => undefined,
): Promise<FakeAlertTable> {
  const items = new Map<string, Item>();
  const failures: Answer[] = [];
  const calls: string[] = [];
  const server = await startHttpServer(({ headers, body }) => {
    const failure = failures.shift();
    if (failure !== undefined) return failure;
    const call = String(headers['x-amz-target']).split('.')[1] ?? '';
    calls.push(call);
    const before = crash(call, 'before');
    if (before !== undefined) return before;
    const answer = answerOf(items, call, body);
    return crash(call, 'after') ?? answer;
  }, 'application/x-amz-json-1.0');
  const client = new DynamoDBClient({
    region: 'eu-central-1',
    endpoint: server.url,
    credentials: { accessKeyId: 'test', secretAccessKey: 'test' },
    maxAttempts: 1,
  });
  return {
    client,
    items,
    failures,
    calls,
    async close() {
      client.destroy();
      await server.close();
    },
  };
}

function answerOf(items: Map<string, Item>, call: string, body: string): Answer {
  if (call === 'BatchGetItem') {
    const { RequestItems } = JSON.parse(body) as { RequestItems: Record<string, { Keys: readonly { id: { S: string } }[] }> };
    const found = Object.entries(RequestItems).map(([table, { Keys }]) => {
      if (Keys.length > 100 || new Set(Keys.map(({ id }) => id.S)).size < Keys.length) throw new Error('keys that DynamoDB refuses');
      return [table, Keys.map(({ id }) => items.get(id.S)).filter((item) => item !== undefined)] as const;
    });
    return { status: 200, body: { Responses: Object.fromEntries(found), UnprocessedKeys: {} } };
  }
  if (call === 'TransactWriteItems') return transact(items, (JSON.parse(body) as { TransactItems: readonly { Put: Put }[] }).TransactItems);
  if (call === 'PutItem') return putItem(items, JSON.parse(body) as Put);
  if (call === 'Query') return { status: 200, body: { Items: query(items, JSON.parse(body) as Query) } };
  return { status: 400, body: { __type: 'UnknownOperationException' } };
}

function putItem(items: Map<string, Item>, put: Put): Answer {
  if (!holds(put, items.get(idOf(put.Item))))
    return { status: 400, body: { __type: 'com.amazonaws.dynamodb.v20120810#ConditionalCheckFailedException', message: 'no' } };
  items.set(idOf(put.Item), put.Item);
  return { status: 200, body: {} };
}

function transact(items: Map<string, Item>, writes: readonly { readonly Put: Put }[]): Answer {
  const ids = writes.map(({ Put: put }) => idOf(put.Item));
  if (writes.length > 100 || new Set(ids).size < ids.length) return { status: 400, body: { __type: 'ValidationException' } };
  const held = writes.map(({ Put: put }) => holds(put, items.get(idOf(put.Item))));
  if (held.every(Boolean)) {
    for (const { Put: put } of writes) items.set(idOf(put.Item), put.Item);
    return { status: 200, body: {} };
  }
  return {
    status: 400,
    body: {
      __type: 'com.amazonaws.dynamodb.v20120810#TransactionCanceledException',
      message: 'Transaction cancelled',
      CancellationReasons: held.map((one) => ({ Code: one ? 'None' : 'ConditionalCheckFailed' })),
    },
  };
}

function holds({ ConditionExpression: condition, ExpressionAttributeValues: values }: Put, before: Item | undefined): boolean {
  if (condition === 'attribute_not_exists(#id)') return before === undefined;
  if (condition !== '#v = :v') throw new Error(`a condition this table does not know: ${condition}`);
  return before !== undefined && textOf(before['v']) === textOf(values?.[':v']);
}

function query(items: Map<string, Item>, { IndexName, ExpressionAttributeValues: values, ScanIndexForward }: Query): readonly Item[] {
  const [hash, range, wanted] = IndexName === 'due' ? (['queue', 'due', ':queue'] as const) : (['list', 'since', ':list'] as const);
  const limit = Number(textOf(values[':now']) ?? Infinity);
  const found = [...items.values()]
    .filter((item) => textOf(item[hash]) === textOf(values[wanted]) && Number(textOf(item[range]) ?? NaN) <= limit)
    .sort((one, other) => Number(textOf(one[range])) - Number(textOf(other[range])));
  return ScanIndexForward ? found : found.reverse();
}

function idOf(item: Item): string {
  return textOf(item['id']) ?? '';
}

function textOf(value: Value | undefined): string | undefined {
  if (value === undefined) return undefined;
  return 'S' in value ? value.S : value.N;
}
