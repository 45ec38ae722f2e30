// What PostgreSQL says of connections and logons. https://www.postgresql.org/docs/current/runtime-config-logging.html#GUC-LOG-CONNECTIONS
import type { JsonObject } from '../../model.ts';
import { AUTHENTICATION, classify, STATUS } from '../../ocsf/classes.ts';
import { ipOf } from '../../ocsf/event.ts';
import type { Context } from '../api.ts';
import { clientOf, serverOf } from './database.ts';
import type { Stray } from './line.ts';
import type { PostgresLine } from './postgres-line.ts';
import { pidOf } from './syslog-event.ts';
import { portOf } from './values.ts';

/** A message that has found a class. */
export interface Special {
  readonly attributes: ReturnType<typeof classify> & JsonObject;
  readonly stray: readonly Stray[];
  /** Sections that are in the attributes. */
  readonly placed?: ReadonlySet<string>;
}

const ACTIVITY = { logon: 1, logoff: 2, preauth: 6, other: 99 } as const;
const AUTHENTICATED = 'Authenticated';

interface Rule {
  readonly pattern: RegExp;
  readonly activity: number;
  readonly status?: number;
}

/** Groups that have an attribute; others go to `unmapped` under their name. */
const PLACED: ReadonlySet<string> = new Set(['user', 'host', 'port', 'hours', 'minutes', 'seconds']);

const RULES: readonly Rule[] = [
  { pattern: /^connection received: host=(?<host>\S+)(?: port=(?<port>\d+))?$/, activity: ACTIVITY.preauth },
  {
    pattern: /^connection authenticated: (?:identity=".*"|user=".*") method=\S+(?: \(.*\))?$/s,
    activity: ACTIVITY.other,
    status: STATUS.success,
  },
  {
    pattern:
      /^(?:replication )?connection authorized: user=(?<user>.*?)(?: database=(?<database>.*?))?(?: application_name=(?<application_name>.*?))?(?: SSL enabled \((?<ssl>[^()]*)\))?(?: GSS \((?<gss>[^()]*)\))?$/s,
    activity: ACTIVITY.logon,
    status: STATUS.success,
  },
  {
    pattern:
      /^disconnection: session time: (?<hours>\d+):(?<minutes>\d\d):(?<seconds>\d\d\.\d{3}) user=(?<user>.*) database=(?<database>.*) host=(?<host>\S+)(?: port=(?<port>\d+))?$/s,
    activity: ACTIVITY.logoff,
    status: STATUS.success,
  },
];

const REFUSED: readonly RegExp[] = [
  /^\S+ authentication failed for user "(?<user>.*)"/s,
  /^(?:no pg_hba\.conf entry|pg_hba\.conf rejects (?:replication )?connection) for (?:replication connection from )?host "(?<host>[^"]*)", user "(?<user>.*?)"(?:, database "(?<database>.*?)")?(?:, .*)?$/s,
  /^role "(?<user>.*)" (?:does not exist|is not permitted to log in)$/s,
  /^permission denied for database "(?<database>.*)"$/s,
];

/** What PostgreSQL writes for a name before it has been told. */
const UNKNOWN = '[unknown]';

/** Names have at most 63 bytes: longer messages say something else. */
const MAX_MESSAGE = 1500;

/** @returns undefined for a message about anything else. */
export function connectionOf(line: PostgresLine, context: Context): Special | undefined {
  const { message, severity } = line;
  // Where a function is in the context, it wrote the message (RAISE).
  if (message.length > MAX_MESSAGE || line.sections.has('CONTEXT')) return undefined;
  if (severity === 'FATAL') {
    for (const pattern of REFUSED) {
      const match = pattern.exec(message);
      if (match !== null) return special(line, { activity: ACTIVITY.logon, status: STATUS.failure }, match.groups ?? {}, context);
    }
    return undefined;
  }
  if (!message.includes('connection')) return undefined;
  for (const { pattern, activity, status } of RULES) {
    const match = pattern.exec(message);
    if (match !== null) return special(line, { activity, status }, match.groups ?? {}, context);
  }
  return undefined;
}

type Groups = Readonly<Record<string, string | undefined>>;

function special(
  line: PostgresLine,
  { activity, status }: { readonly activity: number; readonly status: number | undefined },
  said: Groups,
  context: Context,
): Special {
  const server = serverOf(context);
  const stray: Stray[] = [];
  for (const [name, part] of Object.entries(said)) if (part !== undefined && !PLACED.has(name)) stray.push([name, part]);
  if (line.database !== undefined && line.database !== UNKNOWN && said['database'] === undefined) stray.push(['database', line.database]);
  const host = said['host'] ?? line.host;
  const process = pidOf(line.pid);
  return {
    attributes: {
      ...classify(AUTHENTICATION, activity),
      activity_name: activity === ACTIVITY.other ? AUTHENTICATED : undefined,
      message: line.message,
      status_id: status,
      duration: durationOf(said),
      user: { name: said['user'] ?? line.user ?? UNKNOWN },
      service: { name: 'PostgreSQL' },
      session: line.session === undefined ? undefined : { uid: line.session },
      actor: actorOf(line, process),
      src_endpoint: host === undefined ? undefined : endpointOf(host, said['port'] ?? line.port),
      dst_endpoint: server === undefined ? undefined : { name: server },
    },
    stray,
  };
}

function actorOf({ application }: PostgresLine, pid: number | undefined): JsonObject | undefined {
  if (pid === undefined && application === undefined) return undefined;
  return { process: pid === undefined ? undefined : { pid }, app_name: application };
}

function durationOf({ hours, minutes, seconds }: Groups): number | undefined {
  const ms = (Number(hours) * 60 + Number(minutes)) * 60_000 + Math.round(Number(seconds) * 1000);
  return Number.isSafeInteger(ms) ? ms : undefined;
}

/** @param host `[local]` for a socket. */
export function endpointOf(host: string | undefined, port: string | undefined): JsonObject {
  const number = port === undefined ? undefined : portOf(port);
  if (host === '[local]') return { domain: 'localhost' };
  const ip = ipOf(host);
  return { ...(ip === undefined ? (host === undefined || host === '' ? clientOf(undefined) : { domain: host }) : { ip }), port: number };
}
