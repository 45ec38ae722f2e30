// The policies of a compiled stack as evaluate.ts takes them: by ARN, with CloudFormation's functions resolved.
// https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/intrinsic-function-reference.html
import type { JsonObject } from '../../shared/model.ts';
import { isArray, isObject, object, text } from '../../shared/outcome.ts';
import { at, list, type Compiled, type Resource } from '../template/compile.ts';

/** Where the stack is deployed. */
export interface Place {
  /** 12 digits. */
  readonly account: string;
  readonly region: string;
}

/** Policy documents by ARN. */
type ByArn = ReadonlyMap<string, readonly unknown[]>;

export interface StackPolicies {
  /** What each role may: the ARNs are those of all roles of the stack. */
  readonly identity: ByArn;
  /** Of buckets, keys, queues, topics, buses, streams, destinations, functions, domains and, as trust policies, of roles. */
  readonly resource: ByArn;
}

/** @returns every policy of the stack. */
export function policiesOf(compiled: Compiled, place: Place): StackPolicies {
  const named = compiled.resources.map((resource) => ({ ...resource, arn: arnOf(resource, place) }));
  const arns = new Map(named.flatMap(({ id, arn }) => (arn === undefined ? [] : [[id, arn]])));
  const resolve = (value: unknown): unknown => resolved(value, arns, place);
  const policies = { identity: new Map<string, unknown[]>(), resource: new Map<string, unknown[]>() };
  for (const { id, type, arn = id, ...one } of named) {
    const properties = object(resolve(one.properties)) ?? {};
    if (type === 'AWS::IAM::Role' && !policies.identity.has(arn)) policies.identity.set(arn, []);
    for (const { kind, on, policy } of attachments({ type, arn, properties }, place)) {
      policies[kind].set(on, [...(policies[kind].get(on) ?? []), policy]);
    }
  }
  return policies;
}

/** @returns the policies on the resource with this ARN; those of a bucket for its objects. */
export function policiesOn({ resource }: StackPolicies, arn: string): readonly unknown[] {
  return resource.get(arn) ?? resource.get(arn.split('/')[0] ?? '') ?? [];
}

interface Attachment {
  readonly kind: keyof StackPolicies;
  /** ARN. */
  readonly on: string;
  readonly policy: unknown;
}

interface Attached {
  readonly type: string;
  readonly arn: string;
  readonly properties: JsonObject;
}

/** What a resource says about who may do what, to itself or to another. */
function attachments({ type, arn, properties }: Attached, place: Place): readonly Attachment[] {
  const to = (kind: Attachment['kind'], property: string, policy: unknown): readonly Attachment[] =>
    list(properties[property]).map((on) => ({ kind, on: String(on), policy }));
  const { PolicyDocument: document } = properties;
  switch (type) {
    case 'AWS::IAM::Role': {
      const inline = list(properties['Policies']).map(
        (policy) => ({ kind: 'identity', on: arn, policy: at(policy, 'PolicyDocument') }) as const,
      );
      return [{ kind: 'resource', on: arn, policy: properties['AssumeRolePolicyDocument'] }, ...inline];
    }
    case 'AWS::IAM::RolePolicy':
      return to('identity', 'RoleName', document);
    case 'AWS::IAM::ManagedPolicy':
      return to('identity', 'Roles', document);
    case 'AWS::S3::BucketPolicy':
      return to('resource', 'Bucket', document);
    case 'AWS::SQS::QueuePolicy':
      return to('resource', 'Queues', document);
    case 'AWS::SNS::TopicPolicy':
      return to('resource', 'Topics', document);
    case 'AWS::Kinesis::ResourcePolicy':
      return to('resource', 'ResourceArn', properties['ResourcePolicy']);
    case 'AWS::Lambda::Permission':
      return to('resource', 'FunctionName', permission(properties));
    case 'AWS::Events::EventBusPolicy': {
      const bus = `arn:aws:events:${place.region}:${place.account}:event-bus/`;
      const on = (name: string): string => (name.startsWith('arn:') ? name : bus + name);
      const policy = { Statement: properties['Statement'] };
      return to('resource', 'EventBusName', policy).map((attachment) => ({ ...attachment, on: on(attachment.on) }));
    }
    default: {
      const own = properties['KeyPolicy'] ?? properties['DestinationPolicy'] ?? properties['AccessPolicies'];
      return own === undefined ? [] : [{ kind: 'resource', on: arn, policy: own }];
    }
  }
}

