import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { AccessRole, BaseRole } from '../../../shared/config.ts';
import { fromDocument } from '../../../shared/hub/document.ts';
import { OTHER_CLASS_FIELDS } from '../../../shared/opensearch/field-groups.ts';
import { CLASS_FIELDS, fieldsOf } from '../../../shared/opensearch/fields.ts';
import {
  ANOMALIES_ROLE,
  CORRELATE_ROLE,
  DIGEST_ROLE,
  INDEX_ROLE,
  LIFECYCLE_ROLE,
  rolesOfFunctions,
} from '../../../shared/opensearch/roles-functions.ts';
import { IMPERSONAL, PERSONAL, WITHHELD } from '../../../shared/opensearch/roles-personal.ts';
import { SELF_NAMED, scopeQuery, tellableSources } from '../../../shared/opensearch/roles-scope.ts';
import { RESPONSE_TENANT, rolesOfPeople, type Role } from '../../../shared/opensearch/roles.ts';
import { SOURCES } from '../../../shared/sources/registry.ts';

const BASE: readonly BaseRole[] = ['analyst', 'responder', 'auditor', 'regulator', 'platform', 'upgrade'];
const FUNCTIONS = rolesOfFunctions({
  index: 'arn:aws:iam::111111111111:role/a',
  lifecycle: 'arn:aws:iam::111111111111:role/b',
  digest: 'arn:aws:iam::111111111111:role/d',
  anomalies: 'arn:aws:iam::111111111111:role/c',
  correlate: 'arn:aws:iam::111111111111:role/e',
});

function role(asked: Partial<AccessRole> & Pick<AccessRole, 'role'>): Role {
  const [made] = rolesOfPeople({ access: { roles: [{ name: 'x', members: ['them'], ...asked }] } });
  if (made === undefined) throw new Error('no role');
  return made;
}

const ALL: readonly Role[] = [...FUNCTIONS, ...BASE.map((base) => role({ role: base }))];

function actionsOn(events: Role): readonly string[] {
  return events.index_permissions.flatMap(({ index_patterns, allowed_actions }) =>
    /^(?:\.|strongroom-)/.test(index_patterns[0] ?? '') ? [] : allowed_actions,
  );
}

/** As the plugin matches. */
function grants(actions: readonly string[], action: string): boolean {
  return actions.some((one) => new RegExp(`^${one.replaceAll('.', '\\.').replaceAll('*', '.*')}$`).test(action));
}

