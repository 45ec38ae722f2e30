// Logs of the bank's own applications: one JSON object per message in CloudWatch Logs, or NDJSON in a local file, to Base Event 0.
// https://docs.aws.amazon.com/lambda/latest/dg/monitoring-cloudwatchlogs-logformat.html (and what pino, winston, zap, logrus, structlog,
// logback and the Elastic Common Schema write: https://www.elastic.co/docs/reference/ecs/logging/intro)
//
//  - There is no standard. Time, level and message are looked for under their usual names; all else stays in `unmapped` as it came.
//  - A message that is no JSON object (a start-up banner, a stack trace, Lambda's START and REPORT lines) is a log message like any other.
//  - Which log groups are application logs is said in the bank's file (log_groups); nothing is claimed by name.
import type { Json, JsonObject, OcsfEvent, Outcome, RawRecord } from '../model.ts';
import { BASE_EVENT, OCSF_VERSION, classify } from '../ocsf/classes.ts';
import { epochMs, inRange, unmappedOf } from '../ocsf/event.ts';
import { isObject, jsonOf, object, parseJson, reject, text, value } from '../outcome.ts';
import type { Context, Source } from './api.ts';
import { deliveredCloud, deliveryOf, profilesOf } from './lib/delivery.ts';
import { severityOfLevel } from './lib/levels.ts';

const TIME_KEYS = ['time', 'timestamp', 'ts', '@timestamp'] as const;
const LEVEL_KEYS = ['level', 'severity', 'log.level'] as const;
const MESSAGE_KEYS = ['message', 'msg'] as const;
const SERVICE_KEYS = ['service', 'service.name'] as const;

interface Found {
  /** The member that says it and nothing else; undefined where none does. */
  readonly key: string | undefined;
  readonly is: string;
}

/** What is known of a message beside its own words. */
export interface Told {
  /** Whose message it is, where it does not say. */
  readonly product?: string | undefined;
  readonly message?: string | undefined;
  readonly level?: string | undefined;
  /** What it belongs to: the id of a request. */
  readonly correlation?: string | undefined;
  /** Members that `correlation` came from. */
  readonly taken?: readonly string[];
}

export interface ApplicationRecord {
  /** The message's members; none where the message is plain text. */
  readonly fields: JsonObject;
  /** ms since the epoch */
  readonly time: number;
  /** Where the application gave the time itself, and how it wrote it. */
  readonly ownTime: Found | undefined;
  readonly message: Found | undefined;
}

export const applicationJson: Source<ApplicationRecord> = {
  name: 'application-json',
  title: 'Application logs (JSON or text in CloudWatch Logs)',
  documentation: 'https://docs.aws.amazon.com/lambda/latest/dg/monitoring-cloudwatchlogs-logformat.html',
  classes: [BASE_EVENT.uid],
  framing: { kind: 'json' },
  delivered: ["CloudWatch Logs: the log groups that the bank's file names", "Kinesis, Kafka, S3: as the bank's file says"],
  claims: () => false,
  recognises,
  parse: readApplication,
  map: applicationEvent,
};

/** Many formats are JSON: only an object with all three of level, message and time is taken for an application's. */
function recognises(head: string): boolean {
  const start = head.trimStart();
  const end = start.indexOf('\n');
  const first = parseJson(end < 0 ? start : start.slice(0, end));
  if (!isObject(first)) return false;
  return [TIME_KEYS, LEVEL_KEYS, MESSAGE_KEYS].every((keys) => keys.some((key) => first[key] !== undefined));
}

export function readApplication(record: RawRecord): Outcome<ApplicationRecord> {
  // Parsing every line of text only to see it fail would cost more than all the rest.
  const parsed = record.text.trimStart().startsWith('{') ? object(jsonOf(record)) : undefined;
  const fields = parsed ?? {};
  const message = parsed === undefined ? { key: undefined, is: record.text.trimEnd() } : firstText(fields, MESSAGE_KEYS);
  const own = findTime(fields, record.time === undefined);
  const time = own?.ms ?? record.time;
  if (time === undefined) return reject('missing_field', `no valid time under ${TIME_KEYS.join(', ')}, and none from the delivery`);
  return value({ fields, time, ownTime: own, message: message?.is === '' ? undefined : message });
}

