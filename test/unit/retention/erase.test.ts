import { hash } from 'node:crypto';
import fc from 'fast-check';
import { Writable } from 'node:stream';
import { PutObjectCommand, PutObjectLegalHoldCommand } from '@aws-sdk/client-s3';
import { eraseGeneration, eraseMonth } from '../../../cli/commands/erase.ts';
import type { BankConfig } from '../../../shared/config.ts';
import { PeriodKeyError } from '../../../shared/errors.ts';
import { sensitiveOf } from '../../../shared/redact/pseudonyms.ts';
import type { EraseDeps } from '../../../shared/retention/erase.ts';
import { planErasure } from '../../../shared/retention/erase-plan.ts';
import { readErasures } from '../../../shared/retention/erasures.ts';
import { setHold } from '../../../shared/retention/hold.ts';
import { withEvidence } from '../../../shared/seal/evidence.ts';
import { readStatement } from '../../../shared/seal/statements.ts';
import { s3Error } from '../../fakes/s3.ts';
import { createFakeVault, originOn, type FakeVault } from '../../fakes/vault.ts';

/** Sealed now, in the test's clock, so that their locks run from then. */
const SEALED = Date.UTC(2026, 9, 15);
/** When the lock of 30 days is over, and nothing of October may arrive any more. */
const LATER = Date.UTC(2026, 11, 1);
const ORDER = { class: 'standard', period: '2026-10', reason: 'retention is over', legalBasis: 'GDPR art. 17(1)(a)' };
const CONFIRMED = { ...ORDER, confirm: 'standard/2026-10' };

const OCTOBER = { source: 'alb', from: '2026-10-01', to: '2026-10-31' };

let fake: FakeVault;
let deps: EraseDeps;
let now: number;
let key: string;
let other: string;

beforeEach(async () => {
  now = SEALED;
  fake = createFakeVault(() => now);
  jest.useFakeTimers({ now, doNotFake: ['setTimeout', 'setImmediate', 'nextTick', 'queueMicrotask'] });
  key = await fake.seal(originOn('2026-10-15'));
  other = await fake.seal(originOn('2026-10-16', { source: 'cloudtrail' }), 'kept', 'trail');
  now = LATER;
  jest.setSystemTime(now);
  deps = { vault: fake.vault, keys: fake.keyStore, by: 'the officer', now };
});

afterEach(() => jest.useRealTimers());

const silent = new Writable({ write: (_chunk, _encoding, done) => done() });

function printer(): { readonly out: Writable; readonly text: () => string } {
  let text = '';
  const out = new Writable({
    write(chunk: Buffer, _, done) {
      text += chunk.toString();
      done();
    },
  });
  return { out, text: () => text };
}

function wrappedKeys(): number {
  return fake.s3.versions('keys', 'standard/2026-10.json').filter(({ body }) => body.includes('wrapped')).length;
}

