import type { SuppressConfig } from '../../../shared/detect/config.ts';
import { detect } from '../../../shared/detect/detect.ts';
import { createEngine } from '../../../shared/detect/engine.ts';
import { RuleError } from '../../../shared/detect/sigma/rule.ts';
import { createSuppressions } from '../../../shared/detect/suppress.ts';
import { toDocument } from '../../../shared/hub/document.ts';
import { validateEvent } from '../../ocsf.ts';
import { apiEvent, cloudtrailRule, TIME } from './events.ts';

const DAY = 86_400_000;
const RULE = {
  ...cloudtrailRule({ s: { eventName: 'X' }, condition: 's' }),
  notes: { path: 'aws/x', version: '2026-11-21', references: ['https://docs.example/x'], falsepositives: ['Somebody who tests'] },
};
/** TIME is on 2026-03-02. */
const TEST: SuppressConfig = { until: '2026-03-02', reason: 'Penetration test SEC-1042', owner: 'red team' };

function suppressions(config: Partial<SuppressConfig>, lists: Readonly<Record<string, readonly string[]>> = {}) {
  return createSuppressions([{ ...TEST, ...config }], [RULE], lists);
}

function covers(config: Partial<SuppressConfig>, event = apiEvent('X'), now = TIME): boolean {
  return suppressions(config).of(RULE.id, [event], now) !== undefined;
}

it('covers a rule, an event, or both', () => {
  expect(covers({ rule: 'aws/x' })).toBe(true);
  expect(covers({ rule: RULE.id })).toBe(true);
  expect(suppressions({ rule: RULE.id }).of('another', [apiEvent('X')], TIME)).toBeUndefined();
  expect(covers({ when: { 'src_endpoint.ip|cidr': '198.51.100.0/24' } })).toBe(true);
  expect(covers({ when: { 'src_endpoint.ip|cidr': '203.0.113.0/24' } })).toBe(false);
  expect(covers({ rule: 'aws/x', when: { 'cloud.account.uid': '222222222222', 'api.operation': ['X', 'Y'] } })).toBe(true);
  expect(covers({ rule: 'aws/x', when: { 'cloud.account.uid': '333333333333' } })).toBe(false);
  expect(covers({ when: { 'actor.user.name': null } })).toBe(true);
  expect(
    suppressions({ when: { 'src_endpoint.ip|cidr|expand': '%offices%' } }, { offices: ['198.51.100.7'] }).of('any', [apiEvent('X')], TIME),
  ).toMatchObject(TEST);
});

it('covers what is about several events only where it covers each of them', () => {
  const some = suppressions({ when: { 'api.operation': 'X' } });
  expect(some.of('any', [apiEvent('X'), apiEvent('X')], TIME)).toBeDefined();
  expect(some.of('any', [apiEvent('X'), apiEvent('Y')], TIME)).toBeUndefined();
});

it('is over with its last day, by the clock and by the time of the event', () => {
  const end = Date.parse('2026-03-03T00:00:00Z');
  expect(covers({ rule: 'aws/x' }, apiEvent('X', { time: end - 1 }), end - 1)).toBe(true);
  expect(covers({ rule: 'aws/x' }, apiEvent('X', { time: end - 1 }), end)).toBe(false);
  expect(covers({ rule: 'aws/x' }, apiEvent('X', { time: end }), end - 1)).toBe(false);
  // Whoever dates his events back does not get under what is over.
  expect(covers({ rule: 'aws/x' }, apiEvent('X', { time: TIME - 300 * DAY }), end + DAY)).toBe(false);
});

it('refuses what would suppress nothing or everything', () => {
  expect(() => suppressions({})).toThrow('neither a rule nor when');
  expect(() => suppressions({ rule: 'aws/y' })).toThrow(RuleError);
  expect(() => suppressions({ when: { 'src_endpoint.ip|cidr': 'bad.example' } })).toThrow(RuleError);
  expect(() => suppressions({ when: { 'src_endpoint.ip|near': 'x' } })).toThrow(RuleError);
});

describe('a suppressed match', () => {
  const origin = {
    bank: 'demo',
    account: '222222222222',
    region: 'eu-central-1',
    source: 'cloudtrail',
    trigger: 's3',
    uri: 's3://b/k#1',
    time: TIME,
  } as const;
  const documents = [apiEvent('X', { uid: 'a' }), apiEvent('X', { uid: 'b', src_endpoint: { ip: '203.0.113.9' } })].map((event) =>
    toDocument(event),
  );
  const batch = { header: { hub: 1, origin, evidence: 'vault/key', events: 2 }, documents } as const;
  const engine = createEngine([RULE], {});

  it('is a valid finding that says so, beside the one that is alerted', () => {
    const { findings } = detect(batch, engine, { suppressions: suppressions({ when: { 'src_endpoint.ip': '198.51.100.7' } }), now: TIME });

    expect(findings.map((finding) => validateEvent(finding))).toEqual([[], []]);
    expect(findings).toMatchObject([
      {
        status_id: 3,
        is_alert: false,
        count: 1,
        comment: 'Suppressed until 2026-03-02 by red team: Penetration test SEC-1042',
        unmapped: { suppression: { owner: 'red team', until: '2026-03-02', reason: 'Penetration test SEC-1042' } },
      },
      { status_id: 1, is_alert: true, count: 1, evidences: [{ src_endpoint: { ip: '203.0.113.9' } }] },
    ]);
    expect(new Set(findings.map(({ metadata }) => metadata.uid)).size).toBe(2);
  });

  it('has the uid it always had where nothing is suppressed', () => {
    const [before] = detect(batch, engine).findings;
    const [after] = detect(batch, engine, { suppressions: suppressions({ rule: 'aws/x' }), now: TIME + DAY }).findings;
    expect(after?.metadata.uid).toBe(before?.metadata.uid);
    expect(after).toMatchObject({ status_id: 1, is_alert: true, count: 2 });
  });
});

it('a finding tells the rule’s version, what explains it, and what else it may be', () => {
  const engine = createEngine([RULE], {});
  const origin = {
    bank: 'demo',
    account: '222222222222',
    region: 'eu-central-1',
    source: 'cloudtrail',
    trigger: 's3',
    uri: 's3://b/k#1',
    time: TIME,
  } as const;
  const { findings } = detect({ header: { hub: 1, origin, evidence: 'k', events: 1 }, documents: [toDocument(apiEvent('X'))] }, engine);

  expect(findings.map((finding) => validateEvent(finding))).toEqual([[]]);
  expect(findings).toMatchObject([
    {
      finding_info: { analytic: { version: '2026-11-21' } },
      remediation: { references: ['https://docs.example/x'] },
      unmapped: { evidence: 'k', false_positives: ['Somebody who tests'] },
    },
  ]);
});
