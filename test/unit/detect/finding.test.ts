import { findingsOf } from '../../../shared/detect/finding.ts';
import { validateEvent } from '../../ocsf.ts';
import { apiEvent, cloudtrailRule, matchesOf, TIME } from './events.ts';

const CONTEXT = { bank: 'demo', evidence: 'cloudtrail/222222222222/2026/03/02/abc' };
const RULE = cloudtrailRule({ s: { eventName: 'X' }, condition: 's' }, { fields: ['requestParameters.groupId'] });
const HOUR = 3_600_000;

function uidsOf(events: Parameters<typeof matchesOf>[1], rule = RULE, context = CONTEXT): readonly string[] {
  return findingsOf(matchesOf(rule, events), context).map((finding) => finding.metadata.uid);
}

describe('findingsOf', () => {
  it('makes a valid Detection Finding that says what, who, where and where the evidence is', () => {
    const [finding] = findingsOf(matchesOf(RULE, [apiEvent('X')]), CONTEXT);
    expect(validateEvent(finding)).toEqual([]);
    expect(JSON.parse(JSON.stringify(finding))).toMatchObject({
      class_uid: 2004,
      type_uid: 200401,
      severity_id: 4,
      time: TIME,
      message: 'A rule: X, arn:aws:iam::222222222222:user/a, 198.51.100.7, 222222222222',
      metadata: { product: { name: 'Strongroom', vendor_name: 'Strongroom' }, tenant_uid: 'demo' },
      cloud: { account: { uid: '222222222222' }, region: 'eu-central-1' },
      finding_info: {
        title: 'A rule',
        desc: 'Says what happened.',
        analytic: { uid: RULE.id, name: 'A rule', type_id: 1, state_id: 1 },
        attacks: [
          { technique: { uid: 'T1078' }, sub_technique: { uid: 'T1078.004' }, version: '19.1' },
          { tactic: { name: 'Initial Access', uid: 'TA0001' }, version: '19.1' },
        ],
        data_sources: ['CloudTrail'],
        related_events: [{ uid: `uid-${TIME}`, type_uid: 600303 }],
      },
      remediation: { desc: 'Say what to do.' },
      evidences: [
        {
          actor: { user: { uid: 'arn:aws:iam::222222222222:user/a' } },
          api: { operation: 'X', service: { name: 'ec2.amazonaws.com' }, request: { uid: 'r' } },
          src_endpoint: { ip: '198.51.100.7' },
          data: '{"requestParameters.groupId":["sg-1"]}',
        },
      ],
      is_alert: true,
      count: 1,
      unmapped: { evidence: CONTEXT.evidence },
    });
  });

  it('leaves the payload to the event it comes from', () => {
    expect(JSON.stringify(findingsOf(matchesOf(RULE, [apiEvent('X')]), CONTEXT))).not.toContain('ports');
  });

  it('merges matches of one rule, group and hour and counts them', () => {
    const events = [apiEvent('X', { time: TIME + 5000 }), apiEvent('X', { time: TIME }), apiEvent('X', { time: TIME + 9000 })];
    const findings = findingsOf(matchesOf(RULE, events), CONTEXT);
    expect(findings).toHaveLength(1);
    expect(findings[0]).toMatchObject({
      time: TIME,
      count: 3,
      finding_info: { first_seen_time: TIME, last_seen_time: TIME + 9000, related_events_count: 3 },
    });
  });

  it('bounds what it lists, not what it counts', () => {
    const events = Array.from({ length: 200 }, (_, at) => apiEvent('X', { time: TIME + at }));
    const [finding] = findingsOf(matchesOf(RULE, events), CONTEXT);
    expect(finding).toMatchObject({ count: 200 });
    expect(finding?.['evidences']).toHaveLength(10);
    expect((finding?.['finding_info'] as { related_events: unknown[] }).related_events).toHaveLength(50);
  });

  it('has the same id for the same rule, group and hour, whatever else differs', () => {
    const [uid] = uidsOf([apiEvent('X')]);
    expect(uidsOf([apiEvent('X', { time: TIME + 60_000, uid: 'other', src_endpoint: { ip: '203.0.113.9' } })])).toEqual([uid]);
    expect(uidsOf([apiEvent('X')], RULE, { ...CONTEXT, evidence: 'elsewhere' })).toEqual([uid]);
  });

  it('has another id for another hour, actor, account, rule or bank', () => {
    const cloud = { provider: 'AWS', account: { uid: '333333333333' } };
    const other = cloudtrailRule({ s: { eventName: 'X' }, condition: 's' }, { id: '00000000-0000-4000-8000-000000000002' });
    const uids = [
      ...uidsOf([apiEvent('X')]),
      ...uidsOf([apiEvent('X', { time: TIME + HOUR })]),
      ...uidsOf([apiEvent('X', { user: 'arn:aws:iam::222222222222:user/b' })]),
      ...uidsOf([apiEvent('X', { cloud })]),
      ...uidsOf([apiEvent('X')], other),
      ...uidsOf([apiEvent('X')], RULE, { ...CONTEXT, bank: 'other' }),
    ];
    expect(new Set(uids).size).toBe(6);
  });

  it('groups by what the rule says, inside the payload too', () => {
    const rule = cloudtrailRule({ s: { eventName: 'X' }, condition: 's' }, { group_by: ['api.request.data.groupId'] });
    const api = { operation: 'X', request: { uid: 'r', data: '{"groupId":"sg-2"}' } };
    expect(uidsOf([apiEvent('X'), apiEvent('X', { user: 'someone else' }), apiEvent('X', { api })], rule)).toHaveLength(2);
  });

  it('cannot be made to mix up groups by what attackers write', () => {
    const rule = cloudtrailRule({ s: { eventName: 'X' }, condition: 's' }, { group_by: ['actor.user.uid', 'src_endpoint.ip'] });
    const events = [apiEvent('X', { user: 'a\nb', src_endpoint: { ip: 'c' } }), apiEvent('X', { user: 'a', src_endpoint: { ip: 'b\nc' } })];
    expect(uidsOf(events, rule)).toHaveLength(2);
  });

  it('is valid for an event with next to nothing in it, and no alert where the rule is informational', () => {
    const rule = cloudtrailRule({ s: { eventName: 'X' }, condition: 's' }, { level: 'informational', fields: ['eventName'] });
    const bare = { ...apiEvent('X'), cloud: undefined, actor: undefined, src_endpoint: undefined };
    const [finding] = findingsOf(matchesOf(rule, [bare]), CONTEXT);
    expect(validateEvent(finding)).toEqual([]);
    expect(finding).toMatchObject({ severity_id: 1, is_alert: false });
  });
});
