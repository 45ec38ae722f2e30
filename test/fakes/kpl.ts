// What the Kinesis Producer Library puts on a stream. https://github.com/awslabs/amazon-kinesis-producer/blob/master/aggregation-format.md
import { createHash } from 'node:crypto';

/** @returns one aggregated record with these user records, all under one partition key. */
export function aggregated(records: readonly Buffer[]): Buffer {
  const message = Buffer.concat([
    field(1, Buffer.from('key')),
    ...records.map((data) => field(3, Buffer.concat([NO_KEY_INDEX, field(3, data)]))),
  ]);
  return Buffer.concat([Buffer.from('f3899ac2', 'hex'), message, createHash('md5').update(message).digest()]);
}

/** Field 1, a number: the first of the keys. */
const NO_KEY_INDEX = Buffer.from([0x08, 0x00]);

function field(number: number, bytes: Buffer): Buffer {
  return Buffer.concat([Buffer.from([number * 8 + 2]), varint(bytes.length), bytes]);
}

function varint(value: number): Buffer {
  const bytes: number[] = [];
  for (let rest = value; ; rest = Math.floor(rest / 128)) {
    if (rest < 128) return Buffer.from([...bytes, rest]);
    bytes.push((rest % 128) + 128);
  }
}
