import { logWriter, type LogWriter, type Pending } from '../../../shared/notary/append.ts';
import { leafHash, rootOf } from '../../../shared/notary/merkle.ts';
import { verifierOf } from '../../../shared/notary/note.ts';
import { publish, type Published } from '../../../shared/notary/publish.ts';
import { rebuildIndex } from '../../../shared/notary/rebuild.ts';
import type { KmsSigner } from '../../../shared/notary/signer.ts';
import { memoryLog, testSigner, type MemoryLog } from '../../fakes/log.ts';
import { checkComplete, checkFiles, leaves, ORIGIN } from './log.ts';

const signer = testSigner(ORIGIN);
const keys = [verifierOf(signer.vkey)];
const START = 1_795_000_000_000;

function writerOf(log: MemoryLog): LogWriter {
  return logWriter({ ...log.open(), origin: ORIGIN });
}

interface When {
  readonly interval?: number;
  readonly now?: number;
  readonly by?: () => Promise<KmsSigner>;
}

function sign(
  writer: LogWriter,
  { interval = 0, now = START, by = () => Promise.resolve(signer) }: When = {},
): Promise<Published | undefined> {
  return publish(writer, { signer: by, interval, now });
}

function range(from: number, to: number): readonly Pending[] {
  return leaves(...Array.from({ length: to - from }, (_, at) => from + at));
}

async function signedLog(size: number): Promise<MemoryLog> {
  const log = memoryLog();
  const writer = writerOf(log);
  await writer.append(range(0, size));
  await sign(writer);
  return log;
}

describe('publish', () => {
  it('signs the whole log: size and root of its leaves, in a note of its own key', async () => {
    const log = memoryLog();
    const writer = writerOf(log);
    await writer.append(range(0, 5));

    const published = await sign(writer);

    expect(published).toMatchObject({ isNew: true, checkpoint: { origin: ORIGIN, size: 5 } });
    expect(published?.checkpoint.root.equals(rootOf(range(0, 5).map(({ bytes }) => leafHash(bytes))))).toBe(true);
    expect(log.files.get('checkpoint')?.toString()).toBe(published?.checkpoint.note);
    await checkComplete(log, keys);
  });

  it('of an empty log is nothing', async () => {
    const log = memoryLog();

    expect(await sign(writerOf(log))).toBeUndefined();
    expect([...log.files.keys()]).toEqual([]);
  });

  it('is done when the last one is old enough, and at once on request', async () => {
    const log = await signedLog(3);
    const writer = writerOf(log);
    await writer.append(leaves(50));

    expect(await sign(writer, { interval: 300_000, now: START + 299_999 })).toBeUndefined();
    expect(await sign(writer, { interval: 300_000, now: START + 300_000 })).toMatchObject({ isNew: true, checkpoint: { size: 4 } });
    await writer.append(leaves(51));
    expect(await sign(writer, { now: START + 300_001 })).toMatchObject({ isNew: true, checkpoint: { size: 5 } });
  });

  it('does not sign what is signed: on request it says again what was', async () => {
    const log = await signedLog(3);
    const before = [...log.files.keys()];

    expect(await sign(writerOf(log), { interval: 300_000, now: START + 900_000 })).toBeUndefined();
    expect(await sign(writerOf(log), { now: START + 900_000 })).toMatchObject({ isNew: false, checkpoint: { size: 3 } });
    expect([...log.files.keys()]).toEqual(before);
  });

  it('by two writers of one log ends with one note of each size, and the latest is the largest', async () => {
    const log = await signedLog(2);
    const [first, second] = [writerOf(log), writerOf(log)];
    await first.append(range(2, 4));
    await second.follow();
    await first.append(range(4, 6));

    const [large, small] = await Promise.all([sign(first), sign(second)]);

    expect([large?.checkpoint.size, small?.checkpoint.size]).toEqual([6, 6]);
    expect(large?.checkpoint.note).toBe(small?.checkpoint.note);
    expect((await checkFiles(log, keys)).signed).toBe(6);
  });

  it('goes on with another key: the old one still counts for what it signed', async () => {
    const log = await signedLog(3);
    const other = testSigner(ORIGIN, 'ed25519');
    const writer = writerOf(log);
    await writer.append(leaves(9));

    await sign(writer, { by: () => Promise.resolve(other) });

    await checkComplete(log, [...keys, verifierOf(other.vkey)]);
    expect([...log.files.keys()].filter((path) => path.startsWith('keys/'))).toHaveLength(2);
    expect(await writerOf(log).append(leaves(9, 10))).toMatchObject({ appended: 1 });
  });

  it('leaves no trace where nobody signs, and is done later', async () => {
    const log = memoryLog();
    const writer = writerOf(log);
    await writer.append(range(0, 3));

    await expect(sign(writer, { by: () => Promise.reject(new Error('KMS is away')) })).rejects.toThrow('KMS is away');
    expect(log.files.has('checkpoint')).toBe(false);
    expect(await sign(writer)).toMatchObject({ isNew: true });
    await checkComplete(log, keys);
  });

  it('puts no signature that does not fit', async () => {
    const log = memoryLog();
    const writer = writerOf(log);
    await writer.append(range(0, 3));
    const wrong = { ...signer, sign: () => testSigner(ORIGIN).sign('another text\n') };

    await expect(sign(writer, { by: () => Promise.resolve(wrong) })).rejects.toThrow('does not fit the note');
    expect(log.files.has('checkpoints/000000000003')).toBe(false);
  });
});

