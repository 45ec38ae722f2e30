// Windows of correlations against an evaluator that looks at every pair of matches anew.
import fc from 'fast-check';
import type { Correlation, CorrelationType } from '../../../shared/detect/sigma/rule.ts';
import { alertingIds, correlateAll, createCorrelator, type Fired, type RuleMatch } from '../../../shared/detect/sigma/windows.ts';

interface Event {
  readonly rule: string;
  readonly time: number;
  readonly uid: string;
  readonly fields: Readonly<Record<string, unknown>>;
}

function match({ rule, time, uid, fields }: Event): RuleMatch<Event> {
  return { rule, time, uid, field: (name) => fields[name], event: { rule, time, uid, fields } };
}

function correlation(type: CorrelationType, more: Partial<Correlation> = {}): Correlation {
  return {
    id: 'correlation',
    title: 'Correlation',
    description: '',
    status: 'test',
    level: 'high',
    tags: [],
    response: '',
    type,
    rules: ['a'],
    groupBy: ['user'],
    timespanMs: 60_000,
    aliases: {},
    condition: [{ operator: 'gte', value: 3 }],
    fields: [],
    percentile: 50,
    generate: false,
    ...more,
  };
}

const S = 1000;

function at(seconds: number, rule = 'a', fields: Event['fields'] = { user: 'u' }): RuleMatch<Event> {
  return match({ rule, time: seconds * S, uid: `${rule} ${seconds}`, fields });
}

function times(fired: readonly Fired<Event>[]): readonly (readonly [number, number])[] {
  return fired.map(({ start, time }) => [start / S, time / S] as const);
}

