// What the platform's own work would make it log about itself without end: its functions write evidence, that write is an event of
// CloudTrail, which is evidence to be written, … Only what these roles do on every unit is left out; whatever else they do is indexed like
// anybody's. The sealed evidence keeps all of it.
// https://docs.aws.amazon.com/awscloudtrail/latest/userguide/logging-data-events-with-cloudtrail.html
import type { BankConfig } from '../config.ts';
import type { Transform } from '../normalise.ts';
import { exclude, isObject, object, text, value } from '../outcome.ts';

/** Counted under this name. */
export const OWN_WORK = 'strongroom_own_work';

/** Calls that ingest makes for every unit. */
const ROUTINE: ReadonlySet<string> = new Set([
  's3.amazonaws.com PutObject',
  's3.amazonaws.com GetObject',
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
  const role = `arn:aws:iam::${account}:role/strongroom-${bank}-ingest-`;
  return (event) => {
    const { actor, api, status_id: status } = event;
    const issuer = isObject(actor) ? text(object(actor['session'])?.['issuer']) : undefined;
    if (issuer?.startsWith(role) !== true || !isObject(api)) return value(event);
    const call = `${text(object(api['service'])?.['name']) ?? ''} ${text(api['operation']) ?? ''}`;
    // What was refused is no routine.
    return status === 1 && ROUTINE.has(call) ? exclude(OWN_WORK) : value(event);
  };
}
