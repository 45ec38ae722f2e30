// The index against the naive answers: every record looked at, one after the other.
import fc from 'fast-check';
import { createIndexBuilder, type IndexRecord } from '../../../shared/intel/index/build.ts';
import { hashed, hashRange } from '../../../shared/intel/index/hash.ts';
import { confidenceAt, createIntelIndex, type IntelIndex } from '../../../shared/intel/index/match.ts';
import { DamagedIndexError, digestOf, openIndex } from '../../../shared/intel/index/open.ts';
import { addressText, isLocal, networkOf, newWords, parseAddress, startsAs } from '../../../shared/intel/address.ts';
import { TLPS, type IndicatorType } from '../../../shared/intel/indicator.ts';

const START = Date.UTC(2026, 10, 20);
const DAY_MS = 86_400_000;
const FEEDS = [{ name: 'one' }, { name: 'two', link: 'https://feeds.example/{id}' }];

function record(type: IndicatorType, value: string, more: Partial<IndexRecord> = {}): IndexRecord {
  return {
    ...{ type, value, exact: false, feed: 0, confidence: 80, tlp: 'CLEAR', from: START, until: START + 14 * DAY_MS, seen: START },
    ...{ fades: false, names: ['Example malware'], references: [], id: '' },
    ...more,
  };
}

function indexOf(records: readonly IndexRecord[]): { readonly index: IntelIndex; readonly file: Buffer } {
  const builder = createIndexBuilder();
  for (const one of records) builder.add(one);
  const file = builder.finish(FEEDS, START);
  return { index: createIntelIndex(openIndex(file, digestOf(file))), file };
}

function values(index: IntelIndex, records: readonly number[]): readonly string[] {
  return records.map((one) => index.known(one).value);
}

function dotted(number: number): string {
  return [24, 16, 8, 0].map((shift) => (number >>> shift) & 255).join('.');
}

/** Few first bytes, so that networks and addresses meet. */
const v4 = fc.tuple(fc.constantFrom(198, 203, 8), fc.nat(3), fc.nat(255), fc.nat(255)).map((bytes) => bytes.join('.'));
const v6 = fc
  .tuple(fc.constantFrom('2001:db8', '2a00:1'), fc.nat(3), fc.nat(0xffff))
  .map(([head, one, two]) => `${head}:${one}::${two.toString(16)}`);
const address = fc.oneof(v4, v6);
const network = fc.oneof(
  fc.tuple(v4, fc.integer({ min: 8, max: 31 })).map(([ip, bits]) => `${ip}/${bits}`),
  fc.tuple(v6, fc.integer({ min: 19, max: 127 })).map(([ip, bits]) => `${ip}/${bits}`),
);
const canonicalNetwork = network.map((text) => networkOf(text)?.text ?? '');

function naiveNetworks(networks: readonly string[], text: string): readonly string[] {
  const words = newWords();
  parseAddress(text, words);
  return networks
    .map((one) => networkOf(one))
    .filter((one) => one !== undefined)
    .filter((one) => startsAs(words, one.words, one.bits))
    .toSorted((one, other) => other.bits - one.bits)
    .map((one) => one.text);
}

describe('networks', () => {
  it('answer with all that hold an address, the smallest first, as looking at each does', () => {
    fc.assert(
      fc.property(fc.array(canonicalNetwork, { maxLength: 60 }), fc.array(address, { minLength: 1, maxLength: 30 }), (networks, asked) => {
        const { index } = indexOf(networks.map((one) => record('network', one)));
        for (const one of asked) expect(values(index, index.address(one))).toEqual(naiveNetworks(networks, one));
      }),
      { numRuns: 300 },
    );
  });

  it('stand behind the address itself', () => {
    const { index } = indexOf([record('network', '198.51.0.0/16'), record('ip', '198.51.100.7'), record('network', '198.51.100.0/24')]);
    expect(values(index, index.address('198.51.100.7'))).toEqual(['198.51.100.7', '198.51.100.0/24', '198.51.0.0/16']);
    expect(values(index, index.address('::ffff:198.51.100.7'))).toEqual(['198.51.100.7', '198.51.100.0/24', '198.51.0.0/16']);
    expect(values(index, index.address('198.52.0.0'))).toEqual([]);
  });

  it('of several feeds are all told', () => {
    const { index } = indexOf([record('network', '198.51.100.0/24'), record('network', '198.51.100.0/24', { feed: 1 })]);
    expect(index.address('198.51.100.1').map((one) => index.known(one).feed)).toEqual(['one', 'two']);
    expect(index.head).toMatchObject({ exact: 0, ranged: 2, networks: 1 });
  });

  it('hold no private address, whoever lists one', () => {
    const { index } = indexOf([record('network', '0.0.0.0/0'), record('ip', '10.0.0.1')]);
    expect(index.address('10.0.0.1')).toEqual([]);
  });
});

