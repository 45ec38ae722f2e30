// Holds bytes until they are complete: in memory while they are few, else in a file under the system's temporary directory.
// https://nodejs.org/api/fs.html#class-filehandle
import { createHash, randomUUID } from 'node:crypto';
import { open, unlink, type FileHandle } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Readable } from 'node:stream';

/** Complete bytes, in memory or on disk. Every open() reads them from the start. */
export interface Spooled {
  /** Bytes. */
  readonly size: number;
  /** The bytes themselves, if they stayed in memory. */
  readonly bytes: Buffer | undefined;
  open(): Readable;
  /** A copy of so many bytes from there on, all of which there are. */
  read(position: number, length: number): Promise<ArrayBuffer>;
}

export interface Spool {
  /** Writes are made one after the other: await each before the next. The chunk must not be changed afterwards. */
  write(chunk: Uint8Array): Promise<void>;
  /** Nothing can be written any more. @returns what was written. */
  finish(): Promise<Spooled>;
  /** As finish().open(), once finish() has returned. */
  open(): Readable;
  /** Frees memory and disk space; what is still being read from disk ends with an error. May be called at any time and twice. */
  dispose(): Promise<void>;
}

/** Enough for nearly every delivered object, and a Lambda function has it. */
const MEMORY_LIMIT = 16 * 1024 * 1024;
const READ_BYTES = 256 * 1024;

/** @param options.memoryLimit bytes above which a file is used (default 16 MiB). */
export function createSpool(options: { readonly memoryLimit?: number } = {}): Spool {
  const memoryLimit = options.memoryLimit ?? MEMORY_LIMIT;
  let chunks: Uint8Array[] = [];
  let file: FileHandle | undefined;
  let size = 0;
  let closed = false;
  let spooled: Spooled | undefined;

  async function spill(): Promise<FileHandle> {
    const opened = await openUnnamed();
    if (closed) {
      await opened.close();
      throw new Error('spool: disposed of while it was written');
    }
    file = opened;
    for (const chunk of chunks) await writeAll(file, chunk);
    chunks = [];
    return file;
  }

  return {
    async write(chunk) {
      if (closed) throw new Error('spool: written to after its end');
      size += chunk.length;
      if (file === undefined && size <= memoryLimit) chunks.push(chunk);
      else await writeAll(file ?? (await spill()), chunk);
    },
    finish() {
      closed = true;
      spooled ??= file === undefined ? inMemory(Buffer.concat(chunks)) : onDisk(file, size);
      chunks = [];
      return Promise.resolve(spooled);
    },
    open() {
      if (spooled === undefined) throw new Error('spool: opened before its end or after it was disposed of');
      return spooled.open();
    },
    async dispose() {
      closed = true;
      spooled = undefined;
      chunks = [];
      const handle = file;
      file = undefined;
      await handle?.close();
    },
  };
}

/** Bytes that are in memory already, as if they had been spooled. */
export function inMemory(bytes: Buffer): Spooled {
  return {
    size: bytes.length,
    bytes,
    open: () => Readable.from([bytes], { objectMode: false }),
    read: (position, length) => Promise.resolve(new Uint8Array(bytes.subarray(position, position + length)).buffer),
  };
}

// The name is removed while the file is open, so that the disk space is freed even if the process is killed.
async function openUnnamed(): Promise<FileHandle> {
  const path = join(tmpdir(), `strongroom-${randomUUID()}`);
  const handle = await open(path, 'wx+', 0o600);
  await unlink(path);
  return handle;
}

// A write may take only part of the bytes (disk full, signals).
async function writeAll(file: FileHandle, chunk: Uint8Array): Promise<void> {
  for (let at = 0; at < chunk.length;) at += (await file.write(chunk, at)).bytesWritten;
}

function onDisk(file: FileHandle, size: number): Spooled {
  return {
    size,
    bytes: undefined,
    open: () => Readable.from(read(file, size), { objectMode: false }),
    read: (position, length) => readPart(file, position, length),
  };
}

async function readPart(file: FileHandle, position: number, length: number): Promise<ArrayBuffer> {
  const part = new Uint8Array(length);
  for (let at = 0; at < length;) {
    const { bytesRead } = await file.read(part, at, length - at, position + at);
    if (bytesRead === 0) throw new Error(`spool: file ends at ${position + at}, before ${position + length}`);
    at += bytesRead;
  }
  return part.buffer;
}

// Not createReadStream: its readers would share one descriptor number, which is another file's once it is closed.
async function* read(file: FileHandle, size: number): AsyncGenerator<Buffer> {
  for (let at = 0; at < size;) {
    const { bytesRead, buffer } = await file.read(Buffer.allocUnsafe(Math.min(READ_BYTES, size - at)), { position: at });
    if (bytesRead === 0) throw new Error(`spool: file ends at ${at} of ${size} bytes`);
    yield buffer.subarray(0, bytesRead);
    at += bytesRead;
  }
}

/** SHA-256 of complete bytes. */
export async function sha256Of(body: Spooled, encoding: 'hex' | 'base64'): Promise<string> {
  const hash = createHash('sha256');
  for await (const chunk of body.open() as AsyncIterable<Buffer>) hash.update(chunk);
  return hash.digest(encoding);
}
