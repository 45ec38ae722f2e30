// A morning at a bank, the same on every run but for its date (CloudWatch Logs takes nothing older than 14 days): the everyday logs of two workload accounts, and inside them an attack.
// A contractor's console login without a second factor → reconnaissance → a trail stopped → a security group opened → root use → data sent to
// a listed address. GuardDuty sees part of it. One record of each file kind is broken, and one object is of no known format.
import { gzipSync } from 'node:zlib';
import { drops, reportsFindings } from './drops.ts';
import { createRandom, type Random } from './random.ts';
import { albEntry, albLine, cloudTrailRecord, flowLine, interfaceId, FLOW_DEFAULT_HEADER, privateIp, type Scene } from './records.ts';
import { attackCalls, ATTACKER_IP, BAD_ADDRESS, findings } from './attack.ts';

/** An object as a service delivers it. */
export interface DeliveredObject {
  readonly landing: 'kms' | 'sse-s3';
  readonly key: string;
  readonly bytes: Buffer;
  readonly source: string;
  /** What the generator put in; the demo checks that all of it is accounted for. */
  readonly records: number;
}

/** Log events that an account writes to one of its log groups. */
export interface LogGroupEvents {
  readonly account: string;
  readonly logGroup: string;
  readonly source: string;
  readonly events: readonly { readonly timestamp: number; readonly message: string }[];
}

/** Events that a service puts on an account's default bus. */
export interface BusEvents {
  readonly account: string;
  readonly source: string;
  readonly details: readonly { readonly source: string; readonly detailType: string; readonly detail: object }[];
}

export interface Scenario {
  readonly objects: readonly DeliveredObject[];
  readonly logs: readonly LogGroupEvents[];
  readonly events: readonly BusEvents[];
}

const REGION = 'eu-central-1';
const MINUTE = 60_000;
/** Excluded in banks/demo.yml. */
const UPTIME_PROBE = '10.20.1.9';
const DAY_MS = 86_400_000;

export interface Stage {
  /** The bank's two workload accounts; the attack plays in the first. */
  readonly accounts: readonly [string, string];
  /** Of the flow logs in CloudWatch Logs, as in the bank's file. */
  readonly flowFormat: string;
  /** ms since the epoch */
  readonly start: number;
}

/** @returns eight in the morning of the day before, ms since the epoch. */
export function yesterdayMorning(now: number): number {
  return Math.floor(now / DAY_MS) * DAY_MS - DAY_MS + 8 * 3_600_000;
}

export function scenario({ accounts, flowFormat, start }: Stage): Scenario {
  const random = createRandom(20_261_102);
  const [payments, trading] = accounts;
  return {
    objects: [
      ...accounts.flatMap((account) => trailObjects(random, { account, start }, account === payments)),
      ...accounts.flatMap((account) => flowObjects(random, { account, start })),
      ...albObjects(random, { account: payments, start }),
      unknownObject({ account: trading, start }),
      // The alerts of the demo are those of its attack: sources of findings would add theirs.
      ...drops(payments, ['cloudtrail', 'vpc-flow', 'alb', 'guardduty', 'application-json'], (source) => !reportsFindings(source)),
    ],
    logs: accounts.flatMap((account) => [flowGroup(random, { account, start }, flowFormat), applicationGroup(random, { account, start })]),
    events: [{ account: payments, source: 'guardduty', details: findings(payments, REGION, start) }],
  };
}

interface Place {
  readonly account: string;
  readonly start: number;
}

function scene({ account, start }: Place, file: number, records: number): Scene {
  return { account, region: REGION, start: start + file * 5 * MINUTE, step: (5 * MINUTE) / records };
}

/** The day as it stands in delivered keys: `2026/11/02`. */
function day(start: number): string {
  return new Date(start).toISOString().slice(0, 10).replaceAll('-', '/');
}

function trailObjects(random: Random, at: Place, attacked: boolean): readonly DeliveredObject[] {
  const { account } = at;
  return Array.from({ length: 12 }, (_, file) => {
    const records = 250;
    const place = scene(at, file, records);
    const calls = Array.from({ length: records }, (__, index) => cloudTrailRecord(random, index, place));
    if (attacked) calls.push(...attackCalls(file, place));
    // A record that was damaged on its way: everything around it must survive.
    if (attacked && file === 3) calls[100] = (calls[100] ?? '').slice(0, 400);
    return {
      landing: 'kms',
      key: `AWSLogs/${account}/CloudTrail/${REGION}/${day(at.start)}/${account}_CloudTrail_${REGION}_${stamp(place.start)}_${random.hex(16)}.json.gz`,
      bytes: gzipSync(`{"Records":[${calls.join(',')}]}`),
      source: 'cloudtrail',
      records: calls.length,
    };
  });
}

function flowObjects(random: Random, at: Place): readonly DeliveredObject[] {
  const { account } = at;
  return Array.from({ length: 4 }, (_, file) => {
    const place = scene(at, file, 1500);
    const lines = Array.from({ length: 1500 }, (__, index) => flowLine(random, index, place));
    lines.push(`2 ${account} ${interfaceId(random)} - - - - - - - ${seconds(place)} ${seconds(place) + 60} - NODATA`);
    if (file === 2) lines[700] = 'this line was torn';
    return {
      landing: 'kms',
      key: `AWSLogs/${account}/vpcflowlogs/${REGION}/${day(at.start)}/${account}_vpcflowlogs_${REGION}_fl-0${random.hex(16)}_${stamp(place.start)}_${random.hex(8)}.log.gz`,
      bytes: gzipSync(`${FLOW_DEFAULT_HEADER}\n${lines.join('\n')}\n`),
      source: 'vpc-flow',
      records: lines.length,
    };
  });
}

