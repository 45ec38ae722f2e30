import fc from 'fast-check';
import { EvidenceError } from '../../../shared/errors.ts';
import { formatCheckpoint } from '../../../shared/notary/checkpoint.ts';
import { EMPTY_ROOT, inclusionProof, rootOf } from '../../../shared/notary/merkle.ts';
import { signNote, verifierOf } from '../../../shared/notary/note.ts';
import { openProofFile, parseProofFile, proofFile } from '../../../shared/notary/proof-file.ts';
import { leafHashes, ORIGIN, signerOf } from './small-log.ts';

const all = leafHashes(7);
const log = signerOf('ed25519');
const verifiers = [verifierOf(log.vkey)];

async function receipt(index: number, size: number, extra?: Buffer): Promise<string> {
  const proof = await inclusionProof(index, size, (level, at) =>
    Promise.resolve(rootOf(all.slice(at * 2 ** level, (at + 1) * 2 ** level))),
  );
  const checkpoint = await signNote(formatCheckpoint({ origin: ORIGIN, size, root: rootOf(all.slice(0, size)) }), [log]);
  return proofFile({ index, proof, checkpoint, extra });
}

function leafAt(index: number): Buffer {
  return all[index] ?? EMPTY_ROOT;
}

describe('a receipt', () => {
  it('is written as C2SP says', async () => {
    const lines = (await receipt(5, 7, Buffer.from('leaf'))).split('\n');

    expect(lines.slice(0, 3)).toEqual(['c2sp.org/tlog-proof@v1', 'extra bGVhZg==', 'index 5']);
    expect(lines.slice(3, 6).map((line) => Buffer.from(line, 'base64').length)).toEqual([32, 32, 32]);
    expect(lines.slice(6, 9)).toEqual(['', ORIGIN, '7']);
    expect(lines.at(-1)).toBe('');
    expect((await receipt(0, 1)).startsWith(`c2sp.org/tlog-proof@v1\nindex 0\n\n${ORIGIN}\n1\n`)).toBe(true);
  });

  it('is read as it was written, and holds for its leaf only', async () => {
    for (let size = 1; size <= 7; size++)
      for (let index = 0; index < size; index++) {
        const extra = index % 2 === 0 ? undefined : Buffer.alloc(index);
        const text = await receipt(index, size, extra);

        expect(proofFile(parseProofFile(text))).toBe(text);
        expect(openProofFile(text, leafAt(index), verifiers)).toMatchObject({
          index,
          extra,
          checkpoint: { origin: ORIGIN, size, signed: [{ name: ORIGIN }] },
        });
        expect(() => openProofFile(text, leafAt((index + 1) % 7), verifiers)).toThrow(
          `the proof does not lead from this leaf to the root of ${ORIGIN} at size ${size}`,
        );
      }
  });

  it('holds for nothing once any letter of it is another', async () => {
    const text = await receipt(5, 7);
    fc.assert(
      fc.property(fc.nat({ max: text.length - 1 }), fc.constantFrom('A', '0', '/', '=', ' ', '\n', 'x'), (at, letter) => {
        const other = text.slice(0, at) + letter + text.slice(at + 1);
        if (other !== text) expect(() => openProofFile(other, leafAt(5), verifiers)).toThrow(EvidenceError);
      }),
      { numRuns: 1000 },
    );
  });

  it('needs the key of the log', async () => {
    const text = await receipt(5, 7);
    expect(() => openProofFile(text, leafAt(5), [verifierOf(signerOf('ed25519').vkey)])).toThrow('no known key signed');
  });

  const note = 'o\n\n\u2014 k AAAAAAA=\n';
  it.each([
    ['', 'no empty line before its checkpoint'],
    [`c2sp.org/tlog-proof@v2\nindex 0\n\n${note}`, 'does not begin with c2sp.org/tlog-proof@v1'],
    [`c2sp.org/tlog-proof@v1\n\n${note}`, 'no line of the index'],
    [`c2sp.org/tlog-proof@v1\nindex 01\n\n${note}`, 'the index of the proof is no whole number'],
    [`c2sp.org/tlog-proof@v1\nindex -1\n\n${note}`, 'the index of the proof is no whole number'],
    [`c2sp.org/tlog-proof@v1\nindex 0\nextra AAAA\n\n${note}`, 'hash 1 of the proof is not base64'],
    [`c2sp.org/tlog-proof@v1\nextra AAA\nindex 0\n\n${note}`, 'the extra line of the proof is not base64'],
    [`c2sp.org/tlog-proof@v1\nextra AAAA\nextra AAAA\nindex 0\n\n${note}`, 'no line of the index'],
    [`c2sp.org/tlog-proof@v1\nindex 0\nAAAA\n\n${note}`, 'hash 1 of the proof has 3 bytes, not 32'],
    [`c2sp.org/tlog-proof@v1\nindex 0\n${'AAAA\n'.repeat(54)}\n${note}`, 'the proof has 54 hashes'],
    ['c2sp.org/tlog-proof@v1\nindex 0\n\no\n', 'the note has no empty line'],
  ])('is none: %j', (text, why) => {
    expect(() => parseProofFile(text)).toThrow(why);
    expect(() => parseProofFile(text)).toThrow(EvidenceError);
  });

  it('is not written of an index that is none', () => {
    expect(() => proofFile({ index: -1, proof: [], checkpoint: note })).toThrow(RangeError);
  });
});
