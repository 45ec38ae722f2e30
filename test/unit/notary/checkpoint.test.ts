import fc from 'fast-check';
import { EvidenceError } from '../../../shared/errors.ts';
import { formatCheckpoint, openCheckpoint, originOf, parseCheckpoint } from '../../../shared/notary/checkpoint.ts';
import { EMPTY_ROOT } from '../../../shared/notary/merkle.ts';
import { signNote, verifierOf } from '../../../shared/notary/note.ts';
import { ORIGIN, signerOf } from './small-log.ts';
import vectors from './vectors.json' with { type: 'json' };

const ROOT = EMPTY_ROOT.toString('base64');

describe('a checkpoint', () => {
  it('is three lines, with the published roots', () => {
    const root = Buffer.from(vectors.tree.roots[8] ?? '', 'hex');

    expect(formatCheckpoint({ origin: ORIGIN, size: 8, root })).toBe(`${ORIGIN}\n8\nXcnaeacGWamtVZy3Ad7ZoqudgjqtL0lgz+Nw7/RgQyg=\n`);
    expect(originOf('demo', 'eu-central-1')).toBe(ORIGIN);
  });

  it('is read as it was written', () => {
    const hash = fc.uint8Array({ minLength: 32, maxLength: 32 }).map((bytes) => Buffer.from(bytes));
    fc.assert(
      fc.property(fc.integer({ min: 0, max: Number.MAX_SAFE_INTEGER }), hash, (size, root) => {
        expect(parseCheckpoint(formatCheckpoint({ origin: ORIGIN, size, root }))).toEqual({ origin: ORIGIN, size, root, extensions: [] });
      }),
    );
  });

  it('may have lines that another log added', () => {
    expect(parseCheckpoint(`o\n0\n${ROOT}\nTimestamp: 1\nmore\n`).extensions).toEqual(['Timestamp: 1', 'more']);
  });

  it.each<[text: string, why: string]>([
    ['', 'at least 3'],
    [`o\n0\n${ROOT}`, 'does not end with a line feed'],
    ['o\n0\n', 'the checkpoint has 2 lines'],
    [`\n0\n${ROOT}\n`, 'has an empty line'],
    [`o\n0\n${ROOT}\n\n`, 'has an empty line'],
    [`o\n0\n${ROOT}\n\nmore\n`, 'has an empty line'],
    [`o\n\n${ROOT}\n`, 'has an empty line'],
    ...['01', '00', '-1', '+1', '1.0', '1e3', ' 1', '1 ', '0x1', '\u0661', '9007199254740992', '99999999999999999'].map(
      (size): [string, string] => [`o\n${size}\n${ROOT}\n`, 'line 2 of the checkpoint is no whole number'],
    ),
    ...[ROOT.slice(0, -1), ROOT.replace('+', '-'), `${ROOT} `, 'AAAA', ROOT.replace('U=', 'V='), `${ROOT}${ROOT}`].map(
      (root): [string, string] => [`o\n1\n${root}\n`, 'line 3 of the checkpoint is not the base64 of 32 bytes'],
    ),
  ])('is none: %j', (text, why) => {
    expect(() => parseCheckpoint(text)).toThrow(why);
    expect(() => parseCheckpoint(text)).toThrow(EvidenceError);
  });

  it('is not written of what is none', () => {
    const good = { origin: ORIGIN, size: 1, root: EMPTY_ROOT };

    for (const bad of [{ origin: '' }, { origin: 'a\nb' }, { size: -1 }, { size: 0.5 }, { size: 2 ** 53 }, { root: Buffer.alloc(31) }])
      expect(() => formatCheckpoint({ ...good, ...bad })).toThrow(RangeError);
  });
});

describe('a signed checkpoint', () => {
  const text = formatCheckpoint({ origin: ORIGIN, size: 0, root: EMPTY_ROOT });
  const log = signerOf('ecdsa');
  const witness = signerOf('cosignature', 'witness.example/audit');
  const verifiers = [verifierOf(log.vkey), verifierOf(witness.vkey)];

  it('opens with who signed it', async () => {
    const note = await signNote(text, [log, witness]);

    expect(openCheckpoint(note, verifiers)).toMatchObject({
      origin: ORIGIN,
      size: 0,
      root: EMPTY_ROOT,
      note,
      signed: [{ name: ORIGIN }, { name: 'witness.example/audit', time: 1_700_000_000 }],
    });
  });

  it('is none where only a witness, or another log, signed it', async () => {
    const why = `the checkpoint of ${ORIGIN} is not signed by a known key of that name`;
    const other = signerOf('ed25519', 'strongroom/other/eu-central-1');
    const asWitness = signerOf('cosignature', ORIGIN);

    for (const signer of [witness, other, asWitness]) {
      const note = await signNote(text, [signer]);
      expect(() => openCheckpoint(note, [verifierOf(signer.vkey), ...verifiers])).toThrow(why);
    }
  });
});
