// Who may do what: nobody without a name, nothing without a bound.
// https://docs.aws.amazon.com/IAM/latest/UserGuide/best-practices.html, https://docs.aws.amazon.com/IAM/latest/UserGuide/confused-deputy.html
import { isObject, parseJson, text } from '../../../shared/outcome.ts';
import type { JsonObject } from '../../../shared/model.ts';
import { at, list, ofType, statements, target, type Compiled, type Resource } from '../compile.ts';
import { broken, deep, failing, replaced, type Exceptions, type Invariant } from './invariant.ts';

/** Statements that let everybody in. */
export const PUBLIC: Exceptions = {
  'SearchDomain/Dashboards':
    'with SAML the log-in page is there for those whom IAM does not know; the domain lies in a VPC, roles in OpenSearch decide',
};

/** Statements that may change something whatever it is, with no condition that binds it. */
export const UNBOUND: Exceptions = {
  Trace: 'X-Ray has no resources',
  'SearchNetworkPolicy/NetworkInterfaces':
    'EC2 cannot bind these calls to one function’s interfaces; the statement after it denies them to our code',
  'KafkaAccessPolicy/NetworkInterfaces':
    'EC2 cannot bind these calls to one mapping’s interfaces; the statement after it denies them to our code',
};

/** Roles that take a policy of AWS. */
export const MANAGED: Exceptions = {
  ConfigRole: 'what AWS Config reads grows with every kind of resource that it records; the policy is made for that, and reads only',
};

/** Where a key's policy stands: in the key, or in the template that accounts get. */
const HAVE_KEYS = ['AWS::KMS::Key', 'AWS::CloudFormation::StackSet'];

const READS = /^[a-z0-9-]+:(Describe|Get|List|BatchGet|Search|Lookup)[A-Za-z*]*$/;
const BOUND = /aws:Source(Arn|Account|OrgID|OrgPaths)|aws:PrincipalOrgID|kms:EncryptionContext:/;

/** One statement, wherever it stands; a key policy's resource is always its key. */
interface Found {
  readonly name: string;
  readonly type: string;
  readonly statement: JsonObject;
}

/** @returns every statement anywhere in the template; text that holds a policy is looked into. */
function found({ resources }: Compiled): readonly Found[] {
  return resources.flatMap(({ id, type, properties }) =>
    inside(properties).map((statement) => ({ name: `${id}/${text(statement['Sid']) ?? '-'}`, type, statement })),
  );
}

function inside(value: unknown): readonly JsonObject[] {
  if (Array.isArray(value)) return value.flatMap(inside);
  if (isObject(value)) return value['Effect'] === undefined ? Object.values(value).flatMap(inside) : [value];
  return typeof value === 'string' && value.startsWith('{') ? inside(parseJson(value)) : [];
}

function allowed(template: Compiled): readonly Found[] {
  return found(template).filter(({ statement }) => statement['Effect'] === 'Allow');
}

function isPublic({ statement }: Found): boolean {
  return [statement['Principal'], ...list(at(statement, 'Principal', 'AWS'))].includes('*');
}

/** Whether one table of exceptions has it, by its name or by its Sid alone. */
function excepted(exceptions: Exceptions, name: string): boolean {
  return exceptions[name] !== undefined || exceptions[name.split('/')[1] ?? ''] !== undefined;
}

/** @returns a breaking of the first role: a statement more. */
function withStatement(statement: JsonObject): Invariant['break'] {
  const more: JsonObject = {
    PolicyName: 'more',
    PolicyDocument: { Version: '2012-10-17', Statement: [{ Sid: 'More', Effect: 'Allow', ...statement }] },
  };
  return broken('AWS::IAM::Role', (properties) => ({ ...properties, Policies: [more] }));
}