describe('least privilege', () => {
  it.each(ALL.map((one) => [one.name, one] as const))(
    '%s has no right to everything, nor to indices that are not ours',
    (_, { index_permissions, cluster_permissions }) => {
      for (const { index_patterns, allowed_actions } of index_permissions) {
        // Of which version an index is, and no more.
        if (allowed_actions.join() === 'indices:monitor/settings/get') continue;
        for (const pattern of index_patterns)
          expect(pattern).toMatch(
            /^(?:ocsf-\*|events-\*|replay-\*|strongroom-upgrade|strongroom-baselines|\.kibana|\.opensearch_dashboards)$/,
          );
        for (const action of allowed_actions) expect(action).toMatch(/^indices:(?:data|admin|monitor)\/[a-z_*/]+$/);
        expect(grants(allowed_actions, 'indices:admin/shards/search_shards')).toBe(false);
      }
      for (const action of cluster_permissions)
        expect(action).toMatch(/^(?:cluster:(?:monitor|admin)|indices:(?:data|admin))\/(?:[a-z_]+|\*$)/);
      for (const action of [
        'cluster:admin/settings/update',
        'cluster:admin/reroute',
        'restapi:admin/roles',
        'indices:data/write/delete/byquery',
      ])
        expect(grants(cluster_permissions, action)).toBe(false);
    },
  );

  it('only who operates indices deletes some, and nobody deletes or updates an event', () => {
    const deleting = ALL.filter((one) => grants(actionsOn(one), 'indices:admin/delete')).map(({ name }) => name);
    expect(deleting).toEqual([LIFECYCLE_ROLE, 'strongroom-platform-x', 'strongroom-upgrade-x']);
    for (const action of [
      'indices:data/write/delete',
      'indices:data/write/delete/byquery',
      'indices:data/write/update',
      'indices:data/write/update/byquery',
    ])
      expect(ALL.filter((one) => grants(actionsOn(one), action))).toEqual([]);
  });

  it('only who reads by his role, counts or copies searches events', () => {
    const reading = ALL.filter((one) => grants(actionsOn(one), 'indices:data/read/search')).map(({ name }) => name);
    expect(reading).toEqual([
      LIFECYCLE_ROLE,
      DIGEST_ROLE,
      ANOMALIES_ROLE,
      CORRELATE_ROLE,
      ...['analyst', 'responder', 'auditor', 'regulator', 'upgrade'].map((base) => `strongroom-${base}-x`),
    ]);
  });

  it('only the index function and who copies write events; only who operates changes mappings and settings', () => {
    const may = (action: string): readonly string[] => ALL.filter((one) => grants(actionsOn(one), action)).map(({ name }) => name);
    expect(may('indices:data/write/index')).toEqual([INDEX_ROLE, 'strongroom-upgrade-x']);
    expect(may('indices:admin/mapping/put')).toEqual(['strongroom-platform-x', 'strongroom-upgrade-x']);
    expect(may('indices:admin/settings/update')).toEqual([LIFECYCLE_ROLE, 'strongroom-platform-x', 'strongroom-upgrade-x']);
  });

  it('nobody gives an index another name who has rights by name that he has not on events', () => {
    const renaming = (one: Role): boolean =>
      ['indices:admin/aliases', 'indices:admin/resize', 'indices:admin/index_template/put', 'cluster:admin/snapshot/restore'].some(
        (action) => grants([...actionsOn(one), ...one.cluster_permissions], action),
      );
    const saved = (one: Role): boolean => one.index_permissions.some(({ index_patterns }) => index_patterns.includes('.kibana'));

    expect(ALL.filter(renaming).map(({ name }) => name)).toEqual([INDEX_ROLE, LIFECYCLE_ROLE, 'strongroom-upgrade-x']);
    expect(ALL.filter((one) => renaming(one) && saved(one))).toEqual([]);
  });

  it('saved objects: the platform changes those of all, responders those of cases, others read', () => {
    const tenants = Object.fromEntries(
      ALL.map(({ name, tenant_permissions }) => [
        name,
        tenant_permissions.map(({ tenant_patterns, allowed_actions }) => `${tenant_patterns.join()} ${allowed_actions.join()}`),
      ]),
    );
    expect(tenants).toEqual({
      [INDEX_ROLE]: [],
      [LIFECYCLE_ROLE]: [],
      [DIGEST_ROLE]: [],
      [ANOMALIES_ROLE]: [],
      [CORRELATE_ROLE]: [],
      'strongroom-analyst-x': ['global_tenant kibana_all_read', `${RESPONSE_TENANT} kibana_all_read`],
      'strongroom-responder-x': ['global_tenant kibana_all_read', `${RESPONSE_TENANT} kibana_all_write`],
      'strongroom-auditor-x': ['global_tenant kibana_all_read'],
      'strongroom-regulator-x': ['global_tenant kibana_all_read'],
      'strongroom-platform-x': ['global_tenant kibana_all_write'],
      'strongroom-upgrade-x': [],
    });
  });
});

it.each<Partial<AccessRole> & Pick<AccessRole, 'role'>>([
  { role: 'analyst', accounts: ['222222222222'] },
  { role: 'analyst', sources: ['cloudtrail'] },
  { role: 'analyst', from: '2026-01-01' },
  { role: 'analyst', personal_data: 'masked' },
  { role: 'responder', personal_data: 'hidden' },
  { role: 'responder', accounts: ['222222222222'] },
  { role: 'auditor', personal_data: 'clear' },
  { role: 'regulator', personal_data: 'clear' },
])('cases name people of any account, so they are not shown to $role with less than all', (asked) => {
  expect(role(asked).tenant_permissions.flatMap(({ tenant_patterns }) => tenant_patterns)).toEqual(['global_tenant']);
});

