// Findings to people: what a finding adds is written down, with what is to be told of it → hub → SNS → written down that it is told. Every step can
// be repeated, so a worker may fail anywhere and the next one, or functions/alerts, goes on.
import type { SNSClient } from '@aws-sdk/client-sns';
import type { BankConfig } from '../config.ts';
import { isOwn } from '../detect/log-sources.ts';
import { withBankKnowledge } from '../enrich/finding.ts';
import { RetryableError } from '../errors.ts';
import type { HubTarget } from '../hub/publish.ts';
import type { OcsfEvent } from '../model.ts';
import { SEVERITY } from '../ocsf/classes.ts';
import { object } from '../outcome.ts';
import { readItems, untilWritten, writeItems, type ClaimTable, type Stored } from './claims.ts';
import { describe } from './description.ts';
import { afterClosing, afterHit, type Episode, type Hit } from './episode.ts';
import { addedBy, itemsOf, subjectOf, type Subject } from './hits.ts';
import { capped, episodeOf, episodeWrite, keptUntil, snapshotWrite, stormItems, type Held } from './ledger.ts';
import { publishFinding, type FindingOrigin } from './publish.ts';
import { alertSettings } from './settings.ts';
import { tell } from './tell.ts';
import { detailsOf, unpacked, versionOf, type Snapshot } from './version.ts';

export type { FindingOrigin } from './publish.ts';

export interface AlertDeps {
  readonly bank: BankConfig;
  readonly claims: ClaimTable;
  readonly sns: SNSClient;
  readonly topicArn: string;
  readonly hub: HubTarget;
  readonly vaultBucket: string;
  /** ms since the epoch. */
  readonly now: () => number;
}

export interface Raised {
  /** Findings of ours put into the hub. */
  readonly published: number;
  readonly alerted: number;
  /** Findings of what was alerted already: their events are counted, and told at the end of the window. */
  readonly repeated: number;
}

const CLOSE = 3;
/** By so much clocks may differ. */
const SKEW_MS = 300_000;

/**
 * Findings of our rules go into the hub; those, and findings of other products from the bank's threshold on, become one message each, at once.
 * What comes of the same kind afterwards is counted, each event once, and told in one message per window by functions/alerts, or at once where the
 * severity has risen or there is ten times as much; where there are too many messages, in one for all. What a replay finds is sent only where the
 * replay is to alert, and never if it was sent when it was new.
 * @throws RetryableError, or what AWS says, when the rest must be tried again.
 */
export async function raiseAlerts(findings: readonly OcsfEvent[], from: FindingOrigin, deps: AlertDeps): Promise<Raised> {
  const raised = { published: 0, alerted: 0, repeated: 0 };
  for (const found of findings) {
    const finding = withBankKnowledge(found, deps.bank);
    const own = isOwn(finding);
    const alerts = from.replay?.alerts !== false && isAlerted(finding, deps.bank);
    // A replay may be there to bring back an index that was lost: what was alerted once is in it too.
    const first = own && (from.replay !== undefined || !alerts);
    if (first) {
      await publishFinding(finding, from, deps.hub);
      raised.published++;
    }
    if (!alerts) {
      if (finding.activity_id === CLOSE && from.replay === undefined) await noteClosed(finding, from, deps);
      continue;
    }
    const told = await raiseOne(finding, from, { deps, isPublished: first });
    raised.published += told.published;
    raised.alerted += told.alerted;
    raised.repeated += told.isKnown ? 1 : 0;
  }
  return raised;
}

/** Our rules decide by their level; what other products report, the bank's threshold. Neither alerts that a finding was closed. */
function isAlerted(finding: OcsfEvent, { alerts }: BankConfig): boolean {
  if (finding.activity_id === CLOSE || finding['is_alert'] === false) return false;
  if (finding.severity_id > SEVERITY.fatal) return false;
  return isOwn(finding) || finding.severity_id >= SEVERITY[alerts.min_severity];
}

interface Raising {
  readonly deps: AlertDeps;
  /** It is in the hub already. */
  readonly isPublished: boolean;
}

/** Tells what is left of an earlier try, then what the finding adds. */
async function raiseOne(
  finding: OcsfEvent,
  from: FindingOrigin,
  { deps, isPublished }: Raising,
): Promise<{ readonly published: number; readonly alerted: number; readonly isKnown: boolean }> {
  const counts = { published: 0, alerted: 0 };
  for (let isFirst = true; ; isFirst = false) {
    const { held, isLeft, isMerged } = await note(finding, from, deps);
    if (isMerged === true && isOwn(finding) && !isPublished) counts.published++;
    if (held === undefined) return { ...counts, isKnown: isFirst };
    const { published, sent } = await tell(held, deps, { isPublished });
    if (published) counts.published++;
    if (sent) counts.alerted++;
    if (!isLeft) return { ...counts, isKnown: false };
  }
}

interface Noted {
  /** What is to be told now. */
  readonly held: Held | undefined;
  /** It was decided earlier, and the finding is not noted yet. */
  readonly isLeft?: boolean;
  /** Told with others of its kind, it was put into the hub by itself. */
  readonly isMerged?: boolean;
}