const label = fc.constantFrom('a', 'b', 'bad', 'mail', 'example');
const name = fc.array(label, { minLength: 2, maxLength: 5 }).map((labels) => labels.join('.'));

describe('names', () => {
  it('are met by themselves and by what is below them, as looking at each does', () => {
    fc.assert(
      fc.property(fc.array(fc.tuple(name, fc.boolean()), { maxLength: 40 }), fc.array(name, { maxLength: 20 }), (listed, asked) => {
        const { index } = indexOf(listed.map(([value, exact]) => record('domain', value, { exact })));
        for (const one of asked) {
          const naive = listed.filter(([value, exact]) => value === one || (!exact && one.endsWith(`.${value}`))).map(([value]) => value);
          expect(values(index, index.domain(one)).toSorted()).toEqual(naive.toSorted());
        }
      }),
    );
  });
});

describe('whole values', () => {
  it('are found where they are listed, of their type and feed, and nowhere else', () => {
    const type = fc.constantFrom<IndicatorType>('ip', 'url', 'hash', 'email', 'wallet', 'cve', 'user_agent');
    const text = fc.string({ unit: fc.constantFrom('a', 'b', '/', '.', '1'), minLength: 1, maxLength: 6 });
    const entry = fc.record({ type, value: text, feed: fc.constantFrom(0, 1) });
    fc.assert(
      fc.property(fc.array(entry, { maxLength: 80 }), fc.array(fc.tuple(type, text), { maxLength: 40 }), (listed, asked) => {
        const { index } = indexOf(listed.map((one) => record(one.type, one.value, one)));
        expect(index.size).toBe(listed.length);
        for (const [kind, value] of [...asked, ...listed.map((one) => [one.type, one.value] as const)]) {
          const naive = listed.filter((one) => one.type === kind && one.value === value).map(({ feed }) => FEEDS[feed]?.name);
          expect(
            index
              .exact(kind, value)
              .map((one) => index.known(one).feed)
              .toSorted(),
          ).toEqual(naive.toSorted());
        }
      }),
    );
  });

  it('that begin alike are told apart although their hashes were the same', () => {
    const { index } = indexOf([record('hash', 'ab'), record('hash', 'abc'), record('hash', 'a')]);
    expect(values(index, index.exact('hash', 'ab'))).toEqual(['ab']);
    expect(index.exact('hash', 'abcd')).toEqual([]);
  });

  it('have hashes that depend on their type', () => {
    hashRange('192.0.2.1', 0, 9, 0);
    const first = { ...hashed };
    hashRange('192.0.2.1', 0, 9, 1);
    expect({ ...hashed }).not.toEqual(first);
  });
});

describe('what is known of an indicator', () => {
  const written = fc.record({
    confidence: fc.nat(100),
    tlp: fc.constantFrom(...TLPS),
    exact: fc.boolean(),
    fades: fc.boolean(),
    feed: fc.constantFrom(0, 1),
    from: fc.nat(2_000_000_000).map((second) => second * 1000),
    until: fc.option(
      fc.nat(2_000_000_000).map((second) => second * 1000),
      { nil: undefined },
    ),
    seen: fc.nat(2_000_000_000).map((second) => second * 1000),
    id: fc.stringMatching(/^[a-z0-9-]{0,20}$/),
    names: fc.array(fc.constantFrom('Emotet', 'Ÿmir', 'Tor exit', 'x'), { maxLength: 3 }),
    references: fc.array(fc.constantFrom('https://one.example/a', 'https://two.example/?b=1'), { maxLength: 2 }),
  });

  it('comes back as it was written', () => {
    fc.assert(
      fc.property(fc.array(written, { minLength: 1, maxLength: 20 }), (entries) => {
        const { index } = indexOf(entries.map((one, at) => record('ip', dotted(0xc6336400 + at), one)));
        for (const [at, one] of entries.entries()) {
          const [found = -1] = index.exact('ip', dotted(0xc6336400 + at));
          const { feed, id, references, ...rest } = one;
          const link = feed === 1 && id !== '' ? [`https://feeds.example/${id}`] : [];
          expect(index.known(found)).toMatchObject({
            ...rest,
            feed: FEEDS[feed]?.name,
            id: id === '' ? undefined : id,
            references: [...link, ...references],
          });
        }
      }),
    );
  });

  it('breaks out of no line', () => {
    const { index } = indexOf([
      record('ip', '198.51.100.1', { id: 'a\nb', names: ['one\ttwo\0', 'three\n'], references: ['https://x.example/a b'] }),
    ]);
    expect(index.known(0)).toMatchObject({ id: 'a b', names: ['one two', 'three'], references: ['https://x.example/a%20b'] });
  });

  it('counts from its beginning until before its end', () => {
    const { index } = indexOf([
      record('ip', '198.51.100.1', { until: START + DAY_MS }),
      record('ip', '198.51.100.2', { until: undefined }),
    ]);
    const [one = -1] = index.exact('ip', '198.51.100.1');
    const [other = -1] = index.exact('ip', '198.51.100.2');
    expect([START - 1, START, START + DAY_MS - 1, START + DAY_MS].map((time) => index.isActive(one, time))).toEqual([
      false,
      true,
      true,
      false,
    ]);
    expect(index.isActive(other, START + 3650 * DAY_MS)).toBe(true);
  });

  it('loses confidence on the way to an end that is assumed', () => {
    const { index } = indexOf([record('ip', '198.51.100.1', { fades: true, until: START + 10 * DAY_MS, confidence: 80 })]);
    const known = index.known(0);
    expect([-1, 0, 5, 9, 10, 20].map((days) => confidenceAt(known, START + days * DAY_MS))).toEqual([80, 80, 40, 8, 0, 0]);
    expect(confidenceAt({ ...known, fades: false }, START + 9 * DAY_MS)).toBe(80);
  });
});

