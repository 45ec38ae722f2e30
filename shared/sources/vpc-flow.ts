// Flow logs of VPCs and transit gateways to Network Activity 4001. https://docs.aws.amazon.com/vpc/latest/userguide/flow-log-records.html
// https://docs.aws.amazon.com/vpc/latest/tgw/tgw-flow-logs.html: both lie under the same S3 keys, the header says which a file holds.
// Field mapping: https://github.com/ocsf/examples/tree/main/mappings/markdown/AWS/v1.5.0/VPC%20Flowlogs (what Security Lake does), and where ours differs:
//  - `version` is metadata.log_version; `start` and `end` are also kept as start_time and end_time.
//  - Without flow-direction nobody can tell which end the interface is: it is the `device` then, not an endpoint.
//  - `reject-reason` is status_detail, `resource-id` the uid of the end that owns the interface.
//  - A transit gateway is the `device` (a router) with its attachment as interface; each end has its own VPC, subnet, interface and account.
//    Why packets were lost is status_detail.
//  - NODATA (nothing flowed) is left out, counted as vpc_flow_nodata. SKIPDATA (AWS lost flows) is a Base Event that says whose and when.
//  - Values of columns without a place are in `unmapped` under the column's name with `_`; columns nobody named are in unmapped.additional_columns.
import type { Json, JsonObject, OcsfEvent, Origin, Outcome, RawRecord } from '../model.ts';
import { BASE_EVENT, classify, NETWORK_ACTIVITY, OCSF_VERSION, SEVERITY, STATUS } from '../ocsf/classes.ts';
import { cloudOf, inRange, type Cloud } from '../ocsf/event.ts';
import { exclude, isObject, jsonOf, reject, value } from '../outcome.ts';
import type { Context, Delivery, Source } from './api.ts';
import {
  cell,
  isHeader,
  isTransitGatewayLine,
  planOf,
  planOfNames,
  recognises,
  TRANSIT_GATEWAY_FORMAT,
  VPC_FORMAT,
  type Column,
  type Plan,
} from './vpc-flow-format.ts';
import { read, wrongColumn, type Flow } from './vpc-flow-line.ts';

const VPC = { name: 'Amazon VPC', vendor_name: 'AWS', feature: { name: 'Flow Logs' } };
const TRANSIT_GATEWAY = { name: 'AWS Transit Gateway', vendor_name: 'AWS', feature: { name: 'Flow Logs' } };
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

export const vpcFlow: Source<Flow> = {
  name: 'vpc-flow',
  title: 'Flow logs of VPCs and transit gateways',
  documentation: 'https://docs.aws.amazon.com/vpc/latest/userguide/flow-log-records.html',
  classes: [NETWORK_ACTIVITY.uid, BASE_EVENT.uid],
  framing: { kind: 'lines', isHeader, orJson: true },
  delivered: [
    'S3: AWSLogs/<account>/vpcflowlogs/<region>/… (text, Parquet)',
    "CloudWatch Logs: the log groups that the bank's file names, with their format",
    'Firehose to S3, Kinesis: as the bank\'s file says (lines in {"message":…}), with their format',
  ],
  claims: (delivery) => deliveryKey(delivery) !== undefined,
  locate: (delivery) => deliveryKey(delivery)?.groups ?? {},
  recognises,
  parse,
  map,
};

// https://docs.aws.amazon.com/vpc/latest/userguide/flow-logs-s3-path.html, plain and Hive-compatible.
const KEY =
  /(?:^|\/)AWSLogs\/(?:aws-account-id=)?(?<account>\d{12})\/(?:aws-service=)?vpcflowlogs\/(?:aws-region=)?(?<region>[a-z0-9-]+)\/.*\.log\.(?:gz|parquet)$/;

function deliveryKey(delivery: Delivery): RegExpExecArray | undefined {
  return delivery.trigger === 's3' ? (KEY.exec(delivery.key) ?? undefined) : undefined;
}

interface Row {
  readonly plan: Plan;
  readonly cells: readonly string[];
}

