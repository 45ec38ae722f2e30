// Databases in a bucket in memory, opened by the real library; events are those of every source's golden cases.
import { readFileSync } from 'node:fs';
import { gzipSync } from 'node:zlib';
import { PutObjectCommand } from '@aws-sdk/client-s3';
import fc from 'fast-check';
import { demoPlaces, DEMO_PLACES } from '../../../local/demo/geo.ts';
import { writeGeoDatabase, type GeoValue } from '../../../local/geo-database.ts';
import { createEnrichment } from '../../../shared/enrich/enrich.ts';
import { openGeoDatabase } from '../../../shared/enrich/geo-database.ts';
import { geoEnricher } from '../../../shared/enrich/geo.ts';
import type { OcsfEvent } from '../../../shared/model.ts';
import { classify, HTTP_ACTIVITY, NETWORK_ACTIVITY, OCSF_VERSION } from '../../../shared/ocsf/classes.ts';
import { isObject } from '../../../shared/outcome.ts';
import { createFakeS3, s3Error } from '../../fakes/s3.ts';
import { validateEvent } from '../../ocsf.ts';

const BUILT = Date.UTC(2026, 0, 1) / 1000;
const PLACES = demoPlaces();
const ASN: readonly (readonly [string, GeoValue])[] = [
  ['203.0.113.0/24', { autonomous_system_number: 64_510, autonomous_system_organization: 'Example Bank' }],
];
const FRANKFURT = {
  location: { country: 'DE', city: 'Frankfurt am Main' },
  autonomous_system: { number: 64_496, name: 'Example Telecom' },
};

function web(src_endpoint: object, more: object = {}): OcsfEvent {
  return {
    ...classify(HTTP_ACTIVITY, 3),
    severity_id: 1,
    time: Date.UTC(2026, 0, 15),
    metadata: { uid: 'a', version: OCSF_VERSION, product: { name: 'ELB', vendor_name: 'AWS' } },
    http_request: { url: { path: '/' } },
    http_response: { code: 200 },
    src_endpoint,
    ...more,
  };
}

function flow(src: string, dst: string): OcsfEvent {
  const { severity_id, time, metadata } = web({});
  const ends = { src_endpoint: { ip: src, port: 40_000 }, dst_endpoint: { ip: dst, port: 443 } };
  return { ...classify(NETWORK_ACTIVITY, 6), ...{ severity_id, time, metadata }, ...ends };
}

function world(names: readonly string[] = ['places.mmdb']) {
  const s3 = createFakeS3();
  const said: unknown[] = [];
  const failed: string[] = [];
  let now = 0;
  const enricher = geoEnricher({ s3: s3.client, bucket: 'reference' }, names);
  const enrichment = createEnrichment([enricher], {
    log: { warn: (message, ...more) => void said.push([message, ...more]) },
    onFailure: (name) => void failed.push(name),
    now: () => now,
  });
  if (enrichment === undefined) throw new Error('no enrichment');
  return {
    s3,
    failed,
    said: () => JSON.stringify(said),
    put: (name: string, body: Buffer) => s3.client.send(new PutObjectCommand({ Bucket: 'reference', Key: `geo/${name}`, Body: body })),
    /** A unit that comes after the data is due again; what it begins to load is there for the one behind it. */
    async later(): Promise<void> {
      now += 6 * 60_000;
      await enrichment.ready();
      await new Promise((resolve) => setTimeout(resolve, 20));
      await enrichment.ready();
    },
    enrich: (event: OcsfEvent): OcsfEvent => {
      const outcome = enrichment.transform(event);
      if (outcome.kind !== 'value') throw new Error('an event was lost');
      return outcome.value;
    },
  };
}

async function loaded(body: Buffer = PLACES) {
  const made = world();
  await made.put('places.mmdb', body);
  await made.later();
  return made;
}

