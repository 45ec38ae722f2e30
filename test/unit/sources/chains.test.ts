// Ethereum, Bitcoin, and the exchanges Coinbase and Binance: what golden cases do not show.
import fc from 'fast-check';
import type { JsonObject } from '../../../shared/model.ts';
import { isArray, isObject, text } from '../../../shared/outcome.ts';
import type { Source } from '../../../shared/sources/api.ts';
import { binance } from '../../../shared/sources/binance.ts';
import { bitcoin } from '../../../shared/sources/bitcoin.ts';
import { coinbase } from '../../../shared/sources/coinbase.ts';
import { ethereum } from '../../../shared/sources/ethereum.ts';
import type { Answer } from '../../../shared/sources/lib/chain.ts';
import { decimalOf } from '../../../shared/sources/lib/ethereum-records.ts';
import { event, run, testSample } from './line-source.ts';

const FROM = `0x${'a'.repeat(40)}`;
const TO = `0x${'B'.repeat(40)}`;
const HASH = `0x${'1'.repeat(64)}`;
const TX = { hash: HASH, blockHash: `0x${'2'.repeat(64)}`, nonce: '0x1', from: FROM, to: TO, value: '0x0', transactionIndex: '0x0' };
const BLOCK = { hash: TX.blockHash, parentHash: `0x${'3'.repeat(64)}`, number: '0x1', timestamp: '0x6955b900', miner: FROM };

function answer(result: unknown): string {
  return JSON.stringify({ jsonrpc: '2.0', id: 1, result });
}

/** Of all observables, as `path=value`. */
function addresses({ observables }: JsonObject): readonly string[] {
  return isArray(observables) ? observables.map((one) => (isObject(one) ? [text(one['name']), text(one['value'])].join('=') : '')) : [];
}

function uids(source: Source<Answer>, input: string, given: { readonly format?: string; readonly uri?: string } = {}): readonly string[] {
  return run(source, input, given).events.map(({ metadata }) => metadata.uid);
}

describe('ethereum', () => {
  test('quantities become exact decimal text', () => {
    fc.assert(
      fc.property(fc.bigInt({ min: 0n, max: 2n ** 256n - 1n }), (quantity) => {
        expect(decimalOf(`0x${quantity.toString(16)}`)).toBe(quantity.toString());
      }),
    );
    for (const none of ['0x', '1', '0xg', `0x1${'0'.repeat(64)}`, 1, null]) expect(decimalOf(none)).toBeUndefined();
  });

  test('a transaction is the same in its block, asked for alone, beside its request, and as a bare record', () => {
    const alone = uids(ethereum, answer(TX));
    expect(uids(ethereum, answer({ ...BLOCK, transactions: [TX] }))[1]).toBe(alone[0]);
    expect(uids(ethereum, JSON.stringify({ request: { method: 'eth_getTransactionByHash' }, response: { id: 7, result: TX } }))).toEqual(
      alone,
    );
    expect(uids(ethereum, JSON.stringify(TX), { uri: 'kafka://c/t/0/1-1' })).toEqual(alone);
  });

  test('but another on another network, and in another block', () => {
    const all = [
      uids(ethereum, answer(TX)),
      uids(ethereum, answer(TX), { format: 'polygon' }),
      uids(ethereum, JSON.stringify({ network: 'base', jsonrpc: '2.0', result: TX })),
      uids(ethereum, answer({ ...TX, blockHash: null })),
    ];
    expect(new Set(all.flat()).size).toBe(4);
  });

  test('transactions have the time of their block', () => {
    const { events } = run(ethereum, answer({ ...BLOCK, transactions: [TX, { ...TX, blockTimestamp: '0x6955b901' }] }));
    expect(events.map(({ time }) => time)).toEqual([1767225600000, 1767225600000, 1767225601000]);
  });

  test('addresses are observables as they are written, who gets a token too', () => {
    const input = `0xa9059cbb${'0'.repeat(24)}${'c'.repeat(40)}${'0'.repeat(63)}1`;
    expect(addresses(event(ethereum, answer({ ...TX, input })))).toEqual([
      `unmapped.from=${FROM}`,
      `unmapped.to=${TO}`,
      `unmapped.decoded.to=0x${'c'.repeat(40)}`,
    ]);
  });

  test.each([
    ['a call that is too short', { ...TX, input: '0xa9059cbb' }],
    ['an address that is none', { ...TX, input: `0xa9059cbb${'1'.repeat(128)}` }],
    [
      'topics that are none',
      { address: FROM, topics: ['0xddf252ad1be2c89b69c2b068fc378daa952ba7f163c4a11628f55a4df523b3ef', null], data: '0x', blockHash: HASH },
    ],
  ])('nothing is decoded from %s', (_, result) => {
    expect(event(ethereum, answer(result))['unmapped']).not.toHaveProperty('decoded');
  });

  test('numbers beyond 2^53 in rows are exact', () => {
    const row = `{"type":"transaction","hash":"${HASH}","block_hash":"${HASH}","value": 12345678901234567891 ,"block_timestamp":1767225600}`;
    expect(event(ethereum, row)).toMatchObject({ unmapped: { value: '12345678901234567891' } });
  });

  testSample(ethereum, 'blockchain/ethereum-jsonrpc.ndjson', 266);
});

