import { parseRule } from '../../../shared/detect/sigma/parse.ts';
import type { Correlation, Rule } from '../../../shared/detect/sigma/rule.ts';
import { createEngine } from '../../../shared/detect/engine.ts';
import { shippedRules, type RulePack } from '../../../shared/detect/pack.ts';
import { bankLists, rulesOf, tunedPack } from '../../../shared/detect/tuning.ts';
import type { BankConfig } from '../../../shared/config.ts';
import type { DetectionsConfig } from '../../../shared/detect/config.ts';
import { BANK } from '../alert/findings.ts';
import { apiEvent } from './events.ts';

const ROOT = 'aws-identity/root-user-activity';

function bank(detections: DetectionsConfig, rules?: RulePack): BankConfig {
  return { ...BANK, detections, ...(rules === undefined ? {} : { rules }) };
}

function rule(id: number, path: string, detection: object): Rule {
  const parsed = parseRule({
    title: path,
    id: `00000000-0000-4000-8000-00000000000${id}`,
    level: 'low',
    logsource: { product: 'aws', service: 'cloudtrail' },
    detection: { ...detection, condition: 's' },
  });
  return { ...parsed, notes: { path, version: '2026-11-21', references: [], falsepositives: [] } };
}

const BASE = rule(1, 'own/burst', { s: { eventName: 'X' } });
const ALONE = rule(2, 'own/alone', { s: { eventName: 'Y', sourceIPAddress: '198.51.100.7' } });
const LISTED = rule(3, 'own/listed', { s: { eventName: 'Z', 'userIdentity.arn|expand': '%people%' } });
const BURST: Correlation = {
  id: '00000000-0000-4000-8000-000000000009',
  title: 'Burst',
  description: '',
  status: 'stable',
  level: 'high',
  tags: [],
  response: '',
  type: 'event_count',
  rules: [BASE.id],
  groupBy: [],
  timespanMs: 60_000,
  aliases: {},
  condition: [{ operator: 'gte', value: 5 }],
  fields: [],
  percentile: 50,
  generate: false,
  notes: { path: 'own/burst', version: '', references: [], falsepositives: [] },
};
const OWN: RulePack = { rules: [BASE, ALONE, LISTED], correlations: [BURST], silent: [BASE.id] };

it('a bank that says nothing has every rule that ships, as it ships', () => {
  expect(rulesOf(BANK).stream).toEqual(shippedRules());
});

it('rules of the bank’s own run beside those that ship; what only serves a correlation does not run alone', () => {
  const { stream, correlations } = rulesOf(bank({ lists: { people: [] } }, OWN));
  const own = stream.filter(({ notes }) => notes?.path.startsWith('own/'));

  expect(own).toEqual([ALONE, LISTED]);
  expect(stream).toHaveLength(shippedRules().length + 2);
  expect(correlations.correlations).toContainEqual(BURST);
  expect(correlations.rules).toContainEqual(BASE);
});

it('a rule of the bank takes the place of the one whose id it has', () => {
  const [first, ...others] = shippedRules();
  if (first === undefined) throw new Error('no rules ship');
  const changed = { ...first, title: 'Changed' };
  const { stream } = rulesOf(bank({}, { rules: [changed], correlations: [], silent: [] }));

  expect(stream.map(({ id }) => id).sort()).toEqual([first, ...others].map(({ id }) => id).sort());
  expect(stream.find(({ id }) => id === first.id)?.title).toBe('Changed');
});

describe('disable', () => {
  it('takes a rule out of the stream, by path or id', () => {
    const root = shippedRules().find(({ notes }) => notes?.path === ROOT);
    for (const name of [ROOT, root?.id ?? '', root?.id.toUpperCase() ?? ''])
      expect(rulesOf(bank({ disable: [{ rule: name, reason: 'x' }] })).stream).toEqual(shippedRules().filter((one) => one !== root));
  });

  it('leaves a rule to the correlations that build on it', () => {
    const loud = { ...OWN, silent: [] };
    expect(rulesOf(bank({ lists: { people: [] }, disable: [{ rule: BASE.id, reason: 'x' }] }, loud)).stream).not.toContainEqual(BASE);
    expect(rulesOf(bank({ lists: { people: [] }, disable: [{ rule: BASE.id, reason: 'x' }] }, loud)).correlations.rules).toContainEqual(
      BASE,
    );
  });

  it('takes a correlation out, and leaves the rule it stood on silent', () => {
    const { stream, correlations } = rulesOf(bank({ lists: { people: [] }, disable: [{ rule: 'own/burst', reason: 'x' }] }, OWN));
    expect(correlations.correlations).not.toContainEqual(BURST);
    expect(correlations.rules).not.toContainEqual(BASE);
    expect(stream).not.toContainEqual(BASE);
  });
});

describe('tune', () => {
  it('gives a rule another level and other groups', () => {
    const { rules } = tunedPack(bank({ tune: [{ rule: ROOT, level: 'low', group_by: ['cloud.account.uid'] }] }));
    const tuned = rules.filter((one) => one.level === 'low' && one.notes?.path === ROOT);
    expect(tuned).toMatchObject([{ group_by: ['cloud.account.uid'] }]);
  });

  it('gives a correlation another threshold and timespan', () => {
    const { correlations } = tunedPack(bank({ tune: [{ rule: 'own/burst', at_least: 9, minutes: 30, level: 'critical' }] }, OWN));
    expect(correlations.find(({ id }) => id === BURST.id)).toMatchObject({
      level: 'critical',
      timespanMs: 1_800_000,
      condition: [{ operator: 'gte', value: 9 }],
    });
  });

  it('gives one rule lists of its own', () => {
    const other = rule(4, 'own/other', { s: { eventName: 'Z', 'userIdentity.arn|expand': '%people%' } });
    const tuned = bank(
      { lists: { people: ['arn:for-all'] }, tune: [{ rule: 'own/listed', lists: { people: ['arn:for-one'] } }] },
      { rules: [LISTED, other], correlations: [], silent: [] },
    );
    const { stream, lists } = rulesOf(tuned);
    const engine = createEngine(stream, lists);
    const met = (user: string) => engine.match(apiEvent('Z', { user })).map(({ rule: { title } }) => title);

    expect(met('arn:for-one')).toEqual(['own/listed']);
    expect(met('arn:for-all')).toEqual(['own/other']);
  });
});

describe('lists', () => {
  it('are empty where the bank gives none, and a filter on an empty one leaves nothing out', () => {
    const filtered: Rule = {
      ...ALONE,
      condition: parseRule({
        title: 'Filtered',
        logsource: { product: 'aws', service: 'cloudtrail' },
        detection: {
          s: { eventName: 'Y' },
          filter_cidr: { 'sourceIPAddress|cidr|expand': '%trusted_networks%' },
          filter_arn: { 'userIdentity.arn|expand': '%automation_roles%' },
          filter_part: { 'userIdentity.arn|contains|expand': '%trusted_accounts%' },
          condition: 's and not 1 of filter_*',
        },
      }).condition,
    };
    const met = (config: DetectionsConfig) => createEngine([filtered], bankLists(bank(config))).match(apiEvent('Y')).length;

    expect(met({})).toBe(1);
    expect(met({ lists: { trusted_networks: ['198.51.100.0/24'] } })).toBe(0);
    expect(met({ lists: { trusted_accounts: ['222222222222'] } })).toBe(0);
    expect(met({ lists: { trusted_accounts: ['444444444444'] } })).toBe(1);
  });

  it('know the bank’s own accounts', () => {
    expect(bankLists(BANK)['bank_accounts']).toEqual(['111111111111', '222222222222']);
  });
});
