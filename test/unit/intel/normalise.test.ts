// Values in their one form.
import fc from 'fast-check';
import { networkOf } from '../../../shared/intel/address.ts';
import { tlpOf, type IndicatorType } from '../../../shared/intel/indicator.ts';
import { domainValue, hostName, networkValue, normalise, recognise, refang, urlParts } from '../../../shared/intel/normalise.ts';
import { walletOf } from '../../../shared/intel/wallet.ts';

describe('normalise', () => {
  it.each<[IndicatorType, string, string | undefined]>([
    ['ip', '198.51.100.7', '198.51.100.7'],
    ['ip', '::FFFF:198.51.100.7', '198.51.100.7'],
    ['ip', '2001:DB8:0:0::1', '2001:db8::1'],
    ['ip', '10.0.0.1', undefined],
    ['ip', '198.51.100.7:443', undefined],
    ['network', '198.51.100.9/24', '198.51.100.0/24'],
    ['network', '198.51.100.9/32', '198.51.100.9'],
    ['network', '198.0.0.0/7', undefined],
    ['network', '198.0.0.0/8', '198.0.0.0/8'],
    ['network', '2001:db8:ffff::/32', '2001:db8::/32'],
    ['network', '2001::/18', undefined],
    ['network', '::ffff:198.51.100.0/120', '198.51.100.0/24'],
    ['network', '10.0.0.0/8', undefined],
    ['domain', 'BAD.Example.', 'bad.example'],
    ['domain', 'bücher.example', 'xn--bcher-kva.example'],
    ['domain', 'example', undefined],
    ['domain', 'co.uk', undefined],
    ['domain', 'evil.co.uk', 'evil.co.uk'],
    ['domain', '198.51.100.7', undefined],
    ['domain', `${'a'.repeat(64)}.example`, undefined],
    ['domain', '_dmarc.bad.example', '_dmarc.bad.example'],
    ['hash', 'D41D8CD98F00B204E9800998ECF8427E', undefined],
    ['hash', 'E3B0C44298FC1C149AFBF4C8996FB92427AE41E4649B934CA495991B7852B855', undefined],
    ['hash', 'ABCDEF00ABCDEF00ABCDEF00ABCDEF00', 'abcdef00abcdef00abcdef00abcdef00'],
    ['hash', 'abc', undefined],
    ['email', 'Mallory@BAD.example', 'mallory@bad.example'],
    ['email', 'mallory@example', undefined],
    ['cve', 'cve-2026-12345', 'CVE-2026-12345'],
    ['cve', 'CVE-26-1', undefined],
    ['user_agent', ' EvilBot/1.0 ', 'evilbot/1.0'],
    ['wallet', '0xABCDEFabcdefABCDEFabcdefABCDEFabcdefABCD', 'evm:0xabcdefabcdefabcdefabcdefabcdefabcdefabcd'],
    ['wallet', 'BC1QW508D6QEJXTDG4Y5R3ZARVARY0C5XW7KV8F3T4', 'btc:bc1qw508d6qejxtdg4y5r3zarvary0c5xw7kv8f3t4'],
    ['wallet', '1BoatSLRHtKNngkdXEeobR76b53LETtpyT', 'base58:1BoatSLRHtKNngkdXEeobR76b53LETtpyT'],
    ['wallet', 'bitcoincash:qpm2qsznhks23z7629mms6s4cwef74vcwvy22gdx6a', 'bch:qpm2qsznhks23z7629mms6s4cwef74vcwvy22gdx6a'],
  ])('%s %s is %s', (type, text, value) => {
    expect(normalise(type, text)?.value).toBe(value);
  });

  it('keeps the case of base58, where it is another digit', () => {
    expect(walletOf('1BoatSLRHtKNngkdXEeobR76b53LETtpyT')).not.toBe(walletOf('1boatSLRHtKNngkdXEeobR76b53LETtpyT'));
  });

  it('makes of every network one that is its own normal form', () => {
    fc.assert(
      fc.property(fc.ipV4(), fc.integer({ min: 0, max: 32 }), (ip, bits) => {
        const text = networkOf(`${ip}/${bits}`)?.text ?? '';
        expect(networkOf(text)?.text).toBe(text);
        expect(['network', 'ip', undefined]).toContain(networkValue(`${ip}/${bits}`)?.type);
      }),
    );
  });

  it.each([
    ['https://User:pw@BAD.example:443/Path?q=1#top', 'bad.example/Path?q=1'],
    ['http://bad.example', 'bad.example/'],
    ['http://bad.example:8080/a', 'bad.example:8080/a'],
    ['https://bad.example:80/a', 'bad.example:80/a'],
    ['bad.example/a', 'bad.example/a'],
    ['http://198.51.100.7/x', '198.51.100.7/x'],
    ['http://[2001:DB8::1]:8080/x', '[2001:db8::1]:8080/x'],
    ['http://bad.example?x=1', 'bad.example/?x=1'],
    ['http://bad.example/ü', 'bad.example/%C3%BC'],
  ])('URL %s is %s', (text, value) => expect(urlParts(text)?.value).toBe(value));

  it.each(['http://10.0.0.1/x', 'http:///x', 'http://localhost/', 'javascript:alert(1)', 'http://bad.example:999999/', ''])(
    '%s is no URL of a list',
    (text) => {
      expect(urlParts(text)).toBeUndefined();
    },
  );

  it('gives printable ASCII and nothing else, and the same again for it', () => {
    const types: readonly IndicatorType[] = ['ip', 'network', 'domain', 'url', 'hash', 'email', 'user_agent', 'wallet', 'cve'];
    fc.assert(
      fc.property(fc.constantFrom(...types), fc.string({ unit: 'binary', maxLength: 60 }), (type, text) => {
        const found = normalise(type, type === 'url' ? `http://bad.example/${text}` : text);
        if (found === undefined) return;
        expect(found.value).toMatch(/^[\x20-\x7e]+$/);
        if (type !== 'wallet') expect(normalise(found.type, found.value)).toEqual(found);
      }),
      { numRuns: 500 },
    );
  });

  it('of a name of an event takes any that a host may have', () => {
    expect([hostName('bucket.s3.amazonaws.com'), hostName('co.uk'), domainValue('co.uk')]).toEqual([
      'bucket.s3.amazonaws.com',
      'co.uk',
      undefined,
    ]);
  });
});

