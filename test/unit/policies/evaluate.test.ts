// One test for each rule of evaluation. https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_evaluation-logic.html
import { evaluate, type Policies, type Request } from '../../policies/evaluate.ts';

const OWN = '111111111111';
const OTHER = '222222222222';
const ROLE = `arn:aws:iam::${OWN}:role/worker`;
const BUCKET = 'arn:aws:s3:::ledger';
const KEY = `arn:aws:kms:eu-central-1:${OWN}:key/one`;

const READ: Request = {
  principal: { arn: ROLE, account: OWN, organization: 'o-ours' },
  action: 's3:GetObject',
  resource: `${BUCKET}/2026/01.json`,
  resourceAccount: OWN,
};
const FROM_OUTSIDE: Request = { ...READ, resourceAccount: OTHER };
const DECRYPT: Request = { ...READ, action: 'kms:Decrypt', resource: KEY };
const DELIVERY: Request = { ...READ, principal: { service: 'cloudtrail.amazonaws.com' }, action: 's3:PutObject' };

function policy(...statements: readonly object[]): object {
  return {
    Version: '2012-10-17',
    Statement: statements.map((statement) => ({ Effect: 'Allow', Action: '*', Resource: '*', ...statement })),
  };
}

function mayWith(policies: Policies, request: Request): boolean {
  return evaluate(policies, request).allowed;
}

const EVERYTHING = policy({ Sid: 'Everything' });
const OWN_ACCOUNT = policy({ Sid: 'Account', Principal: { AWS: `arn:aws:iam::${OWN}:root` } });
const THE_ROLE = policy({ Sid: 'Role', Principal: { AWS: ROLE } });
const ANYBODY = policy({ Sid: 'Anybody', Principal: '*' });

it('allows nothing that no policy allows', () => {
  expect(evaluate({}, READ)).toEqual({ allowed: false, because: 'no identity policy allows it' });
});

describe('within one account', () => {
  it.each([
    ['the identity', { identity: [EVERYTHING] }, true],
    ['the resource, for the role itself', { resource: [THE_ROLE] }, true],
    ['the resource, for anybody', { resource: [ANYBODY] }, true],
    ['the resource, for the account alone', { resource: [OWN_ACCOUNT] }, false],
    ['the resource for the account, and the identity', { resource: [OWN_ACCOUNT], identity: [EVERYTHING] }, true],
  ])('is enough or not: %s', (_, policies, isAllowed) => {
    expect(mayWith(policies, READ)).toBe(isAllowed);
  });

  it('keys and roles open to nobody whom their own policy does not name', () => {
    expect(evaluate({ identity: [EVERYTHING] }, DECRYPT)).toEqual({ allowed: false, because: 'no resource policy allows it' });
    expect(mayWith({ identity: [EVERYTHING], resource: [OWN_ACCOUNT] }, DECRYPT)).toBe(true);
    expect(mayWith({ resource: [OWN_ACCOUNT] }, DECRYPT)).toBe(false);
    expect(mayWith({ resource: [THE_ROLE] }, DECRYPT)).toBe(true);
    expect(mayWith({ identity: [EVERYTHING] }, { ...READ, action: 'sts:AssumeRole', resource: ROLE })).toBe(false);
  });
});

describe('across accounts', () => {
  it.each([
    ['the identity', { identity: [EVERYTHING] }, false],
    ['the resource, for the role itself', { resource: [THE_ROLE] }, false],
    ['the resource, for anybody', { resource: [ANYBODY] }, false],
    ['both, the resource for the role', { resource: [THE_ROLE], identity: [EVERYTHING] }, true],
    ['both, the resource for the account', { resource: [OWN_ACCOUNT], identity: [EVERYTHING] }, true],
    [
      'both, the resource for another account',
      { resource: [policy({ Principal: { AWS: '333333333333' } })], identity: [EVERYTHING] },
      false,
    ],
  ])('is enough or not: %s', (_, policies, isAllowed) => {
    expect(mayWith(policies, FROM_OUTSIDE)).toBe(isAllowed);
  });
});

describe('a denial wins wherever it stands', () => {
  const denial = policy({ Sid: 'Never', Effect: 'Deny' });
  it.each([
    ['identity', { identity: [EVERYTHING, denial] }],
    ['boundary', { identity: [EVERYTHING], boundary: denial }],
    ['scps', { identity: [EVERYTHING], scps: [denial] }],
    ['rcps', { identity: [EVERYTHING], rcps: [policy({ Sid: 'Never', Effect: 'Deny', Principal: '*' })] }],
    ['resource', { identity: [EVERYTHING], resource: [THE_ROLE, policy({ Sid: 'Never', Effect: 'Deny', Principal: '*' })] }],
  ])('%s', (kind, policies: Policies) => {
    expect(evaluate(policies, READ)).toEqual({ allowed: false, because: `${kind}: Never` });
  });

  it('but that of a resource only for the principals that it names', () => {
    const others = policy({ Effect: 'Deny', Principal: { AWS: `arn:aws:iam::${OTHER}:root` } });

    expect(mayWith({ identity: [EVERYTHING], resource: [others] }, READ)).toBe(true);
    expect(mayWith({ identity: [EVERYTHING], resource: [others, ANYBODY] }, { ...READ, principal: { arn: ROLE, account: OTHER } })).toBe(
      false,
    );
  });
});

