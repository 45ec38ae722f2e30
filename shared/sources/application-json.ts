// Logs of the bank's own applications: one JSON object per message in CloudWatch Logs, or NDJSON in a local file, to Base Event 0.
// https://docs.aws.amazon.com/lambda/latest/dg/monitoring-cloudwatchlogs-logformat.html (and what pino, winston, zap, logrus, structlog,
// logback and the Elastic Common Schema write: https://www.elastic.co/docs/reference/ecs/logging/intro)
//
//  - There is no standard. Time, level and message are looked for under their usual names; all else stays in `unmapped` as it came.
//  - A message that is no JSON object (a start-up banner, a stack trace, Lambda's START and REPORT lines) is a log message like any other.
//  - Which log groups are application logs is said in the bank's file (log_groups); nothing is claimed by name.
import type { Json, JsonObject, OcsfEvent, OcsfMetadata, Outcome, RawRecord } from '../model.ts';
import { BASE_EVENT, OCSF_VERSION, SEVERITY, classify } from '../ocsf/classes.ts';
import { cloudOf, epochMs, inRange, unmappedOf } from '../ocsf/event.ts';
import { isObject, jsonOf, object, parseJson, reject, text, value } from '../outcome.ts';
import type { Context, Source } from './api.ts';

const TIME_KEYS = ['time', 'timestamp', 'ts', '@timestamp'] as const;
const LEVEL_KEYS = ['level', 'severity', 'log.level'] as const;
const MESSAGE_KEYS = ['message', 'msg'] as const;
const SERVICE_KEYS = ['service', 'service.name'] as const;

interface Found {
  /** The member that says it and nothing else; undefined where none does. */
  readonly key: string | undefined;
  readonly is: string;
}

interface ApplicationRecord {
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
  parse,
  map,
};

/** Many formats are JSON: only an object with all three of level, message and time is taken for an application's. */
function recognises(head: string): boolean {
  const start = head.trimStart();
  const end = start.indexOf('\n');
  const first = parseJson(end < 0 ? start : start.slice(0, end));
  if (!isObject(first)) return false;
  return [TIME_KEYS, LEVEL_KEYS, MESSAGE_KEYS].every((keys) => keys.some((key) => first[key] !== undefined));
}

function parse(record: RawRecord): Outcome<ApplicationRecord> {
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

function map(native: ApplicationRecord, record: RawRecord, context: Context): OcsfEvent {
  const { fields, time, ownTime, message } = native;
  const level = levelOf(fields);
  const service = firstText(fields, SERVICE_KEYS);
  const mapped = new Set<string>();
  for (const found of [ownTime, level, message, service]) if (found?.key !== undefined) mapped.add(found.key);
  return {
    // An application's message names no activity.
    ...classify(BASE_EVENT, 0),
    ...severityOf(level),
    time,
    message: message?.is,
    metadata: {
      uid: context.uid(record.index),
      version: OCSF_VERSION,
      product: { name: service?.is ?? context.logGroup ?? 'application', vendor_name: context.origin.bank },
      log_level: level?.is,
      original_time: ownTime?.is,
      ...deliveryOf(record, time, context),
    },
    cloud: context.logGroup === undefined ? undefined : cloudOf(context.origin.account, context.origin.region),
    unmapped: unmappedOf(fields, mapped),
  };
}

/** What CloudWatch Logs tells of the message. */
function deliveryOf(record: RawRecord, time: number, context: Context): Partial<OcsfMetadata> {
  const { logGroup, logStream } = context;
  if (logGroup === undefined) return {};
  const logged = record.time !== undefined && record.time !== time && inRange(record.time) ? record.time : undefined;
  return {
    profiles: ['cloud'],
    log_provider: 'AWS CloudWatch',
    log_name: logGroup,
    log_source: logStream,
    logged_time: logged,
    original_event_uid: record.uid,
  };
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

// By what OCSF says of each: low, the user decides; medium, action is required but not serious; critical, at once and broad.
// The numbers are pino's and bunyan's.
const LEVELS: readonly (readonly [severity: number, levels: readonly string[]])[] = [
  [SEVERITY.informational, ['trace', 'verbose', 'debug', 'info', 'information', 'informational', 'notice', '10', '20', '30']],
  [SEVERITY.low, ['warn', 'warning', '40']],
  [SEVERITY.medium, ['err', 'error', 'severe', '50']],
  [SEVERITY.critical, ['crit', 'critical', 'alert']],
  [SEVERITY.fatal, ['fatal', 'panic', 'emerg', 'emergency', '60']],
];
const SEVERITY_OF: ReadonlyMap<string, number> = new Map(LEVELS.flatMap(([id, levels]) => levels.map((level) => [level, id] as const)));

function severityOf(level: { readonly is: string } | undefined): { readonly severity_id: number; readonly severity?: string } {
  if (level === undefined) return { severity_id: SEVERITY.unknown };
  const known = SEVERITY_OF.get(level.is.toLowerCase());
  return known === undefined ? { severity_id: SEVERITY.other, severity: level.is } : { severity_id: known };
}
