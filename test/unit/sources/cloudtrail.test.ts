import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import fc from 'fast-check';
import type { Json, JsonObject, OcsfEvent, Outcome } from '../../../shared/model.ts';
import { isArray, isObject, parseJson } from '../../../shared/outcome.ts';
import { toDocument } from '../../../shared/hub/document.ts';
import { createNormaliser, type Normaliser } from '../../../shared/normalise.ts';
import { indexTemplates } from '../../../shared/opensearch/template.ts';
import type { Context, Delivery } from '../../../shared/sources/api.ts';
import { cloudtrail } from '../../../shared/sources/cloudtrail.ts';
import { claim } from '../../../shared/sources/registry.ts';
import { goldenCases } from '../../golden-runner.ts';
import { validateEvent } from '../../ocsf.ts';

const CONTEXT: Context = {
  origin: {
    bank: 'demo',
    account: '222222222222',
    region: 'eu-west-1',
    source: 'cloudtrail',
    trigger: 's3',
    uri: 's3://landing/key#1',
    time: 0,
  },
  uid: (index) => `position-${index}`,
};

const ROLE_SESSION = {
  type: 'AssumedRole',
  principalId: 'AROAEXAMPLE:anna',
  arn: 'arn:aws:sts::111111111111:assumed-role/Operator/anna',
  accountId: '111111111111',
  accessKeyId: 'ASIAEXAMPLE',
  sessionContext: {
    sessionIssuer: { type: 'Role', principalId: 'AROAEXAMPLE', arn: 'arn:aws:iam::111111111111:role/Operator', userName: 'Operator' },
    attributes: { creationDate: '2026-03-02T07:00:00Z', mfaAuthenticated: 'true' },
  },
};

const RECORD: JsonObject = {
  eventVersion: '1.11',
  userIdentity: ROLE_SESSION,
  eventTime: '2026-03-02T08:15:42Z',
  eventSource: 'ec2.amazonaws.com',
  eventName: 'DescribeInstances',
  awsRegion: 'eu-central-1',
  sourceIPAddress: '198.51.100.23',
  userAgent: 'aws-cli/2.22',
  requestParameters: { maxResults: 10 },
  responseElements: null,
  requestID: '00000000-0000-4000-8000-000000000001',
  eventID: '00000000-0000-4000-8000-000000000002',
  readOnly: true,
  eventType: 'AwsApiCall',
  recipientAccountId: '111111111111',
  eventCategory: 'Management',
};

const CONSOLE_LOGIN: JsonObject = {
  ...RECORD,
  userIdentity: { type: 'IAMUser', accountId: '111111111111', userName: 'anna' },
  eventSource: 'signin.amazonaws.com',
  eventName: 'ConsoleLogin',
  requestParameters: null,
  responseElements: { ConsoleLogin: 'Success' },
  additionalEventData: { MFAUsed: 'Yes' },
  eventType: 'AwsConsoleSignIn',
};

const AGGREGATED: JsonObject = {
  eventVersion: '1.0',
  accountId: '111111111111',
  eventId: '00000000-0000-4000-8000-000000000003',
  eventCategory: 'Aggregated',
  eventType: 'AwsAggregatedEvent',
  awsRegion: 'eu-central-1',
  eventSource: 's3.amazonaws.com',
  timeWindow: { windowStart: '2026-03-02T08:15:00Z', windowEnd: '2026-03-02T08:20:00Z', windowSize: 'PT5M' },
  summary: { primaryDimension: { dimension: 'eventName', statistics: [{ name: 'GetObject', value: 7 }], aggregationType: 'Count' } },
};

function read(text: string): Outcome<OcsfEvent> {
  const record = { text, index: 7 };
  const native = cloudtrail.parse(record, CONTEXT);
  if (native.kind !== 'value') return native;
  // As it is sent: what JSON cannot hold is gone.
  const event = cloudtrail.map(native.value, record, CONTEXT);
  return { kind: 'value', value: JSON.parse(JSON.stringify(event)) as OcsfEvent };
}

function event(record: unknown): OcsfEvent {
  const outcome = read(JSON.stringify(record));
  if (outcome.kind !== 'value') throw new Error(`not mapped: ${JSON.stringify(outcome)}`);
  return outcome.value;
}

/** @returns the event's attribute at a path such as `actor.user.uid` or `resources.0.uid`. */
function at(root: unknown, path: string): Json | undefined {
  let node = root;
  for (const name of path.split('.')) node = typeof node === 'object' && node !== null ? Reflect.get(node, name) : undefined;
  return node as Json | undefined;
}

