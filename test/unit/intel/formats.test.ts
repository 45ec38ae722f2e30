// What feeds look like, and what is made of them.
import fc from 'fast-check';
import { parseFeodo } from '../../../shared/intel/formats/feodo.ts';
import { FeedError } from '../../../shared/intel/formats/format.ts';
import { parseKev } from '../../../shared/intel/formats/kev.ts';
import { parseList } from '../../../shared/intel/formats/list.ts';
import { parseManifest, parseMispEvent } from '../../../shared/intel/formats/misp.ts';
import { parseOfac } from '../../../shared/intel/formats/ofac.ts';
import { parsePattern } from '../../../shared/intel/formats/stix-pattern.ts';
import { parseStix } from '../../../shared/intel/formats/stix.ts';
import { parseThreatfox } from '../../../shared/intel/formats/threatfox.ts';
import { parseUrlhaus } from '../../../shared/intel/formats/urlhaus.ts';

const bytes = (content: unknown): Buffer => Buffer.from(typeof content === 'string' ? content : JSON.stringify(content));
const HASH = 'ab'.repeat(32);

describe('STIX patterns', () => {
  it.each([
    ["[ipv4-addr:value = '198.51.100.7']", [['address', '198.51.100.7']]],
    ["[ipv4-addr:value ISSUBSET '198.51.100.0/24']", [['address', '198.51.100.0/24']]],
    [
      "[domain-name:value = 'bad.example' OR url:value = 'http://bad.example/x']",
      [
        ['domain', 'bad.example'],
        ['url', 'http://bad.example/x'],
      ],
    ],
    [
      "[domain-name:value IN ('a.example', 'b.example')]",
      [
        ['domain', 'a.example'],
        ['domain', 'b.example'],
      ],
    ],
    [`[file:hashes.'SHA-256' = '${HASH}']`, [['hash', HASH]]],
    [
      `[file:hashes.MD5 = 'aa' OR file:hashes.SHA256 = 'bb']`,
      [
        ['hash', 'aa'],
        ['hash', 'bb'],
      ],
    ],
    [
      "[email-addr:value = 'a@bad.example'] OR ([url:value = 'http://x.example/'])",
      [
        ['email', 'a@bad.example'],
        ['url', 'http://x.example/'],
      ],
    ],
    ["[url:value = 'http://x.example/it\\'s\\\\']", [['url', "http://x.example/it's\\"]]],
    ["[(domain-name:value = 'a.example')]", [['domain', 'a.example']]],
    ["[network-traffic:extensions.'http-request-ext'.request_header.'User-Agent' = 'Evil']", [['user_agent', 'Evil']]],
    ["[network-traffic:dst_ref.value = '198.51.100.7']", [['address', '198.51.100.7']]],
  ])('%s', (pattern, expected) => {
    expect(parsePattern(pattern)).toEqual({ values: expected.map(([type, text]) => ({ type, text })) });
  });

  it.each([
    ["[ipv4-addr:value = '198.51.100.7' AND network-traffic:dst_port = 443]", 'unsupported pattern: AND'],
    ["[ipv4-addr:value = '198.51.100.7'] AND [domain-name:value = 'a.example']", 'unsupported pattern: AND'],
    ["[ipv4-addr:value = '1.1.1.1'] FOLLOWEDBY [domain-name:value = 'a.example']", 'unsupported pattern: FOLLOWEDBY'],
    ["[domain-name:value = 'a.example'] WITHIN 5 SECONDS", 'unsupported pattern: WITHIN'],
    ["[domain-name:value = 'a.example'] REPEATS 5 TIMES", 'unsupported pattern: REPEATS'],
    ["[domain-name:value LIKE '%.example']", 'unsupported pattern: LIKE'],
    ["[domain-name:value MATCHES 'a.*']", 'unsupported pattern: MATCHES'],
    ["[domain-name:value NOT = 'a.example']", 'unsupported pattern: NOT'],
    ["[domain-name:value != 'a.example']", 'unsupported pattern: !='],
    ["[ipv4-addr:value ISSUPERSET '198.51.100.7']", 'unsupported pattern: ISSUPERSET'],
    ["[process:command_line = 'x']", 'unsupported path: process:command_line'],
    ["[domain-name:value = 'a.example'", 'malformed pattern'],
    ["[domain-name:value = 'a.example']]", 'malformed pattern'],
    ["domain-name:value = 'a.example'", 'malformed pattern'],
    ["[domain-name:value = 'a.example", 'malformed pattern'],
    ['[domain-name:value IN ()]', 'malformed pattern'],
    ['', 'malformed pattern'],
    ['['.repeat(100), 'malformed pattern'],
    [`[${'('.repeat(100)}`, 'pattern nested too deeply'],
  ])('%s is named, not half matched', (pattern, unsupported) => expect(parsePattern(pattern)).toEqual({ unsupported }));

  it('are read or refused, whatever they are made of', () => {
    const piece = fc.constantFrom(
      '[',
      ']',
      '(',
      ')',
      ' OR ',
      ' AND ',
      ' IN ',
      ' = ',
      "'a'",
      "'",
      '\\',
      'domain-name:value',
      'url:value',
      ',',
      ' ',
      '1',
      'é',
    );
    fc.assert(
      fc.property(fc.array(piece, { maxLength: 20 }), (pieces) => {
        const found = parsePattern(pieces.join(''));
        expect('values' in found ? found.values.length > 0 : found.unsupported !== '').toBe(true);
        if ('values' in found) expect(pieces.join('')).not.toMatch(/ AND /);
      }),
      { numRuns: 2000 },
    );
  });

  it('are read back as they were made', () => {
    const value = fc.string({ maxLength: 20 });
    fc.assert(
      fc.property(fc.array(value, { minLength: 1, maxLength: 5 }), (values) => {
        const quoted = values.map((one) => `'${one.replaceAll('\\', '\\\\').replaceAll("'", "\\'")}'`);
        const pattern = `[${quoted.map((one) => `domain-name:value = ${one}`).join(' OR ')}]`;
        expect(parsePattern(pattern)).toEqual({ values: values.map((text) => ({ type: 'domain', text })) });
      }),
    );
  });
});

