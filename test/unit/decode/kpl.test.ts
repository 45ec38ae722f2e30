import fc from 'fast-check';
import { createHash } from 'node:crypto';
import { deaggregate } from '../../../shared/decode/kpl.ts';
import { aggregated } from '../../fakes/kpl.ts';

const bytes = fc.uint8Array({ maxLength: 300 }).map((array) => Buffer.from(array));

function withDigest(message: Buffer): Buffer {
  return Buffer.concat([Buffer.from('f3899ac2', 'hex'), message, createHash('md5').update(message).digest()]);
}

it('user records come out as they went in', () => {
  fc.assert(fc.property(fc.array(bytes, { maxLength: 20 }), (records) => expect(deaggregate(aggregated(records))).toEqual(records)));
});

it('whatever else is on a stream is a record as it is', () => {
  fc.assert(fc.property(bytes, (record) => expect(deaggregate(record)).toBeUndefined()));
  expect(deaggregate(Buffer.from('{"level":"info"}'))).toBeUndefined();
});

it('a damaged aggregate is no aggregate', () => {
  const record = aggregated([Buffer.from('a')]);
  record.writeUInt8(record.readUInt8(6) ^ 1, 6);

  expect(deaggregate(record)).toBeUndefined();
});

it('never throws for what only begins and ends like one, and skips fields that it does not know', () => {
  fc.assert(
    fc.property(bytes, (message) => expect(() => deaggregate(withDigest(message))).not.toThrow()),
    { numRuns: 500 },
  );
  const known = Buffer.from('1a031a0161', 'hex');
  const unknown = Buffer.from('2801' + '390102030405060708' + '4501020304' + '520178', 'hex');
  expect(deaggregate(withDigest(Buffer.concat([unknown, known])))).toEqual([Buffer.from('a')]);
  // Of a field that comes twice the last one counts.
  expect(deaggregate(withDigest(Buffer.from('1a061a01611a0162', 'hex')))).toEqual([Buffer.from('b')]);
  // A length beyond the end, a number without one, a group.
  for (const broken of ['1a7f61', '08ffffffffffffffffffff', '0b'])
    expect(deaggregate(withDigest(Buffer.from(broken, 'hex')))).toBeUndefined();
});
