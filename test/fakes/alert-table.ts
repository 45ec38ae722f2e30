// The table of alert claims as DynamoDB would keep it: GetItem and UpdateItem with the few expressions that claims are made of.
// https://docs.aws.amazon.com/amazondynamodb/latest/APIReference/API_UpdateItem.html
import { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { startHttpServer, type Answer } from './http-server.ts';

type Value = { readonly S: string } | { readonly N: string };
type Item = Record<string, Value>;

interface Request {
  readonly Key: { readonly id: { readonly S: string } };
  readonly UpdateExpression?: string;
  readonly ConditionExpression?: string;
  readonly ExpressionAttributeNames?: Readonly<Record<string, string>>;
  readonly ExpressionAttributeValues?: Readonly<Record<string, Value>>;
}

export interface FakeAlertTable {
  readonly client: DynamoDBClient;
  readonly items: Map<string, Item>;
  /** The next calls are answered like this, one each. */
  readonly failures: Answer[];
  close(): Promise<void>;
}

export async function startAlertTable(): Promise<FakeAlertTable> {
  const items = new Map<string, Item>();
  const failures: Answer[] = [];
  const server = await startHttpServer(({ headers, body }) => {
    const failure = failures.shift();
    if (failure !== undefined) return failure;
    const request = JSON.parse(body) as Request;
    const target = String(headers['x-amz-target']);
    if (target.endsWith('.GetItem')) return { status: 200, body: { Item: items.get(request.Key.id.S) } };
    return target.endsWith('.UpdateItem') ? update(items, request) : { status: 400, body: { __type: 'UnknownOperationException' } };
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
    async close() {
      client.destroy();
      await server.close();
    },
  };
}

function update(items: Map<string, Item>, request: Request): Answer {
  const id = request.Key.id.S;
  const before = items.get(id);
  if (request.ConditionExpression !== undefined && !holds(named(request.ConditionExpression, request), before ?? {}, request)) {
    return {
      status: 400,
      body: { __type: 'com.amazonaws.dynamodb.v20120810#ConditionalCheckFailedException', message: 'The conditional request failed' },
    };
  }
  const after: Item = { ...before, id: { S: id } };
  for (const assignment of named(request.UpdateExpression ?? '', request)
    .replace(/^SET /, '')
    .split(/,(?![^(]*\))/)) {
    const [name = '', value = ''] = assignment.split('=').map((part) => part.trim());
    const kept = /^if_not_exists\((\w+), (:\w+)\)$/.exec(value);
    after[name] = (kept?.[1] === undefined ? undefined : before?.[kept[1]]) ?? valueOf(kept?.[2] ?? value, request);
  }
  items.set(id, after);
  return { status: 200, body: {} };
}

function named(expression: string, { ExpressionAttributeNames: names = {} }: Request): string {
  return expression.replaceAll(/#\w+/g, (name) => names[name] ?? name);
}

function valueOf(name: string, { ExpressionAttributeValues: values = {} }: Request): Value {
  const value = values[name];
  if (value === undefined) throw new Error(`no value ${name}`);
  return value;
}

/** `or` of `and`s; an alternative may stand in parentheses. */
function holds(condition: string, item: Item, request: Request): boolean {
  return condition.split(' OR ').some((part) =>
    part
      .replace(/^\((.*)\)$/, '$1')
      .split(' AND ')
      .every((term) => termHolds(term, item, request)),
  );
}

function termHolds(term: string, item: Item, request: Request): boolean {
  const exists = /^attribute_(not_)?exists\((\w+)\)$/.exec(term);
  if (exists !== null) return (item[exists[2] ?? ''] === undefined) === (exists[1] !== undefined);
  const [name = '', value = ''] = term.split(' < ');
  const found = item[name];
  const limit = valueOf(value, request);
  if (!('N' in limit)) throw new Error(`a comparison this table does not know: ${term}`);
  return found !== undefined && 'N' in found && Number(found.N) < Number(limit.N);
}
