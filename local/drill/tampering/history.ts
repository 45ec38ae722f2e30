// Tampering with the log as a whole: rewound, rewritten, gone.
import { hash } from 'node:crypto';
import type { EvidenceLeaf } from '../../../shared/notary/leaf.ts';
import { CHECKPOINT_PATH, checkpointPath } from '../../../shared/notary/read.ts';
import { batchPath, cosignedPath, LOG_PREFIX } from '../../../shared/notary/store.ts';
import { tilePath } from '../../../shared/notary/tiles.ts';
import { decodeMetadata, encodeMetadata } from '../../../shared/seal/metadata.ts';
import { createSealer } from '../../../shared/seal/seal.ts';
import { testSigner } from '../../../test/fakes/log.ts';
import { evidenceOf, KEPT, logSize, middleCheckpoint, periodKeysOf, wanted, type Ground } from '../ground.ts';
import { alterBytes, deleteAll, keysBelow, logFile, putOver, stored } from '../intruder.ts';
import { layOver, rewritten, withLeaf } from '../rewriting.ts';
import { expect, type Tampering } from './tampering.ts';

export const HISTORY: readonly Tampering[] = [
  {
    name: 'the log is rewound to an earlier checkpoint',
    act: async (ground) => {
      await rewind(ground);
      return expect('witness_disagrees', LOG_PREFIX + cosignedPath(logSize(ground)));
    },
  },
  {
    name: "the log is rewound, and the witness's signatures with it",
    act: async (ground) => {
      await rewind(ground);
      await deleteAll(ground, await laterKeys(ground, 'cosigned/', cosignedPath));
      return expect('not_in_log', ...loggedKeys(ground, middleCheckpoint(ground)));
    },
  },
  {
    name: 'all is set back to an earlier day: the log, what the witness has signed, the statements and the evidence',
    act: async (ground) => {
      await rewind(ground);
      await deleteAll(ground, await laterKeys(ground, 'cosigned/', cosignedPath));
      await deleteAll(ground, loggedKeys(ground, middleCheckpoint(ground)));
      return expect('log_rewound', KEPT);
    },
  },
  {
    name: 'the latest checkpoint that everybody asks for is set back to an earlier one',
    act: async (ground) => {
      const { bytes } = await stored(ground, await logFile(ground, checkpointPath(middleCheckpoint(ground))));
      const at = await logFile(ground, CHECKPOINT_PATH);
      await alterBytes(ground, at, () => bytes);
      return expect('log_rewound', at.key);
    },
  },
  {
    name: "the log is rewritten from an earlier size and signed with the log's own key, with another object that fits it",
    act: async (ground) => {
      const leaf = await replaced(ground);
      await rewriteWith(ground, leaf);
      return expect('witness_disagrees', ...sizesWith(ground, leaf).map((size) => LOG_PREFIX + cosignedPath(size)));
    },
  },
  {
    name: "the log is rewritten, signed with the log's own key, and the witness's signatures are deleted",
    act: async (ground) => {
      await rewriteWith(ground, await replaced(ground));
      await deleteAll(ground, await keysBelow(ground, `${LOG_PREFIX}cosigned/`));
      return [...expect('not_witnessed', `${LOG_PREFIX}cosigned/`), ...expect('inconsistent_checkpoints', KEPT)];
    },
  },
  {
    name: "the log is rewritten and signed with another key, which lies beside it as the log's",
    act: async (ground) => {
      const signer = testSigner(ground.origin);
      const files = await rewritten(ground, withLeaf(ground.leaves, await replaced(ground)), signer);
      await layOver(ground, files);
      for (const [path, bytes] of files) if (path.startsWith('keys/')) await putOver(ground, LOG_PREFIX + path, { bytes, metadata: {} });
      return [
        ...expect('bad_signature', ...ground.checkpoints.map((size) => LOG_PREFIX + checkpointPath(size))),
        ...expect('no_checkpoint', `${LOG_PREFIX}checkpoints/`),
      ];
    },
  },
  {
    name: "the log is continued with a leaf of an object that never was, signed with the log's own key",
    act: async (ground) => {
      const leaf = wanted(evidenceOf(ground, 'alb')[0], 'evidence of alb');
      const invented = { ...leaf, key: leaf.key.replace(/[\w-]{22}\.sealed$/, 'invented-invented-inve.sealed') };
      await continueWith(ground, invented);
      return expect('object_missing', invented.key);
    },
  },
  {
    name: "the log is continued with a second leaf of an object, with other facts, signed with the log's own key",
    act: async (ground) => {
      const leaf = wanted(evidenceOf(ground, 'alb')[0], 'evidence of alb');
      await continueWith(ground, { ...leaf, records: leaf.records + 1 });
      return expect('duplicate_leaf', leaf.key);
    },
  },
  {
    name: 'the whole log is deleted',
    act: async (ground) => {
      await deleteAll(ground, await keysBelow(ground, LOG_PREFIX));
      return [...expect('no_checkpoint', `${LOG_PREFIX}checkpoints/`), ...expect('not_in_log', ...loggedKeys(ground))];
    },
  },
];

