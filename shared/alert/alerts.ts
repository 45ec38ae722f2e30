// Findings to people: claim → hub → SNS → mark sent. Every step can be repeated, so a worker may fail anywhere and the next one goes on.
import { PublishCommand, type SNSClient } from '@aws-sdk/client-sns';
import type { BankConfig } from '../config.ts';
import { isOwn } from '../detect/log-sources.ts';
import { createBatcher, fitsHub } from '../hub/batch.ts';
import { toDocument } from '../hub/document.ts';
import { publish, type HubTarget } from '../hub/publish.ts';
import type { HubDocument, OcsfEvent, Origin, ReplayMark } from '../model.ts';
import { SEVERITY } from '../ocsf/classes.ts';
import { longestLock } from '../retention/classes.ts';
import { claim, markSent, release, type Claim, type ClaimTable } from './claims.ts';
import { findingKey, messageOf } from './message.ts';

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

/** Where the findings come from. */
export interface FindingOrigin {
  readonly origin: Origin;
  /** Vault key of the sealed bytes. */
  readonly evidence: string;
  /** See Route.way in shared/sources/routes.ts. */
  readonly way?: string | undefined;
  /** Where the events are old: see ReplayMark. */
  readonly replay?: ReplayMark | undefined;
}

export interface Raised {
  /** Findings of ours put into the hub. */
  readonly published: number;
  readonly alerted: number;
  /** Alerts that were out already. */
  readonly repeated: number;
}

/** Name of the source under which findings of ours travel. */
const FINDINGS_SOURCE = 'strongroom';
const CLOSE = 3;

/**
 * Findings of our rules go into the hub; those, and findings of other products from the bank's threshold on, become one message each,
 * once. A finding that comes again is sent again only when its severity has risen. What a replay finds is sent only where the replay is to
 * alert, and never if it was sent when it was new.
 * @throws RetryableError, or what AWS says, when the rest must be tried again.
 */
export async function raiseAlerts(findings: readonly OcsfEvent[], from: FindingOrigin, deps: AlertDeps): Promise<Raised> {
  const raised = { published: 0, alerted: 0, repeated: 0 };
  for (const finding of findings) {
    const own = isOwn(finding);
    const alerts = from.replay?.alerts !== false && isAlerted(finding, deps.bank);
    // A replay may be there to bring back an index that was lost: what was alerted once is in it too.
    const first = own && (from.replay !== undefined || !alerts);
    if (first) raised.published += await publishFinding(finding, from, deps);
    if (!alerts) continue;
    const mine = claimOf(finding, from, deps);
    if (!(await claim(deps.claims, mine))) {
      raised.repeated++;
      continue;
    }
    try {
      if (own && !first) raised.published += await publishFinding(finding, from, deps);
      await send(finding, from, deps);
    } catch (error) {
      // Without it the redelivery waits until the lease ends: a pity, not a loss.
      await release(deps.claims, mine).catch(() => undefined);
      throw error;
    }
    await markSent(deps.claims, mine);
    raised.alerted++;
  }
  return raised;
}

function claimOf(finding: OcsfEvent, { way, replay }: FindingOrigin, { bank, now }: AlertDeps): Claim {
  return {
    id: findingKey(finding, bank.bank, way),
    severityId: finding.severity_id,
    now: now(),
    isOld: replay !== undefined,
    keptDays: longestLock(bank.retention).days,
  };
}

/** Our rules decide by their level; what other products report, the bank's threshold. Neither alerts that a finding was closed. */
function isAlerted(finding: OcsfEvent, { alerts }: BankConfig): boolean {
  if (finding.activity_id === CLOSE || finding['is_alert'] === false) return false;
  if (finding.severity_id > SEVERITY.fatal) return false;
  return isOwn(finding) || finding.severity_id >= SEVERITY[alerts.min_severity];
}

async function publishFinding(finding: OcsfEvent, { origin, replay: mark }: FindingOrigin, { hub }: AlertDeps): Promise<number> {
  const records: Buffer[] = [];
  // Whatever the replay is for, its findings are indexed.
  const replay = mark === undefined ? undefined : ({ ...mark, to: 'hub' } as const);
  const header = { hub: 1, origin: { ...origin, source: FINDINGS_SOURCE }, evidence: '', replay } as const;
  const batcher = createBatcher(header, (record) => records.push(record));
  batcher.add(documentOf(finding));
  batcher.end();
  await publish(records, hub);
  return 1;
}

/** Evidence and resources are of somebody else's making: where no hub record can hold them, they are left to the events they come from. */
function documentOf(finding: OcsfEvent): HubDocument {
  const whole = toDocument(finding);
  if (fitsHub(whole)) return whole;
  const unmapped = { ...finding.unmapped, left_out: ['evidences', 'resources'] };
  return toDocument({ ...finding, evidences: undefined, resources: undefined, unmapped });
}

async function send(finding: OcsfEvent, { evidence, way }: FindingOrigin, { bank, sns, topicArn, vaultBucket }: AlertDeps): Promise<void> {
  const { subject, body, attributes } = messageOf(finding, { bank, vaultBucket, evidence, way });
  await sns.send(new PublishCommand({ TopicArn: topicArn, Subject: subject, Message: body, MessageAttributes: attributes }));
}
