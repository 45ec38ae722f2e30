import fc from 'fast-check';
import type { Origin } from '../../../shared/model.ts';
import { cut, parkedKey } from '../../../shared/park/parked.ts';

const ORIGIN: Origin = {
  bank: 'demo',
  account: '111111111111',
  region: 'eu-central-1',
  source: 'vpc-flow',
  trigger: 's3',
  uri: 's3://landing/flow.log.gz#1',
  time: Date.UTC(2026, 10, 21),
};

describe('parkedKey', () => {
  it('names stage, source, day and unit, and the part from the second on', () => {
    const first = parkedKey('parse', ORIGIN, '', 0);

    expect(first).toMatch(/^parse\/vpc-flow\/2026\/11\/21\/[\w-]{22}\.ndjson\.gz$/);
    expect(parkedKey('parse', ORIGIN, '', 1)).toBe(first.replace('.ndjson', '-1.ndjson'));
  });

  it('differs between units, stages and deliveries', () => {
    const keys = [
      parkedKey('parse', ORIGIN, '', 0),
      parkedKey('decode', ORIGIN, '', 0),
      parkedKey('parse', { ...ORIGIN, uri: 's3://landing/flow.log.gz#2' }, '', 0),
      parkedKey('index', ORIGIN, '49590338271490256608559692538361571095921575989136588898', 0),
      parkedKey('index', ORIGIN, '49590338271490256608559692538361571095921575989136588899', 0),
    ];

    expect(new Set(keys).size).toBe(keys.length);
  });
});

describe('cut', () => {
  const limit = 256 * 1024;

  it('leaves a text that fits', () => {
    const text = 'é'.repeat(limit / 2);

    expect(cut(text)).toBe(text);
  });

  it('keeps a prefix of at most 256 KiB, and no half character', () => {
    fc.assert(
      fc.property(fc.constantFrom('a', 'é', '漢', '😀'), fc.integer({ min: 0, max: 4 }), (character, offset) => {
        const text = 'a'.repeat(offset) + character.repeat(limit);
        const kept = cut(text);
        expect(text.startsWith(kept)).toBe(true);
        expect(Buffer.byteLength(kept)).toBeLessThanOrEqual(limit);
        expect(Buffer.byteLength(kept)).toBeGreaterThan(limit - 4);
      }),
      { numRuns: 20 },
    );
  });
});
