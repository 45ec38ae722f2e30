import { Writable } from 'node:stream';
import { DeleteObjectCommand, PutObjectCommand } from '@aws-sdk/client-s3';
import fc from 'fast-check';
import { listHolds, scopeOf } from '../../../cli/commands/hold.ts';
import { MisconfiguredError } from '../../../shared/errors.ts';
import { applyHold, liftHold, setHold, type HoldDeps } from '../../../shared/retention/hold.ts';
import { createHolds, HOLDS_MAX_AGE_MS, isHeld, readHolds, type HoldScope } from '../../../shared/retention/holds.ts';
import { inParallel } from '../../../shared/retention/parallel.ts';
import { evidenceVersions } from '../../../shared/retention/versions.ts';
import { s3VaultReader } from '../../../shared/verify/vault-reader.ts';
import { s3Error } from '../../fakes/s3.ts';
import { createFakeVault, originOn, type FakeVault } from '../../fakes/vault.ts';

const NOVEMBER: HoldScope = { source: 'alb', from: '2026-11-01', to: '2026-11-30' };

let fake: FakeVault;
let deps: HoldDeps;
let said: string[];

beforeEach(() => {
  fake = createFakeVault();
  said = [];
  deps = { vault: fake.vault, bank: 'demo', by: 'the officer', tell: (line) => said.push(line), wait: () => Promise.resolve() };
});

function isOn(key: string): boolean | undefined {
  return fake.s3.versions('vault', key)[0]?.held;
}

