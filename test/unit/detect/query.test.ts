// What a rule asks of the index. That it never misses an event is tried on the real one: test/integration/correlate-query.test.ts.
import { queryOf } from '../../../shared/detect/query.ts';
import { all, any, anyOf, atMost, everyOf, exactly, isExact, negated, not, UNKNOWN } from '../../../shared/detect/query-bound.ts';
import { piecesOf } from '../../../shared/detect/query-values.ts';
import { parseRule } from '../../../shared/detect/sigma/parse.ts';
import type { Rule } from '../../../shared/detect/sigma/rule.ts';

const HEAD = { title: 'Rule', id: '6a3c9a2e-0000-4000-8000-00000000000a', level: 'low' };

function cloudtrail(detection: object): Rule {
  return parseRule({ ...HEAD, logsource: { product: 'aws', service: 'cloudtrail' }, detection });
}

function ocsf(category: string, detection: object): Rule {
  return parseRule({ ...HEAD, taxonomy: 'ocsf', logsource: { category }, detection });
}

describe('queryOf', () => {
  it('asks for the product and the values, in either case', () => {
    const { query, periods } = queryOf(cloudtrail({ s: { eventName: ['StopLogging', 'DeleteTrail'] }, condition: 's' }), {});
    expect(periods).toEqual(['ocsf-authentication-', 'ocsf-api_activity-']);
    const text = JSON.stringify(query);
    expect(text).toContain('"metadata.product.name":"CloudTrail"');
    expect(text).toContain('api.operation');
    expect(text).toContain('case_insensitive');
  });

  it('never asks with an expression that the index refuses, whatever name somebody has chosen', () => {
    for (const name of ['k', 'i', 'İ', 'a', '.'].flatMap((one) => [190, 250, 499, 500, 501, 9000].map((times) => one.repeat(times)))) {
      const having = [[{ field: 'user.name', values: [name] }]];
      const text = JSON.stringify(queryOf(ocsf('authentication', { s: { activity_id: 1 }, condition: 's' }), {}, having).query);
      for (const [, pattern = ''] of text.matchAll(/"regexp":\{"[^"]+":\{"value":"((?:[^"\\]|\\.)*)"/g))
        expect((JSON.parse(`"${pattern}"`) as string).length).toBeLessThanOrEqual(1000);
    }
  });

  it('is exact where the index knows as much as the event', () => {
    expect(queryOf(ocsf('authentication', { s: { 'user.name': 'root' }, condition: 's' }), {}).exact).toBe(true);
    expect(
      queryOf(
        ocsf('authentication', { s: { 'user.name': 'root' }, f: { 'src_endpoint.ip|cidr': '10.0.0.0/8' }, condition: 's and not f' }),
        {},
      ).exact,
    ).toBe(true);
    // Values may be longer than the index takes.
    expect(queryOf(ocsf('authentication', { s: { 'user.name|contains': 'root' }, condition: 's' }), {}).exact).toBe(false);
    expect(queryOf(ocsf('authentication', { s: { 'unmapped.x': 1 }, condition: 's' }), {}).exact).toBe(false);
  });

  it('leaves open what it does not know, and what is the opposite of that', () => {
    const rule = ocsf('authentication', { s: { 'user.name': 'root' }, f: { 'unmapped.x': 1 }, condition: 's and not f' });
    expect(queryOf(rule, {}).query).toEqual(queryOf(ocsf('authentication', { s: { 'user.name': 'root' }, condition: 's' }), {}).query);
    expect(queryOf(ocsf('authentication', { f: { 'unmapped.x': 1 }, condition: 'not f' }), {}).query).toEqual({ match_all: {} });
  });

  it('takes the values of lists, and leaves a list open that it does not have', () => {
    const rule = ocsf('authentication', { s: { 'user.name|expand': '%users%' }, condition: 's' });
    expect(JSON.stringify(queryOf(rule, { users: ['eve'] }).query)).toContain('eve');
    expect(queryOf(rule, {}).query).toEqual({ match_all: {} });
    expect(queryOf(rule, { users: [] }).query).toEqual({ match_none: {} });
  });

  it('narrows by what the events must have besides', () => {
    const rule = ocsf('authentication', { s: { 'user.name': 'root' }, condition: 's' });
    const { query } = queryOf(rule, {}, [[{ field: 'src_endpoint.ip', values: ['192.0.2.1', '192.0.2.2'] }]]);
    expect(JSON.stringify(query)).toContain('192.0.2.2');
  });

  it('stays within what OpenSearch takes, whatever the list', () => {
    const many = Array.from({ length: 20_000 }, (_, at) => `10.0.${at >> 8}.${at & 255}`);
    const byAddress = queryOf(ocsf('network_activity', { s: { 'src_endpoint.ip|cidr|expand': '%list%' }, condition: 's' }), { list: many });
    expect(JSON.stringify(byAddress.query)).toContain('"terms"');
    const byName = queryOf(ocsf('authentication', { s: { 'user.name|expand': '%list%' }, condition: 's' }), { list: many });
    expect(JSON.stringify(byName.query).length).toBeLessThan(1000);
  });
});

describe('bounds', () => {
  const a = { term: { x: 'a' } };

  it('turn around under not', () => {
    expect(not(UNKNOWN)).toEqual(UNKNOWN);
    expect(not(atMost(a))).toEqual({ over: 'all', under: negated(a) });
    expect(isExact(not(exactly(a)))).toBe(true);
    expect(isExact(everyOf([exactly(a), atMost(a)]))).toBe(false);
    expect(anyOf([exactly(a), UNKNOWN])).toEqual({ over: 'all', under: a });
  });

  it('leave out what says nothing', () => {
    expect(all(['all', a, a])).toEqual(a);
    expect(all([a, 'none'])).toBe('none');
    expect(any(['none', a])).toEqual(a);
    expect(any([a, 'all'])).toBe('all');
    expect([all([]), any([])]).toEqual(['all', 'none']);
  });
});

test.each([
  ['a*b?c', [{ text: 'a' }, '*', { text: 'b' }, '?', { text: 'c' }]],
  ['a\\*b\\?c\\\\d\\e', [{ text: 'a*b?c\\d\\e' }]],
  ['\\\\*', [{ text: '\\' }, '*']],
  ['', []],
])('escapes of %s are read as rules read them', (value, pieces) => {
  expect(piecesOf(value)).toEqual(pieces);
});