// ── The inverse: raw path, OCSF path. What stands in unmapped (null included) is the record's word. ──

const MOVES: readonly (readonly [string, string])[] = [
  ['eventVersion', 'metadata.log_version'],
  ['eventTime', 'metadata.original_time'],
  ['eventID', 'metadata.uid'],
  ['eventType', 'metadata.event_code'],
  ['eventSource', 'api.service.name'],
  ['eventName', 'api.operation'],
  ['apiVersion', 'api.version'],
  ['requestID', 'api.request.uid'],
  ['requestParameters', 'api.request.data'],
  ['errorCode', 'api.response.error'],
  ['errorMessage', 'api.response.error_message'],
  ['responseElements', 'api.response.data'],
  ['awsRegion', 'cloud.region'],
  ['recipientAccountId', 'cloud.account.uid'],
  ['userAgent', 'http_request.user_agent'],
  ['sourceIPAddress', 'src_endpoint.ip'],
  ['sourceIPAddress', 'src_endpoint.domain'],
  ['vpcEndpointId', 'src_endpoint.uid'],
  ['userIdentity.type', 'actor.user.type'],
  ['userIdentity.arn', 'actor.user.uid'],
  ['userIdentity.principalId', 'actor.user.uid_alt'],
  ['userIdentity.userName', 'actor.user.name'],
  ['userIdentity.accountId', 'actor.user.account.uid'],
  ['userIdentity.accessKeyId', 'actor.user.programmatic_credentials.0.uid'],
  ['userIdentity.invokedBy', 'actor.app_name'],
  ['userIdentity.identityProvider', 'actor.idp.name'],
  ['userIdentity.sessionContext.sessionIssuer.arn', 'actor.session.issuer'],
];

function unmap(mapped: OcsfEvent): Json {
  let record: Json = mapped.unmapped ?? {};
  for (const [raw, path] of MOVES) record = put(record, raw.split('.'), at(mapped, path));
  const resources = at(mapped, 'resources');
  // What the request names is in the payload as well.
  const listed = isArray(resources) ? resources.filter((one) => at(one, 'role_id') === undefined) : [];
  if (listed.length > 0) record = put(record, ['resources'], listed.map(unmapResource));
  return record;
}

function unmapResource(resource: Json): Json {
  return {
    ARN: at(resource, 'uid'),
    ARNPrefix: at(resource, 'name'),
    type: at(resource, 'type'),
    accountId: at(resource, 'owner.account.uid'),
    ...(at(resource, 'data') as JsonObject | undefined),
  };
}

/** Puts the value at the path unless something stands there already. */
function put(record: Json | undefined, [name, ...rest]: readonly string[], member: Json | undefined): Json {
  if (member === undefined || name === undefined) return record ?? member ?? null;
  if (record !== undefined && !isObject(record)) return record;
  const present = record !== undefined && Object.hasOwn(record, name) ? record[name] : undefined;
  const next = rest.length === 0 ? (present === undefined ? member : present) : put(present, rest, member);
  return Object.fromEntries<Json | undefined>([...Object.entries(record ?? {}), [name, next]]);
}

/** One text for all records that are the same: members in order, a null member is no member. */
function canonical(json: Json | undefined): string {
  if (isArray(json)) return `[${json.map(canonical).join()}]`;
  if (!isObject(json)) return JSON.stringify(json ?? null);
  const members = Object.entries(json).filter(([, member]) => member !== null && member !== undefined);
  return `{${members
    .map(([name, member]) => `${JSON.stringify(name)}:${canonical(member)}`)
    .sort()
    .join()}}`;
}

function expectSound(record: JsonObject): void {
  const mapped = event(record);
  expect(validateEvent(mapped)).toEqual([]);
  expect(cloudtrail.classes).toContain(mapped.class_uid);
  expect(canonical(unmap(mapped))).toBe(canonical(record));
}

