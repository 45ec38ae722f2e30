import fc from 'fast-check';
import type { Episode } from '../../../shared/alert/episode.ts';
import { claimMessage, type Storm } from '../../../shared/alert/storm.ts';
import { foundIn, MINUTE, startWorld, type World } from './world.ts';
import { BANK } from './findings.ts';

const HOUR = 60 * MINUTE;

let world: World;

beforeEach(async () => {
  world = await startWorld();
  // The beginning of an hour.
  world.now = Math.floor(world.now / HOUR) * HOUR;
});
afterEach(async () => {
  await world.close();
});

function sent(action: string): readonly (typeof world.sns.published)[number][] {
  return world.sns.published.filter(({ attributes }) => attributes['action']?.[1] === action);
}

function storm(count: number, one: (at: number) => Parameters<typeof foundIn>[0]): ReturnType<typeof foundIn>[] {
  return Array.from({ length: count }, (_, at) => foundIn(one(at)));
}

describe('a storm', () => {
  it('of hundreds of findings of one rule is twenty alerts and one summary, and all of them are indexed', async () => {
    const accounts = ['222222222222', '333333333333', '444444444444'];
    const findings = storm(300, (at) => ({ events: [`e${at}`], uid: `uid-${at}`, account: accounts[at % 3] ?? '' }));
    expect(await world.raise(...findings)).toEqual({ published: 300, alerted: 20, repeated: 0 });
    expect(world.documents()).toHaveLength(300);
    expect(sent('create')[19]?.message).toContain('further ones of this rule or bank are held back');
    // Delivered again, nothing is counted again.
    expect(await world.raise(...findings.slice(0, 100))).toEqual({ published: 0, alerted: 0, repeated: 100 });

    await world.sweep();
    expect(sent('summary')).toEqual([]);
    world.now += HOUR + 2 * MINUTE;
    await world.sweep();
    await world.sweep();

    const [summary, ...others] = sent('summary');
    expect(others).toEqual([]);
    expect(summary?.subject).toBe('[HIGH] Summary: 280 findings held back - Name of rule-1');
    expect(summary?.message).toMatch(/^Name of rule-1: 280 findings, 3 accounts\n/);
    expect(summary?.message).toContain('The first 10\n  uid-20  Title of rule-1 - account 444444444444\n');
    expect(summary?.message).toContain('and 270 more');
    expect(JSON.parse(summary?.attributes['account']?.[1] ?? '[]')).toEqual(['444444444444', '222222222222', '333333333333']);
    expect(sent('update')).toEqual([]);
  }, 60_000);

  it('of many rules ends at what the bank may have, and the summary says which rules', async () => {
    world.bank = { ...BANK, alerts: { ...BANK.alerts, storm: { bank_per_hour: 5, rule_per_hour: 2 } } };
    const { alerted } = await world.raise(...storm(12, (at) => ({ events: [`e${at}`], uid: `uid-${at}`, rule: `rule-${at % 4}` })));
    expect(alerted).toBe(5);
    world.now += HOUR + 2 * MINUTE;
    await world.sweep();
    const said = sent('summary').map(({ subject }) => subject);
    expect(said).toContain('[HIGH] Summary: 6 findings held back - Findings of all rules');
    // One rule had its two before the bank had its five.
    expect(said).toHaveLength(2);
    expect(sent('summary').find(({ subject }) => subject.includes('all rules'))?.message).toContain('By rule\n');
  });

  it('does not hold back what is critical, up to a number of its own', async () => {
    world.bank = { ...BANK, alerts: { ...BANK.alerts, storm: { rule_per_hour: 1, bank_per_hour: 1, critical_per_hour: 30 } } };
    const high = storm(3, (at) => ({ events: [`h${at}`], uid: `h-${at}` }));
    const critical = storm(40, (at) => ({ events: [`c${at}`], uid: `c-${at}`, severity: 5 }));
    expect(await world.raise(...high, ...critical)).toMatchObject({ published: 43, alerted: 31 });
    world.now += HOUR + 2 * MINUTE;
    await world.sweep();
    expect(sent('summary').map(({ subject }) => subject)).toEqual([
      '[HIGH] Summary: 2 findings held back - Name of rule-1',
      '[CRITICAL] Summary: 10 findings held back - Critical findings',
    ]);
  });

  it('ends with its hour: what was held back and goes on is told then', async () => {
    world.bank = { ...BANK, alerts: { ...BANK.alerts, storm: { rule_per_hour: 1 } } };
    await world.raise(foundIn({ events: ['a'], uid: 'a' }), foundIn({ events: ['b'], uid: 'b' }));
    await world.raise(foundIn({ events: ['c'], uid: 'b' }));
    expect(sent('create')).toHaveLength(1);
    world.now += HOUR + 1;
    await world.sweep();
    expect(sent('create').map(({ message }) => JSON.parse(message.slice(message.lastIndexOf('\n') + 1)) as object)).toEqual([
      expect.objectContaining({ finding: expect.objectContaining({ count: 1 }) as unknown }),
      expect.objectContaining({
        finding: expect.objectContaining({ count: 2, finding_info: expect.objectContaining({ uid: 'b' }) as unknown }) as unknown,
      }),
    ]);
  });

  it('sends the summary again where the topic refused it, and once where it took it', async () => {
    world.bank = { ...BANK, alerts: { ...BANK.alerts, storm: { rule_per_hour: 1 } } };
    await world.raise(foundIn({ events: ['a'], uid: 'a' }), foundIn({ events: ['b'], uid: 'b' }));
    world.now += HOUR + 2 * MINUTE;
    world.sns.failures.push('InternalError');
    await expect(world.sweep()).rejects.toThrow('of 3 alerts that were due failed');
    await world.sweep();
    await world.sweep();
    expect(sent('summary')).toHaveLength(1);
  });
});

describe('thousands', () => {
  const caps = { rule: 20, bank: 100, critical: 200 };
  const episode = (rule: string, severity: number, account: string): Episode =>
    ({ rule, ruleName: rule, severity, account, uid: `${rule}-${account}`, title: 'Title' }) as Episode;

  it('are never more messages than the caps allow, and none is lost from sight', () => {
    const one = fc.record({
      rule: fc.constantFrom('a', 'b', 'c', 'd', 'e', 'f', 'g', 'h'),
      severity: fc.constantFrom(2, 3, 4, 5, 6),
      account: fc.integer({ min: 0, max: 400 }).map((at) => String(100_000_000_000 + at)),
    });
    fc.assert(
      fc.property(fc.array(one, { minLength: 3000, maxLength: 5000, size: 'max' }), (all) => {
        const storms = new Map<string, Storm>();
        const sent = { high: 0, critical: 0 };
        for (const { rule, severity, account } of all) {
          const found = { episode: episode(rule, severity, account), bank: 'demo', caps, now: 0 };
          const claimed = claimMessage({ ...found, storm: (id) => storms.get(id) });
          for (const [id, storm] of claimed.storms) storms.set(id, storm);
          if (claimed.granted) sent[severity >= 5 ? 'critical' : 'high']++;
        }
        const held = [...storms.values()].reduce((sum, storm) => sum + storm.held, 0);
        expect(sent.high).toBe(100);
        expect(sent.critical).toBe(200);
        expect(held + sent.high + sent.critical).toBe(all.length);
        for (const { accounts, first, rules, kind } of storms.values()) {
          expect(accounts.length).toBeLessThanOrEqual(200);
          expect(first.length).toBeLessThanOrEqual(10);
          if (kind === 'rule') expect(Object.keys(rules).length).toBeLessThanOrEqual(1);
        }
      }),
      { numRuns: 5 },
    );
  });
});
