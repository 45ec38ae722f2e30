// `intel` of a bank's file: what is right, and what is said of what is wrong.
import { mkdtempSync, readFileSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseDocument } from 'yaml';
import { loadBank } from '../../../cli/bank.ts';
import { bankNamed } from '../../../cli/bank.ts';
import { intelOf } from '../../../stacks/plugins/intel.ts';

const SECRET = 'arn:aws:secretsmanager:eu-central-1:111111111111:secret:strongroom-demo/feed-Ab12Cd';
const URL_LIST = 'https://feeds.example/list';

function problems(intel: unknown): readonly string[] {
  const document = parseDocument(readFileSync('banks/demo.yml', 'utf8'));
  document.set('intel', intel);
  document.delete('objects');
  const file = join(mkdtempSync(join(tmpdir(), 'strongroom-bank-')), 'demo.yml');
  writeFileSync(file, String(document));
  return (loadBank(file).errors ?? []).map(({ path, message }) => `${path}: ${message}`);
}

const feed = (more: object = {}): object => ({ name: 'one', format: 'list', url: URL_LIST, ...more });

it.each<[string, object]>([
  ['a list', feed()],
  ['one that is filled by hand', { name: 'one', format: 'list' }],
  ['with a key in a header', feed({ secret_arn: SECRET, auth: 'Auth-Key' })],
  ['with a key in the address', feed({ url: 'https://feeds.example/{secret}/list', secret_arn: SECRET })],
  ['that only marks', feed({ alert_confidence: false, tlp: 'AMBER STRICT', label: 'Tor exit' })],
])('takes a feed %s', (_, one) => {
  expect(problems({ feeds: [one], allow: ['198.51.100.0/24', '*.good.example', '192.0.2.1'] })).toEqual([]);
});

it.each<[string, object, RegExp]>([
  ['without TLS', feed({ url: 'http://feeds.example/list' }), /^intel\.feeds\[?\.?0\]?\.url: /],
  ['with a password in the address', feed({ url: 'https://a:b@feeds.example/' }), /without user name and password/],
  ['that says how a key is sent and has none', feed({ auth: 'bearer' }), /secret_arn: must be there: auth is bearer/],
  ['with room for a key and none', feed({ url: 'https://feeds.example/{secret}' }), /secret_arn: must be there: url has \{secret\}/],
  ['with a key and no way to send it', feed({ secret_arn: SECRET }), /must say how the secret is sent/],
  ['of TAXII that is filled by hand', { name: 'one', format: 'taxii' }, /taxii is not/],
  ['of an unknown format', feed({ format: 'csv' }), /stix/],
])('refuses a feed %s', (_, one, message) => {
  const found = problems({ feeds: [one] });
  expect(found.length).toBeGreaterThan(0);
  expect(found.join('\n')).toMatch(message);
});

it('refuses two feeds of one name, and an allowance of nothing', () => {
  expect(problems({ feeds: [feed(), feed()], allow: ['not a name'] }).join('\n')).toMatch(
    /one is used twice[\s\S]*must be an address, a network or a domain/,
  );
});

it('lets the function read the keys of the feeds and no other secret', () => {
  const bank = bankNamed('demo');
  expect(intelOf(bank)).toEqual({ policy: {} });
  const feeds = [1, 2].map((at) => ({ name: `feed-${at}`, format: 'list', url: URL_LIST, secret_arn: SECRET, auth: 'bearer' }) as const);
  expect(intelOf({ ...bank, intel: { feeds } }).policy['IntelSecretsPolicy']?.Properties).toMatchObject({
    RoleName: { Ref: 'IntelRole' },
    PolicyDocument: { Statement: [{ Action: 'secretsmanager:GetSecretValue', Resource: [SECRET] }] },
  });
});
