import fc from 'fast-check';
import { EvidenceError } from '../../../shared/errors.ts';
import { decodeLeaf, encodeLeaf, type Leaf } from '../../../shared/notary/leaf.ts';
import { DIGEST, evidenceLeaf } from './small-log.ts';

const statement: Leaf = {
  v: 1,
  kind: 'statement',
  key: '_statements/access/2026/11/21/x.json',
  version: 'v1',
  size: 10,
  ciphertext: DIGEST,
  statement: 'access',
  stored: 1_700_000_000_000,
};

describe('a leaf', () => {
  // What is logged is logged for ever: this fails where a leaf of today would have other bytes.
  it('has these bytes', () => {
    expect(encodeLeaf(evidenceLeaf(0)).toString()).toBe(
      `{"v":1,"kind":"evidence","key":"demo/alb/111111111111/eu-central-1/2026/11/21/${'k'.repeat(21)}0.sealed","version":"v0","size":1000,` +
        `"ciphertext":"${DIGEST}","plaintext":"${DIGEST}","bytes":900,"records":3,"events":2,"excluded":1,"parked":0,"first":null,"last":null,` +
        `"delivered":1700000001000,"origin":"s3://landing/\\"quoted\\"/0\u2028","trigger":"s3","stored":1700000002000}`,
    );
    expect(encodeLeaf(statement).toString()).toBe(
      `{"v":1,"kind":"statement","key":"_statements/access/2026/11/21/x.json","version":"v1","size":10,"ciphertext":"${DIGEST}",` +
        `"statement":"access","stored":1700000000000}`,
    );
  });

  it('has its fields in order and no others, however it was put together', () => {
    for (const leaf of [evidenceLeaf(1), statement]) {
      const reversed: Leaf = { ...leaf, ...Object.fromEntries(Object.entries({ ...leaf, other: 'x' }).reverse()) };
      expect(encodeLeaf(reversed)).toEqual(encodeLeaf(leaf));
    }
  });

  it('is read as it was written, in one line', () => {
    const count = fc.nat({ max: Number.MAX_SAFE_INTEGER });
    const text = fc.string({ unit: 'binary', minLength: 1 });
    fc.assert(
      fc.property(text, text, count, fc.option(fc.maxSafeInteger()), (key, origin, records, first) => {
        const leaf: Leaf = { ...evidenceLeaf(3), key, origin, records, first };
        const bytes = encodeLeaf(leaf);

        expect(bytes.includes(0x0a)).toBe(false);
        expect(decodeLeaf(bytes)).toEqual(leaf);
      }),
    );
  });

  it.each([
    ['key', ''],
    ['key', 5],
    ['version', null],
    ['size', -1],
    ['size', 1.5],
    ['size', '1'],
    ['ciphertext', DIGEST.toUpperCase()],
    ['ciphertext', DIGEST.slice(1)],
    ['plaintext', undefined],
    ['records', null],
    ['first', '2026-11-21'],
    ['last', undefined],
    ['delivered', null],
    ['trigger', []],
    ['stored', 2 ** 53],
  ])('is none with another %s: %j', (field, value) => {
    const bytes = Buffer.from(JSON.stringify({ ...evidenceLeaf(0), [field]: value }));

    expect(() => decodeLeaf(bytes, 'leaf 17')).toThrow(`leaf 17 has no ${field} that is `);
    expect(() => decodeLeaf(bytes)).toThrow(EvidenceError);
  });

  it.each([
    ['{"v":1', 'leaf 17 is not a JSON object'],
    ['[]', 'leaf 17 is not a JSON object'],
    ['', 'leaf 17 is not a JSON object'],
    ['{"v":2,"kind":"evidence"}', 'leaf 17 is not of version 1'],
    ['{"v":"1","kind":"evidence"}', 'leaf 17 is not of version 1'],
    ['{"kind":"evidence"}', 'leaf 17 is not of version 1'],
    ['{"v":1,"kind":"other"}', 'leaf 17 is neither of evidence nor of a statement'],
    [`${JSON.stringify(statement)}\n`, 'leaf 17 is more than one line'],
    [JSON.stringify({ ...statement, more: 1 }), 'leaf 17 has other fields'],
    [
      `{"kind":"statement","v":1,${JSON.stringify(statement).slice('{"v":1,"kind":"statement",'.length)}`,
      'leaf 17 has other fields than those of version 1, or in another order',
    ],
    [JSON.stringify({ ...statement, key: 'k'.repeat(70_000) }), 'at most 65535 are logged'],
  ])('is none: %j', (text, why) => {
    expect(() => decodeLeaf(Buffer.from(text), 'leaf 17')).toThrow(why);
    expect(() => decodeLeaf(Buffer.from(text))).toThrow(EvidenceError);
  });

  it('is none where it is not UTF-8', () => {
    expect(() => decodeLeaf(Buffer.of(0x7b, 0xff, 0x7d))).toThrow('the leaf is not UTF-8');
  });

  it('is not made of what could not be read', () => {
    expect(() => encodeLeaf({ ...statement, key: 'k'.repeat(70_000) })).toThrow(EvidenceError);
    expect(() => encodeLeaf({ ...statement, size: -1 })).toThrow(`the leaf of ${statement.key} has no size that is a whole number`);
  });
});
