import { readDocuments, type Loaded } from '../../../../shared/detect/sigma/load.ts';
import { resolve, type Resolved } from '../../../../shared/detect/sigma/resolve.ts';

const CLOUDTRAIL = 'logsource: {product: aws, service: cloudtrail}';

function rule(name: string, more = CLOUDTRAIL): string {
  return `title: Rule ${name}\nname: ${name}\nid: ${idOf(name)}\n${more}\ndetection: {s: {eventName: ${name}}, condition: s}\n`;
}

function correlation(name: string, rules: readonly string[], more = 'timespan: 10m'): string {
  return `title: Correlation ${name}\nname: ${name}\nid: ${idOf(name)}\ncorrelation:\n  type: temporal\n  rules: [${rules.join(', ')}]\n  ${more}\n`;
}

function filter(rules: string, more = CLOUDTRAIL, condition = 's'): string {
  return `title: Filter\n${more}\nfilter: {rules: ${rules}, s: {userAgent: terraform}, condition: ${condition}}\n`;
}

function idOf(name: string): string {
  return `00000000-0000-4000-8000-${Buffer.from(name).toString('hex').padStart(12, '0')}`;
}

/** Each text is a file. */
function resolved(...files: readonly string[]): Resolved {
  const documents = files.flatMap((text, at) => readDocuments(text, `${at}.yml`));
  const broken = documents.find((document) => document.kind === 'broken');
  if (broken?.kind === 'broken') throw broken.error;
  return resolve(documents.filter((document): document is Loaded => document.kind !== 'broken'));
}

function messages({ errors }: Resolved): readonly string[] {
  return errors.map(({ message }) => message);
}

describe('correlations', () => {
  it('find rules by id and by name, in any order and over several files', () => {
    const found = resolved(
      correlation('outer', ['inner', idOf('c').toUpperCase()]),
      correlation('inner', ['a', 'b']),
      [rule('a'), rule('b'), rule('c')].join('---\n'),
    );
    expect(messages(found)).toEqual([]);
    expect(found.correlations.map(({ title }) => title)).toEqual(['Correlation inner', 'Correlation outer']);
    expect(found.correlations.map(({ rules }) => rules)).toEqual([
      [idOf('a'), idOf('b')],
      [idOf('inner'), idOf('c')],
    ]);
    expect([...found.silent].sort()).toEqual(['a', 'b', 'inner', 'c'].map(idOf).sort());
    expect(found.places.get(idOf('b'))).toMatchObject({ file: '2.yml', line: 7 });
  });

  it('leave rules to tell of themselves where one says so', () => {
    const { silent } = resolved(
      rule('a'),
      rule('b'),
      correlation('x', ['a', 'b']),
      correlation('y', ['a'], 'timespan: 1m\n  generate: true'),
    );
    expect([...silent]).toEqual([idOf('b')]);
  });

  it('have the fields of aliases by the ids of rules', () => {
    const aliases = 'timespan: 1m\n  group-by: [who]\n  aliases: {who: {a: user.name, b: actor}}';
    const { correlations } = resolved(rule('a'), rule('b'), correlation('x', ['a', 'b'], aliases));
    expect(correlations[0]?.aliases).toEqual({ who: { [idOf('a')]: 'user.name', [idOf('b')]: 'actor' } });
  });

  it('mean the rule in their own file where others have its name', () => {
    const ours = rule('a').replace(idOf('a'), idOf('own'));
    const found = resolved(rule('a'), `${ours}---\n${correlation('x', ['a'])}`);
    expect(messages(found)).toEqual([]);
    expect(found.correlations[0]?.rules).toEqual([idOf('own')]);
  });

  it.each([
    [['x'], [correlation('x', ['nobody'])], '0.yml:1: there is no rule "nobody" that can be used'],
    [['x'], [correlation('x', ['x'])], '0.yml:1: correlations that build on each other in a circle'],
    [['x', 'y'], [correlation('x', ['y']), correlation('y', ['x'])], '1.yml:1: correlations that build on each other in a circle'],
    [
      ['x'],
      [rule('a'), rule('a').replace(idOf('a'), idOf('b')), correlation('x', ['a'])],
      '2.yml:1: several rules are called "a" (0.yml, 1.yml)',
    ],
    [['x'], [rule('a'), correlation('x', ['a', idOf('a')])], '1.yml:1: rules names one rule twice'],
    [
      ['x'],
      [rule('a'), rule('b'), correlation('x', ['a'], 'timespan: 1m\n  aliases: {w: {b: f}}')],
      '2.yml:1: aliases names "b", which is none of its rules',
    ],
    [['x'], [rule('a'), correlation('x', ['a'], 'timespan: 1m\n  aliases: {w: {z: f}}')], '1.yml:1: there is no rule "z"'],
  ])('%j are refused: %#', (names, files, message) => {
    const found = resolved(...files);
    expect(messages(found)).toEqual(expect.arrayContaining([expect.stringContaining(message)]));
    expect(found.errors).toHaveLength(names.length);
    expect(found.correlations).toEqual([]);
  });

  it('take down those that build on them, and are chained ten deep at most', () => {
    const broken = resolved(rule('a'), correlation('x', ['nobody']), correlation('y', ['x', 'a']));
    expect(messages(broken)).toEqual([
      '1.yml:1: there is no rule "nobody" that can be used',
      '2.yml:1: the correlation "Correlation x" cannot be used',
    ]);
    const chain = (length: number): Resolved =>
      resolved(
        rule('a'),
        ...Array.from({ length }, (_, at) => correlation(`c${length - at}`, [length - at === 1 ? 'a' : `c${length - at - 1}`])),
      );
    expect(messages(chain(10))).toEqual([]);
    expect(chain(10).correlations).toHaveLength(10);
    expect(chain(11).correlations).toHaveLength(10);
    expect(messages(chain(11))).toEqual(['1.yml:1: chained deeper than 10']);
    expect(chain(500).correlations).toHaveLength(10);
  });
});

