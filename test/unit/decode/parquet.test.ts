// Parquet files as they are delivered, and as a broken disk or an attacker makes them.
import { createHash } from 'node:crypto';
import { brotliCompressSync, gzipSync, zstdCompressSync } from 'node:zlib';
import type { SchemaElement } from 'hyparquet';
import { parquetWriteBuffer, type ColumnSource } from 'hyparquet-writer';
import { createBodyReader } from '../../../shared/decode/body-reader.ts';
import { createParquetReader, isParquet, PARQUET_LIMITS, type ParquetLimits } from '../../../shared/decode/parquet.ts';
import type { JsonObject, OcsfEvent, Reject } from '../../../shared/model.ts';
import { createNormaliser } from '../../../shared/normalise.ts';
import { sourceNamed } from '../../../shared/sources/registry.ts';
import { createRandom } from '../../../local/demo/random.ts';
import { validateEvent } from '../../ocsf.ts';

const COMPRESSORS = {
  GZIP: (bytes: Uint8Array) => new Uint8Array(gzipSync(bytes)),
  ZSTD: (bytes: Uint8Array) => new Uint8Array(zstdCompressSync(bytes)),
  BROTLI: (bytes: Uint8Array) => new Uint8Array(brotliCompressSync(bytes)),
};
const ROWS = 120;

function times<T>(make: (index: number) => T, rows = ROWS): T[] {
  return Array.from({ length: rows }, (_, index) => make(index));
}

/** The schema of structures of text and whole numbers that are like this one. */
function schemaOf(sample: Readonly<Record<string, unknown>>): SchemaElement[] {
  return [
    { name: 'root', num_children: Object.keys(sample).length },
    ...Object.entries(sample).flatMap(([name, member]) => elementsOf(name, member)),
  ];
}

function elementsOf(name: string, member: unknown): SchemaElement[] {
  const element = { name, repetition_type: 'OPTIONAL' } as const;
  if (typeof member === 'number') return [{ ...element, type: 'INT64' }];
  if (typeof member !== 'object' || member === null) return [{ ...element, type: 'BYTE_ARRAY', converted_type: 'UTF8' }];
  const children = Object.entries(member);
  return [{ ...element, num_children: children.length }, ...children.flatMap(([child, inner]) => elementsOf(child, inner))];
}

type Options = Omit<Parameters<typeof parquetWriteBuffer>[0], 'columnData'>;

function fileOf(columnData: ColumnSource[], options: Options = {}): Buffer {
  return Buffer.from(parquetWriteBuffer({ columnData, compressors: COMPRESSORS, rowGroupSize: 50, ...options }));
}

interface Read {
  readonly rows: JsonObject[];
  readonly problem: Reject | undefined;
}

async function read(
  file: Buffer,
  limits: Partial<ParquetLimits> = {},
  settled: () => Promise<void> = () => Promise.resolve(),
): Promise<Read> {
  const rows: JsonObject[] = [];
  const reader = createParquetReader((row) => rows.push(row), settled, { ...PARQUET_LIMITS, ...limits });
  try {
    for (let at = 0; at < file.length; at += 1000) await reader.write(file.subarray(at, at + 1000));
    return { rows, problem: await reader.end() };
  } finally {
    await reader.dispose();
  }
}

const FLOWS: ColumnSource[] = [
  { name: 'version', data: times(() => 5), type: 'INT32' },
  { name: 'srcaddr', data: times((index) => `10.0.0.${index}`), type: 'STRING' },
  { name: 'dstaddr', data: times(() => '198.51.100.7'), type: 'STRING' },
  { name: 'bytes', data: times((index) => BigInt(index) * 1000n), type: 'INT64' },
  { name: 'start', data: times((index) => BigInt(1_767_225_600 + index)), type: 'INT64' },
  { name: 'log_status', data: times(() => 'OK'), type: 'STRING' },
];

