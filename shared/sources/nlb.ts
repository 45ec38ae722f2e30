// Network Load Balancer access logs (TLS listeners) to Network Activity 4001: one line per TLS connection, written when it ends.
// https://docs.aws.amazon.com/elasticloadbalancing/latest/network/load-balancer-access-logs.html (fields 1 to 22)
//  - The client is src_endpoint, the listener or VPC endpoint it connected to dst_endpoint; what the balancer received is traffic.bytes_out of
//    the source, what it sent bytes_in.
//  - `time` is the end of the connection, tls_connection_creation_time its start; both are UTC, written without a zone.
//  - A connection without a handshake time never got through the handshake: it is a failed one.
//  - The server name is kept as the balancer wrote it, URL-encoded.
import type { JsonObject, OcsfEvent, Outcome, RawRecord } from '../model.ts';
import { classify, NETWORK_ACTIVITY, OCSF_VERSION, SEVERITY, STATUS } from '../ocsf/classes.ts';
import { epochMs, inRange } from '../ocsf/event.ts';
import { exclude, reject, value } from '../outcome.ts';
import type { Context, Source } from './api.ts';
import { elbKey, elbKeys, isTestMessage, nameIn } from './lib/elb.ts';
import { cloudAt, keep, unmappedFrom, type Stray } from './lib/line.ts';
import { fieldAt as field } from './lib/quoted.ts';
import { finerThanMs, socketOf, wholeOf, type Socket } from './lib/values.ts';

// Positions of the fields in a line.
const TYPE = 0;
const VERSION = 1;
const TIME = 2;
const ELB = 3;
const CLIENT = 5;
const DESTINATION = 6;
const CONNECTION_TIME = 7;
const TLS_HANDSHAKE_TIME = 8;
const RECEIVED_BYTES = 9;
const SENT_BYTES = 10;
const INCOMING_TLS_ALERT = 11;
const TLS_CIPHER = 14;
const TLS_PROTOCOL_VERSION = 15;
const DOMAIN_NAME = 17;
const TLS_CONNECTION_CREATION_TIME = 21;
const FIELDS = 22;

/** Lines with fewer fields than this end before the byte counts: they were cut. */
const MIN_FIELDS = 11;

/** Fields that have no place in Network Activity. */
const UNPLACED = [
  { at: 4, name: 'listener' },
  { at: 12, name: 'chosen_cert_arn' },
  { at: 13, name: 'chosen_cert_serial' },
  // Called tls_keyexchange since 2025.
  { at: 16, name: 'tls_named_group' },
  { at: 18, name: 'alpn_fe_protocol' },
  { at: 19, name: 'alpn_be_protocol' },
  { at: 20, name: 'alpn_client_preference_list' },
] as const;

const CLOSE = 2;
const FAIL = 4;
const TCP = 6;

const PRODUCT = { name: 'Network Load Balancer', vendor_name: 'AWS' };
const PROFILES = ['cloud', 'load_balancer'];

/** One line: its fields as written, and those of them that had to be read. */
interface Connection {
  readonly fields: readonly string[];
  /** ms since the epoch. */
  readonly time: number;
  readonly start: number | undefined;
  readonly client: Socket | undefined;
  readonly destination: Socket | undefined;
  readonly duration: number | undefined;
  readonly handshake: number | undefined;
  readonly received: number | undefined;
  readonly sent: number | undefined;
  readonly alert: number | undefined;
}

export const nlb: Source<Connection> = {
  name: 'nlb',
  title: 'Network Load Balancer access logs',
  documentation: 'https://docs.aws.amazon.com/elasticloadbalancing/latest/network/load-balancer-access-logs.html',
  classes: [NETWORK_ACTIVITY.uid],
  framing: { kind: 'lines' },
  delivered: ['S3: AWSLogs/<account>/elasticloadbalancing/<region>/…_net.…'],
  claims: (delivery) => elbKey(delivery, KEY) !== undefined,
  locate: (delivery) => elbKey(delivery, KEY)?.groups ?? {},
  recognises: (head) => /^tls \d+\.\d+ \d{4}-\d{2}-\d{2}T[\d:.]+Z? net\/\S+ /.test(head),
  parse,
  map,
};

// The test file that comes with every kind of balancer belongs to alb.
const KEY = elbKeys(String.raw`\d{12}_elasticloadbalancing_[a-z0-9-]+_net\.[^/]*\.log\.gz`);

