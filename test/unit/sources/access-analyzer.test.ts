import { findingKey } from '../../../shared/alert/message.ts';
import type { JsonObject } from '../../../shared/model.ts';
import { accessAnalyzer } from '../../../shared/sources/access-analyzer.ts';
import { claim } from '../../../shared/sources/registry.ts';
import { detail, golden, only, uid } from './aws.ts';

function changed(changes: JsonObject): JsonObject {
  return { ...golden(accessAnalyzer, 'other-account'), detail: { ...detail(accessAnalyzer, 'other-account'), ...changes } };
}

describe('access-analyzer', () => {
  it.each(['Access Analyzer Finding', 'Internal Access Finding', 'Unused Access Finding for IAM entities', 'Access Preview State Change'])(
    'claims %s',
    (detailType) => {
      expect(claim({ trigger: 'eventbridge', source: 'aws.access-analyzer', detailType })?.name).toBe('access-analyzer');
    },
  );

  it.each<[JsonObject, JsonObject]>([
    [{}, { activity_id: 1, status_id: 1, severity_id: 3, is_alert: true }],
    [{ updatedAt: '2026-01-01T09:30:00Z' }, { activity_id: 2, status_id: 1, is_alert: true }],
    [{ isPublic: true }, { severity_id: 4, is_alert: true }],
    [{ status: 'RESOLVED' }, { activity_id: 3, status_id: 4, is_alert: false }],
    [{ status: 'ARCHIVED' }, { activity_id: 3, status_id: 5, is_alert: false }],
    [{ isDeleted: true }, { activity_id: 3, status_id: 6, is_alert: false }],
    [{ error: 'INTERNAL_ERROR' }, { activity_id: 1, severity_id: 1, is_alert: false }],
  ])('%j', (changes, expected) => {
    expect(only(accessAnalyzer, changed(changes))).toMatchObject(expected);
  });

  it('names every state anew and keeps one key', () => {
    const inputs = [{}, { status: 'ARCHIVED' }, { isDeleted: true }, { isPublic: true }, { updatedAt: '2026-01-03T00:00:00Z' }].map(
      changed,
    );
    expect(new Set(inputs.map((input) => uid(accessAnalyzer, input))).size).toBe(inputs.length);
    expect(new Set(inputs.map((input) => findingKey(only(accessAnalyzer, input), 'demo'))).size).toBe(1);
    expect(uid(accessAnalyzer, { ...changed({}), id: 'delivered again' })).toBe(uid(accessAnalyzer, changed({})));
  });

  it('shows who could do what, without a line for every pair', () => {
    const action = Array.from({ length: 300 }, (_, at) => `s3:Action${at}`);
    const principal = Object.fromEntries(Array.from({ length: 300 }, (_, at) => [`P${at}`, `p${at}`]));
    expect(only(accessAnalyzer, changed({ action, principal }))['evidences']).toHaveLength(599);
  });
});