/** https://docs.aws.amazon.com/lambda/latest/dg/access-control-resource-based.html */
function permission({ Action, FunctionName: Resource, Principal: given, SourceAccount: account, SourceArn: arn }: JsonObject): object {
  const principal = text(given) ?? '';
  const condition = {
    ...(account === undefined ? {} : { StringEquals: { 'aws:SourceAccount': account } }),
    ...(arn === undefined ? {} : { ArnLike: { 'aws:SourceArn': arn } }),
  };
  const Principal = principal.endsWith('.amazonaws.com') ? { Service: principal } : { AWS: principal };
  return { Statement: [{ Sid: 'Permission', Effect: 'Allow', Principal, Action, Resource, Condition: condition }] };
}

/** @returns the ARN; undefined for what no policy is about. */
export function arnOf({ id, type, properties }: Resource, { account, region }: Place): string | undefined {
  const here = `${region}:${account}`;
  const name = (property: string): string => text(properties[property]) ?? id;
  switch (type) {
    case 'AWS::S3::Bucket':
      return `arn:aws:s3:::${name('BucketName')}`;
    case 'AWS::KMS::Key':
    case 'AWS::KMS::ReplicaKey':
      return `arn:aws:kms:${here}:key/${id}`;
    case 'AWS::IAM::Role':
      return `arn:aws:iam::${account}:role/${name('RoleName')}`;
    case 'AWS::SQS::Queue':
      return `arn:aws:sqs:${here}:${name('QueueName')}`;
    case 'AWS::SNS::Topic':
      return `arn:aws:sns:${here}:${name('TopicName')}`;
    case 'AWS::Kinesis::Stream':
      return `arn:aws:kinesis:${here}:stream/${name('Name')}`;
    case 'AWS::DynamoDB::Table':
      return `arn:aws:dynamodb:${here}:table/${name('TableName')}`;
    case 'AWS::Events::EventBus':
      return `arn:aws:events:${here}:event-bus/${name('Name')}`;
    case 'AWS::Events::Rule':
      return `arn:aws:events:${here}:rule/${name('Name')}`;
    case 'AWS::Lambda::Function':
      return `arn:aws:lambda:${here}:function:${name('FunctionName')}`;
    case 'AWS::Logs::Destination':
      return `arn:aws:logs:${here}:destination:${name('DestinationName')}`;
    case 'AWS::Logs::LogGroup':
      return `arn:aws:logs:${here}:log-group:${name('LogGroupName')}`;
    case 'AWS::OpenSearchService::Domain':
      return `arn:aws:es:${here}:domain/${name('DomainName')}`;
    default:
      return undefined;
  }
}

/** Ref and GetAtt become the ARN, whatever they give in CloudFormation: policies and what they are attached to then speak of the same. */
function resolved(value: unknown, arns: ReadonlyMap<string, string>, place: Place): unknown {
  if (isArray(value)) return value.map((one) => resolved(one, arns, place));
  if (!isObject(value)) return value;
  const reference = text(value['Ref']);
  if (reference !== undefined) return pseudo(reference, place) ?? arns.get(reference) ?? `resource ${reference}`;
  const [of, attribute] = list(value['Fn::GetAtt']).map(String);
  if (of !== undefined) return (attribute === 'Arn' ? arns.get(of) : undefined) ?? `attribute ${of}.${attribute ?? ''}`;
  if (isArray(value['Fn::Join'])) {
    const [separator, parts] = value['Fn::Join'];
    return list(resolved(parts, arns, place))
      .map(String)
      .join(text(separator) ?? '');
  }
  const sub = text(value['Fn::Sub']);
  if (sub !== undefined) {
    return sub.replace(/\$\{(!?)([^}]*)\}/g, (whole, escaped: string, name: string) =>
      escaped === '!' ? `\${${name}}` : (pseudo(name, place) ?? arns.get(name.replace(/\.Arn$/, '')) ?? whole),
    );
  }
  return Object.fromEntries(Object.entries(value).map(([key, one]) => [key, resolved(one, arns, place)]));
}

function pseudo(name: string, { account, region }: Place): string | undefined {
  const values = new Map([
    ['AWS::AccountId', account],
    ['AWS::Region', region],
    ['AWS::Partition', 'aws'],
    ['AWS::URLSuffix', 'amazonaws.com'],
  ]);
  return values.get(name);
}
