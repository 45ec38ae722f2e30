// Columns of flow logs of VPCs (versions 2 to 11) and transit gateways (version 6), in any order.
// https://docs.aws.amazon.com/vpc/latest/userguide/flow-log-records.html https://docs.aws.amazon.com/vpc/latest/tgw/tgw-flow-logs.html
export const VPC_FORMAT =
  'version account-id interface-id srcaddr dstaddr srcport dstport protocol packets bytes start end action log-status';
export const TRANSIT_GATEWAY_FORMAT =
  'version resource-type account-id tgw-id tgw-attachment-id tgw-src-vpc-account-id tgw-dst-vpc-account-id tgw-src-vpc-id tgw-dst-vpc-id ' +
  'tgw-src-subnet-id tgw-dst-subnet-id tgw-src-eni tgw-dst-eni tgw-src-az-id tgw-dst-az-id tgw-pair-attachment-id srcaddr dstaddr srcport ' +
  'dstport protocol packets bytes start end log-status type packets-lost-no-route packets-lost-blackhole packets-lost-mtu-exceeded ' +
  'packets-lost-ttl-expired tcp-flags region flow-direction pkt-src-aws-service pkt-dst-aws-service';

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
  tgw_id: -1,
  tgw_attachment_id: -1,
  tgw_src_vpc_account_id: -1,
  tgw_dst_vpc_account_id: -1,
  tgw_src_vpc_id: -1,
  tgw_dst_vpc_id: -1,
  tgw_src_subnet_id: -1,
  tgw_dst_subnet_id: -1,
  tgw_src_eni: -1,
  tgw_dst_eni: -1,
  tgw_src_az_id: -1,
  tgw_dst_az_id: -1,
};

export type Column = keyof typeof NOWHERE;

/** The other documented columns: they may open a header too. */
const UNPLACED =
  'sublocation_type sublocation_id ecs_cluster_arn ecs_cluster_name ecs_container_instance_arn ecs_container_instance_id ecs_container_id ' +
  'ecs_second_container_id ecs_service_name ecs_task_definition_arn ecs_task_arn ecs_task_id encryption_status instance_tag instance_tag_2 ' +
  'interface_tag interface_tag_2 asg_tag asg_tag_2 interface_type next_hop_interface_id next_hop_subnet_id next_hop_az_id next_hop_vpc_id ' +
  'next_hop_interface_type resource_type tgw_pair_attachment_id packets_lost_no_route packets_lost_blackhole packets_lost_mtu_exceeded ' +
  'packets_lost_ttl_expired';
const KNOWN: ReadonlySet<string> = new Set([...Object.keys(NOWHERE), ...UNPLACED.split(' ')]);

/** A header, compiled. */
export interface Plan {
  /** Columns that the header names; a line may have more, not fewer. */
  readonly width: number;
  readonly at: Readonly<Record<Column, number>>;
  readonly src: Side;
  readonly dst: Side;
  /** Columns without a place in the event. */
  readonly rest: readonly Rest[];
  /** Those of them that count packets a transit gateway lost, with the reason. */
  readonly lost: readonly (Rest & { readonly reason: string })[];
  readonly ofTransitGateway: boolean;
  /** True if any column measures traffic: without one a line without values is no sign of silence. */
  readonly measures: boolean;
}
interface Rest {
  readonly name: string;
  readonly at: number;
}

/** Where the columns about one end of the flow stand; behind a transit gateway each end has its own network. */
export interface Side {
  readonly address: number;
  readonly original: number;
  readonly service: number;
  readonly networkInterface: number;
  readonly vpc: number;
  readonly subnet: number;
  readonly zone: number;
  readonly account: number;
  /** True if any of the columns about its network is there. */
  readonly isKnown: boolean;
}

// Few formats exist, so they are compiled once; the bound holds where somebody sends us a file of headers.
const MAX_PLANS = 64;
const plans = new Map<string, Plan>();

/** @param format names of the columns, as in a header (`account-id`, `account_id`) or as a flow log is created with (`${account-id}`). */
export function planOf(format: string): Plan {
  return plans.get(format) ?? keep(format, compile(namesIn(format)));
}

/** @param names of the columns of a table. */
export function planOfNames(names: readonly string[]): Plan {
  const key = names.join('\n');
  return plans.get(key) ?? keep(key, compile(names.map(columnName)));
}

function keep(key: string, plan: Plan): Plan {
  if (plans.size >= MAX_PLANS) plans.clear();
  plans.set(key, plan);
  return plan;
}

function namesIn(format: string): string[] {
  return format
    .replaceAll(/[${},]/g, ' ')
    .trim()
    .split(/\s+/)
    .map(columnName);
}