describe('personal data', () => {
  const events = (asked: Role): Role['index_permissions'][number] | undefined => asked.index_permissions[0];
  const isOn = (list: readonly string[], path: string): boolean =>
    list.some((one) => one === path || (one.endsWith('.*') && path.startsWith(one.slice(0, -1))));

  it('is masked for auditors and regulators where the file does not say, and clear for analysts', () => {
    expect(events(role({ role: 'analyst' }))).not.toHaveProperty('fls');
    for (const base of ['auditor', 'regulator'] as const) {
      expect(events(role({ role: base }))).toMatchObject({ fls: [...IMPERSONAL, ...PERSONAL], masked_fields: PERSONAL });
    }
    expect(events(role({ role: 'analyst', personal_data: 'hidden' }))).toMatchObject({ fls: IMPERSONAL });
    expect(events(role({ role: 'auditor', personal_data: 'hidden' }))).not.toHaveProperty('masked_fields');
    expect(events(role({ role: 'auditor', personal_data: 'clear' }))).not.toHaveProperty('fls');
  });

  it('every searched attribute is shown, masked or withheld: whoever adds one decides', () => {
    const searched = new Set([...CLASS_FIELDS.flatMap(({ fields }) => Object.keys(fieldsOf(fields))), ...Object.keys(OTHER_CLASS_FIELDS)]);
    const places = [...searched].map((path) => [path, [IMPERSONAL, PERSONAL, WITHHELD].filter((list) => isOn(list, path)).length]);
    expect(places.filter(([, lists]) => lists !== 1)).toEqual([]);
  });

  it('what may hold a number of a card, a name or a piece of a request is not shown as it is', () => {
    for (const path of ['actor.user.account.uid', 'user.account.uid', 'group.name', 'group.uid', 'service.name'])
      expect([path, isOn(IMPERSONAL, path), isOn(PERSONAL, path)]).toEqual([path, false, true]);
    for (const path of [
      'firewall_rule.match_details',
      'firewall_rule.match_location',
      'firewall_rule.desc',
      'vulnerabilities.affected_packages.path',
      'vulnerabilities.affected_packages.remediation.desc',
      'compliance.status_details',
      'compliance.desc',
    ])
      expect([path, isOn([...IMPERSONAL, ...PERSONAL], path)]).toEqual([path, false]);
  });

  it('a text is never on two lists, and no address or free text is shown', () => {
    const all = [...IMPERSONAL, ...PERSONAL];
    expect(new Set(all).size).toBe(all.length);
    for (const path of [
      'message',
      'raw_data',
      'unmapped.a',
      'api.request.data',
      'api.response.data',
      'src_endpoint.ip',
      'actor.user.ldap_person.x',
      'evidences.data',
      'enrichments.value',
      'observables.value',
      'http_request.url.query_string',
      'finding_info.desc',
      'device.owner.name',
    ])
      expect([path, isOn(all, path)]).toEqual([path, false]);
  });
});

describe('scope', () => {
  const bank = {};

  it('is no query where there is none', () => {
    expect(scopeQuery({}, bank)).toBeUndefined();
    expect(role({ role: 'analyst' }).index_permissions[0]).not.toHaveProperty('dls');
  });

  it('names accounts, sources by product and class, and days, all of which must hold', () => {
    const asked = { accounts: ['222222222222'], sources: ['cloudtrail', 'strongroom'], from: '2026-01-01', to: '2026-01-31' };
    const dls = role({ role: 'regulator', ...asked }).index_permissions[0]?.dls ?? '';
    expect(JSON.parse(dls)).toEqual({
      bool: {
        filter: [
          { terms: { 'cloud.account.uid': ['222222222222'] } },
          {
            bool: {
              should: [
                {
                  bool: {
                    filter: [
                      { terms: { 'metadata.product.name': ['CloudTrail'] } },
                      { terms: { class_uid: expect.arrayContaining(['3002', '6003']) as unknown } },
                    ],
                  },
                },
                { bool: { filter: [{ terms: { 'metadata.product.name': ['Strongroom'] } }, { terms: { class_uid: ['2004'] } }] } },
              ],
              minimum_should_match: 1,
            },
          },
          { range: { time: { gte: Date.UTC(2026, 0, 1), lt: Date.UTC(2026, 1, 1), format: 'epoch_millis' } } },
        ],
      },
    });
  });

  it('every source can be told, or names itself', () => {
    const names = SOURCES.map(({ name }) => name);
    expect([...names].filter((name) => tellableSources(bank).includes(name) === SELF_NAMED.includes(name))).toEqual([]);
    expect(SELF_NAMED.filter((name) => !names.includes(name))).toEqual([]);
    expect(() => scopeQuery({ sources: ['syslog'] }, bank)).toThrow('cannot be told');
  });

  it('every golden event of a source that can be told has a product and a class of it', () => {
    for (const source of SOURCES.filter(({ name }) => !SELF_NAMED.includes(name))) {
      const dls = JSON.stringify(scopeQuery({ sources: [source.name] }, bank));
      const folder = join('test/golden', source.name);
      const seen = readdirSync(folder).flatMap((name) => eventsOf(join(folder, name, 'expected.ndjson')));
      for (const { product, cls } of seen) {
        expect([source.name, product, dls.includes(JSON.stringify(product))]).toEqual([source.name, product, true]);
        expect([source.name, cls, dls.includes(`"${cls}"`)]).toEqual([source.name, cls, true]);
      }
    }
  });
});

function eventsOf(file: string): readonly { readonly product: string; readonly cls: number }[] {
  if (!existsSync(file)) return [];
  return readFileSync(file, 'utf8')
    .split('\n')
    .flatMap((line) => {
      const event = fromDocument(line);
      return event === undefined ? [] : [{ product: event.metadata.product.name, cls: event.class_uid }];
    });
}
