// VPC Flow Logs to Network Activity 4001. https://docs.aws.amazon.com/vpc/latest/userguide/flow-log-records.html (versions 2 to 11)
// Field mapping: https://github.com/ocsf/examples/tree/main/mappings/markdown/AWS/v1.5.0/VPC%20Flowlogs (what Security Lake does), and where ours differs:
//  - `version` is metadata.log_version; `start` and `end` are also kept as start_time and end_time.
//  - Without flow-direction nobody can tell which end the interface is: it is the `device` then, not an endpoint.
//  - `reject-reason` is status_detail, `resource-id` the uid of the end that owns the interface.
//  - Values of columns without a place are in `unmapped` under the column's name with `_`; columns nobody named are in unmapped.additional_columns.
import type { JsonObject, OcsfEvent, Origin, Outcome, RawRecord } from '../model.ts';
import { NETWORK_ACTIVITY, OCSF_VERSION, SEVERITY } from '../ocsf/classes.ts';
import { cloudOf, ipOf, type Cloud } from '../ocsf/event.ts';
import { exclude, reject, value } from '../outcome.ts';
import type { Context, Delivery, Source } from './api.ts';

const DEFAULT_FORMAT = 'version account-id interface-id srcaddr dstaddr srcport dstport protocol packets bytes start end action log-status';

/** The columns that have a place in the event, and where they stand in a line: -1 is nowhere. */
const NOWHERE = {
  version: -1,
  account_id: -1,
  interface_id: -1,
  srcaddr: -1,
  dstaddr: -1,
  srcport: -1,
  dstport: -1,
  protocol: -1,
  packets: -1,
  bytes: -1,
  start: -1,
  end: -1,
  action: -1,
  log_status: -1,
  vpc_id: -1,
  subnet_id: -1,
  instance_id: -1,
  tcp_flags: -1,
  type: -1,
  pkt_srcaddr: -1,
  pkt_dstaddr: -1,
  region: -1,
  az_id: -1,
  pkt_src_aws_service: -1,
  pkt_dst_aws_service: -1,
  flow_direction: -1,
  traffic_path: -1,
  reject_reason: -1,
  resource_id: -1,
};

type Column = keyof typeof NOWHERE;

/** The other documented columns: they may open a header too. `resource_type` opens those of transit gateways. */
const UNPLACED =
  'sublocation_type sublocation_id ecs_cluster_arn ecs_cluster_name ecs_container_instance_arn ecs_container_instance_id ecs_container_id ' +
  'ecs_second_container_id ecs_service_name ecs_task_definition_arn ecs_task_arn ecs_task_id encryption_status instance_tag instance_tag_2 ' +
  'interface_tag interface_tag_2 asg_tag asg_tag_2 interface_type next_hop_interface_id next_hop_subnet_id next_hop_az_id next_hop_vpc_id ' +
  'next_hop_interface_type resource_type';
const KNOWN: ReadonlySet<string> = new Set([...Object.keys(NOWHERE), ...UNPLACED.split(' ')]);

/** A header, compiled. */
interface Plan {
  /** Columns that the header names; a line may have more, not fewer. */
  readonly width: number;
  readonly at: Readonly<Record<Column, number>>;
  readonly src: Side;
  readonly dst: Side;
  /** Columns without a place in the event. */
  readonly rest: readonly { readonly name: string; readonly at: number }[];
}

/** Where the columns about one end of the flow stand. */
interface Side {
  readonly address: number;
  readonly original: number;
  readonly service: number;
}

/** One line, its numbers read: -1 is absent. Times in seconds since the epoch, as they came. */
interface Flow {
  readonly plan: Plan;
  readonly cells: readonly string[];
  readonly src: Endpoint | undefined;
  readonly dst: Endpoint | undefined;
  readonly device: Device | undefined;
  /** True if an endpoint or the device holds the interface's VPC and subnet. */
  readonly isOwned: boolean;
  readonly srcport: number;
  readonly dstport: number;
  readonly protocol: number;
  readonly packets: number;
  readonly bytes: number;
  readonly start: number;
  readonly end: number;
  readonly tcpFlags: number;
}