describe('filters', () => {
  const condition = (found: Resolved, name: string): unknown => found.rules.find(({ id }) => id === idOf(name))?.condition;
  const WITHOUT = { kind: 'all', of: [{ field: 'eventName' }, { kind: 'not', of: { field: 'userAgent', values: ['terraform'] } }] };

  it('go into the rules that they name', () => {
    const found = resolved(rule('a'), rule('b'), filter(`[a, ${idOf('zz')}]`).replace(`, ${idOf('zz')}`, ''));
    expect(messages(found)).toEqual([]);
    expect(condition(found, 'a')).toMatchObject(WITHOUT);
    expect(condition(found, 'b')).toMatchObject({ kind: 'field', field: 'eventName' });
  });

  it.each(['any', 'all', '[]'])('for %s go into all rules of the log source, and of what it leaves open', (rules) => {
    const flows = rule('f', 'logsource: {product: aws, service: vpcflow}');
    const found = resolved(rule('a'), flows, filter(rules));
    expect(condition(found, 'a')).toMatchObject(WITHOUT);
    expect(condition(found, 'f')).toMatchObject({ kind: 'field' });
    const wide = resolved(rule('a'), flows, filter(rules, 'logsource: {product: aws}'));
    expect(condition(wide, 'a')).toMatchObject(WITHOUT);
    expect(condition(wide, 'f')).toMatchObject(WITHOUT);
  });

  it('do not meet the selections of the rule: their names may be the same', () => {
    const both = resolved(rule('a').replace('condition: s', 'condition: 1 of them'), filter('any', CLOUDTRAIL, 'all of them'));
    expect(condition(both, 'a')).toMatchObject(WITHOUT);
  });

  it.each([
    [filter('[nobody]'), 'there is no rule "nobody"'],
    [filter('[a]', 'logsource: {product: aws, service: vpcflow}'), 'the rule "Rule a" is of another log source or taxonomy'],
    [filter('[a]', `${CLOUDTRAIL}\ntaxonomy: ocsf`), 'the rule "Rule a" is of another log source or taxonomy'],
    [filter('[x]'), 'a filter is for rules, not for correlations'],
  ])('that do not fit are told, and leave the rules as they are: %#', (text, reason) => {
    const found = resolved(rule('a'), correlation('x', ['a']), text);
    expect(messages(found)).toEqual([expect.stringContaining(`2.yml:1: ${reason}`)] as unknown[]);
    expect(condition(found, 'a')).toMatchObject({ kind: 'field' });
  });

  it.each([
    [filter('any', CLOUDTRAIL, 'not s'), '0.yml:3: the condition says what is left out: "selection", not "not selection"'],
    [filter('any', CLOUDTRAIL, '[s]'), '0.yml:3: a filter has one condition'],
    [filter('any', CLOUDTRAIL, 'other'), '0.yml:3: condition: there is no selection "other"'],
    [filter('null'), '0.yml:3: rules is missing'],
    [filter('any', 'level: low'), '0.yml:1: logsource is missing'],
    ['title: x\nfilter: y\n', '0.yml:2: filter is not a map'],
  ])('that are wrong are refused: %#', (text, message) => {
    expect(() => resolved(text)).toThrow(message);
  });
});

