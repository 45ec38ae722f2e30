// Events that carry an indicator their feed is sure of, as findings: one per indicator, whom it concerns, and day. Who may not be told the indicator is
// told the feed and the id under which the feed knows it. https://schema.ocsf.io/1.8.0/classes/detection_finding
import type { BankConfig, SeverityName } from '../config.ts';
import type { IntelFeed } from './config.ts';
import { relatedOf } from '../detect/finding.ts';
import { ANALYTIC, newFinding, STATES } from '../detect/new-finding.ts';
import { digest } from '../ids.ts';
import type { JsonObject, OcsfEvent } from '../model.ts';
import { object } from '../outcome.ts';
import { kindOf, subjectOf, type Kind } from './finding-kind.ts';
import { isConfidential } from './indicator.ts';
import { networkOf, newWords, parseAddress, startsAs } from './address.ts';
import { entriesOf, MASKED, type OsintEntry } from './osint.ts';

export interface IntelFindings {
  readonly bank: Pick<BankConfig, 'bank' | 'intel'>;
  /** Vault key of the sealed bytes that the events come from; empty where they come from many. */
  readonly evidence: string;
  /** Set where events of the index met an indicator that is new: such a finding comes once, not every day. */
  readonly retro?: boolean;
}

interface Found {
  readonly event: OcsfEvent;
  readonly entry: OsintEntry;
  readonly feed: IntelFeed;
  readonly kind: Kind;
  readonly subject: string;
}

const DAY_MS = 86_400_000;
const ALERT_CONFIDENCE = 70;
const LEVELS: readonly SeverityName[] = ['informational', 'low', 'medium', 'high', 'critical'];
// More is in the index, under the indicator.
const MAX_EVIDENCES = 10;
const MAX_RELATED = 50;

/** @returns findings that are the same for the same events; an id that is the same for any events of one indicator, subject and day. */
export function intelFindings(events: readonly OcsfEvent[], context: IntelFindings): readonly OcsfEvent[] {
  const { bank, retro = false } = context;
  const feeds = new Map((bank.intel?.feeds ?? []).map((feed) => [feed.name, feed]));
  const groups = new Map<string, [Found, ...Found[]]>();
  if (feeds.size === 0) return [];
  for (const event of events) {
    for (const entry of entriesOf(event) ?? []) {
      const feed = feeds.get(entry.feed);
      if (feed === undefined || !isSure(entry, feed)) continue;
      const kind = kindOf(event, entry);
      const found = { event, entry, feed, kind, subject: kind.isInbound ? 'from outside' : subjectOf(event, entry) };
      const uid = uidOf(found, bank.bank, retro);
      const group = groups.get(uid);
      if (group === undefined) groups.set(uid, [found]);
      else group.push(found);
    }
  }
  return [...groups].map(([uid, group]) => findingOf(uid, group, context));
}

/** That a vulnerability is exploited somewhere is for whoever reads the finding about it; it is no event. */
function isSure({ type, confidence }: OsintEntry, { alert_confidence: floor = ALERT_CONFIDENCE }: IntelFeed): boolean {
  return type !== 'cve' && floor !== false && confidence >= floor;
}

function uidOf({ event, entry, subject }: Found, bank: string, retro: boolean): string {
  const when = retro ? 'retro' : String(Math.floor(event.time / DAY_MS));
  const account = object(object(event['cloud'])?.['account'])?.['uid'] ?? null;
  return digest(
    16,
    'finding',
    bank,
    'intel',
    JSON.stringify([entry.type, entry.value === MASKED ? (entry.id ?? MASKED) : entry.value, account, subject, when]),
  );
}

function levelOf({ feed: { severity = 'medium' }, kind }: Found): SeverityName {
  return LEVELS[Math.max(0, LEVELS.indexOf(severity) - kind.lower)] ?? 'informational';
}

