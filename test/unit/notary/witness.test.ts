import { logWriter, type LogWriter } from '../../../shared/notary/append.ts';
import { formatCheckpoint, openCheckpoint } from '../../../shared/notary/checkpoint.ts';
import { cosign, witnessKey, type WitnessCall } from '../../../shared/notary/cosign.ts';
import type { Hash } from '../../../shared/notary/merkle.ts';
import { openNote, signNote, verifierOf } from '../../../shared/notary/note.ts';
import { publish, type Published } from '../../../shared/notary/publish.ts';
import { openLog } from '../../../shared/notary/read.ts';
import { addCheckpoint, submission, type Witness, type Witnessed, type WitnessState } from '../../../shared/notary/witness.ts';
import { memoryLog, memoryLogStore, testSigner, type MemoryLog } from '../../fakes/log.ts';
import { leaves, ORIGIN } from './log.ts';

const NAME = 'strongroom/demo/witness/444444444444';
const log1 = testSigner(ORIGIN);
const NOW = 1_795_000_000_000;

interface World {
  readonly log: MemoryLog;
  readonly writer: LogWriter;
  readonly witness: Witness;
  readonly copies: ReadonlyMap<string, Buffer>;
  readonly state: Map<string, Witnessed>;
  readonly key: string;
}

function world(kind: 'ecdsa' | 'cosignature' = 'cosignature'): World {
  const log = memoryLog();
  const store = memoryLogStore();
  const state = new Map<string, Witnessed>();
  const signer = testSigner(NAME, kind, () => NOW);
  const witness = {
    origin: ORIGIN,
    keys: [verifierOf(log1.vkey)],
    state: stateIn(state),
    copies: store,
    signer: () => Promise.resolve(signer),
  };
  return { log, writer: logWriter({ ...log.open(), origin: ORIGIN }), witness, copies: store.files, state, key: signer.vkey };
}

function stateIn(state: Map<string, Witnessed>): WitnessState {
  return {
    last: (origin) => Promise.resolve(state.get(origin)),
    advance: (origin, old, next) => {
      if ((state.get(origin)?.size ?? 0) !== old) return Promise.resolve(false);
      state.set(origin, next);
      return Promise.resolve(true);
    },
  };
}

async function signed({ writer }: World, ...numbers: readonly number[]): Promise<Published> {
  await writer.append(leaves(...numbers));
  const published = await publish(writer, { signer: () => Promise.resolve(log1), interval: 0, now: NOW });
  if (published === undefined) throw new Error('nothing was signed');
  return published;
}

async function body({ log }: World, { checkpoint }: Published, old: number, proof?: readonly Hash[]): Promise<string> {
  const right = old > checkpoint.size ? [] : await openLog(log.open().store).consistency(old, checkpoint.size);
  return submission({ old, proof: proof ?? right, note: checkpoint.note });
}

/** A checkpoint of a history that never was, signed with the log's own key. */
async function forged(size: number, fill: number): Promise<string> {
  return await signNote(formatCheckpoint({ origin: ORIGIN, size, root: Buffer.alloc(32, fill) }), [log1]);
}

