// What the bank's file knows of the things a finding is about: whose account, how much hangs on it, which assets. It is put on findings, which are few,
// and not on every event. https://schema.ocsf.io/1.8.0/objects/resource_details
import type { AssetConfig, BankAccount, BankConfig, Criticality } from '../config.ts';
import type { JsonObject, OcsfEvent } from '../model.ts';
import { isArray, isObject, object, text } from '../outcome.ts';
import { networkNamed, networkTable } from './networks.ts';
import { servedEnd } from './organization.ts';

export type Known = Pick<BankConfig, 'bank' | 'accounts' | 'organization' | 'enrichment'>;

/** impact_id. https://schema.ocsf.io/1.8.0/classes/detection_finding */
const IMPACTS: Readonly<Record<Criticality, number>> = { low: 1, medium: 2, high: 3, critical: 4 };

interface Lookups {
  readonly account: (uid: string) => BankAccount | undefined;
  readonly service: (address: string) => string | undefined;
  readonly assetAt: (address: string) => AssetConfig | undefined;
  /** By ARN, name or host name. */
  readonly assetNamed: (name: string) => AssetConfig | undefined;
}

const made = new WeakMap<Known, Lookups>();

/** @returns the finding with what the bank's file knows. What it says itself is left as it is. */
export function withBankKnowledge(finding: OcsfEvent, bank: Known): OcsfEvent {
  const known = made.get(bank) ?? lookupsOf(bank);
  made.set(bank, known);
  const cloud = object(finding['cloud']);
  const account = known.account(text(object(cloud?.['account'])?.['uid']) ?? '');
  const { evidences } = finding;
  const ends = isArray(evidences) ? evidences.map((evidence) => served(evidence, known)) : undefined;
  const { resources, assets } = resourcesOf(finding, known);
  const impact = Math.max(0, ...[account, ...assets].map((one) => (one?.criticality === undefined ? 0 : IMPACTS[one.criticality])));
  return {
    ...finding,
    ...(cloud === undefined || account === undefined ? {} : { cloud: cloudOf(cloud, account, bank) }),
    ...(ends === undefined ? {} : { evidences: ends }),
    ...(resources === undefined ? {} : { resources }),
    ...(impact === 0 || finding['impact_id'] !== undefined ? {} : { impact_id: impact }),
  };
}

function lookupsOf({ accounts, enrichment }: Known): Lookups {
  const byId = new Map(accounts.map((account) => [account.id, account]));
  const entries = (enrichment?.assets ?? []).flatMap((asset) => asset.match.map((pattern) => ({ pattern, asset })));
  const named = entries
    .filter(({ pattern }) => networkNamed(pattern) === undefined)
    .map(({ pattern, asset }) => ({ pattern: pattern.toLowerCase().split('*'), asset }));
  return {
    account: (uid) => byId.get(uid),
    service: networkTable((enrichment?.services ?? []).flatMap(({ name, networks }) => networks.map((one) => [one, name] as const))),
    assetAt: networkTable(entries.map(({ pattern, asset }) => [pattern, asset] as const)),
    assetNamed: (name) => named.find(({ pattern }) => isLike(name.toLowerCase(), pattern))?.asset,
  };
}

/** @param parts what stands between the asterisks. Each is taken where it is first found: there is no other way that finds more. */
function isLike(name: string, [first = '', ...parts]: readonly string[]): boolean {
  const last = parts.pop();
  if (last === undefined) return name === first;
  let at = first.length;
  if (!name.startsWith(first) || !name.endsWith(last)) return false;
  for (const part of parts) {
    const found = name.indexOf(part, at);
    if (found < 0) return false;
    at = found + part.length;
  }
  return at <= name.length - last.length;
}

/** Owner, environment and criticality are no attributes of an account: tags of it. */
function cloudOf(cloud: JsonObject, known: BankAccount, { bank, organization }: Known): JsonObject {
  const account = object(cloud['account']) ?? {};
  const { owner, environment, criticality, ou } = known;
  const tags = Object.entries({ owner, environment, criticality, ...known.tags }).flatMap(([name, value]) =>
    value === undefined ? [] : [{ name, value }],
  );
  const { id, name = bank } = organization ?? {};
  return {
    ...cloud,
    account: {
      ...account,
      name: account['name'] ?? known.name,
      ...(tags.length === 0 || account['tags'] !== undefined ? {} : { tags }),
    },
    ...(ou === undefined || cloud['org'] !== undefined ? {} : { org: { uid: id, name, ou_name: ou } }),
  };
}

function served(evidence: unknown, { service }: Lookups): unknown {
  if (!isObject(evidence)) return evidence;
  const ends = (['src_endpoint', 'dst_endpoint'] as const).flatMap((end) => {
    const known = servedEnd(evidence[end], service);
    return known === evidence[end] ? [] : [[end, known] as const];
  });
  return ends.length === 0 ? evidence : { ...evidence, ...Object.fromEntries(ends) };
}

interface Resources {
  /** Undefined where the finding has none and none is known. */
  readonly resources: readonly unknown[] | undefined;
  readonly assets: readonly AssetConfig[];
}

/** Those of the finding with their criticality, and after them the assets that its events came from or went to. */
function resourcesOf(finding: OcsfEvent, known: Lookups): Resources {
  const assets = new Set<AssetConfig>();
  const before = finding['resources'];
  const own = isArray(before) ? before.map((one) => weighed(one, known, assets)) : undefined;
  const names = new Set((own ?? []).flatMap((one) => (isObject(one) ? [one['name']] : [])));
  const more = endsOf(finding).flatMap((end) => {
    const found = assetResource(end, known, assets);
    if (found === undefined || names.has(found['name'])) return [];
    names.add(found['name']);
    return [found];
  });
  return { resources: own === undefined && more.length === 0 ? undefined : [...(own ?? []), ...more], assets: [...assets] };
}

function weighed(resource: unknown, known: Lookups, assets: Set<AssetConfig>): unknown {
  if (!isObject(resource)) return resource;
  const asset = assetOf(resource, known);
  if (asset === undefined) return resource;
  assets.add(asset);
  return { ...resource, name: resource['name'] ?? asset.name, criticality: resource['criticality'] ?? asset.criticality };
}

function assetOf({ uid, name, hostname, ip }: JsonObject, { assetAt, assetNamed }: Lookups): AssetConfig | undefined {
  for (const one of [uid, hostname, name]) {
    const asset = typeof one === 'string' ? assetNamed(one) : undefined;
    if (asset !== undefined) return asset;
  }
  return typeof ip === 'string' ? assetAt(ip) : undefined;
}

function assetResource(end: JsonObject, known: Lookups, assets: Set<AssetConfig>): JsonObject | undefined {
  const { ip, hostname, instance_uid: uid } = end;
  const asset = assetOf({ uid: uid ?? end['uid'], hostname: hostname ?? end['domain'], ip }, known);
  if (asset === undefined) return undefined;
  assets.add(asset);
  return { name: asset.name, ...present({ ip, hostname }), criticality: asset.criticality };
}

function present(fields: JsonObject): JsonObject {
  return Object.fromEntries(Object.entries(fields).filter(([, one]) => one !== undefined));
}

function endsOf({ evidences }: OcsfEvent): readonly JsonObject[] {
  const ends: JsonObject[] = [];
  for (const evidence of isArray(evidences) ? evidences : []) {
    if (!isObject(evidence)) continue;
    for (const name of ['src_endpoint', 'dst_endpoint', 'device']) {
      const end = object(evidence[name]);
      if (end !== undefined) ends.push(end);
    }
  }
  return ends;
}