function indicator(id: string, more: object = {}): object {
  return {
    ...{
      type: 'indicator',
      spec_version: '2.1',
      id: `indicator--${id}`,
      pattern_type: 'stix',
      pattern: "[ipv4-addr:value = '198.51.100.7']",
    },
    ...{ created: '2026-11-01T00:00:00.000Z', modified: '2026-11-01T00:00:00.000Z', valid_from: '2026-11-01T00:00:00Z', ...more },
  };
}

function bundle(...objects: readonly object[]): Buffer {
  return bytes({ type: 'bundle', id: 'bundle--1', objects });
}

describe('STIX', () => {
  it('keeps times, confidence, marking and what is indicated', () => {
    const { indicators, skipped } = parseStix(
      bundle(
        indicator('1', {
          ...{ valid_until: '2026-12-01T00:00:00Z', confidence: 85, name: 'C2 server', labels: ['botnet'] },
          object_marking_refs: ['marking-definition--f88d31f6-486f-44da-b317-01333bde0b82', 'marking-definition--own'],
          external_references: [{ source_name: 'x', url: 'https://reports.example/1' }],
        }),
        { type: 'marking-definition', id: 'marking-definition--own', definition_type: 'tlp', definition: { tlp: 'red' } },
        { type: 'malware', id: 'malware--1', name: 'ExampleBot' },
        {
          type: 'relationship',
          id: 'relationship--1',
          relationship_type: 'indicates',
          source_ref: 'indicator--1',
          target_ref: 'malware--1',
        },
      ),
    );
    expect(skipped).toEqual({});
    expect(indicators).toEqual([
      {
        ...{ type: 'ip', value: '198.51.100.7', id: 'indicator--1', confidence: 85, tlp: 'RED' },
        ...{ from: Date.UTC(2026, 10, 1), until: Date.UTC(2026, 11, 1), sighted: Date.UTC(2026, 10, 1) },
        names: ['ExampleBot', 'C2 server', 'botnet'],
        references: ['https://reports.example/1'],
      },
    ]);
  });

  it('reads a hundred thousand relationships of one indicator in no time', () => {
    const relations = Array.from({ length: 100_000 }, (_, at) => ({
      ...{ type: 'relationship', id: `relationship--${at}`, relationship_type: 'indicates' },
      ...{ source_ref: 'indicator--1', target_ref: 'malware--1' },
    }));
    const started = performance.now();
    const { indicators } = parseStix(bundle(indicator('1', {}), { type: 'malware', id: 'malware--1', name: 'ExampleBot' }, ...relations));
    expect(indicators).toMatchObject([{ names: ['ExampleBot'] }]);
    expect(performance.now() - started).toBeLessThan(5000);
  });

  it('takes the latest of one id, and none that is revoked', () => {
    const older = indicator('1', { modified: '2026-11-02T00:00:00.000Z' });
    const newer = indicator('1', { modified: '2026-11-03T00:00:00.000Z', pattern: "[domain-name:value = 'bad.example']" });
    expect(parseStix(bundle(newer, older)).indicators).toMatchObject([{ type: 'domain', value: 'bad.example', exact: true }]);
    const gone = indicator('1', { modified: '2026-11-04T00:00:00.000Z', revoked: true });
    expect(parseStix(bundle(newer, gone, older))).toMatchObject({ indicators: [], revoked: ['indicator--1'] });
  });

  it('names what it cannot match', () => {
    const { indicators, skipped } = parseStix(
      bundle(
        indicator('1', { pattern_type: 'yara', pattern: 'rule x {}' }),
        indicator('2', { pattern: "[ipv4-addr:value = '198.51.100.7' AND domain-name:value = 'a.example']" }),
        indicator('3', { pattern: "[ipv4-addr:value = '10.0.0.1']" }),
      ),
    );
    expect(indicators).toEqual([]);
    expect(skipped).toEqual({ 'unsupported pattern type yara': 1, 'unsupported pattern: AND': 1, 'a value that may not be matched': 1 });
  });

  it.each(['', '[]', '{}', '{"type":"bundle","objects":{}}', '<html></html>'])('refuses %j', (body) => {
    expect(() => parseStix(bytes(body))).toThrow(FeedError);
  });
});