describe('claims and locate', () => {
  const s3 = (key: string): Delivery => ({ trigger: 's3', bucket: 'landing', key });

  test.each([
    [
      'AWSLogs/111111111111/CloudTrail/eu-central-1/2026/03/02/111111111111_CloudTrail_eu-central-1_20260302T0815Z_a.json.gz',
      'eu-central-1',
    ],
    ['some/prefix/AWSLogs/o-a1b2c3d4e5/111111111111/CloudTrail/us-gov-west-1/2026/03/02/x.json.gz', 'us-gov-west-1'],
    ['AWSLogs/111111111111/CloudTrail-Insight/eu-central-1/2026/03/02/x.json.gz', 'eu-central-1'],
    ['AWSLogs/111111111111/CloudTrail-NetworkActivity/eu-central-1/2026/03/02/x.json.gz', 'eu-central-1'],
    ['AWSLogs/111111111111/CloudTrail-Digest/eu-central-1/2026/03/02/x.json.gz', 'eu-central-1'],
    ['AWSLogs/111111111111/CloudTrail-Aggregated/eu-central-1/2026/03/02/x.json.gz', 'eu-central-1'],
    ['AWSLogs/111111111111/CloudTrail/', undefined],
  ])('claims %s', (key, region) => {
    expect(cloudtrail.claims(s3(key))).toBe(true);
    expect(cloudtrail.locate?.(s3(key))).toEqual({ account: '111111111111', region });
  });

  test.each([
    'AWSLogs/111111111111/CloudTrail-Other/eu-central-1/2026/03/02/x.json.gz',
    'AWSLogs/111111111111/vpcflowlogs/eu-central-1/2026/03/02/x.log.gz',
    'AWSLogs/111111111111/Config/eu-central-1/2026/3/2/ConfigSnapshot/CloudTrail/x.json.gz',
    'NotAWSLogs/111111111111/CloudTrail/eu-central-1/x.json.gz',
    'AWSLogs/11111111111/CloudTrail/eu-central-1/x.json.gz',
  ])('leaves %s to others', (key) => {
    expect(cloudtrail.claims(s3(key))).toBe(false);
    expect(cloudtrail.locate?.(s3(key))).toEqual({ account: undefined, region: undefined });
  });

  test('does not claim by the name of a log stream, which everybody may choose', () => {
    const stream: Delivery = { trigger: 'logs', logGroup: 'trail', logStream: '111111111111_CloudTrail_eu-central-1_2' };
    expect(cloudtrail.claims(stream)).toBe(false);
    expect(cloudtrail.locate?.(stream)).toEqual({ account: undefined, region: undefined });
  });

  test.each([
    ['aws.s3', 'AWS API Call via CloudTrail'],
    ['aws.signin', 'AWS Console Sign In via CloudTrail'],
    ['aws.signin', 'AWS Console Signin via CloudTrail'],
    ['aws.support', 'AWS Console Action via CloudTrail'],
    ['aws.kms', 'AWS Service Event via CloudTrail'],
    ['aws.cloudtrail', 'AWS Insight via CloudTrail'],
    ['aws.ec2', 'AWS Network Activity Event via CloudTrail'],
  ])('claims events of %s: %s', (source, detailType) => {
    expect(claim({ trigger: 'eventbridge', source, detailType })?.name).toBe('cloudtrail');
    expect(claim({ trigger: 'eventbridge', source: 'partner.example', detailType })?.name).not.toBe('cloudtrail');
  });

  test('recognises a file by what every event has', () => {
    expect(cloudtrail.recognises(JSON.stringify({ Records: [RECORD] }))).toBe(true);
    const s3Notification = { eventVersion: '2.1', eventSource: 'aws:s3', awsRegion: 'eu-central-1', eventName: 'ObjectCreated:Put' };
    expect(cloudtrail.recognises(JSON.stringify({ Records: [s3Notification] }))).toBe(false);
    const first = { ...RECORD, eventVersion: '1.0', eventID: undefined, eventType: undefined };
    expect(cloudtrail.recognises(JSON.stringify({ Records: [first] }))).toBe(true);
    expect(cloudtrail.recognises(JSON.stringify([AGGREGATED], undefined, 2))).toBe(true);
  });
});

describe('parse', () => {
  test.each([
    ['malformed_json', '{"eventTime":'],
    ['malformed_record', '["eventTime"]'],
    ['malformed_record', '"text"'],
    ['malformed_record', 'null'],
    ['missing_field', '{}'],
    ['missing_field', '{"eventTime":null}'],
    ['bad_value', '{"eventTime":1772439342}'],
    ['bad_value', '{"eventTime":"yesterday"}'],
    ['bad_value', '{"eventTime":"2026-02-30T00:00:00Z"}'],
    ['time_out_of_range', '{"eventTime":"1999-12-31T23:59:59Z"}'],
  ])('refuses with %s: %s', (code, text) => {
    const outcome = read(text);
    expect(outcome).toMatchObject({ kind: 'reject', reject: { code } });
  });

  test('asks for no more than eventTime', () => {
    const mapped = event({ eventTime: '2026-03-02T08:15:42Z' });
    expect(mapped.time).toBe(Date.UTC(2026, 2, 2, 8, 15, 42));
    expect(mapped.metadata.uid).toBe('position-7');
    expect(mapped['cloud']).toEqual({ provider: 'AWS', account: { uid: '222222222222' }, region: 'eu-west-1' });
    expect(validateEvent(mapped)).toEqual([]);
  });
});

