// Blocks, transactions, receipts and logs as nodes answer them (https://ethereum.github.io/execution-apis/api-documentation) and as rows of
// ethereum-etl (https://ethereum-etl.readthedocs.io/en/latest/schema), which have a `type` and other names for the same.
import type { Json, JsonObject } from '../../model.ts';
import { isArray, isObject, text } from '../../outcome.ts';
import { STATUS } from '../../ocsf/classes.ts';
import { changed, PENDING, timeOfSeconds, type ChainRecord } from './chain.ts';
import type { Observables } from './observables.ts';

/** What a kind of record has under which name. */
interface Shape {
  readonly kind: string;
  readonly activity: number;
  readonly time: string;
  readonly user?: string;
  readonly contract?: string;
  readonly identity: readonly string[];
  readonly resources: readonly (readonly [name: string, type: string])[];
  readonly addresses: readonly string[];
  readonly amounts: readonly string[];
  /** Null or absent in one that is in no block yet. */
  readonly block?: string;
}

const CREATE = 1;
const OTHER = 99;

const GAS = ['gasPrice', 'maxFeePerGas', 'maxPriorityFeePerGas', 'maxFeePerBlobGas', 'effectiveGasPrice', 'blobGasPrice'];
const GAS_ROW = ['gas_price', 'max_fee_per_gas', 'max_priority_fee_per_gas', 'receipt_effective_gas_price', 'max_fee_per_blob_gas'];

const BLOCK: Shape = {
  kind: 'block',
  activity: CREATE,
  time: 'timestamp',
  user: 'miner',
  identity: ['hash'],
  resources: [['hash', 'block']],
  addresses: ['miner'],
  amounts: ['baseFeePerGas', 'base_fee_per_gas'],
};
const TRANSACTION: Shape = {
  kind: 'transaction',
  activity: CREATE,
  time: 'blockTimestamp',
  user: 'from',
  identity: ['hash', 'blockHash'],
  resources: [['hash', 'transaction']],
  addresses: ['from', 'to'],
  amounts: ['value', ...GAS],
  block: 'blockHash',
};
const RECEIPT: Shape = {
  kind: 'receipt',
  activity: OTHER,
  time: 'blockTimestamp',
  user: 'from',
  identity: ['transactionHash', 'blockHash'],
  resources: [['transactionHash', 'transaction']],
  addresses: ['from', 'to', 'contractAddress'],
  amounts: GAS,
};
const LOG: Shape = {
  kind: 'log',
  activity: OTHER,
  time: 'blockTimestamp',
  contract: 'address',
  identity: ['transactionHash', 'logIndex', 'blockHash', 'removed'],
  resources: [['transactionHash', 'transaction']],
  addresses: ['address'],
  amounts: [],
};

const TRANSACTION_ROW: Shape = {
  ...TRANSACTION,
  time: 'block_timestamp',
  user: 'from_address',
  identity: ['hash', 'block_hash'],
  addresses: ['from_address', 'to_address', 'receipt_contract_address'],
  amounts: ['value', ...GAS_ROW],
  block: 'block_hash',
};
const LOG_ROW: Shape = {
  ...LOG,
  time: 'block_timestamp',
  identity: ['transaction_hash', 'log_index', 'block_hash'],
  resources: [['transaction_hash', 'transaction']],
};
const TOKEN_TRANSFER_ROW: Shape = {
  ...LOG_ROW,
  kind: 'token_transfer',
  activity: CREATE,
  user: 'from_address',
  addresses: ['from_address', 'to_address', 'token_address'],
  amounts: ['value'],
};
const TRACE_ROW: Shape = {
  ...TRANSACTION_ROW,
  kind: 'trace',
  activity: OTHER,
  identity: ['transaction_hash', 'trace_id', 'block_hash', 'trace_address', 'item_id'],
  resources: [['transaction_hash', 'transaction']],
  addresses: ['from_address', 'to_address'],
};
/** By the row's `type`. */
const ROWS: ReadonlyMap<string, Shape> = new Map([
  ['block', BLOCK],
  ['transaction', TRANSACTION_ROW],
  ['log', LOG_ROW],
  ['token_transfer', TOKEN_TRANSFER_ROW],
  ['trace', TRACE_ROW],
]);

