// The bank's file (banks/<name>.yml, schemas/config/bank.schema.json) as the functions see it, and the environment that the template sets.
// Nothing else reads process.env.
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { AlertSubscription, Weekday } from './alert/config.ts';
import type { AnomaliesConfig } from './anomalies/config.ts';
import type { CoverageConfig } from './coverage/settings.ts';
import type { DeclaredPlan } from './declared/plan.ts';
import type { DetectionsConfig } from './detect/config.ts';
import type { RulePack } from './detect/pack.ts';
import { MisconfiguredError } from './errors.ts';
import type { HubFormat } from './hub/format.ts';
import type { IntelConfig } from './intel/config.ts';
import type { KafkaCluster, RawStream } from './kafka-config.ts';
import type { LifecycleConfig, OpenSearchDomain, VpcEndpoints } from './opensearch/config.ts';
import type { DeploymentConfig, OrganizationConfig, ProviderConfig, RegionConfig, ResidencyRule } from './organization/config.ts';
import type { ResidencyPolicy } from './residency/policy.ts';

export type SeverityName = 'informational' | 'low' | 'medium' | 'high' | 'critical';

export interface BankConfig {
  /** Lower-case name; stack, bucket and key names carry it. */
  readonly bank: string;
  readonly security_account: string;
  /** Of this stack; in the file, the home region: see inRegion() in shared/organization/config.ts. */
  readonly region: string;
  /** Not in the bank's file: the home region, where this is another. */
  readonly home?: string;
  /** Further regions in which the platform runs. */
  readonly regions?: readonly RegionConfig[];
  readonly organization?: OrganizationConfig;
  /** Where data may live and where it may go; left out: no rule is checked. See shared/residency/rules.ts. */
  readonly residency?: readonly ResidencyRule[];
  /** From banks/policies/*.yml: those that `residency` names. Not in the bank's file. */
  readonly policies?: Readonly<Record<string, ResidencyPolicy>>;
  readonly deployment?: DeploymentConfig;
  readonly provider?: ProviderConfig;
  readonly accounts: readonly BankAccount[];
  readonly retention: {
    /** Of the class `standard`: evidence of all sources that no other class names. */
    readonly evidence_days: number;
    readonly evidence_mode: 'governance' | 'compliance';
    /** See shared/retention/classes.ts. */
    readonly classes?: readonly RetentionClassConfig[];
    /** Colder storage for evidence, in the order of days. */
    readonly cold?: readonly ColdStep[];
    /** Events of the class `standard` in OpenSearch; left out: 365, or evidence_days where those are fewer. See shared/lifecycle/settings.ts. */
    readonly index_days?: number;
    readonly landing_days: number;
    readonly parked_days: number;
    readonly function_logs_days: number;
  };
  /** Copies of the tables in AWS Backup; left out: kept for 35 days. */
  readonly backup?: { readonly keep_days?: number };
  readonly log?: LogConfig;
  readonly opensearch: {
    readonly domain?: OpenSearchDomain;
    readonly endpoint?: string;
    /** Of the functions that talk to an endpoint inside a VPC; both or neither. */
    readonly subnet_ids?: readonly string[];
    readonly security_group_ids?: readonly string[];
    /** See shared/lifecycle/settings.ts. */
    readonly lifecycle?: LifecycleConfig;
    /** Private ways to AWS for those functions, made by the stack. Left out: the VPC has its own. */
    readonly vpc_endpoints?: VpcEndpoints;
    /** A repository that the domain knows; in a domain of our own, the stack makes it. Left out: no snapshots but the service's own. */
    readonly snapshots?: { readonly repository: string; readonly keep_days?: number };
  };
  /**
   * Which source a CloudWatch log group holds; the first match wins. `match` is a log group name, `*` stands for any run of characters;
   * with `account`, only groups of that one.
   */
  readonly log_groups: readonly { readonly match: string; readonly account?: string; readonly source: string; readonly format?: string }[];
  /** Objects under keys of the bank's own choice in the landing buckets; the first match wins, `*` stands for any run of characters. */
  readonly objects?: readonly { readonly match: string; readonly source: string; readonly format?: string; readonly account?: string }[];
  /** Partner event sources whose bus is the security account's: `aws.partner/okta.com/…`. */
  readonly partner_events?: readonly { readonly event_source: string; readonly source: string }[];
  /** CloudTrail's events over the bus as well: seconds rather than minutes late, for the price of every event twice. */
  readonly forward_cloudtrail_events?: boolean;
  /** Format of the hub records that are written from the next deployment on (shared/hub/format.ts). */
  readonly hub_format?: HubFormat;
  /** From banks/<bank>/sources/*.yml: sources that the bank has described itself. Not in the bank's file. */
  readonly declared?: readonly DeclaredPlan[];
  /** Kafka clusters whose topics are read. */
  readonly kafka?: readonly KafkaCluster[];
  /** Kinesis streams that the security stack makes for those who write their records themselves. */
  readonly streams?: readonly RawStream[];
  /** Events left out of hub and index (never of the evidence), each under its name. */
  readonly exclusions: readonly Exclusion[];
  /** What is taken out of the hub and index copy; the evidence keeps it. */
  readonly redaction: readonly { readonly field: string; readonly action: 'remove' | 'mask' }[];
  /** What becomes of values that are known by their form, wherever they stand; left out: see SENSITIVE_DEFAULTS. */
  readonly sensitive?: Partial<Readonly<Record<'pan' | 'iban' | 'swift' | 'email', 'keep' | 'mask' | 'pseudonym'>>>;
  readonly alerts: {
    /** Findings of other products (GuardDuty) at or above it are alerted. */
    readonly min_severity: SeverityName;
    /** Addresses and networks no flow may reach or come from. */
    readonly bad_addresses: readonly string[];
    readonly subscriptions: readonly AlertSubscription[];
    /** What is left out of these: see shared/alert/settings.ts. */
    readonly window_minutes?: number;
    readonly storm?: Partial<Readonly<Record<'rule_per_hour' | 'bank_per_hour' | 'critical_per_hour', number>>>;
    readonly digest?: { readonly send?: boolean; readonly weekday?: Weekday; readonly hour?: number };
    /** Name, or ARN, of an event bus that gets a copy of each alert. */
    readonly event_bus?: string;
    /** Whether findings of ours are imported into Security Hub of the security account. */
    readonly security_hub?: boolean;
  };
  /** What becomes of the rules that ship; left out: all of them as they are. See shared/detect/tuning.ts. */
  readonly detections?: DetectionsConfig;
  /** From banks/<bank>/rules/*.yml: rules of the bank's own. Not in the bank's file. */
  readonly rules?: RulePack;
  /** Threat intelligence: whose indicators are matched. Left out: none. */
  readonly intel?: IntelConfig;
  /** What events and findings get that their logs do not say: see shared/enrich/enrich.ts. Left out: nothing but indicators. */
  readonly enrichment?: EnrichmentConfig;
  /** What is unusual, without a rule: see shared/anomalies/settings.ts. */
  readonly anomalies?: AnomaliesConfig;
  /** Whether logging is switched on where it is off: see shared/coverage/settings.ts. */
  readonly coverage?: CoverageConfig;
  /** Who may see what in OpenSearch. Left out in a domain of others, its administrators give access. */
  readonly access?: { readonly roles: readonly AccessRole[] };
  /** Alarms about the platform itself; only the template reads it. */
  readonly operations?: {
    readonly subscriptions?: readonly Subscription[];
    /**
     * Sources that must not fall silent for longer than this, in any account that has delivered before or is named: `all` of the bank's.
     * Left out: all for cloudtrail, for others those that have delivered.
     */
    readonly silence?: readonly { readonly source: string; readonly minutes: number; readonly accounts?: 'all' | readonly string[] }[];
  };
}

