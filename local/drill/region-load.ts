// What a bank's accounts and AWS's services deliver in a region, all the while: events of a service, log events, and objects, which their services keep
// and try again where a bucket cannot be written to. https://docs.aws.amazon.com/awscloudtrail/latest/userguide/cloudtrail-log-file-examples.html
import { createHash } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import { gzipSync } from 'node:zlib';
import { CloudTrailClient, CreateTrailCommand, DescribeTrailsCommand } from '@aws-sdk/client-cloudtrail';
import { PutObjectCommand } from '@aws-sdk/client-s3';
import { output } from '../../cli/deployed.ts';
import { openAccount, closeAccount, type Account } from '../accounts.ts';
import { putEvents, putLogEvents, type Delivered } from '../demo/deliver.ts';
import { createRandom, type Random } from '../demo/random.ts';
import { cloudTrailRecord } from '../demo/records.ts';
import type { Deployment } from '../deployment.ts';
import { flowLog, LINES } from './prepare.ts';

export interface Load {
  /** Records handed over so far, by source. */
  readonly handedOver: ReadonlyMap<string, number>;
  /** Objects that were taken, by bucket. */
  readonly taken: ReadonlyMap<string, readonly Delivered[]>;
  /** How often a bucket could not be written to. */
  refusals(): number;
  /** Has GuardDuty find something severe in an account, now. @returns its id. */
  severe(account: string): Promise<string>;
  /** Delivers nothing new from now on, and resolves when all objects were taken. */
  stop(): Promise<void>;
}

interface Waiting {
  readonly source: string;
  readonly key: string;
  readonly bytes: Buffer;
  readonly records: number;
  /** Of the moment: a trail's may change. */
  readonly bucket: () => Promise<string>;
}

const EACH_MS = 500;
const TRAIL_RECORDS = 3;
const LOG_EVENTS = 4;
/** After that, what is not taken is lost, and the drill says so. */
const GIVE_UP_MS = 30_000;

interface State {
  readonly deployment: Deployment;
  readonly handedOver: Map<string, number>;
  readonly taken: Map<string, Delivered[]>;
  readonly waiting: Waiting[];
  refusals: number;
  /** Number of the next finding. */
  next: number;
  isOver: boolean;
}

/** Begins at once. */
export async function startLoad(deployment: Deployment): Promise<Load> {
  const { bank, workloads } = deployment;
  const trail = await startTrail(deployment);
  const state: State = { deployment, handedOver: new Map(), taken: new Map(), waiting: [], refusals: 0, next: 0, isOver: false };
  const running = deliverAll(state, trail);
  // Told by stop().
  running.catch(() => undefined);
  return {
    handedOver: state.handedOver,
    taken: state.taken,
    refusals: () => state.refusals,
    async severe(accountId) {
      const account = workloads.find(({ id }) => id === accountId);
      if (account === undefined) throw new Error(`drill: ${bank.bank} has no account ${accountId}`);
      const id = `5e7e3e${'0'.repeat(26)}`;
      await finding(state, account, { id, severity: 8 });
      return id;
    },
    async stop() {
      state.isOver = true;
      await running;
      trail.close();
    },
  };
}

async function deliverAll(state: State, trail: DrillTrail): Promise<void> {
  for (let at = 0; !state.isOver; at++) {
    for (const account of state.deployment.workloads) await deliverOf(account, at, { state, trail });
    await handIn(state);
    await sleep(EACH_MS);
  }
  const until = Date.now() + GIVE_UP_MS;
  while (state.waiting.length > 0 && Date.now() < until) {
    await handIn(state);
    await sleep(EACH_MS);
  }
}

async function deliverOf(
  account: Account,
  at: number,
  { state, trail }: { readonly state: State; readonly trail: DrillTrail },
): Promise<void> {
  const { deployment, waiting } = state;
  const number = state.next++;
  const random = createRandom(5000 + number);
  await finding(state, account, { id: `${account.id.slice(0, 4)}${String(number).padStart(28, '0')}`, severity: 2 });
  await putLogEvents({ account: account.id, logGroup: '/app/payments', source: 'application-json', events: logEvents(random) }, account);
  count(state, 'application-json', LOG_EVENTS);
  waiting.push({ ...trailFile(random, account), bucket: () => trail.bucket() });
  count(state, 'cloudtrail', TRAIL_RECORDS);
  if (at % 4 > 0) return;
  const { key, bytes } = flowLog(random, account.id, Date.now());
  const bucket = output(deployment.outputs, 'LandingBucket');
  waiting.push({ source: 'vpc-flow', key, bytes, records: LINES, bucket: () => Promise.resolve(bucket) });
  count(state, 'vpc-flow', LINES);
}

