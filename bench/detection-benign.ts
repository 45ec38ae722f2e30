// What a bank does on a quiet day, for counting false alarms: calls of its services, the changes that pipelines and administrators make, flows
// and requests. Nothing in it is an attack; whatever is found in it is an alert too many. All names, ids and addresses are made up.
// https://docs.aws.amazon.com/awscloudtrail/latest/userguide/cloudtrail-event-reference-record-contents.html
import { createRandom, type Random } from '../local/demo/random.ts';
import { ACCOUNT, CHANGE_KINDS, PEOPLE, type Change } from './detection-changes.ts';
import { balancerLine, FLOW_HEADER, privateAddress, publicAddress, leaning, START } from './storage-data.ts';
import { trailRecord } from './storage-trail.ts';

export interface BenignStream {
  readonly name: string;
  readonly source: string;
  readonly header?: string;
  /** Records as delivered, in the order of their time. */
  readonly records: readonly string[];
}

const CALLS = 20_000;
const CHANGES = 10_000;
const FLOWS = 20_000;
const REQUESTS = 10_000;

export function benignStreams(): readonly BenignStream[] {
  const random = createRandom(20_261_121);
  const many = (count: number, record: (random: Random, index: number) => string) =>
    Array.from({ length: count }, (_, index) => record(random, index));
  return [
    { name: 'calls of services', source: 'cloudtrail', records: many(CALLS, trailRecord) },
    { name: 'changes by pipelines and administrators', source: 'cloudtrail', records: many(CHANGES, changeRecord) },
    { name: 'flows', source: 'vpc-flow', header: FLOW_HEADER, records: many(FLOWS, flowRecord) },
    { name: 'requests to load balancers', source: 'alb', records: many(REQUESTS, balancerLine) },
  ];
}

/** What goes in and out of a network whose doors are where they should be: others knock at all of them and are refused. */
function flowRecord(random: Random, index: number): string {
  const kind = random.next();
  const inside = privateAddress(random);
  const outside = publicAddress(leaning(random, 30_000));
  const client = random.int(1024, 65_535);
  const server = random.pick([443, 443, 443, 5432, 3306, 6379, 8443, 22, 9092, 53]);
  const [from, to, port, action] =
    kind < 0.7
      ? [inside, privateAddress(random), server, 'ACCEPT']
      : kind < 0.85
        ? [outside, `10.20.0.${random.int(10, 13)}`, 443, 'ACCEPT']
        : kind < 0.95
          ? [inside, outside, 443, 'ACCEPT']
          : [outside, inside, random.pick([22, 23, 3389, 445, 5432, 8080]), 'REJECT'];
  const start = Math.floor((START + index * 40) / 1000);
  const packets = random.int(1, 60) ** 2;
  const ends = random.next() < 0.5 || action === 'REJECT' ? `${from} ${to} ${client} ${port}` : `${to} ${from} ${port} ${client}`;
  const network = `eni-0${(leaning(random, 800) * 0x9e3779b1).toString(16).padStart(16, 'a').slice(0, 16)}`;
  const traffic = `${packets} ${packets * random.int(52, 1400)} ${start} ${start + random.int(20, 60)}`;
  return `2 222222222222 ${network} ${ends} 6 ${traffic} ${action} OK`;
}

function changeRecord(random: Random, index: number): string {
  const change = random.pick(CHANGE_KINDS);
  return JSON.stringify({
    eventVersion: '1.11',
    ...identity(random, change),
    eventTime: `${new Date(START + index * 8000).toISOString().slice(0, 19)}Z`,
    eventSource: `${change.service}.amazonaws.com`,
    eventName: change.name,
    awsRegion: 'eu-central-1',
    requestParameters: change.request(random),
    responseElements: change.response?.(random) ?? null,
    requestID: random.uuid(),
    eventID: random.uuid(),
    readOnly: /^(?:Describe|Get|List)/.test(change.name),
    eventType: 'AwsApiCall',
    managementEvent: true,
    recipientAccountId: ACCOUNT,
    eventCategory: 'Management',
    ...change.more,
  });
}

function identity(random: Random, { by, service }: Change): object {
  if (by === 'person') {
    const name = random.pick(PEOPLE);
    return {
      ...assumed('AWSReservedSSO_Administrator_0a1b2c3d4e5f6071', `${name}@demo-bank.example`),
      sourceIPAddress: `192.0.2.${random.int(10, 40)}`,
      userAgent: service === 'signin' ? 'Mozilla/5.0 (Windows NT 10.0; Win64; x64)' : 'AWS Internal',
    };
  }
  const session = assumed('deploy-pipeline', `build-${random.int(1, 40)}`);
  if (by === 'pipeline')
    return { ...session, sourceIPAddress: `10.20.3.${random.int(4, 20)}`, userAgent: 'aws-sdk-go-v2/1.36.3 os/linux lang/go#1.24.1' };
  const invoked = 'cloudformation.amazonaws.com';
  return { userIdentity: { ...session.userIdentity, invokedBy: invoked }, sourceIPAddress: invoked, userAgent: invoked };
}

function assumed(role: string, session: string) {
  return {
    userIdentity: {
      type: 'AssumedRole',
      principalId: `AROAEXAMPLEROLE00009:${session}`,
      arn: `arn:aws:sts::${ACCOUNT}:assumed-role/${role}/${session}`,
      accountId: ACCOUNT,
      accessKeyId: 'ASIAEXAMPLEKEY000009',
      sessionContext: {
        sessionIssuer: {
          type: 'Role',
          principalId: 'AROAEXAMPLEROLE00009',
          arn: `arn:aws:iam::${ACCOUNT}:role/${role}`,
          accountId: ACCOUNT,
          userName: role,
        },
        attributes: { creationDate: '2026-11-02T07:30:00Z', mfaAuthenticated: 'true' },
      },
    },
  };
}
