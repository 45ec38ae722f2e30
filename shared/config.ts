// The bank's file (banks/<name>.yml, schemas/config/bank.schema.json) as the functions see it, and the environment that the template sets.
// Nothing else reads process.env.
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { MisconfiguredError } from './errors.ts';

export type SeverityName = 'informational' | 'low' | 'medium' | 'high' | 'critical';

export interface BankConfig {
  /** Lower-case name; stack, bucket and key names carry it. */
  readonly bank: string;
  readonly security_account: string;
  readonly region: string;
  readonly accounts: readonly { readonly id: string; readonly name: string; readonly owner?: string }[];
  readonly retention: {
    readonly evidence_days: number;
    readonly evidence_mode: 'governance' | 'compliance';
    readonly landing_days: number;
    readonly parked_days: number;
    readonly function_logs_days: number;
  };
  readonly opensearch: {
    readonly domain?: OpenSearchDomain;
    readonly endpoint?: string;
    /** Of the functions that talk to an endpoint inside a VPC; both or neither. */
    readonly subnet_ids?: readonly string[];
    readonly security_group_ids?: readonly string[];
  };
  /** Which source a CloudWatch log group holds; the first match wins. `match` is a log group name, `*` stands for any run of characters. */
  readonly log_groups: readonly { readonly match: string; readonly source: string; readonly format?: string }[];
  /** Events left out of hub and index (never of the evidence), each under its name. */
  readonly exclusions: readonly Exclusion[];
  /** What is taken out of the hub and index copy; the evidence keeps it. */
  readonly redaction: readonly { readonly field: string; readonly action: 'remove' | 'mask' }[];
  readonly alerts: {
    /** Findings of other products (GuardDuty) at or above it are alerted. */
    readonly min_severity: SeverityName;
    /** Addresses and networks no flow may reach or come from. */
    readonly bad_addresses: readonly string[];
    readonly subscriptions: readonly Subscription[];
  };
  /** Alarms about the platform itself; only the template reads it. */
  readonly operations?: {
    readonly subscriptions?: readonly Subscription[];
    /** Sources that must not fall silent for longer than this. */
    readonly silence?: readonly { readonly source: string; readonly minutes: number }[];
  };
}

export interface Subscription {
  readonly protocol: 'email' | 'https' | 'sqs';
  readonly endpoint: string;
}

export interface OpenSearchDomain {
  readonly instance_type: string;
  readonly instance_count: number;
  readonly volume_gib: number;
  readonly subnet_ids: readonly string[];
  readonly security_group_ids: readonly string[];
}

export interface Exclusion {
  readonly name: string;
  readonly source: string;
  /** Attribute path in the OCSF event, dots between the names. */
  readonly field: string;
  readonly equals?: string | number | boolean;
  readonly starts_with?: string;
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
  readonly evidenceKeyArn: string | undefined;
  readonly hubStream: string | undefined;
  readonly opensearchUrl: string | undefined;
  /** Whom provision lets into OpenSearch; set only for a domain of our own. */
  readonly indexRoleArn: string | undefined;
  readonly alertTopicArn: string | undefined;
  readonly alertTable: string | undefined;
}

export function readEnvironment(env: NodeJS.ProcessEnv = process.env): Environment {
  return {
    region: env['AWS_REGION'] ?? 'us-east-1',
    endpoint: env['AWS_ENDPOINT_URL'],
    functionName: env['AWS_LAMBDA_FUNCTION_NAME'] ?? 'strongroom',
    vaultBucket: env['VAULT_BUCKET'],
    parkedBucket: env['PARKED_BUCKET'],
    evidenceKeyArn: env['EVIDENCE_KEY_ARN'],
    hubStream: env['HUB_STREAM'],
    opensearchUrl: env['OPENSEARCH_URL'],
    indexRoleArn: env['INDEX_ROLE_ARN'],
    alertTopicArn: env['ALERT_TOPIC_ARN'],
    alertTable: env['ALERT_TABLE'],
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
