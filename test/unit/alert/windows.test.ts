import fc from 'fast-check';
import { validateEvent } from '../../ocsf.ts';
import { foundIn, MINUTE, startWorld, type World } from './world.ts';
import { guardDutyFinding, TIME } from './findings.ts';

let world: World;

beforeEach(async () => {
  world = await startWorld();
});
afterEach(async () => {
  await world.close();
});

function subjects(): readonly string[] {
  return world.sns.published.map(({ subject }) => subject);
}

function actions(): readonly unknown[] {
  return world.sns.published.map(({ attributes }) => attributes['action']?.[1]);
}

describe('a window', () => {
  it('tells the first at once, and all that follow in one message at its end, each event once', async () => {
    await world.raise(foundIn({ events: ['a', 'b'], user: 'alice' }));
    world.now += MINUTE;
    expect(await world.raise(foundIn({ events: ['c', 'd'], user: 'bob', time: TIME + 1000 }))).toEqual({
      published: 0,
      alerted: 0,
      repeated: 1,
    });
    // The same batch again, one that overlaps it, and the first one.
    await world.raise(
      foundIn({ events: ['c', 'd'], user: 'bob', time: TIME + 1000 }),
      foundIn({ events: ['d', 'e'] }),
      foundIn({ events: ['a', 'b'] }),
    );
    expect(await world.sweep()).toMatchObject({ due: 0 });
    world.now += 60 * MINUTE;
    expect(await world.sweep()).toMatchObject({ due: 1, alerts: 1, findings: 1 });

    expect(actions()).toEqual(['create', 'update']);
    expect(subjects()[1]).toBe('[HIGH] 3 more: Title of rule-1 - account 222222222222 (payments-prod)');
    const [, update] = world.sns.published;
    expect(update?.message).toContain('More:      3 more since 2026-03-02 09:14:05 UTC, 5 in all');
    expect(update?.message).toContain('Who:       alice\nWho else:  bob');
    const [first, second] = world.documents();
    expect(first).toMatchObject({ activity_id: 1, count: 2, metadata: { uid: 'uid-1' } });
    expect(second).toMatchObject({
      ...{ activity_id: 2, type_uid: 200_402, count: 5, time: world.now, is_alert: true },
      finding_info: { uid: 'uid-1', related_events_count: 5, first_seen_time: TIME, last_seen_time: TIME + 1000, modified_time: world.now },
    });
    expect((second?.['metadata'] as { uid: string }).uid).not.toBe('uid-1');
    expect(validateEvent(second)).toEqual([]);
  });

  it('goes on while there is something, and is over when nothing came: what comes then is alerted at once', async () => {
    const hit = (event: string, uid: string): Promise<unknown> => world.raise(foundIn({ events: [event], uid, family: 'family' }));
    await hit('1', 'hour-1');
    await hit('2', 'hour-2');
    world.now += 61 * MINUTE;
    await world.sweep();
    world.now += 61 * MINUTE;
    expect(await world.sweep()).toMatchObject({ due: 1, alerts: 0 });
    expect(await world.sweep()).toMatchObject({ due: 0 });
    await hit('3', 'hour-3');

    expect(actions()).toEqual(['create', 'update', 'create']);
    expect(world.documents().map((document) => (document['finding_info'] as { uid: string }).uid)).toEqual([
      'hour-1',
      'hour-2',
      'hour-1',
      'hour-3',
    ]);
    // The second was merged into the first: its events are not told again, however late they come.
    expect(await world.raise(foundIn({ events: ['2'], uid: 'hour-2', family: 'family' }))).toMatchObject({ alerted: 0, repeated: 1 });
  });

  it('is left at once where the severity rises, and where there is ten times as much', async () => {
    await world.raise(foundIn({ events: ['a'] }));
    await world.raise(foundIn({ events: ['b'], severity: 5 }));
    expect(actions()).toEqual(['create', 'update']);
    expect(subjects()[1]).toMatch(/^\[CRITICAL\] 1 more: /);
    const many = (from: number, count: number): string[] => Array.from({ length: count }, (_, at) => `e${from + at}`);
    await world.raise(foundIn({ events: many(0, 17), severity: 5 }));
    expect(actions()).toHaveLength(2);
    await world.raise(foundIn({ events: many(17, 1), severity: 5 }));
    expect(actions()).toEqual(['create', 'update', 'update']);
    expect(world.sns.published[2]?.message).toContain('18 more since');
  });

  it('counts what is not listed by its batch', async () => {
    await world.raise(foundIn({ events: ['a'] }));
    const batch = foundIn({ events: ['b'], more: 4 });
    await world.raise(batch, batch);
    expect(world.episode('uid-1')?.count).toBe(6);
  });

  it('takes the number of who looks at the whole again and again', async () => {
    const found = (count: number) => ({ ...foundIn({ events: ['a'] }), count });
    const raise = (count: number): Promise<unknown> => world.raiseFrom({ evidence: '' }, found(count));
    for (const count of [12, 12, 14, 13, 14]) await raise(count);
    expect(world.episode('uid-1')).toMatchObject({ count: 14, inWindow: 2 });
  });

  it('is none for findings of other products, which are told again only if they rise', async () => {
    await world.raise(guardDutyFinding(4));
    await world.raise(guardDutyFinding(4, { count: 99 }));
    world.now += 120 * MINUTE;
    expect(await world.sweep()).toMatchObject({ due: 0 });
    await world.raise(guardDutyFinding(5));
    expect(actions()).toEqual(['create', 'update']);
    expect(world.documents()).toEqual([]);
  });
});