describe('windows of one correlation', () => {
  it('fires at the match that makes the condition true, and is quiet until its window is over', () => {
    const fired = correlateAll(
      [correlation('event_count')],
      [0, 10, 20, 30, 40, 50, 60, 61, 62, 63].map((second) => at(second)),
    );
    expect(times(fired)).toEqual([
      [0, 20],
      [61, 63],
    ]);
    expect(fired[0]).toMatchObject({ group: ['u'], end: 60 * S, value: 3, cut: false });
    expect(fired[0]?.matches.map(({ uid }) => uid)).toEqual(['a 0', 'a 10', 'a 20']);
  });

  it('counts matches that are a timespan apart, and none that are farther', () => {
    expect(times(correlateAll([correlation('event_count')], [at(0), at(30), at(60)]))).toEqual([[0, 60]]);
    expect(correlateAll([correlation('event_count')], [at(0), at(30), at(61)])).toEqual([]);
  });

  it('counts an event once, however often it comes and whichever rules it meets', () => {
    const both = [at(0), at(0), { ...at(0), rule: 'b' }, at(1)];
    expect(correlateAll([correlation('event_count', { rules: ['a', 'b'] })], both)).toEqual([]);
    expect(correlateAll([correlation('event_count', { rules: ['a', 'b'] })], [...both, at(2, 'b')])).toHaveLength(1);
  });

  it('tells groups apart, but not by case, and leaves out what has no value', () => {
    const users = ['U', 'u', 'v', undefined, null, 'V', 'u'];
    const fired = correlateAll(
      [correlation('event_count')],
      users.map((user, second) => at(second, 'a', { user })),
    );
    expect(fired.map(({ group }) => group)).toEqual([['u']]);
  });

  it('takes all matches as one group where nothing is grouped by', () => {
    const fired = correlateAll([correlation('event_count', { groupBy: [] })], [at(0, 'a', {}), at(1, 'a', {}), at(2, 'a', {})]);
    expect(fired.map(({ group }) => group)).toEqual([[]]);
  });

  it('takes group values from the fields that aliases name', () => {
    const aliases = { ip: { a: 'src', b: 'dst' } };
    const rule = correlation('temporal', { rules: ['a', 'b', 'c'], groupBy: ['ip'], aliases, condition: [{ operator: 'gte', value: 2 }] });
    const fired = correlateAll(
      [rule],
      [at(0, 'a', { src: '192.0.2.1' }), at(1, 'c', { ip: '192.0.2.1' }), at(2, 'b', { dst: '192.0.2.1' })],
    );
    expect(fired.map(({ matches }) => matches.map(({ rule: id }) => id))).toEqual([['a', 'b']]);
  });

  it('counts different values, of several fields together', () => {
    const rule = correlation('value_count', { fields: ['x', 'y'] });
    const values = [
      ['1', '1'],
      ['1', '1'],
      ['1', '2'],
      ['1', undefined],
      ['2', '1'],
    ];
    const fired = correlateAll(
      [rule],
      values.map(([x, y], second) => at(second, 'a', { user: 'u', x, y })),
    );
    expect(times(fired)).toEqual([[0, 4]]);
  });

  it.each([
    ['value_sum', 30, [10, '15', 'no number', 5], 3],
    ['value_avg', 12, [10, 11, 16], 2],
    ['value_median', 11, [10, 11, 12], 2],
    ['value_percentile', 12, [10, 10, 11, 12, 12, 12], 4],
  ] as const)('reckons %s', (type, bound, amounts, second) => {
    const rule = correlation(type, { fields: ['amount'], percentile: 75, condition: [{ operator: 'gte', value: bound }] });
    const fired = correlateAll(
      [rule],
      amounts.map((amount, index) => at(index, 'a', { user: 'u', amount })),
    );
    expect(times(fired)).toEqual([[0, second]]);
  });

  it('asks conditions that too little could meet when the window is over', () => {
    const few = correlation('event_count', { condition: [{ operator: 'lte', value: 2 }] });
    expect(times(correlateAll([few], [at(0), at(1), at(2), at(100), at(101)]))).toEqual([[100, 160]]);
    const between = correlation('event_count', {
      condition: [
        { operator: 'gt', value: 1 },
        { operator: 'lte', value: 2 },
      ],
    });
    expect(times(correlateAll([between], [at(0), at(100), at(160), at(200), at(201), at(202)]))).toEqual([[100, 160]]);
    const open = createCorrelator<Event>([few]);
    expect([...open.add(at(0)), ...open.end(60 * S)]).toEqual([]);
    expect(times(open.end(60 * S + 1))).toEqual([[0, 60]]);
  });

  it('finds rules in their order, where times are equal in any', () => {
    const ordered = correlation('temporal_ordered', { rules: ['a', 'b', 'c'], condition: [] });
    expect(times(correlateAll([ordered], [at(0, 'b'), at(1, 'a'), at(2, 'b'), at(3, 'a'), at(4, 'c')]))).toEqual([[1, 4]]);
    expect(correlateAll([ordered], [at(0, 'c'), at(1, 'b'), at(2, 'a')])).toEqual([]);
    expect(times(correlateAll([ordered], [at(5, 'c'), at(5, 'b'), at(5, 'a')]))).toEqual([[5, 5]]);
    // The later beginning counts: the earlier one is out of reach.
    expect(times(correlateAll([ordered], [at(0, 'a'), at(30, 'a'), at(40, 'b'), at(70, 'c')]))).toEqual([[30, 70]]);
    const fired = correlateAll([ordered], [at(0, 'a'), at(1, 'b'), at(2, 'c')]);
    expect(fired[0]?.matches.map(({ rule }) => rule)).toEqual(['a', 'b', 'c']);
  });

  it('wants every rule in any order, or as many as the condition says', () => {
    expect(times(correlateAll([correlation('temporal', { rules: ['a', 'b'], condition: [] })], [at(0, 'b'), at(9, 'a')]))).toEqual([
      [0, 9],
    ]);
    const two = correlation('temporal', { rules: ['a', 'b', 'c'], condition: [{ operator: 'gte', value: 2 }] });
    expect(times(correlateAll([two], [at(0, 'c'), at(1, 'c'), at(9, 'a')]))).toEqual([[1, 9]]);
  });

  it('wants as many matches of a rule as it is named times', () => {
    const twice = correlation('temporal_ordered', { rules: ['a', 'a', 'b'], condition: [] });
    expect(correlateAll([twice], [at(0, 'a'), at(1, 'b')])).toEqual([]);
    expect(correlateAll([twice], [at(0, 'a'), at(0, 'a'), at(1, 'b')])).toEqual([]);
    expect(times(correlateAll([twice], [at(0, 'a'), at(1, 'a'), at(2, 'b')]))).toEqual([[0, 2]]);
  });
});

