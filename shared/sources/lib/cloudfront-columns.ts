// The columns of CloudFront's logs: where they stand in a line of which the order is known, and which of them have a place in the event.
// https://docs.aws.amazon.com/AmazonCloudFront/latest/DeveloperGuide/standard-logs-reference.html (standard logs)
// https://docs.aws.amazon.com/AmazonCloudFront/latest/DeveloperGuide/real-time-logs.html (real-time logs)
import type { Json, JsonObject } from '../../model.ts';
import { text } from '../../outcome.ts';

/** Standard logs in the order of their making; version 2 has the last two by default. */
export const STANDARD_ORDER =
  'date time x-edge-location sc-bytes c-ip cs-method cs(Host) cs-uri-stem sc-status cs(Referer) cs(User-Agent) cs-uri-query cs(Cookie) ' +
  'x-edge-result-type x-edge-request-id x-host-header cs-protocol cs-bytes time-taken x-forwarded-for ssl-protocol ssl-cipher ' +
  'x-edge-response-result-type cs-protocol-version fle-status fle-encrypted-fields c-port time-to-first-byte x-edge-detailed-result-type ' +
  'sc-content-type sc-content-len sc-range-start sc-range-end c-country cache-behavior-path-pattern';

/** Real-time logs: a configuration chooses fields, CloudFront writes them in this order. */
export const REAL_TIME_ORDER =
  'timestamp c-ip s-ip time-to-first-byte sc-status sc-bytes cs-method cs-protocol cs-host cs-uri-stem cs-bytes x-edge-location ' +
  'x-edge-request-id x-host-header time-taken cs-protocol-version c-ip-version cs-user-agent cs-referer cs-cookie cs-uri-query ' +
  'x-edge-response-result-type x-forwarded-for ssl-protocol ssl-cipher x-edge-result-type fle-encrypted-fields fle-status sc-content-type ' +
  'sc-content-len sc-range-start sc-range-end c-port x-edge-detailed-result-type c-country cs-accept-encoding cs-accept ' +
  'cache-behavior-path-pattern cs-headers cs-header-names cs-headers-count primary-distribution-id primary-distribution-dns-name ' +
  'origin-fbl origin-lbl asn cmcd-encoded-bitrate cmcd-buffer-length cmcd-buffer-starvation cmcd-content-id cmcd-object-duration ' +
  'cmcd-deadline cmcd-measured-throughput cmcd-next-object-request cmcd-next-range-request cmcd-object-type cmcd-playback-rate ' +
  'cmcd-requested-maximum-throughput cmcd-streaming-format cmcd-session-id cmcd-stream-type cmcd-startup cmcd-top-bitrate cmcd-version ' +
  'r-host sr-reason x-edge-mqcs distribution-tenant-id connection-id viewer-request-log-data viewer-response-log-data';

/** The columns that have a place in the event, and where they stand: -1 is nowhere. */
const NOWHERE = {
  date: -1,
  time: -1,
  timestamp: -1,
  'timestamp(ms)': -1,
  'c-ip': -1,
  'c-port': -1,
  'c-country': -1,
  'c-ip-version': -1,
  asn: -1,
  's-ip': -1,
  'sc-bytes': -1,
  'cs-bytes': -1,
  'cs-method': -1,
  'cs-protocol': -1,
  'cs-protocol-version': -1,
  'cs-host': -1,
  'x-host-header': -1,
  'cs-uri-stem': -1,
  'cs-uri-query': -1,
  'cs-referer': -1,
  'cs-user-agent': -1,
  'x-forwarded-for': -1,
  'sc-status': -1,
  'sc-content-type': -1,
  'sc-content-len': -1,
  'time-to-first-byte': -1,
  'time-taken': -1,
  'ssl-protocol': -1,
  'ssl-cipher': -1,
  'x-edge-request-id': -1,
  'x-edge-detailed-result-type': -1,
  distributionid: -1,
  'primary-distribution-id': -1,
  'connection-id': -1,
};

export type Column = keyof typeof NOWHERE;

/** An order of columns, compiled. */
export interface Plan {
  /** Names as given; a line may have more columns. */
  readonly names: readonly string[];
  readonly at: Readonly<Record<Column, number>>;
  /** Columns without a place in the event. */
  readonly rest: readonly { readonly name: string; readonly at: number }[];
}

// Few orders exist, so they are compiled once; the bound holds where somebody sends us a file of headers.
const MAX_PLANS = 64;
const plans = new Map<string, Plan>();

/** @param format names of the columns, between spaces, tabs or commas. */
export function planOf(format: string): Plan {
  const known = plans.get(format);
  if (known !== undefined) return known;
  return remember(format, compile(format.split(/[\s,]+/).filter((name) => name !== '')));
}

function remember(format: string, plan: Plan): Plan {
  if (plans.size >= MAX_PLANS) plans.clear();
  plans.set(format, plan);
  return plan;
}

function compile(names: readonly string[]): Plan {
  const at = { ...NOWHERE };
  const rest: { name: string; at: number }[] = [];
  for (const [index, name] of names.entries()) {
    const column = columnName(name);
    if (isColumn(column) && at[column] < 0) at[column] = index;
    else rest.push({ name: isColumn(column) || rest.some((other) => other.name === name) ? `${name}_at_${index}` : name, at: index });
  }
  return { names, at, rest };
}

/** Standard logs write cs(User-Agent) what real-time logs call cs-user-agent. */
function columnName(name: string): string {
  const lower = name.toLowerCase();
  return lower.startsWith('cs(') && lower.endsWith(')') ? `cs-${lower.slice(3, -1)}` : lower;
}

function isColumn(name: string): name is Column {
  return Object.hasOwn(NOWHERE, name);
}

/** A line or object, by columns. */
export interface Row {
  readonly plan: Plan;
  readonly cells: readonly string[];
  /** Members of an object that are neither text nor number. */
  readonly more: readonly (readonly [name: string, member: Json])[];
}

const NO_MORE: Row['more'] = [];

/** @param separator a tab, where the line has one, else a space: CloudFront encodes both within values. */
export function rowOf(line: string, plan: Plan): Row {
  return { plan, cells: line.split(line.includes('\t') ? '\t' : ' '), more: NO_MORE };
}

const SEPARATOR = '\t';

export function rowOfObject(members: JsonObject): Row {
  const names: string[] = [];
  const cells: string[] = [];
  const more: [string, Json][] = [];
  for (const [name, member] of Object.entries(members)) {
    const cell = typeof member === 'number' ? String(member) : text(member);
    if (cell !== undefined) {
      names.push(name);
      cells.push(cell);
    } else if (member !== undefined && member !== null && member !== '') more.push([name, member]);
  }
  const format = names.join(SEPARATOR);
  return { plan: plans.get(format) ?? remember(format, compile(names)), cells, more };
}

/** @returns the value of the column; undefined where the row has none, or `-`. */
export function cell({ plan, cells }: Row, column: Column): string | undefined {
  const found = cells[plan.at[column]];
  return found === '-' || found === '' ? undefined : found;
}
