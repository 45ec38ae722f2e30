// What the programs that let people into a Linux machine say when they do, or do not, and what those say that change accounts.
// https://man.openbsd.org/sshd, https://www.sudo.ws/docs/man/sudoers.man (event logging), https://github.com/shadow-maint/shadow (su, login,
// useradd, usermod, …), https://github.com/util-linux/util-linux (su, login), https://github.com/linux-pam/linux-pam
//
// A person may choose his name, and write `x from 192.0.2.1 port 22` into it: what stands behind the name is read from the end.
import { ACCOUNT_CHANGE, AUTHENTICATION, GROUP_MANAGEMENT, STATUS, type OcsfClass } from '../../ocsf/classes.ts';

/** What a message is about. Its groups: see LinuxParts. */
export interface LinuxRule {
  readonly pattern: RegExp;
  readonly is: LinuxActivity;
}

export interface LinuxActivity {
  readonly cls: OcsfClass;
  readonly activity: number;
  /** Where the activity is 99. */
  readonly name?: string;
  readonly status?: number;
  readonly detail?: string;
  /** Where the message does not name him. */
  readonly user?: string;
}

/** Named groups of the patterns. */
export type LinuxParts = Readonly<
  Partial<
    Record<'user' | 'uid' | 'actor' | 'actorUid' | 'from' | 'port' | 'method' | 'tty' | 'group' | 'count' | 'detail' | 'service', string>
  >
>;

const OTHER = 99;

function authentication(activity: number, status: number, detail?: string): LinuxActivity {
  return { cls: AUTHENTICATION, activity, status, ...(detail === undefined ? {} : { detail }) };
}

const LOGON = authentication(1, STATUS.success);
const LOGON_FAILED = authentication(1, STATUS.failure);
const LOGOFF = authentication(2, STATUS.success);
const SWITCH = authentication(7, STATUS.success);
const SWITCH_FAILED = authentication(7, STATUS.failure);

/** Of one attempt there are several messages; the attempt itself is counted once, by the program's own. */
const BEFORE_LOGON = 6;

const SSHD: readonly LinuxRule[] = [
  { pattern: /^Accepted (?<method>\S+) for (?<user>.*) from (?<from>\S+) port (?<port>\d+)(?: ssh2)?(?:: .*)?$/s, is: LOGON },
  {
    pattern:
      /^Failed (?<method>\S+) for (?:invalid user |illegal user )?(?<user>.*) from (?<from>\S+) port (?<port>\d+)(?: ssh2)?(?:: .*)?$/s,
    is: LOGON_FAILED,
  },
  {
    pattern: /^I(?:nvalid|llegal) user (?<user>.*) from (?<from>\S+)(?: port (?<port>\d+))?$/s,
    is: authentication(BEFORE_LOGON, STATUS.failure, 'invalid user'),
  },
  {
    pattern:
      /^(?:Connection (?:closed|reset) by|Disconnected from) (?:authenticating|invalid) user (?<user>.*) (?<from>\S+) port (?<port>\d+)(?: \[preauth\])?$/s,
    is: authentication(BEFORE_LOGON, STATUS.failure, 'not authenticated'),
  },
  {
    pattern:
      /^error: maximum authentication attempts exceeded for (?:invalid user )?(?<user>.*) from (?<from>\S+) port (?<port>\d+)(?: ssh2)?(?: \[preauth\])?$/s,
    is: authentication(BEFORE_LOGON, STATUS.failure, 'maximum authentication attempts exceeded'),
  },
  {
    pattern: /^User (?<user>.*) from (?<from>\S+) not allowed because (?<detail>.*)$/s,
    is: authentication(BEFORE_LOGON, STATUS.failure),
  },
];

const SU: readonly LinuxRule[] = [
  { pattern: /^Successful su for (?<user>.*) by (?<actor>\S*)$/s, is: SWITCH },
  { pattern: /^FAILED su for (?<user>.*) by (?<actor>\S*)$/s, is: SWITCH_FAILED },
  { pattern: /^\(to (?<user>.*)\) (?<actor>\S*) on (?<tty>\S+)$/s, is: SWITCH },
  { pattern: /^FAILED SU \(to (?<user>.*)\) (?<actor>\S*) on (?<tty>\S+)$/s, is: SWITCH_FAILED },
  { pattern: /^'su (?<user>.*)' failed for (?<actor>\S*) on (?<tty>\S+)$/s, is: SWITCH_FAILED },
  { pattern: /^BAD SU (?<actor>\S*) to (?<user>.*) on (?<tty>\S+)$/s, is: SWITCH_FAILED },
];

