import { cpSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { stringify } from 'yaml';
import { loadBank } from '../../../cli/bank.ts';

const directory = mkdtempSync(join(tmpdir(), 'strongroom-bank-'));
// Its own sources and rules lie beside it.
cpSync('banks/demo', join(directory, 'demo'), { recursive: true });
afterAll(() => {
  rmSync(directory, { recursive: true, force: true });
});

/** `path: message` of each error. */
function errorsOf(enrichment: object, account: object = {}): readonly string[] {
  const file = join(directory, 'demo.yml');
  const text = readFileSync('banks/demo.yml', 'utf8')
    .replace(/^enrichment:\n(?:[ #].*\n)+/m, '')
    .replace(
      /^(accounts:\n(?: *#.*\n)*) {2}- id/m,
      (_, start: string) =>
        `${start}${stringify([{ id: '777777777777', name: 'x', ...account }], { indentSeq: true }).replace(/^/gm, '  ')}- id`,
    );
  writeFileSync(file, `${text}\n${stringify({ enrichment })}`);
  return (loadBank(file).errors ?? []).map(({ path, message }) => `${path}: ${message}`);
}

const asset = (...match: readonly string[]): object => ({ assets: [{ name: 'Card vault', match, criticality: 'critical' }] });
const service = (...networks: readonly string[]): object => ({ services: [{ name: 'Card scheme', networks }] });

it('places, services and assets may be described', () => {
  expect(
    errorsOf(
      {
        geo: ['GeoLite2-City.mmdb', 'GeoLite2-ASN.mmdb'],
        ...service('192.0.2.0/24', '2001:db8::/32', '10.0.0.1'),
        ...asset('arn:aws:s3:::card-vault*', '10.20.30.0/24', '2001:db8::1', '*.core.demo-bank.example', 'i-0123456789abcdef0'),
      },
      { ou: 'Payments', environment: 'production', criticality: 'high', tags: { 'cost-center': '4711' } },
    ),
  ).toEqual([]);
});

it.each<[string, object, string]>([
  ['a path in place of a name', { geo: ['geo/x.mmdb'] }, 'enrichment.geo.0'],
  ['an archive', { geo: ['GeoLite2-City.tar.gz'] }, "name of a database in MaxMind's format"],
  [
    'a network that is none',
    service('192.0.2.0/33'),
    'enrichment.services.0.networks.0: must be an IPv4 or IPv6 address or network such as',
  ],
  ['a network in words', service('office'), '(found "office")'],
  ['a network twice, written differently', service('192.0.2.0/24', '192.0.2.7/24'), '192.0.2.7/24 is of Card scheme already'],
  ['an asset that is everything', asset('*'), 'enrichment.assets.0.match.0'],
  ['an asset that is every resource', asset('arn:*'), 'must not be everything'],
  ['an asset with an address that is none', asset('10.20.300.0/24'), 'must be an IPv4 or IPv6 address or network such as'],
  ['an asset with blanks', asset('card vault'), 'must be without blanks'],
  [
    'an asset of no criticality that there is',
    { assets: [{ name: 'a', match: ['bb'], criticality: 'extreme' }] },
    'low, medium, high, critical',
  ],
  ['a service twice', { services: [0, 1].map((one) => ({ name: 'a', networks: [`192.0.2.${one}`] })) }, 'a is there twice'],
])('%s is named', (_, enrichment, message) => {
  expect(errorsOf(enrichment).join('\n')).toContain(message);
});

it('a tag that has a key of its own is named', () => {
  expect(errorsOf({}, { tags: { owner: 'x' } }).join('\n')).toContain('tags');
  expect(errorsOf({}, { tags: { team: 'x' } })).toEqual([]);
});
