import { isIPv4, isIPv6 } from 'node:net';
import fc from 'fast-check';
import { cloudOf, epochMs, inRange, ipOf, unmappedOf } from '../../../shared/ocsf/event.ts';

describe('cloudOf', () => {
  it('holds account and region', () => {
    expect(cloudOf('111111111111', 'eu-west-1')).toStrictEqual({ provider: 'AWS', account: { uid: '111111111111' }, region: 'eu-west-1' });
  });

  it.each([undefined, '', '-', 'unknown'])('leaves out a part that is %p', (missing) => {
    expect(cloudOf(missing, 'eu-west-1')).toStrictEqual({ provider: 'AWS', region: 'eu-west-1' });
    expect(cloudOf('111111111111', missing)).toStrictEqual({ provider: 'AWS', account: { uid: '111111111111' } });
    expect(cloudOf(missing, missing)).toStrictEqual({ provider: 'AWS' });
  });
});

describe('ipOf', () => {
  it.each(['192.0.2.1', '0.0.0.0', '255.255.255.255', '2001:db8::1', '::', '::1', '::ffff:192.0.2.1', '2001:DB8:0:0:0:0:0:1'])(
    'takes %s',
    (ip) => {
      expect(ipOf(ip)).toBe(ip);
    },
  );

  it.each([
    '',
    '-',
    '1',
    '192.0.2',
    '192.0.2.1.1',
    '192.0.2.',
    '.192.0.2',
    '192..2.1',
    '192.0.2.256',
    '192.0.2.01',
    '192.0.2.1 ',
    ' 192.0.2.1',
    '192.0.2.1:80',
    '192.0.2.0/24',
    '192.0.2.x',
    '1e1.0.0.1',
    '2001:db8::1%eth0',
    '2001:db8::/32',
    '[2001:db8::1]',
    '2001:db8',
    ':::',
    'cloudtrail.amazonaws.com',
    '0000:0000:0000:0000:0000:ffff:192.168.100.228',
  ])('refuses "%s"', (notIp) => {
    expect(ipOf(notIp)).toBeUndefined();
  });

  it('refuses undefined', () => {
    expect(ipOf(undefined)).toBeUndefined();
  });

  it('agrees with node:net on every text of up to 40 characters without a zone', () => {
    const nearlyIp = fc.string({ unit: fc.constantFrom(...Array.from('0123456789abcdef.:x /')), maxLength: 40 });
    fc.assert(
      fc.property(fc.oneof(fc.ipV4(), fc.ipV6(), nearlyIp), (text) => {
        fc.pre(text.length <= 40);
        expect(ipOf(text)).toBe(isIPv4(text) || isIPv6(text) ? text : undefined);
      }),
    );
  });
});

describe('epochMs', () => {
  it.each([
    ['2026-11-21T10:39:00Z', '2026-11-21T10:39:00.000Z'],
    ['2026-11-21 10:39:00Z', '2026-11-21T10:39:00.000Z'],
    ['2026-11-21T10:39:00.1Z', '2026-11-21T10:39:00.100Z'],
    ['2026-11-21T10:39:00.123456Z', '2026-11-21T10:39:00.123Z'],
    ['2026-11-21T10:39:00.999999999Z', '2026-11-21T10:39:00.999Z'],
    ['2024-02-29T23:59:59Z', '2024-02-29T23:59:59.000Z'],
    ['2026-11-21T00:30:00+01:00', '2026-11-20T23:30:00.000Z'],
    ['2026-11-21T23:30:00-0330', '2026-11-22T03:00:00.000Z'],
    ['2026-11-21T10:39:00.5+00:00', '2026-11-21T10:39:00.500Z'],
  ])('reads %s', (iso, expected) => {
    expect(epochMs(iso)).toBe(Date.parse(expected));
  });

  it.each([
    '',
    '2026-11-21',
    '2026-11-21T10:39:00',
    '2026-11-21T10:39:00.123',
    '2026-11-21T10:39Z',
    '2026-11-21T10:39:00.Z',
    '2026-11-21T10:39:00ZZ',
    '2026-13-01T00:00:00Z',
    '2026-00-01T00:00:00Z',
    '2026-02-29T00:00:00Z',
    '2100-02-29T00:00:00Z',
    '2026-04-31T00:00:00Z',
    '2026-11-00T00:00:00Z',
    '2026-11-21T24:00:00Z',
    '2026-11-21T10:60:00Z',
    '2026-11-21T10:39:60Z',
    '2026-11-21T10:39:00+1:00',
    '2026-11-21T10:39:00+01',
    '2026-11-21T10:39:00+24:00',
    '2026-11-21T10:39:00+01:60',
    '2026-11-21T10:39:00+01:000',
    '2026-11-21T10:39:00,123Z',
    '2026/11/21T10:39:00Z',
    '20261121T103900.000Z',
    '2026-11-21X10:39:00Z',
    '2026-1x-21T10:39:00Z',
    'x026-11-21T10:39:00Z',
    '1732185540000',
    ' 2026-11-21T10:39:00Z',
    '0026-11-21T10:39:00Z',
  ])('refuses "%s"', (text) => {
    expect(epochMs(text)).toBeUndefined();
  });

  it('is the inverse of toISOString', () => {
    fc.assert(
      fc.property(
        fc.date({ min: new Date('1000-01-01T00:00:00Z'), max: new Date('9999-12-31T23:59:59.999Z'), noInvalidDate: true }),
        (date) => {
          expect(epochMs(date.toISOString())).toBe(date.getTime());
        },
      ),
    );
  });

  it('never accepts what Date.parse refuses', () => {
    const nearlyIso = fc
      .tuple(
        fc.date({ min: new Date(0), max: new Date(4e12), noInvalidDate: true }),
        fc.nat(23),
        fc.constantFrom(...Array.from('0123456789-:.TZ+ x')),
      )
      .map(([date, at, character]) => date.toISOString().slice(0, at) + character + date.toISOString().slice(at + 1));
    fc.assert(
      fc.property(nearlyIso, (text) => {
        const ms = epochMs(text);
        expect(ms).toBe(ms === undefined ? undefined : Date.parse(text));
      }),
    );
  });
});

describe('inRange', () => {
  it.each([
    [Date.UTC(2000, 0, 1), true],
    [Date.UTC(2000, 0, 1) - 1, false],
    [Date.UTC(2100, 0, 1) - 1, true],
    [Date.UTC(2100, 0, 1), false],
    [1_763_721_540, false],
    [1_763_721_540_000, true],
    [NaN, false],
  ])('%d: %p', (ms, expected) => {
    expect(inRange(ms)).toBe(expected);
  });
});

describe('unmappedOf', () => {
  it('keeps what is not mapped, as it came', () => {
    const record = { a: 1, b: { c: [null, ''] }, d: 'x' };
    expect(unmappedOf(record, new Set(['a', 'd']))).toStrictEqual({ b: { c: [null, ''] } });
  });

  it('is undefined where nothing is left', () => {
    expect(unmappedOf({ a: 1 }, new Set(['a']))).toBeUndefined();
  });

  it('never loses or invents a member, whatever its name', () => {
    fc.assert(
      fc.property(
        fc.json().map((text) => JSON.parse(`{"__proto__":${text},"constructor":1,"a":${text}}`) as { [name: string]: null }),
        (record) => {
          expect(JSON.stringify(unmappedOf(record, new Set(['a'])))).toBe(
            JSON.stringify({ ['__proto__']: record['__proto__'], constructor: 1 }),
          );
        },
      ),
    );
  });
});
