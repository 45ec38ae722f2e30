import { generateKeyPairSync } from 'node:crypto';
import fc from 'fast-check';
import { EvidenceError } from '../../../shared/errors.ts';
import { localSigner } from '../../../shared/notary/local-signer.ts';
import { addSignatures, noteText, openNote, parseNote, signNote, verifierOf, vkeyOf } from '../../../shared/notary/note.ts';
import { signerOf } from './small-log.ts';
import vectors from './vectors.json' with { type: 'json' };

const KINDS = ['ed25519', 'ecdsa', 'cosignature'] as const;
const text = 'log.example\n1\nroot\n';

describe('published notes', () => {
  it.each(vectors.notes)('open with $vkeys.length keys', ({ vkeys, note, unknown, time }) => {
    const verifiers = vkeys.map(verifierOf);

    const opened = openNote(note, verifiers);

    expect(opened.signed.map(({ name, keyId }) => ({ name, keyId }))).toEqual(verifiers.map(({ name, keyId }) => ({ name, keyId })));
    expect(opened.unknown).toHaveLength(unknown);
    for (const signed of opened.signed) expect(signed.time).toBe(signed.kind === 'cosignature' ? time : undefined);
    expect(note.startsWith(`${opened.text}\n`)).toBe(true);
  });

  it.each(vectors.notes)('do not open where one letter of their text is another', ({ vkeys, note }) => {
    const verifiers = vkeys.map(verifierOf);

    expect(() => openNote(`A${note}`, verifiers)).toThrow(EvidenceError);
  });

  it('have the keys that were published', () => {
    for (const vkey of vectors.keys) expect(verifierOf(vkey)).toMatchObject({ name: 'TEST', kind: 'ed25519', vkey });
  });
});