describe('erasing a month', () => {
  it('destroys every version of its key, says so before and after, and leaves the sealed bytes and other classes', async () => {
    const wrapped = fake.s3.versions('keys', 'standard/2026-10.json')[0]?.body.toString() ?? '';
    const sha256 = hash('sha256', Buffer.from((JSON.parse(wrapped) as { wrapped: string }).wrapped, 'base64'));
    const { out, text } = printer();

    expect(await eraseMonth(CONFIRMED, deps, out)).toBe(0);

    const [erasure] = await readErasures(fake.vault);
    expect(erasure).toMatchObject({ class: 'standard', period: '2026-10', stage: 'done' });
    expect((await readStatement(fake.vault, erasure?.statement ?? '')).body).toMatchObject({
      stage: 'intent',
      who: 'the officer',
      reason: 'retention is over',
      legal_basis: 'GDPR art. 17(1)(a)',
      key: { name: 'demo/standard/2026-10', bank: 'demo', class: 'standard', period: '2026-10' },
      wrapped: [{ sha256 }],
      evidence: { versions: 1 },
      before_retention: false,
    });
    expect((await readStatement(fake.vault, erasure?.outcome ?? '')).body).toMatchObject({
      stage: 'done',
      destroyed: [{ sha256 }],
      versions_left: 0,
    });
    expect(text()).toContain(sha256);
    expect(wrappedKeys()).toBe(0);
    expect(fake.s3.versions('vault', key)).toHaveLength(1);
    await expect(withEvidence(await fake.open(), { key: other }, (_, bytes) => Promise.resolve(bytes.bytes?.toString()))).resolves.toBe(
      'kept',
    );
  });

  it('is what opening says afterwards, with the statement; and nothing is taken in for the month any more', async () => {
    await eraseMonth(CONFIRMED, deps, silent);
    const [erasure] = await readErasures(fake.vault);

    const opening = withEvidence(await fake.open(), { key }, () => Promise.resolve());

    await expect(opening).rejects.toThrow(PeriodKeyError);
    await expect(opening).rejects.toThrow(
      `${key} is refused: erased on 2026-12-01: the period key demo/standard/2026-10 was destroyed (${erasure?.statement ?? ''})`,
    );
    await expect(fake.freshKeys().forSealing('standard', '2026-10')).rejects.toThrow('erased on 2026-12-01');
  });

  it('wants to be confirmed, and says with what', async () => {
    await expect(eraseMonth(ORDER, deps, silent)).rejects.toThrow(
      '1 versions of evidence can never be read again. If that is meant, say --confirm standard/2026-10',
    );
    await expect(eraseMonth({ ...ORDER, confirm: 'standard/2026-11' }, deps, silent)).rejects.toThrow('found "standard/2026-11"');
    await expect(eraseMonth({ ...CONFIRMED, legalBasis: ' ' }, deps, silent)).rejects.toThrow('--legal-basis');
    await expect(eraseMonth({ ...CONFIRMED, reason: '' }, deps, silent)).rejects.toThrow('--reason');
    expect(wrappedKeys()).toBe(1);
    expect(await readErasures(fake.vault)).toEqual([]);
  });

  it('is refused before its lock has ended, unless that is overruled', async () => {
    const early = Date.UTC(2026, 10, 10);
    now = early;
    const earlyDeps = { ...deps, now: early };

    await expect(eraseMonth(CONFIRMED, earlyDeps, silent)).rejects.toThrow(
      /until 2026-11-16 evidence of 2026-10 may still arrive[^]*it is to be kept until 2026-11-15/,
    );
    expect(wrappedKeys()).toBe(1);

    await eraseMonth({ ...CONFIRMED, beforeRetention: true }, earlyDeps, silent);
    const [erasure] = await readErasures(fake.vault);
    expect((await readStatement(fake.vault, erasure?.statement ?? '')).body).toMatchObject({
      before_retention: true,
      evidence: { locked_until: '2026-11-15T00:00:00.000Z' },
    });
  });

  it('is refused while the month lasts, whatever is overruled', async () => {
    const during = { ...deps, now: Date.UTC(2026, 9, 31, 23) };

    await expect(eraseMonth({ ...CONFIRMED, beforeRetention: true }, during, silent)).rejects.toThrow('2026-10 is not over');
  });

  it('is objected to by a hold on what was sealed after it was planned', async () => {
    const plan = await planErasure('standard', '2026-10', deps);
    expect(plan.against).toEqual([]);
    const held = { vault: fake.vault, bank: 'demo', by: 'the officer', wait: () => Promise.resolve() };
    await setHold({ source: 'nginx', from: '2026-10-01', to: '2026-10-31' }, 'case 4712', held);
    expect(await plan.objection()).toBeUndefined();

    await fake.seal(originOn('2026-10-20', { source: 'nginx' }));

    expect(await plan.objection()).toMatch(/^legal hold \S+ covers some of it \(nginx, delivered 2026-10-01 to 2026-10-31: case 4712\)$/);
  });

  it('is refused under a legal hold, by its statement and by S3 alone', async () => {
    const held = { vault: fake.vault, bank: 'demo', by: 'the officer', wait: () => Promise.resolve() };
    await setHold({ source: 'alb', account: '333333333333', from: '2026-01-01', to: '2026-12-31' }, 'another account', held);
    expect((await planErasure('standard', '2026-10', deps)).against).toEqual([]);
    await fake.vault.s3.send(new PutObjectLegalHoldCommand({ Bucket: 'vault', Key: key, LegalHold: { Status: 'ON' } }));
    expect((await planErasure('standard', '2026-10', deps)).against).toEqual(["1 versions are under S3's legal hold"]);

    await setHold({ source: 'alb', from: '2026-10-15', to: '2026-10-15' }, 'case 4711', held);

    await expect(eraseMonth({ ...CONFIRMED, beforeRetention: true }, deps, silent)).rejects.toThrow(
      /legal hold \S+ covers some of it \(alb, delivered 2026-10-15 to 2026-10-15: case 4711\)/,
    );
    expect(wrappedKeys()).toBe(1);
  });

  it('is given up, on record, where a hold is set while it begins', async () => {
    const held = { vault: fake.vault, bank: 'demo', by: 'another officer', wait: () => Promise.resolve() };
    let tooLate: unknown;
    fake.s3.before = async (command, name) => {
      // The hold arrives between the plan and the intent.
      if (command !== 'PutObjectCommand' || !name.startsWith('_statements/erasure/') || tooLate !== undefined) return;
      tooLate = null;
      ({ tooLate } = await setHold({ source: '*', from: '2026-10-01', to: '2026-10-31' }, 'case 4711', held));
    };

    await expect(eraseMonth(CONFIRMED, deps, silent)).rejects.toThrow('is not erased: legal hold');

    expect(wrappedKeys()).toBe(1);
    expect((await readErasures(fake.vault)).map(({ stage }) => stage)).toEqual(['abandoned']);
    await expect(withEvidence(await fake.open(), { key }, () => Promise.resolve('open'))).resolves.toBe('open');
  });

  it('and a hold at the same moment never both succeed unseen, whatever comes first', async () => {
    const outcomes = new Set<string>();
    let day = 0;
    const delays = fc.record({
      begin: fc.integer({ min: 0, max: 400 }),
      calls: fc.array(fc.integer({ min: 0, max: 6 }), { minLength: 1 }),
    });
    const wait = async (turns: number): Promise<void> => {
      for (let left = turns; left > 0; left--) await new Promise((resolve) => setImmediate(resolve));
    };

    await fc.assert(
      fc.asyncProperty(delays, async ({ begin, calls }) => {
        // A vault of its own each time; the clock stays.
        fake = createFakeVault(() => now);
        await fake.seal(originOn('2026-10-15', { uri: `s3://landing/${++day}#1` }));
        const both = { vault: fake.vault, keys: fake.keyStore, by: 'the officer', now };
        let call = 0;
        fake.s3.before = () => wait(calls[call++ % calls.length] ?? 0);

        const [erasing, holding] = await Promise.allSettled([
          eraseMonth({ ...CONFIRMED, beforeRetention: true }, both, silent),
          wait(begin).then(() => setHold(OCTOBER, 'case 4711', { vault: fake.vault, bank: 'demo', by: 'another', settle: false })),
        ]);

        const erased = wrappedKeys() === 0;
        expect(holding.status).toBe('fulfilled');
        expect(erasing.status).toBe(erased ? 'fulfilled' : 'rejected');
        // Who holds is told what is gone.
        if (erased && holding.status === 'fulfilled') expect(holding.value.tooLate).toHaveLength(1);
        outcomes.add(erased ? 'erased' : 'held');
      }),
      { numRuns: 150 },
    );

    expect([...outcomes].sort()).toEqual(['erased', 'held']);
  }, 60_000);

  it('tells who sets a hold too late', async () => {
    await eraseMonth(CONFIRMED, deps, silent);
    const held = { vault: fake.vault, bank: 'demo', by: 'the officer', wait: () => Promise.resolve() };

    const { tooLate } = await setHold({ source: 'alb', from: '2026-10-31', to: '2026-11-02' }, 'case 4711', held);

    expect(tooLate).toMatchObject([{ class: 'standard', period: '2026-10', stage: 'done' }]);
  });

  it.each(['PutObjectCommand', 'DeleteObjectCommand'])('that fails at a %s is finished by ordering it again', async (command) => {
    await fake.vault.s3.send(
      new PutObjectCommand({
        Bucket: 'keys',
        Key: 'standard/2026-10.json',
        Body: fake.s3.versions('keys', 'standard/2026-10.json')[0]?.body ?? '',
      }),
    );
    expect(wrappedKeys()).toBe(2);
    fake.s3.fail = (name, at) => (name === command && at === 'standard/2026-10.json' ? s3Error('SlowDown', 503) : undefined);
    await expect(eraseMonth(CONFIRMED, deps, silent)).rejects.toMatchObject({ name: 'SlowDown' });
    expect((await readErasures(fake.vault)).map(({ stage }) => stage)).toEqual(['intent']);
    fake.s3.fail = () => undefined;
    now += 1000;

    expect(await eraseMonth(CONFIRMED, { ...deps, now }, silent)).toBe(0);

    expect(wrappedKeys()).toBe(0);
    expect(
      (await readErasures(fake.vault))
        .map(({ stage }) => stage)
        .toSorted()
        .at(-1),
    ).toBe('done');
    const statements = fake.s3.keys('vault').filter((name) => name.startsWith('_statements/erasure/')).length;
    expect(await eraseMonth(ORDER, { ...deps, now }, silent)).toBe(0);
    expect(fake.s3.keys('vault').filter((name) => name.startsWith('_statements/erasure/'))).toHaveLength(statements);
  });

  it('of a month without evidence, or a name that is none, is refused', async () => {
    await expect(eraseMonth({ ...CONFIRMED, period: '2026-09', confirm: 'standard/2026-09' }, deps, silent)).rejects.toThrow(
      'nothing was sealed under it',
    );
    await expect(eraseMonth({ ...CONFIRMED, period: '2026-9' }, deps, silent)).rejects.toThrow('name no period key');
  });
});

