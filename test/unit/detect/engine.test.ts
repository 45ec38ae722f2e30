import fc from 'fast-check';
import { createEngine } from '../../../shared/detect/engine.ts';
import { RuleError } from '../../../shared/detect/sigma/rule.ts';
import type { OcsfEvent } from '../../../shared/model.ts';
import { varietyOf, witnessesOf } from '../../../shared/detect/witness.ts';
import { apiEvent, cloudtrailRule } from './events.ts';

function rule(name: string, detection: object): ReturnType<typeof cloudtrailRule> {
  return cloudtrailRule(detection, { title: name });
}

describe('createEngine', () => {
  it('returns every rule an event meets, in the order of the rules', () => {
    const engine = createEngine(
      [
        rule('any user', { s: { 'userIdentity.arn|contains': 'user/a' }, condition: 's' }),
        rule('stop', { s: { eventName: ['StopLogging', 'DeleteTrail'] }, condition: 's' }),
        rule('other', { s: { eventName: 'DeleteTrail' }, condition: 's' }),
        rule('by pattern', { s: { eventName: 'Stop*' }, condition: 's' }),
      ],
      {},
    );
    const titles = engine.match(apiEvent('stoplogging')).map((match) => match.rule.title);
    expect(titles).toEqual(['any user', 'stop', 'by pattern']);
  });

  it('looks at events of the rule’s log source only, and never at our own findings', () => {
    const engine = createEngine([rule('all', { s: { 'eventName|exists': true }, condition: 's' })], {});
    const event = apiEvent('StopLogging');
    expect(engine.match(event)).toHaveLength(1);
    const from = (vendor_name: string, name: string): number =>
      engine.match({ ...event, metadata: { ...event.metadata, product: { name, vendor_name } } }).length;
    expect(from('AWS', 'CloudTrail')).toBe(1);
    expect(from('AWS', 'GuardDuty')).toBe(0);
    expect(from('Strongroom', 'Strongroom')).toBe(0);
    const everything = cloudtrailRule(
      { s: { 'class_uid|exists': true }, condition: 's' },
      { taxonomy: 'ocsf', logsource: { category: 'api_activity' } },
    );
    const own = { ...event, metadata: { ...event.metadata, product: { name: 'Strongroom', vendor_name: 'Strongroom' } } };
    expect(createEngine([everything], {}).match(event)).toHaveLength(1);
    expect(createEngine([everything], {}).match(own)).toHaveLength(0);
  });

  it('does not take an application at its word about the product its log is of', () => {
    const named = (name: string): OcsfEvent => {
      const event = apiEvent('StopLogging');
      return { ...event, metadata: { ...event.metadata, product: { name, vendor_name: 'demo' } } };
    };
    const stop = rule('stop', { s: { eventName: 'StopLogging' }, condition: 's' });
    const everything = cloudtrailRule(
      { s: { 'class_uid|exists': true }, condition: 's' },
      { taxonomy: 'ocsf', logsource: { category: 'api_activity' } },
    );
    expect(createEngine([stop], {}).match(named('CloudTrail'))).toEqual([]);
    expect(createEngine([everything], {}).match(named('Strongroom'))).toHaveLength(1);
  });

  it('shows the fields the rule names, as far as the event has them', () => {
    const shown = cloudtrailRule(
      { s: { eventName: 'X' }, condition: 's' },
      { fields: ['requestParameters.groupId', 'requestParameters.ports', 'errorCode'] },
    );
    const [match] = createEngine([shown], {}).match(apiEvent('X'));
    expect(match?.shown).toEqual({ 'requestParameters.groupId': ['sg-1'], 'requestParameters.ports': [[22, 23]] });
  });

  it('names the rule that cannot be used', () => {
    const broken = rule('broken', { s: { 'f|expand': '%nobody%' }, condition: 's' });
    expect(() => createEngine([broken], {})).toThrow(RuleError);
    expect(() => createEngine([broken], {})).toThrow('rule "broken" (00000000-0000-4000-8000-000000000001): there is no list "nobody"');
  });
});

