// gzip RFC 1952, zstd RFC 8878, or plain, told by the first bytes. https://nodejs.org/api/zlib.html
import { createGunzip, createZstdDecompress, type Gunzip, type ZstdDecompress } from 'node:zlib';
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
  if (head.length >= 2 && head[0] === 0x1f && head[1] === 0x8b)
    return compressedDecompressor(() => memberOf(createGunzip({ chunkSize }), sink, settled));
  if (head.length >= 4 && head.readUInt32LE(0) === 0xfd2fb528)
    return compressedDecompressor(() => memberOf(createZstdDecompress({ chunkSize }), sink, settled));
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

/** A gzip member or zstd frame. */
interface Member {
  /** @returns what of the chunk lies behind the member's end; undefined while the end has not come. */
  write(chunk: Buffer): Promise<Buffer | undefined>;
  end(): Promise<Reject | undefined>;
  /** Nothing more can be made of the unit: it is damaged, or beyond the limit. */
  readonly failed: () => boolean;
}

/** One member behind the other, with or without zeros between them. zlib's own streams end at the zeros, and some at the first member. */
function compressedDecompressor(nextMember: () => Member): Decompressor {
  let member: Member | undefined;
  return {
    async write(chunk) {
      let rest: Buffer | undefined = chunk;
      while (rest !== undefined && member?.failed() !== true) {
        if (member === undefined) {
          const start = rest.findIndex((byte) => byte !== 0);
          if (start < 0) return;
          rest = rest.subarray(start);
          member = nextMember();
        }
        rest = await member.write(rest);
        if (rest !== undefined) member = undefined;
      }
    },
    end: async () => await member?.end(),
  };
}

function memberOf(stream: Gunzip | ZstdDecompress, sink: BoundedSink, settled?: () => Promise<unknown>): Member {
  let ending: Ending | undefined;
  let taken = 0;
  const finished = drain(stream, sink, settled).then((how) => {
    ending = how;
  });
  return {
    failed: () => ending?.failed === true,
    async write(chunk) {
      taken += chunk.length;
      await Promise.race([new Promise<void>((resolve) => stream.write(chunk, () => resolve())), finished]);
      if (ending?.thrown !== undefined) throw ending.thrown.error;
      // The stream ends within the chunk that holds its end, and counts what it has used of it.
      return ending?.failed === false ? chunk.subarray(chunk.length - (taken - stream.bytesWritten)) : undefined;
    },
    async end() {
      if (ending === undefined) stream.end();
      await finished;
      if (ending?.thrown !== undefined) throw ending.thrown.error;
      return ending?.problem;
    },
  };
}

interface Ending {
  /** False: the member was read to its end. */
  readonly failed: boolean;
  readonly problem?: Reject;
  readonly thrown?: { readonly error: unknown };
}

// 'data' handlers rather than an async iterator: an iterator drops what was expanded just before the damage is noticed.
function drain(stream: Gunzip | ZstdDecompress, sink: BoundedSink, settled?: () => Promise<unknown>): Promise<Ending> {
  return new Promise((resolve) => {
    let open = true;
    stream.on('data', (chunk: Buffer) => {
      if (!open) return;
      if (!sink.push(chunk)) stop({ failed: true });
      else if (settled !== undefined) pauseUntil(settled());
    });
    stream.on('error', (error: NodeJS.ErrnoException) => {
      stop({ failed: true, problem: { code: 'corrupt_compression', detail: error.code ?? error.message } });
    });
    stream.on('end', () => stop({ failed: false }));
    function stop(ending: Ending): void {
      open = false;
      stream.destroy();
      resolve(ending);
    }
    function pauseUntil(room: Promise<unknown>): void {
      stream.pause();
      room.then(
        () => stream.resume(),
        (error: unknown) => stop({ failed: true, thrown: { error } }),
      );
    }
  });
}
