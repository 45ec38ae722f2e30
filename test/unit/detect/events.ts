// Events for the tests of detection and alerting: as few attributes as they need.
import { createEngine, type Match } from '../../../shared/detect/engine.ts';
import { parseRule } from '../../../shared/detect/sigma/parse.ts';
import type { Rule } from '../../../shared/detect/sigma/rule.ts';
import type { OcsfEvent } from '../../../shared/model.ts';

export const TIME = Date.parse('2026-03-02T09:14:05Z');

/** An API Activity of CloudTrail. */
export function apiEvent(
  operation: string,
  { time = TIME, uid = `uid-${time}`, user = 'arn:aws:iam::222222222222:user/a', ...more }: EventParts = {},
): OcsfEvent {
  return {
    activity_id: 3,
    category_uid: 6,
    class_uid: 6003,
    type_uid: 600303,
    severity_id: 1,
    time,
    metadata: { uid, version: '1.8.0', product: { name: 'CloudTrail', vendor_name: 'AWS' }, profiles: ['cloud'] },
    cloud: { provider: 'AWS', account: { uid: '222222222222' }, region: 'eu-central-1' },
    actor: { user: { uid: user } },
    api: { operation, service: { name: 'ec2.amazonaws.com' }, request: { uid: 'r', data: '{"groupId":"sg-1","ports":[22,23]}' } },
    src_endpoint: { ip: '198.51.100.7' },
    ...more,
  };
}

interface EventParts {
  readonly time?: number;
  readonly uid?: string;
  readonly user?: string;
  readonly [attribute: string]: unknown;
}

export function cloudtrailRule(detection: object, more: object = {}): Rule {
  return parseRule({
    title: 'A rule',
    id: '00000000-0000-4000-8000-000000000001',
    description: 'Says what happened.',
    response: 'Say what to do.',
    level: 'high',
    status: 'stable',
    tags: ['attack.t1078.004', 'attack.initial-access', 'cve.2026-1'],
    logsource: { product: 'aws', service: 'cloudtrail' },
    detection,
    ...more,
  });
}

export function matchesOf(rule: Rule, events: readonly OcsfEvent[]): readonly Match[] {
  const engine = createEngine([rule], {});
  return events.flatMap((event) => engine.match(event));
}