describe('the witness', () => {
  it('signs a first checkpoint, one that continues it, and the same again', async () => {
    const here = world();
    const [first, second] = [await signed(here, 1, 2, 3), await signed(here, 4, 5)];

    expect((await addCheckpoint(here.witness, await body(here, first, 0))).status).toBe(200);
    expect((await addCheckpoint(here.witness, await body(here, second, 3))).status).toBe(200);
    const again = await addCheckpoint(here.witness, await body(here, second, 5));

    expect(again.status).toBe(200);
    const { signed: by } = openNote(second.checkpoint.note + again.body, [verifierOf(here.key)]);
    expect(by).toEqual([{ name: NAME, keyId: verifierOf(here.key).keyId, kind: 'cosignature', time: NOW / 1000 }]);
    expect(here.state.get(ORIGIN)?.size).toBe(5);
    expect([...here.copies.keys()].map((path) => path.replace(/-[0-9a-f]{16}$/, ''))).toEqual([
      'checkpoints/000000000003',
      'checkpoints/000000000005',
    ]);
  });

  it('with a P-256 key adds a plain line of its own', async () => {
    const here = world('ecdsa');
    const { checkpoint, ...rest } = await signed(here, 1);

    const { body: lines } = await addCheckpoint(here.witness, await body(here, { checkpoint, ...rest }, 0));

    expect(openNote(checkpoint.note + lines, [verifierOf(here.key)]).signed).toMatchObject([{ name: NAME, kind: 'ecdsa' }]);
    expect(openCheckpoint(checkpoint.note + lines, [verifierOf(log1.vkey)]).size).toBe(1);
  });

  it('refuses another old size than it knows, and says which it knows', async () => {
    const here = world();
    const [first, second] = [await signed(here, 1, 2, 3), await signed(here, 4)];
    await addCheckpoint(here.witness, await body(here, first, 0));

    expect(await addCheckpoint(here.witness, await body(here, second, 0))).toMatchObject({ status: 409, body: '3\n', isFault: false });
    expect(await addCheckpoint(here.witness, await body(here, second, 2))).toMatchObject({ status: 409, body: '3\n' });
    expect(await addCheckpoint(here.witness, await body(here, second, 9))).toMatchObject({ status: 400 });
    expect(here.state.get(ORIGIN)?.size).toBe(3);
  });

  it('refuses a history that does not continue the one it has signed, and keeps it as the proof that it was signed', async () => {
    const here = world();
    await addCheckpoint(here.witness, await body(here, await signed(here, 1, 2, 3), 0));

    const other = submission({ old: 3, proof: [Buffer.alloc(32, 1), Buffer.alloc(32, 2)], note: await forged(4, 9) });
    expect(await addCheckpoint(here.witness, other)).toMatchObject({ status: 422, isFault: true });
    const same = submission({ old: 3, proof: [], note: await forged(3, 7) });
    expect(await addCheckpoint(here.witness, same)).toMatchObject({ status: 409, isFault: true });

    expect(here.state.get(ORIGIN)?.size).toBe(3);
    expect([...here.copies.keys()].filter((path) => path.startsWith('refused/'))).toEqual([
      'refused/000000000004-0909090909090909',
      'refused/000000000003-0707070707070707',
    ]);
    expect(openNote(here.copies.get('refused/000000000004-0909090909090909')?.toString() ?? '', here.witness.keys).signed).toHaveLength(1);
  });

  it('refuses what the log’s key has not signed, another log and what is no request', async () => {
    const here = world();
    const { checkpoint } = await signed(here, 1);
    const { text } = openNote(checkpoint.note, here.witness.keys);
    const stranger = await signNote(text, [testSigner(ORIGIN)]);
    const elsewhere = await signNote(text.replace('demo', 'other'), [log1]);

    expect((await addCheckpoint(here.witness, submission({ old: 0, proof: [], note: stranger }))).status).toBe(403);
    expect((await addCheckpoint(here.witness, submission({ old: 0, proof: [], note: elsewhere }))).status).toBe(404);
    const hash = Buffer.alloc(32).toString('base64');
    for (const wrong of [
      '',
      'old',
      `old 00\n\n${checkpoint.note}`,
      `old -1\n\n${checkpoint.note}`,
      `old 0\nabc\n\n${checkpoint.note}`,
      'old 0\n\nnothing',
      `new 0\n\n${checkpoint.note}`,
      `old 0\n${`${hash}\n`.repeat(64)}\n${checkpoint.note}`,
    ])
      expect([wrong.slice(0, 12), (await addCheckpoint(here.witness, wrong)).status]).toEqual([wrong.slice(0, 12), 400]);
    expect((await addCheckpoint(here.witness, submission({ old: 0, proof: [Buffer.alloc(32)], note: checkpoint.note }))).status).toBe(422);
    expect(here.state.size).toBe(0);
  });

  it('whose table was lost goes on from its copies: it does not begin anew', async () => {
    const here = world();
    const [first, second] = [await signed(here, 1, 2, 3), await signed(here, 4)];
    await addCheckpoint(here.witness, await body(here, first, 0));
    here.state.clear();

    const anew = submission({ old: 0, proof: [], note: await forged(2, 9) });
    expect(await addCheckpoint(here.witness, anew)).toMatchObject({ status: 409, body: '3\n' });
    here.state.clear();
    expect((await addCheckpoint(here.witness, await body(here, second, 3))).status).toBe(200);
    expect(here.state.get(ORIGIN)?.size).toBe(4);
  });

  it('has persisted what it signs before it answers, and of two requests at once signs one', async () => {
    const here = world();
    const [first, second] = [await signed(here, 1), await signed(here, 2, 3)];
    await addCheckpoint(here.witness, await body(here, first, 0));
    const failing: Witness = { ...here.witness, state: { ...here.witness.state, advance: () => Promise.reject(new Error('throttled')) } };
    const late: Witness = {
      ...here.witness,
      state: { last: () => Promise.resolve({ size: 1, root: first.checkpoint.root }), advance: () => Promise.resolve(false) },
    };

    await expect(addCheckpoint(failing, await body(here, second, 1))).rejects.toThrow('throttled');
    expect(await addCheckpoint(late, await body(here, second, 1))).toEqual({ status: 409, body: '1\n' });
    expect(here.state.get(ORIGIN)?.size).toBe(1);
  });
});