export const RIGHTS: readonly Invariant[] = [
  {
    title: 'buckets are private, versioned and owned by their account',
    check: (template) =>
      failing(template, 'AWS::S3::Bucket', ({ properties }) => {
        const block = at(properties, 'PublicAccessBlockConfiguration');
        const blocks = isObject(block) ? Object.values(block) : [];
        return (
          blocks.length === 4 &&
          blocks.every((each) => each === true) &&
          at(properties, 'VersioningConfiguration', 'Status') === 'Enabled' &&
          at(properties, 'OwnershipControls', 'Rules', 0, 'ObjectOwnership') === 'BucketOwnerEnforced'
        );
      }),
    break: broken('AWS::S3::Bucket', (properties) => ({
      ...properties,
      PublicAccessBlockConfiguration: {
        BlockPublicAcls: true,
        BlockPublicPolicy: false,
        IgnorePublicAcls: true,
        RestrictPublicBuckets: true,
      },
    })),
  },
  {
    title: 'nobody is let in without a name or a condition',
    check: (template) =>
      allowed(template).flatMap((one) =>
        isPublic(one) && one.statement['Condition'] === undefined && !excepted(PUBLIC, one.name) ? [one.name] : [],
      ),
    break: broken('AWS::Events::EventBusPolicy', (properties) =>
      deep(properties, (each) => (each['Effect'] === undefined ? undefined : { ...each, Principal: '*' })),
    ),
  },
  {
    title: 'no statement allows whatever there is: neither *, nor service:*, nor all but something',
    check: (template) =>
      allowed(template).flatMap(({ name, type, statement }) => {
        const isWide = list(statement['Action']).some((action) => /^\*$|:\*$/.test(String(action)));
        const isInverse = ['NotAction', 'NotPrincipal', 'NotResource'].some((key) => statement[key] !== undefined);
        // IAM of the account manages the key, as AWS recommends.
        const isKeyByIam = HAVE_KEYS.includes(type) && name.endsWith('/IamDecides');
        return (isWide && !isKeyByIam) || isInverse ? [name] : [];
      }),
    break: withStatement({ Action: 's3:*', Resource: 'arn:aws:s3:::one/*' }),
  },
  {
    title: 'what changes something is bound to resources or by a condition',
    check: (template) =>
      allowed(template).flatMap(({ name, type, statement }) => {
        // A policy that lies on something, or in the way to it, is about that alone.
        const isOfResource = statement['Principal'] !== undefined;
        const isUnbound = list(statement['Resource']).includes('*') && statement['Condition'] === undefined && !isOfResource;
        const changes = list(statement['Action']).some((action) => !READS.test(String(action)));
        return isUnbound && changes && type !== 'AWS::KMS::Key' && !excepted(UNBOUND, name) ? [name] : [];
      }),
    break: withStatement({ Action: 'kms:CreateGrant', Resource: '*' }),
  },
  {
    title: 'services act for the bank alone',
    check: (template) => [
      ...allowed(template).flatMap(({ name, statement }) =>
        at(statement, 'Principal', 'Service') !== undefined && !BOUND.test(JSON.stringify(statement['Condition'] ?? {})) ? [name] : [],
      ),
      ...failing(
        template,
        'AWS::Lambda::Permission',
        ({ properties }) =>
          !(text(properties['Principal']) ?? '').endsWith('.amazonaws.com') ||
          properties['SourceArn'] !== undefined ||
          properties['SourceAccount'] !== undefined ||
          properties['PrincipalOrgID'] !== undefined,
      ),
    ],
    break: broken(
      'AWS::SNS::TopicPolicy',
      (properties) =>
        deep(properties, (each) =>
          at(each, 'Principal', 'Service') === undefined
            ? undefined
            : Object.fromEntries(Object.entries(each).filter(([key]) => key !== 'Condition')),
        ),
      ({ properties }) => JSON.stringify(properties).includes('"Service"'),
    ),
  },
  {
    title: 'rights are written out, not taken from a policy of AWS that grows by itself',
    check: (template) =>
      failing(
        template,
        'AWS::IAM::Role',
        ({ id, properties }) =>
          MANAGED[id] !== undefined ||
          list(properties['ManagedPolicyArns']).every((arn) => !String(isObject(arn) ? JSON.stringify(arn) : arn).includes(':aws:policy/')),
      ),
    break: broken('AWS::IAM::Role', (properties) => ({
      ...properties,
      ManagedPolicyArns: ['arn:aws:iam::aws:policy/AdministratorAccess'],
    })),
  },
  {
    title: 'a private endpoint lets through what the functions behind it call, of this account and to this account',
    check: (template) => failing(template, 'AWS::EC2::VPCEndpoint', (endpoint) => isTight(template, endpoint)),
    break: broken('AWS::EC2::VPCEndpoint', (properties) =>
      deep(properties, (each) => (each['Effect'] === undefined ? undefined : { ...each, Action: ['s3:ListAllMyBuckets'] })),
    ),
  },
  {
    title: 'a security group lets nobody in by address',
    check: (template) =>
      failing(template, 'AWS::EC2::SecurityGroup', ({ properties }) =>
        list(properties['SecurityGroupIngress']).every(
          (rule) => at(rule, 'SourceSecurityGroupId') !== undefined && at(rule, 'FromPort') === at(rule, 'ToPort'),
        ),
      ),
    break: (template) =>
      replaced(
        template,
        ({ type }) => type === 'AWS::EC2::SecurityGroup',
        (resource) => ({
          ...resource,
          properties: {
            ...resource.properties,
            SecurityGroupIngress: [{ IpProtocol: 'tcp', FromPort: 443, ToPort: 443, CidrIp: '0.0.0.0/0' }],
          },
        }),
      ),
  },
];

const PREFIXES: Readonly<Record<string, string>> = { 'kinesis-streams': 'kinesis' };
/** Of the poller that reads for the function, not of the function. */
const BY_LAMBDA = /^kinesis:(Describe|Get|List)|^sqs:/;

function isTight(template: Compiled, { properties }: Resource): boolean {
  const [statement, ...others] = list(at(properties, 'PolicyDocument', 'Statement'));
  const bound = at(statement, 'Condition', 'StringEquals');
  const service = (text(properties['ServiceName']) ?? '').split('.').at(-1) ?? '';
  const through = list(at(statement, 'Action'));
  const roles = ofType(template, 'AWS::Lambda::Function').flatMap((lambda) =>
    lambda.properties['VpcConfig'] === undefined ? [] : [target(lambda.properties['Role'])],
  );
  const called = statements(template)
    .filter(({ name, effect }) => effect === 'Allow' && roles.includes(name.split('/')[0]))
    .flatMap(({ actions }) => actions)
    .filter((action) => action.startsWith(`${PREFIXES[service] ?? service}:`) && !BY_LAMBDA.test(action));
  return (
    others.length === 0 &&
    at(bound, 'aws:PrincipalAccount') !== undefined &&
    at(bound, 'aws:ResourceAccount') !== undefined &&
    called.length > 0 &&
    called.every((action) => through.includes(action))
  );
}
