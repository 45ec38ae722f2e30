// https://www.rfc-editor.org/rfc/rfc3164 (the file's form); what is said in it: shared/sources/lib/linux-rules.ts
// /var/log/auth.log and /var/log/secure, as syslog messages or lines of a file.
//  - sshd, login and what asks PAM: Authentication 3002. sudo and su: Account Switch, from actor.user to user.
//  - Of one attempt only the program's own message is a Logon; what PAM and sshd say beside it is Preauth or 99.
//  - useradd, usermod, passwd and the like: Account Change 3001, Group Management 3006. Everything else: Base Event 0.
//  - The message is always there as it came.
import type { JsonObject, OcsfEvent, Outcome, RawRecord } from '../model.ts';
import { ACCOUNT_CHANGE, AUTHENTICATION, BASE_EVENT, GROUP_MANAGEMENT, SEVERITY, STATUS, classify } from '../ocsf/classes.ts';
import { inRange, ipOf } from '../ocsf/event.ts';
import { reject, text, value } from '../outcome.ts';
import type { Context, Source } from './api.ts';
import { deliveredAt } from './lib/delivery.ts';
import { unmappedFrom, type Stray } from './lib/line.ts';
import { LINUX_PROGRAMS, linuxActivity, sudoCommand, type LinuxActivity, type LinuxParts, type SudoCommand } from './lib/linux-rules.ts';
import { parseSyslog, type Syslog } from './lib/syslog.ts';
import { pidOf, placeOf, syslogAttributes, syslogStray } from './lib/syslog-event.ts';
import { portOf, wholeOf } from './lib/values.ts';

export const linuxAuth: Source<Syslog> = {
  name: 'linux-auth',
  title: 'Linux authentication logs (auth.log, secure)',
  documentation: 'https://www.rfc-editor.org/rfc/rfc3164',
  classes: [AUTHENTICATION.uid, ACCOUNT_CHANGE.uid, GROUP_MANAGEMENT.uid, BASE_EVENT.uid],
  framing: { kind: 'syslog' },
  delivered: ["Kafka, Kinesis, S3, CloudWatch Logs: as the bank's file says"],
  claims: () => false,
  recognises: (head) => BEGINNING.test(head) && PROGRAM.test(head),
  parse,
  map,
};

const BEGINNING = /^(?:[1-9]\d{0,6} )?(?:<\d{1,3}>(?:1 )?)?(?:[A-Z][a-z]{2} [ \d]\d \d\d:|\d{4}-\d\d-\d\d[T ]\d\d:\d\d)/;
/** In its first lines one of the programs speaks, with its tag or in the fields of RFC 5424. */
const PROGRAM = new RegExp(`^(?:[^\\n]{0,2000}\\n){0,20}[^\\n]{15,200} (?:${LINUX_PROGRAMS.join('|')})(?:\\[\\d+\\])?(?::| \\d+ | - )`);

function parse(record: RawRecord, context: Context): Outcome<Syslog> {
  const message = parseSyslog(record.text, deliveredAt(record, context));
  if (message === undefined) return reject('malformed_record', 'neither a priority nor a time at the beginning');
  return inRange(message.time) ? value(message) : reject('time_out_of_range', 'TIMESTAMP');
}

function map(message: Syslog, record: RawRecord, context: Context): OcsfEvent {
  const program = message.app?.slice(message.app.lastIndexOf('/') + 1) ?? '';
  const sudo = program === 'sudo' ? sudoCommand(message.message) : undefined;
  const found = sudo === undefined ? linuxActivity(program, message.message) : switched(sudo);
  const stray = syslogStray(message, context, pidOf(message.process) === undefined);
  if (sudo !== undefined) for (const [name, field] of sudo.fields) if (!SUDO_PLACED.has(name)) stray.push([name, field]);
  return found === undefined
    ? baseEvent(message, stray, record, context)
    : activityEvent({ message, ...found, program }, stray, record, context);
}

/** Fields of sudo that have an attribute. */
const SUDO_PLACED: ReadonlySet<string> = new Set(['USER', 'TTY']);
const ACCOUNT_SWITCH = 7;

