import fc from 'fast-check';
import { digest, documentId, positionIds } from '../../../shared/ids.ts';

const UUID = '3871ae01-2f0b-4d8e-9f0b-6a4b5c6d7e8f';

describe('ids by position', () => {
  it('share the 16 characters of their unit and differ in the position', () => {
    const id = positionIds('s3://landing/key#1');
    const indexes = fc.uniqueArray(fc.oneof(fc.nat(), fc.nat({ max: Number.MAX_SAFE_INTEGER })), { maxLength: 200 });
    fc.assert(
      fc.property(indexes, (all) => {
        const ids = all.map(id);

        expect(new Set(ids).size).toBe(all.length);
        for (const one of ids) {
          expect(one.slice(0, 16)).toBe(id(0).slice(0, 16));
          expect(one).toMatch(/^[A-Za-z0-9_-]{20,26}$/);
          expect(documentId(one)).toBe(one);
        }
      }),
    );
  });

  it('are the same for the same unit, and others for another', () => {
    expect(positionIds('s3://landing/key#1')(7)).toBe(positionIds('s3://landing/key#1')(7));
    expect(positionIds('s3://landing/key#2')(7)).not.toBe(positionIds('s3://landing/key#1')(7));
  });

  // The ids of what is indexed today have to be the ids of its replay in years: this fails where the scheme is changed.
  it('stay what they are', () => {
    expect([0, 63, 64, 0xffffff, 0x1000000].map(positionIds('s3://landing/key#1'))).toEqual([
      'wmRzxCd9ke_HFzjuAAAA',
      'wmRzxCd9ke_HFzjuAAA_',
      'wmRzxCd9ke_HFzjuAABA',
      'wmRzxCd9ke_HFzju____',
      'wmRzxCd9ke_HFzjuAAAAB',
    ]);
  });
});

describe('document ids', () => {
  it('a UUID takes 22 characters, and no two are the same', () => {
    fc.assert(
      fc.property(fc.uniqueArray(fc.uuid(), { minLength: 2, maxLength: 50 }), (uuids) => {
        const ids = uuids.map(documentId);

        expect(new Set(ids).size).toBe(uuids.length);
        for (const id of ids) expect(id).toMatch(/^[A-Za-z0-9_-]{22}$/);
      }),
    );
    expect(documentId(UUID)).toBe('OHGuAS8LTY6fC2pLXG1-jw');
  });

  it.each([
    '36521892391287136',
    'arn:aws:guardduty:eu-central-1:111111111111:detector/abc/finding/def',
    'a'.repeat(512),
    'A-_b.c/d+e=',
    "it's",
  ])('a plain native id stays as it is: %s', (uid) => {
    expect(documentId(uid)).toBe(uid);
  });

  it('are safe in a bulk request and for OpenSearch, whatever the native id', () => {
    const uid = fc.oneof(
      fc.string({ unit: 'binary', maxLength: 600 }),
      fc.string({ maxLength: 1500 }),
      fc.constantFrom('', ' ', '"', '\\', '\n', '"}}\n{"delete":{}}'),
    );
    fc.assert(
      fc.property(uid, (one) => {
        const id = documentId(one);

        expect(Buffer.byteLength(id)).toBeGreaterThan(0);
        expect(Buffer.byteLength(id)).toBeLessThanOrEqual(512);
        expect(JSON.stringify(id)).toBe(`"${id}"`);
        expect(documentId(one)).toBe(id);
      }),
    );
  });

  it('of very long native ids that differ only at the end, differ', () => {
    const long = 'x'.repeat(2000);

    expect(documentId(`${long}1`)).not.toBe(documentId(`${long}2`));
    expect(documentId(`${long}1`)).toMatch(/^[A-Za-z0-9_-]{22}$/);
  });
});

describe('digests', () => {
  it('tell the parts apart', () => {
    expect(digest(16, 'ab', 'c')).not.toBe(digest(16, 'a', 'bc'));
    expect(digest(16, 'a')).not.toBe(digest(16, 'a', ''));
  });

  it('have the length that was asked for', () => {
    expect(Buffer.from(digest(9, 'a'), 'base64url')).toHaveLength(9);
    // The beginning of SHA-256 of "abc" (FIPS 180-4).
    expect(Buffer.from(digest(8, 'abc'), 'base64url').toString('hex')).toBe('ba7816bf8f01cfea');
  });
});