it('a boundary bounds what the identity policies and the resource give', () => {
  const boundary = policy({ Action: 's3:List*' });

  expect(evaluate({ identity: [EVERYTHING], boundary }, READ).because).toBe('no boundary policy allows it');
  expect(mayWith({ resource: [THE_ROLE], boundary }, READ)).toBe(false);
  expect(mayWith({ identity: [EVERYTHING], boundary }, { ...READ, action: 's3:ListBucket' })).toBe(true);
});

describe('a service', () => {
  const trail = policy({ Sid: 'Trail', Principal: { Service: ['cloudtrail.amazonaws.com'] } });

  it('needs the resource to let it in, and no identity policy', () => {
    expect(evaluate({ resource: [trail] }, DELIVERY)).toEqual({ allowed: true, because: 'resource: Trail' });
    expect(mayWith({ resource: [trail] }, { ...DELIVERY, principal: { service: 'config.amazonaws.com' } })).toBe(false);
    expect(mayWith({ identity: [EVERYTHING], resource: [OWN_ACCOUNT] }, DELIVERY)).toBe(false);
  });

  it('is bound by policies on the resources of an organization, not on its identities', () => {
    expect(mayWith({ resource: [trail], scps: [policy({ Effect: 'Deny' })] }, DELIVERY)).toBe(true);
    expect(mayWith({ resource: [trail], rcps: [policy({ Effect: 'Deny', Principal: '*' })] }, DELIVERY)).toBe(false);
  });

  it('has a role of its own that organizations do not bind', () => {
    const principal = { arn: `arn:aws:iam::${OWN}:role/aws-service-role/config.amazonaws.com/ForConfig`, account: OWN };
    const denials = { scps: [policy({ Effect: 'Deny' })], rcps: [policy({ Effect: 'Deny', Principal: '*' })] };

    expect(mayWith({ identity: [EVERYTHING], ...denials }, { ...READ, principal })).toBe(true);
  });
});

describe('a statement is about', () => {
  it.each([
    [{ Action: 's3:getobject' }, true],
    [{ Action: ['s3:Put*', 's3:Get?bject'] }, true],
    [{ Action: 's3:GetObjectVersion' }, false],
    [{ Action: undefined, NotAction: ['s3:*'] }, false],
    [{ Action: undefined, NotAction: ['iam:*', 'sts:*'] }, true],
    [{ Resource: `${BUCKET}/*` }, true],
    [{ Resource: BUCKET }, false],
    [{ Resource: 'arn:aws:s3:::Ledger/*' }, false],
    [{ Resource: undefined, NotResource: [`${BUCKET}/*`] }, false],
    [{ Resource: undefined, NotResource: ['arn:aws:s3:::vault/*'] }, true],
    [{ Resource: 'arn:aws:s3:::ledger/${aws:PrincipalTag/year}/*' }, false],
    [{ Resource: 'arn:aws:s3:::ledger/${aws:RequestTag/year}/*' }, true],
  ])('%j: %s', (statement, isAllowed) => {
    const request = { ...READ, context: { 'aws:RequestTag/year': '2026' } };

    expect(mayWith({ identity: [policy(statement)] }, request)).toBe(isAllowed);
  });
});

it('knows the principal, the resource and the way of the request', () => {
  const conditions = {
    StringEquals: { 'aws:PrincipalAccount': OWN, 'aws:PrincipalOrgID': 'o-ours', 'AWS:ResourceAccount': OWN },
    ArnLike: { 'aws:PrincipalArn': `arn:aws:iam::*:role/work*` },
    Bool: { 'aws:SecureTransport': true, 'aws:PrincipalIsAWSService': 'false' },
  };

  expect(mayWith({ identity: [policy({ Condition: conditions })] }, READ)).toBe(true);
  expect(mayWith({ identity: [policy({ Condition: conditions })] }, { ...READ, context: { 'aws:SecureTransport': 'false' } })).toBe(false);
});

it('takes a policy as text', () => {
  expect(mayWith({ identity: [JSON.stringify(EVERYTHING)] }, READ)).toBe(true);
});

it.each([
  ['NotPrincipal', { resource: [policy({ NotPrincipal: { AWS: ROLE } })] }, 'NotPrincipal is not known'],
  ['a kind of principal', { resource: [policy({ Principal: { CanonicalUser: 'abc' } })] }, 'principal CanonicalUser is not known'],
  ['a resource policy for nobody', { resource: [EVERYTHING] }, 'needs a Principal'],
  [
    'an operator',
    { identity: [policy({ Condition: { IpAddress: { 'aws:SourceIp': '192.0.2.0/24' } } })] },
    'operator IpAddress is not known',
  ],
  ['a variable', { identity: [policy({ Resource: '${*}' })] }, 'variable ${*} is not known'],
  ['an effect', { identity: [policy({ Effect: 'allow' })] }, 'Effect must be'],
  ['no action', { identity: [policy({ Action: undefined })] }, 'either Action or NotAction'],
  ['a function of CloudFormation', { identity: [policy({ Resource: { Ref: 'Bucket' } })] }, 'must hold texts'],
  ['a policy of an organization that allows', { scps: [EVERYTHING] }, 'taken to deny only'],
  ['no statement', { identity: [{}] }, 'needs a Statement'],
])('refuses to judge %s', (_, policies: Policies, message) => {
  expect(() => evaluate(policies, READ)).toThrow(message);
});
