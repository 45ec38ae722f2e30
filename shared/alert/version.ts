// A finding as it goes on: each change is a new document with the same finding_info.uid, as other products report theirs; the latest counts.
// https://schema.ocsf.io/1.8.0/classes/detection_finding (activity_id, status_id, comment)
import { gunzipSync, gzipSync } from 'node:zlib';
import { isOwn } from '../detect/log-sources.ts';
import { fromDocument } from '../hub/document.ts';
import { digest } from '../ids.ts';
import type { JsonObject, OcsfEvent, Origin, ReplayMark } from '../model.ts';
import { isArray, isObject, object, text } from '../outcome.ts';
import { isReplayMark } from '../replay/target.ts';
import type { Episode, FindingStatus, Hit, Pending } from './episode.ts';
import { line } from './description.ts';
import { relatedOf, uidOf } from './hits.ts';
import { withoutSecrets } from './tlp.ts';

const ACTIVITY: Readonly<Record<Pending['action'], number>> = { create: 1, update: 2, close: 3 };
/** https://schema.ocsf.io/1.8.0/classes/detection_finding (status_id) */
export const STATUS_ID: Readonly<Record<FindingStatus, number>> = { new: 1, acknowledged: 2, suppressed: 3, closed: 4 };

const MAX_RELATED = 50;
const MAX_EVIDENCES = 10;
/** Characters of JSON of one event in the item of an episode. */
const MAX_DETAIL = 2000;
/** An item of DynamoDB has 400 KB at most, with its other attributes and in base64. */
const MAX_PACKED = 250_000;

/** A finding with all that is needed to tell of it, now or later. */
export interface Snapshot {
  readonly finding: OcsfEvent;
  readonly evidence: string;
  readonly way?: string | undefined;
  readonly origin: Origin;
  readonly replay?: ReplayMark | undefined;
}

/** @returns it as it is kept in the table. What no item can hold is left out, and the finding says so. */
export function packed(snapshot: Snapshot): JsonObject {
  const { finding, evidence, way, origin, replay } = snapshot;
  return { zip: fitting(finding), evidence, way, origin: { ...origin }, replay: replay === undefined ? undefined : { ...replay } };
}

function fitting(finding: OcsfEvent): string {
  for (const form of [finding, shortened(finding)]) {
    const zip = zipped(form);
    if (zip.length <= MAX_PACKED) return zip;
  }
  return zipped(least(finding));
}

function zipped(finding: OcsfEvent): string {
  return gzipSync(JSON.stringify(finding)).toString('base64');
}

function shortened(finding: OcsfEvent): OcsfEvent {
  const unmapped = { evidence: finding.unmapped?.['evidence'], left_out: ['evidences', 'resources', 'unmapped'] };
  return { ...finding, evidences: undefined, resources: undefined, unmapped };
}

/** What it is, where and since when: the rest is in the index. Without the indicators in it, whose marks are not in it. */
function least(given: OcsfEvent): OcsfEvent {
  const { activity_id, category_uid, class_uid, type_uid, severity_id, time, metadata, ...more } = withoutSecrets(given);
  const info = object(more['finding_info']) ?? {};
  const analytic = object(info['analytic']) ?? {};
  const cloud = object(more['cloud']);
  return {
    ...{ activity_id, category_uid, class_uid, type_uid, severity_id, time },
    ...{ count: numeric(more['count']), is_alert: more['is_alert'] === true, status_id: numeric(more['status_id']) },
    metadata: {
      uid: metadata.uid.slice(0, 500),
      version: metadata.version.slice(0, 100),
      product: { name: metadata.product.name.slice(0, 500), vendor_name: metadata.product.vendor_name.slice(0, 500) },
    },
    ...(cloud === undefined ? {} : { cloud: { account: { uid: line(object(cloud['account'])?.['uid']) }, region: line(cloud['region']) } }),
    finding_info: {
      uid: uidOf(given),
      title: line(info['title']),
      desc: line(info['desc']),
      analytic: { uid: line(analytic['uid']), name: line(analytic['name']), type_id: numeric(analytic['type_id']) },
      types: isArray(info['types']) ? info['types'].slice(0, 5).flatMap((type) => line(type) ?? []) : undefined,
      first_seen_time: numeric(info['first_seen_time']),
      last_seen_time: numeric(info['last_seen_time']),
    },
    unmapped: { left_out: ['all but what it is and where'] },
  };
}