const UUID = '11111111-2222-4333-8444-555555555555';

describe('MISP', () => {
  it('takes attributes that are for detection, of events and of their objects', () => {
    const attribute = (type: string, value: string, more: object = {}) => ({
      uuid: UUID,
      type,
      value,
      to_ids: true,
      timestamp: '1763596800',
      ...more,
    });
    const { indicators, revoked } = parseMispEvent(
      bytes({
        Event: {
          info: 'Phishing wave',
          Tag: [{ name: 'tlp:amber' }],
          Attribute: [
            attribute('ip-dst|port', '198.51.100.7|443'),
            attribute('domain|ip', 'bad.example|203.0.113.5'),
            attribute('filename|sha256', `a.exe|${HASH}`, { Tag: [{ name: 'tlp:red' }], first_seen: '2026-11-01T00:00:00.000000+00:00' }),
            attribute('hostname', 'www.bad.example'),
            attribute('ip-dst', '203.0.113.9', { to_ids: false, uuid: 'no-1' }),
            attribute('ip-dst', '203.0.113.9', { deleted: true, uuid: 'no-2' }),
            attribute('comment', 'free text'),
          ],
          Object: [
            { Attribute: [attribute('url', 'hxxp://bad[.]example/x')] },
            { deleted: true, Attribute: [attribute('url', 'http://gone.example/')] },
          ],
        },
      }),
    );
    expect(indicators.map(({ type, value, tlp, exact }) => [type, value, tlp, exact])).toEqual([
      ['ip', '198.51.100.7', 'AMBER', undefined],
      ['domain', 'bad.example', 'AMBER', undefined],
      ['ip', '203.0.113.5', 'AMBER', undefined],
      ['hash', HASH, 'RED', undefined],
      ['domain', 'www.bad.example', 'AMBER', true],
      ['url', 'bad.example/x', 'AMBER', undefined],
    ]);
    expect(indicators[3]).toMatchObject({ from: Date.UTC(2026, 10, 1), sighted: 1763596800000, names: ['Phishing wave'], id: UUID });
    expect(revoked).toEqual(['no-1', 'no-2']);
  });

  it('lists events the latest first, and none whose name leads elsewhere', () => {
    const other = UUID.replace('5', '6');
    const manifest = { [UUID]: { timestamp: '5' }, [other]: { timestamp: 9 }, '../../etc/passwd': { timestamp: '7' } };
    expect(parseManifest(bytes(manifest))).toEqual([
      { uuid: other, timestamp: 9 },
      { uuid: UUID, timestamp: 5 },
    ]);
  });
});