describe('what is written so that nobody clicks on it', () => {
  it.each([
    ['hxxp://bad[.]example/a', 'http://bad.example/a'],
    ['hXXps[:]//bad[.]example', 'https://bad.example'],
    ['bad(dot)example', 'bad.example'],
    ['mallory[@]bad[.]example', 'mallory@bad.example'],
    ['198[.]51[.]100[.]7', '198.51.100.7'],
    ['"bad.example",', 'bad.example'],
  ])('%s means %s', (text, meant) => expect(refang(text)).toBe(meant));

  it.each([
    ['198.51.100.7', 'ip', '198.51.100.7'],
    ['198.51.100.7:8080', 'ip', '198.51.100.7'],
    ['198.51.100.0/24', 'network', '198.51.100.0/24'],
    ['2001:db8::/32', 'network', '2001:db8::/32'],
    ['*.bad.example', 'domain', 'bad.example'],
    ['hxxp://bad[.]example/x', 'url', 'bad.example/x'],
    ['bad.example/x', 'url', 'bad.example/x'],
    ['mallory@bad.example', 'email', 'mallory@bad.example'],
    ['CVE-2026-1234', 'cve', 'CVE-2026-1234'],
    ['0xabcdefabcdefabcdefabcdefabcdefabcdefabcd', 'wallet', 'evm:0xabcdefabcdefabcdefabcdefabcdefabcdefabcd'],
    ['ABCDEF00ABCDEF00ABCDEF00ABCDEF00', 'hash', 'abcdef00abcdef00abcdef00abcdef00'],
  ])('%s is recognised as %s', (text, type, value) => expect(recognise(text)).toEqual({ type, value }));

  it.each(['10.0.0.0/8', 'nonsense', '<html>', '', '127.0.0.1'])('%j is nothing', (text) => expect(recognise(text)).toBeUndefined());
});

describe('TLP', () => {
  it.each([
    ['tlp:white', 'CLEAR'],
    ['TLP:CLEAR', 'CLEAR'],
    ['tlp:amber+strict', 'AMBER STRICT'],
    ['TLP:AMBER STRICT', 'AMBER STRICT'],
    ['tlp:amber', 'AMBER'],
    ['tlp:red', 'RED'],
    ['tlp-green', 'GREEN'],
    ['help:redirect', undefined],
    ['tlp:reddish', undefined],
  ])('%s is %s', (text, tlp) => expect(tlpOf(text)).toBe(tlp));
});