function compile(names: readonly string[]): Plan {
  const at = { ...NOWHERE };
  const rest: Rest[] = [];
  const taken = new Set<string>();
  for (const [index, name] of names.entries()) {
    if (isColumn(name) && at[name] < 0) at[name] = index;
    else rest.push({ name: taken.has(name) ? `${name}_at_${index}` : name, at: index });
    taken.add(name);
  }
  const ofTransitGateway = names.some((name) => name.startsWith('tgw_') || name.startsWith(LOST));
  if (ofTransitGateway) {
    // A gateway has none of these; where a header names them all the same they have no place.
    for (const name of OF_INTERFACES) if (at[name] >= 0) rest.push({ name, at: at[name] });
    for (const name of OF_INTERFACES) at[name] = -1;
  }
  const lost = rest.filter(({ name }) => name.startsWith(LOST)).map((one) => ({ ...one, reason: one.name.slice(LOST.length) }));
  return {
    width: names.length,
    at,
    src: sideOf(at, 'src'),
    dst: sideOf(at, 'dst'),
    rest,
    lost,
    ofTransitGateway,
    measures: MEASURES.some((name) => at[name] >= 0),
  };
}

const LOST = 'packets_lost_';
const MEASURES: readonly Column[] = ['srcaddr', 'dstaddr', 'pkt_srcaddr', 'pkt_dstaddr', 'packets', 'bytes', 'action'];
const OF_INTERFACES: readonly Column[] = ['interface_id', 'instance_id', 'resource_id', 'vpc_id', 'subnet_id'];

function sideOf(at: Readonly<Record<Column, number>>, end: 'src' | 'dst'): Side {
  const network = { networkInterface: at[`tgw_${end}_eni`], vpc: at[`tgw_${end}_vpc_id`], subnet: at[`tgw_${end}_subnet_id`] };
  return {
    address: at[`${end}addr`],
    original: at[`pkt_${end}addr`],
    service: at[`pkt_${end}_aws_service`],
    ...network,
    zone: at[`tgw_${end}_az_id`],
    account: at[`tgw_${end}_vpc_account_id`],
    isKnown: Object.values(network).some((column) => column >= 0),
  };
}

function isColumn(name: string): name is Column {
  return Object.hasOwn(NOWHERE, name);
}

function columnName(text: string): string {
  return text.replaceAll('-', '_');
}

/** Called for every line: values start with digits, capitals or ids, so that most lines are told by their first character. */
export function isHeader(line: string): boolean {
  const first = line.charCodeAt(0);
  if (first < 97 || first > 122) return false;
  const end = line.indexOf(' ');
  if (!KNOWN.has(columnName(end < 0 ? line : line.slice(0, end)))) return false;
  return /^[a-z][a-z0-9_-]*(?: [a-z][a-z0-9_-]*)*$/.test(line);
}

const DEFAULT_LINE = /^\d+ (?:\d{12}|unknown) (?:\S+ ){10}(?:ACCEPT|REJECT|-) (?:OK|NODATA|SKIPDATA)$/;

export function recognises(head: string): boolean {
  const end = head.indexOf('\n');
  const line = (end < 0 ? head : head.slice(0, end)).trimEnd();
  if (head.trimStart().startsWith('{')) return isWrapped(head);
  const names = line.split(' ').filter((name) => KNOWN.has(columnName(name)));
  return (names.length > 1 && isHeader(line)) || isDefault(line);
}

/** Firehose wraps lines in objects; a row of a Parquet file has the columns as members. */
function isWrapped(head: string): boolean {
  const line = /^\s*\{\s*"message"\s*:\s*"([^"\\]{1,4096})"/.exec(head)?.[1];
  if (line !== undefined) return isDefault(line);
  const has = (name: Column): boolean => head.includes(`"${name}"`);
  return (has('srcaddr') && has('dstaddr')) || (has('log_status') && (has('interface_id') || has('tgw_id')));
}

function isDefault(line: string): boolean {
  return DEFAULT_LINE.test(line) || isTransitGatewayLine(line);
}

/** In the default format its second column says so. */
export function isTransitGatewayLine(line: string): boolean {
  return /^\d+ TransitGateway /.test(line);
}

/** @returns the value of the column; undefined where the line has none (`-`). */
export function cell(cells: readonly string[], at: number): string | undefined {
  if (at < 0) return undefined;
  const text = cells[at];
  return text === '-' ? undefined : text;
}

/** @returns the whole number in the column; -1 where it is absent, NaN where it is none. */
export function number(cells: readonly string[], at: number): number {
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