export interface EnrichmentConfig {
  /** Names of databases in MaxMind's format, objects below geo/ of the reference bucket; where two know something, the first is believed. */
  readonly geo?: readonly string[];
  /** Networks of the bank or of others whose service is known. */
  readonly services?: readonly KnownService[];
  /** What much hangs on; findings about it say so. */
  readonly assets?: readonly AssetConfig[];
}

export interface KnownService {
  readonly name: string;
  /** Addresses and networks in CIDR notation. */
  readonly networks: readonly string[];
}

export type Criticality = 'low' | 'medium' | 'high' | 'critical';

export interface AssetConfig {
  readonly name: string;
  /** Addresses, networks, host names, ARNs or names of resources; in the last three `*` stands for any run of characters. */
  readonly match: readonly string[];
  readonly criticality: Criticality;
}

/**
 * What a role is made from: analyst, responder, auditor and regulator read documents; platform operates the indices and upgrade copies them,
 * with all that they hold. See shared/opensearch/roles.ts.
 */
export type BaseRole = 'analyst' | 'responder' | 'auditor' | 'regulator' | 'platform' | 'upgrade';

/** As stored, as hashes, or not at all: see shared/opensearch/roles-personal.ts. */
export type PersonalData = 'clear' | 'masked' | 'hidden';

