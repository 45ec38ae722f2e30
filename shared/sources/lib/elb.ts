// What the logs of Elastic Load Balancing have in common: where they lie, which balancer a file is of, durations.
// https://docs.aws.amazon.com/elasticloadbalancing/latest/application/load-balancer-access-logs.html#access-log-file-format
import type { Origin } from '../../model.ts';
import { ipOf } from '../../ocsf/event.ts';
import type { Delivery } from '../api.ts';

const FOLDER = String.raw`(?:^|/)AWSLogs/(?<account>\d{12})/elasticloadbalancing/(?<region>[a-z0-9-]+)/(?:\d+/)*`;

/** @param names pattern of the whole file name. */
export function elbKeys(names: string): RegExp {
  return new RegExp(`${FOLDER}${names}$`);
}

/** @returns the match of the first pattern that matches the object's key; its groups are account and region. */
export function elbKey(delivery: Delivery, ...patterns: readonly RegExp[]): RegExpExecArray | undefined {
  if (delivery.trigger !== 's3') return undefined;
  for (const pattern of patterns) {
    const match = pattern.exec(delivery.key);
    if (match !== null) return match;
  }
  return undefined;
}

/** AWS writes one object with a text like this when logs are turned on. */
export function isTestMessage(text: string): boolean {
  return text.startsWith('Enable ') && /^Enable \w{1,40} for ELB\b/.test(text);
}

/** A balancer and the node of it that wrote the file. */
export interface Balancer {
  readonly uid: string;
  readonly name: string;
  readonly ip: string | undefined;
}

// …_app.<name>.<number>_<end time>_<node's address>_<random>.log.gz
const FILE = /_app\.(?<name>[A-Za-z0-9-]{1,64})\.(?<number>[0-9a-f]{1,64})_\d{8}T\d{4}Z_(?<ip>[0-9A-Fa-f.:]{1,45})_[^/]*$/;

// One unit has one origin object.
let lastFile: { readonly origin: Origin | undefined; readonly balancer: Balancer | undefined } = { origin: undefined, balancer: undefined };

/** @returns the application balancer that the unit's own name tells, for logs whose lines do not. */
export function balancerOfFile(origin: Origin): Balancer | undefined {
  if (lastFile.origin !== origin) lastFile = { origin, balancer: balancerIn(origin.uri) };
  return lastFile.balancer;
}

function balancerIn(uri: string): Balancer | undefined {
  const { name, number, ip } = FILE.exec(uri)?.groups ?? {};
  return name === undefined || number === undefined ? undefined : { uid: `app/${name}/${number}`, name, ip: ipOf(ip) };
}

/** @param uid `app/<name>/<number>` or `net/<name>/<number>`. */
export function nameIn(uid: string): string | undefined {
  const first = uid.indexOf('/');
  const last = uid.lastIndexOf('/');
  return first < last ? uid.slice(first + 1, last) : undefined;
}

/** @param text seconds with a fraction. @returns ms, rounded; undefined for what is no duration (`-`, -1). */
export function roundedMs(text: string | undefined): number | undefined {
  if (text === undefined || text.length > 20 || !/^\d+\.\d+$/.test(text)) return undefined;
  return Math.round(Number(text) * 1000);
}

/** True for seconds whose fraction has no more than the three digits that ms hold. */
export function isExactMs(text: string): boolean {
  return text.charAt(text.length - 4) === '.';
}