function findingOf(uid: string, group: readonly [Found, ...Found[]], { bank, evidence, retro = false }: IntelFindings): OcsfEvent {
  const [first] = group;
  const { event, entry, feed, kind, subject } = first;
  const times = group.map((one) => one.event.time);
  const levels = group.map((one) => LEVELS.indexOf(levelOf(one)));
  const hidden = isConfidential(entry.tlp);
  const shown = hidden ? `indicator ${entry.id ?? 'without an id'} (TLP ${entry.tlp}, not shown)` : entry.value;
  const what = entry.name === undefined || hidden ? '' : ` (${entry.name})`;
  const about = kind.isInbound || (hidden && holds(subject, entry)) ? '' : `, ${subject}`;
  const title = retro ? `${kind.title}, found in what was logged before it was listed` : kind.title;
  return newFinding({
    ...{ uid, bank: bank.bank, title, evidence, tags: kind.tags },
    analytic: {
      uid: `strongroom-intel-${feed.name}`,
      name: `Threat intelligence: ${feed.name}`,
      type_id: ANALYTIC.exactMatch,
      state_id: STATES.stable,
    },
    description: `${kind.means} Listed by feed ${feed.name}${what}, confidence ${entry.confidence} of 100.`,
    response: kind.response,
    level: LEVELS[Math.max(...levels)] ?? 'informational',
    types: retro ? ['intel', 'retro-hunt'] : ['intel'],
    message: `${kind.title}: ${shown}${what}, feed ${feed.name}${about}`,
    first: times.reduce((one, other) => Math.min(one, other)),
    last: times.reduce((one, other) => Math.max(one, other)),
    count: group.length,
    cloud: object(event['cloud']),
    dataSources: [...new Set(group.map((one) => one.event.metadata.product.name))],
    related: group.slice(0, MAX_RELATED).map((one) => relatedOf(one.event)),
    evidences: group.slice(0, MAX_EVIDENCES).map((one) => evidenceOf(one, hidden)),
    more: { osint: [hidden ? maskedEntry(entry) : entry.json] },
    profiles: ['osint'],
  });
}

/** Where the events are from, without what was listed and what tells it. */
function maskedEntry({ json }: OsintEntry): JsonObject {
  const {
    type_id: typeId,
    type,
    vendor_name: vendor,
    uid,
    external_uid: id,
    risk_score: score,
    confidence_id: confidence,
    tlp,
    comment,
  } = json;
  return {
    ...{ value: '***', type_id: typeId, type, vendor_name: vendor, uid, external_uid: id, risk_score: score },
    ...{ confidence_id: confidence, tlp, comment },
  };
}

/** Attributes that say who and where; a listed value is in any of them, so of a confidential one only what it does not hold is shown. */
const SHOWN = ['actor', 'user', 'src_endpoint', 'dst_endpoint', 'connection_info', 'query', 'url', 'file'] as const;

function evidenceOf({ event, entry }: Found, hidden: boolean): JsonObject {
  const about = { event: event.metadata.uid, attribute: entry.path, ...(hidden ? {} : { value: entry.value }) };
  const shown: Record<string, JsonObject | undefined> = {};
  for (const name of SHOWN) {
    const found = object(event[name]);
    if (found !== undefined && !(hidden && mayTell(name, found, entry))) shown[name] = found;
  }
  return { ...shown, api: apiOf(event), data: JSON.stringify(about) };
}

function apiOf(event: OcsfEvent): JsonObject | undefined {
  const api = object(event['api']);
  return api === undefined ? undefined : { operation: api['operation'], service: object(api['service']) };
}

/** @returns whether an object is the one that was met, or has what tells the value anywhere in it. */
function mayTell(name: string, found: JsonObject, entry: OsintEntry): boolean {
  return entry.path.startsWith(name) || holds(JSON.stringify(found), entry);
}

/** Of a network, any of its addresses would tell it; of a URL, its host would. */
function holds(words: string, { type, value }: OsintEntry): boolean {
  const lower = words.toLowerCase();
  const told = type === 'url' ? value.replace(/[/?].*$/s, '') : value;
  if (lower.includes(told.toLowerCase())) return true;
  const network = type === 'network' ? networkOf(value) : undefined;
  if (network === undefined) return false;
  const found = newWords();
  return (lower.match(/[0-9a-f:.]+/g) ?? []).some((one) => parseAddress(one, found) && startsAs(found, network.words, network.bits));
}
