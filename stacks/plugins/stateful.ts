// What must outlive every update: resources that hold something, by type, with the properties that cannot be changed in place. Another logical id,
// another type or another value of one of these makes CloudFormation build a new, empty resource.
// The properties are `createOnlyProperties` and `conditionalCreateOnlyProperties` of the types' schemas; those of a KMS key can never be changed.
// https://docs.aws.amazon.com/cloudformation-cli/latest/userguide/resource-type-schema.html
import { isObject, object, text } from '../../shared/outcome.ts';

export const STATEFUL: Readonly<Record<string, readonly string[]>> = {
  'AWS::S3::Bucket': ['BucketName', 'BucketNamePrefix', 'BucketNamespace'],
  'AWS::KMS::Key': ['KeySpec', 'KeyUsage', 'MultiRegion', 'Origin'],
  'AWS::KMS::ReplicaKey': ['PrimaryKeyArn'],
  'AWS::Kinesis::Stream': ['Name'],
  'AWS::DynamoDB::Table': ['TableName', 'KeySchema', 'ImportSourceSpecification'],
  'AWS::OpenSearchService::Domain': ['DomainName', 'EngineMode', 'EncryptionAtRestOptions', 'AdvancedSecurityOptions.Enabled'],
  // What waits in them, and who confirmed that he wants alerts.
  'AWS::SQS::Queue': ['QueueName', 'FifoQueue'],
  'AWS::SNS::Topic': ['TopicName', 'FifoTopic'],
  // Other accounts have their ARNs.
  'AWS::Events::EventBus': ['Name'],
  'AWS::Logs::Destination': ['DestinationName'],
  'AWS::CloudTrail::Trail': ['TrailName'],
  'AWS::Backup::BackupVault': ['BackupVaultName', 'EncryptionKeyArn'],
  'AWS::Organizations::OrganizationalUnit': ['ParentId'],
  // The stacks of the bank's other accounts hang on it.
  'AWS::CloudFormation::StackSet': ['StackSetName', 'PermissionModel'],
  // Its place in the stream or topic: another mapping begins anew.
  'AWS::Lambda::EventSourceMapping': ['EventSourceArn', 'StartingPosition', 'StartingPositionTimestamp', 'SelfManagedEventSource'],
};

/** Those that hold data of their own: they stay when the stack goes. */
export const KEPT = [
  'AWS::S3::Bucket',
  'AWS::KMS::Key',
  'AWS::KMS::ReplicaKey',
  'AWS::Kinesis::Stream',
  'AWS::DynamoDB::Table',
  'AWS::OpenSearchService::Domain',
];

/** What a resource is to CloudFormation. */
export interface Identity {
  readonly type: string;
  /** Those of the type's properties above that it has. */
  readonly properties: Readonly<Record<string, unknown>>;
}

/** By logical id. */
export type Identities = Readonly<Record<string, Identity>>;

/** @param template as CloudFormation has it. @returns its stateful resources; none for what is no template. */
export function statefulOf(template: unknown): Identities {
  const resources = object(isObject(template) ? template['Resources'] : undefined) ?? {};
  const found = Object.entries(resources).flatMap(([id, resource]) => {
    const type = text(object(resource)?.['Type']) ?? '';
    const fixed = STATEFUL[type];
    if (fixed === undefined) return [];
    const properties = fixed.flatMap((path) => {
      const value = path.split('.').reduce<unknown>((at, key) => (isObject(at) ? at[key] : undefined), object(resource)?.['Properties']);
      return value === undefined ? [] : [[path, value] as const];
    });
    return [[id, { type, properties: Object.fromEntries(properties) }] as const];
  });
  return Object.fromEntries(found.sort(([a], [b]) => (a < b ? -1 : 1)));
}

export interface Loss {
  /** Logical id. */
  readonly id: string;
  /** One sentence. */
  readonly why: string;
}

/** @returns what an update from one template to the other would replace or take out of the stack. */
export function lossesBetween(before: Identities, after: Identities): readonly Loss[] {
  return Object.entries(before).flatMap(([id, was]) => {
    const is = after[id];
    if (is === undefined) return [{ id, why: `${id} (${was.type}) is no longer in the template` }];
    if (is.type !== was.type) return [{ id, why: `${id} is ${is.type} now, it was ${was.type}` }];
    return (STATEFUL[was.type] ?? []).flatMap((path) => {
      const [from, to] = [was.properties[path], is.properties[path]].map(written);
      return from === to
        ? []
        : [{ id, why: `${path} of ${id} (${was.type}) would change from ${from} to ${to}, and the resource be replaced` }];
    });
  });
}

function written(value: unknown): string {
  return value === undefined ? 'nothing' : JSON.stringify(value);
}

/** The same as a stack policy, which CloudFormation itself holds to, whoever updates the stack with whatever template. */
export interface StackPolicyStatement {
  readonly Effect: 'Allow' | 'Deny';
  readonly Principal: '*';
  readonly Action: string | readonly string[];
  readonly Resource?: string;
  readonly NotResource?: readonly string[];
  readonly Condition?: object;
}

/**
 * @param replaced logical ids that may be replaced or removed this time.
 * @returns statements for https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/protect-stack-resources.html
 */
export function stackPolicy(replaced: readonly string[]): readonly StackPolicyStatement[] {
  return [
    { Effect: 'Allow', Principal: '*', Action: 'Update:*', Resource: '*' },
    {
      Effect: 'Deny',
      Principal: '*',
      Action: ['Update:Replace', 'Update:Delete'],
      ...(replaced.length === 0 ? { Resource: '*' } : { NotResource: replaced.map((id) => `LogicalResourceId/${id}`) }),
      Condition: { StringEquals: { ResourceType: Object.keys(STATEFUL) } },
    },
  ];
}
