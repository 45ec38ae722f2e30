// Tampering with single checkpoints.
import { formatCheckpoint, parseCheckpoint } from '../../../shared/notary/checkpoint.ts';
import { parseNote, signNote } from '../../../shared/notary/note.ts';
import { CHECKPOINT_PATH, checkpointPath } from '../../../shared/notary/read.ts';
import { cosignedPath, LOG_PREFIX } from '../../../shared/notary/store.ts';
import { testSigner } from '../../../test/fakes/log.ts';
import { logSize, middleCheckpoint, type Ground } from '../ground.ts';
import { alterBytes, deleteVersions, flipped, layMarker, logFile, putOver, shortenLock, stored } from '../intruder.ts';
import { expect, type Tampering } from './tampering.ts';

const HASH_BYTES = 32;
const DAY_MS = 86_400_000;

export const CHECKPOINTS: readonly Tampering[] = [
  {
    name: 'the root in a checkpoint is edited',
    act: async (ground) => {
      const path = checkpointPath(middleCheckpoint(ground));
      await alterBytes(ground, await logFile(ground, path), (note) => withOtherRoot(note));
      return expect('bad_signature', LOG_PREFIX + path);
    },
  },
  {
    name: 'the size in a checkpoint is edited',
    act: async (ground) => {
      const size = middleCheckpoint(ground);
      const path = checkpointPath(size);
      await alterBytes(ground, await logFile(ground, path), (note) =>
        Buffer.from(note.toString().replace(`\n${size}\n`, `\n${size + 1}\n`)),
      );
      return expect('bad_signature', LOG_PREFIX + path);
    },
  },
  {
    name: 'the signature of a checkpoint is edited',
    act: async (ground) => {
      const path = checkpointPath(middleCheckpoint(ground));
      // Past the key's id, which names the key.
      await alterBytes(ground, await logFile(ground, path), (note) => Buffer.from(note.toString().replace(/.{8}\n$/, 'AAAAAAA=\n')));
      return expect('bad_signature', LOG_PREFIX + path);
    },
  },
  {
    name: 'a checkpoint is forged with another key, for a larger log',
    act: async (ground) => {
      const path = checkpointPath(logSize(ground) + 1);
      const text = formatCheckpoint({ origin: ground.origin, size: logSize(ground) + 1, root: Buffer.alloc(HASH_BYTES, 7) });
      await putOver(ground, LOG_PREFIX + path, { bytes: Buffer.from(await signNote(text, [testSigner(ground.origin)])), metadata: {} });
      return expect('bad_signature', LOG_PREFIX + path);
    },
  },
  {
    name: "a checkpoint is forged with the log's own key, for a larger log",
    act: async (ground) => {
      const path = checkpointPath(logSize(ground) + 1);
      const text = formatCheckpoint({ origin: ground.origin, size: logSize(ground) + 1, root: Buffer.alloc(HASH_BYTES, 7) });
      await putOver(ground, LOG_PREFIX + path, { bytes: Buffer.from(await signNote(text, [ground.signer])), metadata: {} });
      return expect('log_rewound', LOG_PREFIX + path);
    },
  },
  {
    name: "a second checkpoint of one size and another root is signed with the log's own key and put over the first",
    act: async (ground) => {
      const path = checkpointPath(middleCheckpoint(ground));
      const { bytes } = await stored(ground, await logFile(ground, path));
      await putOver(ground, LOG_PREFIX + path, { bytes: await signedAgain(ground, withOtherRoot(bytes)), metadata: {} });
      return expect('forged_checkpoint', LOG_PREFIX + path);
    },
  },
  {
    name: "a checkpoint is put in place of the first of its size, with another root and the log's own key",
    act: async (ground) => {
      const at = await logFile(ground, checkpointPath(middleCheckpoint(ground)));
      const forged = await signedAgain(ground, withOtherRoot((await stored(ground, at)).bytes));
      await alterBytes(ground, at, () => forged);
      return expect('forged_checkpoint', at.key);
    },
  },
  {
    name: "the latest checkpoint that everybody asks for is another of the same size, with the log's own key",
    act: async (ground) => {
      const at = await logFile(ground, CHECKPOINT_PATH);
      const forged = await signedAgain(ground, withOtherRoot((await stored(ground, at)).bytes));
      await alterBytes(ground, at, () => forged);
      return expect('inconsistent_checkpoints', at.key);
    },
  },
  {
    name: "a checkpoint of another log, with this log's key",
    act: async (ground) => {
      const at = await logFile(ground, checkpointPath(middleCheckpoint(ground)));
      const { size, root } = parseCheckpoint(parseNote((await stored(ground, at)).bytes.toString()).text);
      const note = await signNote(formatCheckpoint({ origin: `${ground.origin}-2`, size, root }), [ground.signer]);
      await alterBytes(ground, at, () => Buffer.from(note));
      return expect('bad_signature', at.key);
    },
  },
  {
    name: 'two checkpoints change places',
    act: async (ground) => {
      const [one, other] = [
        await logFile(ground, checkpointPath(middleCheckpoint(ground))),
        await logFile(ground, checkpointPath(logSize(ground))),
      ];
      const [first, second] = [await stored(ground, one), await stored(ground, other)];
      await alterBytes(ground, one, () => second.bytes);
      await alterBytes(ground, other, () => first.bytes);
      return expect('forged_checkpoint', one.key, other.key);
    },
  },
  {
    name: 'the latest checkpoint that everybody asks for is deleted for good',
    act: async (ground) => {
      const at = await logFile(ground, CHECKPOINT_PATH);
      await deleteVersions(ground, at.key);
      return expect('log_rewound', at.key);
    },
  },
  {
    name: 'something that is no checkpoint is put among the checkpoints',
    act: async (ground) => {
      const key = `${LOG_PREFIX}checkpoints/latest`;
      await putOver(ground, key, { bytes: Buffer.from('nothing happened'), metadata: {} });
      return expect('forged_checkpoint', key);
    },
  },
  {
    name: 'a delete marker is laid over a checkpoint',
    act: async (ground) => {
      const key = LOG_PREFIX + checkpointPath(middleCheckpoint(ground));
      await layMarker(ground, key);
      return expect('log_rewound', key);
    },
  },
  {
    name: 'the lock of a checkpoint is taken away',
    act: async (ground) => {
      const at = await logFile(ground, checkpointPath(middleCheckpoint(ground)));
      await ground.storage.alter(ground.vault.bucket, at, { lock: null });
      return expect('not_locked', at.key);
    },
  },
  {
    name: 'the lock of a checkpoint is shortened to a day',
    act: async (ground) => {
      const at = await logFile(ground, checkpointPath(middleCheckpoint(ground)));
      await shortenLock(ground, at, new Date(Date.now() + DAY_MS));
      return expect('lock_too_short', at.key);
    },
  },
  {
    name: 'a checkpoint that the witness has signed loses its signature',
    act: async (ground) => {
      const [own, cosigned] = [
        await logFile(ground, checkpointPath(middleCheckpoint(ground))),
        await logFile(ground, cosignedPath(middleCheckpoint(ground))),
      ];
      const { bytes } = await stored(ground, own);
      await alterBytes(ground, cosigned, () => bytes);
      return expect('bad_signature', cosigned.key);
    },
  },
];

function withOtherRoot(note: Buffer): Buffer {
  const { origin, size, root } = parseCheckpoint(parseNote(note.toString()).text);
  const [, ...signatures] = note.toString().split('\n\n');
  return Buffer.from([formatCheckpoint({ origin, size, root: flipped(root) }), ...signatures].join('\n'));
}

async function signedAgain({ signer }: Ground, note: Buffer): Promise<Buffer> {
  return Buffer.from(await signNote(parseNote(note.toString()).text, [signer]));
}