describe('whatever is delivered how often, in whatever order, with whatever failing', () => {
  it('counts each event once, and every message has an id of its own', async () => {
    const failing = { at: -1, call: 0 };
    const batch = fc.record({
      events: fc.uniqueArray(fc.constantFrom(...Array.from({ length: 16 }, (_, at) => `event-${at}`)), { minLength: 1, maxLength: 5 }),
      repeats: fc.integer({ min: 1, max: 3 }),
      minutes: fc.integer({ min: 0, max: 50 }),
      fails: fc.option(fc.integer({ min: 0, max: 7 }), { nil: undefined }),
    });
    await fc.assert(
      fc.asyncProperty(fc.array(batch, { minLength: 1, maxLength: 8 }), async (batches) => {
        const crashing = await startWorld(() => {
          // Each call can fail twice: before it is done, and after.
          const fails = failing.at >= 0 && failing.call++ === failing.at;
          return fails ? { status: 500, body: { __type: 'InternalServerError' } } : undefined;
        });
        try {
          for (const { events, repeats, minutes, fails } of batches) {
            crashing.now += minutes * MINUTE;
            await crashing.sweep();
            for (let time = 0; time < repeats; time++) {
              Object.assign(failing, { at: fails ?? -1, call: 0 });
              // A failed batch is delivered again.
              await crashing.raise(foundIn({ events, family: 'f' })).catch(() => undefined);
              failing.at = -1;
              crashing.now += 2 * MINUTE;
              await crashing.raise(foundIn({ events, family: 'f' }));
            }
          }
          crashing.now += 61 * MINUTE;
          await crashing.sweep();
          const all = new Set(batches.flatMap(({ events }) => events));
          expect(crashing.episode('uid-1')).toMatchObject({ count: all.size, toldCount: all.size, inWindow: 0 });
          expect(crashing.episode('uid-1')?.pending).toBeUndefined();
          const told = crashing.sns.published.map(
            ({ message }) => JSON.parse(message.slice(message.lastIndexOf('\n') + 1)) as { alert: string; finding: { count: number } },
          );
          // A message may come twice where its worker died after it, but then it is the same.
          const different = new Map(told.map((one) => [one.alert, JSON.stringify(one)]));
          expect(new Set(told.map((one) => JSON.stringify(one))).size).toBe(different.size);
          expect(Math.max(...told.map(({ finding }) => finding.count))).toBe(all.size);
        } finally {
          await crashing.close();
        }
      }),
      { numRuns: 20 },
    );
  }, 60_000);
});