describe('rows', () => {
  test.each(['UNCOMPRESSED', 'SNAPPY', 'GZIP', 'ZSTD', 'BROTLI'] as const)('come in their order, compressed with %s', async (codec) => {
    const { rows, problem } = await read(fileOf(FLOWS, { codec }));
    expect(problem).toBeUndefined();
    expect(rows).toEqual(
      times((index) => ({
        version: 5,
        srcaddr: `10.0.0.${index}`,
        dstaddr: '198.51.100.7',
        bytes: index * 1000,
        start: 1_767_225_600 + index,
        log_status: 'OK',
      })),
    );
  });

  test('hold values as JSON has them', async () => {
    const data = (one: unknown): unknown[] => [one, one];
    const { rows } = await read(
      fileOf([
        { name: 'big', data: data(9_007_199_254_740_993n), type: 'INT64' },
        { name: 'safe', data: data(-9_007_199_254_740_991n), type: 'INT64' },
        { name: 'time', data: data(new Date('2026-03-02T08:15:42.125Z')), type: 'TIMESTAMP' },
        { name: 'json', data: data({ a: [1, { b: null }] }), type: 'JSON' },
        { name: 'uuid', data: data('5d1f2c3a-0001-4000-8000-000000000001'), type: 'UUID' },
        { name: 'nothing', data: data(null), type: 'STRING', nullable: true },
        { name: 'flag', data: data(true), type: 'BOOLEAN' },
        { name: 'half', data: data(0.5), type: 'DOUBLE' },
        { name: 'none', data: data(Number.NaN), type: 'DOUBLE' },
        { name: 'list', data: data([1, 2]) },
        { name: 'object', data: data({ a: { b: 'x', c: ['y'] }, d: null }) },
      ]),
    );
    const expected = {
      big: '9007199254740993',
      safe: -9_007_199_254_740_991,
      time: '2026-03-02T08:15:42.125Z',
      json: { a: [1, { b: null }] },
      uuid: '5d1f2c3a-0001-4000-8000-000000000001',
      nothing: null,
      flag: true,
      half: 0.5,
      none: 'NaN',
      list: [1, 2],
      object: { a: { b: 'x', c: ['y'] }, d: null },
    };
    expect(rows).toEqual([expected, expected]);
  });

  test('maps are objects', async () => {
    const schema = [
      { name: 'root', num_children: 1 },
      { name: 'unmapped', repetition_type: 'OPTIONAL', converted_type: 'MAP', num_children: 1 },
      { name: 'key_value', repetition_type: 'REPEATED', num_children: 2 },
      { name: 'key', type: 'BYTE_ARRAY', converted_type: 'UTF8', repetition_type: 'REQUIRED' },
      { name: 'value', type: 'BYTE_ARRAY', converted_type: 'UTF8', repetition_type: 'OPTIONAL' },
    ] as const;
    const { rows, problem } = await read(fileOf([{ name: 'unmapped', data: [{ a: '1', b: null }, null] }], { schema: [...schema] }));
    expect(problem).toBeUndefined();
    expect(rows).toEqual([{ unmapped: { a: '1', b: null } }, { unmapped: null }]);
  });

  test('are waited for: the reader goes on when they have left memory', async () => {
    let waited = 0;
    const { rows } = await read(fileOf(FLOWS), {}, () => {
      waited++;
      return Promise.resolve();
    });
    expect(rows).toHaveLength(ROWS);
    // Once a row group at least.
    expect(waited).toBeGreaterThanOrEqual(3);
  });

  test('what fails behind the reader is no fault of the file', async () => {
    await expect(read(fileOf(FLOWS), {}, () => Promise.reject(new Error('disk full')))).rejects.toThrow('disk full');
  });
});

