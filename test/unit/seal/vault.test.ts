import fc from 'fast-check';
import { EvidenceError } from '../../../shared/errors.ts';
import type { Origin } from '../../../shared/model.ts';
import { placeOf, placeOfKey, retainUntil, vaultKey } from '../../../shared/seal/vault.ts';

const ORIGIN: Origin = {
  bank: 'demo',
  account: '111111111111',
  region: 'eu-central-1',
  source: 'cloudtrail',
  trigger: 's3',
  uri: 's3://strongroom-demo-landing/AWSLogs/111111111111/CloudTrail/eu-central-1/2026/11/21/file.json.gz#v1',
  time: Date.UTC(2026, 10, 21, 23, 59, 59, 999),
};

const anyOrigin: fc.Arbitrary<Origin> = fc.record({
  bank: fc.string({ minLength: 1 }),
  account: fc.oneof(fc.constant('unknown'), fc.string({ unit: 'binary' })),
  region: fc.oneof(fc.constant('eu-central-1'), fc.string({ unit: 'binary' })),
  source: fc.string(),
  trigger: fc.constantFrom('s3', 'kinesis', 'eventbridge', 'file'),
  uri: fc.string({ unit: 'binary' }),
  time: fc.integer({ min: Date.UTC(2000, 0), max: Date.UTC(2099, 11, 31) }),
});

describe('vaultKey', () => {
  it('names bank, source, account, region, the UTC day of delivery and a digest of the uri', () => {
    expect(vaultKey(ORIGIN)).toMatch(/^demo\/cloudtrail\/111111111111\/eu-central-1\/2026\/11\/21\/[\w-]{22}\.sealed$/);
  });

  it('changes with the uri only in its digest', () => {
    const other = vaultKey({ ...ORIGIN, uri: `${ORIGIN.uri}2` });

    expect(other).not.toBe(vaultKey(ORIGIN));
    expect(other.slice(0, other.lastIndexOf('/'))).toBe(vaultKey(ORIGIN).slice(0, other.lastIndexOf('/')));
  });

  it('is the same for every delivery on one day, and the next day begins at midnight UTC', () => {
    expect(vaultKey({ ...ORIGIN, time: Date.UTC(2026, 10, 21) })).toBe(vaultKey(ORIGIN));
    expect(vaultKey({ ...ORIGIN, time: ORIGIN.time + 1 })).toContain('/2026/11/22/');
  });

  it('is short ASCII with seven folders, whatever the origin holds', () => {
    fc.assert(
      fc.property(anyOrigin, (origin) => {
        const key = vaultKey(origin);
        expect(key).toBe(vaultKey({ ...origin }));
        expect(key).toMatch(/^[A-Za-z0-9._/-]+$/);
        expect(key.split('/')).toHaveLength(8);
      }),
    );
  });

  it('stands for the place the message is bound to', () => {
    fc.assert(fc.property(anyOrigin, (origin) => expect(placeOfKey(vaultKey(origin))).toEqual(placeOf(origin))));
  });
});

describe('placeOfKey', () => {
  it.each(['', 'demo/cloudtrail/file.sealed', vaultKey(ORIGIN).replace('.sealed', ''), `x/${vaultKey(ORIGIN)}`, `${vaultKey(ORIGIN)}/`])(
    'refuses %j, which is no vault key',
    (key) => {
      expect(() => placeOfKey(key)).toThrow(EvidenceError);
    },
  );
});

describe('retainUntil', () => {
  it('ends at a midnight and is never shorter than the days that were promised, nor a day longer', () => {
    const day = 86_400_000;
    fc.assert(
      fc.property(fc.integer({ min: 0, max: Date.UTC(2090, 0) }), fc.integer({ min: 1, max: 3650 }), (now, days) => {
        const kept = retainUntil(now, days).getTime();
        expect(kept % day).toBe(0);
        expect(kept - now).toBeGreaterThan(days * day);
        expect(kept - now).toBeLessThanOrEqual((days + 1) * day);
      }),
    );
  });
});
