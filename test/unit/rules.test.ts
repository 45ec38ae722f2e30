// The shipped rules against their own examples, each rule alone. `-t '<part of the file's path>'` runs one file's.
import { readFileSync } from 'node:fs';
import { BANK_LISTS } from '../../shared/detect/bank-lists.ts';
import { createEngine } from '../../shared/detect/engine.ts';
import { findingsOf } from '../../shared/detect/finding.ts';
import { shippedPack, shippedRules } from '../../shared/detect/pack.ts';
import { listNames } from '../../shared/detect/tuning.ts';
import { firstAt, pathOf, viewOf } from '../../shared/detect/view.ts';
import { fromDocument, toDocument } from '../../shared/hub/document.ts';
import type { OcsfEvent } from '../../shared/model.ts';
import { createCorrelated, type Correlated } from '../../tools/correlated.ts';
import { eventsOf, sequenceEvents } from '../../tools/examples.ts';
import { packLists, packOf, readPack, ruleFiles } from '../../tools/rules.ts';
import { validateEvent } from '../ocsf.ts';

/** As the event comes out of the hub. */
function travelled(event: OcsfEvent): OcsfEvent {
  const back = fromDocument(toDocument(event).json);
  if (back === undefined) throw new Error('the document is no event');
  return back;
}

const { rules, correlations, pack, errors } = readPack('rules');
const single = rules.flatMap(({ file, rule, examples }) => (examples === undefined ? [] : [{ file, rule, examples }]));

it('has no file that is wrong', () => {
  expect(errors.map((error) => error.message)).toEqual([]);
});

describe.each(single.map((one) => [one.file, one] as const))('%s', (_, { rule, examples }) => {
  const engine = createEngine([rule], { ...packLists(), ...examples.lists });
  const met = (events: readonly OcsfEvent[]) => events.flatMap((event) => engine.match(event));

  it.each(examples.positive.map((example, at) => [at, example] as const))(
    'meets positive example %d, before the hub and behind it',
    (at, example) => {
      const events = eventsOf(example);
      expect({ at, met: met(events).length > 0 }).toEqual({ at, met: true });
      const matches = met(events.map(travelled));
      expect({ at, 'met behind the hub': matches.length > 0 }).toEqual({ at, 'met behind the hub': true });
      const findings = findingsOf(matches, { bank: 'demo', evidence: 'key' });
      expect(findings.map((finding) => validateEvent(finding))).toEqual(findings.map(() => []));
    },
  );

  it.each(examples.negative.map((example, at) => [at, example] as const))('leaves negative example %d alone', (at, example) => {
    const events = eventsOf(example);
    expect({ at, met: met(events).length + met(events.map(travelled)).length }).toEqual({ at, met: 0 });
  });

  it('makes findings of what its positive examples have', () => {
    const views = examples.positive.flatMap((example) => eventsOf(example).map((event) => viewOf(travelled(event))));
    const has = (path: string) => views.some((view) => firstAt(view, pathOf(path)) !== undefined);
    // Users and private addresses repeat: what happened in two accounts is never one finding.
    expect({ account: has('cloud.account.uid') && !rule.group_by.includes('cloud.account.uid') }).toEqual({ account: false });
    const empty = rule.group_by.filter((path) => path !== 'cloud.account.uid' && !has(path));
    expect({ 'group_by without a value': empty }).toEqual({ 'group_by without a value': [] });
  });
});

/** Of the sequences; any day would do. */
const START = Date.parse('2026-03-02T09:00:00Z');
const alerting = correlations.flatMap(({ file, correlation, examples }) =>
  examples === undefined ? [] : [{ file, correlation, examples }],
);

const known = new Map<string, Correlated>();

/** Most sequences need no list, and compiling all that correlations build on takes its time. */
function correlatedWith(lists: Readonly<Record<string, readonly string[]>>): Correlated {
  const key = JSON.stringify(lists);
  const correlated = known.get(key) ?? createCorrelated(pack, { ...packLists(), ...lists });
  known.set(key, correlated);
  return correlated;
}

