// What logs of DNS queries have in common. https://www.iana.org/assignments/dns-parameters/dns-parameters.xhtml#dns-parameters-6
import { STATUS } from '../../ocsf/classes.ts';

const OTHER = 99;

/** Activity of DNS Activity: one record has the query and its answer. https://schema.ocsf.io/1.8.0/classes/dns_activity */
export const DNS_TRAFFIC = 6;

const RCODES: ReadonlyMap<string, number> = new Map([
  ['NOERROR', 0],
  ['FORMERR', 1],
  ['SERVFAIL', 2],
  ['NXDOMAIN', 3],
  ['NOTIMP', 4],
  ['REFUSED', 5],
  ['YXDOMAIN', 6],
  ['YXRRSET', 7],
  ['NXRRSET', 8],
  ['NOTAUTH', 9],
  ['NOTZONE', 10],
  ['BADVERS', 16],
  ['BADSIG', 16],
  ['BADKEY', 17],
  ['BADTIME', 18],
  ['BADMODE', 19],
  ['BADNAME', 20],
  ['BADALG', 21],
  ['BADTRUNC', 22],
  ['BADCOOKIE', 23],
]);

const PROTOCOLS: ReadonlyMap<string, number> = new Map([
  ['TCP', 6],
  ['UDP', 17],
]);

export interface ResponseCode {
  readonly rcode_id?: number;
  readonly rcode?: string;
  readonly status_id?: number;
}

/** @param code as in the log: `NOERROR`, `NoError`. */
export function responseCodeOf(code: string | undefined): ResponseCode {
  if (code === undefined) return {};
  const known = RCODES.get(code) ?? RCODES.get(code.toUpperCase());
  if (known === undefined) return { rcode_id: OTHER, rcode: code, status_id: STATUS.unknown };
  return { rcode_id: known, status_id: known === 0 ? STATUS.success : STATUS.failure };
}

/** @returns the name without the dot that ends it, as lists of domains have them; the root is only that dot. */
export function domainOf(name: string): string {
  return name.length > 1 && name.endsWith('.') ? name.slice(0, -1) : name;
}

export interface Transport {
  readonly direction_id: number;
  readonly protocol_name: string;
  readonly protocol_num: number | undefined;
}

/** @param direction direction_id of connection_info. */
export function transportOf(protocol: string | undefined, direction: number): Transport | undefined {
  if (protocol === undefined) return undefined;
  return { direction_id: direction, protocol_name: protocol, protocol_num: PROTOCOLS.get(protocol.toUpperCase()) };
}