/** What a line says of the network interface whose traffic it counts. */
interface Interface {
  readonly interface_uid: string | undefined;
  readonly instance_uid: string | undefined;
  readonly uid: string | undefined;
  readonly vpc_uid: string | undefined;
  readonly subnet_uid: string | undefined;
}

/** https://schema.ocsf.io/1.8.0/objects/network_endpoint */
interface Endpoint extends Interface {
  readonly ip: string | undefined;
  readonly port: number | undefined;
  readonly intermediate_ips: readonly string[] | undefined;
  readonly svc_name: string | undefined;
}

/** https://schema.ocsf.io/1.8.0/objects/device; its type is unknown (0). */
interface Device extends Interface {
  readonly type_id: 0;
}

const PRODUCT = { name: 'Amazon VPC', vendor_name: 'AWS', feature: { name: 'Flow Logs' } };
const PROFILES = ['cloud', 'security_control'];
const PROFILES_WITH_DEVICE = ['cloud', 'security_control', 'host'];

const TRAFFIC = 6;
const REFUSE = 5;
const OTHER = 99;
const ACTIONS: ReadonlyMap<string, number> = new Map([
  ['ACCEPT', 1],
  ['REJECT', 2],
]);
const DIRECTIONS: ReadonlyMap<string, number> = new Map([
  ['ingress', 1],
  ['egress', 2],
]);
const IP_VERSIONS: ReadonlyMap<string, number> = new Map([
  ['IPv4', 4],
  ['IPv6', 6],
]);
// OCSF numbers the traffic paths 1 to 8 as boundaries 4 to 11.
const BOUNDARIES: ReadonlyMap<string, number> = new Map([1, 2, 3, 4, 5, 6, 7, 8].map((path) => [String(path), path + 3]));
const MAX_PORT = 65_535;

export const vpcFlow: Source<Flow> = {
  name: 'vpc-flow',
  title: 'VPC Flow Logs',
  documentation: 'https://docs.aws.amazon.com/vpc/latest/userguide/flow-log-records.html',
  classes: [NETWORK_ACTIVITY.uid],
  framing: { kind: 'lines', isHeader },
  delivered: [
    'S3: AWSLogs/<account>/vpcflowlogs/<region>/… (text)',
    "CloudWatch Logs: the log groups that the bank's file names, with their format",
  ],
  claims: (delivery) => deliveryKey(delivery) !== undefined,
  locate: (delivery) => deliveryKey(delivery)?.groups ?? {},
  recognises,
  parse,
  map,
};

// https://docs.aws.amazon.com/vpc/latest/userguide/flow-logs-s3-path.html, plain and Hive-compatible; Parquet files have another ending.
const KEY =
  /(?:^|\/)AWSLogs\/(?:aws-account-id=)?(?<account>\d{12})\/(?:aws-service=)?vpcflowlogs\/(?:aws-region=)?(?<region>[a-z0-9-]+)\/.*\.log\.gz$/;

function deliveryKey(delivery: Delivery): RegExpExecArray | undefined {
  return delivery.trigger === 's3' ? (KEY.exec(delivery.key) ?? undefined) : undefined;
}

/** Called for every line: values start with digits, capitals or ids, so that most lines are told by their first character. */
function isHeader(line: string): boolean {
  const first = line.charCodeAt(0);
  if (first < 97 || first > 122) return false;
  const end = line.indexOf(' ');
  if (!KNOWN.has(columnName(end < 0 ? line : line.slice(0, end)))) return false;
  return /^[a-z][a-z0-9_-]*(?: [a-z][a-z0-9_-]*)*$/.test(line);
}

function columnName(text: string): string {
  return text.replaceAll('-', '_');
}

function recognises(head: string): boolean {
  const end = head.indexOf('\n');
  const line = (end < 0 ? head : head.slice(0, end)).trimEnd();
  const names = line.split(' ').filter((name) => KNOWN.has(columnName(name)));
  return (
    (names.length > 1 && isHeader(line)) || /^\d+ (?:\d{12}|unknown) (?:\S+ ){10}(?:ACCEPT|REJECT|-) (?:OK|NODATA|SKIPDATA)$/.test(line)
  );
}

// Few formats exist, so they are compiled once; the bound holds where somebody sends us a file of headers.
const MAX_PLANS = 64;
const plans = new Map<string, Plan>();