describe('a note', () => {
  const signers = KINDS.map((kind) => signerOf(kind, `log.example/${kind}`));
  const verifiers = signers.map(({ vkey }) => verifierOf(vkey));
  // Any Unicode without control characters, lines between.
  const texts = fc
    .array(fc.string({ unit: 'binary' }), { minLength: 1, maxLength: 6 })
    .map((lines) => `${lines.map((line) => line.replace(/[\u0000-\u001f]/g, '')).join('\n')}\n`)
    .filter((candidate) => candidate.isWellFormed());

  it.each(KINDS)('signed with %s opens with its key, and with none else', async (kind) => {
    const signer = signerOf(kind);
    const note = await signNote(text, [signer]);

    expect(openNote(note, [verifierOf(signer.vkey)])).toEqual({
      text,
      signed: [{ name: signer.name, keyId: signer.keyId, kind, time: kind === 'cosignature' ? 1_700_000_000 : undefined }],
      unknown: [],
    });
    expect(() => openNote(note, [verifierOf(signerOf(kind).vkey)])).toThrow(/^no known key signed the note, only strongroom/);
    expect(() => openNote(note, [])).toThrow(EvidenceError);
  });

  it('comes out as it went in', async () => {
    await fc.assert(
      fc.asyncProperty(texts, async (any) => {
        const note = await signNote(any, signers);
        const opened = openNote(noteText(Buffer.from(note)), verifiers);

        expect(opened.text).toBe(any);
        expect(opened.signed.map(({ kind }) => kind)).toEqual(KINDS);
      }),
    );
  });

  it('is refused where one byte of it is another', async () => {
    const note = Buffer.from(await signNote(text, signers));
    fc.assert(
      fc.property(fc.nat({ max: note.length - 1 }), fc.integer({ min: 1, max: 255 }), (at, by) => {
        const other = Buffer.from(note);
        other[at] = (other[at] ?? 0) ^ by;
        // A name or key id that is another is a key that nobody knows; the rest of the note still has to hold.
        const changed = ((): number => {
          try {
            return openNote(noteText(other), verifiers).signed.length;
          } catch (error) {
            expect(error).toBeInstanceOf(EvidenceError);
            return 0;
          }
        })();
        expect(changed).toBeLessThan(signers.length);
        if (at < text.length) expect(changed).toBe(0);
      }),
      { numRuns: 1000 },
    );
  });

  it('fails on one bad signature of a known key, whatever the others are', async () => {
    const [first, ...rest] = signers;
    if (first === undefined) throw new Error('no signer');
    const forged = { ...first, sign: () => Promise.resolve(Buffer.alloc(64)) };
    const note = await signNote(text, [...rest, forged]);

    expect(() => openNote(note, verifiers)).toThrow(/^the signature of log\.example\/ed25519 \(key [0-9a-f]{8}\) does not fit the note$/);
    // For whoever does not know that key, the others do.
    expect(openNote(note, verifiers.slice(1))).toMatchObject({
      signed: [{ kind: 'ecdsa' }, { kind: 'cosignature' }],
      unknown: [{ name: first.name }],
    });
  });

  it('takes a known name with another key, and a known key with another name, as unknown', async () => {
    const known = signerOf('ed25519', 'log.example');
    const sameName = signerOf('ed25519', 'log.example');
    const note = await signNote(text, [sameName, { ...known, name: 'other.example' }, known]);

    expect(openNote(note, [verifierOf(known.vkey)])).toMatchObject({ signed: [{ keyId: known.keyId }], unknown: [{}, {}] });
  });

  it('counts a key once, and still checks each of its lines', async () => {
    const signer = signerOf('ed25519');
    const twice = await signNote(text, [signer, signer]);
    const forged = await addSignatures(twice, [{ ...signer, sign: () => Promise.resolve(Buffer.alloc(64)) }]);

    expect(openNote(twice, [verifierOf(signer.vkey)]).signed).toHaveLength(1);
    expect(() => openNote(forged, [verifierOf(signer.vkey)])).toThrow(EvidenceError);
  });

  it('takes more signatures later', async () => {
    const note = await signNote(text, signers.slice(0, 1));

    expect(openNote(await addSignatures(note, signers.slice(1)), verifiers)).toMatchObject({ text, signed: [{}, {}, {}] });
    await expect(addSignatures('no note', signers)).rejects.toThrow(EvidenceError);
  });

  it('may have 16 signatures and more, but not any number', async () => {
    const signer = signerOf('ed25519');
    const others = Array.from({ length: 98 }, (_, index) => ({ ...signer, name: `w${index}.example` }));
    const note = await signNote(text, [...others, signer]);

    expect(openNote(note, [verifierOf(signer.vkey)]).unknown).toHaveLength(98);
    const tooMany = await addSignatures(note, others.slice(0, 2));
    expect(() => parseNote(tooMany)).toThrow('the note has 101 signatures');
    expect(() => parseNote(`${'x'.repeat(1_000_000)}\n`)).toThrow('more than 1000000');
  });

  it.each([
    ['', 'no empty line'],
    ['text\n', 'no empty line'],
    ['text\n\n', 'does not end with a line of a signature'],
    ['text\n\n\u2014 k AAAAAAA=', 'does not end with a line of a signature'],
    ['text\n\n- k AAAAAAA=\n', 'signature 1 of the note is not written as one'],
    ['text\n\n\u2014  k AAAAAAA=\n', 'signature 1 of the note'],
    ['text\n\n\u2014 k+ AAAAAAA=\n', 'signature 1 of the note'],
    ['text\n\n\u2014 k\u00a0k AAAAAAA=\n', 'signature 1 of the note'],
    ['text\n\n\u2014 k AAAAAAA= x\n', 'signature 1 of the note'],
    ['text\n\n\u2014 k AAAAAA==\n', 'signature 1 of the note'],
    ['text\n\n\u2014 k AAAAAAA\n', 'signature 1 of the note'],
    ['text\n\n\u2014 k AAAAAAB=\n', 'signature 1 of the note'],
    ['text\n\n\u2014 k AAAAAAA=\nmore\n', 'signature 2 of the note'],
    ['te\rxt\n\n\u2014 k AAAAAAA=\n', 'control character'],
    ['te\txt\n\n\u2014 k AAAAAAA=\n', 'control character'],
    ['te\u0000xt\n\n\u2014 k AAAAAAA=\n', 'control character'],
    ['te\ud800xt\n\n\u2014 k AAAAAAA=\n', 'control character or is not Unicode'],
  ])('is none: %j', (note, why) => {
    expect(() => parseNote(note)).toThrow(why);
    expect(() => openNote(note, verifiers)).toThrow(EvidenceError);
  });

  it('may have empty lines in its text', () => {
    expect(parseNote('a\n\nb\n\n\u2014 k AAAAAAA=\n')).toMatchObject({ text: 'a\n\nb\n', signatures: [{ name: 'k', keyId: 0 }] });
  });

  it('is UTF-8', () => {
    expect(() => noteText(Buffer.of(0x61, 0xff, 0x0a))).toThrow('the note is not UTF-8');
  });

  it('is not made of what nobody could open', async () => {
    const signer = signerOf('ed25519');

    await expect(signNote('no line feed', [signer])).rejects.toThrow(RangeError);
    await expect(signNote('tab\t\n', [signer])).rejects.toThrow(RangeError);
    await expect(signNote(text, [])).rejects.toThrow(RangeError);
    await expect(signNote(text, [{ ...signer, name: 'a b' }])).rejects.toThrow(RangeError);
  });
});

