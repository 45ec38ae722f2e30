import type { JsonObject } from '../../../shared/model.ts';
import type { FieldTypes } from '../../../shared/search/fields.ts';
import { pivotsOf } from '../../../shared/search/pivots.ts';
import { evidenceKey } from '../../../shared/search/timeline.ts';

const TYPES: FieldTypes = new Map([
  ...['actor.user.uid', 'actor.user.name', 'actor.user.programmatic_credentials.uid', 'cloud.account.uid', 'resources.uid'].map(
    (path) => [path, 'keyword'] as const,
  ),
  ...['src_endpoint.ip', 'dst_endpoint.ip'].map((path) => [path, 'ip'] as const),
  ...['query.hostname', 'device.instance_uid'].map((path) => [path, 'keyword'] as const),
  ['api.request.data', 'match_only_text'],
]);

const LEE = { user: { uid: 'AIDAEXAMPLE', name: 'lee', programmatic_credentials: [{ uid: 'ASIAEXAMPLE' }] } };

function brief(finding: JsonObject): readonly string[] {
  return pivotsOf(finding, TYPES).map(({ kind, value }) => `${kind} ${value}`);
}

test('an actor is found by id, key and, in the accounts of the finding, by name', () => {
  const finding = { cloud: { account: { uid: '222222222222' } }, evidences: [{ actor: LEE }] };
  expect(pivotsOf(finding, TYPES)).toEqual([
    {
      kind: 'actor',
      value: 'AIDAEXAMPLE (lee)',
      query: {
        bool: {
          should: [
            one('actor.user.uid', 'AIDAEXAMPLE'),
            { bool: { filter: [one('actor.user.name', 'lee'), { terms: { 'cloud.account.uid': ['222222222222'] } }] } },
            either({ term: { 'actor.user.programmatic_credentials.uid': 'ASIAEXAMPLE' } }, { term: { 'resources.uid': 'ASIAEXAMPLE' } }),
          ],
          minimum_should_match: 1,
        },
      },
    },
  ]);
});

function either(...should: readonly JsonObject[]): JsonObject {
  return { bool: { should, minimum_should_match: 1 } };
}

function one(field: string, value: string): JsonObject {
  return either({ term: { [field]: value } });
}

test('addresses, names, machines and resources, each once', () => {
  const seen = {
    src_endpoint: { ip: '198.51.100.23' },
    dst_endpoint: { ip: '192.0.2.7', instance_uid: 'i-0a1b' },
    query: { hostname: 'bad.example' },
  };
  const finding = { evidences: [seen, seen], resources: [{ uid: 'arn:aws:s3:::ledger' }, { uid: 'arn:aws:s3:::ledger' }] };
  expect(brief(finding)).toEqual([
    ...['address 198.51.100.23', 'address 192.0.2.7', 'address bad.example'],
    ...['resource arn:aws:s3:::ledger', 'resource i-0a1b'],
  ]);
});

test('a resource is also looked for in the words of calls', () => {
  const [pivot] = pivotsOf({ resources: [{ uid: 'sg-0a1b' }] }, TYPES);
  expect(pivot?.query).toEqual(
    either(
      { term: { 'resources.uid': 'sg-0a1b' } },
      { term: { 'device.instance_uid': 'sg-0a1b' } },
      { match_phrase: { 'api.request.data': 'sg-0a1b' } },
    ),
  );
});

test('an account is no resource, nor is the key of the actor', () => {
  const resources = ['AWS::::Account:222222222222', '222222222222', 'arn:aws:iam::222222222222:root', 'ASIAEXAMPLE'].map((uid) => ({
    uid,
  }));
  expect(brief({ evidences: [{ actor: LEE }], resources })).toEqual(['actor AIDAEXAMPLE (lee)']);
});

test('of a hundred addresses ten are followed, and what is no address is not', () => {
  const evidences = Array.from({ length: 100 }, (_, at) => ({ src_endpoint: { ip: at === 0 ? 'none' : `192.0.2.${at}` } }));
  expect(brief({ evidences })).toHaveLength(10);
});

test('a finding that names nothing leads nowhere', () => {
  expect(brief({ finding_info: { title: 'x' } })).toEqual([]);
});

const KEY = 'demo/cloudtrail/222222222222/eu-central-1/2026/11/20/0-ukNUwSqSU2HGEGOOTi5A.sealed';

test.each([
  ['Strongroom', KEY, KEY],
  ['GuardDuty', KEY, undefined],
  ['Strongroom', 'demo/x"; rm -rf ~/222222222222/r/2026/11/20/0-ukNUwSqSU2HGEGOOTi5A.sealed', undefined],
  ['Strongroom', 'elsewhere', undefined],
])('evidence that a finding of %s names as %s is taken for %s', (name, evidence, key) => {
  expect(evidenceKey({ metadata: { product: { name, vendor_name: name } }, unmapped: { evidence } })).toBe(key);
});