function parse(record: RawRecord, context: Context): Outcome<Flow> {
  const isJson = record.json !== undefined || record.text.startsWith('{');
  const row = isJson ? rowOfJson(jsonOf(record), context) : value(rowOfLine(record.text, context));
  if (row.kind !== 'value') return row;
  const { plan, cells } = row.value;
  if (cells.length < plan.width) return reject('malformed_record', `${cells.length} columns where ${plan.width} were announced`);
  if (cell(cells, plan.at.log_status) === 'NODATA') return exclude(NO_DATA);
  const flow = read(plan, cells);
  const wrong = wrongColumn(flow);
  if (wrong !== undefined) return reject('bad_value', `${wrong} does not hold what its name says; is the format right?`);
  if (flow.src !== undefined || flow.dst !== undefined || flow.isGap) return value(flow);
  return isNoData(flow) ? exclude(NO_DATA) : reject('missing_field', 'no column says which addresses it is about');
}

const NO_DATA = 'vpc_flow_nodata';

function rowOfLine(line: string, { header, format }: Context): Row {
  const named = header ?? format ?? (isTransitGatewayLine(line) ? TRANSIT_GATEWAY_FORMAT : VPC_FORMAT);
  return { plan: planOf(named), cells: line.split(' ') };
}

/** A line in an object, as Firehose wraps it, or a row of a table. */
function rowOfJson(json: Json | undefined, context: Context): Outcome<Row> {
  if (!isObject(json)) return json === undefined ? reject('malformed_json', 'not JSON') : reject('malformed_record', 'not a JSON object');
  const { message } = json;
  if (typeof message === 'string') return value(rowOfLine(message.trimEnd(), context));
  return value({ plan: planOfNames(Object.keys(json)), cells: Object.values(json).map(cellOf) });
}

function cellOf(member: Json | undefined): string {
  if (member === null || member === undefined || member === '') return '-';
  return typeof member === 'object' ? JSON.stringify(member) : String(member);
}

/** Without a column log-status, only the absence of everything else tells that the interface had no traffic. */
function isNoData({ plan: { at, measures }, cells, packets, bytes }: Flow): boolean {
  return measures && at.log_status < 0 && packets < 0 && bytes < 0 && cell(cells, at.action) === undefined;
}

function map(flow: Flow, record: RawRecord, context: Context): OcsfEvent {
  return flow.isGap ? gap(flow, record, context) : traffic(flow, record, context);
}