describe('a file', () => {
  const { file } = indexOf([record('ip', '198.51.100.1'), record('network', '203.0.113.0/24'), record('domain', 'bad.example')]);

  it('is the same for the same indicators', () => {
    const again = indexOf([record('ip', '198.51.100.1'), record('network', '203.0.113.0/24'), record('domain', 'bad.example')]);
    expect(again.file.equals(file)).toBe(true);
  });

  it('is refused when a byte of it is another', () => {
    const digest = digestOf(file);
    fc.assert(
      fc.property(fc.nat(file.length - 1), fc.integer({ min: 1, max: 255 }), (at, change) => {
        const altered = Buffer.from(file);
        altered[at] = (altered[at] ?? 0) ^ change;
        expect(() => openIndex(altered, digest)).toThrow(DamagedIndexError);
      }),
      { numRuns: 30 },
    );
  });

  it.each([0, 8, 12, 100, file.length - 1])('is refused when it ends at byte %i, even where the digest is that of the piece', (end) => {
    const piece = file.subarray(0, end);
    expect(() => openIndex(piece, digestOf(piece))).toThrow(DamagedIndexError);
  });

  it('may lie anywhere in memory', () => {
    const shifted = Buffer.concat([Buffer.alloc(3), file]).subarray(3);
    const index = createIntelIndex(openIndex(shifted, digestOf(file)));
    expect(values(index, index.address('203.0.113.9'))).toEqual(['203.0.113.0/24']);
  });

  it('may hold nothing', () => {
    const { index } = indexOf([]);
    expect(index.size).toBe(0);
    expect([index.address('198.51.100.1'), index.domain('bad.example'), index.exact('hash', 'aa')]).toEqual([[], [], []]);
  });
});

describe('addresses', () => {
  it('have one text, which is read back as the same address', () => {
    fc.assert(
      fc.property(fc.oneof(fc.ipV4(), fc.ipV6()), (text) => {
        const [first, second] = [newWords(), newWords()];
        expect(parseAddress(text, first)).toBe(true);
        expect(parseAddress(addressText(first), second)).toBe(true);
        expect([...second]).toEqual([...first]);
      }),
    );
  });

  it.each([
    ['2001:0DB8:0:0:0:0:0:1', '2001:db8::1'],
    ['2001:db8:0:0:1:0:0:1', '2001:db8::1:0:0:1'],
    ['::ffff:192.0.2.1', '192.0.2.1'],
    ['2001:db8:0:1:1:1:1:1', '2001:db8:0:1:1:1:1:1'],
    ['1::', '1::'],
    ['::', '::'],
  ])('%s is %s', (text, canonical) => {
    const words = newWords();
    expect(parseAddress(text, words)).toBe(true);
    expect(addressText(words)).toBe(canonical);
  });

  it.each([
    '',
    '1.2.3',
    '1.2.3.4.5',
    '01.2.3.4',
    '256.1.1.1',
    '1.2.3.',
    '.1.2.3',
    'a.b.c.d',
    '1.2.3.4 ',
    'fe80::1%eth0',
    '1:2',
    '::1::',
    '1.2.3.4/8',
  ])('%j is none', (text) => expect(parseAddress(text, newWords())).toBe(false));

  it.each([
    '10.1.2.3',
    '127.0.0.1',
    '172.16.0.1',
    '172.31.255.255',
    '192.168.1.1',
    '169.254.169.254',
    '100.64.0.1',
    '224.0.0.1',
    '255.255.255.255',
    '0.0.0.0',
    '::1',
    '::',
    'fd00::1',
    'fe80::1',
    'ff02::1',
  ])('%s is of no list', (text) => {
    const words = newWords();
    parseAddress(text, words);
    expect(isLocal(words)).toBe(true);
  });

  it.each(['172.32.0.1', '172.15.0.1', '100.128.0.1', '192.0.2.1', '198.51.100.1', '8.8.8.8', '2001:db8::1', '223.255.255.255'])(
    '%s may be of a list',
    (text) => {
      const words = newWords();
      parseAddress(text, words);
      expect(isLocal(words)).toBe(false);
    },
  );
});