describe('a legal hold', () => {
  it('is stated first, then put on every version that it covers and on no other', async () => {
    const covered = [
      await fake.seal(originOn('2026-11-01')),
      await fake.seal(originOn('2026-11-30', { account: '333333333333', region: 'us-east-1' })),
    ];
    const others = [
      await fake.seal(originOn('2026-10-31')),
      await fake.seal(originOn('2026-12-01')),
      await fake.seal(originOn('2026-11-15', { source: 'vpc-flow' })),
    ];
    fake.s3.calls.length = 0;

    const { hold, ...counts } = await setHold(NOVEMBER, 'case 4711', deps);

    expect(counts).toMatchObject({ versions: 2, changed: 2, unchanged: 0, tooLate: [] });
    expect(covered.map(isOn)).toEqual([true, true]);
    expect(others.map(isOn)).toEqual([false, false, false]);
    expect(fake.s3.calls[0]).toBe(`PutObject ${hold.statement}`);
    expect(said[0]).toContain(hold.id);
  });

  it('is put on older versions and on what a delete marker hides', async () => {
    const key = await fake.seal(originOn('2026-11-10'));
    await fake.vault.s3.send(new DeleteObjectCommand({ Bucket: 'vault', Key: key }));
    await fake.vault.s3.send(new PutObjectCommand({ Bucket: 'vault', Key: key, Body: 'another' }));

    await setHold(NOVEMBER, 'case 4711', deps);

    expect(fake.s3.versions('vault', key).map(({ isMarker, held }) => [isMarker, held])).toEqual([
      [false, true],
      [true, false],
      [false, true],
    ]);
  });

  it('that was interrupted stands, and is finished by applying it again', async () => {
    const keys = [];
    for (let day = 1; day <= 9; day++) keys.push(await fake.seal(originOn(`2026-11-0${day}`)));
    let puts = 0;
    fake.s3.fail = (command) => (command === 'PutObjectLegalHoldCommand' && ++puts > 4 ? s3Error('SlowDown', 503) : undefined);
    await expect(setHold(NOVEMBER, 'case 4711', deps)).rejects.toMatchObject({ name: 'SlowDown' });
    fake.s3.fail = () => undefined;
    const [hold] = await readHolds(fake.vault);
    if (hold === undefined) throw new Error('no hold');

    const counts = await applyHold(hold, deps);

    expect(counts).toMatchObject({ versions: 9, changed: 5, unchanged: 4 });
    expect(keys.every(isOn)).toBe(true);
    expect(await applyHold(hold, deps)).toMatchObject({ changed: 0, unchanged: 9 });
  });

  it('is on what is sealed while it is open', async () => {
    await setHold(NOVEMBER, 'case 4711', deps);

    expect(isOn(await fake.seal(originOn('2026-11-29')))).toBe(true);
    expect(isOn(await fake.seal(originOn('2026-12-02')))).toBe(false);
  });

  it('reaches what a function that did not know of it has sealed meanwhile', async () => {
    await fake.holds.covers(originOn('2026-11-01'));
    let late = '';
    const waiting = {
      ...deps,
      wait: async (ms: number) => {
        expect(ms).toBeGreaterThan(HOLDS_MAX_AGE_MS);
        late = await fake.seal(originOn('2026-11-20'));
        expect(isOn(late)).toBe(false);
      },
    };

    expect(await setHold(NOVEMBER, 'case 4711', waiting)).toMatchObject({ versions: 1, changed: 1 });

    expect(isOn(late)).toBe(true);
  });

  it('is lifted with a reason, where no other one covers the object', async () => {
    const mine = await fake.seal(originOn('2026-11-10'));
    const both = await fake.seal(originOn('2026-11-20', { account: '333333333333' }));
    const { hold } = await setHold(NOVEMBER, 'case 4711', deps);
    await setHold({ source: '*', account: '333333333333', from: '2026-01-01', to: '2027-01-01' }, 'case 4712', deps);

    const counts = await liftHold(hold.id, 'case closed', deps);

    expect(counts).toMatchObject({ versions: 2, changed: 1, otherwiseHeld: 1 });
    expect([isOn(mine), isOn(both)]).toEqual([false, true]);
    const reasons = (await readHolds(fake.vault)).map(({ reason, released }) => [reason, released?.body['reason']]);
    expect(reasons.toSorted()).toEqual([
      ['case 4711', 'case closed'],
      ['case 4712', undefined],
    ]);
    expect(isOn(await fake.seal(originOn('2026-11-11')))).toBe(false);
    expect(await liftHold(hold.id, 'again', deps)).toMatchObject({ changed: 0 });
  });

  it('that there is none of cannot be lifted', async () => {
    await expect(liftHold('nothing', 'why not', deps)).rejects.toThrow(MisconfiguredError);
  });

  it('is listed with its state, for people and for programs', async () => {
    const { hold } = await setHold(NOVEMBER, 'case 4711', deps);
    await setHold({ ...NOVEMBER, source: '*' }, 'case 4712', deps);
    await liftHold(hold.id, 'over', deps);
    const { out, text } = printer();
    const { out: json, text: lines } = printer();

    await listHolds(fake.vault, false, out);
    await listHolds(fake.vault, true, json);

    expect(text()).toMatch(/lifted {2}.*alb, delivered 2026-11-01 to 2026-11-30 {2}by the officer: "case 4711"/);
    expect(text()).toContain('1 of 2 holds are open');
    expect(
      lines()
        .trim()
        .split('\n')
        .map((line) => JSON.parse(line) as unknown),
    ).toEqual(
      expect.arrayContaining([
        expect.objectContaining({ id: hold.id, open: false, lifted_reason: 'over' }),
        expect.objectContaining({ open: true, scope: { ...NOVEMBER, source: '*' } }),
      ]),
    );
  });
});

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

