// Keeps finished hub records, each with its length before it, until the evidence they belong to is sealed; on disk where they are many.
import type { Readable } from 'node:stream';
import { createSpool } from '../seal/spool.ts';

export interface FrameSpool {
  /** Takes a record at once; what it costs is waited for in settled(). */
  add(record: Buffer): void;
  /** Resolves when what was added is in its place. */
  settled(): Promise<void>;
  /** @returns the records in the order in which they were added. */
  finish(): Promise<AsyncIterable<Buffer>>;
  dispose(): Promise<void>;
}

/** @param options as createSpool() takes them. */
export function createFrameSpool(options: Parameters<typeof createSpool>[0] = {}): FrameSpool {
  const spool = createSpool(options);
  let last: Promise<void> = Promise.resolve();
  return {
    add(record) {
      const length = Buffer.alloc(4);
      length.writeUInt32BE(record.length);
      last = last.then(() => spool.write(length)).then(() => spool.write(record));
      // Reported by settled(); without this a failure before it is awaited would end the process.
      last.catch(() => undefined);
    },
    settled: () => last,
    async finish() {
      await last;
      await spool.finish();
      return frames(spool.open());
    },
    dispose: () => spool.dispose(),
  };
}

async function* frames(stream: Readable): AsyncGenerator<Buffer> {
  let rest: Buffer = Buffer.alloc(0);
  for await (const chunk of stream as AsyncIterable<Buffer>) {
    rest = rest.length === 0 ? chunk : Buffer.concat([rest, chunk]);
    while (rest.length >= 4 && rest.length >= 4 + rest.readUInt32BE(0)) {
      const end = 4 + rest.readUInt32BE(0);
      yield rest.subarray(4, end);
      rest = rest.subarray(end);
    }
  }
  if (rest.length > 0) throw new Error('frame spool: the last record is cut');
}
