// One object of an export: its proof, its leaf, and the object itself as it would be verified in the vault.
import { EvidenceError, PeriodKeyError } from '../../errors.ts';
import { strictBase64 } from '../../notary/base64.ts';
import { decodeLeaf, type Leaf } from '../../notary/leaf.ts';
import { leafHash, verifyInclusion } from '../../notary/merkle.ts';
import { parseProofFile } from '../../notary/proof-file.ts';
import { contextDifference } from '../../seal/open.ts';
import type { Erasures } from '../erasures.ts';
import { checkObject, type Checked, type Taps } from '../object-check.ts';
import { problem, type Problem } from '../problems.ts';
import { openSigned, type SignedCheckpoint, type Trust } from '../trust.ts';
import { contextOf } from '../../seal/vault.ts';
import type { Found } from '../vault-reader.ts';
import { givenOpener, type ObjectOpener } from './data-key.ts';
import { OBJECTS, type ExportedObject } from './format.ts';
import type { ExportReader } from './reader.ts';

export interface CopiedDeps {
  readonly reader: ExportReader;
  readonly trust: Trust;
  /** The checkpoint that all proofs must lead to; undefined where it was refused, and then nothing is proven anyway. */
  readonly last: SignedCheckpoint | undefined;
  readonly erasures: Erasures;
  readonly now: number;
  /** Notes that were opened before: most proofs lead to the same one. */
  readonly notes: Map<string, SignedCheckpoint | Problem>;
}

export interface CopiedChecked extends Checked {
  readonly leaf: Leaf | undefined;
}

const NOTHING = { sealedBytes: 0, plainBytes: 0, isErased: false };

/** Problems are about files of the export. */
export async function checkCopied(deps: CopiedDeps, exported: ExportedObject, taps: Taps): Promise<CopiedChecked> {
  const { file, index, key, version } = exported;
  const bytes = strictBase64(exported.leaf);
  const leaf = bytes === undefined ? 'it is not base64' : leafOf(bytes, index);
  if (bytes === undefined || typeof leaf === 'string')
    return {
      ...NOTHING,
      leaf: undefined,
      problems: [problem('export_altered', OBJECTS, `leaf ${index} (${file}): ${typeof leaf === 'string' ? leaf : ''}`)],
    };
  const problems = [...proofProblems(deps, exported, bytes)];
  if (leaf.key !== key || leaf.version !== version || (leaf.kind === 'statement') !== file.startsWith('statements/'))
    problems.push(problem('export_altered', OBJECTS, `${file} is said to be ${key}, and its leaf is that of ${leaf.key}`));
  if (deps.reader.size(file) === undefined)
    return { ...NOTHING, leaf, problems: [...problems, problem('export_missing', file, `${OBJECTS} names it (${key})`)] };
  const checked = await checkObject(
    {
      vault: { open: () => Promise.resolve(stored(deps.reader, exported, leaf)) },
      opener: openerOf(exported),
      retention: undefined,
      ...deps,
      isCopy: true,
    },
    leaf,
    withContext(taps, exported, problems),
  );
  await taps.onChecked?.(checked);
  return {
    ...checked,
    leaf,
    problems: [...problems, ...checked.problems.map((found) => (found.at === leaf.key ? { ...found, at: file } : found))],
  };
}

/** @returns what is wrong with it, where something is. */
function leafOf(bytes: Buffer, index: number): Leaf | string {
  try {
    return decodeLeaf(bytes, `leaf ${index}`);
  } catch (error) {
    if (error instanceof EvidenceError) return error.message;
    throw error;
  }
}

function* proofProblems(deps: CopiedDeps, { proof: file, index }: ExportedObject, leaf: Buffer): Generator<Problem> {
  const content = deps.reader.text(file);
  if (content === undefined) {
    yield problem('export_missing', file, `${OBJECTS} names it`);
    return;
  }
  try {
    const { index: proven, proof, checkpoint: note } = parseProofFile(content);
    const opened = noteOf(deps, note, file);
    if (proven !== index) yield problem('bad_proof', file, `it is that of leaf ${proven}, and ${OBJECTS} says ${index}`);
    else if ('code' in opened) yield { ...opened, at: file };
    else if (deps.last !== undefined && !isSameTree(opened, deps.last))
      yield problem('bad_proof', file, `it leads to a tree of ${opened.size} leaves that is not the one of the last checkpoint`);
    else if (!verifyInclusion({ index, size: opened.size, leaf: leafHash(leaf), proof, root: opened.root }))
      yield problem('bad_proof', file, `it does not lead from leaf ${index} to the root of ${opened.size} leaves`);
  } catch (error) {
    if (!(error instanceof EvidenceError)) throw error;
    yield problem('bad_proof', file, error.message);
  }
}

/** Only the last checkpoint is held against its predecessors and the quorum: a proof that brings another one proves what its signer likes. */
function isSameTree(one: SignedCheckpoint, other: SignedCheckpoint): boolean {
  return one.size === other.size && one.root.equals(other.root);
}

const REMEMBERED = 16;

function noteOf({ notes, trust, reader }: CopiedDeps, note: string, file: string): SignedCheckpoint | Problem {
  const known = notes.get(note);
  if (known !== undefined) return known;
  const { checkpoint, problem: wrong } = openSigned(note, trust, { origin: reader.manifest.log.origin, at: file });
  const result = checkpoint ?? wrong;
  if (notes.size < REMEMBERED) notes.set(note, result);
  return result;
}

function stored(reader: ExportReader, { file, metadata = {}, version }: ExportedObject, leaf: Leaf): Found {
  const object = { version, size: reader.size(file) ?? 0, modified: leaf.stored, metadata, lock: undefined, isHeld: false };
  return { kind: 'object', object: { ...object, body: reader.stream(file), discard: () => undefined } };
}

function openerOf({ opens, file }: ExportedObject): ObjectOpener {
  if (opens !== undefined)
    return givenOpener({
      keyName: opens.key_name,
      dataKey: Buffer.from(opens.data_key, 'base64'),
      salt: Buffer.from(opens.salt, 'base64'),
    });
  const closed = new PeriodKeyError(`${file} was exported without a key`, { state: 'absent' });
  return {
    salt: () => Promise.reject(closed),
    opening: () => {
      throw closed;
    },
  };
}

/** The context that the export names is for other tools; it must be the one that is verified. */
function withContext(taps: Taps, { opens, file }: ExportedObject, problems: Problem[]): Taps {
  return {
    ...taps,
    async onFacts(facts) {
      const difference = opens === undefined ? undefined : contextDifference(opens.context, { ...contextOf(facts.origin, facts.class) });
      if (difference !== undefined) problems.push(problem('export_altered', OBJECTS, `the context of ${file}: ${difference}`));
      return await taps.onFacts?.(facts);
    },
  };
}
