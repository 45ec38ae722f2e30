// What golden cases do not show of OCSF producers: where they deliver, what is recognised.
import { SOURCES } from '../../../shared/sources/registry.ts';
import { ocsf } from '../../../shared/sources/ocsf.ts';
import { indexOf } from '../../../shared/opensearch/index-name.ts';
import type { Delivery } from '../../../shared/sources/api.ts';

const LAKE = 'region=eu-central-1/accountId=111111111111/eventDay=20260302';

describe('deliveries', () => {
  test.each([
    [`aws/CLOUD_TRAIL_MGMT/2.0/${LAKE}/part-0001.gz.parquet`, '111111111111'],
    [`aws/VPC_FLOW/1.0/${LAKE}/part-0001.gz.parquet`, '111111111111'],
    [`ext/core-banking/${LAKE}/part-0001.parquet`, '111111111111'],
    [`ext/core-banking/1.0/${LAKE}/part-0001.parquet`, '111111111111'],
    ['ext/core-banking/region=eu-central-1/accountid=external-7/eventday=20260302/part.parquet', undefined],
  ])('%s is claimed', (key, account) => {
    const delivery: Delivery = { trigger: 's3', bucket: 'landing', key };
    expect(SOURCES.filter((source) => source.claims(delivery))).toEqual([ocsf]);
    expect(ocsf.locate?.(delivery)).toEqual({ account, region: 'eu-central-1' });
  });

  test.each([
    `other/aws/CLOUD_TRAIL_MGMT/2.0/${LAKE}/part-0001.gz.parquet`,
    `aws/CLOUD_TRAIL_MGMT/${LAKE}/part-0001.gz.parquet`,
    `ext/a/b/c/${LAKE}/part.parquet`,
    `ext/core-banking/${LAKE}/deeper/part.parquet`,
    `ext/core-banking/${LAKE}/_SUCCESS`,
    'ext/core-banking/part.parquet',
  ])('%s is not', (key) => {
    expect(ocsf.claims({ trigger: 's3', bucket: 'landing', key })).toBe(false);
  });

  test('log groups are not claimed, nor events', () => {
    expect(ocsf.claims({ trigger: 'logs', logGroup: 'ocsf', logStream: 'x' })).toBe(false);
    expect(ocsf.events).toBeUndefined();
  });
});

test.each([
  ['{"class_uid":1007,"metadata":{"version":"1.3.0"}}', true],
  ['[\n {"metadata" : {"product":{}, "version" : "1.0.0-rc.2"}, "class_uid" : "6003"}]', true],
  ['{"detail":{"class_uid":1007,"metadata":{"version":"1.3.0"}}}', true],
  ['{"class_uid":1007,"metadata":{"version":"0.9"}}', false],
  ['{"message":"no class_uid here","metadata":{"version":"1.3.0"}}', false],
  ['"class_uid":1007,"metadata":{"version":"1.3.0"}', false],
])('%s is recognised: %s', (head, expected) => {
  expect(ocsf.recognises(head)).toBe(expected);
});

test('a class without a name of ours has an index of its own', () => {
  expect(indexOf(1007, Date.UTC(2026, 2, 2))).toBe('ocsf-class_1007-2026.03.02');
  expect(ocsf.classes).toContain(1007);
});
