import fc from 'fast-check';
import { createEngine } from '../../../../shared/detect/engine.ts';
import { loadRule, readDocuments } from '../../../../shared/detect/sigma/load.ts';
import { parseRule } from '../../../../shared/detect/sigma/parse.ts';
import { RuleError } from '../../../../shared/detect/sigma/rule.ts';

const RULE = `title: A rule
id: 00000000-0000-4000-8000-000000000001
logsource:
  product: aws
  service: cloudtrail
detection:
  sel:
    eventName: [A, B]
  condition: sel
`;

describe('loadRule', () => {
  it('reads a rule and fills in what Sigma leaves open', () => {
    const { rule } = loadRule(RULE, 'a.yml');
    expect(rule).toMatchObject({
      id: '00000000-0000-4000-8000-000000000001',
      title: 'A rule',
      status: 'test',
      level: 'medium',
      taxonomy: 'sigma',
      group_by: ['actor.user.uid', 'cloud.account.uid'],
      condition: { kind: 'field', field: 'eventName', operator: 'equals', values: ['A', 'B'] },
    });
  });

  it('takes No and Yes as texts and unknown keys as they are', () => {
    const { rule, document } = loadRule(RULE.replace('[A, B]', 'No').concat('custom: [1]\n'), 'a.yml');
    expect(rule.condition).toMatchObject({ values: ['No'] });
    expect(document['custom']).toEqual([1]);
  });

  it('makes an id where there is none, another for another rule', () => {
    const anonymous = RULE.replace(/id: .*\n/, '');
    const [one, again, other] = [anonymous, anonymous, anonymous.replace('[A, B]', '[A, C]')].map(
      (yaml) => loadRule(yaml, 'a.yml').rule.id,
    );
    expect(one).toMatch(/^[0-9a-f]{8}-[0-9a-f]{4}-8[0-9a-f]{3}-8[0-9a-f]{3}-[0-9a-f]{12}$/);
    expect(again).toBe(one);
    expect(other).not.toBe(one);
  });

  it('keeps digits that are no numbers: account ids with zeros in front, long ids', () => {
    const { rule } = loadRule(RULE.replace('[A, B]', '[012345678901, 111111111111, 12345678901234567890, 0, -5, 0x10, 1.5]'), 'a.yml');
    expect(rule.condition).toMatchObject({ values: ['012345678901', 111111111111, '12345678901234567890', 0, -5, 16, 1.5] });
  });

  it('takes a list of conditions as alternatives', () => {
    const { rule } = loadRule(RULE.replace('condition: sel', 'condition: [sel, not sel]'), 'a.yml');
    expect(rule.condition).toMatchObject({ kind: 'any', of: [{ kind: 'field' }, { kind: 'not' }] });
  });

  it.each([
    ['a modifier it does not know', RULE.replace('eventName:', 'eventName|base32:'), 'a.yml:8: modifier "base32" is not known'],
    [
      'a condition it does not understand',
      RULE.replace('condition: sel', 'condition: sel and x'),
      'a.yml:9: condition: there is no selection "x"',
    ],
    ['an aggregation', RULE.replace('condition: sel', 'condition: sel | count() > 3'), 'a.yml:9: condition: aggregations'],
    ['a timeframe', RULE.replace('condition: sel', 'timeframe: 5m\n  condition: sel'), 'a.yml:9: timeframe is gone'],
    ['a wrong id', RULE.replace(/id: .*\n/, 'id: x\n'), 'a.yml:2: id is not a UUID'],
    ['no title', RULE.replace('title: A rule', 'title: ""'), 'a.yml:1: title is missing'],
    ['no logsource', RULE.replace(/logsource:\n.*\n.*\n/, ''), 'logsource is missing'],
    ['an empty logsource', RULE.replace(/logsource:\n.*\n.*\n/, 'logsource: {}\n'), 'logsource names no category'],
    ['no detection', RULE.replace(/detection:[^]*/, ''), 'detection is missing'],
    ['no condition', RULE.replace('  condition: sel\n', ''), 'condition is missing'],
    ['an unknown level', `${RULE}level: urgent\n`, 'a.yml:10: level "urgent" is none of informational, low'],
    ['a wrong tag', `${RULE}tags: [attack.t1078, Attack]\n`, 'a.yml:10: tag "Attack"'],
    ['a correlation', 'title: x\ncorrelation: {}\n', 'a.yml:2: type is missing'],
    ['another kind of document', 'title: x\naction: global\n', 'a.yml:2: "action" documents are not rules'],
    ['two kinds in one', `${RULE}filter: {}\n`, 'a.yml:10: "detection" and "filter" in one document'],
    ['a document that is nested too deeply', `${RULE}x: ${'['.repeat(20_000)}${']'.repeat(20_000)}\n`, 'a.yml:10: nested too deeply'],
    ['too long a document', `${RULE}# ${'x'.repeat(1024 * 1024)}\n`, 'a.yml:1: longer than 1048576 characters'],
    [
      'documents that unfold',
      `${RULE}a: &a [x, x]\nb: &b [*a, *a, *a, *a, *a, *a]\nc: &c [*b, *b, *b, *b, *b, *b]\nd: [*c, *c, *c, *c, *c, *c]\n`,
      'a.yml:1: Excessive alias count',
    ],
    ['two documents', `${RULE}---\n${RULE}`, 'one rule per file'],
    ['no document', '', 'a.yml:1: the file is empty'],
    ['a list', '- a\n', 'a rule is a map'],
    ['a key twice', `${RULE}title: again\n`, 'a.yml:10: Map keys must be unique'],
    ['broken YAML', 'title: "x\n', 'a.yml:'],
    ['an odd selection name', RULE.replace('  sel:', '  "s el":'), 'a.yml:7: selection "s el"'],
  ])('refuses %s with file, line and reason', (_, yaml, message) => {
    expect(() => loadRule(yaml, 'a.yml')).toThrow(RuleError);
    expect(() => loadRule(yaml, 'a.yml')).toThrow(message);
  });
});

