// What the bank's own OpenSearch domain takes from the bank's file beyond its size: who logs in to Dashboards, where snapshots go, when it is changed.
// https://docs.aws.amazon.com/opensearch-service/latest/developerguide/saml.html
import { existsSync, readFileSync } from 'node:fs';
import type { BankConfig } from '../../shared/config.ts';
import type { IdentityCenter, OpenSearchDomain, Saml } from '../../shared/opensearch/config.ts';
import { samlFile } from '../../cli/bank-network.ts';

export interface DomainStack {
  readonly tlsPolicy: string;
  readonly masterType: string;
  readonly standby: boolean;
  /** Of the window for changes that AWS makes, UTC. */
  readonly window: { readonly Hours: number; readonly Minutes: number };
  /** Left out of the template where null. */
  readonly saml: object | null;
  readonly identityCenter: object | null;
  /** Whom the domain shows the log-in page: with SAML nobody has signed in with IAM before. */
  readonly visitors: unknown;
  /** Which file of stacks/resources/ has the place of the snapshots. */
  readonly snapshots: 'opensearch-snapshots' | 'opensearch-external';
  /** What provision registers that place with; null where the bank's file asks for no snapshots, or the domain is another's. */
  readonly snapshotBucket: object | null;
  readonly snapshotRole: object | null;
}

/** From 22:00 UTC on: night in Europe, evening in the Americas. AWS may begin within ten hours. */
const WINDOW = '22:00';

/** @param people whom the domain lets in by IAM. @throws Error where a file that the bank's file speaks of is not there. */
export function domainOf(bank: BankConfig, kind: string, people: readonly string[]): DomainStack {
  const { domain, snapshots } = bank.opensearch;
  const { tls_policy: tlsPolicy = TLS, master_type: masterType = MASTER, multi_az_with_standby: standby = false } = domain ?? {};
  const isOurs = kind === 'domain';
  return {
    ...{ tlsPolicy, masterType, standby },
    window: windowFrom(domain?.off_peak_start ?? WINDOW),
    saml: isOurs ? samlOf(bank.bank, domain) : null,
    identityCenter: isOurs ? identityCenterOf(domain?.identity_center) : null,
    visitors: domain?.saml === undefined ? people : '*',
    ...(isOurs && snapshots !== undefined ? SNAPSHOTS : NO_SNAPSHOTS),
  };
}

const TLS = 'Policy-Min-TLS-1-2-PFS-2023-10';
const MASTER = 'm7g.large.search';
const SNAPSHOTS = {
  snapshots: 'opensearch-snapshots',
  snapshotBucket: { Ref: 'SnapshotBucket' },
  snapshotRole: { 'Fn::GetAtt': ['SnapshotRole', 'Arn'] },
} as const;
const NO_SNAPSHOTS = { snapshots: 'opensearch-external', snapshotBucket: null, snapshotRole: null } as const;

/** @param time as 22:00. */
function windowFrom(time: string): DomainStack['window'] {
  const [hours = 0, minutes = 0] = time.split(':').map(Number);
  return { Hours: hours, Minutes: minutes };
}

function samlOf(bank: string, domain: OpenSearchDomain | undefined): object | null {
  const saml = domain?.saml;
  if (saml === undefined) return null;
  const file = samlFile('banks', bank);
  // bank.ts has looked at it already where the bank comes out of a file.
  if (!existsSync(file)) throw new Error(`opensearch.domain.saml: ${file} is not there: save the identity provider's metadata to it`);
  return samlOptions(saml, readFileSync(file, 'utf8'));
}

/** No master role: provision is the domain's master, and gives everybody else a role of his own. */
function samlOptions(
  { entity_id: entity, roles_key: roles, subject_key: subject, session_minutes: minutes }: Saml,
  metadata: string,
): object {
  return {
    Enabled: true,
    Idp: { EntityId: entity, MetadataContent: metadata },
    RolesKey: roles,
    ...(subject === undefined ? {} : { SubjectKey: subject }),
    SessionTimeoutMinutes: minutes ?? 60,
  };
}

function identityCenterOf(center: IdentityCenter | undefined): object | null {
  if (center === undefined) return null;
  return {
    EnabledAPIAccess: true,
    IdentityCenterInstanceARN: center.instance_arn,
    RolesKey: center.roles_key ?? 'GroupName',
    SubjectKey: center.subject_key ?? 'UserName',
  };
}