describe('witnessesOf', () => {
  it.each([
    [{ s: { eventName: ['B', 'a'] }, condition: 's' }, ['eventName=b', 'eventName=a']],
    [{ s: { eventName: 'A', x: 1 }, condition: 's' }, ['eventName=a']],
    [{ s: { x: 1 }, t: { eventName: 'A' }, condition: 's and t' }, ['x=1']],
    [{ s: { eventName: 'A' }, t: { eventName: 'B' }, condition: 's or t' }, ['eventName=a', 'eventName=b']],
    [{ s: { eventName: ['A', 'B'] }, t: { eventName: 'A' }, condition: 's and t' }, ['eventName=a']],
    [{ s: { x: 1 }, t: { eventName: ['A', 'B'] }, condition: 's and t' }, ['eventName=a', 'eventName=b']],
    [{ s: { eventName: 'A' }, t: { x: 1 }, condition: 's or t' }, ['eventName=a', 'x=1']],
    [{ s: { eventName: 'A' }, t: { 'x|contains': 'y' }, condition: 's or t' }, undefined],
    [{ s: { eventName: 'A' }, condition: 'not s' }, undefined],
    [{ s: { eventName: 'A' }, t: { eventName: 'B' }, condition: 's and not t' }, ['eventName=a']],
    [{ s: { eventName: 'A*' }, condition: 's' }, undefined],
    [{ s: { eventName: ['A', 'B?'] }, condition: 's' }, undefined],
    [{ s: { eventName: 'A\\*' }, condition: 's' }, ['eventName=a*']],
    [{ s: { 'eventName|all': ['A', 'B?'] }, condition: 's' }, ['eventName=a']],
    [{ s: { 'eventName|contains': 'A' }, condition: 's' }, undefined],
    [{ s: { 'eventName|neq': 'A' }, condition: 's' }, undefined],
    [{ s: { 'eventName|fieldref': 'A' }, condition: 's' }, undefined],
    [{ s: { eventName: null }, condition: 's' }, undefined],
    [{ s: { eventName: 5 }, condition: 's' }, ['eventName=5']],
    [{ s: { 'eventName|expand': '%x%' }, condition: 's' }, undefined],
    [{ s: ['keyword'], condition: 's' }, undefined],
  ])('of %j are %j', (detection, expected) => {
    const { condition } = cloudtrailRule(detection);
    const witnesses = witnessesOf(condition, varietyOf([condition]));
    expect(witnesses?.map(({ field, value }) => `${field}=${value}`)).toEqual(expected);
  });

  it('are what an engine may rely on: a rule among others is met by what it is met by alone', () => {
    const value = fc.constantFrom<unknown>('A', 'a', 'B', '*', 'A?', 'x*', 1, true, null, '', ['A', 'b'], ['B', 1]);
    const key = fc.constantFrom(
      'eventName',
      'eventName|contains',
      'x',
      'x.y',
      'requestParameters.groupId',
      'eventName|all',
      'x|neq',
      'x|cased',
    );
    const selection = fc.dictionary(key, value, { minKeys: 1, maxKeys: 3 });
    const condition = fc.constantFrom('s', 's and t', 's or t', 's and not t', 'not s', '1 of *', 'all of *', 's or not t');
    const detection = fc.tuple(selection, selection, condition).map(([s, t, text]) => ({ s, t, condition: text }));
    const event = fc
      .record({
        x: fc.constantFrom<unknown>('A', 'b', ['a', 'B'], { y: 1 }, { y: ['x1', 'A'] }, null, true),
        operation: fc.constantFrom('A', 'b', 'aB'),
      })
      .map(({ x, operation }) => apiEvent(operation, { unmapped: { x } }));
    fc.assert(
      fc.property(
        fc.array(detection, { minLength: 1, maxLength: 8 }),
        fc.array(event, { minLength: 1, maxLength: 5 }),
        (detections, events) => {
          const rules = detections.flatMap((one) => ruleOrNone(one));
          const together = createEngine(rules, {});
          const alone = rules.map((one) => bare(one));
          for (const one of events) {
            const expected = rules.filter((_, at) => alone[at]?.match(one).length === 1);
            expect(together.match(one).map((match) => rules.indexOf(match.rule))).toEqual(expected.map((found) => rules.indexOf(found)));
          }
        },
      ),
      { numRuns: 500 },
    );
  });
});

/** Lists with null are refused. */
function ruleOrNone(detection: object): readonly ReturnType<typeof cloudtrailRule>[] {
  try {
    return [cloudtrailRule(detection)];
  } catch (error) {
    if (error instanceof RuleError) return [];
    throw error;
  }
}

/** An engine of one rule that no value can be looked up for. */
function bare(one: ReturnType<typeof cloudtrailRule>): ReturnType<typeof createEngine> {
  return createEngine([{ ...one, condition: { kind: 'not', of: { kind: 'not', of: one.condition } } }], {});
}