describe('a log that contradicts itself', () => {
  async function refused(change: (log: MemoryLog) => void, size = 300): Promise<string> {
    const log = await signedLog(size);
    change(log);
    const writer = writerOf(log);
    const before = [...log.files.keys()].filter((path) => path.startsWith('checkpoint')).length;
    const failure = await writer
      .append(leaves(5000))
      .then(() => sign(writer))
      .then(
        () => 'nothing',
        (error: unknown) => (error instanceof Error ? `${error.name}: ${error.message}` : 'no error'),
      );
    expect([...log.files.keys()].filter((path) => path.startsWith('checkpoint')).length).toBeLessThanOrEqual(before);
    return failure;
  }

  function altered(bytes: Buffer | undefined): Buffer {
    const copy = Buffer.from(bytes ?? Buffer.alloc(1));
    copy.writeUInt8(copy.readUInt8(copy.length - 1) ^ 1, copy.length - 1);
    return copy;
  }

  it.each([
    ['tile/0/001.p/44', 'give another root at size 300'],
    ['tile/1/000.p/1', 'give another root at size 300'],
    ['tile/entries/001.p/44', 'is not the one whose hash is in tile/0/001.p/44'],
    ['checkpoint', 'the note holds a control character'],
  ])('altered in %s, is not signed', async (path, message) => {
    expect(await refused((log) => log.files.set(path, altered(log.files.get(path))))).toMatch(new RegExp(`^EvidenceError: .*${message}`));
  });

  it('signed by another, is not signed', async () => {
    const other = await sign(await grown(memoryLog(), 300), { by: () => Promise.resolve(testSigner(ORIGIN)) });
    const note = Buffer.from(other?.checkpoint.note ?? '');

    expect(await refused((log) => log.files.set('checkpoint', note))).toMatch(/^EvidenceError: no known key signed the note/);
    expect(await refused((log) => log.files.set('checkpoints/000000000301', note))).toMatch(/^EvidenceError: no known key signed the note/);
  });

  it('rewound to an earlier checkpoint, is not signed: the table and the batches know better', async () => {
    const log = await signedLog(4);
    const [early] = [log.files.get('checkpoint')];
    const writer = writerOf(log);
    await writer.append(range(4, 8));
    await sign(writer);
    log.files.set('checkpoint', early ?? Buffer.alloc(0));
    // The list of all of them has it still: nothing is lost.
    expect(await writerOf(log).append(leaves(4))).toMatchObject({ size: 8, appended: 0 });

    log.files.delete('checkpoints/000000000008');
    await expect(writerOf(log).append(leaves(100))).rejects.toThrow(
      'the log was rewound: a checkpoint of 8 leaves was signed, and the latest one there is has 4',
    );
    log.head.value = { integrated: 8, published: 4, signed: START, witnessed: 0 };
    log.files.delete('batch/000000000004');
    await expect(writerOf(log).append(leaves(100))).rejects.toThrow('the log was rewound: it had 8 leaves, and its batches end at 4');
  });

  it('grown on another past in the writer’s own memory, is not signed', async () => {
    const log = await signedLog(3);
    const other = await signedLog(0);
    const writer = writerOf(other);
    await writer.append(range(100, 105));
    for (const path of ['checkpoint', 'checkpoints/000000000003', `keys/${signer.vkey.split('+')[1] ?? ''}.json`])
      other.files.set(path, log.files.get(path) ?? Buffer.alloc(0));

    await expect(sign(writer)).rejects.toThrow('the log of 5 leaves does not begin with the 3 of the last checkpoint: nothing is signed');
  });

  it('whose tile is there with other bytes, stops before it is overwritten', async () => {
    const log = memoryLog();
    const writer = writerOf(log);
    await writer.append(range(0, 250));
    log.files.set('tile/0/000', Buffer.alloc(8192));

    await expect(writer.append(range(250, 260))).rejects.toThrow('_log/tile/0/000 is there and has 8192 bytes that differ from the 8192');
    expect(log.files.get('tile/0/000')?.equals(Buffer.alloc(8192))).toBe(true);
  });
});

async function grown(log: MemoryLog, size: number): Promise<LogWriter> {
  const writer = writerOf(log);
  await writer.append(range(1000, 1000 + size));
  return writer;
}

describe('the table', () => {
  it('lost, is missed before anything is logged twice, and is made again from the log', async () => {
    const log = await signedLog(2300);
    const writer = writerOf(log);
    await writer.append(leaves(9000));
    log.entries.clear();
    log.head.value = undefined;

    await expect(writerOf(log).append(leaves(1))).rejects.toThrow('run `strongroom evidence checkpoint --rebuild-index`');
    let from = 0;
    const sizes: number[] = [];
    for (let done = false; !done;) {
      const { next, size } = await rebuildIndex({ ...log.open(), origin: ORIGIN }, from, () => true);
      sizes.push(next);
      done = next === size;
      from = next;
    }

    expect(sizes).toEqual([1000, 2000, 2300]);
    expect(await writerOf(log).append(leaves(1, 9000, 9001))).toMatchObject({ appended: 1, size: 2302 });
    await sign(writerOf(log));
    await checkComplete(log, keys);
  });

  it('of a log that was never signed needs no help: its batches are all there is', async () => {
    const log = memoryLog();
    await writerOf(log).append(range(0, 10));
    log.entries.clear();
    log.head.value = undefined;

    expect(await writerOf(log).append(range(5, 12))).toMatchObject({ appended: 2, size: 12 });
  });
});