/** @returns undefined for what is no record of the chain. */
export function shapeOf(result: Json | undefined): Shape | undefined {
  if (!isObject(result)) return undefined;
  const row = ROWS.get(text(result['type']) ?? '');
  if (row?.identity.some((name) => text(result[name]) !== undefined) === true) return row;
  if (isArray(result['topics']) && result['address'] !== undefined) return LOG;
  if (text(result['transactionHash']) !== undefined && result['cumulativeGasUsed'] !== undefined) return RECEIPT;
  if (text(result['parentHash']) !== undefined && result['number'] !== undefined) return BLOCK;
  return text(result['hash']) !== undefined && result['nonce'] !== undefined && result['from'] !== undefined ? TRANSACTION : undefined;
}

/** @param source the record's text: numbers beyond 2^53 are exact only there. */
export function chainRecordOf(result: JsonObject, shape: Shape, source: string): ChainRecord {
  const values = amountsOf(result, shape, source);
  const decoded = shape.kind === 'log' ? decodedLog(result) : shape.kind === 'transaction' ? decodedCall(result) : undefined;
  const moved = new Set(shape.resources.map(([name]) => name));
  const status = statusOf(result, shape);
  if (status !== undefined && shape.kind === 'receipt') moved.add('status');
  const unmapped = changed(result, moved, values);
  return {
    kind: shape.kind,
    operation: `eth_${shape.kind}`,
    activity: shape.activity,
    time: timeOfSeconds(numberOf(result[shape.time])),
    identity: shape.identity.map((name) => result[name]),
    user: shape.user === undefined ? undefined : text(result[shape.user]),
    contract: shape.contract === undefined ? undefined : text(result[shape.contract]),
    status,
    resources: shape.resources.flatMap(([name, type]) => {
      const uid = text(result[name]);
      return uid === undefined ? [] : [{ uid, type }];
    }),
    unmapped: decoded === undefined ? unmapped : { ...unmapped, decoded },
    addresses(found) {
      for (const name of shape.addresses) found.add(`unmapped.${name}`, result[name]);
      for (const name of ['from', 'to']) found.add(`unmapped.decoded.${name}`, decoded?.[name]);
      if (shape.kind === 'block') withdrawalsOf(result, found);
    },
  };
}

/** Payments from the beacon chain to validators. */
function withdrawalsOf({ withdrawals }: JsonObject, found: Observables): void {
  if (isArray(withdrawals)) for (const one of withdrawals) if (isObject(one)) found.add('unmapped.withdrawals[].address', one['address']);
}

function statusOf(result: JsonObject, { kind, block }: Shape): ChainRecord['status'] {
  if (block !== undefined && (result[block] ?? undefined) === undefined) return PENDING;
  const said = kind === 'receipt' ? result['status'] : kind === 'transaction' ? result['receipt_status'] : undefined;
  if (said === '0x1' || said === 1) return { status_id: STATUS.success };
  return said === '0x0' || said === 0 ? { status_id: STATUS.failure } : undefined;
}

// ── Numbers ──

const QUANTITY = /^0x[0-9a-fA-F]{1,64}$/;
/** Digits that fit into a double, as hex digits. */
const SAFE = 14;

/** @returns a quantity, `0x…`, as decimal text. */
export function decimalOf(quantity: Json | undefined): string | undefined {
  if (typeof quantity !== 'string' || !QUANTITY.test(quantity)) return undefined;
  return quantity.length <= SAFE ? String(Number.parseInt(quantity, 16)) : BigInt(quantity).toString();
}