for (const { file, correlation, examples } of alerting) {
  describe(`${file} (${correlation.title})`, () => {
    const fired = (events: readonly OcsfEvent[]) => correlatedWith(examples.lists)(events, correlation.id);

    it.each(examples.positive.map((sequence, at) => [at, sequence] as const))(
      'fires for positive sequence %d, before the hub and behind it',
      (at, sequence) => {
        const events = sequenceEvents(sequence, START);
        expect({ at, fired: fired(events).length > 0 }).toEqual({ at, fired: true });
        expect({ at, 'fired behind the hub': fired(events.map(travelled)).length > 0 }).toEqual({ at, 'fired behind the hub': true });
      },
    );

    it.each(examples.negative.map((sequence, at) => [at, sequence] as const))('leaves negative sequence %d alone', (at, sequence) => {
      const events = sequenceEvents(sequence, START);
      expect({ at, fired: fired(events).length + fired(events.map(travelled)).length }).toEqual({ at, fired: 0 });
    });
  });
}

describe('the pack', () => {
  it('asks for every list that a bank may give', () => {
    const asked = new Set(pack.rules.flatMap(({ condition }) => [...listNames(condition)]));
    expect(Object.keys(BANK_LISTS).filter((name) => !asked.has(name))).toEqual([]);
  });

  it('watches what was promised', () => {
    expect(single.map(({ rule }) => rule.title)).toEqual(
      expect.arrayContaining([
        'Root user activity',
        'CloudTrail stopped or deleted',
        'CloudTrail altered',
        'Security group opened to the world',
        'Console login without MFA',
        'Flow to or from a listed address',
        'Evidence key used by somebody who opens no evidence',
        'Evidence store altered',
      ]),
    );
  });

  it('is what ships', () => {
    const [file] = ruleFiles('rules');
    expect(readFileSync('shared/detect/generated/rules.json', 'utf8')).toBe(file?.content);
    expect(shippedPack()).toEqual(JSON.parse(JSON.stringify(pack)));
    expect(shippedRules().map(({ id }) => id)).toEqual(single.map(({ rule }) => rule.id));
    expect(correlations).toHaveLength(shippedPack().correlations.length);
  });
});

describe('packOf', () => {
  const yaml = readFileSync('rules/aws-logging/cloudtrail-stopped.yml', 'utf8');
  const read = (...texts: readonly string[]) => packOf(texts.map((text, at) => ({ file: `x${at}.yml`, yaml: text })));

  it.each([
    ['no response', yaml.replace(/response: >-\n(?: {2}.*\n)+/, ''), 'description and response are needed'],
    ['no level', yaml.replace(/level: .*\n/, ''), 'status and level'],
    ['no id', yaml.replace(/id: .*\n/, ''), 'id is missing'],
    ['no false positives', yaml.replace(/falsepositives:\n(?: {2}.*\n)+/, ''), 'falsepositives is a list'],
    ['no technique', yaml.replace(/ {2}- attack\.t.*\n/, ''), 'no technique of ATT&CK'],
    ['no tactic', yaml.replaceAll(/ {2}- attack\.[a-su-z].*\n/g, ''), 'no tactic of ATT&CK'],
    ['a tactic of old', yaml.replace(/ {2}- attack\.[a-su-z].*\n/, '  - attack.defense-evasion\n'), 'attack.defense-evasion is no tactic'],
    ['no examples', yaml.replace(/examples:[^]*/, ''), 'examples are missing'],
    ['no negative examples', yaml.replace(/ {2}negative:[^]*/, ''), 'a list of positive and one of negative'],
    ['an unknown source of examples', yaml.replace('examples:', 'examples:\n  source: cloudtrails'), 'no source "cloudtrails"'],
    ['an unknown log source', yaml.replace('service: cloudtrail', 'service: waf'), 'is none of ours'],
    ['another beside it', `${yaml}\n---\n${yaml.replace(/id: 0?./, 'id: f')}`, 'one rule per file'],
  ])('names the file and the reason of a rule with %s, and leaves it out', (_, broken, reason) => {
    const { errors: found, pack: left } = read(broken);
    expect(found[0]?.message).toMatch(/^x0\.yml:\d+: /);
    expect(found[0]?.message).toContain(reason);
    expect(left.rules).toEqual([]);
  });

  it('refuses an id that another file has, and keeps what is right', () => {
    const { errors: found, pack: left } = read(yaml, yaml);
    expect(found.map((error) => error.message)).toEqual([expect.stringMatching(/^x1\.yml:\d+: has the id of x0\.yml/)]);
    expect(left.rules).toHaveLength(1);
  });
});

