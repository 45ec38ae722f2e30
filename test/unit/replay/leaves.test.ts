import { logWriter, pending, type LogWriter } from '../../../shared/notary/append.ts';
import { publishKey } from '../../../shared/notary/keys.ts';
import type { EvidenceLeaf, Leaf } from '../../../shared/notary/leaf.ts';
import { publish } from '../../../shared/notary/publish.ts';
import { evidenceLeaves } from '../../../shared/replay/leaves.ts';
import { memoryLog, testSigner, type MemoryLog } from '../../fakes/log.ts';
import { leafOf } from './leaf.ts';

const ORIGIN = 'strongroom/demo/eu-central-1';
const signer = testSigner(ORIGIN);

function writerOf(log: MemoryLog): LogWriter {
  return logWriter({ ...log.open(), origin: ORIGIN });
}

async function checkpoint(log: MemoryLog, writer: LogWriter): Promise<void> {
  await publishKey(log.open().store, signer, 0);
  await publish(writer, { signer: () => Promise.resolve(signer), interval: 0, now: Date.now() });
}

async function append(writer: LogWriter, leaves: readonly Leaf[]): Promise<void> {
  await writer.append(leaves.map(pending));
}

async function read(log: MemoryLog, prefix = 'demo/'): Promise<readonly EvidenceLeaf[]> {
  const found: EvidenceLeaf[] = [];
  for await (const leaf of evidenceLeaves(log.open().store, prefix)) found.push(leaf);
  return found;
}

const statement: Leaf = {
  v: 1,
  kind: 'statement',
  key: '_statements/access/2026/11/20/a.json',
  version: 'v1',
  size: 1,
  ciphertext: 'ab'.repeat(32),
  statement: 'access',
  stored: 1,
};

it('are all of a log, in order, those behind the checkpoint too', async () => {
  const log = memoryLog();
  const writer = writerOf(log);
  const leaves = Array.from({ length: 2700 }, (_, at) => leafOf({ delivered: at }));

  expect(await read(log)).toEqual([]);
  await append(writer, leaves.slice(0, 10));
  expect(await read(log)).toEqual(leaves.slice(0, 10));
  await append(writer, [statement, ...leaves.slice(10, 2500)]);
  await checkpoint(log, writer);
  expect(await read(log)).toEqual(leaves.slice(0, 2500));
  await append(writer, leaves.slice(2500, 2600));
  await append(writer, leaves.slice(2600));
  expect(await read(log)).toEqual(leaves);
});

it('are those whose key begins as asked', async () => {
  const log = memoryLog();
  const trail = leafOf({ delivered: 1 });
  await append(writerOf(log), [
    trail,
    leafOf({ delivered: 2, source: 'cloudtrail-insight' }),
    leafOf({ delivered: 3, source: 'alb' }),
    statement,
  ]);

  expect(await read(log, 'demo/cloudtrail/')).toEqual([trail]);
});

it('are not taken from a log whose checkpoint somebody else signed', async () => {
  const log = memoryLog();
  const writer = writerOf(log);
  await append(writer, [leafOf()]);
  await checkpoint(log, writer);
  const note = log.files.get('checkpoint')?.toString() ?? '';
  log.files.set('checkpoint', Buffer.from(note.replace('\n1\n', '\n0\n')));

  await expect(read(log)).rejects.toMatchObject({ name: 'EvidenceError' });
});