/** Writes down what the finding adds. @throws RetryableError while another worker tells it. */
async function note(finding: OcsfEvent, from: FindingOrigin, deps: AlertDeps): Promise<Noted> {
  const { bank, claims } = deps;
  const isOld = from.replay !== undefined;
  const subject = subjectOf(finding, { bank: bank.bank, way: from.way, evidence: from.evidence, isOld });
  const { rule } = ruleOf(finding);
  return await untilWritten(`alert ${subject.id}`, async () => {
    const now = deps.now();
    const item = await readItems(claims, [...itemsOf(subject), ...stormItems(rule, now)], now);
    const before = episodeOf(item(subject.id));
    // Alerted when it was new, with others of its kind.
    if (isOld && isElsewhere(item(subject.pointer), subject)) return { held: undefined };
    return leftUndone({ before, subject, item, now }) ?? (await noteHit({ finding, from, subject, before, item, now, isOld }, deps));
  });
}

function isElsewhere({ content }: Stored, { id }: Subject): boolean {
  return content !== undefined && content['of'] !== id;
}

interface Reading {
  readonly before: Episode | undefined;
  readonly subject: Subject;
  readonly item: (id: string) => Stored;
  readonly now: number;
}

/** @returns what somebody has begun to tell and does not tell any more. */
function leftUndone({ before, subject, item, now }: Reading): Noted | undefined {
  if (before?.pending === undefined || before.lease > now) return undefined;
  const snapshot = unpacked(item(subject.snapshot).content);
  return snapshot === undefined ? undefined : { held: { stored: item(subject.id), episode: before, snapshot }, isLeft: true };
}

interface Finding extends Reading {
  readonly finding: OcsfEvent;
  readonly from: FindingOrigin;
  readonly isOld: boolean;
}

/** @returns undefined where somebody else was faster. */
async function noteHit(one: Finding, deps: AlertDeps): Promise<Noted | undefined> {
  const { finding, subject, before, item, now, isOld } = one;
  const { bank, claims } = deps;
  const settings = alertSettings(bank);
  const kept = keptUntil(bank, now);
  const added = addedBy(finding, subject, item, { now, keptUntil: kept });
  const after = afterHit(before, hitOf(finding, subject, added.events), { now, windowMs: settings.windowMs, isOld });
  if (after === before) {
    if (after.pending !== undefined) throw new RetryableError(`alert ${subject.id}: another worker is sending it`);
    return { held: undefined };
  }
  // It goes into the index under its own id all the same: first, so that nobody who fails here loses it.
  const isMerged = after.uid !== subject.uid && item(subject.pointer).content === undefined;
  if (isMerged && isOwn(finding) && !isOld) await publishFinding(finding, one.from, deps.hub);
  const isDecided = after.pending !== undefined && after.pending !== before?.pending;
  const { episode, writes } = isDecided ? capped(after, item, { bank, now, settings }) : { episode: after, writes: [] };
  const snapshot = isDecided ? snapshotOf(one, episode) : undefined;
  const stored = item(subject.id);
  const isWritten = await writeItems(claims, [
    episodeWrite(stored, episode, deps),
    ...added.writes,
    ...writes,
    ...(snapshot === undefined ? [] : [snapshotWrite(item(subject.snapshot), snapshot, deps)]),
  ]);
  if (!isWritten) return undefined;
  const held = snapshot === undefined ? undefined : { stored: { ...stored, version: stored.version + 1 }, episode, snapshot };
  return { held, isMerged };
}

/** The finding that is told: this one, or what there was before with what this one adds. */
function snapshotOf({ finding, from, subject, item }: Finding, episode: Episode): Snapshot {
  const { origin, evidence, way, replay } = from;
  const known = unpacked(item(subject.snapshot).content);
  // A rule in the stream sees what is new alone; all others tell the whole of it.
  const isWhole = subject.events === undefined || episode.revision === 0 || known === undefined;
  const base = isWhole ? finding : known.finding;
  return { finding: versionOf(base, isWhole ? { ...episode, related: [], evidences: [] } : episode), origin, evidence, way, replay };
}

function hitOf(finding: OcsfEvent, { uid }: Subject, events: number): Hit {
  const { title, account } = describe(finding);
  const info = object(finding['finding_info']);
  const [from, to] = [info?.['first_seen_time'], info?.['last_seen_time']];
  const own = isOwn(finding);
  const first = typeof from === 'number' ? from : finding.time;
  // Of another product, when it said so: that is what tells whether it goes on.
  const last = own && typeof to === 'number' ? to : Math.max(finding.time, typeof to === 'number' ? to : 0);
  return { ...ruleOf(finding), ...detailsOf(finding), uid, title, account, isOwn: own, severity: finding.severity_id, events, first, last };
}

function ruleOf(finding: OcsfEvent): Pick<Hit, 'rule' | 'ruleName'> {
  const { rule, ruleId } = describe(finding);
  return { rule: ruleId ?? rule, ruleName: rule };
}

/** Whoever reports it chooses its times: one of the future must not keep what comes until then quiet. */
function closedAt(finding: OcsfEvent, { last }: Episode, now: number): number {
  return Math.max(Math.min(finding.time, now + SKEW_MS), last);
}

/** It is over, says who found it: nothing more is told of it, and nobody has to look at it. */
async function noteClosed(finding: OcsfEvent, from: FindingOrigin, deps: AlertDeps): Promise<void> {
  const { bank, claims } = deps;
  const { id } = subjectOf(finding, { bank: bank.bank, way: from.way, evidence: from.evidence, isOld: false });
  await untilWritten(`alert ${id}`, async () => {
    const now = deps.now();
    const stored = (await readItems(claims, [id], now))(id);
    const before = episodeOf(stored);
    const after = before === undefined || before.pending !== undefined ? before : afterClosing(before, closedAt(finding, before, now));
    if (after === undefined || after === before) return true;
    return (await writeItems(claims, [episodeWrite(stored, after, deps)])) ? true : undefined;
  });
}
