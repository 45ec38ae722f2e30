import { readFileSync } from 'node:fs';
import { createEngine } from '../../shared/detect/engine.ts';
import { findingsOf } from '../../shared/detect/finding.ts';
import { shippedRules } from '../../shared/detect/pack.ts';
import { RuleError } from '../../shared/detect/sigma/rule.ts';
import { fromDocument, toDocument } from '../../shared/hub/document.ts';
import type { Json, OcsfEvent } from '../../shared/model.ts';
import type { Context, Source } from '../../shared/sources/api.ts';
import { cloudtrail } from '../../shared/sources/cloudtrail.ts';
import { vpcFlow } from '../../shared/sources/vpc-flow.ts';
import { readRule, readRules, ruleFiles, type PackRule } from '../../tools/rules.ts';
import { validateEvent } from '../ocsf.ts';

const CONTEXT: Context = {
  origin: { bank: 'demo', account: '222222222222', region: 'eu-central-1', source: 'x', trigger: 'file', uri: 'file://x', time: 0 },
  uid: (index) => `uid-${index}`,
};

/** The source whose records the rule's examples are. */
const SOURCES: Readonly<Record<string, Source>> = { cloudtrail, vpcflow: vpcFlow };

function eventOf({ rule }: PackRule, example: Json): OcsfEvent {
  const source = SOURCES[rule.logsource.service ?? ''];
  if (source === undefined) throw new Error(`no source for ${JSON.stringify(rule.logsource)}`);
  const record = { text: typeof example === 'string' ? example : JSON.stringify(example), index: 0 };
  const native = source.parse(record, CONTEXT);
  if (native.kind !== 'value') throw new Error(`the example is refused: ${JSON.stringify(native)}`);
  return source.map(native.value, record, CONTEXT);
}

function travelled(event: OcsfEvent): OcsfEvent {
  const back = fromDocument(toDocument(event).json);
  if (back === undefined) throw new Error('the document is no event');
  return back;
}

const pack = readRules('rules');

describe.each(pack.map((one) => [one.file, one] as const))('%s', (_, one) => {
  const engine = createEngine([one.rule], { bad_addresses: [], ...one.examples.lists });

  it.each(one.examples.positive.map((example, at) => [at, example] as const))(
    'meets positive example %d, before the hub and behind it',
    (at, example) => {
      const event = eventOf(one, example);
      expect({ at, met: engine.match(event).length }).toEqual({ at, met: 1 });
      const matches = engine.match(travelled(event));
      expect({ at, met: matches.length }).toEqual({ at, met: 1 });
      const findings = findingsOf(matches, { bank: 'demo', evidence: 'key' });
      expect(findings.map((finding) => validateEvent(finding))).toEqual([[]]);
    },
  );

  it.each(one.examples.negative.map((example, at) => [at, example] as const))('leaves negative example %d alone', (at, example) => {
    const event = eventOf(one, example);
    expect({ at, met: engine.match(event).length + engine.match(travelled(event)).length }).toEqual({ at, met: 0 });
  });
});

describe('the pack', () => {
  it('watches what was promised', () => {
    expect(pack.map(({ rule }) => rule.title)).toEqual(
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

  it('never takes what happened in two accounts for one finding: users and private addresses repeat', () => {
    expect(pack.filter(({ rule }) => !rule.group_by.includes('cloud.account.uid')).map(({ file }) => file)).toEqual([]);
  });

  it('is what ships', () => {
    const [file] = ruleFiles('rules');
    expect(readFileSync('shared/detect/generated/rules.json', 'utf8')).toBe(file?.content);
    expect(shippedRules()).toEqual(pack.map(({ rule }) => rule));
  });
});

describe('readRule', () => {
  const yaml = readFileSync('rules/aws-logging/cloudtrail-stopped.yml', 'utf8');

  it.each([
    ['no response', yaml.replace(/response: >-\n(?: {2}.*\n)+/, ''), 'description and response are needed'],
    ['no level', yaml.replace(/level: .*\n/, ''), 'status and level'],
    ['no false positives', yaml.replace(/falsepositives:\n(?: {2}.*\n)+/, ''), 'falsepositives is a list'],
    ['no technique', yaml.replace(/ {2}- attack\.t.*\n/, ''), 'no technique of ATT&CK'],
    ['no examples', yaml.replace(/examples:[^]*/, ''), 'examples are missing'],
    ['no negative examples', yaml.replace(/ {2}negative:[^]*/, ''), 'a list of positive and one of negative'],
    ['an unknown log source', yaml.replace('service: cloudtrail', 'service: waf'), 'is none of ours'],
  ])('refuses a rule with %s', (_, broken, reason) => {
    expect(() => readRule(broken, 'x.yml')).toThrow(RuleError);
    expect(() => readRule(broken, 'x.yml')).toThrow(reason);
  });
});
