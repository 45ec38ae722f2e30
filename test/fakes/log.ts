// A log's store and table in memory. Each write can be the last one before everything ends, and each call can be made to wait for a scheduler.
import { createPublicKey, generateKeyPairSync } from 'node:crypto';
import { setImmediate as turn } from 'node:timers/promises';
import type { Head, LogIndex } from '../../shared/notary/head.ts';
import { localSigner } from '../../shared/notary/local-signer.ts';
import type { KmsSigner } from '../../shared/notary/signer.ts';
import type { LogStore } from '../../shared/notary/store.ts';
import type { SignatureKind } from '../../shared/notary/verifier.ts';

export class Crash extends Error {
  override readonly name = 'Crash';
}

/** What a process goes through: after so many writes it is dead, and every further call of it fails. */
export interface Process {
  /** Writes that were done. */
  writes(): number;
  /** Awaited before every call. */
  before(): Promise<void>;
  /** Called after every write. */
  wrote(): void;
}

/** @param writes after which the process ends; the last one is done, its caller does not hear of it. */
export function processOf(writes = Infinity, pause: () => Promise<unknown> = () => turn()): Process {
  let done = 0;
  const check = (): void => {
    if (done >= writes) throw new Crash(`ended after ${done} writes`);
  };
  return {
    writes: () => done,
    before: async () => {
      check();
      await pause();
      check();
    },
    wrote: () => {
      done++;
      check();
    },
  };
}

export interface MemoryLog {
  readonly files: Map<string, Buffer>;
  readonly entries: Map<string, number>;
  readonly head: { value: Head | undefined };
  /** Seen by a process of its own. */
  readonly open: (process?: Process) => { readonly store: LogStore; readonly index: LogIndex };
}

export function memoryLog(): MemoryLog {
  const files = new Map<string, Buffer>();
  const entries = new Map<string, number>();
  const head: { value: Head | undefined } = { value: undefined };
  const log = { files, entries, head };
  return { ...log, open: (process = processOf()) => ({ store: storeOf(log, process), index: indexOf(log, process) }) };
}

/** For tests that need a store alone. */
export function memoryLogStore(): LogStore & { readonly files: Map<string, Buffer> } {
  const { files, open } = memoryLog();
  return { ...open().store, files };
}

type Contents = Omit<MemoryLog, 'open'>;

function storeOf({ files }: Contents, process: Process): LogStore {
  return {
    get: async (path) => {
      await process.before();
      return files.get(path);
    },
    putOnce: async (path, bytes) => {
      await process.before();
      if (files.has(path)) return 'exists';
      files.set(path, Buffer.from(bytes));
      process.wrote();
      return 'put';
    },
    replace: async (path, bytes, isOlder) => {
      for (;;) {
        await process.before();
        const current = files.get(path);
        if (current !== undefined && !isOlder(current)) return;
        await process.before();
        if (files.get(path) !== current) continue;
        files.set(path, Buffer.from(bytes));
        process.wrote();
        return;
      }
    },
    list: async function* (prefix, after = '') {
      await process.before();
      for (const path of [...files.keys()].sort()) if (path.startsWith(prefix) && path > after) yield path;
    },
  };
}

function indexOf({ entries, head }: Contents, process: Process): LogIndex {
  return {
    find: async (ids) => {
      await process.before();
      return new Set(ids.filter((id) => entries.has(id)));
    },
    // Each entry for itself: of a batch any part may have been written.
    add: async (added) => {
      for (const { id, index } of added) {
        await process.before();
        entries.set(id, index);
        process.wrote();
      }
    },
    head: async () => {
      await process.before();
      return head.value;
    },
    raise: async (name, size, signed) => {
      await process.before();
      const before = head.value ?? { integrated: 0, published: 0, signed: 0, witnessed: 0 };
      // Zero is a size too, where there was none.
      if (head.value !== undefined && before[name] >= size) return;
      head.value = { ...before, [name]: size, ...(signed === undefined ? {} : { signed }) };
      process.wrote();
    },
  };
}

/** A key of its own for each call. */
export function testSigner(name: string, kind: SignatureKind = 'ecdsa', now?: () => number): KmsSigner {
  const { privateKey } = kind === 'ecdsa' ? generateKeyPairSync('ec', { namedCurve: 'prime256v1' }) : generateKeyPairSync('ed25519');
  const spki = createPublicKey(privateKey).export({ format: 'der', type: 'spki' });
  return { ...localSigner(name, kind, privateKey, now), kind, spki };
}