function count({ handedOver }: State, source: string, records: number): void {
  handedOver.set(source, (handedOver.get(source) ?? 0) + records);
}

/** What is refused waits for the next time. */
async function handIn(state: State): Promise<void> {
  const { deployment, taken, waiting } = state;
  for (const one of waiting.splice(0)) {
    const { source, key, bytes, records } = one;
    const bucket = await one.bucket();
    try {
      await deployment.security.s3.send(new PutObjectCommand({ Bucket: bucket, Key: key, Body: bytes }));
      const object = { uri: `s3://${bucket}/${key}`, sha256: createHash('sha256').update(bytes).digest('hex') };
      taken.set(bucket, [...(taken.get(bucket) ?? []), { source, records, time: Date.now(), object }]);
    } catch {
      state.refusals++;
      waiting.push(one);
    }
  }
}

/** As GuardDuty puts it on the account's default bus. */
async function finding(
  state: State,
  account: Account,
  { id, severity }: { readonly id: string; readonly severity: number },
): Promise<void> {
  const { region } = account;
  const detail = { id, accountId: account.id, region, type: 'Recon:EC2/Portscan', severity, updatedAt: new Date().toISOString() };
  const details = [{ source: 'aws.guardduty', detailType: 'GuardDuty Finding', detail }];
  await putEvents({ account: account.id, source: 'guardduty', details }, account);
  count(state, 'guardduty', 1);
}

function logEvents(random: Random): readonly { readonly timestamp: number; readonly message: string }[] {
  const now = Date.now();
  return Array.from({ length: LOG_EVENTS }, (_, at) => {
    const entry = { level: 'info', time: new Date(now + at).toISOString(), message: 'payment settled', payment: random.uuid() };
    return { timestamp: now + at, message: JSON.stringify(entry) };
  });
}

function trailFile(random: Random, { id, region }: Account): Omit<Waiting, 'bucket'> {
  const now = Date.now();
  const scene = { account: id, region, start: now - 60_000, step: 1000 };
  const records = Array.from({ length: TRAIL_RECORDS }, (_, at) => cloudTrailRecord(random, at, scene));
  const [day, minute] = [new Date(now).toISOString().slice(0, 10).replaceAll('-', '/'), new Date(now).toISOString().slice(0, 16)];
  const name = `${id}_CloudTrail_${region}_${minute.replaceAll(/[-:]/g, '')}Z_${random.hex(16)}.json.gz`;
  return {
    source: 'cloudtrail',
    key: `AWSLogs/o-example123/${id}/CloudTrail/${region}/${day}/${name}`,
    bytes: gzipSync(`{"Records":[${records.join(',')}]}`),
    records: TRAIL_RECORDS,
  };
}

interface DrillTrail {
  /** Where it delivers now. */
  bucket(): Promise<string>;
  close(): void;
}

/** The organization's trail, in the management account: the emulator keeps it, and delivers nothing by it. */
async function startTrail({ bank, platform, outputs }: Deployment): Promise<DrillTrail> {
  const management = await openAccount(platform.endpoint, bank.region, bank.organization?.management_account ?? '');
  const client = new CloudTrailClient({ endpoint: platform.endpoint, region: bank.region, credentials: management.credentials });
  const Name = 'organization';
  await client.send(new CreateTrailCommand({ Name, S3BucketName: output(outputs, 'LandingBucket'), IsMultiRegionTrail: true }));
  return {
    async bucket() {
      const { trailList: [trail] = [] } = await client.send(new DescribeTrailsCommand({ trailNameList: [Name] }));
      return trail?.S3BucketName ?? '';
    },
    close() {
      client.destroy();
      closeAccount(management);
    },
  };
}