describe('class and activity', () => {
  test.each([
    ['CreateBucket', false, 1],
    ['RunInstances', false, 1],
    ['GetObject', true, 2],
    ['DescribeInstances', undefined, 2],
    ['BatchGetItem', true, 2],
    ['Decrypt', true, 2],
    ['Decrypt', 'true', 2],
    ['Decrypt', undefined, 99],
    ['UpdateFunctionCode20150331v2', false, 3],
    ['StopLogging', false, 3],
    ['AuthorizeSecurityGroupIngress', false, 3],
    ['AdminUpdateUserAttributes', false, 3],
    ['TerminateInstances', false, 4],
    ['DeleteTrail', false, 4],
    ['constructor', false, 99],
    ['__proto__', false, 99],
  ])('API Activity: %s, readOnly %s → %i', (eventName, readOnly, activity) => {
    const mapped = event({ ...RECORD, eventName, readOnly });
    expect(mapped.type_uid).toBe(600300 + activity);
    expect(mapped['activity_name']).toBe(activity === 99 ? eventName : undefined);
    expect(at(mapped, 'api.operation')).toBe(eventName);
  });

  test.each([
    ['signin', 'ConsoleLogin', 300201],
    ['signin', 'UserAuthentication', 300201],
    ['sso', 'ExternalIdPDirectoryLogin', 300201],
    ['signin', 'SwitchRole', 300207],
    ['signin', 'ExitRole', 300207],
    ['signin', 'RenewRole', 300299],
    ['signin', 'CheckMfa', 300299],
    ['signin', 'CredentialChallenge', 300299],
    ['sts', 'AssumeRole', 300201],
    ['sts', 'AssumeRoleWithSAML', 300201],
    ['sts', 'AssumeRoleWithWebIdentity', 300201],
    ['sts', 'GetSessionToken', 600302],
    ['sts', 'GetFederationToken', 600302],
    ['signin', 'GetSigninToken', 600302],
    ['signin', 'PasswordRecoveryRequested', 600302],
    ['iam', 'ConsoleLogin', 600302],
  ])('%s %s → %i', (service, eventName, typeUid) => {
    expect(event({ ...RECORD, eventSource: `${service}.amazonaws.com`, eventName }).type_uid).toBe(typeUid);
  });

  test('a sign-in of nobody is an API call: Authentication needs a subject', () => {
    const mapped = event({ ...CONSOLE_LOGIN, userIdentity: {}, recipientAccountId: null });
    expect(mapped.class_uid).toBe(6003);
    expect(validateEvent(mapped)).toEqual([]);
  });

  test('both classes carry the same api', () => {
    const call = { requestParameters: { a: [1] }, responseElements: { b: null }, errorCode: 'E', errorMessage: 'm', apiVersion: '1' };
    const api = at(event({ ...RECORD, ...call }), 'api');
    const signIn = at(event({ ...RECORD, ...call, eventSource: 'sts.amazonaws.com', eventName: 'AssumeRole' }), 'api');
    expect(api).toEqual({
      operation: 'DescribeInstances',
      service: { name: 'ec2.amazonaws.com' },
      version: '1',
      request: { uid: '00000000-0000-4000-8000-000000000001', data: { a: [1] } },
      response: { error: 'E', error_message: 'm', data: { b: null } },
    });
    expect(signIn).toEqual({ ...(api as JsonObject), operation: 'AssumeRole', service: { name: 'sts.amazonaws.com' } });
  });
});

describe('outcome', () => {
  test.each([
    ['no error', RECORD, 1],
    ['errorCode', { ...RECORD, errorCode: 'AccessDenied' }, 2],
    ['errorMessage', { ...RECORD, errorMessage: 'no' }, 2],
    ['an empty errorCode', { ...RECORD, errorCode: '' }, 1],
    ['no eventName', { ...RECORD, eventName: null }, undefined],
    ['login', CONSOLE_LOGIN, 1],
    ['failed login', { ...CONSOLE_LOGIN, responseElements: { ConsoleLogin: 'Failure' } }, 2],
    ['failed login without an answer', { ...CONSOLE_LOGIN, responseElements: null, errorMessage: 'Failed authentication' }, 2],
    [
      'failed verification',
      { ...CONSOLE_LOGIN, eventName: 'CredentialVerification', serviceEventDetails: { CredentialVerification: 'Failure' } },
      2,
    ],
  ])('%s', (_, record, status) => {
    expect(event(record)['status_id']).toBe(status);
  });

  test('severity is informational, whatever happened', () => {
    expect(event({ ...RECORD, errorCode: 'AccessDenied' }).severity_id).toBe(1);
    expect(event({ ...CONSOLE_LOGIN, userIdentity: { type: 'Root', accountId: '111111111111' } }).severity_id).toBe(1);
  });

  test('no error is written where there is none', () => {
    expect(at(event(RECORD), 'api.response')).toBeUndefined();
  });

  test.each([
    ['Yes', true],
    ['No', false],
    ['Maybe', undefined],
    [undefined, undefined],
  ])('MFAUsed %s → is_mfa %s, and MFAUsed stays', (said, isMfa) => {
    const mapped = event({ ...CONSOLE_LOGIN, additionalEventData: { MFAUsed: said } });
    expect(mapped['is_mfa']).toBe(isMfa);
    expect(at(mapped, 'unmapped.additionalEventData.MFAUsed')).toBe(said);
  });
});

