// Looks through a column of a Parquet file before it is decoded: the decoder believes what a page says of its size and of its runs, and a few
// hostile bytes would make it fill the memory. https://parquet.apache.org/docs/file-format/data-pages/encodings/
import { brotliDecompressSync, gunzipSync, zstdDecompressSync } from 'node:zlib';
import type { ColumnMetaData, Compressors, DataReader, PageHeader } from 'hyparquet';
import { compressors as ofLibrary } from 'hyparquet-compressors';
import { parquetHeader } from 'hyparquet/src/column.js';
import { decompressPage } from 'hyparquet/src/datapage.js';
import { deltaBinaryUnpack } from 'hyparquet/src/delta.js';
import { readVarInt } from 'hyparquet/src/thrift.js';

/** What may still be taken from a row group; each page takes its part. */
export interface Budget {
  bytes: number;
  values: number;
  /** Of columns in structures and lists, which are decoded as a whole. */
  nested: number;
}

/** The file is larger than its reader may be; what was read before is good. */
export class ParquetLimitError extends Error {
  override readonly name = 'ParquetLimitError';
}

/** How deep the values of a column lie. */
export interface Levels {
  readonly repetition: number;
  readonly definition: number;
  readonly isNested: boolean;
}

interface Column {
  readonly metadata: ColumnMetaData;
  readonly levels: Levels;
  readonly budget: Budget;
}

/** Node's own decompressors stop at a limit, and are faster. */
export const COMPRESSORS: Compressors = {
  ...ofLibrary,
  GZIP: (input, length) => gunzipSync(input, { maxOutputLength: Math.max(1, length) }),
  ZSTD: (input, length) => zstdDecompressSync(input, { maxOutputLength: Math.max(1, length) }),
  BROTLI: (input, length) => brotliDecompressSync(input, { maxOutputLength: Math.max(1, length) }),
};

/** @returns how many values the data pages of the column have. @throws Error if a page is not what it says; ParquetLimitError. */
export function checkColumn(chunk: ArrayBuffer, metadata: ColumnMetaData, levels: Levels, budget: Budget): number {
  const column = { metadata, levels, budget };
  const reader: DataReader = { view: new DataView(chunk), offset: 0 };
  let values = 0;
  while (reader.offset < chunk.byteLength - 1 && (levels.repetition > 0 || values < metadata.num_values)) {
    const header = parquetHeader(reader);
    const { compressed_page_size: size } = header;
    if (size < 0 || reader.offset + size > chunk.byteLength) throw new Error('page reaches beyond its column');
    const bytes = new Uint8Array(chunk, reader.offset, size);
    reader.offset += size;
    values += checkPage(bytes, header, column);
  }
  return values;
}

function checkPage(bytes: Uint8Array, header: PageHeader, column: Column): number {
  const { metadata, budget } = column;
  const data = header.data_page_header ?? header.data_page_header_v2;
  const count = data?.num_values ?? header.dictionary_page_header?.num_values;
  if (count === undefined) throw new Error('page of an unknown kind');
  take(budget, count, header.uncompressed_page_size);
  if (column.levels.isNested) takeNested(budget, count);
  if (data === undefined) return 0;
  const body = header.data_page_header_v2 === undefined ? firstBody(bytes, header, column) : secondBody(bytes, header, column);
  checkValues(body, data.encoding, { count, type: metadata.type, budget });
  return count;
}

function take(budget: Budget, values: number, bytes: number): void {
  if (!(values >= 0) || !(bytes >= 0)) throw new Error('page of a negative size');
  budget.values -= values;
  budget.bytes -= bytes;
  if (budget.values < 0) throw new ParquetLimitError('too many values in a row group');
  if (budget.bytes < 0) throw new ParquetLimitError('too many bytes in a row group');
}

function takeNested(budget: Budget, values: number): void {
  budget.nested -= values;
  if (budget.nested < 0) throw new ParquetLimitError('too many values in structures of a row group');
}

/** Version 1: levels and values are compressed together, each level behind its length. @returns the values. */
function firstBody(bytes: Uint8Array, header: PageHeader, { metadata, levels }: Column): Uint8Array {
  const page = decompressPage(bytes, header.uncompressed_page_size, metadata.codec, COMPRESSORS);
  const count = header.data_page_header?.num_values ?? 0;
  let at = 0;
  for (const level of [levels.repetition, levels.definition]) if (level > 0) at = checkPrefixed(page, at, widthOf(level), count);
  return page.subarray(at);
}

