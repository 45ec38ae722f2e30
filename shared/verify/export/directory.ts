// The directory that an export is written into: nobody but its owner reads it, and nothing was in it before.
// https://nodejs.org/api/fs.html#file-modes
import { createHash } from 'node:crypto';
import { createReadStream, existsSync, mkdirSync, readdirSync, writeFileSync } from 'node:fs';
import { open } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { MisconfiguredError } from '../../errors.ts';
import type { Manifest } from './format.ts';

export type FileEntry = Manifest['files'][number];

export interface Directory {
  write(file: string, content: string | Buffer): FileEntry;
  /** One call at a time. A file of that name is begun anew. */
  writer(file: string): Writer;
  /** What a file that was written piece by piece has become. */
  entry(file: string): Promise<FileEntry>;
}

export interface Writer {
  write(piece: string | Uint8Array): Promise<void>;
  /** May be called twice. @returns whether anything was written. */
  close(): Promise<boolean>;
}

const OWNER_ONLY = { directory: 0o700, file: 0o600 };
/** What one system call is worth. */
const BUFFER_BYTES = 256 * 1024;

/** @throws MisconfiguredError where something is there already. */
export function makeDirectory(path: string): Directory {
  if (existsSync(path) && readdirSync(path).length > 0) throw new MisconfiguredError(`--out ${path} is not empty: name a new directory`);
  mkdirSync(path, { recursive: true, mode: OWNER_ONLY.directory });
  const folders = new Set<string>();
  const place = (file: string): string => {
    const full = join(path, file);
    const folder = dirname(full);
    if (!folders.has(folder)) mkdirSync(folder, { recursive: true, mode: OWNER_ONLY.directory });
    folders.add(folder);
    return full;
  };
  return {
    write(file, content) {
      const bytes = Buffer.from(content);
      writeFileSync(place(file), bytes, { mode: OWNER_ONLY.file });
      return { file, size: bytes.length, sha256: createHash('sha256').update(bytes).digest('hex') };
    },
    writer: (file) => writerTo(() => place(file)),
    async entry(file) {
      const hash = createHash('sha256');
      let size = 0;
      for await (const chunk of createReadStream(place(file)) as AsyncIterable<Buffer>) {
        hash.update(chunk);
        size += chunk.length;
      }
      return { file, size, sha256: hash.digest('hex') };
    },
  };
}

/** Opened by the first piece. */
function writerTo(place: () => string): Writer {
  let opened: ReturnType<typeof open> | undefined;
  let pieces: Uint8Array[] = [];
  let held = 0;

  async function flush(): Promise<void> {
    opened ??= open(place(), 'w', OWNER_ONLY.file);
    const bytes = Buffer.concat(pieces);
    pieces = [];
    held = 0;
    await (await opened).appendFile(bytes);
  }

  return {
    async write(piece) {
      const bytes = Buffer.from(piece);
      pieces.push(bytes);
      held += bytes.length;
      if (held >= BUFFER_BYTES) await flush();
    },
    async close() {
      if (pieces.length > 0) await flush();
      const isWritten = opened !== undefined;
      await (await opened)?.close();
      opened = undefined;
      return isWritten;
    },
  };
}
