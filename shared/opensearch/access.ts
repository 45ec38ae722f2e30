// Brings roles, their members, the tenant of cases and the audit log of OpenSearch's security plugin to what they must be. What is not ours is
// left alone. https://docs.opensearch.org/latest/security/api/, https://docs.aws.amazon.com/opensearch-service/latest/developerguide/fgac.html
import { errors } from '@opensearch-project/opensearch';
import { isDeepStrictEqual } from 'node:util';
import { MisconfiguredError } from '../errors.ts';
import { isArray, isObject, object, parseJson, text } from '../outcome.ts';
import type { JsonObject } from '../model.ts';
import type { OpenSearch } from './client.ts';
import { MARK, RESPONSE_TENANT, ROLE_PREFIX, type Role } from './roles.ts';

const API = '/_plugins/_security/api';

/** A path that nobody answers is 400 to OpenSearch, and 404 to some who stand before it. */
const ABSENT: ReadonlySet<number> = new Set([400, 404, 405]);
const FORBIDDEN = 403;

/** What became of it. Roles by their names in OpenSearch. */
export interface Access {
  /** Made or brought back to what it must be. */
  readonly applied: readonly string[];
  readonly unchanged: readonly string[];
  /** Ours, and not in the bank's file any more. */
  readonly removed: readonly string[];
  /** Why nothing was done. */
  readonly skipped?: string;
}

/**
 * Who did what is in the audit log: each request of people and functions with its body, failed sign-ins, missing rights, changed roles. The
 * writing of events is left out: it would log every batch. Who stands in `ignore_users` is nobody who searches.
 * https://docs.aws.amazon.com/opensearch-service/latest/developerguide/audit-logs.html
 */
export const AUDIT = {
  enabled: true,
  audit: {
    enable_rest: true,
    disabled_rest_categories: ['GRANTED_PRIVILEGES'],
    enable_transport: true,
    // Each request again, in its parts.
    disabled_transport_categories: ['AUTHENTICATED', 'GRANTED_PRIVILEGES'],
    ignore_users: ['kibanaserver'],
    ignore_requests: ['/_bulk'],
    log_request_body: true,
    resolve_bulk_requests: false,
    resolve_indices: true,
    exclude_sensitive_headers: true,
  },
  compliance: {
    enabled: true,
    internal_config: true,
    external_config: false,
    read_metadata_only: true,
    read_watched_fields: {},
    read_ignore_users: ['kibanaserver'],
    write_metadata_only: true,
    write_log_diffs: false,
    write_watched_indices: [],
    write_ignore_users: ['kibanaserver'],
  },
} as const;

/** Names in Access beside those of roles. */
export const AUDIT_LOG = 'audit log';
const TENANT = `tenant ${RESPONSE_TENANT}`;

/**
 * Puts what differs and takes away roles of ours that are not wanted; running it again changes nothing.
 * @throws MisconfiguredError where the plugin is there and does not let us.
 */
export async function applyAccess(client: OpenSearch, wanted: readonly Role[]): Promise<Access> {
  try {
    const roles = await read(client, 'roles');
    if (roles === undefined) return { applied: [], unchanged: [], removed: [], skipped: 'this OpenSearch has no security plugin' };
    const mappings = (await read(client, 'rolesmapping')) ?? {};
    const tenants = (await read(client, 'tenants')) ?? {};
    const done = [await putTenant(client, tenants)];
    for (const role of wanted) done.push(await putRole(client, role, { roles, mappings }));
    done.push(await putAudit(client));
    const removed = await removeOthers(client, wanted, { roles, mappings });
    return {
      applied: done.flatMap(({ name, changed }) => (changed ? [name] : [])),
      unchanged: done.flatMap(({ name, changed }) => (changed ? [] : [name])),
      removed,
    };
  } catch (error) {
    if (!(error instanceof errors.ResponseError) || error.statusCode !== FORBIDDEN) throw error;
    const path = error.meta.meta.request.params.path;
    const message = `OpenSearch does not let provision use ${path}: provision's IAM role must be the domain's master user, or be mapped to its role security_manager`;
    throw new MisconfiguredError(message, { cause: error });
  }
}

interface Found {
  readonly roles: JsonObject;
  readonly mappings: JsonObject;
}

interface Done {
  readonly name: string;
  readonly changed: boolean;
}

