import { existsSync, readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { findingKey } from '../../../shared/alert/message.ts';
import type { JsonObject } from '../../../shared/model.ts';
import { isArray, isObject } from '../../../shared/outcome.ts';
import { claim } from '../../../shared/sources/registry.ts';
import { securityHubOcsf } from '../../../shared/sources/security-hub-ocsf.ts';
import { securityHub } from '../../../shared/sources/security-hub.ts';
import { detail, golden, only, run, uid } from './aws.ts';

function finding(name: string, changes: JsonObject = {}): JsonObject {
  const { findings } = detail(securityHub, name);
  const first = isArray(findings) ? findings[0] : undefined;
  return { ...(isObject(first) ? first : {}), ...changes };
}

describe('security-hub', () => {
  it.each([
    ['Security Hub Findings - Imported', 'security-hub'],
    ['Security Hub Findings - Custom Action', 'security-hub'],
    ['Security Hub Insight Results', 'security-hub'],
    ['Findings Imported V2', 'security-hub-ocsf'],
    ['Security Hub Standard Results', undefined],
  ])('claims %s for %s', (detailType, source) => {
    expect(claim({ trigger: 'eventbridge', source: 'aws.securityhub', detailType })?.name).toBe(source);
  });

  it('names a version of a finding the same from EventBridge and from a file, and each state of it anew', () => {
    const one = uid(securityHub, golden(securityHub, 'control'));
    expect(uid(securityHub, finding('control'))).toBe(one);
    expect(uid(securityHub, { Findings: [finding('control')] }, { account: '333333333333' })).toBe(one);
    const others = [
      { UpdatedAt: '2026-01-02T10:00:01.250Z' },
      { Workflow: { Status: 'SUPPRESSED' } },
      { RecordState: 'ARCHIVED' },
      { Severity: { Label: 'LOW' } },
      { Note: { Text: 'seen', UpdatedAt: '2026-01-02T00:00:00Z' } },
    ].map((changes) => uid(securityHub, finding('control', changes)));
    expect(new Set([one, ...others]).size).toBe(others.length + 1);
  });

  it('alerts one finding under one key, whatever its version; each custom action is an event of its own', () => {
    const keys = [finding('full'), finding('full', { UpdatedAt: '2026-01-03T00:00:00Z' }), golden(securityHub, 'custom-action')].map(
      (input) => findingKey(only(securityHub, input), 'demo'),
    );
    expect(new Set(keys).size).toBe(1);
    const action = golden(securityHub, 'custom-action');
    expect(uid(securityHub, action)).not.toBe(uid(securityHub, finding('full')));
    expect(uid(securityHub, { ...action, id: 'another' })).not.toBe(uid(securityHub, action));
  });

  it.each(['guardduty', 'inspector', 'macie', 'access-analyzer'])('does not alert what it repeats from %s', (product) => {
    const changes = { ProductArn: `arn:aws:securityhub:eu-central-1::product/aws/${product}`, Vulnerabilities: undefined };
    expect(only(securityHub, finding('full', changes))).toMatchObject({ class_uid: 2004, is_alert: false });
  });

  it('alerts what it has aggregated from other regions: that comes on no other way', () => {
    const aggregated = { ProductArn: 'arn:aws:securityhub:us-east-1::product/aws/guardduty', Vulnerabilities: undefined };
    expect(only(securityHub, finding('full', { ...aggregated, Region: 'us-east-1' }))).toMatchObject({ is_alert: true });
    expect(only(securityHub, finding('full', { ...aggregated, Region: undefined }))).toMatchObject({ is_alert: true });
    expect(only(securityHub, finding('full', { ...aggregated, Region: 'us-east-1' }), { region: 'us-east-1' })).toMatchObject({
      is_alert: false,
    });
    const named = { ProductName: 'GuardDuty', ProductArn: undefined, Region: 'us-east-1' };
    expect(only(securityHub, finding('full', named))).toMatchObject({ is_alert: true });
  });

  it('goes by the ARN of the product, which nobody can choose, before its name', () => {
    expect(only(securityHub, finding('full', { ProductName: 'GuardDuty' }))).toMatchObject({ is_alert: true });
    expect(only(securityHub, finding('full', { ProductName: 'GuardDuty', ProductArn: undefined }))).toMatchObject({ is_alert: false });
  });

  it.each([
    [{ CreatedAt: '2026-01-01T10:00:01.250Z' }, 1, 2, true],
    [{}, 2, 2, true],
    [{ Workflow: { Status: 'RESOLVED' } }, 3, 4, false],
    [{ RecordState: 'ARCHIVED' }, 3, 5, false],
    [{ Workflow: { Status: 'SUPPRESSED' } }, 2, 3, false],
  ])('tells create, update and close apart: %j', (changes, activity_id, status_id, is_alert) => {
    expect(only(securityHub, finding('full', changes))).toMatchObject({ activity_id, status_id, is_alert });
  });

  it('makes of a wrapper as many records as it has findings', () => {
    expect(run(securityHub, { findings: [] })).toMatchObject({ events: [], parked: [], excluded: ['empty_list'] });
    expect(run(securityHub, { findings: [finding('full'), finding('control')] }).events).toHaveLength(2);
  });

  const samples = resolve('../shared/samples/security-hub/asff.ndjson');
  (existsSync(samples) ? it : it.skip)('reads the findings of ../shared/samples', () => {
    const lines = readFileSync(samples, 'utf8').trim().split('\n');
    const inputs = lines.map((line) => (JSON.parse(line) as { event: unknown }).event);
    const { events, parked } = run(securityHub, inputs.map((input) => JSON.stringify(input)).join('\n'));
    expect({ events: events.length, parked }).toEqual({ events: lines.length, parked: [] });
    expect(new Set(events.map(({ class_uid }) => class_uid))).toEqual(new Set([2003]));
  });
});

describe('security-hub-ocsf', () => {
  function v2(name: string, changes: JsonObject = {}): JsonObject {
    const event = golden(securityHubOcsf, name);
    const { findings } = detail(securityHubOcsf, name);
    const first = isArray(findings) ? findings[0] : undefined;
    return { ...event, detail: { findings: [{ ...(isObject(first) ? first : {}), ...changes }] } };
  }

  it('keeps the finding’s own id and gives each version another', () => {
    const first = only(securityHubOcsf, v2('full'));
    expect(first.metadata['original_event_uid']).toBe('ab'.repeat(32));
    const again = only(securityHubOcsf, { ...v2('full'), id: 'delivered again' });
    expect(again.metadata.uid).toBe(first.metadata.uid);
    for (const changes of [{ status_id: 3 }, { severity_id: 2 }, { time: 1767261700000 }]) {
      const other = only(securityHubOcsf, v2('full', changes));
      expect(other.metadata.uid).not.toBe(first.metadata.uid);
      expect(findingKey(other, 'demo')).toBe(findingKey(first, 'demo'));
    }
  });

  it('alerts what is its own and open, and nothing else', () => {
    expect(only(securityHubOcsf, v2('full'))).toMatchObject({ is_alert: true });
    expect(only(securityHubOcsf, v2('full', { status_id: 3, status: 'Suppressed' }))).toMatchObject({ is_alert: false });
    expect(only(securityHubOcsf, v2('guardduty-repeated'))).toMatchObject({ is_alert: false });
    expect(only(securityHubOcsf, v2('vulnerability-repeated'))).toMatchObject({ is_alert: false });
  });

  it('alerts what it has aggregated from other regions', () => {
    for (const name of ['guardduty-repeated', 'vulnerability-repeated']) {
      const event = only(securityHubOcsf, v2(name), { region: 'us-east-1' });
      expect(event['is_alert']).not.toBe(false);
    }
  });

  it('takes the time of EventBridge where the finding has none', () => {
    expect(only(securityHubOcsf, v2('full', { time: null, time_dt: null })).time).toBe(Date.UTC(2026, 0, 1, 10, 5));
  });
});
