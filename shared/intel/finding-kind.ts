// What it means that an event holds an indicator: which way it went, and who of ours it concerns.
import type { JsonObject, OcsfEvent } from '../model.ts';
import { AUTHENTICATION, DNS_ACTIVITY, HTTP_ACTIVITY, NETWORK_ACTIVITY } from '../ocsf/classes.ts';
import { object, text } from '../outcome.ts';
import type { OsintEntry } from './osint.ts';

export interface Kind {
  readonly title: string;
  readonly means: string;
  readonly response: string;
  /** Sigma's tags of ATT&CK. */
  readonly tags: readonly string[];
  /** Steps below the feed's severity. */
  readonly lower: number;
  /** Somebody outside has come to us: everybody who listens to the Internet has such visitors. */
  readonly isInbound: boolean;
}

const C2 = ['attack.command-and-control', 'attack.t1071'];
const CONTAIN =
  'Find out which process on the host named above makes the connection and whether it is meant. If it is not, isolate the host, keep its memory and disk, rotate every credential it had, and look for the same indicator on other hosts.';
const LOOK =
  'See what else came from there and whether anything was let in: sign-ins, calls and requests that succeeded. Block it at the edge if nothing of it is wanted.';

const OUTBOUND: Kind = {
  title: 'Connection to a listed address',
  means:
    'A host of the bank talks to an address that a feed lists as hostile. Malware calls home in this way, and data leaves in this way.',
  response: CONTAIN,
  tags: C2,
  lower: 0,
  isInbound: false,
};
const INBOUND: Kind = {
  title: 'Connection from a listed address',
  means: 'An address that a feed lists as hostile has connected to a host that listens to the Internet. Most of it is scanning.',
  response: LOOK,
  tags: [],
  lower: 3,
  isInbound: true,
};
const ACTIVITY: Kind = {
  title: 'Activity from a listed address',
  means: 'Somebody with credentials of the bank acts from an address that a feed lists. Stolen credentials are used in this way.',
  response:
    'Ask the owner of the identity whether it was him. If not, revoke its sessions and keys, and go through all that it did from this address and since.',
  tags: ['attack.initial-access', 'attack.t1078'],
  lower: 0,
  isInbound: false,
};
const NAME: Kind = {
  title: 'Contact with a listed domain',
  means: 'A host of the bank has asked for, or talked to, a name that a feed lists as hostile, or one below it.',
  response: CONTAIN,
  tags: C2,
  lower: 0,
  isInbound: false,
};
const WALLET: Kind = {
  title: 'Dealing with a listed blockchain address',
  means: 'A transaction, payment or request names an address that a feed lists: sanctioned, stolen funds, ransom, mixer.',
  response:
    'Stop the payment while it can be stopped and hold the account of the customer. Hand it to compliance: dealings with sanctioned addresses have to be reported, and may not be returned without permission.',
  tags: [],
  lower: 0,
  isInbound: false,
};
const OTHERS: Readonly<Partial<Record<OsintEntry['type'], Kind>>> = {
  domain: NAME,
  wallet: WALLET,
  url: { ...NAME, title: 'Request for a listed URL', means: 'A URL that a feed lists as hostile was asked for.' },
  hash: {
    ...NAME,
    title: 'Listed file',
    means: 'A file was seen whose hash a feed lists.',
    response: 'Find every host and bucket that has the file, who brought it there, and whether it ran. Isolate those where it did.',
    tags: ['attack.execution'],
  },
  email: {
    ...NAME,
    title: 'Listed e-mail address',
    means: 'A sign-in, message or change names an e-mail address that a feed lists.',
    response: 'See what was sent to and from it and what it was given. Block it, and warn those whom it has written to.',
    tags: ['attack.initial-access', 'attack.t1566'],
  },
  user_agent: { ...ACTIVITY, title: 'Listed user agent', means: 'A client names itself as a tool that a feed lists.', lower: 1 },
};

const TRAFFIC: ReadonlySet<number> = new Set([NETWORK_ACTIVITY.uid, HTTP_ACTIVITY.uid]);
const FAILURE = 2;
const [DENIED, BLOCKED] = [2, 2] as const;

export function kindOf(event: OcsfEvent, entry: OsintEntry): Kind {
  const kind = baseOf(event, entry);
  const refused = event['action_id'] === DENIED || event['disposition_id'] === BLOCKED;
  const failed = event.class_uid === AUTHENTICATION.uid && event['status_id'] === FAILURE;
  // What was stopped is less than what was not; that a host of ours tried is something all the same.
  return refused || failed ? { ...kind, lower: kind.lower + 1 } : kind;
}

function baseOf(event: OcsfEvent, { type, path }: OsintEntry): Kind {
  if (type !== 'ip' && type !== 'network') return OTHERS[type] ?? NAME;
  if (event.class_uid === DNS_ACTIVITY.uid) return NAME;
  if (!TRAFFIC.has(event.class_uid)) return ACTIVITY;
  return path.startsWith('dst_endpoint') && !isReply(event) ? OUTBOUND : INBOUND;
}

const EPHEMERAL = 32_768;
const PRIVILEGED = 1024;
const SYN_ACK = 18;

/** A flow log has a connection twice, once for each way: what a server answers a stranger is not a call home. */
function isReply(event: OcsfEvent): boolean {
  const from = object(event['src_endpoint'])?.['port'];
  const to = object(event['dst_endpoint'])?.['port'];
  if (object(event['connection_info'])?.['tcp_flags'] === SYN_ACK) return true;
  if (typeof from !== 'number' || typeof to !== 'number') return false;
  return (from < PRIVILEGED && to >= PRIVILEGED) || (from < EPHEMERAL && from > 0 && to >= EPHEMERAL);
}

/** @returns who of ours it concerns: whoever acts, else the host at the other end. */
export function subjectOf(event: OcsfEvent, { path }: OsintEntry): string {
  const actor = object(object(event['actor'])?.['user']);
  const user = object(event['user']);
  const ours = path.startsWith('src_endpoint') ? 'dst_endpoint' : 'src_endpoint';
  return (
    text(actor?.['uid']) ??
    text(actor?.['name']) ??
    text(user?.['uid']) ??
    text(user?.['name']) ??
    hostOf(object(event[ours])) ??
    hostOf(object(event['device'])) ??
    event.metadata.product.name
  );
}

function hostOf(endpoint: JsonObject | undefined): string | undefined {
  return ['instance_uid', 'interface_uid', 'ip', 'hostname', 'uid'].map((name) => text(endpoint?.[name])).find((one) => one !== undefined);
}
