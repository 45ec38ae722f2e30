// gzip RFC 1952, zstd RFC 8878, or plain, told by the first bytes. https://nodejs.org/api/zlib.html
import type { Transform } from 'node:stream';
import { createGunzip, createZstdDecompress } from 'node:zlib';
import type { Reject } from '../model.ts';

export interface Decompressor {
  /** Takes delivered bytes; resolves when all that could be expanded from them has been handed to `onChunk`. */
  write(chunk: Buffer): Promise<void>;
  /** @returns why the bytes could not be read to their end, or undefined if they could. What came before was handed on. */
  end(): Promise<Reject | undefined>;
}

export interface DecompressLimits {
  /** Expanded bytes after which reading stops. */
  readonly expandedBytes: number;
}

/** 4 GiB expanded: far above what any AWS service delivers (75 MB compressed), far below what would fill the spool disk. */
export const DEFAULT_LIMITS: DecompressLimits = { expandedBytes: 4 * 1024 ** 3 };

// Large output chunks cost fewer calls; records are cut from them without copying.
const CHUNK_BYTES = 256 * 1024;

/**
 * Streams delivered bytes through the right decompressor. Never throws for bad bytes: that is what end() tells.
 * @param settled resolves when what was made of the chunks so far has left memory; nothing more is expanded before. What it throws, write()
 * or end() throws. Without it, one small compressed chunk may become any number of chunks at once.
 */
export function createDecompressor(
  onChunk: (chunk: Buffer) => void,
  limits: DecompressLimits = DEFAULT_LIMITS,
  settled?: () => Promise<unknown>,
): Decompressor {
  let head: Buffer = Buffer.alloc(0);
  let inner: Decompressor | undefined;
  const bounded = boundedSink(onChunk, limits);

  async function start(): Promise<Decompressor> {
    inner = selectDecompressor(head, bounded, settled);
    await inner.write(head);
    return inner;
  }

  return {
    async write(chunk) {
      if (inner !== undefined) {
        await inner.write(chunk);
        return;
      }
      head = head.length === 0 ? chunk : Buffer.concat([head, chunk]);
      if (head.length >= 4) await start();
    },
    async end() {
      const problem = await (inner ?? (await start())).end();
      return bounded.exceeded() ?? problem;
    },
  };
}

interface BoundedSink {
  readonly push: (chunk: Buffer) => boolean;
  readonly exceeded: () => Reject | undefined;
}

function boundedSink(onChunk: (chunk: Buffer) => void, limits: DecompressLimits): BoundedSink {
  let expanded = 0;
  return {
    push(chunk) {
      expanded += chunk.length;
      if (expanded > limits.expandedBytes) return false;
      onChunk(chunk);
      return true;
    },
    exceeded: () =>
      expanded > limits.expandedBytes ? { code: 'too_large', detail: `expands to more than ${limits.expandedBytes} bytes` } : undefined,
  };
}

function selectDecompressor(head: Buffer, sink: BoundedSink, settled?: () => Promise<unknown>): Decompressor {
  const chunkSize = CHUNK_BYTES;
  if (head.length >= 2 && head[0] === 0x1f && head[1] === 0x8b) return zlibDecompressor(createGunzip({ chunkSize }), sink, settled);
  if (head.length >= 4 && head.readUInt32LE(0) === 0xfd2fb528) return zlibDecompressor(createZstdDecompress({ chunkSize }), sink, settled);
  return plainDecompressor(sink);
}

function plainDecompressor(sink: BoundedSink): Decompressor {
  let open = true;
  return {
    write(chunk) {
      if (open && chunk.length > 0) open = sink.push(chunk);
      return Promise.resolve();
    },
    end: () => Promise.resolve(undefined),
  };
}

// 'data' handlers rather than an async iterator: an iterator drops what was expanded just before the damage is noticed.
function zlibDecompressor(stream: Transform, sink: BoundedSink, settled?: () => Promise<unknown>): Decompressor {
  let problem: Reject | undefined;
  let failure: { readonly error: unknown } | undefined;
  let closed = false;
  const finished = new Promise<void>((resolve) => {
    stream.on('data', (chunk: Buffer) => {
      if (closed) return;
      if (!sink.push(chunk)) stop();
      else if (settled !== undefined) pauseUntil(settled());
    });
    stream.on('error', (error: NodeJS.ErrnoException) => {
      problem = { code: 'corrupt_compression', detail: error.code ?? error.message };
      stop();
    });
    stream.on('close', stop);
    stream.on('end', stop);
    function stop(): void {
      closed = true;
      stream.destroy();
      resolve();
    }
    function pauseUntil(room: Promise<unknown>): void {
      stream.pause();
      room.then(
        () => stream.resume(),
        (error: unknown) => {
          failure = { error };
          stop();
        },
      );
    }
  });
  return {
    async write(chunk) {
      if (!closed) await Promise.race([new Promise<void>((resolve) => stream.write(chunk, () => resolve())), finished]);
      if (failure !== undefined) throw failure.error;
    },
    async end() {
      if (!closed) stream.end();
      await finished;
      if (failure !== undefined) throw failure.error;
      return problem;
    },
  };
}