async function continueWith(ground: Ground, leaf: EvidenceLeaf): Promise<void> {
  const size = logSize(ground) + 1;
  const files = await rewritten({ ...ground, checkpoints: [...ground.checkpoints, size] }, [...ground.leaves, leaf], ground.signer);
  for (const [path, bytes] of files)
    if (path.endsWith(`.p/${size}`) || path === checkpointPath(size)) await putOver(ground, LOG_PREFIX + path, { bytes, metadata: {} });
}

/** The verification's own statement is asked for by nobody. */
function loggedKeys({ leaves, access }: Ground, from = 0): readonly string[] {
  return leaves
    .slice(from)
    .map(({ key }) => key)
    .filter((key) => key !== access.statement);
}

/** All that came after the middle checkpoint, as if it had never been. */
async function rewind(ground: Ground): Promise<void> {
  const size = middleCheckpoint(ground);
  const { bytes } = await stored(ground, await logFile(ground, checkpointPath(size)));
  await alterBytes(ground, await logFile(ground, CHECKPOINT_PATH), () => bytes);
  await deleteAll(ground, await laterKeys(ground, 'checkpoints/', checkpointPath));
  await deleteAll(
    ground,
    (await keysBelow(ground, `${LOG_PREFIX}batch/`)).filter((key) => key >= LOG_PREFIX + batchPath(size)),
  );
  for (const level of ['entries', 0] as const) {
    const folder = `${LOG_PREFIX}${tilePath(level, 0)}.p/`;
    await deleteAll(
      ground,
      (await keysBelow(ground, folder)).filter((key) => Number(key.slice(folder.length)) > size),
    );
  }
}

async function laterKeys(ground: Ground, folder: string, pathOf: (size: number) => string): Promise<readonly string[]> {
  const after = LOG_PREFIX + pathOf(middleCheckpoint(ground));
  return (await keysBelow(ground, LOG_PREFIX + folder)).filter((key) => key > after);
}

/** Sizes of the checkpoints that cover it. */
function sizesWith({ checkpoints, leaves }: Ground, { key, version }: EvidenceLeaf): readonly number[] {
  const index = leaves.findIndex((leaf) => leaf.key === key && leaf.version === version);
  return checkpoints.filter((size) => size > index);
}

/** An object behind the first checkpoint with other contents, sealed with the right keys. @returns the leaf that fits it. */
async function replaced(ground: Ground): Promise<EvidenceLeaf> {
  const leaf = wanted(
    evidenceOf({ ...ground, leaves: ground.leaves.slice(ground.checkpoints[0]) }, 'alb')[0],
    'evidence of alb behind its first checkpoint',
  );
  const { metadata } = await stored(ground, leaf);
  const facts = decodeMetadata(metadata, leaf.key);
  const sealer = createSealer({ keys: periodKeysOf(ground) });
  const { message, plaintext, size } = await sealer.seal(Buffer.from('nothing happened\n'), { origin: facts.origin, class: facts.class });
  await ground.storage.alter(ground.vault.bucket, leaf, {
    ...{ bytes: message, checksum: true },
    metadata: encodeMetadata({ ...facts, plaintext, size, expanded: undefined }),
  });
  return { ...leaf, size: message.length, ciphertext: hash('sha256', message), plaintext, bytes: size };
}

async function rewriteWith(ground: Ground, leaf: EvidenceLeaf): Promise<void> {
  const first = wanted(ground.checkpoints[0], 'a checkpoint');
  const files = await rewritten(ground, withLeaf(ground.leaves, leaf), ground.signer);
  // What was signed first stays: it does not hold the leaf.
  await layOver(ground, files, (path) => path !== checkpointPath(first) && !path.endsWith(`.p/${first}`));
}