function numeric(candidate: unknown): number | undefined {
  return typeof candidate === 'number' ? candidate : undefined;
}

/** @returns undefined for what packed() did not make. */
export function unpacked(content: JsonObject | undefined): Snapshot | undefined {
  const [zip, origin] = [text(content?.['zip']), content?.['origin']];
  if (content === undefined || zip === undefined || !isOrigin(origin)) return undefined;
  const finding = fromDocument(gunzipSync(Buffer.from(zip, 'base64')).toString('utf8'));
  if (finding === undefined) return undefined;
  const { evidence, way, replay } = content;
  return { finding, evidence: text(evidence) ?? '', way: text(way), origin, replay: isReplayMark(replay) ? replay : undefined };
}

function isOrigin(candidate: unknown): candidate is Origin {
  return isObject(candidate) && typeof candidate['time'] === 'number' && typeof candidate['source'] === 'string';
}

/** @returns whether the finding is to be put into the hub: what another product reports is there already, but not what people say of it. */
export function isPublished({ isOwn: own, pending }: Episode): boolean {
  return own || pending?.copied !== undefined;
}

/** @returns the document of the episode's revision; the first is the finding as it was raised. */
export function versionOf(finding: OcsfEvent, episode: Episode): OcsfEvent {
  const { revision, pending, uid } = episode;
  if (pending === undefined || revision === 0) return statedBy(finding, episode);
  if (!isPublished(episode)) return finding;
  const activity = ACTIVITY[pending.action === 'create' ? 'update' : pending.action];
  const info = object(finding['finding_info']) ?? {};
  return statedBy(
    {
      ...finding,
      activity_id: activity,
      type_uid: finding.class_uid * 100 + activity,
      severity_id: pending.severity,
      time: pending.at,
      count: isOwn(finding) ? pending.count : finding['count'],
      metadata: { ...finding.metadata, uid: digest(16, 'version', finding.metadata.uid, uid, String(revision)) },
      finding_info: { ...info, uid, ...seen(finding, info, episode, pending) },
      evidences: evidencesOf(finding, episode),
      is_alert: !pending.silent && pending.action !== 'close',
    },
    episode,
  );
}

function seen(finding: OcsfEvent, info: JsonObject, { first, last, related }: Episode, pending: Pending): JsonObject {
  const events = relatedOf(finding);
  const added = related.filter(isObject);
  // The first ones say how it began, the last ones how it goes on.
  const kept = events.slice(0, Math.max(MAX_RELATED - added.length, MAX_RELATED / 2));
  const { first_seen_time: from, last_seen_time: to } = info;
  return {
    first_seen_time: typeof from === 'number' ? Math.min(from, first) : first,
    last_seen_time: typeof to === 'number' ? Math.max(to, last) : last,
    modified_time: pending.at,
    ...(isOwn(finding) ? { related_events_count: pending.count } : {}),
    related_events: events.length + added.length === 0 ? undefined : [...kept, ...added].slice(0, MAX_RELATED),
  };
}

function evidencesOf(finding: OcsfEvent, { evidences }: Episode): unknown {
  const before = finding['evidences'];
  if (evidences.length === 0) return before;
  return [...(isArray(before) ? before.slice(0, MAX_EVIDENCES - evidences.length) : []), ...evidences];
}

/** What somebody has said of it. */
function statedBy(finding: OcsfEvent, { status, changed, revision }: Episode): OcsfEvent {
  if (changed === undefined)
    return status === 'new' && revision > 0 ? { ...finding, status_id: STATUS_ID.new, comment: undefined } : finding;
  const { reason, by, principal, at } = changed;
  const said = { changed_by: by, changed_at: at, ...(principal === '' ? {} : { changed_principal: principal }) };
  return { ...finding, status_id: STATUS_ID[status], comment: reason, unmapped: { ...finding.unmapped, ...said } };
}

/** @returns what the finding adds, as the episode keeps it. */
export function detailsOf(finding: OcsfEvent): Pick<Hit, 'related' | 'evidences'> {
  const evidences = finding['evidences'];
  return {
    related: relatedOf(finding)
      .slice(-MAX_RELATED / 2)
      .filter(isSmall),
    evidences: (isArray(evidences) ? evidences.filter(isObject) : []).slice(0, 2).filter(isSmall),
  };
}

/** Many of them are in one item of the table, and whoever causes an event may choose its length. */
function isSmall(one: JsonObject): boolean {
  return JSON.stringify(one).length < MAX_DETAIL;
}