/** @param format names of the columns, as in a header (`account-id`, `account_id`) or as a flow log is created with (`${account-id}`). */
function planOf(format: string): Plan {
  const known = plans.get(format);
  if (known !== undefined) return known;
  const plan = compile(format);
  if (plans.size >= MAX_PLANS) plans.clear();
  plans.set(format, plan);
  return plan;
}

function compile(format: string): Plan {
  const names = format
    .replaceAll(/[${},]/g, ' ')
    .trim()
    .split(/\s+/)
    .map(columnName);
  const at = { ...NOWHERE };
  const rest: { name: string; at: number }[] = [];
  for (const [index, name] of names.entries()) {
    if (isColumn(name) && at[name] < 0) at[name] = index;
    else rest.push({ name: rest.some((other) => other.name === name) || isColumn(name) ? `${name}_at_${index}` : name, at: index });
  }
  return {
    width: names.length,
    at,
    src: { address: at.srcaddr, original: at.pkt_srcaddr, service: at.pkt_src_aws_service },
    dst: { address: at.dstaddr, original: at.pkt_dstaddr, service: at.pkt_dst_aws_service },
    rest,
  };
}

function isColumn(name: string): name is Column {
  return Object.hasOwn(NOWHERE, name);
}

/** @returns the value of the column; undefined where the line has none (`-`). */
function cell(cells: readonly string[], at: number): string | undefined {
  if (at < 0) return undefined;
  const text = cells[at];
  return text === '-' ? undefined : text;
}

/** @returns the whole number in the column; -1 where it is absent, NaN where it is none. */
function number(cells: readonly string[], at: number): number {
  const text = cell(cells, at);
  if (text === undefined) return -1;
  // 15 digits are exact in a double.
  if (text.length === 0 || text.length > 15) return NaN;
  let result = 0;
  for (let index = 0; index < text.length; index++) {
    const digit = text.charCodeAt(index) - 48;
    if (digit < 0 || digit > 9) return NaN;
    result = result * 10 + digit;
  }
  return result;
}

function parse(record: RawRecord, context: Context): Outcome<Flow> {
  const plan = planOf(context.header ?? context.format ?? DEFAULT_FORMAT);
  const cells = record.text.split(' ');
  if (cells.length < plan.width) return reject('malformed_record', `${cells.length} columns where ${plan.width} were announced`);
  const status = cell(cells, plan.at.log_status);
  if (status === 'NODATA') return exclude('vpc_flow_nodata');
  if (status === 'SKIPDATA') return exclude('vpc_flow_skipdata');
  const flow = read(plan, cells);
  const wrong = wrongColumn(flow);
  if (wrong !== undefined) return reject('bad_value', `${wrong} does not hold what its name says; is the format right?`);
  if (flow.src !== undefined || flow.dst !== undefined) return value(flow);
  return isNoData(flow) ? exclude('vpc_flow_nodata') : reject('missing_field', 'no column says which addresses it is about');
}

/** Without a column log-status, only the absence of everything else tells that the interface had no traffic. */
function isNoData({ plan: { at }, cells, packets, bytes }: Flow): boolean {
  return at.log_status < 0 && packets < 0 && bytes < 0 && cell(cells, at.action) === undefined;
}

function read(plan: Plan, cells: readonly string[]): Flow {
  const { at } = plan;
  const srcport = number(cells, at.srcport);
  const dstport = number(cells, at.dstport);
  const direction = cell(cells, at.flow_direction);
  const owner = interfaceOf(plan, cells);
  const isSource = direction === 'egress';
  const isDestination = direction === 'ingress';
  const src = endpoint(cells, plan.src, srcport, isSource ? owner : NO_INTERFACE);
  const dst = endpoint(cells, plan.dst, dstport, isDestination ? owner : NO_INTERFACE);
  const device = isSource || isDestination || !isNamed(owner) ? undefined : deviceOf(owner);
  return {
    plan,
    cells,
    src,
    dst,
    device,
    isOwned: device !== undefined || (isSource && src !== undefined) || (isDestination && dst !== undefined),
    srcport,
    dstport,
    protocol: number(cells, at.protocol),
    packets: number(cells, at.packets),
    bytes: number(cells, at.bytes),
    start: number(cells, at.start),
    end: number(cells, at.end),
    tcpFlags: number(cells, at.tcp_flags),
  };
}

