import { parseTrust, unpinnedTrust } from '../../../shared/verify/trust.ts';
import { LOG, WITNESS } from '../../fakes/sealed-bank.ts';
import { testSigner } from '../../fakes/log.ts';

const log = testSigner(LOG);
const [one, two, three] = [testSigner('w1', 'cosignature'), testSigner('w2', 'cosignature'), testSigner('w3')];

function signedBy(...signers: readonly (typeof log)[]) {
  return signers.map(({ name, keyId, kind }) => ({ name, keyId, kind, time: undefined }));
}

describe('a trust file', () => {
  const witnesses = `witness A ${one.vkey}\nwitness B ${two.vkey}\n  witness\tC ${three.vkey} https://witness.example\n`;

  it('names logs and witnesses, and who must have signed', () => {
    const trust = parseTrust(`# keys\nlog ${log.vkey}\n\n${witnesses}group two 2 A B C\ngroup all all two\nquorum all\n`);

    expect(trust.logs.map(({ vkey }) => vkey)).toEqual([log.vkey]);
    expect(trust.witnesses).toHaveLength(3);
    expect(trust.pinned).toBe(true);
    expect(trust.quorum?.(signedBy(log, one))).toBe(false);
    expect(trust.quorum?.(signedBy(log, one, three))).toBe(true);
  });

  it('may demand one witness, any of several, or none', () => {
    const quorum = (end: string) => parseTrust(`log ${log.vkey}\n${witnesses}${end}\n`).quorum;

    expect(quorum('quorum none')).toBeUndefined();
    expect(quorum('quorum B')?.(signedBy(two))).toBe(true);
    expect(quorum('quorum B')?.(signedBy(one))).toBe(false);
    expect(quorum('group any any A B\nquorum any')?.(signedBy(one))).toBe(true);
    expect(quorum('group any any A B\nquorum any')?.(signedBy(three))).toBe(false);
  });

  it.each([
    ['quorum none\n', 'names no log'],
    [`log ${log.vkey}\n`, 'has no line "quorum <name>"'],
    [`log ${log.vkey}\nquorum none\nquorum none\n`, 'line 3: a second quorum'],
    [`log ${log.vkey}\nquorum A\n`, 'line 2: quorum A is no witness or group of the lines above'],
    ['log x\n', 'line 1: no verifier key'],
    [`log ${log.vkey}\nlog ${log.vkey}\n`, `line 2: the key of ${LOG} is listed twice`],
    [`log ${one.vkey}\n`, 'line 1: the key of w1 is that of a witness'],
    [`witness A ${one.vkey}\nwitness A ${two.vkey}\n`, 'line 2: A is named twice'],
    [`witness none ${one.vkey}\n`, 'line 1: a name other than none is needed'],
    [`witness A ${one.vkey}\ngroup g 2 A\n`, 'line 2: group g needs all, any or a number from 1 to its 1 members'],
    [`witness A ${one.vkey}\ngroup g any A B\n`, 'line 2: B is no witness or group of the lines above'],
    [`witness A ${one.vkey}\ngroup g any A\ngroup h any A\n`, 'line 3: A is a member twice'],
    ['logs x\n', 'line 1: logs is not one of log, witness, group, quorum'],
  ])('that is wrong is refused: %#', (text, message) => {
    expect(() => parseTrust(text, 'trust.txt')).toThrow(message);
  });
});

it('keys beside the log are those of the log where they have its name, else of witnesses', () => {
  const witness = testSigner(WITNESS);

  const trust = unpinnedTrust([log.vkey, one.vkey], LOG, [witness.vkey]);

  expect(trust.logs.map(({ name }) => name)).toEqual([LOG]);
  expect(trust.witnesses.map(({ name }) => name)).toEqual(['w1', WITNESS]);
  expect(trust.pinned).toBe(false);
});