describe('who and whence', () => {
  test.each([
    ['Root', 2, undefined, 'Root'],
    ['IAMUser', 1, undefined, 'IAMUser'],
    ['AWSService', 4, undefined, 'AWSService'],
    ['AssumedRole', 99, 'AssumedRole', undefined],
    ['FederatedUser', 99, 'FederatedUser', undefined],
    ['constructor', 99, 'constructor', undefined],
    [undefined, undefined, undefined, undefined],
  ])('user type %s → %s', (type, typeId, word, unmapped) => {
    const mapped = event({ ...RECORD, userIdentity: { type, accountId: '111111111111' } });
    expect(at(mapped, 'actor.user.type_id')).toBe(typeId);
    expect(at(mapped, 'actor.user.type')).toBe(word);
    expect(at(mapped, 'unmapped.userIdentity.type')).toBe(unmapped);
  });

  test('a role session: user, session, and what is left of them', () => {
    const mapped = event(RECORD);
    expect(mapped['actor']).toEqual({
      user: {
        uid: ROLE_SESSION.arn,
        uid_alt: 'AROAEXAMPLE:anna',
        type: 'AssumedRole',
        type_id: 99,
        account: { uid: '111111111111' },
        programmatic_credentials: [{ uid: 'ASIAEXAMPLE' }],
      },
      session: { issuer: 'arn:aws:iam::111111111111:role/Operator', is_mfa: true, created_time: Date.UTC(2026, 2, 2, 7) },
    });
    expect(mapped.unmapped).toEqual({
      readOnly: true,
      eventCategory: 'Management',
      userIdentity: {
        sessionContext: {
          sessionIssuer: { type: 'Role', principalId: 'AROAEXAMPLE', userName: 'Operator' },
          attributes: { creationDate: '2026-03-02T07:00:00Z', mfaAuthenticated: 'true' },
        },
      },
    });
  });

  test.each([
    ['a service', { type: 'AWSService', invokedBy: 'ssm.amazonaws.com' }, { app_name: 'ssm.amazonaws.com' }],
    ['only an account', { accountId: '333333333333' }, { user: { account: { uid: '333333333333' } } }],
    ['no identity', undefined, { app_uid: 'ec2.amazonaws.com' }],
    ['a principal without a name', { type: 'Unknown', principalId: 'P' }, { app_uid: 'ec2.amazonaws.com' }],
    ['text', 'somebody', { app_uid: 'ec2.amazonaws.com' }],
    [
      'an identity provider',
      { type: 'SAMLUser', userName: 'anna', identityProvider: 'idp' },
      { user: { name: 'anna', type: 'SAMLUser', type_id: 99 }, idp: { name: 'idp' } },
    ],
  ])('actor: %s', (_, userIdentity, actor) => {
    const mapped = event({ ...RECORD, userIdentity });
    expect(mapped['actor']).toEqual(actor);
    expect(validateEvent(mapped)).toEqual([]);
  });

  test.each([
    ['an IPv4 address', { sourceIPAddress: '192.0.2.1' }, { ip: '192.0.2.1' }],
    ['an IPv6 address', { sourceIPAddress: '2001:db8::1' }, { ip: '2001:db8::1' }],
    ['a service', { sourceIPAddress: 'AWS Internal' }, { domain: 'AWS Internal' }],
    ['no address after all', { sourceIPAddress: '192.0.2.007' }, { domain: '192.0.2.007' }],
    ['an endpoint', { vpcEndpointId: 'vpce-1', sourceIPAddress: '192.0.2.1' }, { ip: '192.0.2.1', uid: 'vpce-1' }],
    ['nothing', { sourceIPAddress: null }, { svc_name: 'ec2.amazonaws.com' }],
    ['a number', { sourceIPAddress: 1 }, { svc_name: 'ec2.amazonaws.com' }],
  ])('source: %s', (_, fields, endpoint) => {
    expect(event({ ...RECORD, ...fields })['src_endpoint']).toEqual(endpoint);
  });

  test('the subject of AssumeRole is the role, and its session can be followed', () => {
    const mapped = event({
      ...RECORD,
      eventSource: 'sts.amazonaws.com',
      eventName: 'AssumeRole',
      requestParameters: { roleArn: 'arn:aws:iam::222222222222:role/Auditor', roleSessionName: 'anna' },
      responseElements: {
        credentials: { accessKeyId: 'ASIANEW', sessionToken: 'made-up' },
        assumedRoleUser: { arn: 'arn:aws:sts::222222222222:assumed-role/Auditor/anna', assumedRoleId: 'AROANEW:anna' },
      },
    });
    expect(mapped['user']).toEqual({ uid: 'arn:aws:iam::222222222222:role/Auditor', name: 'anna' });
    expect(mapped['session']).toEqual({
      uid: 'arn:aws:sts::222222222222:assumed-role/Auditor/anna',
      uid_alt: 'AROANEW:anna',
      credential_uid: 'ASIANEW',
    });
    expect(at(mapped, 'actor.user.uid')).toBe(ROLE_SESSION.arn);
    expect(at(mapped, 'api.response.data.credentials.sessionToken')).toBe('made-up');
  });

  test('the subject of an Identity Center sign-in is the person', () => {
    const userIdentity = { type: 'IdentityCenterUser', accountId: '111111111111', onBehalfOf: { userId: 'u-1' } };
    const record = { ...CONSOLE_LOGIN, eventName: 'UserAuthentication', userIdentity, additionalEventData: { UserName: 'anna' } };
    expect(event(record)['user']).toEqual({ name: 'anna', uid_alt: 'u-1', account: { uid: '111111111111' } });
  });

  test('user agent and resources have a place in API Activity only', () => {
    const resources = [{ ARN: 'arn:aws:iam::111111111111:role/r', accountId: '111111111111', type: 'AWS::IAM::Role' }];
    const call = event({ ...RECORD, resources });
    const signIn = event({ ...CONSOLE_LOGIN, resources });
    expect(at(call, 'http_request.user_agent')).toBe('aws-cli/2.22');
    expect(call['resources']).toEqual([
      { uid: 'arn:aws:iam::111111111111:role/r', type: 'AWS::IAM::Role', owner: { account: { uid: '111111111111' } } },
    ]);
    expect(signIn.unmapped).toMatchObject({ userAgent: 'aws-cli/2.22', resources });
  });

  test.each([
    [
      'what a resource has more is its data',
      [{ ARN: 'a', accountName: 'n', type: 1 }],
      [{ uid: 'a', data: { accountName: 'n', type: 1 } }],
    ],
    ['a prefix is a name', [{ ARNPrefix: 'p/' }], [{ name: 'p/' }]],
    ['one without a name keeps the array whole', [{ ARN: 'a' }, { type: 't' }], undefined],
    ['text keeps it whole', [{ ARN: 'a' }, 'b'], undefined],
    ['an object keeps it whole', { ARN: 'a' }, undefined],
    ['an empty array stays', [], undefined],
  ])('resources: %s', (_, resources, expected) => {
    const mapped = event({ ...RECORD, resources });
    expect(mapped['resources']).toEqual(expected);
    expect(at(mapped, 'unmapped.resources')).toEqual(expected === undefined ? resources : undefined);
  });
});