export interface AccessRole {
  /** Of our own choice; the role in OpenSearch is strongroom-<role>-<name>. */
  readonly name: string;
  readonly role: BaseRole;
  /** ARNs of IAM roles and users, names of groups of the identity provider. */
  readonly members: readonly string[];
  /** Whose documents, and of which sources; left out: of all. */
  readonly accounts?: readonly string[];
  readonly sources?: readonly string[];
  /** First and last day of events (UTC), as 2026-11-21. */
  readonly from?: string;
  readonly to?: string;
  /** Left out: clear for analyst and responder, masked for auditor and regulator. */
  readonly personal_data?: PersonalData;
}

/** The log of evidence: shared/notary/append.ts. */
export interface LogConfig {
  /** Between two checkpoints, at most and where anything was sealed; left out: see shared/notary/settings.ts. */
  readonly checkpoint_seconds?: number;
  /** Kind of the keys of the log and of its witness; left out: p256. */
  readonly signature?: 'p256' | 'ed25519';
  /** Another account, of others than those who run this, that signs the checkpoints too. */
  readonly witness?: {
    readonly account: string;
    readonly region?: string;
    /** Its public key, as a verifier key of a C2SP note. */
    readonly key?: string;
    /** Who hears that the witness has refused a checkpoint. */
    readonly subscriptions?: readonly Subscription[];
  };
}

/** Evidence of some sources that is kept for another time than the rest. */
export interface RetentionClassConfig {
  /** Of our own choice: messages and key names carry it, so it never changes its meaning. */
  readonly name: string;
  /** None where nothing is sealed in it any more: what was is still deleted by it. */
  readonly sources: readonly string[];
  readonly evidence_days: number;
  readonly evidence_mode: 'governance' | 'compliance';
  /** Their events in OpenSearch; left out: as of the class `standard`. */
  readonly index_days?: number;
}

export type ColdStorage = 'STANDARD_IA' | 'GLACIER_IR' | 'GLACIER' | 'DEEP_ARCHIVE';

export interface ColdStep {
  readonly after_days: number;
  readonly storage_class: ColdStorage;
}

export interface BankAccount {
  readonly id: string;
  readonly name: string;
  readonly owner?: string;
  /** Organizational unit, as the bank names it. This and what follows is told by findings of the account. */
  readonly ou?: string;
  readonly environment?: string;
  readonly criticality?: Criticality;
  readonly tags?: Readonly<Record<string, string>>;
  /** Log groups that the account's workload stack subscribes to the intake. */
  readonly log_groups?: readonly string[];
  /** Regions whose logs are taken; left out: the home region. */
  readonly regions?: readonly string[];
  /** Sources that must be seen of it in each of its regions (`strongroom status`); left out: see shared/status/expected.ts. */
  readonly sources?: readonly string[];
}

export interface Subscription {
  readonly protocol: 'email' | 'https' | 'sqs';
  readonly endpoint: string;
}

/** What an attribute of an event must be. */
export interface Condition {
  /** Attribute path in the OCSF event, dots between the names. */
  readonly field: string;
  readonly equals?: string | number | boolean;
  readonly starts_with?: string;
}

export interface Exclusion extends Condition {
  readonly name: string;
  readonly source: string;
  /** More that must hold. */
  readonly and?: readonly Condition[];
  /** Nothing is left out yet: what would be is counted in the log and by `strongroom normalize --bank`. */
  readonly dry_run?: boolean;
  readonly reason: string;
}

