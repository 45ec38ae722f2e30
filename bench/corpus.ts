// Deterministic, realistic log files for the benchmark, as services deliver them (gzip). All ids and addresses are made up.
import { gzipSync } from 'node:zlib';
import { createRandom, type Random } from '../local/demo/random.ts';
import { albLine, cloudTrailRecord, flowLine, FLOW_DEFAULT_HEADER } from '../local/demo/records.ts';

export interface Corpus {
  readonly source: string;
  readonly records: number;
  /** The delivered object. */
  readonly bytes: Buffer;
  readonly expandedBytes: number;
}

export function corpora(): readonly Corpus[] {
  const random = createRandom(7);
  return [
    pack('cloudtrail', 20_000, (count) => `{"Records":[${repeat(count, random, cloudTrailRecord).join(',')}]}`),
    pack('vpc-flow', 100_000, (count) => `${FLOW_DEFAULT_HEADER}\n${repeat(count, random, flowLine).join('\n')}\n`),
    pack('alb', 40_000, (count) => `${repeat(count, random, albLine).join('\n')}\n`),
  ];
}

function repeat(count: number, random: Random, make: (random: Random, index: number) => string): readonly string[] {
  return Array.from({ length: count }, (_, index) => make(random, index));
}

function pack(source: string, records: number, make: (count: number) => string): Corpus {
  const text = make(records);
  return { source, records, bytes: gzipSync(text), expandedBytes: Buffer.byteLength(text) };
}
