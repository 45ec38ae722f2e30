import fc from 'fast-check';
import { logWriter, type LogWriter, type Pending } from '../../../shared/notary/append.ts';
import { publish } from '../../../shared/notary/publish.ts';
import type { KmsSigner } from '../../../shared/notary/signer.ts';
import { verifierOf } from '../../../shared/notary/verifier.ts';
import { Crash, memoryLog, processOf, testSigner, type MemoryLog, type Process } from '../../fakes/log.ts';
import { checkComplete, checkFiles, leaves, ORIGIN } from './log.ts';

const signer = testSigner(ORIGIN);
const keys = [verifierOf(signer.vkey)];
const now = 1_795_000_000_000;
/** More than that: NOTARY_RUNS=2000. */
const RUNS = Number(process.env['NOTARY_RUNS'] ?? 40);
const LIMIT_MS = 60_000 + RUNS * 1500;

function writerOf(log: MemoryLog, process?: Process): LogWriter {
  return logWriter({ ...log.open(process), origin: ORIGIN });
}

function publishNow(writer: LogWriter, by: KmsSigner = signer) {
  return publish(writer, { signer: () => Promise.resolve(by), interval: 0, now });
}

function copyOf(log: MemoryLog): MemoryLog {
  const copy = memoryLog();
  for (const [path, bytes] of log.files) copy.files.set(path, bytes);
  for (const [id, index] of log.entries) copy.entries.set(id, index);
  copy.head.value = log.head.value;
  return copy;
}

function range(from: number, to: number): readonly Pending[] {
  return leaves(...Array.from({ length: to - from }, (_, at) => from + at));
}

/** One microtask: as fast as there is. */
const quick = (): Promise<void> => Promise.resolve();

describe('append', () => {
  it('logs each version of an object once, whatever is delivered again', async () => {
    const log = memoryLog();
    const writer = writerOf(log);

    expect(await writer.append(leaves(1, 2, 2, 3))).toEqual({ size: 3, appended: 3, repeated: 1 });
    expect(await writer.append(leaves(3, 4))).toEqual({ size: 4, appended: 1, repeated: 1 });
    expect(await writer.append(leaves(1, 2, 3, 4))).toEqual({ size: 4, appended: 0, repeated: 4 });
    expect(await writerOf(log).append(leaves(4, 5))).toEqual({ size: 5, appended: 1, repeated: 1 });
    expect(await writer.append([])).toEqual({ size: 5, appended: 0, repeated: 0 });
    await publishNow(writer);

    expect(await checkComplete(log, keys)).toEqual(leaves(1, 2, 3, 4, 5).map(({ bytes }) => bytes));
  });

  it('writes full tiles and bundles, a thousand leaves a batch, and partial ones at a checkpoint only', async () => {
    const log = memoryLog();
    const writer = writerOf(log);

    await writer.append(range(0, 2300));

    expect([...log.files.keys()].filter((path) => path.startsWith('batch/'))).toEqual([
      'batch/000000000000',
      'batch/000000001000',
      'batch/000000002000',
    ]);
    expect([...log.files.keys()].filter((path) => path.startsWith('tile/')).length).toBe(2 * 8);
    await publishNow(writer);
    expect([...log.files.keys()].filter((path) => path.includes('.p/'))).toEqual([
      'tile/0/008.p/252',
      'tile/1/000.p/8',
      'tile/entries/008.p/252',
    ]);
    await checkComplete(log, keys);
  });

  it('ends a batch before it is too large to be held', async () => {
    const log = memoryLog();
    const large = range(0, 300).map(({ id, bytes }) => ({
      id,
      bytes: Buffer.from(bytes.toString().replace('s3://landing/', `s3://${'x'.repeat(60_000)}/`)),
    }));

    await writerOf(log).append(large);

    const batches = [...log.files].filter(([path]) => path.startsWith('batch/'));
    expect(batches.length).toBeGreaterThan(4);
    for (const [, bytes] of batches) expect(bytes.length).toBeLessThanOrEqual(4 * 1024 * 1024);
    await checkFiles(log, keys);
  });

  it('begins where the last checkpoint ends, without the batches before it', async () => {
    const log = memoryLog();
    const first = writerOf(log);
    await first.append(range(0, 700));
    await publishNow(first);
    await first.append(range(700, 710));
    // As after the days that batches are kept.
    log.files.delete('batch/000000000000');

    expect(await writerOf(log).append(range(690, 712))).toEqual({ size: 712, appended: 2, repeated: 20 });
  });
});

describe('a cold start', () => {
  it('follows a chain of any length, and stops at the end of it', async () => {
    const log = memoryLog();
    const writer = writerOf(log, processOf(Infinity, quick));
    for (let at = 0; at < 50; at++) await writer.append(leaves(at));
    // Not of the chain: it begins within a batch that does not exist.
    log.files.set('batch/000000000099', Buffer.from('nothing'));

    expect((await writerOf(log).follow()).size).toBe(50);
    expect(await writerOf(log).append(leaves(49, 50))).toMatchObject({ size: 51, appended: 1 });
  });
});