describe('abuse.ch', () => {
  it('Feodo: servers, or none this week', () => {
    const server = { ip_address: '198.51.100.7', port: 443, first_seen: '2026-11-01 10:00:00', malware: 'Emotet' };
    expect(parseFeodo(bytes([server, { ip_address: '10.1.1.1' }]))).toEqual({
      indicators: [{ type: 'ip', value: '198.51.100.7', from: Date.UTC(2026, 10, 1, 10), names: ['Emotet'] }],
      skipped: { 'an entry without an address of the Internet': 1 },
    });
    expect(parseFeodo(bytes([])).indicators).toEqual([]);
    expect(() => parseFeodo(bytes('<html>'))).toThrow(FeedError);
  });

  it('URLhaus', () => {
    const csv = `################\r\n# id,dateadded,url,url_status,last_online,threat,tags,urlhaus_link,reporter\r\n"3","2026-11-01 10:00:00","http://198.51.100.7:8080/bin.sh","online","2026-11-02 00:00:00","malware_download","elf,mirai","https://urlhaus.abuse.ch/url/3/","a"\r\n"4","2026-11-01 10:00:00","http://10.0.0.1/x","online","","malware_download","","","a"\r\n`;
    expect(parseUrlhaus(bytes(csv))).toEqual({
      indicators: [
        {
          ...{ type: 'url', value: '198.51.100.7:8080/bin.sh', id: '3', from: Date.UTC(2026, 10, 1, 10), sighted: Date.UTC(2026, 10, 2) },
          names: ['elf', 'mirai', 'malware_download'],
        },
      ],
      skipped: { 'no URL that may be matched': 1 },
    });
  });

  it.each([
    ['with is_compromised', ',is_compromised', ', "0"'],
    ['of before', '', ''],
  ])('ThreatFox, a dump %s', (_, column, cell) => {
    const header = `# "first_seen_utc","ioc_id","ioc_value","ioc_type","threat_type","fk_malware","malware_alias","malware_printable","last_seen_utc","confidence_level"${column === '' ? '' : `,"${column.slice(1)}"`},"reference","tags","anonymous","reporter"`;
    const row = (value: string, type: string): string =>
      `"2026-11-01 10:00:00", "77", "${value}", "${type}", "botnet_cc", "win.x", "None", "Cobalt Strike", "", "75"${cell}, "https://bsky.example/1", "c2", "0", "me"`;
    const { indicators, skipped } = parseThreatfox(
      bytes(
        [header, row('198.51.100.7:443', 'ip:port'), row('bad.example', 'domain'), row('ab', 'sha512_hash'), '# Number of entries: 3'].join(
          '\r\n',
        ),
      ),
    );
    expect(indicators).toMatchObject([
      {
        type: 'ip',
        value: '198.51.100.7',
        confidence: 75,
        id: '77',
        names: ['Cobalt Strike', 'botnet_cc'],
        references: ['https://bsky.example/1'],
      },
      { type: 'domain', value: 'bad.example', sighted: Date.UTC(2026, 10, 1, 10) },
    ]);
    expect(skipped).toEqual({ 'unsupported type sha512_hash': 1 });
  });

  it.each(['<!doctype html><html></html>', '"unclosed, 1\n'])('refuses %j', (body) =>
    expect(() => parseUrlhaus(bytes(body))).toThrow(FeedError),
  );
});

describe('CISA KEV', () => {
  it('is vulnerabilities', () => {
    const entry = {
      cveID: 'CVE-2026-12345',
      vulnerabilityName: 'Example RCE',
      dateAdded: '2026-11-01',
      dueDate: '2026-11-22',
      knownRansomwareCampaignUse: 'Known',
    };
    expect(parseKev(bytes({ vulnerabilities: [entry] })).indicators).toEqual([
      {
        type: 'cve',
        value: 'CVE-2026-12345',
        id: 'CVE-2026-12345',
        from: 0,
        confidence: 100,
        names: ['Example RCE', 'known ransomware campaign use', 'due 2026-11-22'],
      },
    ]);
    expect(() => parseKev(bytes('{}'))).toThrow(FeedError);
  });
});

