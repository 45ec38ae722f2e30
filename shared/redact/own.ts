// What the platform's own work would make it log about itself without end: its functions write evidence, that write is an event of
// CloudTrail, which is evidence to be written, … Only what these roles do on every unit is left out; whatever else they do is indexed like
// anybody's. The sealed evidence keeps all of it.
// https://docs.aws.amazon.com/awscloudtrail/latest/userguide/logging-data-events-with-cloudtrail.html
import type { BankConfig } from '../config.ts';
import type { JsonObject } from '../model.ts';
import type { Transform } from '../normalise.ts';
import { exclude, isObject, object, text, value } from '../outcome.ts';

/** Counted under this name. */
export const OWN_WORK = 'strongroom_own_work';

/** The functions that take in units: stacks/… functions/ingest-*. */
const INGEST = ['objects', 'stream', 'events', 'kafka'] as const;

/** Calls that ingest makes for every unit, beside those on objects. */
const ROUTINE: ReadonlySet<string> = new Set([
  'kms.amazonaws.com GenerateDataKey',
  'kms.amazonaws.com GenerateMac',
  'kms.amazonaws.com Decrypt',
  'kinesis.amazonaws.com PutRecords',
  'sqs.amazonaws.com ReceiveMessage',
  'sqs.amazonaws.com DeleteMessage',
]);

/** Log groups of the functions: what they log about a batch would be the next batch. */
export function isOwnLogGroup({ bank, security_account: own }: Own, account: string, logGroup: string): boolean {
  return account === own && logGroup.startsWith(`/aws/lambda/strongroom-${bank}-`);
}

type Own = Pick<BankConfig, 'bank' | 'security_account'>;

/** @returns the exclusion of the platform's own calls from this source's events, or undefined where it has none. */
export function ownWork({ bank, security_account: account }: Own, source: string): Transform | undefined {
  if (source !== 'cloudtrail') return undefined;
  const roles: ReadonlySet<string> = new Set(INGEST.map((name) => `arn:aws:iam::${account}:role/strongroom-${bank}-ingest-${name}`));
  const isRoutineObject = objectCalls(bank, account);
  return (event) => {
    const { actor, api, status_id: status } = event;
    const issuer = isObject(actor) ? text(object(actor['session'])?.['issuer']) : undefined;
    // What was refused is no routine.
    if (issuer === undefined || !roles.has(issuer) || status !== 1 || !isObject(api)) return value(event);
    const call = `${text(object(api['service'])?.['name']) ?? ''} ${text(api['operation']) ?? ''}`;
    return ROUTINE.has(call) || isRoutineObject(call, bucketOf(api)) ? exclude(OWN_WORK) : value(event);
  };
}

function bucketOf(api: JsonObject): string {
  return text(object(object(api['request'])?.['data'])?.['bucketName']) ?? '';
}

/** @returns what tells ingest's calls on objects: it writes evidence and what it parked, and reads what landed. Reading evidence is no routine. */
function objectCalls(bank: string, account: string): (call: string, bucket: string) => boolean {
  const own = `strongroom-${bank}-${account}-`;
  const waf = `aws-waf-logs-${bank}-${account}-`;
  return (call, bucket) => {
    const isOwn = bucket.startsWith(own);
    if (call === 's3.amazonaws.com PutObject') return isOwn && WRITTEN.test(bucket);
    return call === 's3.amazonaws.com GetObject' && ((isOwn && LANDING.test(bucket)) || bucket.startsWith(waf));
  };
}

/** As stacks/resources/{vault,landing}.yml call the buckets. */
const WRITTEN = /-(?:vault|parked)$/;
const LANDING = /-landing-(?:kms|sse-s3)$/;