describe('a file with a correlation', () => {
  const head = (id: number, title: string) => `title: ${title}\nid: 10000000-0000-4000-8000-00000000000${id}\n`;
  const told = [
    'status: stable',
    'level: high',
    'description: Several sign-ins failed.',
    'response: Ask the user.',
    'falsepositives: [A forgotten password]',
    'tags: [attack.credential-access, attack.t1110]',
  ].join('\n');
  const base = `${head(1, 'Sign-in failed')}name: failed
logsource: { product: aws, service: cloudtrail }
detection:
  s: { eventName: ConsoleLogin, errorMessage: Failed authentication }
  condition: s
`;
  const record = `
          eventVersion: '1.11'
          eventSource: signin.amazonaws.com
          eventName: ConsoleLogin
          eventTime: '2026-03-02T21:14:07Z'
          eventID: 0b6f0d6e-0002-4000-8000-000000000001
          awsRegion: eu-central-1
          sourceIPAddress: 203.0.113.45
          errorMessage: Failed authentication
          userIdentity: { type: IAMUser, userName: ops-1, accountId: '222222222222' }
          recipientAccountId: '222222222222'`;
  const correlation = (step: string, negative = 'times: 2') => `${head(2, 'Passwords tried')}${told}
correlation:
  type: value_count
  rules: [failed]
  group-by: [sourceIPAddress]
  timespan: 10m
  condition: { field: userIdentity.userName, gte: 3 }
examples:
  positive:
    - - source: cloudtrail
        ${step}
        record: ${record}
  negative:
    - - source: cloudtrail
        ${negative}
        record: ${record}
`;
  const step = ['times: 3', 'every: 10', 'vary: { userIdentity.userName: [a, b, c] }'].join('\n        ');
  const read = (text: string) => packOf([{ file: 'correlations/x.yml', yaml: text }]);

  it('has a rule that only serves it, and sequences that are played', () => {
    const { pack: made, correlations: own, errors: found } = read(`${base}---\n${correlation(step)}`);
    expect(found.map((error) => error.message)).toEqual([]);
    expect(made.silent).toEqual(['10000000-0000-4000-8000-000000000001']);
    const [first] = own;
    if (first?.examples === undefined) throw new Error('it has no examples');
    const { correlation: one, examples } = first;
    const played = (sequence: (typeof examples.positive)[number] | undefined) => sequenceEvents(sequence ?? [], START);

    expect(played(examples.positive[0]).map(({ time }) => time - START)).toEqual([60_000, 70_000, 80_000]);
    expect(new Set(played(examples.positive[0]).map(({ metadata }) => metadata.uid)).size).toBe(3);
    const correlated = createCorrelated(made, packLists());
    expect(correlated(played(examples.positive[0]), one.id)).toHaveLength(1);
    expect(correlated(played(examples.negative[0]))).toHaveLength(0);
  });

  it.each([
    ['a rule that is not there', `${base.replace('name: failed\n', '')}---\n${correlation(step)}`, 'there is no rule "failed"'],
    ['no examples', `${base}---\n${correlation(step).replace(/examples:[^]*/, '')}`, 'examples are missing'],
    ['a key that no step has', `${base}---\n${correlation('count: 3')}`, 'a step has no "count"'],
    ['no response', `${base}---\n${correlation(step).replace('response: Ask the user.\n', '')}`, 'description and response'],
  ])('is refused with %s', (_, text, reason) => {
    const { errors: found, correlations: own } = read(text);
    expect(found[0]?.message).toContain(reason);
    expect(found[0]?.message).toMatch(/^correlations\/x\.yml:\d+: /);
    expect(own).toEqual([]);
  });

  it('cannot change what its record has not', () => {
    const { correlations: own } = read(`${base}---\n${correlation('vary: { userIdentity.name: [a] }')}`);
    const sequence = own[0]?.examples?.positive[0] ?? [];
    expect(() => sequenceEvents(sequence, START)).toThrow('the record has no userIdentity.name');
  });
});
