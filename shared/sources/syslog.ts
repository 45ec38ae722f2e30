// https://www.rfc-editor.org/rfc/rfc5424 and https://www.rfc-editor.org/rfc/rfc3164
// Syslog messages of whatever sends them to Base Event 0. The program is the product, the host the device, MSGID the event_code, the
// facility metadata.log_name; structured data stays in `unmapped`. How messages are framed: shared/decode/syslog-framer.ts.
import type { OcsfEvent, Outcome, RawRecord } from '../model.ts';
import { BASE_EVENT, classify } from '../ocsf/classes.ts';
import { inRange } from '../ocsf/event.ts';
import { reject, value } from '../outcome.ts';
import type { Context, Source } from './api.ts';
import { deliveredAt } from './lib/delivery.ts';
import { unmappedFrom } from './lib/line.ts';
import { parseSyslog, type Syslog } from './lib/syslog.ts';
import { pidOf, syslogAttributes, syslogStray } from './lib/syslog-event.ts';

export const syslog: Source<Syslog> = {
  name: 'syslog',
  title: 'Syslog (RFC 5424, RFC 3164)',
  documentation: 'https://www.rfc-editor.org/rfc/rfc5424',
  classes: [BASE_EVENT.uid],
  framing: { kind: 'syslog' },
  delivered: ["Kafka, Kinesis, S3, CloudWatch Logs: as the bank's file says"],
  claims: () => false,
  recognises: (head) => HEAD.test(head),
  parse,
  map,
};

/** A priority, behind a length or not, or what RFC 3164 has where there is no priority. */
const HEAD = /^(?:[1-9]\d{0,6} )?<\d{1,3}>(?:[1-9]\d{0,2} |[*.]?[A-Z][a-z]{2} )|^[A-Z][a-z]{2} [ \d]\d \d\d:\d\d:\d\d \S+ \S+/;

function parse(record: RawRecord, context: Context): Outcome<Syslog> {
  const message = parseSyslog(record.text, deliveredAt(record, context));
  if (message === undefined) return reject('malformed_record', 'neither a priority nor a time at the beginning');
  if (!inRange(message.time)) return reject('time_out_of_range', 'TIMESTAMP');
  return value(message);
}

function map(message: Syslog, record: RawRecord, context: Context): OcsfEvent {
  const pid = pidOf(message.process);
  const product = { name: message.app ?? 'syslog', vendor_name: context.origin.bank };
  return {
    ...classify(BASE_EVENT, 0),
    ...syslogAttributes(message, record, context, { product, host: pid !== undefined }),
    message: message.message === '' ? undefined : message.message,
    actor: pid === undefined ? undefined : { process: { pid, name: message.app } },
    unmapped: unmappedFrom(syslogStray(message, context, pid === undefined)),
  };
}