function albObjects(random: Random, at: Place): readonly DeliveredObject[] {
  const { account } = at;
  return Array.from({ length: 4 }, (_, file) => {
    const place = scene(at, file, 600);
    const lines = Array.from({ length: 600 }, (__, index) => albLine(random, index, place));
    for (let probe = 0; probe < 20; probe++) lines.push(uptimeProbe(random, place, probe));
    if (file === 1) lines.push(...scan(random, place));
    return {
      landing: 'sse-s3',
      key: `web/AWSLogs/${account}/elasticloadbalancing/${REGION}/${day(at.start)}/${account}_elasticloadbalancing_${REGION}_app.web-bank.50dc6c495c0c9188_${stamp(place.start)}_192.0.2.10_${random.hex(8)}.log.gz`,
      bytes: gzipSync(`${lines.join('\n')}\n`),
      source: 'alb',
      records: lines.length,
    };
  });
}

// The bank's file leaves these out of the index; the evidence keeps them.
function uptimeProbe(random: Random, place: Scene, probe: number): string {
  const time = new Date(place.start + probe * 15_000).toISOString();
  return albEntry(random, {
    time,
    client: UPTIME_PROBE,
    request: 'GET https://bank.example:443/health HTTP/1.1',
    agent: 'uptime-probe/1.4',
    status: 200,
    scene: place,
  });
}

/** What a scanner asks for: odd methods, quotes in the user agent, paths out of the tree. */
function scan(random: Random, place: Scene): readonly string[] {
  const requests = [
    'GET https://bank.example:443/../../etc/passwd HTTP/1.1',
    'M-SEARCH https://bank.example:443/* HTTP/1.1',
    '- http://bank.example:80- ',
    'POST https://bank.example:443/login?user=%27%20OR%201=1-- HTTP/1.1',
  ];
  return Array.from({ length: 40 }, (_, index) => {
    const time = new Date(place.start + 60_000 + index * 250).toISOString();
    const request = requests[index % requests.length] ?? '';
    return albEntry(random, { time, client: ATTACKER_IP, request, agent: '() { :; }; /bin/echo \\"probe\\"', status: 403, scene: place });
  });
}

function unknownObject({ account, start }: Place): DeliveredObject {
  return {
    landing: 'kms',
    key: `AWSLogs/${account}/mainframe/${day(start)}/batch-7.dat`,
    bytes: Buffer.from('JOB 7 ENDED RC=0000\n'),
    source: 'unknown',
    records: 1,
  };
}

function flowGroup(random: Random, { account, start }: Place, format: string): LogGroupEvents {
  const names = format.split(/\s+/).map((name) => name.replace(/^\$\{(.*)\}$/, '$1'));
  const events = Array.from({ length: 400 }, (_, index) => {
    const timestamp = start + index * 2000;
    const values: Readonly<Record<string, string | number>> = {
      version: 5,
      'account-id': account,
      'interface-id': interfaceId(random),
      srcaddr: privateIp(random),
      // Every hundredth flow of the attacked account goes where the stolen data went.
      dstaddr: index % 100 === 99 ? BAD_ADDRESS : privateIp(random),
      srcport: random.int(1024, 65_535),
      dstport: 443,
      protocol: 6,
      packets: random.int(10, 90_000),
      bytes: random.int(10_000, 3_000_000_000),
      start: Math.floor(timestamp / 1000),
      end: Math.floor(timestamp / 1000) + 60,
      action: 'ACCEPT',
      'log-status': 'OK',
      'vpc-id': 'vpc-0a1b2c3d4e5f60718',
      'subnet-id': 'subnet-0a1b2c3d4e5f60718',
      'instance-id': 'i-0a1b2c3d4e5f60718',
      'tcp-flags': 3,
      type: 'IPv4',
      'flow-direction': 'egress',
      'traffic-path': 8,
      region: REGION,
      'az-id': 'euc1-az1',
    };
    return { timestamp, message: names.map((name) => values[name] ?? '-').join(' ') };
  });
  return { account, logGroup: '/vpc/flow-logs', source: 'vpc-flow', events };
}

function applicationGroup(random: Random, { account, start }: Place): LogGroupEvents {
  const events = Array.from({ length: 300 }, (_, index) => {
    const timestamp = start + index * 3000;
    const level = random.pick(['info', 'info', 'info', 'warn', 'error']);
    const entry = {
      level,
      time: new Date(timestamp).toISOString(),
      message: 'payment settled',
      payment: random.uuid(),
      amount: random.int(1, 90_000) / 100,
      currency: 'EUR',
    };
    return { timestamp, message: JSON.stringify(entry) };
  });
  return { account, logGroup: '/app/payments', source: 'application-json', events };
}

function stamp(time: number): string {
  return new Date(time)
    .toISOString()
    .replaceAll(/[-:]/g, '')
    .replace(/\d\d\.\d{3}Z/, 'Z');
}

function seconds(place: Scene): number {
  return Math.floor(place.start / 1000);
}
