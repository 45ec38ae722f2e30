// Findings to people: claim → hub → SNS → mark sent. Every step can be repeated, so a worker may fail anywhere and the next one goes on.
import { PublishCommand, type SNSClient } from '@aws-sdk/client-sns';
import type { BankConfig } from '../config.ts';
import { isOwn } from '../detect/log-sources.ts';
import { createBatcher, fitsHub } from '../hub/batch.ts';
import { toDocument } from '../hub/document.ts';
import { publish, type HubTarget } from '../hub/publish.ts';
import type { HubDocument, OcsfEvent, Origin } from '../model.ts';
import { SEVERITY } from '../ocsf/classes.ts';
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
 * once. A finding that comes again is sent again only when its severity has risen.
 * @throws RetryableError, or what AWS says, when the rest must be tried again.
 */
export async function raiseAlerts(findings: readonly OcsfEvent[], from: FindingOrigin, deps: AlertDeps): Promise<Raised> {
  const raised = { published: 0, alerted: 0, repeated: 0 };
  for (const finding of findings) {
    const own = isOwn(finding);
    if (!isAlerted(finding, deps.bank)) {
      if (own) raised.published += await publishFinding(finding, from, deps);
      continue;
    }
    const mine: Claim = { id: findingKey(finding, deps.bank.bank, from.way), severityId: finding.severity_id, now: deps.now() };
    if (!(await claim(deps.claims, mine))) {
      raised.repeated++;
      continue;
    }
    try {
      if (own) raised.published += await publishFinding(finding, from, deps);
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

/** Our rules decide by their level; what other products report, the bank's threshold. Neither alerts that a finding was closed. */
function isAlerted(finding: OcsfEvent, { alerts }: BankConfig): boolean {
  if (finding.activity_id === CLOSE || finding['is_alert'] === false) return false;
  if (finding.severity_id > SEVERITY.fatal) return false;
  return isOwn(finding) || finding.severity_id >= SEVERITY[alerts.min_severity];
}

async function publishFinding(finding: OcsfEvent, { origin }: FindingOrigin, { hub }: AlertDeps): Promise<number> {
  const records: Buffer[] = [];
  const batcher = createBatcher({ hub: 1, origin: { ...origin, source: FINDINGS_SOURCE }, evidence: '' }, (record) => records.push(record));
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
