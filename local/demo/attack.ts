// What the demo's attacker does, as CloudTrail and GuardDuty would tell it. All ids and addresses are made up (RFC 5737 blocks).
import type { Scene } from './records.ts';

export const ATTACKER_IP = '198.51.100.23';
/** Listed in banks/demo.yml under alerts.bad_addresses. */
export const BAD_ADDRESS = '198.51.100.66';

interface Step {
  /** In which five-minute file it happens. */
  readonly file: number;
  readonly identity: (account: string) => object;
  readonly service: string;
  readonly name: string;
  readonly type?: string;
  readonly request?: unknown;
  readonly response?: unknown;
  readonly additional?: unknown;
  readonly error?: string;
}

const CONTRACTOR = (account: string): object => ({
  type: 'IAMUser',
  principalId: 'AIDAEXAMPLECONTR',
  arn: `arn:aws:iam::${account}:user/contractor.lee`,
  accountId: account,
  accessKeyId: 'ASIAEXAMPLECONTRACT0',
  userName: 'contractor.lee',
});

const ROOT = (account: string): object => ({
  type: 'Root',
  principalId: account,
  arn: `arn:aws:iam::${account}:root`,
  accountId: account,
  accessKeyId: '',
});

const STEPS: readonly Step[] = [
  {
    file: 4,
    identity: CONTRACTOR,
    service: 'signin',
    name: 'ConsoleLogin',
    type: 'AwsConsoleSignIn',
    response: { ConsoleLogin: 'Success' },
    additional: { LoginTo: 'https://console.aws.amazon.com/console/home', MobileVersion: 'No', MFAUsed: 'No' },
  },
  { file: 4, identity: CONTRACTOR, service: 'iam', name: 'ListUsers' },
  { file: 4, identity: CONTRACTOR, service: 's3', name: 'ListBuckets' },
  { file: 5, identity: CONTRACTOR, service: 'iam', name: 'CreateUser', request: { userName: 'backup-svc' }, error: 'AccessDenied' },
  {
    file: 6,
    identity: CONTRACTOR,
    service: 'cloudtrail',
    name: 'StopLogging',
    request: { name: 'arn:aws:cloudtrail:eu-central-1:222222222222:trail/organization' },
  },
  {
    file: 7,
    identity: CONTRACTOR,
    service: 'ec2',
    name: 'AuthorizeSecurityGroupIngress',
    request: {
      groupId: 'sg-0a1b2c3d4e5f60718',
      ipPermissions: {
        items: [
          {
            ipProtocol: 'tcp',
            fromPort: 22,
            toPort: 22,
            groups: {},
            ipRanges: { items: [{ cidrIp: '0.0.0.0/0' }] },
            ipv6Ranges: {},
            prefixListIds: {},
          },
        ],
      },
    },
    response: { _return: true },
  },
  {
    file: 8,
    identity: ROOT,
    service: 'iam',
    name: 'CreateAccessKey',
    response: { accessKey: { accessKeyId: 'AKIAEXAMPLEROOTKEY00', status: 'Active' } },
  },
];

/** The attacker's calls that fall into one delivered file, as CloudTrail records. */
export function attackCalls(file: number, scene: Scene): readonly string[] {
  return STEPS.flatMap((step, index) => (step.file === file ? [callRecord(step, index, scene)] : []));
}

function callRecord(step: Step, index: number, { account, region, start }: Scene): string {
  const id = index.toString(16).padStart(12, '0');
  return JSON.stringify({
    eventVersion: '1.11',
    userIdentity: step.identity(account),
    eventTime: new Date(start + 30_000 + index * 4000).toISOString().replace('.000Z', 'Z'),
    eventSource: `${step.service}.amazonaws.com`,
    eventName: step.name,
    awsRegion: region,
    sourceIPAddress: ATTACKER_IP,
    userAgent: 'Mozilla/5.0 (X11; Linux x86_64; rv:128.0) Gecko/20100101 Firefox/128.0',
    ...(step.error === undefined
      ? {}
      : { errorCode: step.error, errorMessage: `User is not authorized to perform: ${step.service}:${step.name}` }),
    requestParameters: step.request ?? null,
    responseElements: step.response ?? null,
    ...(step.additional === undefined ? {} : { additionalEventData: step.additional }),
    requestID: `ATTACK${id}`,
    eventID: `a77ac000-0000-4000-a000-${id}`,
    readOnly: step.name.startsWith('List'),
    eventType: step.type ?? 'AwsApiCall',
    managementEvent: true,
    recipientAccountId: account,
    eventCategory: 'Management',
  });
}

const FINDINGS = [
  {
    type: 'UnauthorizedAccess:IAMUser/ConsoleLoginSuccess.B',
    severity: 5,
    title: 'Unusual console login was seen for user contractor.lee.',
  },
  { type: 'Stealth:IAMUser/CloudTrailLoggingDisabled', severity: 2, title: 'AWS CloudTrail trail was disabled by contractor.lee.' },
  { type: 'Exfiltration:S3/AnomalousBehavior', severity: 8, title: 'An identity read S3 objects in a way it never did before.' },
  {
    type: 'AttackSequence:IAM/CompromisedCredentials',
    severity: 9.2,
    title: 'Compromised credentials were used in a sequence of actions.',
  },
] as const;

const RESOURCE = {
  resourceType: 'AccessKey',
  accessKeyDetails: {
    accessKeyId: 'ASIAEXAMPLECONTRACT0',
    principalId: 'AIDAEXAMPLECONTR',
    userType: 'IAMUser',
    userName: 'contractor.lee',
  },
};

const ACTION = {
  actionType: 'AWS_API_CALL',
  awsApiCallAction: {
    api: 'GetObject',
    serviceName: 's3.amazonaws.com',
    callerType: 'Remote IP',
    remoteIpDetails: { ipAddressV4: ATTACKER_IP, country: { countryName: 'Example' } },
  },
};

/** What GuardDuty puts on the account's default bus. https://docs.aws.amazon.com/guardduty/latest/ug/guardduty_findings_eventbridge.html */
export function findings(
  account: string,
  region: string,
  start: number,
): readonly { source: string; detailType: string; detail: object }[] {
  return FINDINGS.map(({ type, severity, title }, index) => {
    const id = `f1d1${index}`.padEnd(32, '0');
    const seen = new Date(start + 45 * 60_000 + index * 1000).toISOString();
    return {
      source: 'aws.guardduty',
      detailType: 'GuardDuty Finding',
      detail: {
        schemaVersion: '2.0',
        accountId: account,
        region,
        partition: 'aws',
        id,
        arn: `arn:aws:guardduty:${region}:${account}:detector/12abc34d567e8fa901bc2d34e56789f0/finding/${id}`,
        type,
        resource: RESOURCE,
        service: {
          serviceName: 'guardduty',
          detectorId: '12abc34d567e8fa901bc2d34e56789f0',
          action: ACTION,
          resourceRole: 'TARGET',
          eventFirstSeen: seen,
          eventLastSeen: seen,
          archived: false,
          count: 1,
        },
        severity,
        createdAt: seen,
        updatedAt: seen,
        title,
        description: `${title} Source address ${ATTACKER_IP}.`,
      },
    };
  });
}
