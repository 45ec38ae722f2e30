// Apache Parquet: rows as JSON objects, one row group after the other, in bounded memory. https://parquet.apache.org/docs/file-format/
// The file is needed as a whole (what it holds is said at its end), so it is spooled first.
import { parquetMetadataAsync, parquetReadObjects, parquetSchema, type AsyncBuffer, type FileMetaData, type RowGroup } from 'hyparquet';
import { getMaxDefinitionLevel, getMaxRepetitionLevel, getTreePath } from 'hyparquet/src/schema.js';
import type { JsonObject, Reject } from '../model.ts';
import { createSpool, type Spooled } from '../seal/spool.ts';
import { checkColumn, COMPRESSORS, ParquetLimitError, type Budget } from './parquet-guard.ts';
import { PARSERS, rowToJson } from './parquet-values.ts';

export interface ParquetLimits {
  /** Of the file. */
  readonly fileBytes: number;
  /** Of what the file says about itself, at its end. */
  readonly footerBytes: number;
  /** Expanded, of one row group. */
  readonly groupBytes: number;
  /** Values of one row group, in all its columns. */
  readonly groupValues: number;
  /** Of them, values in structures and lists. */
  readonly nestedValues: number;
  /** Of all rows as text. */
  readonly expandedBytes: number;
}

/** AWS delivers files of 75 MB, whose row groups expand to 128 MiB at most; the rest is room. */
export const PARQUET_LIMITS: ParquetLimits = {
  fileBytes: 1024 ** 3,
  footerBytes: 8 * 1024 ** 2,
  groupBytes: 512 * 1024 ** 2,
  groupValues: 64 * 1024 ** 2,
  nestedValues: 16 * 1024 ** 2,
  expandedBytes: 4 * 1024 ** 3,
};

/** Values that are decoded at once: what rows of the group are in memory. */
const VALUES_AT_ONCE = 2 * 1024 ** 2;
/** Rows after which what was made of them has to leave memory. */
const ROWS_AT_ONCE = 1000;

const MAGIC = 'PAR1';

/** @param head the first bytes. */
export function isParquet(head: Uint8Array): boolean {
  return head.length >= MAGIC.length && Buffer.from(head.subarray(0, MAGIC.length)).toString('latin1') === MAGIC;
}

export interface ParquetReader {
  /** Takes the file's bytes; awaited before the next. */
  write(chunk: Buffer): Promise<void>;
  /** All bytes have come: hands every row on. @returns why it could not be read to its end. */
  end(): Promise<Reject | undefined>;
  dispose(): Promise<void>;
}

/** @param onRow one row, and its JSON text. @param settled resolves when what was made of the rows so far has left memory. */
export function createParquetReader(
  onRow: (row: JsonObject, text: string) => void,
  settled: () => Promise<unknown>,
  limits: ParquetLimits = PARQUET_LIMITS,
): ParquetReader {
  const spool = createSpool();
  let size = 0;
  return {
    async write(chunk) {
      size += chunk.length;
      if (size <= limits.fileBytes) await spool.write(chunk);
    },
    async end() {
      if (size > limits.fileBytes) return { code: 'too_large', detail: `a Parquet file of more than ${limits.fileBytes} bytes` };
      return await readFile(await spool.finish(), { onRow, settled, limits });
    },
    dispose: () => spool.dispose(),
  };
}

interface Job {
  readonly onRow: (row: JsonObject, text: string) => void;
  readonly settled: () => Promise<unknown>;
  readonly limits: ParquetLimits;
}

/** Where the reading stands, for the one who has to say what is missing. */
interface Progress {
  group: number;
  expanded: number;
}

async function readFile(spooled: Spooled, job: Job): Promise<Reject | undefined> {
  const progress: Progress = { group: 0, expanded: 0 };
  const file = fileOf(spooled);
  try {
    await readGroups(file.buffer, job, progress);
    return undefined;
  } catch (error) {
    // Not the file's fault, nor the decoder's: reading it, or handing its rows on, has failed.
    if (file.failed() !== undefined) throw file.failed();
    if (error instanceof HandOverError) throw error.cause;
    const where = progress.group === 0 ? 'before its rows' : `in row group ${progress.group}`;
    if (error instanceof ParquetLimitError) return { code: 'too_large', detail: `Parquet, ${where}: ${error.message}` };
    // The decoder's own words may hold names from the file.
    return { code: 'corrupt_compression', detail: `Parquet that cannot be read, ${where}` };
  }
}

