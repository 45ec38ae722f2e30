// Delivers a scenario as AWS would: services put objects into the landing buckets, accounts write to their log groups and default buses.
import { createHash } from 'node:crypto';
import { CreateLogStreamCommand, PutLogEventsCommand } from '@aws-sdk/client-cloudwatch-logs';
import { PutEventsCommand } from '@aws-sdk/client-eventbridge';
import { PutObjectCommand } from '@aws-sdk/client-s3';
import type { Account } from '../accounts.ts';
import type { Outputs } from '../../cli/deployed.ts';
import { output } from '../../cli/deployed.ts';
import type { BusEvents, DeliveredObject, LogGroupEvents, Scenario } from './scenario.ts';

/** One thing handed to AWS. */
export interface Delivered {
  readonly source: string;
  readonly records: number;
  /** ms since the epoch */
  readonly time: number;
  /** `s3://bucket/key` and SHA-256 (hex) of its bytes, where we know the bytes: what passes through other services is wrapped by them. */
  readonly object?: { readonly uri: string; readonly sha256: string };
}

const LOG_EVENTS_PER_CALL = 100;

export async function deliver(
  scenario: Scenario,
  security: Account,
  workloads: readonly Account[],
  outputs: Outputs,
): Promise<readonly Delivered[]> {
  const delivered: Delivered[] = [];
  for (const object of scenario.objects) delivered.push(await putObject(object, security, outputs));
  for (const group of scenario.logs) delivered.push(...(await putLogEvents(group, account(workloads, group.account))));
  for (const events of scenario.events) delivered.push(await putEvents(events, account(workloads, events.account)));
  return delivered;
}

export async function putObject(
  { landing, key, bytes, source, records }: DeliveredObject,
  security: Account,
  outputs: Outputs,
): Promise<Delivered> {
  const Bucket = output(outputs, landing === 'kms' ? 'LandingBucket' : 'BalancerBucket');
  const time = Date.now();
  await security.s3.send(new PutObjectCommand({ Bucket, Key: key, Body: bytes }));
  return { source, records, time, object: { uri: `s3://${Bucket}/${key}`, sha256: createHash('sha256').update(bytes).digest('hex') } };
}

export async function putLogEvents({ logGroup, source, events }: LogGroupEvents, { logs }: Account): Promise<readonly Delivered[]> {
  const logStreamName = 'local';
  await logs.send(new CreateLogStreamCommand({ logGroupName: logGroup, logStreamName })).catch(ignoreExisting);
  const delivered: Delivered[] = [];
  for (let at = 0; at < events.length; at += LOG_EVENTS_PER_CALL) {
    const logEvents = events.slice(at, at + LOG_EVENTS_PER_CALL);
    const time = Date.now();
    const { rejectedLogEventsInfo } = await logs.send(
      new PutLogEventsCommand({ logGroupName: logGroup, logStreamName, logEvents: [...logEvents] }),
    );
    if (rejectedLogEventsInfo !== undefined) throw new Error(`${logGroup} refused log events: ${JSON.stringify(rejectedLogEventsInfo)}`);
    delivered.push({ source, records: logEvents.length, time });
  }
  return delivered;
}

function ignoreExisting(error: unknown): void {
  if (!(error instanceof Error) || error.name !== 'ResourceAlreadyExistsException') throw error;
}

export async function putEvents({ source, details }: BusEvents, { events }: Account): Promise<Delivered> {
  const time = Date.now();
  const Entries = details.map((entry) => ({ Source: entry.source, DetailType: entry.detailType, Detail: JSON.stringify(entry.detail) }));
  await events.send(new PutEventsCommand({ Entries }));
  return { source, records: details.length, time };
}

function account(accounts: readonly Account[], id: string): Account {
  const found = accounts.find((candidate) => candidate.id === id);
  if (found === undefined) throw new Error(`no account ${id} on the local platform`);
  return found;
}