describe('erasing pseudonyms', () => {
  const reasons = { reason: 'asked to', legalBasis: 'GDPR art. 17' };
  const bank = { bank: 'demo', sensitive: { email: 'pseudonym' } } as unknown as BankConfig;

  async function pseudonym(): Promise<string> {
    const sensitive = await sensitiveOf(bank, { kms: fake.kms.client, keyArn: () => fake.kms.keyArn, keys: fake.freshKeys() });
    return sensitive?.text('mail to somebody@bank.example') ?? '';
  }

  it('begins another generation: the same value gets another pseudonym, the same from then on', async () => {
    const before = await pseudonym();
    expect(await pseudonym()).toBe(before);
    await expect(eraseGeneration(reasons, deps, silent)).rejects.toThrow('--confirm pseudonyms/0001');

    expect(await eraseGeneration({ ...reasons, confirm: 'pseudonyms/0001' }, deps, silent)).toBe(0);

    const after = await pseudonym();
    expect(after).not.toBe(before);
    expect(await pseudonym()).toBe(after);
    expect(fake.s3.versions('keys', 'pseudonyms/0001.json').some(({ body }) => body.includes('wrapped'))).toBe(false);
    await eraseGeneration({ ...reasons, confirm: 'pseudonyms/0002' }, deps, silent);
    expect([before, after]).not.toContain(await pseudonym());
  });

  it('is blocked by any open hold, and impossible where there are none', async () => {
    await expect(eraseGeneration(reasons, deps, silent)).rejects.toThrow('none were made yet');
    await pseudonym();
    await setHold({ source: 'alb', from: '2020-01-01', to: '2020-01-02' }, 'case 1', {
      vault: fake.vault,
      bank: 'demo',
      by: 'x',
      wait: () => Promise.resolve(),
    });

    await expect(eraseGeneration({ ...reasons, confirm: 'pseudonyms/0001' }, deps, silent)).rejects.toThrow('are not erased: legal hold');
  });
});