describe('chains of correlations', () => {
  const failures = correlation('event_count', { id: 'failures', rules: ['failure'] });
  const chain = correlation('temporal_ordered', { id: 'chain', rules: ['failures', 'success'], condition: [], timespanMs: 300_000 });

  it('takes what fired as a match of its own', () => {
    const matches = [at(0, 'failure'), at(1, 'failure'), at(2, 'success'), at(3, 'failure'), at(9, 'success')];
    // In any order of the rules.
    for (const rules of [
      [failures, chain],
      [chain, failures],
    ]) {
      const fired = correlateAll(rules, matches);
      expect(fired.map(({ correlation: { id }, time }) => [id, time / S])).toEqual([
        ['failures', 3],
        ['chain', 9],
      ]);
      expect(fired[1]?.matches.map(({ uid }) => uid)).toEqual(['failure 0', 'failure 1', 'failure 3', 'success 9']);
    }
  });

  it('takes windows that fired when they were over in their place', () => {
    const few = correlation('event_count', { id: 'few', rules: ['a'], condition: [{ operator: 'lt', value: 3 }] });
    const after = correlation('temporal_ordered', { id: 'after', rules: ['few', 'b'], condition: [], timespanMs: 300_000 });
    expect(correlateAll([few, after], [at(0, 'a'), at(50, 'b')]).map(({ correlation: { id } }) => id)).toEqual(['few']);
    expect(correlateAll([few, after], [at(0, 'a'), at(70, 'b')]).map(({ correlation: { id } }) => id)).toEqual(['few', 'after']);
  });

  it('says which are told on their own', () => {
    expect([...alertingIds([failures, chain])]).toEqual(['chain']);
    expect([...alertingIds([failures, { ...chain, generate: true }])]).toEqual(['failures', 'chain']);
  });

  it('refuses a circle', () => {
    const one = correlation('temporal', { id: 'one', rules: ['two'] });
    const two = correlation('temporal', { id: 'two', rules: ['one'] });
    expect(() => createCorrelator([one, two])).toThrow('refers to itself');
  });
});

describe('limits', () => {
  it('holds so many matches of a group and says that there were more', () => {
    const rule = correlation('value_count', { fields: ['x'], condition: [{ operator: 'gte', value: 5 }] });
    const matches = [1, 1, 1, 2, 3, 4, 5].map((x, second) => at(second, 'a', { user: 'u', x }));
    const [fired] = correlateAll([rule], matches, { hitsPerGroup: 5 });
    expect(fired).toMatchObject({ start: 2 * S, cut: true });
    expect(correlateAll([rule], matches, { hitsPerGroup: 4 })).toEqual([]);
  });

  it('forgets the groups that were quiet longest, those that are over without loss', () => {
    const correlator = createCorrelator<Event>([correlation('event_count')], { held: 50 });
    for (let second = 0; second < 10_000; second++) correlator.add(at(second, 'a', { user: `u${second}` }));
    expect(correlator.forgotten()).toBeGreaterThan(0);
    const slow = createCorrelator<Event>([correlation('event_count')], { held: 50 });
    for (let second = 0; second < 10_000; second++) slow.add(at(second * 10, 'a', { user: `u${second}` }));
    expect(slow.forgotten()).toBe(0);
  });
});

const event = fc.record({
  rule: fc.constantFrom('a', 'b', 'c'),
  time: fc.integer({ min: 0, max: 60 }).map((second) => second * S),
  uid: fc.integer({ min: 0, max: 200 }).map(String),
  fields: fc.record({
    user: fc.constantFrom('u', 'v', undefined),
    amount: fc.oneof(fc.integer({ min: -5, max: 20 }), fc.constant(undefined)),
  }),
});

const condition = fc.array(
  fc.record({ operator: fc.constantFrom('gt', 'gte', 'lt', 'lte', 'eq', 'neq'), value: fc.integer({ min: 0, max: 12 }) }),
  { minLength: 1, maxLength: 2 },
);