/** @param assumeUtc take a time without a zone as UTC: the last resort, where the delivery has no time of its own. */
function findTime(fields: JsonObject, assumeUtc: boolean): (Found & { readonly ms: number }) | undefined {
  for (const key of TIME_KEYS) {
    const candidate = fields[key];
    if (typeof candidate !== 'string' && typeof candidate !== 'number') continue;
    const ms = typeof candidate === 'string' ? msOfText(candidate, assumeUtc) : msOfNumber(candidate);
    if (ms !== undefined && inRange(ms)) return { key, is: String(candidate), ms };
  }
  return undefined;
}

const NO_ZONE = /^\d{4}-\d\d-\d\d[T ]\d\d:\d\d:\d\d(?:[.,]\d+)?$/;
const EPOCH = /^\d{9,19}(?:\.\d+)?$/;

function msOfText(candidate: string, assumeUtc: boolean): number | undefined {
  if (EPOCH.test(candidate)) return msOfNumber(Number(candidate));
  // Python's logging separates the milliseconds by a comma.
  const iso = candidate.replace(',', '.');
  return epochMs(assumeUtc && NO_ZONE.test(candidate) ? `${iso}Z` : iso);
}

/** Seconds, milli-, micro- or nanoseconds since the epoch: a number lies in the years 2000 to 2099 in one unit at most. */
function msOfNumber(candidate: number): number | undefined {
  return [candidate, candidate * 1000, candidate / 1000, candidate / 1_000_000].map(Math.round).find(inRange);
}

const NOTHING: Told = {};

export function applicationEvent(native: ApplicationRecord, record: RawRecord, context: Context, told = NOTHING): OcsfEvent {
  const { fields, time, ownTime, message } = native;
  const level = levelOf(fields);
  const service = firstText(fields, SERVICE_KEYS);
  return {
    // An application's message names no activity.
    ...classify(BASE_EVENT, 0),
    ...severityOfLevel(level?.is ?? told.level),
    time,
    message: message?.is ?? told.message,
    metadata: {
      uid: context.uid(record.index),
      version: OCSF_VERSION,
      product: { name: service?.is ?? told.product ?? context.logGroup ?? 'application', vendor_name: context.origin.bank },
      log_level: level?.is ?? told.level,
      original_time: ownTime?.is,
      correlation_uid: told.correlation,
      profiles: profilesOf(context, false),
      ...deliveryOf(record, time, context),
    },
    cloud: deliveredCloud(context),
    unmapped: unmappedOf(fields, keysOf([ownTime, level, message, service], told)),
  };
}

function keysOf(found: readonly (Found | undefined)[], { taken }: Told): ReadonlySet<string> {
  const keys = new Set(taken);
  for (const one of found) if (one?.key !== undefined) keys.add(one.key);
  return keys;
}

function firstText(fields: JsonObject, keys: readonly string[]): Found | undefined {
  for (const key of keys) {
    const is = text(fields[key]);
    if (is !== undefined) return { key, is };
  }
  return undefined;
}

function levelOf(fields: JsonObject): Found | undefined {
  for (const key of LEVEL_KEYS) {
    const is = levelText(fields[key]);
    if (is !== undefined) return { key, is };
  }
  const nested = levelText(object(fields['log'])?.['level']);
  // The `log` object may hold more: it stays in `unmapped`.
  return nested === undefined ? undefined : { key: undefined, is: nested };
}

function levelText(candidate: Json | undefined): string | undefined {
  return typeof candidate === 'number' ? String(candidate) : text(candidate);
}