describe('readDocuments', () => {
  it('tells kinds apart, leaves out empty documents and goes on behind a broken one', () => {
    const broken = RULE.replace('condition: sel', 'condition: nothing');
    const filter = 'title: f\nlogsource: {product: aws, service: cloudtrail}\nfilter: {rules: any, s: {a: 1}, condition: s}\n';
    const correlation = 'title: c\ncorrelation: {type: temporal, rules: [x], timespan: 1m}\n';
    const documents = readDocuments(['# only a comment\n', RULE, broken, filter, correlation, ''].join('---\n'), 'a.yml');
    expect(documents.map(({ kind, line, file }) => [kind, line, file])).toEqual([
      ['rule', 3, 'a.yml'],
      ['broken', 13, 'a.yml'],
      ['filter', 23, 'a.yml'],
      ['correlation', 27, 'a.yml'],
    ]);
    const [, wrong] = documents;
    expect(wrong?.kind === 'broken' && wrong.error.message).toBe('a.yml:21: condition: there is no selection "nothing"');
  });
});

describe('parse and compile', () => {
  const names = fc.constantFrom(
    'sel',
    'filter_1',
    'eventName',
    'eventName|contains',
    'f|re',
    'f|cidr',
    'f|exists',
    'a.b|all',
    'x|',
    '|',
    '',
    'f|neq|expand',
    'f|base64offset|contains',
    'f|wide|windash',
    'f|fieldref',
    'f|hour|gte',
    '|all',
    '|re',
  );
  const scalar = fc.oneof(fc.constantFrom('a', '*', '(', '%x%', '10.0.0.0/8', null, true, 5), fc.string({ maxLength: 5 }));
  const selection = fc.letrec<{ node: unknown }>((tie) => ({
    node: fc.oneof(
      { depthSize: 'small' },
      scalar,
      fc.array(tie('node'), { maxLength: 3 }),
      fc.dictionary(names, tie('node'), { maxKeys: 3 }),
    ),
  })).node;
  const condition = fc.array(fc.constantFrom('sel', 'not', 'and', 'or', '(', ')', '1', 'of', 'all', 'them', 'filter_*', '|'), {
    maxLength: 8,
  });
  const base = { title: 't', id: '00000000-0000-4000-8000-000000000001', logsource: { product: 'aws', service: 'cloudtrail' } };

  it('throw nothing but RuleError, whatever stands in the detection', () => {
    fc.assert(
      fc.property(fc.dictionary(names, selection, { maxKeys: 3 }), condition, (selections, words) => {
        const document = { ...base, detection: { sel: { eventName: 'x' }, ...selections, condition: words.join(' ') } };
        expectRuleErrorOnly(() => createEngine([parseRule(document)], {}));
      }),
      { numRuns: 2000 },
    );
  });

  it('throw nothing but RuleError, whatever the document is', () => {
    const keys = fc.constantFrom(
      'title',
      'id',
      'logsource',
      'detection',
      'level',
      'status',
      'tags',
      'fields',
      'group_by',
      'taxonomy',
      'response',
    );
    fc.assert(
      fc.property(fc.dictionary(keys, fc.jsonValue()), (document) => {
        expectRuleErrorOnly(() => parseRule({ ...base, detection: { sel: { a: 1 }, condition: 'sel' }, ...document }));
      }),
      { numRuns: 1000 },
    );
    fc.assert(fc.property(fc.string(), (yaml) => expectRuleErrorOnly(() => loadRule(yaml, 'x.yml'))));
  });
});

function expectRuleErrorOnly(run: () => unknown): void {
  try {
    expect(run()).toBeDefined();
  } catch (error) {
    expect(error).toBeInstanceOf(RuleError);
  }
}
