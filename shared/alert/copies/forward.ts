// Findings for the service provider that watches several banks: what was found, how bad, where, since when. Never what was logged: only the attributes
// of this list leave, whatever else a finding has. https://schema.ocsf.io/1.8.0/classes/detection_finding
import type { EventBridgeClient } from '@aws-sdk/client-eventbridge';
import { isArray, isObject } from '../../outcome.ts';
import { detailOf, putDetail, timeOf, type FindingEvent } from './event-bus.ts';

/** Paths of attributes; members of lists have the path of their list. */
export const FORWARDED: readonly string[] = [
  'activity_id',
  'category_uid',
  'class_uid',
  'type_uid',
  'severity_id',
  'status_id',
  'time',
  'count',
  'is_alert',
  'confidence_id',
  'confidence_score',
  'risk_level_id',
  'metadata.uid',
  'metadata.version',
  'metadata.product.name',
  'metadata.product.vendor_name',
  'metadata.tenant_uid',
  'cloud.provider',
  'cloud.region',
  'cloud.account.uid',
  'finding_info.uid',
  'finding_info.title',
  'finding_info.types',
  'finding_info.analytic.uid',
  'finding_info.analytic.name',
  'finding_info.analytic.type_id',
  'finding_info.attacks.version',
  'finding_info.attacks.tactic.uid',
  'finding_info.attacks.tactic.name',
  'finding_info.attacks.technique.uid',
  'finding_info.attacks.technique.name',
  'finding_info.attacks.sub_technique.uid',
  'finding_info.attacks.sub_technique.name',
  'finding_info.data_sources',
  'finding_info.created_time',
  'finding_info.modified_time',
  'finding_info.first_seen_time',
  'finding_info.last_seen_time',
  'finding_info.related_events_count',
  'evidences.actor.user.uid',
  'evidences.actor.user.type_id',
  'evidences.api.operation',
  'evidences.api.service.name',
  'evidences.src_endpoint.ip',
  'evidences.dst_endpoint.ip',
  'evidences.dst_endpoint.port',
  'resources.uid',
  'resources.type',
];

interface Allowed {
  /** An attribute of the list: its value may leave where it is no object. */
  readonly isValue: boolean;
  readonly below: ReadonlyMap<string, Allowed>;
}

const TREE = treeOf(FORWARDED.map((path) => path.split('.')));
/** Titles of other products may be of any length. */
const MAX_TEXT = 1000;
const MAX_LIST = 50;

function treeOf(paths: readonly (readonly string[])[]): Allowed {
  const names = new Set(paths.flatMap(([name]) => name ?? []));
  const below = [...names].map((name) => [name, treeOf(paths.filter(([first]) => first === name).map((path) => path.slice(1)))] as const);
  return { isValue: paths.some((path) => path.length === 0), below: new Map(below) };
}

/** @param source of the event; left out: that of all copies. @throws Error where the bus does not take it. */
export async function forwardEvent(
  events: EventBridgeClient,
  bus: string,
  { alert, action, bank, finding }: FindingEvent,
  source?: string,
): Promise<void> {
  const detail = detailOf({ alert, action, bank, finding: forwarded(finding) });
  await putDetail(events, bus, { detail, time: timeOf(finding), source });
}

/** @returns what may leave of a finding. */
export function forwarded(finding: object): Record<string, unknown> {
  const kept = keep(JSON.parse(JSON.stringify(finding)), TREE);
  return isObject(kept) ? kept : {};
}

function keep(node: unknown, { isValue, below }: Allowed): unknown {
  if (isArray(node)) {
    const members = node.slice(0, MAX_LIST).map((member) => keep(member, { isValue, below }));
    const known = members.filter((member) => member !== undefined);
    return known.length === 0 ? undefined : known;
  }
  if (isObject(node)) {
    const entries = [...below].flatMap(([name, next]) => {
      const value = Object.hasOwn(node, name) ? keep(node[name], next) : undefined;
      return value === undefined ? [] : [[name, value] as const];
    });
    return entries.length === 0 ? undefined : Object.fromEntries(entries);
  }
  if (!isValue || node === null) return undefined;
  return typeof node === 'string' ? node.slice(0, MAX_TEXT) : node;
}