/** Cases that are no records, or have something around them. */
const WRAPPED = ['malformed', 'digest', 'aggregated', 'eventbridge', 'cloudwatch'];

describe('one event, three ways', () => {
  const envelope = { version: '0', id: 'e-1', 'detail-type': 'AWS API Call via CloudTrail', source: 'aws.ec2', account: '111111111111' };

  function normalised(take: (normaliser: Normaliser) => void, origin: Partial<Context['origin']>): OcsfEvent[] {
    const events: OcsfEvent[] = [];
    const normaliser = createNormaliser({
      origin: { ...CONTEXT.origin, ...origin },
      source: cloudtrail,
      transforms: [],
      onEvent: (mapped) => events.push(JSON.parse(JSON.stringify(mapped)) as OcsfEvent),
      onParked: ({ detail }) => {
        throw new Error(detail);
      },
    });
    take(normaliser);
    normaliser.end();
    return events;
  }

  test.each([
    ['an API call', RECORD],
    ['a sign-in', CONSOLE_LOGIN],
    ['a count', AGGREGATED],
  ])('%s is the same document', (_, record) => {
    const file = normalised((normaliser) => normaliser.push(Buffer.from(JSON.stringify({ Records: [record] }))), {});
    const logged = normalised((normaliser) => normaliser.record(JSON.stringify(record), { uid: '1', time: Date.UTC(2026, 2, 2, 8, 20) }), {
      trigger: 'kinesis',
      account: '333333333333',
      uri: 'kinesis://stream/shard/1',
    });
    const bus = normalised((normaliser) => normaliser.record(JSON.stringify({ ...envelope, detail: record })), {
      trigger: 'eventbridge',
      uri: 'eventbridge://111111111111/eu-central-1/e-1',
    });
    expect(logged).toEqual(file);
    const [wrapped] = bus;
    expect(wrapped?.unmapped).toMatchObject({ eventbridge: envelope });
    const unmapped = Object.fromEntries(Object.entries(wrapped?.unmapped ?? {}).filter(([name]) => name !== 'eventbridge'));
    expect([{ ...wrapped, unmapped }]).toEqual(file);
    const [document] = file.map((event) => toDocument(event));
    expect([...logged, ...bus].map((event) => toDocument(event))).toEqual(
      [document, document].map((one) => expect.objectContaining({ id: one?.id, index: one?.index }) as unknown),
    );
  });
});

