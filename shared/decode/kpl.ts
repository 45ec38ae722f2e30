// Aggregated records of the Kinesis Producer Library: many user records in one record of the stream.
// https://github.com/awslabs/amazon-kinesis-producer/blob/master/aggregation-format.md
import { createHash } from 'node:crypto';

const MAGIC = 0xf3899ac2;
const MD5_BYTES = 16;
/** Fields that are read: AggregatedRecord.records, and Record.data in each of those. */
const RECORDS = 3;
const DATA = 3;

/** @returns the user records; undefined for a record that is not aggregated: its producer wrote it as it is. */
export function deaggregate(record: Buffer): readonly Buffer[] | undefined {
  if (record.length < 4 + MD5_BYTES || record.readUInt32BE(0) !== MAGIC) return undefined;
  const message = record.subarray(4, -MD5_BYTES);
  if (!createHash('md5').update(message).digest().equals(record.subarray(-MD5_BYTES))) return undefined;
  try {
    // A field that comes twice counts as it came last. https://protobuf.dev/programming-guides/encoding/#last-one-wins
    return bytesFields(message, RECORDS).map((user) => bytesFields(user, DATA).at(-1) ?? Buffer.alloc(0));
  } catch (error) {
    if (error instanceof RangeError) return undefined;
    throw error;
  }
}

/** @param record for which deaggregate() found no user records. */
export function isEmptyAggregate(record: Buffer): boolean {
  return record.length <= 4 + MD5_BYTES;
}

/** Values of one length-delimited field. https://protobuf.dev/programming-guides/encoding/ @throws RangeError where the bytes are no message. */
function bytesFields(message: Buffer, wanted: number): readonly Buffer[] {
  const found: Buffer[] = [];
  let at = 0;
  function take(bytes: number): Buffer {
    if (bytes > message.length - at) throw new RangeError('protobuf: a field goes beyond its message');
    at += bytes;
    return message.subarray(at - bytes, at);
  }
  function varint(): number {
    let value = 0;
    for (let factor = 1; factor < 2 ** 63; factor *= 128) {
      const byte = take(1).readUInt8();
      value += (byte & 127) * factor;
      if (byte < 128) return value;
    }
    throw new RangeError('protobuf: a number does not end');
  }
  while (at < message.length) {
    const tag = varint();
    const field = Math.floor(tag / 8);
    switch (tag % 8) {
      case 0:
        varint();
        break;
      case 1:
        take(8);
        break;
      case 2: {
        const value = take(varint());
        if (field === wanted) found.push(value);
        break;
      }
      case 5:
        take(4);
        break;
      default:
        throw new RangeError('protobuf: a field of unknown type');
    }
  }
  return found;
}
