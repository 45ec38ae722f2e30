// Single log records as AWS writes them, with made-up ids: the raw material of the demo's and the benchmark's logs.
import type { Random } from './random.ts';

/** Where and when the records play. */
export interface Scene {
  readonly account: string;
  readonly region: string;
  /** ms since the epoch of the first record */
  readonly start: number;
  /** ms between two records */
  readonly step: number;
}

export const DEFAULT_SCENE: Scene = { account: '222222222222', region: 'eu-central-1', start: Date.UTC(2026, 10, 2, 8), step: 900 };

interface Call {
  readonly service: string;
  readonly name: string;
  readonly readOnly: boolean;
  readonly request: (random: Random) => unknown;
  readonly response: (random: Random) => unknown;
}

const CALLS: readonly [Call, ...Call[]] = [
  {
    service: 's3',
    name: 'GetObject',
    readOnly: true,
    request: (random) => ({
      bucketName: 'payments-statements',
      key: `2026/11/${random.hex(12)}.pdf`,
      Host: 'payments-statements.s3.eu-central-1.amazonaws.com',
    }),
    response: () => null,
  },
  {
    service: 'ec2',
    name: 'DescribeInstances',
    readOnly: true,
    request: (random) => ({ instancesSet: { items: [{ instanceId: `i-0${random.hex(16)}` }] }, filterSet: {} }),
    response: () => null,
  },
  {
    service: 'kms',
    name: 'Decrypt',
    readOnly: true,
    request: (random) => ({
      encryptionContext: { 'aws:s3:arn': `arn:aws:s3:::payments-statements/${random.hex(8)}` },
      encryptionAlgorithm: 'SYMMETRIC_DEFAULT',
    }),
    response: () => null,
  },
  {
    service: 'dynamodb',
    name: 'UpdateTable',
    readOnly: false,
    request: (random) => ({
      tableName: `ledger-${random.hex(4)}`,
      provisionedThroughput: { readCapacityUnits: 40, writeCapacityUnits: 20 },
    }),
    response: (random) => ({ tableDescription: { tableStatus: 'UPDATING', tableId: random.uuid(), itemCount: random.int(1, 1e7) } }),
  },
  {
    service: 'ec2',
    name: 'RunInstances',
    readOnly: false,
    request: (random) => ({
      instancesSet: { items: [{ imageId: `ami-0${random.hex(16)}`, minCount: 1, maxCount: 1 }] },
      instanceType: 'm7g.large',
      monitoring: { enabled: true },
      networkInterfaceSet: { items: [{ deviceIndex: 0, subnetId: `subnet-0${random.hex(16)}` }] },
    }),
    response: (random) => ({
      reservationId: `r-0${random.hex(16)}`,
      instancesSet: {
        items: [{ instanceId: `i-0${random.hex(16)}`, instanceState: { code: 0, name: 'pending' }, privateIpAddress: privateIp(random) }],
      },
    }),
  },
];

const PEOPLE = ['amara.osei', 'bruno.keller', 'chiara.conti', 'deniz.aydin', 'elin.berg', 'farid.haddad'] as const;
const ROLES = ['payments-batch', 'ledger-api', 'statement-render', 'deploy'] as const;

export function cloudTrailRecord(random: Random, index: number, scene: Scene = DEFAULT_SCENE): string {
  const call = random.pick(CALLS);
  const failed = random.next() < 0.03;
  return JSON.stringify({
    eventVersion: '1.11',
    userIdentity: random.next() < 0.8 ? role(random, scene) : person(random, scene),
    eventTime: new Date(scene.start + index * scene.step)
      .toISOString()
      .replace('.000', '')
      .replace(/\.\d{3}Z/, 'Z'),
    eventSource: `${call.service}.amazonaws.com`,
    eventName: call.name,
    awsRegion: scene.region,
    sourceIPAddress: random.next() < 0.1 ? `${call.service}.amazonaws.com` : privateIp(random),
    userAgent: `aws-sdk-java/2.31.${random.int(1, 60)} md/io#sync md/http#Apache ua/2.1 os/Linux#6.1 lang/java#21.0.4 md/OpenJDK_64-Bit_Server_VM`,
    ...(failed ? { errorCode: 'AccessDenied', errorMessage: `User is not authorized to perform: ${call.service}:${call.name}` } : {}),
    requestParameters: call.request(random),
    responseElements: failed ? null : call.response(random),
    additionalEventData: {
      SignatureVersion: 'SigV4',
      CipherSuite: 'TLS_AES_128_GCM_SHA256',
      bytesTransferredIn: 0,
      bytesTransferredOut: random.int(200, 90_000),
    },
    requestID: random.hex(16).toUpperCase(),
    eventID: random.uuid(),
    readOnly: call.readOnly,
    resources: [{ accountId: scene.account, type: 'AWS::S3::Object', ARN: `arn:aws:s3:::payments-statements/2026/${random.hex(8)}` }],
    eventType: 'AwsApiCall',
    managementEvent: true,
    recipientAccountId: scene.account,
    eventCategory: 'Management',
    tlsDetails: {
      tlsVersion: 'TLSv1.3',
      cipherSuite: 'TLS_AES_128_GCM_SHA256',
      clientProvidedHostHeader: `${call.service}.${scene.region}.amazonaws.com`,
    },
  });
}

