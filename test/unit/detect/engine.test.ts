import { createEngine, requiredValues } from '../../../shared/detect/engine.ts';
import { RuleError } from '../../../shared/detect/sigma/rule.ts';
import type { OcsfEvent } from '../../../shared/model.ts';
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

describe('requiredValues', () => {
  it.each([
    [{ s: { eventName: ['B', 'a'] }, condition: 's' }, ['a', 'b']],
    [{ s: { eventName: 'A', x: 1 }, condition: 's' }, ['a']],
    [{ s: { x: 1 }, t: { eventName: 'A' }, condition: 's and t' }, ['a']],
    [{ s: { eventName: 'A' }, t: { eventName: 'B' }, condition: 's or t' }, ['a', 'b']],
    [{ s: { eventName: ['A', 'B'] }, t: { eventName: 'A' }, condition: 's and t' }, ['a']],
    [{ s: { eventName: 'A' }, t: { x: 1 }, condition: 's or t' }, undefined],
    [{ s: { eventName: 'A' }, condition: 'not s' }, undefined],
    [{ s: { eventName: 'A' }, t: { eventName: 'B' }, condition: 's and not t' }, ['a']],
    [{ s: { eventName: 'A*' }, condition: 's' }, undefined],
    [{ s: { eventName: ['A', 'B?'] }, condition: 's' }, undefined],
    [{ s: { 'eventName|contains': 'A' }, condition: 's' }, undefined],
    [{ s: { 'eventName|neq': 'A' }, condition: 's' }, undefined],
    [{ s: { eventName: null }, condition: 's' }, undefined],
    [{ s: { eventName: 5 }, condition: 's' }, undefined],
    [{ s: { 'eventName|expand': '%x%' }, condition: 's' }, undefined],
  ])('of %j are %j', (detection, expected) => {
    const required = requiredValues(cloudtrailRule(detection).condition, 'eventName');
    expect(required === undefined ? undefined : [...required].sort()).toEqual(expected);
  });
});