describe('bitcoin', () => {
  const OUTPUT = { n: 0, scriptPubKey: { address: 'bc1qexample' } };

  function valueOf(value: number): unknown {
    const found = event(bitcoin, answer({ txid: 'a', vin: [], vout: [{ ...OUTPUT, value }], fee: value }));
    const unmapped = isObject(found['unmapped']) ? found['unmapped'] : {};
    const [output] = isArray(unmapped['vout']) ? unmapped['vout'] : [];
    expect(isObject(output) && output['value']).toBe(unmapped['fee']);
    return unmapped['fee'];
  }

  test('amounts are exact to the last satoshi', () => {
    fc.assert(
      fc.property(fc.bigInt({ min: 0n, max: 2_100_000_000_000_000n }), (satoshi) => {
        const coins = `${satoshi / 100_000_000n}.${String(satoshi % 100_000_000n).padStart(8, '0')}`;
        expect(valueOf(Number(coins))).toBe(coins);
      }),
    );
    expect(valueOf(1e300)).toBe(1e300);
  });

  test('a transaction is the same in its block and asked for alone', () => {
    const tx = { txid: 'a', vin: [], vout: [] };
    const block = { hash: 'b', merkleroot: 'c', time: 1767225600, tx: [tx] };
    expect(uids(bitcoin, answer(block))[1]).toBe(uids(bitcoin, answer({ ...tx, blockhash: 'b', confirmations: 9 }))[0]);
  });

  test('the sender is known only where all inputs are one’s', () => {
    const input = (address: string): object => ({ prevout: { scriptPubKey: { address } } });
    const actorOf = (vin: readonly object[]): unknown => event(bitcoin, answer({ txid: 'a', vin, vout: [] }))['actor'];
    expect(actorOf([input('x'), input('x')])).toMatchObject({ user: { uid: 'x' } });
    for (const vin of [[input('x'), input('y')], [input('x'), {}], []]) expect(actorOf(vin)).toEqual({ app_name: 'Bitcoin' });
  });

  test('keys and passwords are in no event', () => {
    for (const method of ['dumpprivkey', 'walletpassphrase', 'importprivkey', 'signrawtransactionwithkey'])
      expect(
        JSON.stringify(run(bitcoin, JSON.stringify({ method, params: ['s3cret'], result: 's3cret', error: null, id: 1 })).events),
      ).not.toContain('s3cret');
  });

  testSample(bitcoin, 'blockchain/bitcoin-rpc.ndjson', 1);
});

describe('exchanges', () => {
  const WITHDRAWAL = { id: 'w-1', coin: 'ETH', amount: '1.0', status: 4, address: TO, applyTime: '2026-01-01 10:00:00' };

  test('each status of a withdrawal is an event, the same however often it is told', () => {
    const uid = (change: object): unknown => event(binance, JSON.stringify({ ...WITHDRAWAL, ...change }))['metadata'];
    expect(uid({ confirmNo: 3 })).toEqual(uid({}));
    expect(uid({ status: 6 })).not.toEqual(uid({}));
  });

  test('the address that money goes to is an observable, wherever the record was wrapped', () => {
    expect(addresses(event(binance, JSON.stringify(WITHDRAWAL)))).toEqual([`unmapped.address=${TO}`]);
    expect(addresses(event(binance, JSON.stringify({ data: WITHDRAWAL })))).toEqual([`unmapped.data.address=${TO}`]);
    const transfer = {
      id: 't-1',
      type: 'withdraw',
      amount: '1.0',
      created_at: '2026-01-01 00:00:00.5+00',
      details: { sent_to_address: TO },
    };
    expect(addresses(event(coinbase, JSON.stringify(transfer)))).toEqual([`unmapped.details.sent_to_address=${TO}`]);
  });

  test('the keys of an account are in no event', () => {
    const expired = { stream: 's3cret', data: { e: 'listenKeyExpired', E: 1767225600000, listenKey: 's3cret' } };
    expect(JSON.stringify(run(binance, JSON.stringify(expired)).events)).not.toContain('s3cret');
    const key = { can_view: true, can_transfer: true, api_key: 's3cret', api_secret: 's3cret' };
    expect(JSON.stringify(run(coinbase, JSON.stringify(key)).events)).not.toContain('s3cret');
  });

  test('what has no time of its own has that of its delivery', () => {
    expect(event(coinbase, '{"can_view":true,"can_transfer":false}')['time']).toBe(Date.UTC(2026, 0, 2));
  });
});
