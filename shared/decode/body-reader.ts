// Reads a delivered body, whatever holds its records: bytes, compressed or not, or a Parquet file, told by its first bytes.
import type { Reject } from '../model.ts';
import type { Normaliser } from '../normalise.ts';
import { createDecompressor, type DecompressLimits } from './decompress.ts';
import { createParquetReader, isParquet, PARQUET_LIMITS } from './parquet.ts';

export interface BodyReader {
  /** Takes delivered bytes; awaited before the next. */
  write(chunk: Buffer): Promise<void>;
  /** All bytes have come. @returns why they could not be read to their end; what came before was handed on. */
  end(): Promise<Reject | undefined>;
  /** Frees what it has on disk. */
  dispose(): Promise<void>;
}

/** Bytes that tell. */
const HEAD_BYTES = 4;

export interface BodyOptions {
  readonly limits?: DecompressLimits | undefined;
  /** Sees what the bytes expand to; of a Parquet file nothing. */
  readonly onExpanded?: ((chunk: Buffer) => void) | undefined;
}

/** @param settled resolves when what was handed on so far has left memory. */
export function createBodyReader(
  normaliser: Pick<Normaliser, 'push' | 'record'>,
  settled: () => Promise<unknown>,
  { limits, onExpanded }: BodyOptions = {},
): BodyReader {
  let head: Buffer = Buffer.alloc(0);
  let inner: BodyReader | undefined;

  async function start(): Promise<BodyReader> {
    inner = isParquet(head) ? rows() : bytes();
    await inner.write(head);
    return inner;
  }

  function rows(): BodyReader {
    const expandedBytes = limits?.expandedBytes ?? PARQUET_LIMITS.expandedBytes;
    return createParquetReader((json, text) => normaliser.record(text, { json }), settled, { ...PARQUET_LIMITS, expandedBytes });
  }

  function bytes(): BodyReader {
    const push = (chunk: Buffer): void => {
      onExpanded?.(chunk);
      normaliser.push(chunk);
    };
    return { ...createDecompressor(push, limits, settled), dispose: () => Promise.resolve() };
  }

  return {
    async write(chunk) {
      if (inner !== undefined) {
        await inner.write(chunk);
        return;
      }
      head = head.length === 0 ? chunk : Buffer.concat([head, chunk]);
      if (head.length >= HEAD_BYTES) await start();
    },
    end: async () => await (inner ?? (await start())).end(),
    dispose: async () => await inner?.dispose(),
  };
}
