// What the bank's file says of OpenSearch (schemas/config/bank.schema.json).
// https://docs.aws.amazon.com/opensearch-service/latest/developerguide/createupdatedomains.html
/** How the indices of events are made, closed and given up. All in days. */
export interface LifecycleConfig {
  /** Before a period begins. */
  readonly ahead_days?: number;
  /** After it has ended. */
  readonly close_after_days?: number;
  /** Copies beside each primary shard. */
  readonly replicas?: number;
  /** From then on none, where a snapshot has the index. */
  readonly single_copy_after_days?: number;
  /** Amazon's UltraWarm and cold storage, where the domain has them. */
  readonly warm_after_days?: number;
  readonly cold_after_days?: number;
  /** For which an index that another one has replaced is kept. */
  readonly replaced_days?: number;
}

/** As S3 names its storage classes. One-zone classes are none for evidence. */
export interface OpenSearchDomain {
  readonly instance_type: string;
  readonly instance_count: number;
  readonly volume_gib: number;
  readonly subnet_ids: readonly string[];
  readonly security_group_ids: readonly string[];
  readonly master_type?: string;
  /** One of three zones stands by; see cli/bank-network.ts for what it needs. */
  readonly multi_az_with_standby?: boolean;
  /** As OpenSearch Service names its policies. */
  readonly tls_policy?: string;
  /** Begin of the ten hours in which AWS may change the domain, UTC, as 22:00. */
  readonly off_peak_start?: string;
  /** How people log in to Dashboards; their groups are members of `access.roles`. One of the two at most. */
  readonly saml?: Saml;
  readonly identity_center?: IdentityCenter;
}

/** The identity provider's metadata lies beside the bank's file, in <bank>/saml.xml. */
export interface Saml {
  readonly entity_id: string;
  /** Attribute of the assertion that has the groups. */
  readonly roles_key: string;
  /** Attribute that has the user's name; left out: the NameID. */
  readonly subject_key?: string;
  readonly session_minutes?: number;
}

export interface IdentityCenter {
  readonly instance_arn: string;
  readonly roles_key?: 'GroupName' | 'GroupId';
  readonly subject_key?: 'UserName' | 'UserId' | 'Email';
}

export type VpcEndpointService = 's3' | 'dynamodb' | 'kinesis-streams' | 'sns';

export interface VpcEndpoints {
  readonly vpc_id: string;
  /** Of the functions' subnets. */
  readonly route_table_ids: readonly string[];
  /** Those that the VPC lacks; left out: all that the functions need. */
  readonly services?: readonly VpcEndpointService[];
}