const NO_INTERFACE: Interface = {
  interface_uid: undefined,
  instance_uid: undefined,
  uid: undefined,
  vpc_uid: undefined,
  subnet_uid: undefined,
};

function interfaceOf({ at }: Plan, cells: readonly string[]): Interface {
  return {
    interface_uid: cell(cells, at.interface_id),
    instance_uid: cell(cells, at.instance_id),
    uid: cell(cells, at.resource_id),
    vpc_uid: cell(cells, at.vpc_id),
    subnet_uid: cell(cells, at.subnet_id),
  };
}

/** OCSF wants a name or an address in every endpoint and device; VPC and subnet do not count. */
function isNamed(owner: Interface): boolean {
  return owner.interface_uid !== undefined || owner.instance_uid !== undefined || owner.uid !== undefined;
}

function deviceOf(owner: Interface): Device {
  const { interface_uid, instance_uid, uid, vpc_uid, subnet_uid } = owner;
  return { type_id: 0, interface_uid, instance_uid, uid, vpc_uid, subnet_uid };
}

/** The address in the packet is the end of the flow; where the interface saw another one (NAT, a pod), that one lies between. */
function endpoint(cells: readonly string[], side: Side, port: number, owner: Interface): Endpoint | undefined {
  const address = cell(cells, side.address);
  const original = cell(cells, side.original);
  const svc_name = cell(cells, side.service);
  const ip = original ?? address;
  if (ip === undefined && svc_name === undefined && !isNamed(owner)) return undefined;
  return {
    ip,
    port: port < 0 ? undefined : port,
    intermediate_ips: address === undefined || address === ip ? undefined : [address],
    svc_name,
    interface_uid: owner.interface_uid,
    instance_uid: owner.instance_uid,
    uid: owner.uid,
    vpc_uid: owner.vpc_uid,
    subnet_uid: owner.subnet_uid,
  };
}

const NUMBERS: readonly Column[] = ['srcport', 'dstport', 'protocol', 'packets', 'bytes', 'start', 'end', 'tcp_flags'];

/** Values in the wrong columns mean that the format was not this one: parked, they can be redriven under the right one. */
function wrongColumn(flow: Flow): string | undefined {
  const { plan, cells, srcport, dstport } = flow;
  // Not a number in, not a number out: one comparison for all of them.
  const sum = srcport + dstport + flow.protocol + flow.packets + flow.bytes + flow.start + flow.end + flow.tcpFlags;
  if (Number.isNaN(sum)) return NUMBERS.find((name) => Number.isNaN(number(cells, plan.at[name])));
  if (srcport > MAX_PORT) return 'srcport';
  if (dstport > MAX_PORT) return 'dstport';
  if (!hasIps(flow.src)) return 'srcaddr or pkt_srcaddr';
  return hasIps(flow.dst) ? undefined : 'dstaddr or pkt_dstaddr';
}

function hasIps(end: Endpoint | undefined): boolean {
  if (end === undefined) return true;
  if (end.ip !== undefined && ipOf(end.ip) === undefined) return false;
  return end.intermediate_ips?.every((ip) => ipOf(ip) !== undefined) ?? true;
}

function map(flow: Flow, record: RawRecord, context: Context): OcsfEvent {
  const { at } = flow.plan;
  const { cells } = flow;
  const action = cell(cells, at.action);
  const activity = action === 'REJECT' ? REFUSE : TRAFFIC;
  const actionId = idOf(action, ACTIONS);
  const otherAction = actionId === OTHER ? action : undefined;
  const start = flow.start < 0 ? undefined : flow.start * 1000;
  const end = flow.end < 0 ? undefined : flow.end * 1000;
  return {
    activity_id: activity,
    category_uid: NETWORK_ACTIVITY.category,
    class_uid: NETWORK_ACTIVITY.uid,
    type_uid: NETWORK_ACTIVITY.uid * 100 + activity,
    severity_id: SEVERITY.informational,
    time: start ?? end ?? record.time ?? context.origin.time,
    start_time: start,
    end_time: end,
    metadata: {
      uid: context.uid(record.index),
      version: OCSF_VERSION,
      product: PRODUCT,
      profiles: flow.device === undefined ? PROFILES : PROFILES_WITH_DEVICE,
      log_version: cell(cells, at.version),
    },
    cloud: cloudAt(flow, context.origin),
    src_endpoint: flow.src,
    dst_endpoint: flow.dst,
    device: flow.device,
    connection_info: connectionOf(flow),
    traffic: trafficOf(flow),
    action_id: actionId,
    action: otherAction,
    // Allowed and Blocked bear the same numbers as the actions Allowed and Denied.
    disposition_id: actionId,
    disposition: otherAction,
    status_code: cell(cells, at.log_status),
    status_detail: cell(cells, at.reject_reason),
    unmapped: unmappedOf(flow),
  };
}

