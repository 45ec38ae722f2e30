import type { Exclusion } from '../../../shared/config.ts';
import type { OcsfEvent } from '../../../shared/model.ts';
import { classify, HTTP_ACTIVITY, OCSF_VERSION } from '../../../shared/ocsf/classes.ts';
import { excluder } from '../../../shared/redact/exclude.ts';
import { run } from '../normalise/toy.ts';

const EVENT: OcsfEvent = {
  ...classify(HTTP_ACTIVITY, 3),
  severity_id: 1,
  time: Date.UTC(2026, 0, 15),
  metadata: { uid: 'a', version: OCSF_VERSION, product: { name: 'ELB', vendor_name: 'AWS' } },
  http_request: { user_agent: 'ELB-HealthChecker/2.0', url: { path: '/health' } },
  http_response: { code: 200 },
  is_alert: false,
  resources: [{ uid: 'r1' }],
};

function rule(change: Partial<Exclusion>): Exclusion {
  return { name: 'rule', source: 'alb', field: 'http_response.code', reason: 'for the test', ...change };
}

function outcome(...rules: readonly Exclusion[]): unknown {
  return excluder(rules, 'alb')?.(EVENT);
}

const KEPT = { kind: 'value', value: EVENT };

describe('an exclusion', () => {
  it.each<[string, Partial<Exclusion>]>([
    ['a text that is equal', { field: 'http_request.url.path', equals: '/health' }],
    ['a number that is equal', { field: 'http_response.code', equals: 200 }],
    ['a boolean that is equal', { field: 'is_alert', equals: false }],
    ['a text that begins so', { field: 'http_request.user_agent', starts_with: 'ELB-HealthChecker/' }],
  ])('takes an event with %s', (_, change) => {
    expect(outcome(rule({ name: 'probes', ...change }))).toEqual({ kind: 'exclude', rule: 'probes' });
  });

  it.each<[string, Partial<Exclusion>]>([
    ['another text', { field: 'http_request.url.path', equals: '/healthy' }],
    ['the same in another type', { field: 'http_response.code', equals: '200' }],
    ['a number that begins so', { field: 'http_response.code', starts_with: '2' }],
    ['the text, but not at its beginning', { field: 'http_request.user_agent', starts_with: 'HealthChecker' }],
    ['an object', { field: 'http_request.url', equals: '/health' }],
    ['nothing there', { field: 'http_request.absent.path', equals: '/health' }],
    ['a path through a text', { field: 'http_request.user_agent.length', equals: 21 }],
    // Of several values one may match and the other may matter.
    ['a list', { field: 'resources.uid', equals: 'r1' }],
    ['neither condition', {}],
  ])('leaves an event with %s', (_, change) => {
    expect(outcome(rule(change))).toEqual(KEPT);
  });

  it.each([
    'constructor',
    '__proto__',
    '__proto__.constructor.name',
    'http_request.constructor.name',
    'toString.name',
    'http_request.__proto__.toString',
  ])('named like what every object has is harmless: %s', (field) => {
    expect(outcome(rule({ field, equals: 'Object' }), rule({ field, starts_with: '' }))).toEqual(KEPT);
  });

  it('counts under the name of the first rule that matches', () => {
    const rules = [rule({ name: 'no', equals: 500 }), rule({ name: 'first', equals: 200 }), rule({ name: 'second', equals: 200 })];

    expect(outcome(...rules)).toEqual({ kind: 'exclude', rule: 'first' });
  });

  it('is for its own source', () => {
    const rules = [rule({ source: 'cloudtrail', equals: 200 })];

    expect(excluder(rules, 'alb')).toBeUndefined();
    expect(excluder(rules, 'cloudtrail')?.(EVENT)).toEqual({ kind: 'exclude', rule: 'rule' });
  });
});

test('a rule with more conditions needs all of them; one that is being tried leaves nothing out and is counted', () => {
  const rule = { name: 'both', source: 'toy', field: 'message', starts_with: 'good', reason: 'for the test' };
  const and = [{ field: 'severity_id', equals: 1 }];
  const tried: string[] = [];
  const texts = 'good one\ngood two';
  const both = run((normaliser) => normaliser.push(Buffer.from(texts)), {
    transforms: [excluder([{ ...rule, and }], 'toy')].filter((one) => one !== undefined),
  });
  const never = run((normaliser) => normaliser.push(Buffer.from(texts)), {
    transforms: [excluder([{ ...rule, and: [{ field: 'severity_id', equals: 6 }] }], 'toy')].filter((one) => one !== undefined),
  });
  const dry = run((normaliser) => normaliser.push(Buffer.from(texts)), {
    transforms: [excluder([{ ...rule, dry_run: true }], 'toy', (name) => tried.push(name))].filter((one) => one !== undefined),
  });

  expect([both.events.length, never.events.length, dry.events.length]).toEqual([0, 2, 2]);
  expect(tried).toEqual(['both', 'both']);
});
