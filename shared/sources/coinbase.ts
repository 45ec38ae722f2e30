// Coinbase: what the account's own endpoints and channels tell, to API Activity 6003 (lib/exchange.ts).
// Advanced Trade, orders and fills: https://docs.cdp.coinbase.com/coinbase-app/advanced-trade-apis/rest-api, channel `user`: …/websocket/websocket-channels
// Exchange, orders, fills, transfers: https://docs.cdp.coinbase.com/exchange/reference/exchangerestapi_getorders, …_getfills, …_gettransfers
// App, transactions and notifications: https://docs.cdp.coinbase.com/coinbase-app/transfer-apis/transactions
// Permissions of an API key: https://docs.cdp.coinbase.com/api-reference/advanced-trade-api/rest-api/data-api/get-api-key-permissions
//  - An order or transfer is told again as it goes on: each status is an event of its own.
//  - The permissions of a key have no time of their own: it is that of the delivery.
import type { Json, JsonObject, OcsfEvent } from '../model.ts';
import { API_ACTIVITY, STATUS } from '../ocsf/classes.ts';
import { isArray, isObject, object, text } from '../outcome.ts';
import { eachOf, type Parts } from '../parts.ts';
import type { Source } from './api.ts';
import {
  CREATE,
  DELETE,
  exchangeEvent,
  parseExchange,
  READ,
  resultOf,
  UPDATE,
  words,
  type Act,
  type Exchange,
  type ExchangeRecord,
  type Kind,
} from './lib/exchange.ts';

export const coinbase: Source<ExchangeRecord> = {
  name: 'coinbase',
  title: 'Coinbase account activity',
  documentation: 'https://docs.cdp.coinbase.com/coinbase-app/advanced-trade-apis/rest-api',
  classes: [API_ACTIVITY.uid],
  framing: { kind: 'json' },
  delivered: ["Kafka, Kinesis, S3: as the bank's file says (records of a connector)"],
  claims: () => false,
  recognises: (head) => SHAPES.some((parts) => parts.every((part) => part.test(head))),
  split,
  parse: (record, context) => parseExchange(COINBASE, record, context),
  map: (native, record, context): OcsfEvent => exchangeEvent(COINBASE, native, record, context),
};

const SHAPES: readonly (readonly RegExp[])[] = [
  [/"product_id"\s*:/, /"(?:order_id|trade_id|post_only|profile_id)"\s*:/],
  [/"(?:coinbase_account_id|coinbase_transaction_id|crypto_transaction_hash|sent_to_address)"\s*:/],
  [/"resource"\s*:\s*"(?:transaction|notification)"/, /"(?:native_amount|delivery_attempts)"\s*:/],
  [/"can_transfer"\s*:/, /"portfolio_uuid"\s*:/],
];

/** Answers with a page of records, and messages of the channel `user`, whose time is that of each order in them. */
function split(delivered: Json): Parts | undefined {
  if (!isObject(delivered) || delivered['detail-type'] !== undefined) return undefined;
  const { events, orders, fills, order, data, ...rest } = delivered;
  if (isArray(events)) {
    const all = events.flatMap(ordersOf);
    return all.length === 0
      ? undefined
      : eachOf(all, ({ order, around }) => (isObject(order) ? { ...order, channel: { ...rest, ...around } } : order));
  }
  if (isObject(order)) return [order];
  return parts(orders) ?? parts(fills) ?? (rest['pagination'] === undefined ? undefined : parts(data));
}

function parts(list: Json | undefined): readonly Json[] | undefined {
  return isArray(list) && list.length > 0 ? list : undefined;
}

function ordersOf(event: Json): readonly { readonly order: Json; readonly around: JsonObject }[] {
  const { orders, ...around } = object(event) ?? {};
  return isArray(orders) ? orders.map((order) => ({ order, around })) : [];
}

const ORDER_STATUS = words('open filled done settled active cancelled canceled cancel_queued', 'failed rejected expired');
const TRANSACTION_STATUS = words('completed', 'failed expired canceled');
const GONE: ReadonlySet<string> = new Set(['cancelled', 'canceled', 'expired', 'cancel_queued']);

const FILL: Kind = {
  matches: (members) => members['trade_id'] !== undefined && members['order_id'] !== undefined,
  act: (members) => ({ operation: 'trade', activity: CREATE, code: text(members['trade_type']) }),
  times: [['trade_time'], ['created_at'], ['sequence_timestamp']],
  identity: [['trade_id'], ['product_id'], ['order_id'], ['entry_id']],
  told: [['trade_type']],
  resources: [
    [['order_id'], 'order'],
    [['trade_id'], 'trade'],
    [['entry_id'], 'entry'],
  ],
  users: [['user_id'], ['retail_portfolio_id'], ['profile_id']],
};

const ORDER: Kind = {
  matches: (members) => members['product_id'] !== undefined && (members['order_id'] ?? members['id']) !== undefined,
  act(members) {
    const status = text(members['status']);
    const reason = members['done_reason'] ?? members['reject_reason'] ?? members['cancel_message'];
    const isGone = GONE.has((status ?? '').toLowerCase()) || reason === 'canceled';
    return {
      operation: 'order',
      activity: isGone ? DELETE : CREATE,
      code: text(members['order_type']) ?? text(members['type']),
      status: resultOf(status, ORDER_STATUS, reason),
    };
  },
  times: [
    ['channel', 'timestamp'],
    ['done_at'],
    ['last_fill_time'],
    ['last_update_time'],
    ['created_time'],
    ['creation_time'],
    ['created_at'],
  ],
  identity: [['product_id'], ['order_id'], ['id'], ['status'], ['filled_size'], ['cumulative_quantity'], ['done_reason']],
  told: [['status'], ['order_type']],
  resources: [
    [['order_id'], 'order'],
    [['id'], 'order'],
    [['client_order_id'], 'client order'],
    [['client_oid'], 'client order'],
  ],
  users: [['user_id'], ['retail_portfolio_id'], ['profile_id']],
};

