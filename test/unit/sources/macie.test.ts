import { findingKey } from '../../../shared/alert/message.ts';
import type { JsonObject } from '../../../shared/model.ts';
import { macie } from '../../../shared/sources/macie.ts';
import { claim } from '../../../shared/sources/registry.ts';
import { detail, golden, only, uid } from './aws.ts';

const KEY = 'logs/AWSLogs/111111111111/Macie/eu-central-1/3ce05dbb7ec5505def334104bf347001/cc57e0e2-593c-4d50-8caa-91bee0000001.jsonl.gz';

describe('macie', () => {
  it('claims discovery results by their key and findings by their event', () => {
    const delivery = { trigger: 's3', bucket: 'b', key: KEY } as const;
    expect(claim(delivery)?.name).toBe('macie');
    expect(macie.locate?.(delivery)).toMatchObject({ account: '111111111111', region: 'eu-central-1' });
    expect(claim({ trigger: 's3', bucket: 'b', key: KEY.replace('/Macie/', '/Macie2/') })).toBeUndefined();
    expect(claim({ trigger: 'eventbridge', source: 'aws.macie', detailType: 'Macie Finding' })?.name).toBe('macie');
  });

  it('names a finding the same from EventBridge and from S3, and its next version anew', () => {
    const found = detail(macie, 'full');
    const one = uid(macie, golden(macie, 'full'));
    expect(uid(macie, found, { account: '333333333333' })).toBe(one);
    const next = only(macie, { ...found, updatedAt: '2026-01-02T10:00:00.000Z' });
    expect(next).toMatchObject({ activity_id: 2 });
    expect(next.metadata.uid).not.toBe(one);
    expect(findingKey(next, 'demo')).toBe(findingKey(only(macie, found), 'demo'));
  });

  it.each<[string, JsonObject]>([
    [
      'policy',
      { class_uid: 2004, is_alert: true, evidences: [{ api: { operation: 'PutBucketPolicy' }, src_endpoint: { ip: '203.0.113.7' } }] },
    ],
    ['policy-archived', { class_uid: 2004, activity_id: 3, is_alert: false }],
    ['archived', { class_uid: 2006, activity_id: 4, status_id: 5, is_alert: false }],
    ['full', { class_uid: 2006, is_alert: true, data_security: { category_id: 99, total: 9, status_id: 1 } }],
  ])('%s', (name, expected) => {
    expect(only(macie, golden(macie, name))).toMatchObject(expected);
  });

  it('is no alert where nothing was found', () => {
    const nothing = { ...detail(macie, 'full'), classificationDetails: undefined, severity: undefined };
    expect(only(macie, nothing)).toMatchObject({ class_uid: 2006, severity_id: 1, is_alert: false });
  });
});
