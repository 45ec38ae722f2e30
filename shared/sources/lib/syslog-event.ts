// What every event from a syslog message has: when, how severe, which host, which process. https://schema.ocsf.io/1.8.0/classes/base_event
// The facility is metadata.log_name, unless a CloudWatch log group has that name already.
import type { JsonObject, OcsfMetadata, RawRecord } from '../../model.ts';
import { OCSF_VERSION, SEVERITY } from '../../ocsf/classes.ts';
import { inRange, ipOf, type Cloud } from '../../ocsf/event.ts';
import type { Context } from '../api.ts';
import { deliveredCloud, deliveryOf, profilesOf } from './delivery.ts';
import { originalTime } from './fields.ts';
import { severityOfLevel } from './levels.ts';
import type { Stray } from './line.ts';
import type { Syslog } from './syslog.ts';
import { wholeOf } from './values.ts';

/** https://www.rfc-editor.org/rfc/rfc5424#section-6.2.1, by their names in syslog.conf. */
const FACILITIES = [
  'kern', 'user', 'mail', 'daemon', 'auth', 'syslog', 'lpr', 'news', 'uucp', 'cron', 'authpriv', 'ftp', 'ntp', 'security', 'console',
  'solaris-cron', 'local0', 'local1', 'local2', 'local3', 'local4', 'local5', 'local6', 'local7',
] as const; // prettier-ignore

const SEVERITIES = ['emerg', 'alert', 'crit', 'err', 'warning', 'notice', 'info', 'debug'].map((name) => ({
  name,
  id: severityOfLevel(name).severity_id,
}));

export interface SyslogAttributes {
  readonly severity_id: number;
  readonly time: number;
  readonly metadata: OcsfMetadata;
  readonly device: JsonObject | undefined;
  readonly cloud: Cloud | undefined;
}

export interface SyslogMapping {
  readonly product: OcsfMetadata['product'];
  /** Of the event, where it is not the header's. */
  readonly time?: number;
  /** Severity where the header has none. */
  readonly severity?: number;
  /** An attribute of profile `host` other than the device is used. */
  readonly host?: boolean;
  /** Other attributes of metadata. */
  readonly metadata?: Partial<OcsfMetadata>;
}

export function syslogAttributes(message: Syslog, record: RawRecord, context: Context, mapping: SyslogMapping): SyslogAttributes {
  const { priority, host } = message;
  const time = mapping.time ?? message.time;
  const severity = priority === undefined ? undefined : SEVERITIES[priority % 8];
  const device = host === undefined ? undefined : { ...placeOf(host), type_id: 0 };
  return {
    severity_id: severity?.id ?? mapping.severity ?? SEVERITY.unknown,
    time,
    metadata: {
      uid: context.uid(record.index),
      version: OCSF_VERSION,
      product: mapping.product,
      profiles: profilesOf(context, device !== undefined || mapping.host === true),
      event_code: message.messageId,
      log_level: severity?.name,
      log_name: facilityOf(priority),
      original_time: originalTime(message.timeText),
      logged_time: time === message.time || message.timeText === undefined || !inRange(message.time) ? undefined : message.time,
      ...deliveryOf(record, time, context),
      ...mapping.metadata,
    },
    device,
    cloud: deliveredCloud(context),
  };
}

function facilityOf(priority: number | undefined): string | undefined {
  return priority === undefined ? undefined : FACILITIES[priority >> 3];
}

/** A host as senders write it: its address or its name. */
export function placeOf(host: string): { readonly ip: string } | { readonly hostname: string } {
  const ip = ipOf(host);
  return ip === undefined ? { hostname: host } : { ip };
}

/** A process id fits in 32 bits. */
const MAX_PID = 0x7fffffff;

export function pidOf(text: string | undefined): number | undefined {
  const number = wholeOf(text);
  return number === undefined || number > MAX_PID ? undefined : number;
}

/** What of the header has no attribute, under the names of RFC 5424. @param process whether the process id has found no place. */
export function syslogStray(message: Syslog, { logGroup }: Context, process: boolean): Stray[] {
  const stray: Stray[] = [];
  const facility = facilityOf(message.priority);
  if (facility !== undefined && logGroup !== undefined) stray.push(['facility', facility]);
  if (process && message.process !== undefined) stray.push(['procid', message.process]);
  if (message.data !== undefined) stray.push(['structured_data', message.data]);
  return stray;
}