const OPERATIONS: ReadonlyMap<string, Pick<Act, 'operation' | 'activity'>> = new Map([
  ['withdraw', { operation: 'withdrawal', activity: CREATE }],
  ['deposit', { operation: 'deposit', activity: CREATE }],
  ['internal_withdraw', { operation: 'transfer', activity: UPDATE }],
  ['internal_deposit', { operation: 'transfer', activity: UPDATE }],
  ['transfer', { operation: 'transfer', activity: UPDATE }],
  ['buy', { operation: 'trade', activity: CREATE }],
  ['sell', { operation: 'trade', activity: CREATE }],
  ['trade', { operation: 'trade', activity: CREATE }],
  ['advanced_trade_fill', { operation: 'trade', activity: CREATE }],
]);

/** @param amount with its sign: money is sent or received under one name. */
function movement(type: string, amount: string | undefined): Pick<Act, 'operation' | 'activity'> {
  const known = OPERATIONS.get(type);
  if (known !== undefined) return known;
  if (type === 'send' || type.endsWith('_send'))
    return { operation: amount?.startsWith('-') === true ? 'withdrawal' : 'deposit', activity: CREATE };
  if (type.endsWith('_withdrawal')) return { operation: 'withdrawal', activity: CREATE };
  return { operation: type.endsWith('_deposit') ? 'deposit' : type, activity: CREATE };
}

/** Exchange: what became of it stands in its times. */
const TRANSFER: Kind = {
  matches: ({ type, amount, created_at: created, resource }) =>
    typeof type === 'string' && amount !== undefined && !isObject(amount) && created !== undefined && resource === undefined,
  act(members) {
    const code = text(members['type']) ?? 'transfer';
    const { canceled_at: canceled, completed_at: completed } = members;
    const status =
      text(canceled) !== undefined
        ? { status_id: STATUS.failure }
        : text(completed) !== undefined
          ? { status_id: STATUS.success }
          : { status_id: STATUS.other, status: 'pending' };
    return { ...movement(code, text(members['amount'])), code, status };
  },
  times: [['canceled_at'], ['completed_at'], ['processed_at'], ['created_at']],
  identity: [['id'], ['type'], ['canceled_at'], ['completed_at'], ['processed_at']],
  told: [['type']],
  resources: [
    [['id'], 'transfer'],
    [['details', 'coinbase_transaction_id'], 'coinbase transaction'],
    [['details', 'crypto_transaction_hash'], 'transaction'],
  ],
  addresses: [
    ['details', 'sent_to_address'],
    ['details', 'crypto_address'],
  ],
  users: [['user_id'], ['profile_id']],
};

/** App: a movement of one wallet. */
const TRANSACTION: Kind = {
  matches: ({ resource, type, amount, created_at: created }) =>
    typeof type === 'string' && created !== undefined && (resource === 'transaction' || isObject(amount)),
  act(members) {
    const code = text(members['type']) ?? 'transaction';
    const amount = text(object(members['amount'])?.['amount']);
    return { ...movement(code, amount), code, status: resultOf(members['status'], TRANSACTION_STATUS) };
  },
  times: [['updated_at'], ['created_at']],
  identity: [['id'], ['type'], ['status'], ['updated_at']],
  told: [['type'], ['status']],
  resources: [
    [['id'], 'coinbase transaction'],
    [['network', 'hash'], 'transaction'],
  ],
  addresses: [
    ['to', 'address'],
    ['from', 'address'],
    ['to', 'address_info', 'address'],
  ],
  users: [['user', 'id']],
};

const NOTIFICATION: Kind = {
  matches: ({ resource, type }) => resource === 'notification' && typeof type === 'string',
  act: ({ type }) => ({ operation: text(type) ?? 'notification', activity: CREATE, code: text(type) }),
  times: [['created_at']],
  identity: [['id'], ['type']],
  told: [['type']],
  resources: [
    [['id'], 'notification'],
    [['data', 'id'], 'resource'],
    [['additional_data', 'hash'], 'transaction'],
  ],
  addresses: [['data', 'address']],
  users: [['user', 'id']],
};

const KEY_PERMISSIONS: Kind = {
  matches: (members) => members['can_view'] !== undefined && members['can_transfer'] !== undefined,
  act: () => ({ operation: 'api_key', activity: READ, code: 'key_permissions' }),
  times: [['updated_at'], ['timestamp']],
  identity: [['updated_at'], ['timestamp'], ['portfolio_uuid']],
  told: [],
  resources: [[['portfolio_uuid'], 'portfolio']],
};

const COINBASE: Exchange = {
  source: 'coinbase',
  name: 'Coinbase',
  vendor: 'Coinbase',
  wrappers: [],
  kinds: [NOTIFICATION, FILL, ORDER, TRANSFER, TRANSACTION, KEY_PERMISSIONS],
};