/** What the template tells a function through its environment. Absent where a function has no business with it. */
export interface Environment {
  readonly region: string;
  /** Set only where AWS is emulated; clients then leave HTTP/2 alone. */
  readonly endpoint: string | undefined;
  readonly functionName: string;
  readonly vaultBucket: string | undefined;
  readonly parkedBucket: string | undefined;
  /** Indicators, places, the organization: what events are enriched with. */
  readonly referenceBucket: string | undefined;
  readonly evidenceKeyArn: string | undefined;
  readonly periodKeysBucket: string | undefined;
  /** ARNs of the roles that may decrypt with the evidence key, joined by commas. */
  readonly evidenceRoles: string | undefined;
  /** HMAC key of the bank's pseudonyms. */
  readonly pseudonymKeyArn: string | undefined;
  readonly hubStream: string | undefined;
  readonly opensearchUrl: string | undefined;
  /** Where the snapshots of our own domain go, and the role by which it does so. */
  readonly snapshotBucket: string | undefined;
  readonly snapshotRoleArn: string | undefined;
  /** Functions that provision lets into OpenSearch; set only where access to it is ours to give. */
  readonly indexRoleArn: string | undefined;
  readonly lifecycleRoleArn: string | undefined;
  readonly anomaliesRoleArn: string | undefined;
  readonly intelHuntRoleArn: string | undefined;
  readonly correlateRoleArn: string | undefined;
  readonly alertTopicArn: string | undefined;
  readonly alertTable: string | undefined;
  /** Function that asks the index for the numbers of the weekly digest, and its IAM role, where access to the index is ours to give. */
  readonly digestFunction: string | undefined;
  readonly digestRoleArn: string | undefined;
  /** Key that signs the log, and the log's table. */
  readonly logKeyArn: string | undefined;
  readonly logTable: string | undefined;
  /** Of a witness: its key, its table, its bucket, and the verifier keys of the log, joined by commas. */
  readonly witnessKeyArn: string | undefined;
  readonly witnessTable: string | undefined;
  readonly witnessBucket: string | undefined;
  readonly logKeys: string | undefined;
}

export function readEnvironment(env: NodeJS.ProcessEnv = process.env): Environment {
  return {
    region: env['AWS_REGION'] ?? 'us-east-1',
    endpoint: env['AWS_ENDPOINT_URL'],
    functionName: env['AWS_LAMBDA_FUNCTION_NAME'] ?? 'strongroom',
    vaultBucket: env['VAULT_BUCKET'],
    parkedBucket: env['PARKED_BUCKET'],
    referenceBucket: env['REFERENCE_BUCKET'],
    evidenceKeyArn: env['EVIDENCE_KEY_ARN'],
    periodKeysBucket: env['PERIOD_KEYS_BUCKET'],
    evidenceRoles: env['EVIDENCE_ROLES'],
    pseudonymKeyArn: env['PSEUDONYM_KEY_ARN'],
    hubStream: env['HUB_STREAM'],
    opensearchUrl: env['OPENSEARCH_URL'],
    snapshotBucket: env['SNAPSHOT_BUCKET'],
    snapshotRoleArn: env['SNAPSHOT_ROLE_ARN'],
    indexRoleArn: env['INDEX_ROLE_ARN'],
    lifecycleRoleArn: env['LIFECYCLE_ROLE_ARN'],
    anomaliesRoleArn: env['ANOMALIES_ROLE_ARN'],
    intelHuntRoleArn: env['INTEL_HUNT_ROLE_ARN'],
    correlateRoleArn: env['CORRELATE_ROLE_ARN'],
    alertTopicArn: env['ALERT_TOPIC_ARN'],
    alertTable: env['ALERT_TABLE'],
    digestFunction: env['DIGEST_FUNCTION'],
    digestRoleArn: env['DIGEST_ROLE_ARN'],
    logKeyArn: env['LOG_KEY_ARN'],
    logTable: env['LOG_TABLE'],
    witnessKeyArn: env['WITNESS_KEY_ARN'],
    witnessTable: env['WITNESS_TABLE'],
    witnessBucket: env['WITNESS_BUCKET'],
    logKeys: env['LOG_KEYS'],
  };
}

/** @throws MisconfiguredError naming the variable, where the template did not set it. */
export function required(name: keyof Environment, environment: Environment): string {
  const found = environment[name];
  if (found === undefined)
    throw new MisconfiguredError(`environment: ${name} is not set for ${environment.functionName}; see its function.yml`);
  return found;
}

/** The bank's file, validated and packed as bank.json beside the function's code when the stack was packaged. */
export function loadPackagedBank(directory: string = process.env['LAMBDA_TASK_ROOT'] ?? '.'): BankConfig {
  return JSON.parse(readFileSync(join(directory, 'bank.json'), 'utf8')) as BankConfig;
}
