// Checkpoints that were kept elsewhere: what shows a log that was set back or rewritten with everything that lay in the vault.
import { formatCheckpoint } from '../../../shared/notary/checkpoint.ts';
import { signNote } from '../../../shared/notary/note.ts';
import { LOG_PREFIX } from '../../../shared/notary/store.ts';
import { NO_COUNTS } from '../../../shared/verify/report.ts';
import { verifyVault } from '../../../shared/verify/verify-vault.ts';
import { testSigner } from '../../fakes/log.ts';
import { LOG, sealedBank, type SealedBank } from '../../fakes/sealed-bank.ts';

const HOUR_MS = 3_600_000;

interface Logged {
  readonly bank: SealedBank;
  readonly keys: readonly string[];
  /** Of five and of nine leaves. */
  readonly notes: readonly [string, string];
}

async function bankWithLog(): Promise<Logged> {
  const bank = sealedBank();
  const keys: string[] = [];
  for (let at = 0; at < 5; at++) keys.push(await bank.seal());
  await bank.log();
  const first = await bank.sign();
  for (let at = 0; at < 4; at++) keys.push(await bank.seal());
  await bank.log();
  const second = await bank.sign();
  bank.now += HOUR_MS;
  return { bank, keys, notes: [first.checkpoint.note, second.checkpoint.note] };
}

async function found(bank: SealedBank, note: string, key?: string): Promise<readonly string[]> {
  const { problems } = await verifyVault(bank.deps({ kept: [{ at: 'kept.note', note }] }), { bank: 'demo', key });
  return problems.filter(({ severity, at }) => severity === 'failure' && at === 'kept.note').map(({ code }) => code);
}

/** As if nothing after the first checkpoint had ever been. */
function setBack({ bank, keys, notes }: Logged): void {
  Object.assign(bank.version(`${LOG_PREFIX}checkpoint`), { body: Buffer.from(notes[0]) });
  const later = ['checkpoints/000000000009', 'tile/0/000.p/9', 'tile/entries/000.p/9', 'batch/000000000005'].map(
    (path) => LOG_PREFIX + path,
  );
  for (const key of [...later, ...keys.slice(5)]) (bank.s3.versions('vault', key) as unknown[]).length = 0;
}

async function withOtherRoot({ bank }: Logged, size: number): Promise<string> {
  return await signNote(formatCheckpoint({ origin: LOG, size, root: Buffer.alloc(32, 1) }), [bank.signer]);
}

describe.each([
  ['the whole log', () => undefined],
  ['one object', ({ keys }: Logged) => keys[1]],
] as const)('a kept checkpoint, held against %s', (_, keyOf) => {
  it.each([0, 1] as const)('that the log contains (%d) is no problem', async (at) => {
    const logged = await bankWithLog();

    expect(await found(logged.bank, logged.notes[at], keyOf(logged))).toEqual([]);
  });

  it('shows that the log was set back, with all that lay in the vault', async () => {
    const logged = await bankWithLog();
    setBack(logged);

    const unaware = await verifyVault(logged.bank.deps(), { bank: 'demo' });
    expect(unaware.ok).toBe(true);
    expect(await found(logged.bank, logged.notes[1], keyOf(logged))).toEqual(['log_rewound']);
  });

  it.each([5, 7, 9])('shows that the log was another at %d leaves', async (size) => {
    const logged = await bankWithLog();

    expect(await found(logged.bank, await withOtherRoot(logged, size), keyOf(logged))).toEqual(['inconsistent_checkpoints']);
  });

  it('counts only with a signature of the log', async () => {
    const logged = await bankWithLog();
    const stranger = await signNote(formatCheckpoint({ origin: LOG, size: 5, root: Buffer.alloc(32, 1) }), [testSigner(LOG)]);

    expect(await found(logged.bank, stranger, keyOf(logged))).toEqual(['bad_signature']);
    expect(await found(logged.bank, 'no checkpoint', keyOf(logged))).toEqual(['bad_signature']);
  });
});

describe('a kept checkpoint of more leaves than a run had that goes on', () => {
  it.each([
    [9, 'as the log has it', []],
    [9, 'of another tree', ['inconsistent_checkpoints']],
    [12, 'of another tree', ['log_rewound']],
  ] as const)('(%d, %s) is held against the latest checkpoint', async (size, what, finds) => {
    const logged = await bankWithLog();
    const note = what === 'of another tree' ? await withOtherRoot(logged, size) : logged.notes[1];
    const position = { part: 'statements', key: '' } as const;
    const saved = {
      ...({ format: 1, scope: { bank: 'demo' }, started: new Date(logged.bank.now).toISOString(), size: 5 } as const),
      ...{ position, findings: { counts: [], kept: [] }, counts: NO_COUNTS },
    };
    const resume = { saved, save: () => undefined, remove: () => undefined };

    const { problems } = await verifyVault(logged.bank.deps({ kept: [{ at: 'kept.note', note }], resume }), { bank: 'demo' });

    expect(problems.filter(({ at }) => at === 'kept.note').map(({ code }) => code)).toEqual(finds);
  });
});
