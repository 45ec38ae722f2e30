// CloudTrail records about the platform itself, as the bank's trail would deliver them: who reads evidence, who alters its store, who takes its roles.
// https://docs.aws.amazon.com/awscloudtrail/latest/userguide/cloudtrail-event-reference-record-contents.html
import type { LogGroupEvents } from '../../local/demo/scenario.ts';

const KEY = 'arn:aws:kms:eu-central-1:111111111111:key/1234abcd-12ab-34cd-56ef-1234567890ab';

interface Call {
  readonly role: string;
  readonly name: string;
  readonly service: string;
  readonly request: object;
  readonly resource?: { readonly ARN: string; readonly type: string };
  readonly error?: string;
}

/** @param object key of what is read in the vault. @returns one CloudTrail file. */
export function ownCalls(start: number, vault: string, object: string): string {
  const bucket = { ARN: `arn:aws:s3:::${vault}`, type: 'AWS::S3::Bucket' };
  const key = { ARN: KEY, type: 'AWS::KMS::Key' };
  const reader = 'strongroom-demo-evidence-reader';
  const calls: readonly Call[] = [
    {
      role: 'auditor',
      service: 'sts',
      name: 'AssumeRole',
      request: { roleArn: `arn:aws:iam::111111111111:role/${reader}`, roleSessionName: 'auditor-1' },
    },
    { role: reader, service: 's3', name: 'GetObject', request: { bucketName: vault, key: object }, resource: bucket },
    { role: reader, service: 'kms', name: 'Decrypt', request: { encryptionContext: { bucket: vault } }, resource: key },
    {
      role: 'administrator',
      service: 'kms',
      name: 'Decrypt',
      request: { keyId: KEY, encryptionContext: { bucket: vault } },
      resource: key,
      error: 'AccessDenied',
    },
    {
      role: 'administrator',
      service: 's3',
      name: 'PutBucketPolicy',
      request: { bucketName: vault, bucketPolicy: {} },
      resource: bucket,
      error: 'AccessDenied',
    },
    { role: 'administrator', service: 's3', name: 'PutBucketLifecycle', request: { bucketName: vault }, resource: bucket },
    { role: 'administrator', service: 'kms', name: 'ScheduleKeyDeletion', request: { keyId: KEY, pendingWindowInDays: 7 }, resource: key },
    {
      role: 'operator',
      service: 'rds',
      name: 'ModifyDBSnapshotAttribute',
      request: { dBSnapshotIdentifier: 'ledger', valuesToAdd: ['444444444444'] },
    },
  ];
  return JSON.stringify({ Records: calls.map((call, at) => recordOf(call, at, start)) });
}

function recordOf({ role, name, service, request, resource, error }: Call, at: number, start: number): object {
  const account = '111111111111';
  const arn = `arn:aws:iam::${account}:role/${role}`;
  return {
    eventVersion: '1.11',
    userIdentity: {
      type: 'AssumedRole',
      principalId: `AROAEXAMPLE${at}:${role}`,
      arn: `arn:aws:sts::${account}:assumed-role/${role}/${role}-1`,
      accountId: account,
      accessKeyId: `ASIAEXAMPLEOWN${at}`,
      sessionContext: { sessionIssuer: { type: 'Role', principalId: `AROAEXAMPLE${at}`, arn, accountId: account, userName: role } },
    },
    eventTime: new Date(start + at * 60_000).toISOString().replace('.000Z', 'Z'),
    eventSource: `${service}.amazonaws.com`,
    eventName: name,
    awsRegion: 'eu-central-1',
    sourceIPAddress: '203.0.113.45',
    userAgent: 'aws-cli/2.31.0',
    ...(error === undefined ? {} : { errorCode: error, errorMessage: `not authorized to perform ${service}:${name}` }),
    requestParameters: request,
    responseElements: null,
    requestID: `OWN${at}`,
    eventID: `0a11ca11-0000-4000-a000-${at.toString(16).padStart(12, '0')}`,
    readOnly: name.startsWith('Get'),
    ...(resource === undefined ? {} : { resources: [{ ...resource, accountId: account }] }),
    eventType: 'AwsApiCall',
    managementEvent: true,
    recipientAccountId: account,
    eventCategory: 'Management',
  };
}

/** A batch as CloudWatch Logs hands it to a subscription. */
export function cloudWatchPayload({ account, logGroup, events }: LogGroupEvents): string {
  const logEvents = events.map(({ timestamp, message }, at) => ({ id: String(at).padStart(56, '0'), timestamp, message }));
  return JSON.stringify({
    messageType: 'DATA_MESSAGE',
    owner: account,
    logGroup,
    logStream: 'local',
    subscriptionFilters: ['all'],
    logEvents,
  });
}