describe('an event', () => {
  it('gets country, city, number and name of the network at both ends', async () => {
    const { enrich } = await loaded();
    const event = enrich(web({ ip: '192.0.2.7', port: 1 }, { dst_endpoint: { ip: '2001:db8::7' } }));
    expect(event['src_endpoint']).toEqual({ ip: '192.0.2.7', port: 1, ...FRANKFURT });
    expect(event['dst_endpoint']).toMatchObject({ location: { country: 'NL' }, autonomous_system: { number: 64_501 } });
    expect(validateEvent(event)).toEqual([]);
  });

  it('that is a flow gets country and number alone', async () => {
    const { enrich } = await loaded();
    const event = enrich(flow('10.0.0.1', '198.51.100.70'));
    expect(event['src_endpoint']).toEqual({ ip: '10.0.0.1', port: 40_000 });
    expect(event['dst_endpoint']).toEqual({
      ...{ ip: '198.51.100.70', port: 443 },
      ...{ location: { country: 'NZ' }, autonomous_system: { number: 64_499 } },
    });
    expect(validateEvent(event)).toEqual([]);
  });

  it.each([
    ['location', { location: { country: 'SE' } }],
    ['autonomous_system', { autonomous_system: { number: 1 } }],
  ])('keeps the %s that its source says', async (name, own) => {
    const { enrich } = await loaded();
    expect(enrich(web({ ip: '192.0.2.7', ...own }))['src_endpoint']).toEqual({ ip: '192.0.2.7', ...FRANKFURT, ...own });
    expect(name in FRANKFURT).toBe(true);
  });

  it.each([
    '10.1.2.3',
    '100.64.0.1',
    '127.0.0.1',
    '169.254.1.1',
    '172.16.0.1',
    '192.168.1.1',
    '224.0.0.1',
    '255.255.255.255',
    'fd00::1',
    'fe80::1',
    '::1',
  ])('from %s stays as it is, whatever the database says', async (ip) => {
    const everywhere: GeoValue = { country: { iso_code: 'DE' } };
    const { enrich, failed } = await loaded(
      writeGeoDatabase(
        [
          ['0.0.0.0/1', everywhere],
          ['128.0.0.0/1', everywhere],
          ['8000::/1', everywhere],
        ],
        { type: 'X-Country', built: BUILT },
      ),
    );
    expect(failed).toEqual([]);
    const event = web({ ip });
    expect(enrich(event)).toBe(event);
    expect(enrich(web({ ip: '192.0.2.1' }))['src_endpoint']).toMatchObject({ location: { country: 'DE' } });
  });

  it('may hold anything at its ends', async () => {
    const { enrich, failed } = await loaded();
    const texts = fc.oneof(fc.string(), fc.ipV4(), fc.ipV6(), fc.constant('192.0.2.1'));
    const ends = fc.oneof(fc.jsonValue(), fc.record({ ip: fc.oneof(texts, fc.jsonValue()) }));
    fc.assert(
      fc.property(ends, ends, (src, dst) => {
        const event = { ...web({}), src_endpoint: src, dst_endpoint: dst };
        const known = enrich(event);
        expect(enrich(known)).toEqual(known);
      }),
    );
    expect(failed).toEqual([]);
  });
});