const EVM = '0xAbCdefabcdefabcdefabcdefabcdefabcdefABCD';
const BTC = '1BoatSLRHtKNngkdXEeobR76b53LETtpyT';
const ADVANCED = `<?xml version="1.0" encoding="utf-8"?>
<Sanctions xmlns="http://www.un.org/sanctions/1.0"><ReferenceValueSets><FeatureTypeValues>
<FeatureType ID="344" FeatureTypeGroupID="1">Digital Currency Address - XBT</FeatureType><FeatureType ID="345">Digital Currency Address - ETH</FeatureType><FeatureType ID="8">Birthdate</FeatureType>
</FeatureTypeValues></ReferenceValueSets><DistinctParties>
<DistinctParty FixedRef="36"><Profile ID="36"><Identity ID="1"><Alias Primary="true"><DocumentedName><DocumentedNamePart><NamePartValue ScriptID="215">EXAMPLE &amp; SONS</NamePartValue></DocumentedNamePart></DocumentedName></Alias></Identity>
<Feature ID="1" FeatureTypeID="344"><FeatureVersion><VersionDetail DetailTypeID="1432">${BTC}</VersionDetail></FeatureVersion></Feature>
<Feature ID="2" FeatureTypeID="8"><FeatureVersion><VersionDetail>not an address</VersionDetail></FeatureVersion></Feature>
<Feature ID="3" FeatureTypeID="345"><FeatureVersion><VersionDetail>
  ${EVM}
</VersionDetail></FeatureVersion></Feature></Profile></DistinctParty>
<DistinctParty FixedRef="37"><Profile ID="37"><Feature ID="4" FeatureTypeID="344"><FeatureVersion><VersionDetail>?</VersionDetail></FeatureVersion></Feature></Profile></DistinctParty>
</DistinctParties></Sanctions>`;
const SIMPLE = `<sdnList><sdnEntry><uid>36</uid><lastName>EXAMPLE &amp; SONS</lastName><idList><id><uid>1</uid><idType>Digital Currency Address - XBT</idType><idNumber>${BTC}</idNumber></id><id><uid>2</uid><idType>Passport</idType><idNumber>X1</idNumber></id><id><uid>3</uid><idType>Digital Currency Address - ETH</idType><idNumber>${EVM}</idNumber></id></idList></sdnEntry></sdnList>`;

describe('OFAC', () => {
  it.each([
    ['sdn_advanced.xml', ADVANCED],
    ['SDN.xml', SIMPLE],
  ])('%s: addresses of chains, whoever has them', (_, xml) => {
    expect(parseOfac(bytes(xml)).indicators).toEqual([
      {
        type: 'wallet',
        value: `base58:${BTC}`,
        id: '36',
        from: 0,
        confidence: 100,
        names: ['OFAC sanctioned address', 'EXAMPLE & SONS', 'XBT'],
      },
      {
        type: 'wallet',
        value: `evm:${EVM.toLowerCase()}`,
        id: '36',
        from: 0,
        confidence: 100,
        names: ['OFAC sanctioned address', 'EXAMPLE & SONS', 'ETH'],
      },
    ]);
  });

  it('says what it could not read', () => expect(parseOfac(bytes(ADVANCED)).skipped).toEqual({ 'an address of XBT of unknown form': 1 }));

  it('is the same wherever the bytes are cut', () => {
    const long = ADVANCED.replace('<DistinctParties>', `<DistinctParties>${'<DistinctParty FixedRef="1"></DistinctParty>'.repeat(20_000)}`);
    expect(parseOfac(bytes(long)).indicators).toHaveLength(2);
  });

  it.each([
    '<html><body>Sorry</body></html>',
    ADVANCED.slice(0, -40),
    '',
    '{}',
    '<!DOCTYPE x [<!ENTITY a "b">]><Sanctions>&a;</Sanctions>',
  ])('refuses what is not the whole list (%#)', (xml) => expect(() => parseOfac(bytes(xml))).toThrow(FeedError));
});

describe('plain lists', () => {
  it.each([
    ['quotes', `${'"'.repeat(300_000)}x`],
    ['spaces', `a${' '.repeat(300_000)}b`],
    ['brackets', `${'[ '.repeat(150_000)}.`],
  ])('is not held up by a line of %s', (_, line) => {
    const started = performance.now();
    expect(parseList(bytes(`198.51.100.7\n${line}\n`))).toMatchObject({ indicators: [{ type: 'ip', value: '198.51.100.7' }] });
    expect(performance.now() - started).toBeLessThan(2000);
  });

  it('of many habits', () => {
    const list =
      '\ufeff# comment\r\n; comment\r\n198.51.100.0/24 ; SBL1\r\n198.51.100.7 # C2\n0.0.0.0 bad.example\nhxxp://evil[.]example/x\n\nnonsense\n10.0.0.1\n';
    expect(parseList(bytes(list))).toEqual({
      indicators: [
        { type: 'network', value: '198.51.100.0/24' },
        { type: 'ip', value: '198.51.100.7' },
        { type: 'domain', value: 'bad.example' },
        { type: 'url', value: 'evil.example/x' },
      ],
      skipped: { 'not an address, network, name, URL or hash that may be matched': 2 },
    });
  });

  it('that are none are refused', () => {
    expect(() => parseList(bytes(`<html>\n${'<p>sorry</p>\n'.repeat(20)}</html>`))).toThrow(FeedError);
    expect(parseList(bytes('')).indicators).toEqual([]);
  });
});
