// What OCSF has renamed since 1.0.0-rc.2: deprecated attribute → its successor. https://github.com/ocsf/ocsf-schema/blob/main/CHANGELOG.md
// A rule applies only where 1.8.0 has the attribute no more or calls it deprecated. What has no successor stays, and is left over.
import type { Json, JsonObject } from '../model.ts';
import { isArray, isObject, object, text } from '../outcome.ts';
import type { Shape } from './shape.ts';

type Draft = Record<string, Json | undefined>;
/** Moves the value to where 1.8.0 has it. @returns false where something stands there already, or the value does not fit. */
export type Rule = (draft: Draft, value: Json) => boolean;

function to(name: string): Rule {
  return (draft, value) => {
    if ((draft[name] ?? undefined) !== undefined) return false;
    draft[name] = value;
    return true;
  };
}

function toList(name: string, wrap: (value: Json) => Json | undefined = (value) => value): Rule {
  return (draft, value) => {
    const list = draft[name] ?? [];
    const element = wrap(value);
    if (!isArray(list) || element === undefined) return false;
    draft[name] = [...list, element];
    return true;
  };
}

/** Into an object beside it. */
function into(holder: string, name: string): Rule {
  return (draft, value) => {
    const held = draft[holder] ?? {};
    if (!isObject(held) || (held[name] ?? undefined) !== undefined) return false;
    draft[holder] = { ...held, [name]: value };
    return true;
  };
}

/** The first element; of more than one the list stays too. */
function firstTo(name: string): Rule {
  return (draft, value) => {
    const first = isArray(value) ? value[0] : undefined;
    return first !== undefined && to(name)(draft, first) && isArray(value) && value.length === 1;
  };
}

/** GeoJSON: the longitude comes first. */
function coordinates(draft: Draft, value: Json): boolean {
  if (!isArray(value) || value.length !== 2 || draft['lat'] !== undefined || draft['long'] !== undefined) return false;
  [draft['long'], draft['lat']] = value;
  return true;
}

const asText = (value: Json): Json | undefined => text(value);
const asUid = (value: Json): Json | undefined => (text(value) === undefined ? undefined : { uid: value });
const asWeakness = (draft: Draft, value: Json): boolean => text(value) !== undefined && toList('related_cwes')(draft, { uid: value });

function eachTo(name: string, wrap: (value: Json) => Json): Rule {
  return (draft, value) => isArray(value) && (draft[name] ?? undefined) === undefined && to(name)(draft, value.map(wrap));
}

const ACCOUNT: Readonly<Record<string, Rule>> = { account_uid: into('account', 'uid') };
const CLASSIFIED: Readonly<Record<string, Rule>> = { data_classification: toList('data_classifications') };
const TAGGED: Readonly<Record<string, Rule>> = { tag: toList('labels', asText) };
const PRODUCT: Readonly<Record<string, Rule>> = { product_uid: into('product', 'uid') };

/** By object; `class` for attributes of classes. */
const RULES: Readonly<Record<string, Readonly<Record<string, Rule>>>> = {
  class: {
    http_status: into('http_response', 'code'),
    package: into('sbom', 'package'),
    policy: toList('policies'),
    proxy: to('proxy_endpoint'),
    resource: toList('resources'),
    smtp_hello: to('command'),
    ticket: toList('tickets'),
  },
  actor: { invoked_by: to('app_name') },
  attack: { tactics: firstTo('tactic') },
  cloud: { ...ACCOUNT, project_uid: into('account', 'uid') },
  compliance: { status_detail: toList('status_details', asText) },
  container: TAGGED,
  cve: { cwe: toList('related_cwes', object), cwe_uid: asWeakness },
  database: CLASSIFIED,
  databucket: { ...CLASSIFIED, group: toList('groups') },
  device: { imei: toList('imei_list', asText) },
  discovery_details: { occurrence_details: toList('occurrences') },
  email: {
    ...CLASSIFIED,
    delivered_to: toList('delivered_to_list'),
    reply_to: toList('reply_to_list'),
    smtp_from: to('from'),
    smtp_to: to('to'),
  },
  file: { ...CLASSIFIED, signature: toList('signatures') },
  finding: PRODUCT,
  finding_info: PRODUCT,
  http_cookie: { http_only: to('is_http_only'), secure: to('is_secure') },
  image: TAGGED,
  location: { coordinates },
  malware: {
    path: toList('files', (path) =>
      typeof path === 'string' ? { path, name: path.slice(Math.max(path.lastIndexOf('/'), path.lastIndexOf('\\')) + 1) } : undefined,
    ),
  },
  metadata: { ...CLASSIFIED, extension: toList('extensions') },
  process: { tid: to('ptid'), lineage: eachTo('ancestry', (path) => ({ path })) },
  related_event: PRODUCT,
  remediation: { kb_articles: eachTo('kb_article_list', (uid) => ({ uid })) },
  resource_details: {
    ...CLASSIFIED,
    account_uid: (draft, value) => {
      const owner = draft['owner'] ?? {};
      if (!isObject(owner) || owner['account'] !== undefined) return false;
      draft['owner'] = { ...owner, account: { uid: value } };
      return true;
    },
  },
  session: { mfa: to('is_mfa') },
  tls: { extension_list: to('tls_extension_list'), sans: into('certificate', 'sans') },
  user: { ...ACCOUNT, uuid: to('uid_alt'), credential_uid: toList('programmatic_credentials', asUid) },
  vulnerability: { fix_available: to('is_fix_available'), packages: to('affected_packages') },
  web_resource: CLASSIFIED,
};

const NAMES: ReadonlyMap<string, readonly (readonly [string, Rule])[]> = new Map(
  Object.entries(RULES).map(([name, rules]) => [name, Object.entries(rules)]),
);

/** By their old names. */
export function renamesOf(scope: string): readonly (readonly [string, Rule])[] {
  return NAMES.get(scope) ?? [];
}

/** @returns the object with the names of 1.8.0; itself where it has no others. */
export function renamed(node: JsonObject, { renames }: Shape): JsonObject {
  let draft: Draft | undefined;
  for (const [old, rule] of renames) {
    const value = node[old];
    if (value === undefined || value === null) continue;
    draft ??= { ...node };
    if (rule(draft, value)) draft[old] = undefined;
  }
  return draft ?? node;
}