function parse(record: RawRecord): Outcome<Connection> {
  if (isTestMessage(record.text)) return exclude('elb_test_message');
  // What the client chose (server name, protocols) is URL-encoded: no field can hold a space.
  const fields = record.text.split(' ');
  if (fields.length < MIN_FIELDS) return reject('malformed_record', `${fields.length} fields where at least ${MIN_FIELDS} are due`);
  const time = utcMs(fields[TIME] ?? '');
  if (time === undefined) return reject('bad_value', 'field 3 is not a time');
  const client = socketOf(field(fields, CLIENT));
  const destination = socketOf(field(fields, DESTINATION));
  if (client === undefined && destination === undefined) return reject('bad_value', 'neither field 6 nor field 7 is an address');
  const created = utcMs(field(fields, TLS_CONNECTION_CREATION_TIME) ?? '');
  return value({
    fields,
    time,
    start: created !== undefined && inRange(created) ? created : undefined,
    client,
    destination,
    duration: wholeOf(field(fields, CONNECTION_TIME)),
    handshake: wholeOf(field(fields, TLS_HANDSHAKE_TIME)),
    received: wholeOf(field(fields, RECEIVED_BYTES)),
    sent: wholeOf(field(fields, SENT_BYTES)),
    alert: wholeOf(field(fields, INCOMING_TLS_ALERT)),
  });
}

function utcMs(text: string): number | undefined {
  return epochMs(text) ?? epochMs(`${text}Z`);
}

const CLOSED = { ...classify(NETWORK_ACTIVITY, CLOSE), status_id: STATUS.success };
const FAILED = { ...classify(NETWORK_ACTIVITY, FAIL), status_id: STATUS.failure };

function map(connection: Connection, record: RawRecord, context: Context): OcsfEvent {
  const { fields, start, duration, received, sent } = connection;
  const uid = field(fields, ELB);
  const stray: Stray[] = [];
  const base = {
    ...(field(fields, TLS_HANDSHAKE_TIME) === undefined ? FAILED : CLOSED),
    severity_id: SEVERITY.informational,
    time: connection.time,
    start_time: start,
    end_time: inRange(connection.time) ? connection.time : undefined,
    duration,
    metadata: {
      uid: context.uid(record.index),
      version: OCSF_VERSION,
      product: PRODUCT,
      profiles: PROFILES,
      log_version: field(fields, VERSION),
      original_time: finerThanSeconds(fields[TIME]),
    },
    cloud: cloudAt(context.origin),
    src_endpoint: connection.client,
    dst_endpoint: connection.destination,
    connection_info: { direction_id: 0, protocol_num: TCP },
    app_protocol_name: field(fields, TYPE),
    traffic: received === undefined && sent === undefined ? undefined : { bytes_in: sent, bytes_out: received },
    tls: tlsOf(connection, stray),
    load_balancer: uid === undefined ? undefined : { uid, name: nameIn(uid) },
  };
  unplaced(connection, stray);
  return { ...base, unmapped: unmappedFrom(stray) };
}

/** @returns the time as written, if it says more than its ms do, or has a zone. */
function finerThanSeconds(text: string | undefined): string | undefined {
  return text?.length === 19 ? undefined : finerThanMs(text);
}

/** OCSF wants the version in every TLS object. */
function tlsOf({ fields, handshake, alert }: Connection, stray: Stray[]): JsonObject | undefined {
  const version = field(fields, TLS_PROTOCOL_VERSION);
  const hasTls = version !== undefined;
  const cipher = field(fields, TLS_CIPHER);
  const sni = field(fields, DOMAIN_NAME);
  if (!hasTls || handshake === undefined) keep(stray, 'tls_handshake_time', field(fields, TLS_HANDSHAKE_TIME));
  if (!hasTls || alert === undefined) keep(stray, 'incoming_tls_alert', field(fields, INCOMING_TLS_ALERT));
  if (hasTls) return { version, cipher, sni, handshake_dur: handshake, alert };
  keep(stray, 'tls_cipher', cipher);
  keep(stray, 'domain_name', sni);
  return undefined;
}

function unplaced(connection: Connection, stray: Stray[]): void {
  const { fields, start } = connection;
  for (const { at, name } of UNPLACED) keep(stray, name, field(fields, at));
  if (connection.client === undefined) keep(stray, 'client_port', field(fields, CLIENT));
  if (connection.destination === undefined) keep(stray, 'destination_port', field(fields, DESTINATION));
  if (connection.duration === undefined) keep(stray, 'connection_time', field(fields, CONNECTION_TIME));
  if (connection.received === undefined) keep(stray, 'received_bytes', field(fields, RECEIVED_BYTES));
  if (connection.sent === undefined) keep(stray, 'sent_bytes', field(fields, SENT_BYTES));
  const created = field(fields, TLS_CONNECTION_CREATION_TIME);
  keep(stray, 'tls_connection_creation_time', start === undefined ? created : finerThanSeconds(created));
  if (fields.length > FIELDS) stray.push(['additional_fields', fields.slice(FIELDS)]);
}
