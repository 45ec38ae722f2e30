import { findingKey } from '../../../shared/alert/message.ts';
import type { JsonObject } from '../../../shared/model.ts';
import { health } from '../../../shared/sources/health.ts';
import { claim } from '../../../shared/sources/registry.ts';
import { detail, golden, only, uid } from './aws.ts';

function changed(name: string, changes: JsonObject, envelope: JsonObject = {}): JsonObject {
  return { ...golden(health, name), ...envelope, detail: { ...detail(health, name), ...changes } };
}

describe('health', () => {
  it.each(['AWS Health Event', 'AWS Health Abuse Event'])('claims %s', (detailType) => {
    expect(claim({ trigger: 'eventbridge', source: 'aws.health', detailType })?.name).toBe('health');
  });

  it('takes the copy of the backup Region and of the management account for the same, pages and accounts not', () => {
    const one = uid(health, golden(health, 'full'));
    const backup = { account: '333333333333', region: 'us-east-1', time: '2026-01-01T11:00:00Z', id: 'another' };
    expect(uid(health, changed('full', { backupEvent: 'true' }, backup))).toBe(one);
    expect(uid(health, changed('full', { communicationId: '01b0-2', page: '2' }))).not.toBe(one);
    expect(uid(health, changed('full', { affectedAccount: '333333333333' }))).not.toBe(one);
    expect(uid(health, changed('full', { statusCode: 'closed' }))).not.toBe(one);
  });

  it('says of every account that it is abused', () => {
    const first = only(health, golden(health, 'abuse'));
    const second = only(health, changed('abuse', { affectedAccount: '333333333333' }));
    expect(first).toMatchObject({ class_uid: 2004, is_alert: true, severity_id: 4 });
    expect(findingKey(second, 'demo')).not.toBe(findingKey(first, 'demo'));
    const later = only(health, changed('abuse', { lastUpdatedTime: 'Fri, 02 Jan 2026 06:27:57 GMT' }));
    expect(later).toMatchObject({ activity_id: 2 });
    expect(findingKey(later, 'demo')).toBe(findingKey(first, 'demo'));
    expect(only(health, golden(health, 'abuse-closed'))).toMatchObject({ activity_id: 3, is_alert: false });
  });

  it('tells the pages of one event apart', () => {
    const pages = ['1', '2', '2'].map((page) => only(health, changed('full', { page })).metadata.uid);
    expect(new Set(pages).size).toBe(2);
  });

  it('goes by when Health said it, not by when a change is to begin', () => {
    expect(only(health, golden(health, 'scheduled-change'))).toMatchObject({
      time: Date.UTC(2026, 0, 1, 9, 1, 22),
      start_time: Date.UTC(2026, 7, 27, 13, 19, 3),
    });
  });
});
