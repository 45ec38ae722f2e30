// What correlations need to know of each other, which stretches of time are looked at, and what a window becomes.
import { affectedBy, stretchesOf, type Affected } from '../../../shared/correlate/evaluate.ts';
import { correlationRules, type CorrelationRules } from '../../../shared/correlate/family.ts';
import { windowFinding, windowUid } from '../../../shared/correlate/finding.ts';
import { correlationsOf } from '../../../shared/detect/pack.ts';
import { correlateAll, type Fired } from '../../../shared/detect/sigma/windows.ts';
import type { Match } from '../../../shared/detect/engine.ts';
import { sequenceEvents } from '../../../tools/examples.ts';
import { packLists, readPack } from '../../../tools/rules.ts';
import { validateEvent } from '../../ocsf.ts';

const START = Date.UTC(2026, 2, 2, 9);
const { correlations, pack } = readPack('rules');
const rules: CorrelationRules = correlationRules(correlationsOf(pack), packLists());

function family(file: string): CorrelationRules['families'][number] {
  const id = correlations.find((one) => one.file === `correlations/${file}.yml` && one.examples !== undefined)?.correlation.id;
  const found = rules.families.find(({ correlation }) => correlation.id === id);
  if (found === undefined) throw new Error(`no ${file}`);
  return found;
}

function firedBy(file: string): readonly Fired<Match>[] {
  const own = family(file);
  const sequence = correlations.find(({ correlation }) => correlation.id === own.correlation.id)?.examples?.positive[0] ?? [];
  const matches = sequenceEvents(sequence, START).flatMap((event) => rules.matches(event));
  return correlateAll(own.correlations, matches).filter(({ correlation }) => correlation.id === own.correlation.id);
}

describe('a family', () => {
  it('knows from which fields of its rules its groups come, through aliases and inner correlations', () => {
    const { ways, spanMs } = family('exfiltration-s3-and-flows');
    expect(ways.map(({ fields }) => fields)).toEqual([['sourceIPAddress'], ['pkt_srcaddr']]);
    // Six hours, and the hour of the inner ones before.
    expect(spanMs).toBe(7 * 3_600_000);
  });

  it('has one group where nothing is grouped by', () => {
    expect(family('customers-exported-then-phished-then-robbed').ways.every(({ fields }) => fields.length === 0)).toBe(true);
  });

  it('is none for correlations that only serve others', () => {
    const silent = new Set(pack.silent);
    expect(rules.families.map(({ correlation }) => correlation.id).filter((id) => silent.has(id))).toEqual([]);
    expect(rules.families.length).toBeGreaterThan(25);
  });
});

describe('stretches', () => {
  const own = family('console-password-guessed');
  const at = (minute: number, user: string): Affected => ({ family: own, group: [user, '1'], time: START + minute * 60_000 });

  it('are one for what may touch, with each group once', () => {
    const stretches = stretchesOf([at(20, 'a'), at(0, 'b'), at(0, 'a')]);
    expect(stretches).toEqual([
      {
        family: own,
        groups: [
          ['b', '1'],
          ['a', '1'],
        ],
        from: START,
        to: START + 20 * 60_000,
      },
    ]);
  });

  it('are several for what is far apart: an event that came late does not have months read', () => {
    expect(stretchesOf([at(0, 'a'), at(60 * 24 * 30, 'a')])).toHaveLength(2);
  });
});

describe('a window', () => {
  it.each(rules.families.map(({ correlation }) => [correlation.title, correlation] as const))(
    '%s becomes a valid finding',
    (_, correlation) => {
      const file = correlations.find((one) => one.correlation.id === correlation.id)?.file.replace(/^correlations\/|\.yml$/g, '') ?? '';
      const [fired] = file.includes('/') ? [] : firedBy(file);
      if (fired === undefined) throw new Error('the example fires nothing');
      const finding = windowFinding(fired, { bank: 'demo', uid: windowUid(fired, 'demo'), suppression: undefined });
      expect(validateEvent(finding)).toEqual([]);
      expect(finding).toMatchObject({
        class_uid: 2004,
        finding_info: { types: ['correlation', correlation.type], analytic: { uid: correlation.id, type_id: 2 } },
      });
    },
  );

  it('tells its steps in their order, and names the account only where there is one', () => {
    const [fired] = firedBy('account-taken-over-then-paid-out');
    if (fired === undefined) throw new Error('nothing fires');
    const finding = windowFinding(fired, { bank: 'demo', uid: 'uid', suppression: undefined });
    expect(finding).toMatchObject({
      message: 'Customer account taken over, new payee, higher limit, money sent: alice@bank.example (4 events within 25 min)',
      count: 4,
      finding_info: { data_sources: ['Auth0', 'online-banking'], related_events_count: 4 },
      unmapped: {
        group: { user: 'alice@bank.example' },
        steps: [{ count: 1 }, { rule: 'Payee added' }, { rule: 'Limit raised' }, { rule: 'Money sent' }],
      },
    });
  });

  it('has the same id whenever it is found again, and another in another group', () => {
    const [fired] = firedBy('console-password-guessed');
    if (fired === undefined) throw new Error('nothing fires');
    expect(windowUid(fired, 'demo')).toBe(windowUid({ ...fired }, 'demo'));
    expect(windowUid({ ...fired, group: ['other'] }, 'demo')).not.toBe(windowUid(fired, 'demo'));
    expect(windowUid({ ...fired, start: fired.start + 1 }, 'demo')).not.toBe(windowUid(fired, 'demo'));
  });
});

test('a match is news for every correlation that builds on its rule', () => {
  const own = family('console-brute-force-then-success');
  const sequence = correlations.find(({ correlation }) => correlation.id === own.correlation.id)?.examples?.positive[0] ?? [];
  const [first] = sequenceEvents(sequence, START);
  const affected = (first === undefined ? [] : rules.matches(first)).flatMap((match) => affectedBy(match, rules.families));
  const titles = new Set(affected.map((one) => one.family.correlation.title));
  expect(titles).toContain('Sign-ins to the console fail, then one works');
  expect(titles).toContain('Many failed sign-ins of one user to the console');
  expect(titles).toContain('One address fails to sign in as many users');
});
