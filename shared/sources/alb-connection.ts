// Application Load Balancer connection logs to Network Activity 4001: one line per connection that was opened, or that failed in the handshake.
// https://docs.aws.amazon.com/elasticloadbalancing/latest/application/load-balancer-connection-logs.html (fields 1 to 15)
//  - The client is src_endpoint; the balancer's node is dst_endpoint, with the listener's port. Old lines do not name it, the file's name does.
//  - conn_trace_id is connection_info.uid: access logs of the balancer refer to it.
//  - OCSF's certificate wants the issuer, which is not told: what is known of the client's certificate is in `unmapped`.
//  - Quoted text is kept as the balancer wrote it.
import type { JsonObject, OcsfEvent, Outcome, RawRecord } from '../model.ts';
import { classify, NETWORK_ACTIVITY, OCSF_VERSION, SEVERITY, STATUS } from '../ocsf/classes.ts';
import { epochMs, ipOf } from '../ocsf/event.ts';
import { exclude, reject, text, value } from '../outcome.ts';
import type { Context, Source } from './api.ts';
import { balancerOfFile, elbKey, elbKeys, isTestMessage, nameIn } from './lib/elb.ts';
import { cloudAt, keep, unmappedFrom, type Stray } from './lib/line.ts';
import { fieldAt as field, quotedFields } from './lib/quoted.ts';
import { finerThanMs, millisecondsOf, portOf } from './lib/values.ts';

// Positions of the fields in a line.
const TIMESTAMP = 0;
const CLIENT_IP = 1;
const CLIENT_PORT = 2;
const LISTENER_PORT = 3;
const TLS_PROTOCOL = 4;
const TLS_CIPHER = 5;
const TLS_HANDSHAKE_LATENCY = 6;
const TLS_VERIFY_STATUS = 10;
const CONN_TRACE_ID = 11;
const ELB = 13;
const IP_ADDRESS = 14;
const FIELDS = 15;

/** The first lines of 2023 ended before conn_trace_id; what is shorter was cut. */
const MIN_FIELDS = 11;

/** Fields that have no place in Network Activity. */
const UNPLACED = [
  { at: 7, name: 'leaf_client_cert_subject' },
  { at: 8, name: 'leaf_client_cert_validity' },
  { at: 9, name: 'leaf_client_cert_serial_number' },
  { at: 12, name: 'tls_keyexchange' },
] as const;

const OPEN = 1;
const FAIL = 4;
const TCP = 6;
const LOAD_BALANCER = 15;

const PRODUCT = { name: 'Application Load Balancer', vendor_name: 'AWS', feature: { name: 'Connection logs' } };
const PROFILES = ['cloud', 'load_balancer'];
const PROFILES_WITHOUT_BALANCER = ['cloud'];

/** One line: its fields as written, without the quotes, and those of them that had to be read. */
interface Connection {
  readonly fields: readonly string[];
  /** ms since the epoch. */
  readonly time: number;
  readonly clientIp: string;
  readonly clientPort: number | undefined;
  readonly listenerPort: number | undefined;
  readonly nodeIp: string | undefined;
}

export const albConnection: Source<Connection> = {
  name: 'alb-connection',
  title: 'Application Load Balancer connection logs',
  documentation: 'https://docs.aws.amazon.com/elasticloadbalancing/latest/application/load-balancer-connection-logs.html',
  classes: [NETWORK_ACTIVITY.uid],
  framing: { kind: 'lines' },
  delivered: ['S3: AWSLogs/<account>/elasticloadbalancing/<region>/…/conn_log_…_app.…'],
  claims: (delivery) => elbKey(delivery, KEY, TEST_KEY) !== undefined,
  locate: (delivery) => elbKey(delivery, KEY, TEST_KEY)?.groups ?? {},
  recognises: (head) => CONTENT.test(head),
  parse,
  map,
};

// The documentation had a point behind conn_log at first.
const KEY = elbKeys(String.raw`conn_log[._]\d{12}_elasticloadbalancing_[a-z0-9-]+_app\.[^/]*\.log\.gz`);
// Written once into the bucket when logs are turned on.
const TEST_KEY = /(?:^|\/)AWSLogs\/(?<account>\d{12})\/ELBConnectionLogTestFile$/;
const CONTENT = /^\d{4}-\d{2}-\d{2}T[\d:.]+Z [\dA-Fa-f.:]+ \d+ \d+ [\w.-]+ [\w-]+ [\d.-]+ "[^\n]*" (?:-|NotBefore=)/;

function parse(record: RawRecord): Outcome<Connection> {
  if (isTestMessage(record.text)) return exclude('elb_test_message');
  const fields = quotedFields(record.text);
  if (fields === undefined) return reject('malformed_record', 'the quotes do not pair up');
  if (fields.length < MIN_FIELDS) return reject('malformed_record', `${fields.length} fields where at least ${MIN_FIELDS} are due`);
  const time = epochMs(fields[TIMESTAMP] ?? '');
  if (time === undefined) return reject('bad_value', 'field 1 is not a time');
  const clientIp = ipOf(fields[CLIENT_IP]);
  if (clientIp === undefined) return reject('bad_value', 'field 2 is not an address');
  return value({
    fields,
    time,
    clientIp,
    clientPort: portOf(fields[CLIENT_PORT] ?? ''),
    listenerPort: portOf(fields[LISTENER_PORT] ?? ''),
    nodeIp: ipOf(field(fields, IP_ADDRESS)),
  });
}