describe('limits', () => {
  const file = fileOf(FLOWS);

  test.each<[keyof ParquetLimits, number]>([
    ['fileBytes', 1000],
    ['footerBytes', 100],
    ['groupBytes', 500],
    ['groupValues', 100],
    ['expandedBytes', 1000],
  ])('%s', async (name, limit) => {
    const { rows, problem } = await read(file, { [name]: limit });
    expect(problem).toMatchObject({ code: 'too_large' });
    expect(rows.length).toBeLessThan(ROWS);
  });

  test('values in structures have a limit of their own', async () => {
    const nested = fileOf([{ name: 'object', data: times((index) => ({ a: String(index) })) }], {
      schema: schemaOf({ object: { a: '' } }),
    });
    expect(await read(nested, { nestedValues: 10 })).toMatchObject({ problem: { code: 'too_large' } });
    expect((await read(nested)).rows).toHaveLength(ROWS);
  });

  test('a run that says it is longer than its page is not believed', async () => {
    const same = fileOf([{ name: 'word', data: times(() => 'x', 1000), type: 'STRING', encoding: 'RLE_DICTIONARY' }], {
      codec: 'UNCOMPRESSED',
      rowGroupSize: 1000,
    });
    expect((await read(same)).rows).toHaveLength(1000);
    // 1000 times the first word: a header of two bytes, the index.
    const run = same.indexOf(Buffer.from([0xd0, 0x0f]));
    expect(run).toBeGreaterThan(0);
    same[run + 1] = 0x7f;
    expect(await read(same)).toMatchObject({ rows: [], problem: { code: 'corrupt_compression' } });
  });

  test('values that repeat the one before are counted as long as they are', async () => {
    const long = 'x'.repeat(10_000);
    const bomb = fileOf(
      [{ name: 'word', data: times((index) => long + String(index), 1000), type: 'STRING', encoding: 'DELTA_BYTE_ARRAY' }],
      { rowGroupSize: 1000 },
    );
    expect(bomb.length).toBeLessThan(100_000);
    expect(await read(bomb, { groupBytes: 5_000_000 })).toMatchObject({ rows: [], problem: { code: 'too_large' } });
    expect((await read(bomb)).rows).toHaveLength(1000);
  });
});

describe('damage', () => {
  const file = fileOf(FLOWS);

  test.each([0, 4, 12, file.length / 2, file.length - 1].map(Math.floor))('cut after %i bytes', async (length) => {
    const { rows, problem } = await read(file.subarray(0, length));
    expect({ rows, problem }).toMatchObject({ rows: [], problem: { code: 'corrupt_compression' } });
  });

  test('rows before it were handed on', async () => {
    const broken = Buffer.from(file);
    // Row groups follow each other; the second is somewhere in the middle.
    broken.fill(0xff, Math.floor(file.length * 0.35), Math.floor(file.length * 0.4));
    const { rows, problem } = await read(broken);
    expect(rows).toHaveLength(50);
    expect(problem).toEqual({ code: 'corrupt_compression', detail: 'Parquet that cannot be read, in row group 2' });
  });

  test('wherever it is, the reader ends, and says so', async () => {
    const random = createRandom(1);
    const files = [
      file,
      fileOf(FLOWS, { codec: 'UNCOMPRESSED' }),
      fileOf([{ name: 'object', data: times((index) => ({ a: index, b: [1] })) }]),
    ];
    for (let round = 0; round < 300; round++) {
      const broken = Buffer.from(random.pick(files as [Buffer, ...Buffer[]]));
      for (let bytes = random.int(1, 5); bytes > 0; bytes--) broken[random.int(4, broken.length - 9)] = random.int(0, 255);
      const { rows, problem } = await read(broken);
      expect(rows.length === ROWS || problem !== undefined).toBe(true);
      expect(['corrupt_compression', 'too_large', undefined]).toContain(problem?.code);
    }
  });
});