describe('holds at sealing', () => {
  it('are read once a while, statements never twice', async () => {
    await setHold(NOVEMBER, 'case 4711', deps);
    let now = 0;
    const holds = createHolds(fake.vault, () => now);
    fake.s3.calls.length = 0;

    for (let at = 0; at < 100; at++) expect(await holds.covers(originOn('2026-11-05'))).toBe(true);
    const first = fake.s3.calls.length;
    now = HOLDS_MAX_AGE_MS;
    await holds.covers(originOn('2026-11-05'));

    expect(first).toBe(3);
    expect(fake.s3.calls.slice(first)).toEqual(['ListObjectsV2 _statements/hold/', 'ListObjectsV2 _statements/release/']);
  });

  it('that cannot be read keep evidence from being put, and are asked for again', async () => {
    const holds = createHolds(fake.vault);
    fake.s3.fail = () => s3Error('SlowDown', 503);
    await expect(holds.covers(originOn('2026-11-05'))).rejects.toMatchObject({ name: 'SlowDown' });
    fake.s3.fail = () => undefined;

    expect(await holds.covers(originOn('2026-11-05'))).toBe(false);
  });
});

describe('evidenceVersions', () => {
  const anyDay = fc
    .date({ min: new Date('2024-12-01'), max: new Date('2027-02-01'), noInvalidDate: true })
    .map((date) => date.toISOString().slice(0, 10));

  it('finds exactly what the scope covers, whatever the days', async () => {
    const days = [
      '2024-12-31',
      '2025-01-01',
      '2025-06-30',
      '2026-02-28',
      '2026-11-01',
      '2026-11-15',
      '2026-11-30',
      '2026-12-31',
      '2027-01-01',
    ];
    const origins = days.flatMap((day) =>
      ['alb', 'vpc-flow'].flatMap((source) => ['222222222222', 'unknown'].map((account) => originOn(day, { source, account }))),
    );
    for (const origin of origins) await fake.seal(origin);
    const reader = s3VaultReader(fake.vault);
    const scopes = fc.record({
      source: fc.constantFrom('*', 'alb'),
      account: fc.constantFrom(undefined, 'unknown'),
      days: fc.tuple(anyDay, anyDay),
    });

    await fc.assert(
      fc.asyncProperty(scopes, async ({ days: [one, other], ...rest }) => {
        const scope = { ...rest, from: one < other ? one : other, to: one < other ? other : one };
        const found: string[] = [];
        for await (const { place } of evidenceVersions(reader, 'demo', scope)) found.push(`${place.source} ${place.account} ${place.day}`);
        const expected = origins
          .map(({ bank, region, source, account, time }) => ({
            bank,
            region,
            source,
            account,
            day: new Date(time).toISOString().slice(0, 10),
          }))
          .filter((place) => isHeld(scope, place))
          .map(({ source, account, day }) => `${source} ${account} ${day}`);
        expect(found.sort()).toEqual(expected.sort());
      }),
    );
  });
});

describe('inParallel', () => {
  async function* numbers(count: number): AsyncGenerator<number> {
    for (let at = 0; at < count; at++) yield await Promise.resolve(at);
  }

  it('works on all, never on more at once than it may', async () => {
    let [now, most, done] = [0, 0, 0];

    await inParallel(numbers(100), 7, async () => {
      most = Math.max(most, ++now);
      await new Promise((resolve) => setImmediate(resolve));
      now--;
      done++;
    });

    expect([most, done]).toEqual([7, 100]);
  });

  it('begins no more after a failure, and throws it when the rest has ended', async () => {
    const begun: number[] = [];

    const work = inParallel(numbers(100), 4, async (at) => {
      begun.push(at);
      await new Promise((resolve) => setImmediate(resolve));
      if (at === 5) throw new Error('the sixth');
    });

    await expect(work).rejects.toThrow('the sixth');
    expect(begun.length).toBeLessThan(15);
  });
});

describe('the scope of a hold', () => {
  it.each([
    [{ from: '2026-11-31' }, '--from must be a day'],
    [{ to: 'tomorrow' }, '--to must be a day'],
    [{ from: '2026-12-01' }, '--from 2026-12-01 is after --to 2026-11-30'],
    [{ account: 'mine' }, '--account must be 12 digits'],
    [{ source: 'a/b' }, '--source must be the name of a source'],
  ])('%j is refused', (changes, message) => {
    expect(() => scopeOf({ ...NOVEMBER, ...changes })).toThrow(message);
  });
});