describe('a crash', () => {
  /** Two deliveries, the second partly a repetition, and a checkpoint after each. */
  async function work(writer: LogWriter, deliveries: readonly (readonly Pending[])[]): Promise<void> {
    for (const delivery of deliveries) {
      await writer.append(delivery);
      await publishNow(writer);
    }
  }

  async function expectRecovery(before: MemoryLog, deliveries: readonly (readonly Pending[])[], writes: number): Promise<void> {
    const log = copyOf(before);
    await expect(work(writerOf(log, processOf(writes, quick)), deliveries)).rejects.toThrow(Crash);
    await checkFiles(log, keys);
    // What was not acknowledged is delivered again; so is some of what was.
    await work(writerOf(log, processOf(Infinity, quick)), deliveries);
    const chain = await checkComplete(log, keys);
    expect(chain.length).toBe(before.entries.size + new Set(deliveries.flat().map(({ id }) => id)).size);
  }

  async function writesOf(before: MemoryLog, deliveries: readonly (readonly Pending[])[]): Promise<number> {
    const process = processOf(Infinity, quick);
    await work(writerOf(copyOf(before), process), deliveries);
    return process.writes();
  }

  it(
    'after any write leaves a log that verifies, and the next run completes it',
    async () => {
      const before = memoryLog();
      const seeding = writerOf(before, processOf(Infinity, quick));
      await seeding.append(range(0, 250));
      await publishNow(seeding);
      const deliveries = [range(1000, 1009), range(1005, 1012)];
      const writes = await writesOf(before, deliveries);

      expect(writes).toBeGreaterThan(25);
      for (let n = 1; n <= writes; n++) await expectRecovery(before, deliveries, n);
    },
    LIMIT_MS,
  );

  it(
    'after any write of any work: batch sizes, repetitions and what was there before',
    async () => {
      const numbers = fc.array(fc.integer({ min: 1000, max: 1020 }), { maxLength: 12 });
      await fc.assert(
        fc.asyncProperty(
          fc.constantFrom(0, 1, 3, 254, 256, 511),
          fc.array(numbers, { minLength: 1, maxLength: 4 }),
          fc.double({ min: 0, max: 1, noNaN: true }),
          async (size, given, part) => {
            const before = memoryLog();
            const seeding = writerOf(before, processOf(Infinity, quick));
            if (size > 0) await seeding.append(range(0, size));
            if (size % 2 === 0) await publishNow(seeding);
            const deliveries = given.map((each) => leaves(...each));
            const writes = await writesOf(before, deliveries);
            if (writes === 0) return;
            await expectRecovery(before, deliveries, Math.max(1, Math.round(part * writes)));
          },
        ),
        { numRuns: RUNS },
      );
    },
    LIMIT_MS,
  );

  it('of the same process: what it keeps in memory does not lead it astray', async () => {
    const log = memoryLog();
    let failing = 0;
    const { store, index } = log.open();
    const writer = logWriter({
      store,
      // The batch is committed, and nothing of what follows is done.
      index: { ...index, add: (entries) => (failing-- > 0 ? Promise.reject(new Crash('throttled')) : index.add(entries)) },
      origin: ORIGIN,
    });
    await writer.append(leaves(1, 2));
    failing = 1;
    await expect(writer.append(leaves(3, 4))).rejects.toThrow(Crash);

    expect(await writer.append(leaves(3, 4, 5))).toMatchObject({ size: 5, appended: 1 });
    await publishNow(writer);
    await checkComplete(log, keys);
  });
});

describe('two writers', () => {
  it(
    'at once, in any order of their calls, make one log of which no leaf is missing or there twice',
    async () => {
      const numbers = fc.array(fc.array(fc.integer({ min: 0, max: 12 }), { maxLength: 5 }), { minLength: 1, maxLength: 3 });
      await fc.assert(
        fc.asyncProperty(fc.scheduler(), fc.constantFrom(0, 253), numbers, numbers, async (scheduler, size, first, second) => {
          const log = memoryLog();
          if (size > 0) await writerOf(log, processOf(Infinity, quick)).append(range(1000, 1000 + size));
          const run = async (deliveries: readonly (readonly number[])[]): Promise<void> => {
            const writer = writerOf(
              log,
              processOf(Infinity, () => scheduler.schedule(Promise.resolve())),
            );
            for (const delivery of deliveries) {
              await writer.append(leaves(...delivery));
              await publishNow(writer);
            }
          };

          await scheduler.waitFor(Promise.all([run(first), run(second)]));

          const { chain, signed } = await checkFiles(log, keys);
          expect(chain.length).toBe(size + new Set([...first, ...second].flat()).size);
          // Whoever signed last, the latest is the largest.
          const sizes = [...log.files.keys()].flatMap((path) => (path.startsWith('checkpoints/') ? [Number(path.slice(12))] : []));
          expect(signed).toBe(Math.max(0, ...sizes));
          if (chain.length > 0) await publishNow(writerOf(log, processOf(Infinity, quick)));
          if (chain.length > 0) await checkComplete(log, keys);
        }),
        { numRuns: RUNS },
      );
    },
    LIMIT_MS,
  );

  it(
    'of whom one dies anywhere and one goes on',
    async () => {
      await fc.assert(
        fc.asyncProperty(fc.scheduler(), fc.integer({ min: 1, max: 30 }), async (scheduler, writes) => {
          const log = memoryLog();
          await writerOf(log, processOf(Infinity, quick)).append(range(1000, 1252));
          const run = async (delivery: readonly Pending[], limit: number): Promise<void> => {
            const writer = writerOf(
              log,
              processOf(limit, () => scheduler.schedule(Promise.resolve())),
            );
            await writer.append(delivery);
            await publishNow(writer);
          };
          const dying = run(range(0, 6), writes).catch((error: unknown) => expect(error).toBeInstanceOf(Crash));

          await scheduler.waitFor(Promise.all([dying, run(range(3, 9), Infinity)]));

          await checkFiles(log, keys);
          const last = writerOf(log, processOf(Infinity, quick));
          await last.append(range(0, 9));
          await publishNow(last);
          expect((await checkComplete(log, keys)).length).toBe(252 + 9);
        }),
        { numRuns: RUNS },
      );
    },
    LIMIT_MS,
  );
});