describe('payloads', () => {
  const payload = fc.jsonValue({ maxDepth: 4 }) as fc.Arbitrary<Json>;

  test('whatever JSON they are, they are text in the document and no field of the index', () => {
    const templates = JSON.stringify(indexTemplates());
    fc.assert(
      fc.property(payload, payload, fc.constantFrom(RECORD, CONSOLE_LOGIN), (requestParameters, responseElements, record) => {
        const mapped = event({ ...record, requestParameters, responseElements });
        const document: unknown = JSON.parse(toDocument(mapped).json);
        for (const [path, sent] of [
          ['api.request.data', requestParameters],
          ['api.response.data', responseElements],
        ] as const) {
          const text = at(document, path);
          expect(typeof text).toBe(sent === null ? 'undefined' : 'string');
          if (typeof text === 'string') expect(canonical(parseJson(text))).toBe(canonical(sent));
        }
      }),
      { numRuns: 300 },
    );
    expect(JSON.stringify(indexTemplates())).toBe(templates);
    expect(templates).toContain('"dynamic":false');
  });
});

describe('nothing is lost', () => {
  test('an attribute that was made up is denied in unmapped', () => {
    const mapped = event({ ...RECORD, requestID: null, eventID: 5, recipientAccountId: undefined });
    expect(at(mapped, 'api.request.uid')).toBe('position-7');
    expect(at(mapped, 'cloud.account.uid')).toBe('222222222222');
    expect(mapped.unmapped).toMatchObject({ requestID: null, eventID: 5, recipientAccountId: null });
  });

  test('an eventID too long for a document id is kept, not used', () => {
    const eventID = 'x'.repeat(129);
    const mapped = event({ ...RECORD, eventID });
    expect(mapped.metadata.uid).toBe('position-7');
    expect(mapped.unmapped).toMatchObject({ eventID });
  });

  test('no request is made up where there was none', () => {
    expect(at(event({ ...RECORD, requestID: null, requestParameters: null }), 'api.request')).toBeUndefined();
  });

  test('the golden cases turn back into their records', () => {
    const cases = goldenCases().filter((golden) => golden.source === 'cloudtrail' && !WRAPPED.includes(golden.name));
    const records = cases.flatMap((golden) => recordsOf(readFileSync(join(golden.directory, 'input.json'), 'utf8')));
    expect(records.length).toBeGreaterThan(30);
    for (const record of records) expectSound(record);
  });

  test('a member called __proto__ is a member', () => {
    const text = JSON.stringify(RECORD).replace('{', '{"__proto__":{"a":1},');
    const outcome = read(text);
    expect(outcome.kind === 'value' && canonical(unmap(outcome.value))).toBe(canonical(parseJson(text)));
  });

  const json = fc.jsonValue({ maxDepth: 3 }) as fc.Arbitrary<Json>;
  const odd = (...usual: Json[]) => fc.option(fc.oneof(fc.constantFrom<Json[]>(...usual, ''), json), { nil: undefined });
  const identity = fc.record({
    type: odd('Root', 'AssumedRole', 'AWSService', 'IAMUser'),
    arn: odd('arn:aws:iam::111111111111:root'),
    userName: odd('anna'),
    accountId: odd('111111111111'),
    principalId: odd('P'),
    accessKeyId: odd('AKIAEXAMPLE'),
    invokedBy: odd('AWS Internal'),
    identityProvider: odd('idp'),
    sessionContext: fc.oneof(
      odd({}),
      fc.record({
        sessionIssuer: fc.oneof(odd({}), fc.record({ arn: odd('arn:r'), type: odd('Role') })),
        attributes: odd(
          ROLE_SESSION.sessionContext.attributes,
          { creationDate: '1970-01-01T00:00:00Z' },
          { creationDate: '20131102T010628Z' },
        ),
      }),
    ),
    more: odd(1),
  });
  const record = fc.record({
    eventTime: fc.constantFrom('2026-03-02T08:15:42Z', '2026-03-02T08:15:42.123+01:00'),
    userIdentity: fc.oneof(identity, odd({})),
    eventSource: odd('sts.amazonaws.com', 'signin.amazonaws.com', 's3.amazonaws.com'),
    eventName: odd('AssumeRole', 'ConsoleLogin', 'GetObject', 'BatchGetItem', 'CheckMfa'),
    eventID: odd('00000000-0000-4000-8000-000000000002'),
    requestID: odd('r'),
    awsRegion: odd('eu-central-1', '-', 'unknown'),
    recipientAccountId: odd('111111111111', '-', 'unknown'),
    sourceIPAddress: odd('192.0.2.1', 'AWS Internal', '2001:db8::1'),
    vpcEndpointId: odd('vpce-1'),
    requestParameters: odd({ roleArn: 'arn:r', roleSessionName: 's' }, []),
    responseElements: odd({ ConsoleLogin: 'Failure' }, { assumedRoleUser: { arn: 'a' }, credentials: { accessKeyId: 'k' } }),
    resources: fc.oneof(odd([]), fc.array(fc.record({ ARN: odd('a'), ARNPrefix: odd('p'), accountId: odd('1'), type: odd('t') }))),
    additionalEventData: odd({ MFAUsed: 'Yes' }),
    tlsDetails: odd({ clientProvidedHostHeader: 'h' }, { clientProvidedHostHeader: 'not a host: 1' }),
    eventVersion: odd('1.11'),
    eventType: odd('AwsApiCall'),
    apiVersion: odd('1'),
    errorCode: odd('AccessDenied'),
    errorMessage: odd('no'),
    userAgent: odd('u'),
    readOnly: odd(true, 'true'),
    more: odd(1),
  });

  test('whatever the fields hold, the event is valid and turns back into the record', () => {
    fc.assert(
      fc.property(record, (fields) => {
        expectSound(JSON.parse(JSON.stringify(fields)) as JsonObject);
      }),
      { numRuns: 300 },
    );
  });

  test('any JSON is a valid event or refused', () => {
    const anything = fc.oneof(
      fc.json(),
      fc.string(),
      fc.dictionary(fc.string(), json).map((fields) => JSON.stringify({ ...fields, eventTime: '2026-03-02T08:15:42Z' })),
    );
    fc.assert(
      fc.property(anything, (text) => {
        const outcome = read(text);
        if (outcome.kind === 'value') expect(validateEvent(outcome.value)).toEqual([]);
        else expect(outcome.kind).toBe('reject');
      }),
    );
  });
});

