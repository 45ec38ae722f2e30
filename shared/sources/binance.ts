// Binance: what the account's own endpoints and streams tell, to API Activity 6003 (lib/exchange.ts).
// User data stream (executionReport, balanceUpdate, …): https://developers.binance.com/docs/binance-spot-api-docs/user-data-stream
// Withdrawals, deposits: https://developers.binance.com/docs/wallet/capital/withdraw-history, …/deposite-history
// Permissions of an API key: https://developers.binance.com/docs/wallet/account/api-key-permission
// Orders, trades: https://developers.binance.com/docs/binance-spot-api-docs/rest-api/account-endpoints
//  - A withdrawal, deposit or order is told again with every status: each status is an event of its own.
//  - The permissions of a key have no time of their own: it is that of the delivery.
import type { Json, JsonObject, OcsfEvent } from '../model.ts';
import { API_ACTIVITY } from '../ocsf/classes.ts';
import { isArray, isObject, text } from '../outcome.ts';
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

export const binance: Source<ExchangeRecord> = {
  name: 'binance',
  title: 'Binance account activity',
  documentation: 'https://developers.binance.com/docs/binance-spot-api-docs/user-data-stream',
  classes: [API_ACTIVITY.uid],
  framing: { kind: 'json' },
  delivered: ["Kafka, Kinesis, S3: as the bank's file says (records of a connector)"],
  claims: () => false,
  recognises: (head) => SHAPES.some((parts) => parts.every((part) => part.test(head))),
  split,
  parse: (record, context) => parseExchange(BINANCE, record, context),
  map: (native, record, context): OcsfEvent => exchangeEvent(BINANCE, native, record, context),
};

const SHAPES: readonly (readonly RegExp[])[] = [
  [/"e"\s*:\s*"(?:executionReport|balanceUpdate|outboundAccountPosition|listStatus|listenKeyExpired|ORDER_TRADE_UPDATE|ACCOUNT_UPDATE)"/],
  [/"applyTime"\s*:/, /"coin"\s*:/],
  [/"insertTime"\s*:/, /"coin"\s*:/],
  [/"ipRestrict"\s*:/, /"enableWithdrawals"\s*:/],
  [/"orderId"\s*:\s*\d/, /"symbol"\s*:/, /"(?:executedQty|commissionAsset)"\s*:/],
];

/** Answers that hold a page of records. */
function split(delivered: Json): readonly Json[] | undefined {
  const rows = isObject(delivered) && delivered['detail-type'] === undefined ? delivered['rows'] : undefined;
  return isArray(rows) && rows.length > 0 ? rows : undefined;
}

// ── Streams ──

const ORDER_ACTIVITIES: ReadonlyMap<string, number> = new Map([
  ['NEW', CREATE],
  ['TRADE', CREATE],
  ['REJECTED', CREATE],
  ['REPLACED', UPDATE],
  ['AMENDMENT', UPDATE],
  ['CANCELED', DELETE],
  ['EXPIRED', DELETE],
]);
const ORDER_STATUS = words('new filled partially_filled canceled pending_cancel pending_new', 'rejected expired expired_in_match');

/** @param order members that spot has at the top and futures under `o`. */
function orderAct(code: string, order: JsonObject): Act {
  const executed = text(order['x']) ?? '';
  const reason = order['r'] === 'NONE' ? undefined : order['r'];
  return {
    operation: executed === 'TRADE' ? 'trade' : 'order',
    activity: ORDER_ACTIVITIES.get(executed) ?? UPDATE,
    code: executed === '' ? code : `${code} ${executed}`,
    status: resultOf(order['X'], ORDER_STATUS, reason),
  };
}

const EXECUTION: Kind = {
  matches: ({ e }) => e === 'executionReport',
  act: (members) => orderAct('executionReport', members),
  times: [['E'], ['T']],
  identity: [['i'], ['s'], ['x'], ['X'], ['t'], ['T'], ['E'], ['I'], ['u'], ['v']],
  told: [['X']],
  resources: [
    [['i'], 'order'],
    [['t'], 'trade'],
    [['c'], 'client order'],
  ],
};

const FUTURES_ORDER: Kind = {
  matches: ({ e, o }) => e === 'ORDER_TRADE_UPDATE' && isObject(o),
  act: ({ o }) => orderAct('ORDER_TRADE_UPDATE', isObject(o) ? o : {}),
  times: [['E'], ['T']],
  identity: [['o', 'i'], ['o', 's'], ['o', 'x'], ['o', 'X'], ['o', 't'], ['T'], ['E']],
  told: [['o', 'X']],
  resources: [
    [['o', 'i'], 'order'],
    [['o', 't'], 'trade'],
    [['o', 'c'], 'client order'],
  ],
};

const STREAM_ACTS: ReadonlyMap<string, Pick<Act, 'operation' | 'activity'>> = new Map([
  ['balanceUpdate', { operation: 'transfer', activity: UPDATE }],
  ['outboundAccountPosition', { operation: 'account_position', activity: UPDATE }],
  ['ACCOUNT_UPDATE', { operation: 'account_position', activity: UPDATE }],
  ['listStatus', { operation: 'order_list', activity: UPDATE }],
  ['externalLockUpdate', { operation: 'lock', activity: UPDATE }],
  ['listenKeyExpired', { operation: 'listen_key_expired', activity: DELETE }],
]);

