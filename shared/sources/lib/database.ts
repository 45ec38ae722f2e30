// What the logs of databases have in common: how RDS delivers them, who the client is. https://docs.aws.amazon.com/AmazonRDS/latest/UserGuide/publishing_cloudwatchlogs.html
import type { JsonObject, OcsfMetadata, RawRecord } from '../../model.ts';
import { OCSF_VERSION } from '../../ocsf/classes.ts';
import { ipOf } from '../../ocsf/event.ts';
import type { Context, Delivery } from '../api.ts';
import { deliveryOf, profilesOf } from './delivery.ts';
import { portOf, socketOf } from './values.ts';

/** Logs that MySQL, MariaDB and PostgreSQL publish. Other engines have some of the same names: the bank's file says which groups are theirs. */
export type RdsLog = 'audit' | 'error' | 'general' | 'postgresql' | 'slowquery' | 'upgrade';

const GROUP = /^\/aws\/rds\/(?:instance|cluster)\/[^/]+\/([a-z]+)$/;

/** @returns true for a log group that RDS writes this log to. */
export function isRdsLog(delivery: Delivery, logs: readonly RdsLog[]): boolean {
  if (delivery.trigger !== 'logs') return false;
  const log = GROUP.exec(delivery.logGroup)?.[1];
  return log !== undefined && logs.some((name) => name === log);
}

export const ACTIVITY = { read: 1, update: 2, connect: 3, query: 4, write: 5, create: 6, delete: 7, other: 99 } as const;
const RELATIONAL = 1;

export const MYSQL_PRODUCT = { name: 'MySQL', vendor_name: 'Oracle' };
export const POSTGRESQL_PRODUCT = { name: 'PostgreSQL', vendor_name: 'PostgreSQL' };

interface DatabaseRecord {
  readonly time: number;
  /** As written. */
  readonly original: string | undefined;
  readonly product: OcsfMetadata['product'];
}

/** Times that say no more than ms since the epoch do. */
const NOTHING_MORE = /\d\d:\d\d:\d\d(?:\.\d{3}(?:000)?)?(?:Z| UTC)$/;

export function databaseMetadata({ time, original, product }: DatabaseRecord, record: RawRecord, context: Context): OcsfMetadata {
  return {
    uid: context.uid(record.index),
    version: OCSF_VERSION,
    product,
    profiles: profilesOf(context, false),
    original_time: original === undefined || NOTHING_MORE.test(original) ? undefined : original,
    ...deliveryOf(record, time, context),
  };
}

/** @param host as databases write it: an address or a name, MariaDB with a port behind it. Nothing: the server itself. */
export function clientOf(host: string | undefined): JsonObject {
  if (host === undefined || host === '') return { name: 'unknown' };
  const ip = ipOf(host);
  if (ip !== undefined) return { ip };
  const socket = socketOf(host);
  if (socket !== undefined) return { ...socket };
  const colon = host.lastIndexOf(':');
  const port = colon <= 0 ? undefined : portOf(host.slice(colon + 1));
  return port === undefined ? { domain: host } : { domain: host.slice(0, colon), port };
}

/** @param server where the statement names no database. */
export function databaseOf(name: string | undefined, server: string | undefined): JsonObject {
  if (name !== undefined && name !== '') return { name, type_id: RELATIONAL };
  return server === undefined || server === '' ? { name: 'unknown', type_id: RELATIONAL } : { uid: server, type_id: RELATIONAL };
}

/** The cluster or instance whose log group it is. */
export function serverOf({ logGroup }: Context): string | undefined {
  return logGroup !== undefined && GROUP.test(logGroup) ? logGroup.split('/')[4] : undefined;
}

/** What a statement does, by its first word. */
const ACTIVITIES: ReadonlyMap<string, number> = new Map([
  ['SELECT', ACTIVITY.read],
  ['INSERT', ACTIVITY.write],
  ['REPLACE', ACTIVITY.write],
  ['COPY', ACTIVITY.write],
  ['IMPORT', ACTIVITY.write],
  ['MERGE', ACTIVITY.write],
  ['UPDATE', ACTIVITY.update],
  ['ALTER', ACTIVITY.update],
  ['RENAME', ACTIVITY.update],
  ['GRANT', ACTIVITY.update],
  ['REVOKE', ACTIVITY.update],
  ['COMMENT', ACTIVITY.update],
  ['REINDEX', ACTIVITY.update],
  ['CREATE', ACTIVITY.create],
  ['DELETE', ACTIVITY.delete],
  ['DROP', ACTIVITY.delete],
  ['TRUNCATE', ACTIVITY.delete],
]);

/** @param command `CREATE TABLE`, `ALTER ROLE`, … @returns undefined for one that is none of reading, writing and changing. */
export function activityOf(command: string): number | undefined {
  const space = command.indexOf(' ');
  return ACTIVITIES.get((space < 0 ? command : command.slice(0, space)).toUpperCase());
}
