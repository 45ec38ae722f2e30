// The checkpoints of an export: signed by a trusted key, each the continuation of the one before.
import { EvidenceError } from '../../errors.ts';
import { strictBase64 } from '../../notary/base64.ts';
import { decimal } from '../../notary/checkpoint.ts';
import { verifyConsistency, type Hash } from '../../notary/merkle.ts';
import { problem, type Problem } from '../problems.ts';
import { openSigned, type SignedCheckpoint, type Trust } from '../trust.ts';
import type { ExportReader } from './reader.ts';
import { MANIFEST, type Manifest } from './format.ts';

export interface ChainDeps {
  readonly reader: ExportReader;
  readonly manifest: Manifest;
  readonly trust: Trust;
  readonly onProblem: (found: Problem) => void;
}

export interface ChainChecked {
  /** Signed, and with a witness's signature. */
  readonly signed: number;
  readonly cosigned: number;
  /** The one that all proofs should lead to; undefined where it is refused. */
  readonly last: SignedCheckpoint | undefined;
}

export function checkChain(deps: ChainDeps): ChainChecked {
  const { reader, manifest, trust, onProblem } = deps;
  const opened: { readonly file: string; readonly checkpoint: SignedCheckpoint }[] = [];
  for (const { file, size, consistency } of manifest.checkpoints) {
    const note = reader.text(file);
    // That it is missing was said with the other files.
    if (note === undefined) continue;
    const { checkpoint, problem: wrong } = openSigned(note, trust, { origin: manifest.log.origin, at: file });
    if (checkpoint === undefined) {
      onProblem(wrong);
      continue;
    }
    if (checkpoint.size !== size)
      onProblem(problem('export_altered', file, `it is of ${checkpoint.size} leaves, and ${MANIFEST} says ${size}`));
    const before = opened.at(-1);
    if (before !== undefined) {
      const wrongLink = linkProblem(before.checkpoint, checkpoint, consistency === undefined ? undefined : reader.text(consistency));
      if (wrongLink !== undefined)
        onProblem(problem('inconsistent_checkpoints', consistency ?? file, `${wrongLink} (${before.file}, ${file})`));
    }
    opened.push({ file, checkpoint });
  }
  return {
    signed: opened.length,
    cosigned: opened.filter(({ checkpoint }) => checkpoint.isWitnessed).length,
    last: lastOf(opened, deps),
  };
}

function lastOf(
  opened: readonly { readonly file: string; readonly checkpoint: SignedCheckpoint }[],
  { manifest, trust, onProblem }: ChainDeps,
): SignedCheckpoint | undefined {
  const { log } = manifest;
  const last = opened.find(({ file }) => file === log.checkpoint)?.checkpoint;
  if (last === undefined) {
    onProblem(problem('no_checkpoint', log.checkpoint, 'nothing in here is proven'));
    return undefined;
  }
  if (last.size !== log.size || last.root.toString('base64') !== log.root)
    onProblem(problem('export_altered', MANIFEST, `it names another size or root than ${log.checkpoint} has`));
  if (trust.quorum?.(last.signed) === false)
    onProblem(problem('not_witnessed', log.checkpoint, 'the witnesses that the trust file demands have not signed it'));
  return last;
}

/** @returns what is wrong; undefined where nothing is. */
function linkProblem(older: SignedCheckpoint, newer: SignedCheckpoint, content: string | undefined): string | undefined {
  if (content === undefined) return 'there is no proof that the later one contains the earlier one';
  try {
    const { old, proof } = parseConsistency(content);
    if (old !== older.size) return `the proof is about a tree of ${old} leaves`;
    const holds = verifyConsistency({ oldSize: older.size, oldRoot: older.root, size: newer.size, root: newer.root, proof });
    return holds ? undefined : 'the later one does not contain the earlier one';
  } catch (error) {
    if (error instanceof EvidenceError) return error.message;
    throw error;
  }
}

/** The beginning of what a witness is asked: https://c2sp.org/tlog-witness */
function parseConsistency(content: string): { readonly old: number; readonly proof: readonly Hash[] } {
  const [first = '', ...lines] = content.slice(0, Math.max(0, content.indexOf('\n\n'))).split('\n');
  if (!first.startsWith('old ')) throw new EvidenceError('the proof does not begin with the older size');
  const proof = lines.map((line) => {
    const hash = strictBase64(line);
    if (hash?.length !== 32) throw new EvidenceError('the proof has a line that is no hash');
    return hash;
  });
  return { old: decimal(first.slice('old '.length), 'the older size'), proof };
}
