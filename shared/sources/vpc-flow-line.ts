// One line of a flow log: its numbers, its two ends, and the interface or gateway that saw it.
// https://docs.aws.amazon.com/vpc/latest/userguide/flow-log-records.html
import { ipOf } from '../ocsf/event.ts';
import { cell, number, type Column, type Plan, type Side } from './vpc-flow-format.ts';

/** One line, its numbers read: -1 is absent. Times in seconds since the epoch, as they came. */
export interface Flow {
  readonly plan: Plan;
  readonly cells: readonly string[];
  readonly src: Endpoint | undefined;
  readonly dst: Endpoint | undefined;
  readonly device: Device | undefined;
  /** True if an endpoint or the device holds the interface's VPC and subnet. */
  readonly isOwned: boolean;
  /** True if AWS skipped records: the line stands for flows that are missing. */
  readonly isGap: boolean;
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
  readonly zone?: string | undefined;
  readonly owner?: { readonly account: { readonly uid: string } } | undefined;
}

/** https://schema.ocsf.io/1.8.0/objects/device */
interface Device extends Interface {
  readonly type_id: number;
}
const UNKNOWN_DEVICE = 0;
const ROUTER = 12;

const MAX_PORT = 65_535;
const SKIPPED = 'SKIPDATA';

export function read(plan: Plan, cells: readonly string[]): Flow {
  const { at } = plan;
  const srcport = number(cells, at.srcport);
  const dstport = number(cells, at.dstport);
  const isGap = cell(cells, at.log_status) === SKIPPED && !hasAddress(plan, cells);
  // Of a gap nothing is known but where it is; a gateway is no end of what passes it.
  const direction = isGap || plan.ofTransitGateway ? undefined : cell(cells, at.flow_direction);
  const owner = interfaceOf(plan, cells);
  const isSource = direction === 'egress';
  const isDestination = direction === 'ingress';
  const src = isGap ? undefined : endpoint(cells, plan.src, srcport, isSource ? owner : networkOf(plan.src, cells));
  const dst = isGap ? undefined : endpoint(cells, plan.dst, dstport, isDestination ? owner : networkOf(plan.dst, cells));
  const device = isSource || isDestination || !isNamed(owner) ? undefined : deviceOf(plan, owner);
  return {
    plan,
    cells,
    src,
    dst,
    device,
    isOwned: device !== undefined || (isSource && src !== undefined) || (isDestination && dst !== undefined),
    isGap,
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

function hasAddress({ src, dst }: Plan, cells: readonly string[]): boolean {
  return [src.address, src.original, dst.address, dst.original].some((at) => cell(cells, at) !== undefined);
}

const NO_INTERFACE: Interface = {
  interface_uid: undefined,
  instance_uid: undefined,
  uid: undefined,
  vpc_uid: undefined,
  subnet_uid: undefined,
};

/** Who saw the flow: a network interface, or a transit gateway at one of its attachments. */
function interfaceOf({ at, ofTransitGateway }: Plan, cells: readonly string[]): Interface {
  if (ofTransitGateway) return { ...NO_INTERFACE, uid: cell(cells, at.tgw_id), interface_uid: cell(cells, at.tgw_attachment_id) };
  return {
    interface_uid: cell(cells, at.interface_id),
    instance_uid: cell(cells, at.instance_id),
    uid: cell(cells, at.resource_id),
    vpc_uid: cell(cells, at.vpc_id),
    subnet_uid: cell(cells, at.subnet_id),
  };
}

/** The network of one end, which a transit gateway knows. */
function networkOf(side: Side, cells: readonly string[]): Interface {
  if (!side.isKnown) return NO_INTERFACE;
  return {
    ...NO_INTERFACE,
    interface_uid: cell(cells, side.networkInterface),
    vpc_uid: cell(cells, side.vpc),
    subnet_uid: cell(cells, side.subnet),
  };
}

/** OCSF wants a name or an address in every endpoint and device; VPC and subnet do not count. */
function isNamed(owner: Interface): boolean {
  return owner.interface_uid !== undefined || owner.instance_uid !== undefined || owner.uid !== undefined;
}

function deviceOf({ ofTransitGateway }: Plan, owner: Interface): Device {
  const { interface_uid, instance_uid, uid, vpc_uid, subnet_uid } = owner;
  return { type_id: ofTransitGateway ? ROUTER : UNKNOWN_DEVICE, interface_uid, instance_uid, uid, vpc_uid, subnet_uid };
}

/** The address in the packet is the end of the flow; where the interface saw another one (NAT, a pod), that one lies between. */
function endpoint(cells: readonly string[], side: Side, port: number, owner: Interface): Endpoint | undefined {
  const address = cell(cells, side.address);
  const original = cell(cells, side.original);
  const svc_name = cell(cells, side.service);
  const ip = original ?? address;
  if (ip === undefined && svc_name === undefined && !isNamed(owner)) return undefined;
  const account = cell(cells, side.account);
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
    zone: cell(cells, side.zone),
    owner: account === undefined ? undefined : { account: { uid: account } },
  };
}

const NUMBERS: readonly Column[] = ['srcport', 'dstport', 'protocol', 'packets', 'bytes', 'start', 'end', 'tcp_flags'];

/** Values in the wrong columns mean that the format was not this one: parked, they can be redriven under the right one. */
export function wrongColumn(flow: Flow): string | undefined {
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