const anyCorrelation = fc
  .record({
    type: fc.constantFrom<CorrelationType[]>(
      'event_count',
      'value_count',
      'value_sum',
      'value_avg',
      'value_percentile',
      'value_median',
      'temporal',
      'temporal_ordered',
    ),
    rules: fc.shuffledSubarray(['a', 'b', 'c'], { minLength: 1 }),
    groupBy: fc.constantFrom<string[][]>([], ['user']),
    timespanMs: fc.integer({ min: 1, max: 30 }).map((second) => second * S),
    percentile: fc.constantFrom(0, 10, 50, 90, 100),
    condition,
    withCondition: fc.boolean(),
  })
  .map(({ type, condition: given, withCondition, ...more }) =>
    correlation(type, {
      ...more,
      fields: type.startsWith('value_') ? ['amount'] : [],
      condition: type.startsWith('temporal') && !withCondition ? [] : given,
    }),
  );

describe('any correlation', () => {
  it('fires where the naive evaluator says so', () => {
    fc.assert(
      fc.property(anyCorrelation, fc.array(event, { maxLength: 40 }), (rule, events) => {
        const matches = uniqueByUid(events).map(match);
        const found = correlateAll([rule], matches).map(({ group, start, time, value }) => ({ group, start, time, value: round(value) }));
        expect(found.sort(order)).toEqual(naive(rule, matches).sort(order));
      }),
      { numRuns: 2000 },
    );
  });

  it('does not depend on the order in which matches are handed over', () => {
    fc.assert(
      fc.property(anyCorrelation, fc.array(event, { maxLength: 30 }), fc.infiniteStream(fc.nat()), (rule, events, random) => {
        // Of one time they may fire at either; no two have the same.
        const matches = uniqueByUid(events).map((one, index) => match({ ...one, time: one.time + index }));
        const mixed = matches.map((one) => [random.next().value, one] as const).sort(([one], [other]) => one - other);
        const plain = (fired: readonly Fired<Event>[]): unknown => fired.map(({ group, start, time }) => [group, start, time]);
        expect(
          plain(
            correlateAll(
              [rule],
              mixed.map(([, one]) => one),
            ),
          ),
        ).toEqual(plain(correlateAll([rule], matches)));
      }),
    );
  });
});

/** An event of one uid matches once. */
function uniqueByUid(events: readonly Event[]): readonly Event[] {
  return [...new Map(events.map((one) => [one.uid, one])).values()];
}

interface Found {
  readonly group: readonly string[];
  readonly start: number;
  readonly time: number;
  readonly value: number;
}

function order(one: Found, other: Found): number {
  return one.time - other.time || one.group.join().localeCompare(other.group.join()) || one.start - other.start;
}

/** Every group by itself, every moment by itself. */
function naive(rule: Correlation, matches: readonly RuleMatch<Event>[]): Found[] {
  const own = matches.filter((one) => rule.rules.includes(one.rule));
  const groupOf = (one: RuleMatch<Event>): string | undefined => {
    const value = one.field('user');
    return rule.groupBy.length === 0 ? '' : typeof value === 'string' ? value : undefined;
  };
  const groups = [...new Set(own.flatMap((one) => groupOf(one) ?? []))];
  return groups.flatMap((group) => {
    const sorted = own.filter((one) => groupOf(one) === group).sort((one, other) => one.time - other.time);
    const name = rule.groupBy.length === 0 ? [] : [group];
    const isLate = rule.condition.some(({ operator }) => !operator.startsWith('g'));
    return (isLate ? naiveOver : naiveSliding)(rule, sorted).map((found) => ({ group: name, ...found }));
  });
}

function naiveSliding(rule: Correlation, sorted: readonly RuleMatch<Event>[]): Omit<Found, 'group'>[] {
  const found: Omit<Found, 'group'>[] = [];
  let quiet = -Infinity;
  for (const [index, last] of sorted.entries()) {
    if (last.time <= quiet) continue;
    const window = sorted.slice(0, index + 1).filter(({ time }) => time > quiet && time >= last.time - rule.timespanMs);
    const result = valueOf(rule, window);
    if (result === undefined || !isMet(rule, result.value)) continue;
    found.push({ start: result.start, time: last.time, value: round(result.value) });
    quiet = result.start + rule.timespanMs;
  }
  return found;
}