/** @returns what there is by name, undefined where there is no such API. */
async function read(client: OpenSearch, kind: 'roles' | 'rolesmapping' | 'tenants' | 'audit'): Promise<JsonObject | undefined> {
  const answer = await client.transport.request({ method: 'GET', path: `${API}/${kind}` }, { ignore: [...ABSENT] });
  return ABSENT.has(answer.statusCode ?? 0) ? undefined : object(answer.body);
}

async function put(client: OpenSearch, path: string, body: JsonObject): Promise<void> {
  await client.transport.request({ method: 'PUT', path: `${API}/${path}`, body });
}

async function putTenant(client: OpenSearch, tenants: JsonObject): Promise<Done> {
  const description = `${MARK}dashboards and searches of cases`;
  const changed = object(tenants[RESPONSE_TENANT])?.['description'] !== description;
  if (changed) await put(client, `tenants/${RESPONSE_TENANT}`, { description });
  return { name: TENANT, changed };
}

/** First the role, then who has it: nobody has for a moment what he must not. */
async function putRole(client: OpenSearch, { name, members, ...rights }: Role, { roles, mappings }: Found): Promise<Done> {
  const role = plain({ ...rights, index_permissions: rights.index_permissions.map((one) => ({ fls: [], masked_fields: [], ...one })) });
  const mapping = plain({ ...members, hosts: [] });
  const isRole = isSame(role, roleIn(roles[name]));
  const isMapping = isSame(mapping, object(mappings[name]));
  if (!isRole) await put(client, `roles/${name}`, role);
  if (!isMapping) await put(client, `rolesmapping/${name}`, mapping);
  return { name, changed: !isRole || !isMapping };
}

/** As the plugin keeps it: a role that sees all documents has `dls` as null, or not at all. */
function roleIn(found: unknown): JsonObject | undefined {
  const role = object(found);
  const permissions = role?.['index_permissions'];
  if (role === undefined || !isArray(permissions)) return role;
  const index_permissions = permissions.map((one) =>
    plain(Object.fromEntries(Object.entries(object(one) ?? {}).filter(([, value]) => value !== null))),
  );
  return { ...role, index_permissions };
}

/** Whether all that is wanted is there as it is wanted. The plugin adds members of its own (`reserved`, `static` …). */
function isSame(wanted: JsonObject, found: JsonObject | undefined): boolean {
  return found !== undefined && Object.entries(wanted).every(([name, value]) => isDeepStrictEqual(value, found[name]));
}

/** What some domains fix in their configuration (`_readonly`) stays as it is. */
async function putAudit(client: OpenSearch): Promise<Done> {
  const answer = await read(client, 'audit');
  const current = object(answer?.['config']);
  if (current === undefined) return { name: AUDIT_LOG, changed: false };
  const fixed = Array.isArray(answer?.['_readonly']) ? answer['_readonly'].map(String) : [];
  const wanted = plain({
    enabled: AUDIT.enabled,
    audit: { ...object(current['audit']), ...without(AUDIT.audit, '/audit', fixed) },
    compliance: { ...object(current['compliance']), ...without(AUDIT.compliance, '/compliance', fixed) },
  });
  const changed = !isSame(wanted, current);
  if (changed) await put(client, 'audit/config', wanted);
  return { name: AUDIT_LOG, changed };
}

function without(settings: object, path: string, fixed: readonly string[]): object {
  return Object.fromEntries(Object.entries(settings).filter(([name]) => !fixed.includes(`${path}/${name}`)));
}

/** First who has it, then the role. */
async function removeOthers(client: OpenSearch, wanted: readonly Role[], { roles, mappings }: Found): Promise<readonly string[]> {
  const removed: string[] = [];
  for (const [name, role] of Object.entries(roles)) {
    if (!isOurs(name, role) || wanted.some((one) => one.name === name)) continue;
    if (isObject(mappings[name])) await client.transport.request({ method: 'DELETE', path: `${API}/rolesmapping/${name}` });
    await client.transport.request({ method: 'DELETE', path: `${API}/roles/${name}` });
    removed.push(name);
  }
  return removed;
}

function isOurs(name: string, role: unknown): boolean {
  return name.startsWith(ROLE_PREFIX) && text(object(role)?.['description'])?.startsWith(MARK) === true;
}

/** As JSON has it. */
function plain(value: object): JsonObject {
  return object(parseJson(JSON.stringify(value))) ?? {};
}