function trafficOf({ packets, bytes }: Flow): JsonObject | undefined {
  if (packets < 0 && bytes < 0) return undefined;
  return { packets: packets < 0 ? undefined : packets, bytes: bytes < 0 ? undefined : bytes };
}

/** https://schema.ocsf.io/1.8.0/objects/network_connection_info */
function connectionOf({ plan: { at }, cells, protocol, tcpFlags }: Flow): JsonObject {
  const direction = cell(cells, at.flow_direction);
  const directionId = idOf(direction, DIRECTIONS) ?? 0;
  const path = cell(cells, at.traffic_path);
  const boundaryId = idOf(path, BOUNDARIES);
  const type = cell(cells, at.type);
  const versionId = idOf(type, IP_VERSIONS);
  return {
    direction_id: directionId,
    direction: directionId === OTHER ? direction : undefined,
    protocol_num: protocol < 0 ? undefined : protocol,
    protocol_ver_id: versionId,
    protocol_ver: versionId === OTHER ? type : undefined,
    tcp_flags: tcpFlags < 0 ? undefined : tcpFlags,
    boundary_id: boundaryId,
    boundary: boundaryId === OTHER ? path : undefined,
  };
}

function idOf(text: string | undefined, ids: ReadonlyMap<string, number>): number | undefined {
  return text === undefined ? undefined : (ids.get(text) ?? OTHER);
}

interface Place {
  readonly account: string | undefined;
  readonly region: string | undefined;
  readonly zone: string | undefined;
  readonly cloud: Cloud & { readonly zone?: string };
}

// Neighbouring lines are nearly always of one account, region and zone.
let lastPlace: Place = { account: undefined, region: undefined, zone: undefined, cloud: cloudOf(undefined, undefined) };

function cloudAt({ plan: { at }, cells }: Flow, origin: Origin): Cloud {
  const owner = cell(cells, at.account_id);
  const account = owner === undefined || owner === UNKNOWN ? origin.account : owner;
  const region = cell(cells, at.region) ?? origin.region;
  const zone = cell(cells, at.az_id);
  if (lastPlace.account !== account || lastPlace.region !== region || lastPlace.zone !== zone) {
    const cloud = cloudOf(account, region);
    lastPlace = { account, region, zone, cloud: zone === undefined ? cloud : { ...cloud, zone } };
  }
  return lastPlace.cloud;
}

/** Account of interfaces that an AWS service made. */
const UNKNOWN = 'unknown';

function unmappedOf(flow: Flow): JsonObject | undefined {
  const { plan, cells, srcport, dstport } = flow;
  const stray: [string, string | readonly string[]][] = [];
  for (const { name, at } of plan.rest) {
    const text = cell(cells, at);
    if (text !== undefined) stray.push([name, text]);
  }
  if (cells.length > plan.width) stray.push(['additional_columns', cells.slice(plan.width)]);
  if (cell(cells, plan.at.account_id) === UNKNOWN) stray.push(['account_id', UNKNOWN]);
  if (flow.src === undefined && srcport >= 0) stray.push(['srcport', String(srcport)]);
  if (flow.dst === undefined && dstport >= 0) stray.push(['dstport', String(dstport)]);
  if (!flow.isOwned) strand(flow, stray);
  return stray.length === 0 ? undefined : Object.fromEntries(stray);
}

function strand({ plan: { at }, cells }: Flow, stray: [string, string | readonly string[]][]): void {
  for (const name of ['vpc_id', 'subnet_id'] as const) {
    const text = cell(cells, at[name]);
    if (text !== undefined) stray.push([name, text]);
  }
}