function naiveOver(rule: Correlation, sorted: readonly RuleMatch<Event>[]): Omit<Found, 'group'>[] {
  const found: Omit<Found, 'group'>[] = [];
  let rest = sorted;
  for (let [first] = rest; first !== undefined; [first] = rest) {
    const end = first.time + rule.timespanMs;
    const window = rest.filter(({ time }) => time <= end);
    const result = valueOf(rule, window);
    if (result !== undefined && isMet(rule, result.value)) found.push({ start: first.time, time: end, value: round(result.value) });
    rest = rest.filter(({ time }) => time > end);
  }
  return found;
}

function valueOf(rule: Correlation, window: readonly RuleMatch<Event>[]): { value: number; start: number } | undefined {
  const numbers = window.filter((one) => typeof one.field('amount') === 'number');
  const amounts = numbers.map((one) => Number(one.field('amount'))).sort((one, other) => one - other);
  const start = (counted: readonly RuleMatch<Event>[]): number => Math.min(...counted.map(({ time }) => time), Infinity);
  const sum = amounts.reduce((total, amount) => total + amount, 0);
  switch (rule.type) {
    case 'event_count':
      return { value: window.length, start: start(window) };
    case 'value_count':
      return { value: new Set(amounts).size, start: startOr(start(numbers), window) };
    case 'value_sum':
      return { value: sum, start: startOr(start(numbers), window) };
    case 'value_avg':
      return amounts.length === 0 ? undefined : { value: sum / amounts.length, start: start(numbers) };
    case 'value_median': {
      const half = amounts.length / 2;
      const [low, high] = [amounts[Math.ceil(half) - 1], amounts[Math.floor(half)]];
      return low === undefined || high === undefined ? undefined : { value: (low + high) / 2, start: start(numbers) };
    }
    case 'value_percentile': {
      // The smallest amount that so many are not above.
      const value = amounts.find((amount) => amounts.filter((other) => other <= amount).length * 100 >= rule.percentile * amounts.length);
      return value === undefined ? undefined : { value, start: start(numbers) };
    }
    case 'temporal': {
      const latest = rule.rules.flatMap((id) => window.findLast((one) => one.rule === id) ?? []);
      return { value: latest.length, start: start(latest) };
    }
    case 'temporal_ordered':
      return longestChain(rule.rules, window);
  }
}

/** Where nothing has a value, the window begins with the match that was looked at last. */
function startOr(start: number, window: readonly RuleMatch<Event>[]): number {
  return start === Infinity ? (window.at(-1)?.time ?? 0) : start;
}

/** Every chain there is; of the longest ones, the one that begins last. */
function longestChain(rules: readonly string[], window: readonly RuleMatch<Event>[]): { value: number; start: number } {
  let best = { value: 0, start: window.at(-1)?.time ?? 0 };
  const follow = (position: number, time: number, start: number, length: number): void => {
    if (length > best.value || (length === best.value && start > best.start)) best = { value: length, start };
    for (let next = position; next < rules.length; next++) {
      const times = window.filter((one) => one.rule === rules[next] && one.time >= time).map((one) => one.time);
      // The earliest leaves most room; the first of a chain is any.
      for (const at of length === 0 ? new Set(times) : times.slice(0, 1)) follow(next + 1, at, length === 0 ? at : start, length + 1);
    }
  };
  follow(0, -Infinity, -Infinity, 0);
  return best;
}

function isMet({ type, rules, condition: conditions }: Correlation, value: number): boolean {
  if (conditions.length === 0) return value >= (type === 'temporal' ? new Set(rules).size : rules.length);
  return conditions.every(({ operator, value: bound }) => {
    if (operator === 'gt') return value > bound;
    if (operator === 'gte') return value >= bound;
    if (operator === 'lt') return value < bound;
    if (operator === 'lte') return value <= bound;
    return operator === 'eq' ? value === bound : value !== bound;
  });
}

function round(value: number): number {
  return Math.round(value * 1e9) / 1e9;
}