describe('a database', () => {
  it('in the repository is what its script writes', () => {
    expect(readFileSync('local/demo/places.mmdb').equals(PLACES)).toBe(true);
  });

  it.each<[string, GeoValue, object]>([
    [
      'of IPinfo',
      { country: 'Germany', country_code: 'DE', asn: 'AS64496', as_name: 'Example Telecom' },
      { country: 'DE', number: 64_496 },
    ],
    ['of countries in one text', { country: 'DE', asn: 'AS0' }, { country: 'DE', number: undefined }],
    [
      'of MaxMind Enterprise',
      { traits: { autonomous_system_number: 64_496 }, country: { iso_code: 'DE' } },
      { country: 'DE', number: 64_496 },
    ],
    [
      'that says where an address is registered alone',
      { registered_country: { iso_code: 'DE' }, asn: 1 },
      { country: undefined, number: 1 },
    ],
    ['with a country that is none', { country: { iso_code: 'Germany' }, asn: 'AS1' }, { country: undefined, number: 1 }],
  ])('%s is read', (_, record, expected) => {
    const database = openGeoDatabase(writeGeoDatabase([['192.0.2.0/24', record]], { type: 'X', built: BUILT }), 'geo/x.mmdb');
    expect(database.placeOf('192.0.2.1')).toMatchObject(expected);
  });

  it('of IPv4 alone knows no IPv6 address', () => {
    const record = { country: { iso_code: 'DE' } };
    const entries = [['32.0.0.0/8', record] as const, ['192.0.2.0/24', record] as const];
    const database = openGeoDatabase(writeGeoDatabase(entries, { type: 'X', built: BUILT, ipVersion: 4 }), 'geo/x.mmdb');
    expect(database.placeOf('192.0.2.1').country).toBe('DE');
    expect(database.placeOf('::ffff:192.0.2.1').country).toBe('DE');
    // 2001:: begins as 32.1.
    expect(database.placeOf('2001:db8::1').country).toBeUndefined();
  });

  it('says of every address what the smallest of its networks does', () => {
    const database = openGeoDatabase(PLACES, 'geo/x.mmdb');
    fc.assert(
      fc.property(fc.constantFrom('192.0.2', '198.51.100', '203.0.113'), fc.nat(255), (network, host) => {
        const within = DEMO_PLACES.filter(([one]) => {
          const [address = '', bits = ''] = one.split('/');
          const start = Number(address.split('.')[3]);
          return address.startsWith(`${network}.`) && host >= start && host < start + 2 ** (32 - Number(bits));
        });
        const [, record] = within.at(-1) ?? [];
        const number = isObject(record) ? record['autonomous_system_number'] : undefined;
        expect(number).toBeDefined();
        expect(database.placeOf(`${network}.${host}`).number).toBe(number);
      }),
    );
  });

  it.each<[string, Buffer, string]>([
    ['packed', gzipSync(PLACES), 'geo/places.mmdb is a gzip archive: upload the .mmdb file that is in it'],
    ['of another kind', Buffer.from('network,country\n192.0.2.0/24,DE\n'), "geo/places.mmdb is no database in MaxMind's format"],
    ['empty', Buffer.alloc(0), "geo/places.mmdb is no database in MaxMind's format"],
    ['cut off at its end', PLACES.subarray(0, PLACES.length - 200), "geo/places.mmdb is no database in MaxMind's format"],
    ['cut off at its beginning', PLACES.subarray(1500), 'geo/places.mmdb is damaged'],
    [
      'of another version',
      writeGeoDatabase(ASN, { type: 'X', built: BUILT, formatVersion: 3 }),
      "geo/places.mmdb has version 3 of MaxMind's format, of which 2 is read",
    ],
    [
      'of something else',
      writeGeoDatabase([['203.0.113.0/24', { is_anonymous: true }]], { type: 'GeoIP2-Anonymous-IP', built: BUILT }),
      'geo/places.mmdb (GeoIP2-Anonymous-IP) says neither where addresses are nor whose',
    ],
  ])('that is %s is refused, counted and named once per loading; events go on', async (_, body, message) => {
    const made = await loaded(body);
    const event = web({ ip: '192.0.2.7' });
    expect(made.enrich(event)).toBe(event);
    expect(made.said()).toContain(message);
    expect(made.failed).toEqual(['geo']);
    // It is not fetched again, but told again.
    await made.later();
    expect(made.failed).toEqual(['geo', 'geo']);
    expect(made.said().split(message)).toHaveLength(3);
    // And mended by another one.
    await made.put('places.mmdb', PLACES);
    await made.later();
    expect(made.failed).toHaveLength(2);
    expect(made.enrich(event)['src_endpoint']).toEqual({ ip: '192.0.2.7', ...FRANKFURT });
  });

  it('that is not there is named, and used once it is', async () => {
    const made = world();
    await made.later();
    const event = web({ ip: '192.0.2.7' });
    expect(made.enrich(event)).toBe(event);
    expect(made.said()).toContain('geo/places.mmdb is not in the reference bucket: upload it, or take it out of enrichment.geo');
    await made.put('places.mmdb', PLACES);
    await made.later();
    expect(made.enrich(event)['src_endpoint']).toMatchObject(FRANKFURT);
  });

  it('that another has replaced is used no more, one of no use does not replace it', async () => {
    const made = await loaded();
    const event = web({ ip: '203.0.113.7' });
    expect(made.enrich(event)['src_endpoint']).toMatchObject({ location: { country: 'US' } });
    await made.put('places.mmdb', Buffer.from('nonsense'));
    await made.later();
    expect(made.enrich(event)['src_endpoint']).toMatchObject({ location: { country: 'US' } });
    expect(made.failed).toEqual(['geo']);
    await made.put('places.mmdb', writeGeoDatabase(ASN, { type: 'X-ASN', built: BUILT }));
    await made.later();
    expect(made.enrich(event)['src_endpoint']).toEqual({ ip: '203.0.113.7', autonomous_system: { number: 64_510, name: 'Example Bank' } });
  });

  it('stays in use while S3 is away, and what S3 said is forgotten when it is back', async () => {
    const made = await loaded();
    made.s3.fail = () => s3Error('SlowDown', 503);
    await made.later();
    expect(made.failed).toEqual(['geo']);
    expect(made.enrich(web({ ip: '192.0.2.7' }))['src_endpoint']).toMatchObject(FRANKFURT);
    made.s3.fail = () => undefined;
    await made.later();
    expect(made.failed).toEqual(['geo']);
  }, 20_000);

  it('that is damaged where nobody looked is given up at the first such address, the others are used on', async () => {
    const names = ['broken.mmdb', 'asn.mmdb'];
    const made = world(names);
    const broken = writeGeoDatabase(
      [
        ['192.0.2.1/32', { country: { iso_code: 'DE' } }],
        ['192.0.2.9/32', { country: { iso_code: 'FR' } }],
      ],
      { type: 'X-Country', built: BUILT },
    );
    // The map of the second record becomes a type that there is not.
    const at = broken.lastIndexOf(Buffer.from('country', 'utf8'), broken.indexOf('FR')) - 2;
    broken[at] = 0;
    broken[at + 1] = 0xff;
    await made.put('broken.mmdb', broken);
    await made.put('asn.mmdb', writeGeoDatabase(ASN, { type: 'X-ASN', built: BUILT }));
    await made.later();
    expect(made.failed).toEqual([]);
    const event = web({ ip: '192.0.2.9' });
    expect(made.enrich(event)).toBe(event);
    expect(made.enrich(event)).toBe(event);
    expect(made.failed).toEqual(['geo']);
    expect(made.said()).toContain('geo/broken.mmdb is damaged and used no more: upload it again');
    expect(made.enrich(web({ ip: '203.0.113.1' }))['src_endpoint']).toMatchObject({ autonomous_system: { number: 64_510 } });
    await made.later();
    expect(made.failed).toEqual(['geo', 'geo']);
  });

  it('that comes first is believed, what it does not know is taken from the next', async () => {
    const made = world(['asn.mmdb', 'places.mmdb']);
    await made.put('asn.mmdb', writeGeoDatabase(ASN, { type: 'X-ASN', built: BUILT }));
    await made.put('places.mmdb', PLACES);
    await made.later();
    expect(made.enrich(web({ ip: '203.0.113.7' }))['src_endpoint']).toEqual({
      ip: '203.0.113.7',
      location: { country: 'US', city: 'Ashburn' },
      autonomous_system: { number: 64_510, name: 'Example Bank' },
    });
  });

  it('of any bytes is opened or refused', () => {
    const changes = fc.array(fc.tuple(fc.nat(PLACES.length - 1), fc.nat(255)), { minLength: 1, maxLength: 8 });
    fc.assert(
      fc.property(changes, (changed) => {
        const bytes = Buffer.from(PLACES);
        for (const [at, byte] of changed) bytes[at] = byte;
        try {
          const database = openGeoDatabase(bytes, 'geo/x.mmdb');
          for (const address of ['192.0.2.1', '8.8.8.8', '2001:db8::1']) database.placeOf(address);
        } catch (error) {
          // Node's own errors are of another realm than Jest's.
          expect(Object.prototype.toString.call(error)).toBe('[object Error]');
        }
      }),
      { numRuns: 300 },
    );
  });
});
