// Bitcoin and chains like it: what nodes answer to getblock (verbosity 1 to 3) and getrawtransaction, to API Activity 6003.
// https://developer.bitcoin.org/reference/rpc/getblock.html, https://developer.bitcoin.org/reference/rpc/getrawtransaction.html
//  - A block with its transactions is one event for itself and one for each of them. Any other answer is an event of that call.
//  - The network is the `network` or `chain` beside the record, else the format in the bank's file: metadata.log_name.
//  - Amounts come as numbers of bitcoins; they become decimal text with all eight places, which a double of up to 21 million tells exactly.
//  - The sender is who owned the outputs that are spent: known where the node says so (verbosity 3), and one where all were one's.
//  - The time is the block's; a transaction in no block has that of its delivery.
import type { Json, JsonObject, OcsfEvent, Outcome, RawRecord } from '../model.ts';
import { API_ACTIVITY } from '../ocsf/classes.ts';
import { isArray, isObject, jsonOf, object, reject, text, value } from '../outcome.ts';
import { eachOf, type Parts } from '../parts.ts';
import type { Source } from './api.ts';
import { answerEvent, changed, PENDING, timeOfSeconds, type Answer, type Chain, type ChainRecord } from './lib/chain.ts';
import { areObjects, callOf, partOf } from './lib/json-rpc.ts';
import type { Observables } from './lib/observables.ts';

const CHAIN: Chain = {
  source: 'bitcoin',
  name: 'Bitcoin',
  writes: new Set(['sendrawtransaction', 'sendtoaddress', 'sendmany', 'send', 'sendall']),
};

export const bitcoin: Source<Answer> = {
  name: 'bitcoin',
  title: 'Bitcoin nodes (JSON-RPC)',
  documentation: 'https://developer.bitcoin.org/reference/rpc/getblock.html',
  classes: [API_ACTIVITY.uid],
  framing: { kind: 'json' },
  delivered: ["Kafka, Kinesis, S3: as the bank's file says (answers of nodes); its format is the network's name"],
  claims: () => false,
  recognises: (head) => /"(?:merkleroot|txid)"\s*:/.test(head) && /"(?:previousblockhash|nTx|vin|scriptPubKey|bits)"\s*:/.test(head),
  split,
  parse,
  map: (answer, record, context): OcsfEvent => answerEvent(CHAIN, answer, record, context),
};

function isBlock(result: JsonObject): boolean {
  return text(result['hash']) !== undefined && text(result['merkleroot']) !== undefined;
}

function isTransaction(result: JsonObject): boolean {
  return text(result['txid']) !== undefined && isArray(result['vin']) && isArray(result['vout']);
}

function split(delivered: Json): Parts | undefined {
  const call = isObject(delivered) ? callOf(delivered) : undefined;
  const { result } = call ?? {};
  if (call === undefined || !isObject(result) || !isBlock(result) || !areObjects(result['tx'])) return undefined;
  const { hash, time, tx } = result;
  const ids = tx.map((transaction) => text(transaction['txid']) ?? null);
  return eachOf([undefined, ...tx], (transaction) =>
    partOf(call, transaction === undefined ? { ...result, tx: ids } : { blockhash: hash, blocktime: time, ...transaction }),
  );
}

function parse(record: RawRecord): Outcome<Answer> {
  const delivered = jsonOf(record);
  if (delivered === undefined) return reject('malformed_json', 'not JSON');
  if (!isObject(delivered)) return reject('malformed_record', 'not a JSON object');
  const call = callOf(delivered);
  const { result } = call;
  if (isObject(result) && isBlock(result)) return value({ call, found: blockOf(result) });
  if (isObject(result) && isTransaction(result)) return value({ call, found: transactionOf(result) });
  if (result === delivered) return reject('missing_field', 'neither a block or transaction nor the answer of a node');
  return value({ call, found: undefined });
}

const CREATE = 1;
const NOTHING: ReadonlyMap<string, Json> = new Map();
const HASH: ReadonlySet<string> = new Set(['hash']);
const TXID: ReadonlySet<string> = new Set(['txid']);

function blockOf(result: JsonObject): ChainRecord {
  const { hash, time } = result;
  return {
    kind: 'block',
    operation: 'btc_block',
    activity: CREATE,
    time: timeOfSeconds(typeof time === 'number' ? time : undefined),
    identity: [hash],
    user: undefined,
    resources: [{ uid: hash, type: 'block' }],
    unmapped: changed(result, HASH, NOTHING),
    addresses: () => undefined,
  };
}

function transactionOf(result: JsonObject): ChainRecord {
  const { txid, blockhash, blocktime, time } = result;
  const inputs = listOf(result['vin']).map(inputOf);
  const outputs = listOf(result['vout']).map(outputOf);
  const values = new Map<string, Json>([
    ['vin', inputs],
    ['vout', outputs],
  ]);
  const fee = coins(result['fee']);
  if (fee !== undefined) values.set('fee', fee);
  const seconds = blocktime ?? time;
  return {
    kind: 'transaction',
    operation: 'btc_transaction',
    activity: CREATE,
    time: timeOfSeconds(typeof seconds === 'number' ? seconds : undefined),
    identity: [txid, blockhash],
    user: senderOf(inputs),
    status: text(blockhash) === undefined ? PENDING : undefined,
    resources: [{ uid: txid, type: 'transaction' }],
    unmapped: changed(result, TXID, values),
    addresses(found) {
      for (const input of inputs) addressesOf(object(object(input)?.['prevout']), 'unmapped.vin[].prevout', found);
      for (const output of outputs) addressesOf(object(output), 'unmapped.vout[]', found);
    },
  };
}

function listOf(list: Json | undefined): readonly Json[] {
  return isArray(list) ? list : [];
}

function inputOf(input: Json): Json {
  const previous = isObject(input) ? object(input['prevout']) : undefined;
  return previous === undefined || !isObject(input) ? input : { ...input, prevout: outputOf(previous) };
}

function outputOf(output: Json): Json {
  const amount = isObject(output) ? coins(output['value']) : undefined;
  return amount === undefined || !isObject(output) ? output : { ...output, value: amount };
}

const PLACES = 8;
const MOST_COINS = 21_000_000;

function coins(amount: Json | undefined): string | undefined {
  return typeof amount === 'number' && Math.abs(amount) <= MOST_COINS ? amount.toFixed(PLACES) : undefined;
}

function senderOf(inputs: readonly Json[]): string | undefined {
  let sender: string | undefined;
  for (const input of inputs) {
    const owner = text(object(object(object(input)?.['prevout'])?.['scriptPubKey'])?.['address']);
    if (owner === undefined || (sender !== undefined && sender !== owner)) return undefined;
    sender = owner;
  }
  return sender;
}

/** Nodes before version 22 list the addresses. */
function addressesOf(output: JsonObject | undefined, path: string, found: Observables): void {
  const script = object(output?.['scriptPubKey']);
  if (script === undefined) return;
  found.add(`${path}.scriptPubKey.address`, script['address']);
  const several = script['addresses'];
  if (isArray(several)) for (const address of several) found.add(`${path}.scriptPubKey.addresses[]`, address);
}