function recordsOf(text: string): JsonObject[] {
  const whole = parseJson(text);
  const all = whole === undefined ? text.split('\n').flatMap((line) => parseJson(line) ?? []) : [whole];
  return all.flatMap((json) => at(json, 'Records') ?? json).flatMap((json) => at(json, 'event') ?? json) as JsonObject[];
}

const SAMPLES = resolve(process.cwd(), '../shared/samples/cloudtrail');

(existsSync(SAMPLES) ? describe : describe.skip)('public samples of real records', () => {
  const files = existsSync(SAMPLES)
    ? readdirSync(SAMPLES, { recursive: true, withFileTypes: true })
        .filter((entry) => entry.isFile())
        .map((entry) => join(entry.parentPath, entry.name))
    : [];

  test.each(files.map((file) => [file.slice(SAMPLES.length + 1), file]))('%s: all mapped, all valid, all turn back', (name, file) => {
    // One sample went through a tool that renamed eventTime.
    const renamed = name === 's3-exfiltration.json';
    const records = recordsOf(readFileSync(file, 'utf8'));
    expect(records.length).toBeGreaterThan(0);
    for (const record of records) {
      if (renamed) expect(read(JSON.stringify(record))).toMatchObject({ kind: 'reject', reject: { code: 'missing_field' } });
      expectSound(renamed ? { ...record, eventTime: record['@timestamp'] } : record);
    }
  });
});
