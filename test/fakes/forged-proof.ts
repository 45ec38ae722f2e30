// What somebody who has the log's key can make: a checkpoint of a tree of his own, and the proof that a leaf is in it.
import { formatCheckpoint } from '../../shared/notary/checkpoint.ts';
import { HASH_BYTES, leafHash, nodeHash } from '../../shared/notary/merkle.ts';
import { signNote, type NoteSigner } from '../../shared/notary/note.ts';
import { proofFile } from '../../shared/notary/proof-file.ts';

export interface Forged {
  readonly origin: string;
  readonly index: number;
  /** Its bytes. */
  readonly leaf: Uint8Array;
  readonly signer: NoteSigner;
}

/** The leaf is the last of the tree: all its siblings are to the left, one for each bit of the index, and may be anything. */
export async function forgedProof({ origin, index, leaf, signer }: Forged): Promise<string> {
  const proof = Array.from(index.toString(2).replaceAll('0', ''), () => Buffer.alloc(HASH_BYTES, 7));
  const root = proof.reduce((own, sibling) => nodeHash(sibling, own), leafHash(leaf));
  const checkpoint = await signNote(formatCheckpoint({ origin, size: index + 1, root }), [signer]);
  return proofFile({ index, proof, checkpoint });
}
