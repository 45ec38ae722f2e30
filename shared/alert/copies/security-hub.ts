// Findings of ours in Security Hub. They are imported as those of the security account, which is the one that may; the account that they are about
// is their resource. What people say of them there and here are two things: ours is written there. https://docs.aws.amazon.com/securityhub/latest/userguide/finding-update-batchimportfindings.html,
// https://docs.aws.amazon.com/securityhub/1.0/APIReference/API_BatchUpdateFindings.html
import {
  BatchImportFindingsCommand,
  BatchUpdateFindingsCommand,
  type AwsSecurityFinding,
  type Resource,
  type SecurityHubClient,
  type WorkflowStatus,
} from '@aws-sdk/client-securityhub';
import type { BankConfig } from '../../config.ts';
import type { OcsfEvent } from '../../model.ts';
import { isArray, isObject, object, text } from '../../outcome.ts';
import { describe } from '../description.ts';
import type { Episode, FindingStatus } from '../episode.ts';

/** Limits of ASFF. https://docs.aws.amazon.com/securityhub/latest/userguide/asff-required-attributes.html */
const MAX_TITLE = 256;
const MAX_DESCRIPTION = 1024;
const MAX_RESOURCES = 32;
const MAX_ID = 512;
const MAX_CALL = 100;

const LABELS = { informational: 'INFORMATIONAL', low: 'LOW', medium: 'MEDIUM', high: 'HIGH', critical: 'CRITICAL' } as const;
const WORKFLOW: Readonly<Record<FindingStatus, WorkflowStatus>> = {
  new: 'NEW',
  acknowledged: 'NOTIFIED',
  closed: 'RESOLVED',
  suppressed: 'SUPPRESSED',
};

export interface Import {
  readonly bank: BankConfig;
  readonly finding: OcsfEvent;
  readonly episode: Episode;
}

/** Imports the finding as it stands, and what people have said of it. @throws Error where Security Hub refuses it. */
export async function importFinding(client: SecurityHubClient, { bank, finding, episode }: Import): Promise<void> {
  const asff = asffOf({ bank, finding, episode });
  const [failed] = await importAll(client, [asff]);
  if (failed !== undefined) throw new Error(`Security Hub refuses finding ${failed.id}: ${failed.reason}`);
  // Not by import: what belongs to who works with findings cannot be changed by it.
  if (episode.revision > 0) await update(client, asff, episode);
}

export interface Refused {
  readonly id: string;
  readonly reason: string;
}

/** @returns those that were refused. */
export async function importAll(client: SecurityHubClient, findings: readonly AwsSecurityFinding[]): Promise<readonly Refused[]> {
  const refused: Refused[] = [];
  for (let at = 0; at < findings.length; at += MAX_CALL) {
    const { FailedFindings = [] } = await client.send(new BatchImportFindingsCommand({ Findings: findings.slice(at, at + MAX_CALL) }));
    refused.push(
      ...FailedFindings.map(({ Id, ErrorCode, ErrorMessage }) => ({
        id: Id ?? '',
        reason: `${ErrorCode ?? ''} ${ErrorMessage ?? ''}`.trim(),
      })),
    );
  }
  return refused;
}

async function update(client: SecurityHubClient, { Id, ProductArn }: AwsSecurityFinding, { status, changed }: Episode): Promise<void> {
  const note = changed === undefined ? {} : { Note: { Text: changed.reason.slice(0, 512), UpdatedBy: changed.by.slice(0, 512) } };
  const { UnprocessedFindings = [] } = await client.send(
    new BatchUpdateFindingsCommand({ FindingIdentifiers: [{ Id, ProductArn }], Workflow: { Status: WORKFLOW[status] }, ...note }),
  );
  const [first] = UnprocessedFindings;
  if (first !== undefined)
    throw new Error(`Security Hub does not update finding ${Id ?? ''}: ${first.ErrorCode ?? ''} ${first.ErrorMessage ?? ''}`);
}

/** @returns the finding in ASFF with all that is required; its id is the same for the same finding. */
export function asffOf({ bank, finding, episode }: Import): AwsSecurityFinding {
  const { title, desc, severity, rule, ruleId } = describe(finding);
  const { security_account: account, region } = bank;
  const remediation = text(object(finding['remediation'])?.['desc']);
  const at = episode.toldAt;
  return {
    SchemaVersion: '2018-10-08',
    Id: `strongroom/${bank.bank}/${episode.uid}`.slice(0, MAX_ID),
    ProductArn: `arn:aws:securityhub:${region}:${account}:product/${account}/default`,
    ProductName: 'Strongroom',
    CompanyName: 'Strongroom',
    GeneratorId: `strongroom/${ruleId ?? rule}`.slice(0, MAX_ID),
    AwsAccountId: account,
    CreatedAt: new Date(episode.opened).toISOString(),
    // A later one replaces an earlier one.
    UpdatedAt: new Date(Math.max(at, episode.changed?.at ?? 0, episode.opened)).toISOString(),
    FirstObservedAt: new Date(episode.first).toISOString(),
    LastObservedAt: new Date(episode.last).toISOString(),
    Severity: { Label: LABELS[severity] },
    FindingProviderFields: { Severity: { Label: LABELS[severity] }, Types: ['TTPs'] },
    Types: ['TTPs'],
    Title: title.slice(0, MAX_TITLE),
    Description: (desc ?? title).slice(0, MAX_DESCRIPTION),
    ...(remediation === undefined ? {} : { Remediation: { Recommendation: { Text: remediation.slice(0, 512) } } }),
    Resources: resourcesOf(finding, bank),
    RecordState: episode.status === 'closed' ? 'ARCHIVED' : 'ACTIVE',
  };
}

function resourcesOf(finding: OcsfEvent, { region, security_account: security }: BankConfig): Resource[] {
  const cloud = object(finding['cloud']);
  const account = text(object(cloud?.['account'])?.['uid']) ?? security;
  const place = text(cloud?.['region']) ?? region;
  const named = isArray(finding['resources']) ? finding['resources'].filter(isObject) : [];
  const others = named.slice(0, MAX_RESOURCES - 1).flatMap(({ uid }) => {
    const id = text(uid);
    return id === undefined ? [] : [{ Type: 'Other', Id: id.slice(0, MAX_ID), Region: place }];
  });
  return [{ Type: 'AwsAccount', Id: `AWS::::Account:${account}`, Region: place }, ...others];
}