function role(random: Random, { account }: Scene): object {
  const name = random.pick(ROLES);
  const session = `i-0${random.hex(16)}`;
  return {
    type: 'AssumedRole',
    principalId: `AROAEXAMPLE${name.slice(0, 6).toUpperCase()}:${session}`,
    arn: `arn:aws:sts::${account}:assumed-role/${name}/${session}`,
    accountId: account,
    accessKeyId: `ASIAEXAMPLE${random.hex(9).toUpperCase()}`,
    sessionContext: {
      sessionIssuer: {
        type: 'Role',
        principalId: `AROAEXAMPLE${name.slice(0, 6).toUpperCase()}`,
        arn: `arn:aws:iam::${account}:role/${name}`,
        accountId: account,
        userName: name,
      },
      attributes: { creationDate: '2026-11-02T07:12:44Z', mfaAuthenticated: 'false' },
    },
  };
}

function person(random: Random, { account }: Scene): object {
  const name = random.pick(PEOPLE);
  return {
    type: 'IAMUser',
    principalId: `AIDAEXAMPLE${name.slice(0, 5).toUpperCase()}`,
    arn: `arn:aws:iam::${account}:user/${name}`,
    accountId: account,
    accessKeyId: `AKIAEXAMPLE${name.slice(0, 5).toUpperCase()}`,
    userName: name,
  };
}

export const FLOW_DEFAULT_HEADER =
  'version account-id interface-id srcaddr dstaddr srcport dstport protocol packets bytes start end action log-status';

export function flowLine(random: Random, index: number, scene: Scene = DEFAULT_SCENE): string {
  const start = Math.floor((scene.start + index * scene.step) / 1000);
  const inbound = random.next() < 0.5;
  const source = inbound ? publicIp(random) : privateIp(random);
  const target = inbound ? privateIp(random) : publicIp(random);
  // Nobody from outside gets as far as a database or a shell, or every such flow would be an alert.
  const port = random.pick([443, 443, 443, 8443, 443, 8443]);
  const packets = random.int(1, 400);
  const action = random.next() < 0.08 ? 'REJECT' : 'ACCEPT';
  return `2 ${scene.account} ${interfaceId(random)} ${source} ${target} ${random.int(1024, 65_535)} ${port} 6 ${packets} ${packets * random.int(52, 1400)} ${start} ${start + 60} ${action} OK`;
}

export function interfaceId(random: Random): string {
  return `eni-0${random.pick(['a1b2c3d4e5f60718', 'b2c3d4e5f6071829', 'c3d4e5f60718293a', 'd4e5f60718293a4b'])}`;
}

const PATHS = ['/api/v2/accounts', '/api/v2/payments', '/api/v2/statements', '/login', '/static/app.js', '/health'] as const;
const AGENTS = [
  'Mozilla/5.0 (iPhone; CPU iPhone OS 19_1 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/19.1 Mobile/15E148 Safari/604.1',
  'Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/142.0.0.0 Safari/537.36',
  'okhttp/5.1.0',
] as const;

export function albLine(random: Random, index: number, scene: Scene = DEFAULT_SCENE): string {
  const time = new Date(scene.start + index * scene.step).toISOString();
  const request = `${random.pick(['GET', 'GET', 'GET', 'POST'])} https://bank.example:443${random.pick(PATHS)}?id=${random.int(1, 99_999)} HTTP/2.0`;
  return albEntry(random, {
    time,
    client: publicIp(random),
    request,
    agent: random.pick(AGENTS),
    status: random.pick([200, 200, 200, 200, 302, 404]),
    scene,
  });
}

interface AlbEntry {
  readonly time: string;
  readonly client: string;
  readonly request: string;
  readonly agent: string;
  readonly status: number;
  readonly scene: Scene;
}

export function albEntry(random: Random, { time, client, request, agent, status, scene }: AlbEntry): string {
  const balancer = `arn:aws:elasticloadbalancing:${scene.region}:${scene.account}`;
  const micros = time.replace('Z', '412Z');
  const target = privateIp(random);
  return [
    `https ${micros} app/web-bank/50dc6c495c0c9188 ${client}:${random.int(1024, 65_535)} ${target}:8080 0.001 0.0${random.int(10, 99)} 0.000 ${status} ${status}`,
    `${random.int(80, 900)} ${random.int(200, 40_000)} "${request}" "${agent}" TLS_AES_128_GCM_SHA256 TLSv1.3`,
    `${balancer}:targetgroup/web-bank/73e2d6bc24d8a067 "Root=1-${random.hex(8)}-${random.hex(24)}" "bank.example"`,
    `"arn:aws:acm:${scene.region}:${scene.account}:certificate/12345678-1234-4234-a234-123456789012" 0 ${micros} "forward" "-" "-" "${target}:8080" "${status}" "-" "-" TID_${random.hex(32)}`,
  ].join(' ');
}

export function privateIp(random: Random): string {
  return `10.20.${random.int(0, 31)}.${random.int(4, 250)}`;
}

/** Of the blocks reserved for documentation (RFC 5737). */
export function publicIp(random: Random): string {
  return `${random.pick(['192.0.2', '203.0.113'])}.${random.int(1, 126)}`;
}