class HandOverError extends Error {
  override readonly name = 'HandOverError';
}

function fileOf(spooled: Spooled): { readonly buffer: AsyncBuffer; readonly failed: () => unknown } {
  let failed: unknown;
  return {
    failed: () => failed,
    buffer: {
      byteLength: spooled.size,
      // Never fails: the decoder fetches ahead, and does not wait for all that it asked for. Too few bytes it notices.
      async slice(start, end = spooled.size) {
        if (!(start >= 0 && start <= end && end <= spooled.size)) return new ArrayBuffer(0);
        try {
          return await spooled.read(start, end - start);
        } catch (error) {
          failed ??= error;
          return new ArrayBuffer(0);
        }
      },
    },
  };
}

async function readGroups(file: AsyncBuffer, job: Job, progress: Progress): Promise<void> {
  const metadata = await readMetadata(file, job.limits);
  let groupStart = 0;
  for (const group of metadata.row_groups) {
    progress.group++;
    const rows = await checkGroup(file, metadata, group, job.limits);
    const step = Math.max(1, Math.floor(VALUES_AT_ONCE / Math.max(1, group.columns.length)));
    for (let rowStart = 0; rowStart < rows; rowStart += step) {
      const rowEnd = Math.min(rowStart + step, rows);
      const found = await parquetReadObjects({
        file,
        metadata,
        rowStart: groupStart + rowStart,
        rowEnd: groupStart + rowEnd,
        compressors: COMPRESSORS,
        parsers: PARSERS,
        geoparquet: false,
      });
      await handOver(found, job, progress);
    }
    groupStart += rows;
  }
}

async function handOver(
  rows: readonly Readonly<Record<string, unknown>>[],
  { onRow, settled, limits }: Job,
  progress: Progress,
): Promise<void> {
  for (const [index, row] of rows.entries()) {
    const json = rowToJson(row);
    const text = JSON.stringify(json);
    progress.expanded += text.length;
    if (progress.expanded > limits.expandedBytes) throw new ParquetLimitError(`expands to more than ${limits.expandedBytes} bytes`);
    try {
      onRow(json, text);
      if (index % ROWS_AT_ONCE === ROWS_AT_ONCE - 1 || index === rows.length - 1) await settled();
    } catch (error) {
      throw new HandOverError('a row could not be handed over', { cause: error });
    }
  }
}

async function readMetadata(file: AsyncBuffer, limits: ParquetLimits): Promise<FileMetaData> {
  const tail = new DataView(await file.slice(Math.max(0, file.byteLength - 8)));
  if (tail.byteLength < 8 || !isParquet(new Uint8Array(tail.buffer, 4))) throw new Error('no footer');
  if (tail.getUint32(0, true) > limits.footerBytes) throw new ParquetLimitError(`more than ${limits.footerBytes} bytes about itself`);
  const metadata = await parquetMetadataAsync(file, { parsers: PARSERS, geoparquet: false });
  if (metadata.schema.some(({ logical_type: type }) => type?.type === 'VARIANT')) throw new Error('variants are not supported');
  return metadata;
}

/** @returns how many rows the group has. */
async function checkGroup(file: AsyncBuffer, metadata: FileMetaData, group: RowGroup, limits: ParquetLimits): Promise<number> {
  const rows = Number(group.num_rows);
  const budget: Budget = { bytes: limits.groupBytes, values: limits.groupValues, nested: limits.nestedValues };
  const tree = parquetSchema(metadata);
  if (!Number.isSafeInteger(rows) || rows < 0) throw new Error('number of rows');
  for (const { meta_data: column } of group.columns) {
    if (column === undefined) throw new Error('column without metadata');
    const path = getTreePath(tree, column.path_in_schema);
    const levels = { repetition: getMaxRepetitionLevel(path), definition: getMaxDefinitionLevel(path), isNested: path.length > 2 };
    // The same range as the decoder takes.
    const start = Number(column.dictionary_page_offset ?? 0) || Number(column.data_page_offset);
    const chunk = await file.slice(start, start + Number(column.total_compressed_size));
    if (checkColumn(chunk, column, levels, budget) < rows) throw new Error('column has fewer values than the group has rows');
  }
  return rows;
}
