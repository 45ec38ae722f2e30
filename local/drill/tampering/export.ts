// Tampering with an exported directory, which anybody may have had in his hands. It is verified with nothing but the log's public keys.
import { readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { signNote, parseNote } from '../../../shared/notary/note.ts';
import { forgedProof } from '../../../test/fakes/forged-proof.ts';
import { testSigner } from '../../../test/fakes/log.ts';
import { MANIFEST, OBJECTS, TRUST, type ExportedObject } from '../../../shared/verify/export/format.ts';
import {
  edit,
  editManifest,
  editObject,
  editObjects,
  evidenceAt,
  fitManifest,
  manifestOf,
  objectsOf,
  type ExportedDirectory,
} from '../exported.ts';
import { wanted } from '../ground.ts';
import { flipped } from '../intruder.ts';
import { expect, type Expected } from './tampering.ts';

export interface ExportTampering {
  readonly name: string;
  /** Does it. @returns all that has to be reported. */
  readonly act: (exported: ExportedDirectory) => readonly Expected[] | Promise<readonly Expected[]>;
}

export const EXPORTS: readonly ExportTampering[] = [
  {
    name: 'in an export, a sealed file is edited',
    act: (exported) => {
      const { file } = evidenceAt(exported, 0);
      edit(exported, file, flipped);
      return expect('object_altered', file);
    },
  },
  {
    name: 'in an export, two sealed files are swapped',
    act: (exported) => {
      const [one, other] = [evidenceAt(exported, 0).file, evidenceAt(exported, 1).file];
      const bytes = readFileSync(join(exported.path, one));
      edit(exported, one, () => readFileSync(join(exported.path, other)));
      edit(exported, other, () => bytes);
      return expect('object_altered', one, other);
    },
  },
  {
    name: 'from an export, a sealed file is removed',
    act: (exported) => {
      const { file } = evidenceAt(exported, 1);
      rmSync(join(exported.path, file));
      return expect('export_missing', file);
    },
  },
  {
    name: 'from an export, a proof is removed',
    act: (exported) => {
      const { proof } = evidenceAt(exported, 1);
      rmSync(join(exported.path, proof));
      return expect('export_missing', proof);
    },
  },
  {
    name: 'to an export, a file is added',
    act: (exported) => {
      const file = 'objects/000000999999.sealed';
      writeFileSync(join(exported.path, file), 'more');
      return expect('export_extra', file);
    },
  },
  {
    name: 'in an export, a statement is edited',
    act: (exported) => {
      const { file } = wanted(
        objectsOf(exported).find(({ key }) => key.startsWith('_statements/access/')),
        'an exported statement of access',
      );
      edit(exported, file, (bytes) => Buffer.from(bytes.toString().replace('tamper drill', 'routine task')));
      return expect('object_altered', file);
    },
  },
  {
    name: 'in an export, a proof is edited',
    act: (exported) => {
      const { proof } = evidenceAt(exported, 0);
      edit(exported, proof, (bytes) => Buffer.from(bytes.toString().replace(/^(index .*\n).{8}/m, '$1AAAAAAAA')));
      return expect('bad_proof', proof);
    },
  },
  {
    name: 'in an export, two proofs are swapped',
    act: (exported) => {
      const [one, other] = [evidenceAt(exported, 0).proof, evidenceAt(exported, 1).proof];
      renameSync(join(exported.path, one), join(exported.path, 'swap'));
      renameSync(join(exported.path, other), join(exported.path, one));
      renameSync(join(exported.path, 'swap'), join(exported.path, other));
      return expect('bad_proof', one, other);
    },
  },
  {
    name: 'in an export, the root of a checkpoint is edited, and its hash in the manifest',
    act: (exported) => {
      const { checkpoint, root } = manifestOf(exported).log;
      edit(exported, checkpoint, (bytes) => Buffer.from(bytes.toString().replace(root, Buffer.alloc(32, 7).toString('base64'))));
      fitManifest(exported, checkpoint);
      return expect('bad_signature', checkpoint);
    },
  },
  {
    name: "in an export, the checkpoint is signed anew with a stranger's key, and its hash in the manifest edited",
    act: async (exported) => {
      const { checkpoint } = manifestOf(exported).log;
      const { text } = parseNote(readFileSync(join(exported.path, checkpoint), 'utf8'));
      const note = await signNote(text, [testSigner(exported.origin)]);
      edit(exported, checkpoint, () => Buffer.from(note));
      fitManifest(exported, checkpoint);
      return expect('bad_signature', checkpoint);
    },
  },
  {
    name: 'in an export, the proof that one checkpoint continues another is edited, and its hash in the manifest',
    act: (exported) => {
      const file = wanted(
        manifestOf(exported).checkpoints.find(({ consistency }) => consistency !== undefined)?.consistency,
        'two exported checkpoints',
      );
      edit(exported, file, (bytes) => Buffer.from(bytes.toString().replace(/\n.{8}/, '\nAAAAAAAA')));
      fitManifest(exported, file);
      return expect('inconsistent_checkpoints', file);
    },
  },
  {
    name: 'in the manifest of an export, the size of the log is edited',
    act: (exported) => {
      editManifest(exported, (manifest) => ({ ...manifest, log: { ...manifest.log, size: manifest.log.size + 1 } }));
      return expect('export_altered', MANIFEST);
    },
  },
  {
    name: 'in the manifest of an export, the hash of a file is edited',
    act: (exported) => {
      editManifest(exported, (manifest) => ({
        ...manifest,
        files: manifest.files.map((one) => (one.file === TRUST ? { ...one, sha256: '0'.repeat(64) } : one)),
      }));
      return expect('export_altered', TRUST);
    },
  },
  {
    name: 'in an export, the trusted keys are replaced',
    act: (exported) => {
      edit(exported, TRUST, () => Buffer.from(`log ${testSigner(exported.origin).vkey}\nquorum none\n`));
      return expect('export_altered', TRUST);
    },
  },
  {
    name: 'in an export, the list of objects leaves one out',
    act: (exported) => {
      const { file } = evidenceAt(exported, 0);
      editObjects(exported, (objects) => objects.filter((one) => one.file !== file), false);
      return [...expect('export_altered', OBJECTS), ...expect('export_missing', OBJECTS), ...expect('export_extra', file)];
    },
  },
  {
    name: 'in an export, the metadata of an object is edited, and the hash of the list in the manifest',
    act: (exported) => {
      const { file } = evidenceAt(exported, 0);
      editObject(exported, file, (one) => ({ ...one, metadata: { ...one.metadata, records: '1' } }));
      return expect('metadata_differs', file);
    },
  },
  {
    name: 'in an export, the leaf of an object is edited with its metadata, and the hash of the list in the manifest',
    act: (exported) => {
      const { file, proof } = evidenceAt(exported, 0);
      editObject(exported, file, withOneRecord);
      return expect('bad_proof', proof);
    },
  },
  {
    name: "in an export, the leaf of an object is edited, and its proof leads to another tree, signed with the log's key",
    act: async (exported) => {
      const { file, proof, index } = evidenceAt(exported, 0);
      editObject(exported, file, withOneRecord);
      const leaf = Buffer.from(evidenceAt(exported, 0).leaf, 'base64');
      const forged = await forgedProof({ origin: exported.origin, signer: exported.signer, index, leaf });
      edit(exported, proof, () => Buffer.from(forged));
      return expect('bad_proof', proof);
    },
  },
  {
    name: 'in an export, the data key of an object is edited, and the hash of the list in the manifest',
    act: (exported) => {
      const { file } = evidenceAt(exported, 0);
      editObject(exported, file, (one) =>
        one.opens === undefined ? one : { ...one, opens: { ...one.opens, data_key: Buffer.alloc(32, 7).toString('base64') } },
      );
      return expect('not_opened', file);
    },
  },
  {
    name: 'in an export, the salt of an object is edited, and the hash of the list in the manifest',
    act: (exported) => {
      const { file } = evidenceAt(exported, 0);
      editObject(exported, file, (one) =>
        one.opens === undefined ? one : { ...one, opens: { ...one.opens, salt: Buffer.alloc(32, 7).toString('base64') } },
      );
      return expect('plaintext_differs', file);
    },
  },
  {
    name: 'in an export, an object is given out as that of another account',
    act: (exported) => {
      const { file } = evidenceAt(exported, 0);
      editObject(exported, file, (one) => ({ ...one, key: one.key.replace('222222222222', '333333333333') }));
      return expect('export_altered', OBJECTS);
    },
  },
];

function withOneRecord(one: ExportedObject): ExportedObject {
  const leaf = Buffer.from(one.leaf, 'base64').toString();
  return {
    ...one,
    metadata: { ...one.metadata, records: '1' },
    leaf: Buffer.from(leaf.replace(/"records":\d+/, '"records":1')).toString('base64'),
  };
}