function numberOf(said: Json | undefined): number | undefined {
  if (typeof said === 'number') return said;
  const decimal = decimalOf(said);
  return decimal === undefined || decimal.length > 15 ? undefined : Number(decimal);
}

function amountsOf(result: JsonObject, { kind, amounts }: Shape, source: string): ReadonlyMap<string, Json> {
  const found = new Map<string, Json>();
  for (const name of amounts) {
    const said = result[name];
    const decimal = typeof said === 'number' ? writtenNumber(said, name, source) : decimalOf(said);
    if (decimal !== undefined) found.set(name, decimal);
  }
  const { withdrawals } = result;
  if (kind === 'block' && isArray(withdrawals)) found.set('withdrawals', withdrawals.map(withdrawalOf));
  return found;
}

function withdrawalOf(withdrawal: Json): Json {
  const amount = isObject(withdrawal) ? decimalOf(withdrawal['amount']) : undefined;
  return isObject(withdrawal) && amount !== undefined ? { ...withdrawal, amount } : withdrawal;
}

const NUMBER = /^\s*:\s*(\d{1,78})\s*[,}]/;

/** @returns the number as the record writes it; undefined where that cannot be found. */
function writtenNumber(said: number, name: string, source: string): string | undefined {
  if (Number.isSafeInteger(said)) return String(said);
  const at = source.indexOf(`"${name}"`);
  const digits = at < 0 ? undefined : NUMBER.exec(source.slice(at + name.length + 2, at + name.length + 120))?.[1];
  return digits !== undefined && Number(digits) === said ? digits : undefined;
}

// ── Payments of tokens: who is paid stands in the call's input and in the log's topics, not in `to` ──

/** Transfer(address,address,uint256) of ERC-20 and ERC-721. https://eips.ethereum.org/EIPS/eip-20, https://eips.ethereum.org/EIPS/eip-721 */
const TRANSFER_TOPIC = '0xddf252ad1be2c89b69c2b068fc378daa952ba7f163c4a11628f55a4df523b3ef';
const WORD = 64;
const PADDED_ADDRESS = /^0{24}[0-9a-fA-F]{40}$/;

function decodedLog({ topics, data }: JsonObject): JsonObject | undefined {
  if (!isArray(topics) || topics[0] !== TRANSFER_TOPIC) return undefined;
  const [, from, to, token] = topics.map((topic) => (typeof topic === 'string' ? topic.slice(2) : ''));
  const value = decimalOf(data);
  const tokenId = decimalOf(token === undefined ? undefined : `0x${token}`);
  const paid = decoded('Transfer', from, to, value);
  return paid === undefined || tokenId === undefined ? paid : { ...paid, token_id: tokenId };
}

/** transfer(address,uint256) and transferFrom(address,address,uint256): the first bytes of their hashes. */
const TRANSFER_CALL = '0xa9059cbb';
const TRANSFER_FROM_CALL = '0x23b872dd';

function decodedCall(result: JsonObject): JsonObject | undefined {
  const input = text(result['input']) ?? text(result['data']);
  if (input === undefined) return undefined;
  const words = (at: number): string => input.slice(10 + at * WORD, 10 + (at + 1) * WORD);
  if (input.startsWith(TRANSFER_CALL)) return decoded('transfer', undefined, words(0), decimalOf(`0x${words(1)}`));
  if (input.startsWith(TRANSFER_FROM_CALL)) return decoded('transferFrom', words(0), words(1), decimalOf(`0x${words(2)}`));
  return undefined;
}

function decoded(name: string, from: string | undefined, to: string | undefined, value: string | undefined): JsonObject | undefined {
  const receiver = addressOf(to);
  const sender = addressOf(from);
  if (receiver === undefined || (from !== undefined && sender === undefined)) return undefined;
  return { name, from: sender, to: receiver, value };
}

function addressOf(word: string | undefined): string | undefined {
  return word !== undefined && PADDED_ADDRESS.test(word) ? `0x${word.slice(24)}` : undefined;
}