describe('the log and its witness', () => {
  function caller({ witness, key }: World): WitnessCall {
    return (path, text) => (path === 'key' ? Promise.resolve({ status: 200, body: `${key}\n` }) : addCheckpoint(witness, text));
  }

  it('keeps each checkpoint with both signatures', async () => {
    const here = world();
    const request = { call: caller(here), key: verifierOf(here.key) };

    expect(await cosign(here.writer, await signed(here, 1, 2), request)).toBe(true);
    expect(await cosign(here.writer, await signed(here, 3), request)).toBe(true);

    const note = here.log.files.get('cosigned/000000000003')?.toString() ?? '';
    expect(openNote(note, [verifierOf(log1.vkey), verifierOf(here.key)]).signed.map(({ kind }) => kind)).toEqual(['ecdsa', 'cosignature']);
    expect(here.log.head.value?.witnessed).toBe(3);
    expect(await witnessKey(request.call)).toBe(here.key);
  });

  it('asks once for what the witness has signed', async () => {
    const here = world();
    const calls: string[] = [];
    const call: WitnessCall = (path, text) => (calls.push(text), caller(here)(path, text));
    const published = await signed(here, 1);
    await cosign(here.writer, published, { call, key: undefined });

    expect(await cosign(here.writer, published, { call, key: undefined })).toBe(false);
    expect(calls).toHaveLength(1);
  });

  it('goes on from what the witness knows, where its own table does not', async () => {
    const here = world();
    await cosign(here.writer, await signed(here, 1, 2, 3), { call: caller(here), key: undefined });
    here.log.head.value = { integrated: 3, published: 3, signed: 0, witnessed: 0 };

    expect(await cosign(here.writer, await signed(here, 4), { call: caller(here), key: undefined })).toBe(true);
    expect(here.log.head.value.witnessed).toBe(4);
  });

  it('of a witness that is away waits for nothing: a later checkpoint makes up for it', async () => {
    const here = world();
    const away: WitnessCall = () => Promise.reject(new Error('connect ECONNREFUSED'));
    const broken: WitnessCall = () => Promise.resolve({ status: 500, body: 'no\n' });
    const published = await signed(here, 1);

    await expect(cosign(here.writer, published, { call: away, key: undefined })).rejects.toThrow('ECONNREFUSED');
    await expect(cosign(here.writer, published, { call: broken, key: undefined })).rejects.toThrow('the witness answers 500: no');
    expect(await cosign(here.writer, await signed(here, 2), { call: caller(here), key: undefined })).toBe(true);
    expect([...here.log.files.keys()].filter((path) => path.startsWith('cosigned/'))).toEqual(['cosigned/000000000002']);
  });

  it('rewound, is found out by what the witness has seen', async () => {
    const here = world();
    await cosign(here.writer, await signed(here, 1, 2, 3), { call: caller(here), key: undefined });
    // Everything is set back: vault, table, the writer's memory.
    const young = { ...world(), witness: here.witness };
    const published = await signed(young, 1, 2);

    await expect(cosign(young.writer, published, { call: caller(here), key: undefined })).rejects.toThrow(
      'the log was rewound: the witness has seen 3 leaves, and 2 were signed',
    );
    await expect(cosign(young.writer, await signed(young, 9), { call: caller(here), key: undefined })).rejects.toThrow(
      'the witness has seen another log of 3 leaves',
    );
    await expect(cosign(young.writer, await signed(young, 10), { call: caller(here), key: undefined })).rejects.toThrow(
      'the witness has seen another log',
    );
    expect([...young.log.files.keys()].filter((path) => path.startsWith('cosigned/'))).toEqual([]);
  });

  it('takes no other key’s signature for the witness’s, once it is pinned', async () => {
    const here = world();
    const key = verifierOf(testSigner(NAME, 'cosignature').vkey);

    await expect(cosign(here.writer, await signed(here, 1), { call: caller(here), key })).rejects.toThrow('no known key signed the note');
    expect(here.log.files.has('cosigned/000000000001')).toBe(false);
  });
});