function switched({ actor, refused, fields }: SudoCommand): { readonly is: LinuxActivity; readonly parts: LinuxParts } {
  const status = refused === undefined ? STATUS.success : STATUS.failure;
  const [user, tty] = [fields.get('USER') ?? '', fields.get('TTY')];
  return {
    is: { cls: AUTHENTICATION, activity: ACCOUNT_SWITCH, status },
    parts: { actor, user, ...(tty === undefined ? {} : { tty }), ...(refused === undefined ? {} : { detail: refused }) },
  };
}

function baseEvent(message: Syslog, stray: readonly Stray[], record: RawRecord, context: Context): OcsfEvent {
  const pid = pidOf(message.process);
  return {
    ...classify(BASE_EVENT, 0),
    ...syslogAttributes(message, record, context, {
      product: productOf(message),
      severity: SEVERITY.informational,
      host: pid !== undefined,
    }),
    message: text(message.message),
    actor: pid === undefined ? undefined : { process: { pid, name: message.app } },
    unmapped: unmappedFrom(stray),
  };
}

/** The program is a part of the system. */
function productOf({ app }: Syslog): { readonly name: string; readonly vendor_name: string; readonly feature?: { readonly name: string } } {
  return app === undefined ? { name: 'Linux', vendor_name: 'Linux' } : { name: 'Linux', vendor_name: 'Linux', feature: { name: app } };
}

interface Activity {
  readonly message: Syslog;
  readonly is: LinuxActivity;
  readonly parts: LinuxParts;
  readonly program: string;
}

function activityEvent({ message, is, parts, program }: Activity, stray: readonly Stray[], record: RawRecord, context: Context): OcsfEvent {
  const isAuthentication = is.cls === AUTHENTICATION;
  const pid = pidOf(message.process);
  const count = wholeOf(parts.count);
  return {
    ...classify(is.cls, is.activity),
    activity_name: is.name,
    ...syslogAttributes(message, record, context, { product: productOf(message), severity: SEVERITY.informational }),
    message: text(message.message),
    status_id: is.status,
    status_detail: parts.detail ?? is.detail,
    count: count === undefined || count < 1 ? undefined : count,
    actor: actorOf(parts, pid, message.app),
    user: is.cls === GROUP_MANAGEMENT && parts.user === undefined ? undefined : { name: parts.user ?? is.user ?? '', uid: parts.uid },
    group: parts.group === undefined ? undefined : { name: parts.group },
    src_endpoint: sourceOf(parts),
    ...(isAuthentication ? authenticationOf(message, parts, is, program) : {}),
    unmapped: unmappedFrom(stray),
  };
}

function authenticationOf(
  { host }: Syslog,
  { method, tty, from, service }: LinuxParts,
  { activity }: LinuxActivity,
  program: string,
): JsonObject {
  return {
    service: { name: service ?? program },
    dst_endpoint: host === undefined ? undefined : placeOf(host),
    session: tty === undefined || tty === '' ? undefined : { terminal: tty },
    is_remote: program.startsWith('sshd') || (from !== undefined && from !== '') ? true : undefined,
    auth_protocol_id: method === undefined ? undefined : 99,
    auth_protocol: method,
    // The one who switches knows the other one's name.
    account_switch_type_id: activity === ACCOUNT_SWITCH ? 1 : undefined,
  };
}

function actorOf({ actor, actorUid }: LinuxParts, pid: number | undefined, app: string | undefined): JsonObject | undefined {
  const process = pid === undefined ? undefined : { pid, name: app };
  const name = text(actor);
  const user = name === undefined && actorUid === undefined ? undefined : { name, uid: actorUid };
  return process === undefined && user === undefined ? undefined : { process, user };
}

function sourceOf({ from, port }: LinuxParts): JsonObject | undefined {
  if (from === undefined || from === '') return undefined;
  const ip = ipOf(from);
  const number = port === undefined ? undefined : portOf(port);
  return ip === undefined ? { domain: from, port: number } : { ip, port: number };
}
