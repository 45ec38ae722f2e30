import { cpSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { stringify } from 'yaml';
import { loadBank } from '../../../cli/bank.ts';
import { testSigner } from '../../fakes/log.ts';

const directory = mkdtempSync(join(tmpdir(), 'strongroom-bank-'));
// Its own sources lie beside it.
cpSync('banks/demo', join(directory, 'demo'), { recursive: true });
afterAll(() => {
  rmSync(directory, { recursive: true, force: true });
});

/** `path: message` of each error. */
function errorsOf(log: object): readonly string[] {
  const file = join(directory, 'demo.yml');
  writeFileSync(file, readFileSync('banks/demo.yml', 'utf8') + stringify({ log }));
  return (loadBank(file).errors ?? []).map(({ path, message }) => `${path}: ${message}`);
}

const KEY = testSigner('strongroom/demo/witness/444444444444', 'cosignature').vkey;
const WITNESS = { account: '444444444444', region: 'eu-west-1', key: KEY };

it('a log may have its interval, its kind of key and a witness', () => {
  expect(errorsOf({})).toEqual([]);
  expect(errorsOf({ checkpoint_seconds: 60, signature: 'ed25519', witness: WITNESS })).toEqual([]);
});

it.each<[string, object, string]>([
  ['an interval that a schedule cannot keep', { checkpoint_seconds: 10 }, 'log.checkpoint_seconds: must be >= 60'],
  ['a kind of key that does not exist', { signature: 'rsa' }, 'log.signature: must be one of p256, ed25519'],
  ['a witness that is the bank itself', { witness: { account: '111111111111' } }, 'log.witness.account: must be none of the accounts'],
  ['a witness that is one of its workloads', { witness: { account: '222222222222' } }, 'log.witness.account: must be none of the accounts'],
  [
    'a key of somebody else',
    { witness: { ...WITNESS, account: '555555555555' } },
    'log.witness.key: must be that of strongroom/demo/witness/555555555555',
  ],
  ['a key that was altered', { witness: { ...WITNESS, key: KEY.replace(/..$/, 'AA') } }, 'log.witness.key: is no verifier key'],
  ['what is no key', { witness: { ...WITNESS, key: 'abc' } }, 'log.witness.key: must'],
])('%s is refused', (_, log, message) => {
  expect(errorsOf(log).join('\n')).toContain(message);
});