function traffic(flow: Flow, record: RawRecord, context: Context): OcsfEvent {
  const { at } = flow.plan;
  const { cells } = flow;
  const action = cell(cells, at.action);
  const activity = action === 'REJECT' ? REFUSE : TRAFFIC;
  const actionId = idOf(action, ACTIONS);
  const otherAction = actionId === OTHER ? action : undefined;
  const { start, end, time } = timesOf(flow, record, context);
  return {
    activity_id: activity,
    category_uid: NETWORK_ACTIVITY.category,
    class_uid: NETWORK_ACTIVITY.uid,
    type_uid: NETWORK_ACTIVITY.uid * 100 + activity,
    severity_id: SEVERITY.informational,
    time,
    start_time: start,
    end_time: end,
    metadata: {
      uid: context.uid(record.index),
      version: OCSF_VERSION,
      product: flow.plan.ofTransitGateway ? TRANSIT_GATEWAY : VPC,
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
    status_detail: cell(cells, at.reject_reason) ?? lossOf(flow),
    unmapped: unmappedOf(flow),
  };
}

interface Times {
  readonly start: number | undefined;
  readonly end: number | undefined;
  readonly time: number;
}

function timesOf(flow: Flow, record: RawRecord, { origin }: Context): Times {
  const start = flow.start < 0 ? undefined : flow.start * 1000;
  const end = flow.end < 0 ? undefined : flow.end * 1000;
  // A start that is no time makes the record one of no time at all; as a log event it has that of its delivery (see normalise.ts).
  const time = start ?? end ?? record.time ?? origin.time;
  return { start: isTime(start) ? start : undefined, end: isTime(end) ? end : undefined, time };
}

function isTime(ms: number | undefined): boolean {
  return ms !== undefined && inRange(ms);
}

/** Why a transit gateway lost packets: `no_route, mtu_exceeded`. */
function lossOf({ plan: { lost }, cells }: Flow): string | undefined {
  if (lost.length === 0) return undefined;
  const reasons = lost.flatMap(({ at, reason }) => (/^0*$/.test(cell(cells, at) ?? '') ? [] : [reason]));
  return reasons.length === 0 ? undefined : reasons.join(', ');
}

/** AWS says that records are missing. No traffic is known, so it is no Network Activity. */
function gap(flow: Flow, record: RawRecord, context: Context): OcsfEvent {
  const { plan, cells, device } = flow;
  const { start, end, time } = timesOf(flow, record, context);
  const seenBy = device?.interface_uid ?? device?.uid ?? device?.instance_uid;
  return {
    ...classify(BASE_EVENT, OTHER),
    activity_name: 'Skip',
    severity_id: SEVERITY.medium,
    status_id: STATUS.failure,
    status_code: cell(cells, plan.at.log_status),
    message: `AWS skipped flow log records${seenBy === undefined ? '' : ` of ${seenBy}`}: flows of this time are missing`,
    time,
    start_time: start,
    end_time: end,
    metadata: {
      uid: context.uid(record.index),
      version: OCSF_VERSION,
      product: plan.ofTransitGateway ? TRANSIT_GATEWAY : VPC,
      profiles: device === undefined ? ['cloud'] : ['cloud', 'host'],
      log_name: 'flow-log-gap',
      log_version: cell(cells, plan.at.version),
    },
    cloud: cloudAt(flow, context.origin),
    device,
    unmapped: unmappedOf(flow),
  };
}

/** Columns that say something of traffic, for which a gap has no place. */
const OF_TRAFFIC: readonly Column[] = [
  'protocol',
  'packets',
  'bytes',
  'action',
  'tcp_flags',
  'type',
  'flow_direction',
  'traffic_path',
  'reject_reason',
];

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

type Stray = [string, string | readonly string[]][];

function unmappedOf(flow: Flow): JsonObject | undefined {
  const { plan, cells } = flow;
  const stray: Stray = [];
  for (const { name, at } of plan.rest) {
    const text = cell(cells, at);
    if (text !== undefined) stray.push([name, text]);
  }
  if (cells.length > plan.width) stray.push(['additional_columns', cells.slice(plan.width)]);
  if (cell(cells, plan.at.account_id) === UNKNOWN) stray.push(['account_id', UNKNOWN]);
  for (const end of ['src', 'dst'] as const) if (flow[end] === undefined) strand(flow, stray, ENDS[end]);
  if (flow.start >= 0 && !inRange(flow.start * 1000)) strand(flow, stray, ['start']);
  if (flow.end >= 0 && !inRange(flow.end * 1000)) strand(flow, stray, ['end']);
  if (flow.isGap) strand(flow, stray, OF_TRAFFIC);
  if (!flow.isOwned) strand(flow, stray, NETWORK);
  return stray.length === 0 ? undefined : Object.fromEntries(stray);
}

const NETWORK: readonly Column[] = ['vpc_id', 'subnet_id'];
/** What a line may say of an end that is not named. */
const ENDS: Readonly<Record<'src' | 'dst', readonly Column[]>> = {
  src: ['srcport', 'pkt_src_aws_service', 'tgw_src_vpc_account_id', 'tgw_src_vpc_id', 'tgw_src_subnet_id', 'tgw_src_eni', 'tgw_src_az_id'],
  dst: ['dstport', 'pkt_dst_aws_service', 'tgw_dst_vpc_account_id', 'tgw_dst_vpc_id', 'tgw_dst_subnet_id', 'tgw_dst_eni', 'tgw_dst_az_id'],
};

function strand({ plan: { at }, cells }: Flow, stray: Stray, names: readonly Column[]): void {
  for (const name of names) {
    const text = cell(cells, at[name]);
    if (text !== undefined) stray.push([name, text]);
  }
}