describe('a signature', () => {
  const note = 'log.example\n1\nroot\n';

  it.each(KINDS)('of %s that is no signature at all is just a bad one', (kind) => {
    const verifier = verifierOf(signerOf(kind).vkey);

    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 100 }), (bytes) => {
        expect(verifier.verify(note, Buffer.from(bytes))).toBe(false);
      }),
    );
  });

  it('of a witness is bound to its time', async () => {
    const signer = signerOf('cosignature');
    const verifier = verifierOf(signer.vkey);
    const signature = await signer.sign(note);
    const later = Buffer.from(signature);
    later.writeBigUInt64BE(1_700_000_001n);

    expect(verifier.verify(note, signature)).toBe(true);
    expect(verifier.time(signature)).toBe(1_700_000_000);
    expect(verifier.verify(note, later)).toBe(false);
    // The log's own kind of signature with the same key is none of a witness.
    expect(verifier.verify(note, signature.subarray(8))).toBe(false);
  });

  it('of a witness is not verified with a time beyond what a number holds', () => {
    const verifier = verifierOf(signerOf('cosignature').vkey);
    expect(verifier.time(Buffer.alloc(72, 0xff))).toBeUndefined();
    expect(verifier.verify(note, Buffer.alloc(72, 0xff))).toBe(false);
  });
});

describe('a verifier key', () => {
  const ecdsa = signerOf('ecdsa', 'log.example');
  const ed25519 = signerOf('ed25519', 'log.example');

  it.each(KINDS)('of %s is written as it is read', (kind) => {
    const { vkey, keyId, name } = signerOf(kind, 'bank.example/log\u00e9');

    expect(verifierOf(vkey)).toMatchObject({ name, keyId, kind, vkey });
    expect(vkey).toMatch(/^bank\.example\/log\u00e9\+[0-9a-f]{8}\+[A-Za-z0-9+/=]+$/);
  });

  it('of P-256 has an id that leaves out the name', () => {
    const { privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });

    expect(localSigner('a.example', 'ecdsa', privateKey).keyId).toBe(localSigner('b.example', 'ecdsa', privateKey).keyId);
  });

  it('is refused where any part of it was changed', () => {
    for (const { vkey } of [ecdsa, ed25519])
      fc.assert(
        fc.property(fc.nat({ max: vkey.length - 1 }), fc.constantFrom('+', '/', '=', '0', 'a', 'A', ' ', '\n'), (at, letter) => {
          const other = vkey.slice(0, at) + letter + vkey.slice(at + 1);
          // The id of a P-256 key says nothing of its name.
          const isRenamed = vkey === ecdsa.vkey && at < 'log.example'.length;
          if (other === vkey || isRenamed) return;
          expect(() => verifierOf(other)).toThrow(EvidenceError);
        }),
      );
  });

  it.each([
    ['', 'no verifier key'],
    ['log.example+530d903a', 'no verifier key'],
    ['log example+530d903a+AAAA', 'no verifier key'],
    ['log.example+530D903A+AAAA', 'no verifier key'],
    ['log.example+530d903a+AwEB', 'of no supported type'],
    ['log.example+530d903a+A_EB', 'of no supported type'],
    ['log.example+530d903a+AQEB', 'the verifier key says it is 530d903a'],
  ])('is none: %j', (vkey, why) => {
    expect(() => verifierOf(vkey)).toThrow(why);
  });

  it('is of the curves of this log only', () => {
    const p384 = generateKeyPairSync('ec', { namedCurve: 'P-384' });
    const der = p384.publicKey.export({ format: 'der', type: 'spki' });

    expect(() => vkeyOf('log.example', 'ecdsa', der)).toThrow('not a public key of P-256');
    expect(() => vkeyOf('log.example', 'ed25519', der)).toThrow('not a public key of Ed25519');
    expect(() => localSigner('log.example', 'cosignature', p384.privateKey)).toThrow(EvidenceError);
    expect(() => vkeyOf('log example', 'ecdsa', der)).toThrow('no name of a key');
    expect(() => vkeyOf('log.example', 'ecdsa', Buffer.from('no key'))).toThrow(EvidenceError);
  });

  it('does not take a key with something after it', () => {
    for (const kind of ['ed25519', 'ecdsa'] as const) {
      const { publicKey } = kind === 'ecdsa' ? generateKeyPairSync('ec', { namedCurve: 'P-256' }) : generateKeyPairSync('ed25519');
      const der = publicKey.export({ format: 'der', type: 'spki' });

      expect(verifierOf(vkeyOf('log.example', kind, der)).kind).toBe(kind);
      expect(() => vkeyOf('log.example', kind, Buffer.concat([der, Buffer.of(0)]))).toThrow(EvidenceError);
    }
  });
});
