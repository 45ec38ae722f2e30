// What golden cases do not show of OCSF producers: where they deliver, what is recognised.
import fc from 'fast-check';
import { toDocument } from '../../../shared/hub/document.ts';
import type { OcsfEvent } from '../../../shared/model.ts';
import { createNormaliser } from '../../../shared/normalise.ts';
import { OTHER_CLASS_FIELDS, type Fields } from '../../../shared/opensearch/field-groups.ts';
import { CLASS_FIELDS, fieldsOf } from '../../../shared/opensearch/fields.ts';
import { isArray, isObject } from '../../../shared/outcome.ts';
import { SOURCES } from '../../../shared/sources/registry.ts';
import { ocsf } from '../../../shared/sources/ocsf.ts';
import { indexOf } from '../../../shared/opensearch/index-name.ts';
import type { Delivery } from '../../../shared/sources/api.ts';

const BASE = {
  activity_id: 1,
  severity_id: 1,
  time: Date.UTC(2026, 2, 2),
  metadata: { version: '1.4.0', product: { name: 'P', vendor_name: 'V' } },
  actor: { app_name: 'x' },
  api: { operation: 'x', request: { uid: 'r' }, response: {} },
  src_endpoint: { ip: '192.0.2.1' },
  dst_endpoint: { ip: '192.0.2.2' },
  finding_info: { uid: 'f' },
  user: { name: 'n' },
  entity: { name: 'n' },
  group: { name: 'n' },
  service: { name: 's' },
  compliance: {},
  vulnerabilities: [{ cve: { uid: 'CVE-2026-0001' } }],
  database: { name: 'd', type_id: 0 },
  query_info: { query_string: 'q', name: 'n' },
  file: { name: 'f', type_id: 0 },
  web_resources: [{ name: 'w' }],
  resources: [{ uid: 'r' }],
  http_request: { http_method: 'GET' },
};

const SOURCES_OF_FIELDS: [string, number, Fields][] = [
  ...CLASS_FIELDS.map(({ cls, fields }): [string, number, Fields] => [cls.name, cls.uid, fields]),
  ['process_activity', 1007, OTHER_CLASS_FIELDS],
  ['incident_finding', 2005, OTHER_CLASS_FIELDS],
];

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

describe('the index never refuses one', () => {
  const origin = {
    bank: 'demo',
    account: 'unknown',
    region: 'eu-central-1',
    source: 'ocsf',
    trigger: 's3',
    uri: 's3://landing/x#1',
    time: 0,
  } as const;

  /** What stands under a path such as `resources.data`, in every element of a list. */
  function under(node: unknown, [step, ...rest]: readonly string[]): unknown[] {
    if (isArray(node)) return node.flatMap((one) => under(one, step === undefined ? [] : [step, ...rest]));
    if (step === undefined) return [node];
    return isObject(node) ? under(node[step], rest) : [];
  }

  test.each(SOURCES_OF_FIELDS)('%s: a searchable attribute is no object', (name, uid, fields) => {
    const paths = Object.keys(fieldsOf(fields));
    const json = fc.oneof(
      fc.jsonValue({ maxDepth: 2 }),
      fc.constantFrom('x', 1, ['x'], { uid: 'u', name: 'n', data: { a: 1 }, ip: '192.0.2.1' }),
    );
    const event = fc.array(fc.tuple(fc.constantFrom(...paths), json), { maxLength: 12 }).map((all) => {
      const built: Record<string, unknown> = { ...BASE, class_uid: uid };
      for (const [path, member] of all) put(built, path.split('.'), member);
      return { ...built, class_uid: uid, time: BASE.time, metadata: BASE.metadata };
    });
    fc.assert(
      fc.property(event, (candidate) => {
        const events: OcsfEvent[] = [];
        const normaliser = createNormaliser({
          origin,
          source: ocsf,
          transforms: [],
          onEvent: (one) => events.push(one),
          onParked: () => undefined,
        });
        normaliser.push(Buffer.from(JSON.stringify(candidate)));
        normaliser.end();
        for (const document of events.map((one) => JSON.parse(toDocument(one).json) as unknown)) {
          const objects = paths.filter((path) => under(document, path.split('.')).some((found) => isObject(found)));
          expect({ name, candidate, objects }).toEqual({ name, candidate, objects: [] });
        }
      }),
      { numRuns: 60 },
    );
  });

  function put(node: Record<string, unknown>, [step = '', ...rest]: readonly string[], member: unknown): void {
    const inner = node[step];
    if (rest.length === 0) node[step] = member;
    else if (isObject(inner)) put(inner, rest, member);
    else put((node[step] = {}), rest, member);
  }
});

test('a class without a name of ours has an index of its own', () => {
  expect(indexOf(1007, Date.UTC(2026, 2, 2))).toBe('ocsf-class_1007-2026.03.02');
  expect(ocsf.classes).toContain(1007);
});