const LOGIN: readonly LinuxRule[] = [
  { pattern: /^LOGIN ON (?<tty>\S+) BY (?<user>\S*)(?: FROM (?<from>\S+))?$/, is: LOGON },
  { pattern: /^ROOT LOGIN ON (?<tty>\S+)(?: FROM (?<from>\S+))?$/, is: { ...LOGON, user: 'root' } },
  {
    pattern:
      /^FAILED LOGIN (?:SESSION )?\(?\d+\)? (?:ON '?(?<tty>[^\s']+)'? )?(?:FROM '?(?<from>[^\s']+)'? )?FOR '?(?<user>.*?)'?, (?<detail>[^,]*)$/is,
    is: LOGON_FAILED,
  },
  {
    pattern:
      /^TOO MANY LOGIN TRIES \(\d+\) (?:ON '?(?<tty>[^\s']+)'? )?(?:FROM '?(?<from>[^\s']+)'? )?FOR '?(?<user>.*?)'?(?:, (?<detail>[^,]*))?$/is,
    is: LOGON_FAILED,
  },
];

function account(activity: number, status: number = STATUS.success, name?: string): LinuxActivity {
  return { cls: ACCOUNT_CHANGE, activity, status, ...(name === undefined ? {} : { name }) };
}

function group(activity: number): LinuxActivity {
  return { cls: GROUP_MANAGEMENT, activity, status: STATUS.success };
}

const ACCOUNTS: readonly LinuxRule[] = [
  { pattern: /^new user: name=(?<user>[^,\s]+)(?:, UID=(?<uid>\d+))?/, is: account(1) },
  { pattern: /^failed adding user '(?<user>[^']*)'/, is: account(1, STATUS.failure) },
  { pattern: /^delete user '(?<user>[^']*)'/, is: account(6) },
  { pattern: /^failed deleting user '(?<user>[^']*)'/, is: account(6, STATUS.failure) },
  { pattern: /^change user '(?<user>[^']*)' password/, is: account(3) },
  { pattern: /^lock user '(?<user>[^']*)' password/, is: account(9) },
  { pattern: /^unlock user '(?<user>[^']*)' password/, is: account(12) },
  { pattern: /^change(?:d)? user(?: name)? '(?<user>[^']*)' /, is: account(OTHER, STATUS.success, 'Change') },
  { pattern: /^password for '(?<user>[^']*)' changed by '(?<actor>[^']*)'/, is: account(3) },
  { pattern: /^changed password expiry for (?<user>\S+)/, is: account(OTHER, STATUS.success, 'Password Expiry Change') },
  { pattern: /^add '(?<user>[^']*)' to (?:shadow )?group '(?<group>[^']*)'/, is: group(3) },
  { pattern: /^delete '(?<user>[^']*)' from (?:shadow )?group '(?<group>[^']*)'/, is: group(4) },
  { pattern: /^user (?<user>\S+) added by (?<actor>\S+) to group (?<group>\S+)/, is: group(3) },
  { pattern: /^user (?<user>\S+) removed by (?<actor>\S+) from group (?<group>\S+)/, is: group(4) },
  { pattern: /^members of group (?<group>\S+) set by (?<actor>\S+) to /, is: { ...group(OTHER), name: 'Set Members' } },
  { pattern: /^new group: name=(?<group>[^,\s]+)/, is: group(6) },
  { pattern: /^(?:removed group|group) '(?<group>[^']*)' (?:removed|owned by)/, is: group(5) },
];

const PROGRAMS: ReadonlyMap<string, readonly LinuxRule[]> = new Map([
  ['sshd', SSHD],
  ['sshd-session', SSHD],
  ['sshd-auth', SSHD],
  ['su', SU],
  ['su-l', SU],
  ['login', LOGIN],
  ...[
    'useradd',
    'userdel',
    'usermod',
    'groupadd',
    'groupdel',
    'groupmod',
    'gpasswd',
    'passwd',
    'chpasswd',
    'chage',
    'chsh',
    'chfn',
    'adduser',
  ].map((name) => [name, ACCOUNTS] as const),
]);

/** Programs whose own messages say what those of PAM say too. */
const OUTSPOKEN: ReadonlySet<string> = new Set([
  'sshd',
  'su',
  'su-l',
  'sudo',
  'sudo-i',
  'login',
  'remote',
  'cron',
  'crond',
  'systemd-user',
  'runuser',
  'runuser-l',
]);