describe('ids', () => {
  it('that are there twice are told, and the first counts', () => {
    const found = resolved(rule('a'), rule('b').replace(idOf('b'), idOf('a')));
    expect(messages(found)).toEqual([`1.yml:1: has the id of 0.yml:1 (${idOf('a')})`]);
    expect(found.rules.map(({ title }) => title)).toEqual(['Rule a']);
  });
});

describe('the section of a correlation', () => {
  const section = (text: string): Resolved => resolved(rule('a'), `title: c\ncorrelation: {rules: [a], timespan: 5m, ${text}}\n`);

  it.each([
    ['type: event_count, condition: {gte: 10}, group-by: [x, y]', { condition: [{ operator: 'gte', value: 10 }], groupBy: ['x', 'y'] }],
    [
      'type: event_count, condition: {gt: 1, lte: 5}',
      {
        condition: [
          { operator: 'gt', value: 1 },
          { operator: 'lte', value: 5 },
        ],
        groupBy: [],
      },
    ],
    ['type: value_count, condition: {gte: 2, field: f}', { fields: ['f'], type: 'value_count' }],
    ['type: value_count, condition: {gte: 2, field: [f, g]}', { fields: ['f', 'g'] }],
    ['type: value_sum, condition: {gt: 1.5, field: f}', { fields: ['f'] }],
    ['type: value_percentile, condition: {gt: 1, field: f, percentile: 95}', { percentile: 95 }],
    ['type: value_percentile, condition: {gt: 1, field: f}', { percentile: 50 }],
    ['type: temporal_ordered, condition: {gte: 2}', { condition: [{ operator: 'gte', value: 2 }] }],
    ['type: temporal, group-by: x', { condition: [], groupBy: ['x'], timespanMs: 300_000 }],
  ])('reads %s', (text, expected) => {
    expect(section(text).correlations).toMatchObject([expected]);
  });

  it.each([
    ['90s', 90_000],
    ['2h', 7_200_000],
    ['7d', 604_800_000],
    ['1w', 604_800_000],
    ['1M', 2_592_000_000],
  ])('reads a timespan of %s', (timespan, ms) => {
    expect(resolved(rule('a'), correlation('x', ['a'], `timespan: ${timespan}`)).correlations[0]?.timespanMs).toBe(ms);
  });

  it.each([
    ['type: event_count', 'condition is missing'],
    ['type: event_count, condition: {}', 'condition has none of gt'],
    ['type: event_count, condition: {gte: x}', '"gte" takes a number'],
    ['type: event_count, condition: {gte: 1, most: 2}', '"most" is none of gt'],
    ['type: event_count, condition: {gte: 1, field: f}', 'event_count has no field'],
    ['type: value_count, condition: {gte: 1}', 'value_count needs a field'],
    ['type: value_sum, condition: {gte: 1, field: [a, b]}', 'value_sum takes one field'],
    ['type: value_sum, condition: {gte: 1, field: a, percentile: 5}', 'value_sum has no percentile'],
    ['type: value_percentile, condition: {gte: 1, field: a, percentile: 500}', 'percentile is 0 to 100'],
    ['type: temporal, condition: a and not b', 'conditions on which rules matched are not supported'],
    ['type: near', 'type "near" is none of event_count'],
    ['type: temporal, groupby: [x]', '"groupby" is nothing that a correlation has'],
    ['type: temporal, generate: maybe', 'generate is true or false'],
    ['type: temporal, aliases: [x]', 'aliases is a map'],
    ['type: temporal, aliases: {w: {a: 5}}', 'alias "w": not a field'],
  ])('refuses %s', (text, reason) => {
    expect(() => section(text)).toThrow(`1.yml:2: ${reason}`);
  });

  it.each([
    ['timespan: 10x', 'timespan is a number and a unit'],
    ['timespan: 0s', 'timespan is a number and a unit'],
    ['timespan: 400d', 'timespan is longer than a year'],
    ['generate: false', 'timespan is a number and a unit'],
  ])('refuses %s', (more, reason) => {
    expect(() => resolved(rule('a'), correlation('x', ['a'], more))).toThrow(reason);
  });

  it.each([
    ['[]', 'rules names none'],
    ['[a, a]', 'rules names "a" twice'],
    [`[${Array.from({ length: 101 }, (_, at) => `r${at}`).join(', ')}]`, 'rules names more than 100'],
    ['{}', 'rules is not a list'],
  ])('refuses rules that are %s', (rules, reason) => {
    expect(() => resolved(`title: c\ncorrelation: {type: temporal, rules: ${rules}, timespan: 5m}\n`)).toThrow(reason);
  });
});
