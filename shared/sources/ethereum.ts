// Ethereum and chains like it: what nodes answer and subscriptions bring, rows of ethereum-etl, to API Activity 6003.
// https://ethereum.github.io/execution-apis/api-documentation, https://geth.ethereum.org/docs/interacting-with-geth/rpc/pubsub
//  - A block with its transactions is one event for itself and one for each of them; lists of logs, receipts and transactions are one for
//    each element. Any other answer (a balance, a simulation, an error) is an event of that call.
//  - The network is the `network` or `chain` beside the record, else the format in the bank's file: metadata.log_name.
//  - Amounts (wei, gwei) become decimal text under their own names; all else stays as it came. `decoded` is added where a token is paid: who
//    gets it does not stand in `to`.
//  - The time is the block's; a record that does not say it, and one of a test network before the year 2000, has that of its delivery.
import type { Json, JsonObject, OcsfEvent, Outcome, RawRecord } from '../model.ts';
import { API_ACTIVITY } from '../ocsf/classes.ts';
import { isArray, isObject, jsonOf, reject, text, textOf, value } from '../outcome.ts';
import { eachOf, type Parts } from '../parts.ts';
import type { Source } from './api.ts';
import { answerEvent, type Answer, type Chain } from './lib/chain.ts';
import { chainRecordOf, shapeOf } from './lib/ethereum-records.ts';
import { areObjects, callOf, partOf, type Call } from './lib/json-rpc.ts';

const CHAIN: Chain = {
  source: 'ethereum',
  name: 'Ethereum',
  writes: new Set(['eth_sendRawTransaction', 'eth_sendTransaction', 'eth_sendRawTransactionSync', 'eth_sendBundle']),
};

export const ethereum: Source<Answer> = {
  name: 'ethereum',
  title: 'Ethereum nodes (JSON-RPC) and ethereum-etl',
  documentation: 'https://ethereum.github.io/execution-apis/api-documentation',
  classes: [API_ACTIVITY.uid],
  framing: { kind: 'json' },
  delivered: ["Kafka, Kinesis, S3: as the bank's file says (answers of nodes, rows of ethereum-etl); its format is the network's name"],
  claims: () => false,
  recognises: (head) => SHAPES.some((parts) => parts.every((part) => part.test(head))),
  split,
  parse,
  map: (answer, record, context): OcsfEvent => answerEvent(CHAIN, answer, record, context),
};

const SHAPES: readonly (readonly RegExp[])[] = [
  [/"jsonrpc"\s*:/, /"(?:eth|debug|net|txpool|engine|trace|erigon)_[A-Za-z]+"|"(?:parentHash|blockHash|transactionHash)"\s*:/],
  [/"(?:blockHash|parentHash)"\s*:\s*(?:"0x|null)/, /"(?:transactionIndex|sha3Uncles|logIndex)"\s*:/],
  [/"type"\s*:\s*"(?:block|transaction|log|token_transfer|trace)"/, /"(?:block_hash|parent_hash|from_address)"\s*:/],
];

/** Methods whose answers are of the chain; those of others may look like it (a simulated block). */
const CHAIN_METHOD = /^(?:eth_get(?:Block|Transaction|Logs|Filter|Uncle|HeaderBy)|eth_subscription|parity_|alchemy_getTransactionReceipts)/;

function isOfChain({ method, error }: Call): boolean {
  return error === undefined && (method === undefined || CHAIN_METHOD.test(method));
}

function split(delivered: Json): Parts | undefined {
  if (!isObject(delivered)) return undefined;
  const call = callOf(delivered);
  if (!isOfChain(call)) return undefined;
  const { result } = call;
  if (isArray(result)) {
    // An empty list, and one of hashes, is the answer itself.
    return areObjects(result) && result.every((one) => shapeOf(one) !== undefined)
      ? made(result.flatMap((one) => partsOf(call, one) ?? [() => partOf(call, one)]))
      : undefined;
  }
  const parts = isObject(result) ? partsOf(call, result) : undefined;
  return parts === undefined ? undefined : made(parts);
}

type Make = () => Json;

function made(all: readonly Make[]): Parts {
  return eachOf(all, (make) => make());
}

/** @returns a block and its transactions; undefined for anything else, and for a block that has only their hashes. */
function partsOf(call: Call, result: JsonObject): readonly Make[] | undefined {
  const { transactions, timestamp } = result;
  if (shapeOf(result)?.kind !== 'block' || !areObjects(transactions)) return undefined;
  const hashes = transactions.map((transaction) => text(transaction['hash']) ?? null);
  // Newer nodes say it themselves.
  const each = transactions.map(
    (transaction) => () => partOf(call, { ...transaction, blockTimestamp: transaction['blockTimestamp'] ?? timestamp }),
  );
  return [() => partOf(call, { ...result, transactions: hashes }), ...each];
}

function parse(record: RawRecord): Outcome<Answer> {
  const delivered = jsonOf(record);
  if (delivered === undefined) return reject('malformed_json', 'not JSON');
  if (!isObject(delivered)) return reject('malformed_record', 'not a JSON object');
  const call = callOf(delivered);
  const { result } = call;
  const shape = isOfChain(call) ? shapeOf(result) : undefined;
  if (shape !== undefined && isObject(result)) return value({ call, found: chainRecordOf(result, shape, textOf(record)) });
  if (result === delivered) return reject('missing_field', 'neither a block, transaction, receipt or log nor the answer of a node');
  return value({ call: announced(call), found: undefined });
}

/** A subscription to pending transactions brings their hashes. */
function announced(call: Call): Call {
  return call.method === 'eth_subscription' && typeof call.result === 'string' ? { ...call, method: 'eth_newPendingTransactions' } : call;
}
