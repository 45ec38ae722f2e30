// What a finding leads to: who acted, which addresses and names took part, what it was done to. Whoever made it: findings of GuardDuty and
// Security Hub say it in the same attributes as ours. https://schema.ocsf.io/1.8.0/objects/evidences
import { isIP } from 'node:net';
import { isDeepStrictEqual } from 'node:util';
import type { JsonObject } from '../model.ts';
import { isObject } from '../outcome.ts';
import { isWords, type FieldTypes } from './fields.ts';
import { textAt, textsAt, valuesAt } from './value.ts';

export interface Pivot {
  readonly kind: 'actor' | 'address' | 'resource';
  readonly value: string;
  /** Finds its events. */
  readonly query: JsonObject;
}

/** More is in the finding: each is asked for on its own. */
const MOST: Readonly<Record<Pivot['kind'], number>> = { actor: 5, address: 10, resource: 10 };

/** @param types of the periods that will be asked. */
export function pivotsOf(finding: JsonObject, types: FieldTypes): readonly Pivot[] {
  const [actors, addresses] = [actorsOf(finding, types), addressesOf(finding, types)];
  return [
    ...different(actors, MOST.actor),
    ...different(addresses, MOST.address),
    ...different(resourcesOf(finding, types), MOST.resource),
  ];
}

function different(pivots: readonly Pivot[], most: number): readonly Pivot[] {
  return pivots.filter((one, at) => pivots.findIndex(({ query }) => isDeepStrictEqual(query, one.query)) === at).slice(0, most);
}

const USERS = ['actor.user', 'user', 'evidences.actor.user', 'evidences.user', 'evidences.process.user'];
const ACTOR_IDS = ['actor.user.uid', 'user.uid', 'actor.session.issuer', 'evidences.actor.user.uid'];
const ACTOR_NAMES = ['actor.user.name', 'user.name'];
/** Findings have the key as the resource. */
const KEYS = ['actor.user.programmatic_credentials.uid', 'resources.uid'];

function actorsOf(finding: JsonObject, types: FieldTypes): readonly Pivot[] {
  const accounts = textsAt(finding, 'cloud.account.uid', 'evidences.actor.user.account.uid', 'evidences.cloud.account.uid');
  return USERS.flatMap((path) => valuesAt(finding, path))
    .filter(isObject)
    .flatMap((user) => {
      const [uid, name] = [textAt(user, 'uid'), textAt(user, 'name')];
      const value = uid ?? name;
      if (value === undefined) return [];
      const named = name === undefined ? [] : [inAccounts(anyOf(present(ACTOR_NAMES, types), name), accounts)];
      const keys = textsAt(user, 'programmatic_credentials.uid', 'credential_uid').map((key) => anyOf(present(KEYS, types), key));
      const ids = textsAt(user, 'uid', 'uid_alt').map((id) => anyOf(present(ACTOR_IDS, types), id));
      return [
        {
          kind: 'actor' as const,
          value: name === undefined || name === value ? value : `${value} (${name})`,
          query: either([...ids, ...named, ...keys]),
        },
      ];
    });
}

/** A name is of one account: each has its root. */
function inAccounts(query: JsonObject, accounts: readonly string[]): JsonObject {
  return accounts.length === 0 ? query : { bool: { filter: [query, { terms: { 'cloud.account.uid': accounts } }] } };
}

const ENDS = ['src_endpoint', 'dst_endpoint', 'device', 'evidences.src_endpoint', 'evidences.dst_endpoint', 'evidences.device'];
const HOSTS = ['query.hostname', 'src_endpoint.domain', 'dst_endpoint.hostname', 'dst_endpoint.domain', 'http_request.url.hostname'];

function addressesOf(finding: JsonObject, types: FieldTypes): readonly Pivot[] {
  const ips = [...types].filter(([, type]) => type === 'ip').map(([path]) => path);
  const addresses = textsAt(finding, ...ENDS.map((end) => `${end}.ip`)).filter((ip) => isIP(ip) !== 0);
  const names = textsAt(finding, 'evidences.query.hostname', 'evidences.url.hostname', ...ENDS.map((end) => `${end}.domain`));
  return [
    ...addresses.map((value) => ({ kind: 'address' as const, value, query: anyOf(ips, value) })),
    ...names.map((value) => ({ kind: 'address' as const, value, query: anyOf(present(HOSTS, types), value) })),
  ];
}

/** Fields whose last parts say what something is. */
const RESOURCE_FIELD =
  /^(?!evidences\.|finding_info\.)(?:.*\.)?(?:resources\.(?:uid|name)|databucket\.(?:uid|name)|entity\.uid|(?:device|src_endpoint|dst_endpoint)\.(?:uid|instance_uid|interface_uid))$/;
const RESOURCE_IDS = ['resources.uid', 'databucket.uid', 'entity.uid', 'evidences.databucket.uid', 'device.uid', 'evidences.device.uid'];
/** Everything happens in an account. */
const NO_RESOURCE = /^(?:AWS::::Account:)?\d{12}$|^arn:[^:]+:iam::\d{12}:root$/;

function resourcesOf(finding: JsonObject, types: FieldTypes): readonly Pivot[] {
  const keys = new Set(textsAt(finding, 'evidences.actor.user.programmatic_credentials.uid'));
  const ids = textsAt(finding, ...RESOURCE_IDS, ...namedInDetails(finding)).filter((id) => !keys.has(id) && !NO_RESOURCE.test(id));
  const fields = [...types.keys()].filter((path) => RESOURCE_FIELD.test(path));
  const payloads = [...types].filter(([path, type]) => isWords(type) && path.endsWith('.data')).map(([path]) => path);
  return ids.map((value) => {
    const said = payloads.map((path) => ({ match_phrase: { [path]: value } }));
    return { kind: 'resource', value, query: either([...fields.map((field) => ({ term: { [field]: value } })), ...said]) };
  });
}

/** Endpoints that are machines of the bank. */
function namedInDetails(finding: JsonObject): readonly string[] {
  return ENDS.flatMap((end) => [`${end}.instance_uid`, `${end}.interface_uid`]).filter((path) => textAt(finding, path) !== undefined);
}

function present(paths: readonly string[], types: FieldTypes): readonly string[] {
  return paths.filter((path) => types.has(path));
}

function anyOf(fields: readonly string[], value: string): JsonObject {
  return either(fields.map((field) => ({ term: { [field]: value } })));
}

function either(queries: readonly JsonObject[]): JsonObject {
  return queries.length === 0 ? { match_none: {} } : { bool: { should: queries, minimum_should_match: 1 } };
}