const SESSION_OPENED: LinuxActivity = { ...authentication(OTHER, STATUS.success), name: 'Session Opened' };
const PAM_FAILED: LinuxActivity = { ...authentication(OTHER, STATUS.failure), name: 'PAM Authentication' };

const OPENED =
  /^pam_\w+\((?<service>[^:)\s]+):session\): session opened for user (?<user>.*?)(?:\(uid=(?<uid>\d+)\))? by (?<actor>[^(\s]*)\(uid=(?<actorUid>\d+)\)$/;
const FAILED =
  /^pam_\w+\((?<service>[^:)\s]+):auth\): authentication failure; logname=\S* uid=\d* euid=\d* tty=(?<tty>\S*) ruser=(?<actor>\S*) rhost=(?<from>\S*)(?: +user=(?<user>.*))?$/s;

const PAM: readonly LinuxRule[] = [
  { pattern: /^pam_\w+\((?<service>[^:)\s]+):session\): session closed for user (?<user>.*)$/s, is: LOGOFF },
  { pattern: /^pam_\w+\([^:)\s]+:chauthtok\): password changed for (?<user>.*)$/s, is: account(3) },
  {
    pattern: /^pam_\w+\([^:)\s]+:auth\): Consecutive login failures for user (?<user>.*) account temporarily locked$/s,
    is: account(9),
  },
  {
    pattern:
      /^PAM (?<count>\d{1,6}) more authentication failures?; logname=\S* uid=\d* euid=\d* tty=(?<tty>\S*) ruser=(?<actor>\S*) rhost=(?<from>\S*)(?: +user=(?<user>.*))?$/s,
    is: PAM_FAILED,
  },
];

/** @returns what the message says, and the parts that say it; undefined where it is none of those that are known. */
export function linuxActivity(program: string, message: string): { readonly is: LinuxActivity; readonly parts: LinuxParts } | undefined {
  if (message.startsWith('pam_') || message.startsWith('PAM ')) return pamActivity(message);
  for (const { pattern, is } of PROGRAMS.get(program) ?? []) {
    const parts = pattern.exec(message)?.groups;
    if (parts !== undefined) return { is, parts };
  }
  return undefined;
}

function pamActivity(message: string): { readonly is: LinuxActivity; readonly parts: LinuxParts } | undefined {
  const opened: LinuxParts | undefined = OPENED.exec(message)?.groups;
  if (opened !== undefined) return { is: OUTSPOKEN.has(opened.service ?? '') ? SESSION_OPENED : LOGON, parts: opened };
  const failed: LinuxParts | undefined = FAILED.exec(message)?.groups;
  if (failed !== undefined) return { is: OUTSPOKEN.has(failed.service ?? '') ? PAM_FAILED : LOGON_FAILED, parts: failed };
  for (const { pattern, is } of PAM) {
    const parts = pattern.exec(message)?.groups;
    if (parts !== undefined) return { is, parts };
  }
  return undefined;
}

/** Programs that this knows messages of: enough to tell such a file from other syslog. */
export const LINUX_PROGRAMS: readonly string[] = [...PROGRAMS.keys(), 'sudo'];

export interface SudoCommand {
  readonly actor: string;
  /** Why it was refused. */
  readonly refused: string | undefined;
  /** `TTY`, `PWD`, `USER`, `COMMAND`, …, as written. */
  readonly fields: ReadonlyMap<string, string>;
}

const SUDO_FIELD = /([A-Z_]+)=/y;
const SUDO_ACTOR = /^ *(\S+) : /;

/** @param message of sudo: `alice : 3 incorrect password attempts ; TTY=pts/0 ; PWD=/home/alice ; USER=root ; COMMAND=/usr/bin/id`. */
export function sudoCommand(message: string): SudoCommand | undefined {
  const start = SUDO_ACTOR.exec(message);
  if (start === null) return undefined;
  const fields = new Map<string, string>();
  let refused: string | undefined;
  let at = start[0].length;
  while (at < message.length && !fields.has('COMMAND')) {
    SUDO_FIELD.lastIndex = at;
    const name = SUDO_FIELD.exec(message)?.[1];
    const from = name === undefined ? at : SUDO_FIELD.lastIndex;
    const separator = message.indexOf(' ; ', from);
    // The command is the rest of the line.
    const end = separator < 0 || name === 'COMMAND' ? message.length : separator;
    const text = message.slice(from, end);
    if (name !== undefined) fields.set(name, fields.get(name) ?? text);
    else if (fields.size === 0) refused = text;
    at = end + 3;
  }
  return fields.has('USER') ? { actor: start[1] ?? '', refused, fields } : undefined;
}