/** Version 2: the levels stand before the values, uncompressed; the header has their lengths. @returns the values. */
function secondBody(bytes: Uint8Array, header: PageHeader, { metadata, levels }: Column): Uint8Array {
  const head = header.data_page_header_v2;
  if (head === undefined || head.num_nulls < 0 || head.num_nulls > head.num_values) throw new Error('page header is damaged');
  const { repetition_levels_byte_length: repetition, definition_levels_byte_length: definition } = head;
  if (repetition < 0 || definition < 0 || repetition + definition > bytes.length) throw new Error('levels reach beyond their page');
  if (levels.repetition > 0) checkRuns(bytes.subarray(0, repetition), widthOf(levels.repetition), head.num_values);
  if (levels.definition > 0) checkRuns(bytes.subarray(repetition, repetition + definition), widthOf(levels.definition), head.num_values);
  const rest = bytes.subarray(repetition + definition);
  const length = header.uncompressed_page_size - repetition - definition;
  return head.is_compressed === false ? rest : decompressPage(rest, length, metadata.codec, COMPRESSORS);
}

function widthOf(level: number): number {
  return 32 - Math.clz32(level);
}

interface Values {
  readonly count: number;
  readonly type: ColumnMetaData['type'];
  readonly budget: Budget;
}

function checkValues(body: Uint8Array, encoding: string, { count, type, budget }: Values): void {
  switch (encoding) {
    case 'PLAIN_DICTIONARY':
    case 'RLE_DICTIONARY':
      if (body.length > 0) checkRuns(body.subarray(1), body[0] ?? 0, count);
      return;
    case 'RLE':
      checkPrefixed(body, 0, 1, count);
      return;
    case 'DELTA_BINARY_PACKED':
    case 'DELTA_LENGTH_BYTE_ARRAY':
      checkBlocks(body);
      return;
    case 'DELTA_BYTE_ARRAY':
      checkPrefixes(body, count, budget);
      return;
    case 'BYTE_STREAM_SPLIT':
      // As many bytes as the values have: the decoder takes the length of a value from the schema.
      if (type === 'FIXED_LEN_BYTE_ARRAY') throw new Error('encoding is not supported for this type');
      return;
    default:
      // Plain values run out with their page.
      return;
  }
}

/** Runs behind their length. @returns where they end. */
function checkPrefixed(bytes: Uint8Array, at: number, width: number, count: number): number {
  if (at + 4 > bytes.length) throw new Error('levels are missing');
  const length = new DataView(bytes.buffer, bytes.byteOffset + at, 4).getUint32(0, true);
  const end = at + 4 + length;
  if (end > bytes.length) throw new Error('levels reach beyond their page');
  checkRuns(bytes.subarray(at + 4, end), width, count);
  return end;
}

/** A last group of packed values may be filled up; some writers fill up a whole block. */
const PADDING = 1024;

/** Runs of one value, and packed values: no more of them than the page has. */
function checkRuns(bytes: Uint8Array, width: number, count: number): void {
  if (width > 32) throw new Error('values are too wide');
  const reader: DataReader = { view: new DataView(bytes.buffer, bytes.byteOffset, bytes.length), offset: 0 };
  // There are fewer values than the page has places where some are null.
  for (let seen = 0; seen < count && reader.offset < bytes.length;) {
    const header = readVarInt(reader);
    const isPacked = (header & 1) === 1;
    const length = isPacked ? (header >>> 1) * 8 : header >>> 1;
    if (header < 0 || length > count - seen + (isPacked ? PADDING : 0)) throw new Error('run is longer than its page');
    reader.offset += isPacked ? (length / 8) * width : (width + 7) >> 3;
    seen += length;
  }
}

const MAX_BLOCK = 65_536;

/** @returns how many bytes the blocks begin with. */
function checkBlocks(bytes: Uint8Array): void {
  const reader: DataReader = { view: new DataView(bytes.buffer, bytes.byteOffset, bytes.length), offset: 0 };
  const block = readVarInt(reader);
  const parts = readVarInt(reader);
  if (block <= 0 || block > MAX_BLOCK || parts <= 0 || parts > block || block % parts !== 0) throw new Error('blocks are damaged');
}

/** Each value repeats the beginning of the one before: what they are together decides. */
function checkPrefixes(bytes: Uint8Array, count: number, budget: Budget): void {
  const reader: DataReader = { view: new DataView(bytes.buffer, bytes.byteOffset, bytes.length), offset: 0 };
  for (let part = 0; part < 2; part++) {
    checkBlocks(bytes.subarray(reader.offset));
    const lengths = new Int32Array(count);
    deltaBinaryUnpack(reader, count, lengths);
    for (const length of lengths) take(budget, 0, length);
  }
}