function map(connection: Connection, record: RawRecord, context: Context): OcsfEvent {
  const { fields } = connection;
  const stray: Stray[] = [];
  const balancer = balancerOf(connection, context);
  const uid = field(fields, CONN_TRACE_ID);
  const base = {
    ...outcomeOf(field(fields, TLS_VERIFY_STATUS)),
    severity_id: SEVERITY.informational,
    time: connection.time,
    metadata: {
      uid: context.uid(record.index),
      version: OCSF_VERSION,
      product: PRODUCT,
      profiles: balancer === undefined ? PROFILES_WITHOUT_BALANCER : PROFILES,
      original_time: finerThanMs(fields[TIMESTAMP]),
    },
    cloud: cloudAt(context.origin),
    src_endpoint: { ip: connection.clientIp, port: connection.clientPort },
    dst_endpoint: listenerOf(connection, balancer, stray),
    // HTTPS and HTTP listeners are TCP.
    connection_info: { direction_id: 0, protocol_num: TCP, uid },
    tls: tlsOf(fields, stray),
    load_balancer: balancer,
  };
  unplaced(connection, stray);
  return { ...base, unmapped: unmappedFrom(stray) };
}

interface Ending {
  readonly activity_id: number;
  readonly category_uid: number;
  readonly class_uid: number;
  readonly type_uid: number;
  readonly status_id?: number;
  readonly status?: string;
  readonly status_code?: string;
  readonly status_detail?: string | undefined;
}

const FAILED = 'Failed:';
const OPENED: Ending = { ...classify(NETWORK_ACTIVITY, OPEN), status_id: STATUS.success };
/** Connections without TLS have no status: there is a line because they were opened. */
const PLAIN: Ending = classify(NETWORK_ACTIVITY, OPEN);
const BROKEN: Ending = { ...classify(NETWORK_ACTIVITY, FAIL), status_id: STATUS.failure, status_code: 'Failed' };
const UNTOLD: Ending = { ...classify(NETWORK_ACTIVITY, 0), status_id: STATUS.other };

function outcomeOf(status: string | undefined): Ending {
  if (status === undefined) return PLAIN;
  if (status === 'Success') return OPENED;
  if (status.startsWith(FAILED)) return { ...BROKEN, status_detail: text(status.slice(FAILED.length)) };
  return { ...UNTOLD, status };
}

/** https://schema.ocsf.io/1.8.0/objects/load_balancer */
function balancerOf({ fields, nodeIp }: Connection, { origin }: Context): JsonObject | undefined {
  const uid = field(fields, ELB);
  if (uid !== undefined && uid !== '') return { uid, name: nameIn(uid), ip: nodeIp };
  const known = balancerOfFile(origin);
  return known === undefined ? undefined : { uid: known.uid, name: known.name, ip: nodeIp ?? known.ip };
}

function listenerOf(
  { fields, listenerPort, nodeIp }: Connection,
  balancer: JsonObject | undefined,
  stray: Stray[],
): JsonObject | undefined {
  if (listenerPort === undefined) keep(stray, 'listener_port', field(fields, LISTENER_PORT));
  if (balancer === undefined && nodeIp === undefined) {
    if (listenerPort !== undefined) keep(stray, 'listener_port', fields[LISTENER_PORT]);
    return undefined;
  }
  return { uid: balancer?.['uid'], ip: balancer?.['ip'] ?? nodeIp, port: listenerPort, type_id: LOAD_BALANCER };
}

/** OCSF wants the version in every TLS object. */
function tlsOf(fields: readonly string[], stray: Stray[]): JsonObject | undefined {
  const version = field(fields, TLS_PROTOCOL);
  const cipher = field(fields, TLS_CIPHER);
  const latency = field(fields, TLS_HANDSHAKE_LATENCY);
  const duration = version === undefined ? undefined : millisecondsOf(latency);
  if (duration === undefined) keep(stray, 'tls_handshake_latency', latency);
  if (version !== undefined) return { version, cipher, handshake_dur: duration };
  keep(stray, 'tls_cipher', cipher);
  return undefined;
}

function unplaced({ fields, clientPort, nodeIp }: Connection, stray: Stray[]): void {
  for (const { at, name } of UNPLACED) keep(stray, name, field(fields, at));
  if (clientPort === undefined) keep(stray, 'client_port', field(fields, CLIENT_PORT));
  if (nodeIp === undefined) keep(stray, 'ip_address', field(fields, IP_ADDRESS));
  if (fields.length > FIELDS) stray.push(['additional_fields', fields.slice(FIELDS)]);
}