describe('a delivered body', () => {
  async function normalised(source: string, body: Buffer): Promise<{ events: OcsfEvent[]; parked: Reject[] }> {
    const events: OcsfEvent[] = [];
    const parked: Reject[] = [];
    const normaliser = createNormaliser({
      origin: { bank: 'demo', account: '222222222222', region: 'eu-central-1', source, trigger: 's3', uri: 's3://landing/x#1', time: 0 },
      source: sourceNamed(source),
      transforms: [],
      onEvent: (event) => events.push(event),
      onParked: ({ code, detail }) => parked.push({ code, detail }),
    });
    const reader = createBodyReader(normaliser, () => Promise.resolve());
    for (const byte of [body.subarray(0, 1), body.subarray(1, 3), body.subarray(3)]) await reader.write(byte);
    const problem = await reader.end();
    if (problem !== undefined) normaliser.unreadable(problem);
    await reader.dispose();
    const { counts } = normaliser.end();
    expect(counts.records).toBe(counts.events + counts.excluded + counts.parked);
    return { events, parked };
  }

  test('is told by its first bytes', async () => {
    expect(isParquet(Buffer.from('PAR1'))).toBe(true);
    expect(isParquet(Buffer.from('PAR'))).toBe(false);
    const line = '2 222222222222 eni-1 198.51.100.7 10.0.1.20 49152 443 6 12 3480 1767225600 1767225655 ACCEPT OK\n';
    expect((await normalised('vpc-flow', Buffer.from(line))).events).toHaveLength(1);
    expect((await normalised('vpc-flow', gzipSync(line))).events).toHaveLength(1);
    expect((await normalised('vpc-flow', Buffer.from('PAR'))).parked).toHaveLength(1);
  });

  test('of flows: every row is an event', async () => {
    const { events, parked } = await normalised('vpc-flow', fileOf(FLOWS));
    expect(parked).toEqual([]);
    expect(events).toHaveLength(ROWS);
    expect(new Set(events.map(({ metadata }) => metadata.uid)).size).toBe(ROWS);
    expect(events[7]).toMatchObject({
      class_uid: 4001,
      src_endpoint: { ip: '10.0.0.7' },
      traffic: { bytes: 7000 },
      time: 1_767_225_607_000,
    });
    for (const event of events) expect(validateEvent(event)).toEqual([]);
  });

  test('of Security Lake: every row is an event of 1.8.0', async () => {
    const row = {
      metadata: {
        version: '1.1.0',
        uid: createHash('sha256').update('1').digest('hex'),
        product: { name: 'CloudTrail', vendor_name: 'AWS', version: null },
      },
      time: 1_772_439_342_000,
      class_uid: 6003,
      activity_id: 2,
      severity_id: 1,
      status: null,
      cloud: { provider: 'AWS', region: 'eu-central-1' },
      actor: { user: { uid: 'arn:aws:iam::222222222222:user/anna', type: 'IAMUser' }, session: { issuer: null } },
      api: { operation: 'GetObject', request: { uid: 'r', data: '{"key":"a"}' } },
      src_endpoint: { ip: '192.0.2.1', domain: null },
    };
    const all = [row, row, { ...row, class_uid: 9999 }];
    const whole = (member: unknown): unknown => (typeof member === 'number' ? BigInt(member) : member);
    const body = fileOf(
      Object.keys(row).map((name) => ({ name, data: all.map((one) => whole((one as Readonly<Record<string, unknown>>)[name])) })),
      { codec: 'GZIP', schema: schemaOf(row) },
    );
    const { events, parked } = await normalised('ocsf', body);
    expect(parked).toEqual([{ code: 'bad_value', detail: 'class_uid names no class of OCSF 1.8.0' }]);
    expect(events).toHaveLength(2);
    expect(events[0]).toMatchObject({
      class_uid: 6003,
      api: { request: { data: { key: 'a' } } },
      unmapped: { metadata: { version: '1.1.0' } },
    });
    for (const event of events) expect(validateEvent(event)).toEqual([]);
  });

  test('torn: what came before is there, the rest is named', async () => {
    const { events, parked } = await normalised('vpc-flow', fileOf(FLOWS).subarray(0, 900));
    expect(events).toEqual([]);
    expect(parked).toEqual([{ code: 'corrupt_compression', detail: 'Parquet that cannot be read, before its rows' }]);
  });
});
