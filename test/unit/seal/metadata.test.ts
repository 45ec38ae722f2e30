import fc from 'fast-check';
import { EvidenceError } from '../../../shared/errors.ts';
import { decodeMetadata, encodeMetadata, signatureOf, type EvidenceFacts } from '../../../shared/seal/metadata.ts';

const FACTS: EvidenceFacts = {
  origin: {
    bank: 'demo',
    account: '111111111111',
    region: 'eu-central-1',
    source: 'cloudtrail',
    trigger: 's3',
    uri: 's3://landing/AWSLogs/a file#3HL4kqtJlcpXroDTDmJ+rmSpXd3dIbrHY',
    time: 1795219199999,
  },
  class: 'standard',
  plaintext: 'e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855',
  size: 5 * 1024 ** 3,
  counts: { records: 1_000_000_000, events: 999_999_998, excluded: 1, parked: 1 },
  firstTime: 1795219190000,
  lastTime: 1795219199000,
};

function withUri(uri: string): EvidenceFacts {
  return { ...FACTS, origin: { ...FACTS.origin, uri } };
}

function bytesOf(metadata: Readonly<Record<string, string>>): number {
  return Object.entries(metadata).reduce((sum, [name, value]) => sum + Buffer.byteLength(name) + Buffer.byteLength(value), 0);
}

/** Object keys as S3 allows them: at most 1024 bytes of UTF-8, any characters. */
const anyKey = fc
  .oneof(
    fc.string({ unit: 'binary', maxLength: 1024 }),
    fc.string({ unit: 'grapheme', minLength: 200, maxLength: 1024 }),
    fc.string({ maxLength: 1024 }),
  )
  .map((key) => Buffer.from(key).subarray(0, 1024).toString().replace(/�+$/, ''));

describe('evidence metadata', () => {
  it.each(['s3', 'kinesis', 'eventbridge', 'kafka', 'file'] as const)('of every trigger is read back: %s', (trigger) => {
    const facts = { ...FACTS, origin: { ...FACTS.origin, trigger } };

    expect(decodeMetadata(encodeMetadata(facts), 'key')).toEqual(facts);
  });

  it('is read back as it was written', () => {
    expect(decodeMetadata(encodeMetadata(FACTS), 'key')).toEqual(FACTS);
  });

  it('leaves out the times of evidence without events', () => {
    const facts = { ...FACTS, firstTime: undefined, lastTime: undefined };

    expect(decodeMetadata(encodeMetadata(facts), 'key')).toEqual(facts);
  });

  it('shows a plain uri as it is', () => {
    expect(encodeMetadata(FACTS)['origin']).toBe('s3://landing/AWSLogs/a%20file#3HL4kqtJlcpXroDTDmJ+rmSpXd3dIbrHY');
  });

  it('survives every object key: ASCII, at most 2 KB, the same uri again', () => {
    fc.assert(
      fc.property(anyKey, (key) => {
        const facts = withUri(`s3://${'b'.repeat(63)}/${key}#3HL4kqtJlcpXroDTDmJ+rmSpXd3dIbrHY`);
        const metadata = encodeMetadata(facts);
        expect(Object.values(metadata).join('')).toMatch(/^[!-~]*$/);
        expect(bytesOf(metadata)).toBeLessThanOrEqual(2048);
        expect(decodeMetadata(metadata, 'key')).toEqual(facts);
      }),
    );
  });

  it('keeps what proves the files of CloudTrail, whose keys leave room for it', () => {
    const key = `${'p'.repeat(200)}/AWSLogs/o-abcdefghij/111111111111/CloudTrail-Digest/ap-southeast-2/2026/11/21/${'d'.repeat(250)}.json.gz`;
    const facts = {
      ...withUri(`s3://${'b'.repeat(63)}/${key}#3HL4kqtJlcpXroDTDmJ+rmSpXd3dIbrHY`),
      expanded: 'ab'.repeat(32),
      signature: 'cd'.repeat(256),
    };

    const metadata = encodeMetadata(facts);

    expect(bytesOf(metadata)).toBeLessThanOrEqual(2048);
    expect(decodeMetadata(metadata, 'key')).toEqual(facts);
  });

  it('leaves them out rather than not fit', () => {
    const facts = {
      ...withUri(Array.from({ length: 1000 }, (_, at) => String.fromCharCode(33 + ((at * at * 31) % 90))).join('')),
      expanded: 'ab'.repeat(32),
      signature: 'cd'.repeat(512),
    };

    const metadata = encodeMetadata(facts);

    expect(bytesOf(metadata)).toBeLessThanOrEqual(2048);
    expect(decodeMetadata(metadata, 'key').origin).toEqual(facts.origin);
  });

  it('takes no signature but one of a size that RSA keys give', () => {
    expect(signatureOf('AB'.repeat(256))).toBe('ab'.repeat(256));
    expect([undefined, '', 'xyz', 'ab'.repeat(127), 'ab'.repeat(513), `${'ab'.repeat(256)}a`].map(signatureOf)).toEqual(
      Array(6).fill(undefined),
    );
  });

  it('fits for a key of 1024 bytes in a script of three bytes per character without repetition', () => {
    const key = Array.from({ length: 341 }, (_, at) => String.fromCodePoint(0x4e00 + ((at * 7919) % 20000))).join('');

    const metadata = encodeMetadata(withUri(`s3://${'b'.repeat(63)}/${key}#3HL4kqtJlcpXroDTDmJ+rmSpXd3dIbrHY`));

    expect(metadata).not.toHaveProperty('origin');
    expect(bytesOf(metadata)).toBeLessThanOrEqual(2048);
  });

  it.each(['format', 'origin', 'bank', 'trigger', 'delivered', 'class', 'plaintext', 'size', 'records'])(
    'refuses metadata without %s',
    (name) => {
      const rest = Object.fromEntries(Object.entries(encodeMetadata(FACTS)).filter(([field]) => field !== name));

      expect(() => decodeMetadata(rest, 'some/key')).toThrow(EvidenceError);
      expect(() => decodeMetadata(rest, 'some/key')).toThrow('some/key');
    },
  );

  it.each([
    ['format', '1'],
    ['plaintext', 'E3B0'],
    ['expanded', 'x'],
    ['trigger', 'fax'],
    ['size', '12 MB'],
    ['first-time', ''],
    ['origin', '%zz'],
    ['origin-deflated', 'AAAA'],
  ])('refuses metadata whose %s is %j', (name, value) => {
    expect(() => decodeMetadata({ ...encodeMetadata(FACTS), [name]: value }, 'key')).toThrow(EvidenceError);
  });
});
