// Parts of Suricata's events (EVE JSON) to attributes of Network Activity.
// https://docs.suricata.io/en/latest/output/eve/eve-json-format.html
import type { JsonObject } from '../model.ts';
import { isObject } from '../outcome.ts';
import { type Fields, inside, markTaken, peekText, takeId, takeIp, takePort, takeText, takeWhole } from './lib/fields.ts';

const PROTOCOLS: ReadonlyMap<string, number> = new Map([
  ['ICMP', 1],
  ['TCP', 6],
  ['UDP', 17],
  ['GRE', 47],
  ['ESP', 50],
  ['AH', 51],
  ['IPV6-ICMP', 58],
  ['ICMPV6', 58],
  ['SCTP', 132],
]);

/** @returns undefined where there is no address: a port alone is no endpoint. */
export function addressOf(event: Fields, end: 'src' | 'dest'): { readonly ip: string; readonly port: number | undefined } | undefined {
  const ip = takeIp(event, `${end}_ip`);
  return ip === undefined ? undefined : { ip, port: takePort(event, `${end}_port`) };
}

/** The flow's id stands in alerts and in both directions' flow records. */
export function connectionOf(event: Fields): JsonObject {
  const protocol = takeText(event, 'proto');
  const address = peekText(event, 'src_ip') ?? peekText(event, 'dest_ip') ?? '';
  return {
    // `direction` tells client from server, not inside from outside.
    direction_id: 0,
    uid: takeId(event, 'flow_id'),
    protocol_name: protocol,
    protocol_num: protocol === undefined ? undefined : PROTOCOLS.get(protocol.toUpperCase()),
    protocol_ver_id: address.includes(':') ? 6 : 4,
    tcp_flags: flagsOf(inside(event, 'tcp')),
  };
}

const FLAGS: readonly string[] = ['fin', 'syn', 'rst', 'psh', 'ack', 'urg', 'ecn', 'cwr'];
const HEX = /^[0-9a-f]{2}$/i;

/** All flags seen in the flow, as a number of two hexadecimal digits and again each by its name. */
function flagsOf(tcp: Fields): number | undefined {
  const hex = peekText(tcp, 'tcp_flags');
  if (hex === undefined || !HEX.test(hex)) return undefined;
  const flags = parseInt(hex, 16);
  markTaken(tcp, 'tcp_flags');
  for (const [bit, name] of FLAGS.entries()) if (tcp.members[name] === ((flags >> bit) & 1 ? true : undefined)) markTaken(tcp, name);
  return flags;
}

/** One direction in a `netflow` record, both of them in a `flow` one. */
export function trafficOf(event: Fields): JsonObject | undefined {
  if (isObject(event.members['netflow'])) {
    const netflow = inside(event, 'netflow');
    return { packets: takeWhole(netflow, 'pkts'), bytes: takeWhole(netflow, 'bytes') };
  }
  if (!isObject(event.members['flow'])) return undefined;
  const flow = inside(event, 'flow');
  return {
    packets_out: takeWhole(flow, 'pkts_toserver'),
    packets_in: takeWhole(flow, 'pkts_toclient'),
    bytes_out: takeWhole(flow, 'bytes_toserver'),
    bytes_in: takeWhole(flow, 'bytes_toclient'),
  };
}

/** What was asked for by HTTP; of the rest, Network Activity has no attributes. */
export function webOf(event: Fields): { readonly url?: JsonObject } {
  const http = inside(event, 'http');
  const target = peekText(http, 'url');
  if (target === undefined) return {};
  markTaken(http, 'url');
  const hostname = takeText(http, 'hostname');
  if (!target.startsWith('/')) return { url: { url_string: target, hostname } };
  const mark = target.indexOf('?');
  return {
    url: { hostname, path: mark < 0 ? target : target.slice(0, mark), query_string: mark < 0 ? undefined : target.slice(mark + 1) },
  };
}

const MD5 = 1;
const JA4 = 1;

/** OCSF wants the version in every TLS object, issuer and number in every certificate. */
export function sessionOf(event: Fields): { readonly tls?: JsonObject; readonly ja4_fingerprint_list?: readonly JsonObject[] } {
  if (!isObject(event.members['tls'])) return {};
  const tls = inside(event, 'tls');
  const ja4 = takeText(tls, 'ja4');
  const list = ja4 === undefined ? undefined : { ja4_fingerprint_list: [{ type_id: JA4, value: ja4 }] };
  const version = takeText(tls, 'version');
  if (version === undefined) return { ...list };
  return {
    tls: {
      version,
      sni: takeText(tls, 'sni'),
      ja3_hash: hashOf(inside(tls, 'ja3')),
      ja3s_hash: hashOf(inside(tls, 'ja3s')),
      certificate: certificateOf(tls),
    },
    ...list,
  };
}

function hashOf(ja3: Fields): JsonObject | undefined {
  const hash = takeText(ja3, 'hash');
  return hash === undefined ? undefined : { algorithm_id: MD5, value: hash };
}

function certificateOf(tls: Fields): JsonObject | undefined {
  if (peekText(tls, 'issuerdn') === undefined || peekText(tls, 'serial') === undefined) return undefined;
  return { issuer: takeText(tls, 'issuerdn'), serial_number: takeText(tls, 'serial'), subject: takeText(tls, 'subject') };
}