/** Everything else that comes over a stream. */
const STREAM: Kind = {
  matches: ({ e, E }) => typeof e === 'string' && e !== '' && typeof E === 'number',
  act({ e }) {
    const code = text(e) ?? '';
    return { ...(STREAM_ACTS.get(code) ?? { operation: code, activity: UPDATE }), code };
  },
  times: [['E']],
  identity: [['E'], ['e'], ['T'], ['a'], ['d'], ['u'], ['s'], ['g'], ['C'], ['B'], ['O'], ['o']],
  told: [['e']],
  resources: [],
};

// ── Wallet ──

const WITHDRAWAL_STATUS = words('6', '1 3 5');
const DEPOSIT_STATUS = words('1 6', '2 7');
const TRANSFER_STATUS = words('confirmed success', 'failed');

const WITHDRAWAL: Kind = {
  matches: (members) => members['applyTime'] !== undefined,
  act: ({ status, withdrawalStatus, info }) => ({
    operation: 'withdrawal',
    activity: CREATE,
    code: undefined,
    status: resultOf(status ?? withdrawalStatus, WITHDRAWAL_STATUS, info, { 0: 'email sent', 2: 'awaiting approval', 4: 'processing' }),
  }),
  // The end of it, where there is one: applied for is what an earlier event told.
  times: [['completeTime'], ['applyTime']],
  identity: [['id'], ['status'], ['withdrawalStatus'], ['txId'], ['trId']],
  told: [['info']],
  resources: [
    [['id'], 'withdrawal'],
    [['txId'], 'transaction'],
    [['withdrawOrderId'], 'client order'],
  ],
  addresses: [['address'], ['sourceAddress']],
};

const DEPOSIT: Kind = {
  matches: (members) => members['insertTime'] !== undefined && members['coin'] !== undefined,
  act: ({ status }) => ({
    operation: 'deposit',
    activity: CREATE,
    code: undefined,
    status: resultOf(status, DEPOSIT_STATUS, undefined, { 0: 'pending', 8: 'waiting for the user' }),
  }),
  times: [['completeTime'], ['insertTime']],
  identity: [['insertTime'], ['id'], ['txId'], ['coin'], ['network'], ['address'], ['amount'], ['status']],
  told: [],
  resources: [
    [['id'], 'deposit'],
    [['txId'], 'transaction'],
  ],
  addresses: [['address'], ['sourceAddress']],
};

const TRANSFER: Kind = {
  matches: ({ tranId, asset }) => tranId !== undefined && asset !== undefined,
  act: ({ type, status }) => ({
    operation: 'transfer',
    activity: UPDATE,
    code: text(type),
    status: resultOf(status, TRANSFER_STATUS),
  }),
  times: [['timestamp'], ['time'], ['createTimeStamp']],
  identity: [['tranId'], ['type'], ['status']],
  told: [['type'], ['status']],
  resources: [[['tranId'], 'transfer']],
};

const KEY_PERMISSIONS: Kind = {
  matches: (members) => members['ipRestrict'] !== undefined && members['enableReading'] !== undefined,
  act: () => ({ operation: 'api_key', activity: READ, code: 'apiRestrictions' }),
  times: [['updateTime'], ['timestamp']],
  identity: [['updateTime'], ['createTime'], ['timestamp']],
  told: [],
  resources: [],
};

// ── Orders and trades, as they are asked for ──

const TRADE: Kind = {
  matches: ({ orderId, commissionAsset, time }) => orderId !== undefined && commissionAsset !== undefined && time !== undefined,
  act: () => ({ operation: 'trade', activity: CREATE, code: undefined }),
  times: [['time']],
  identity: [['id'], ['symbol'], ['orderId']],
  told: [],
  resources: [
    [['orderId'], 'order'],
    [['id'], 'trade'],
  ],
};

const ORDER: Kind = {
  matches: ({ orderId, symbol }) => orderId !== undefined && symbol !== undefined,
  act: ({ status, type }) => ({
    operation: 'order',
    activity: status === 'CANCELED' || status === 'EXPIRED' ? DELETE : CREATE,
    code: text(type),
    status: resultOf(status, ORDER_STATUS),
  }),
  times: [['updateTime'], ['transactTime'], ['time']],
  identity: [['orderId'], ['symbol'], ['status'], ['executedQty'], ['updateTime']],
  told: [['status'], ['type']],
  resources: [
    [['orderId'], 'order'],
    [['clientOrderId'], 'client order'],
  ],
};

const BINANCE: Exchange = {
  source: 'binance',
  name: 'Binance',
  vendor: 'Binance',
  wrappers: ['event', 'data'],
  kinds: [EXECUTION, FUTURES_ORDER, STREAM, WITHDRAWAL, DEPOSIT, TRANSFER, KEY_PERMISSIONS, TRADE, ORDER],
};
