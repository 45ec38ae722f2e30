// Values as logs write them: whole numbers, sockets, durations.
// https://docs.aws.amazon.com/elasticloadbalancing/latest/application/load-balancer-access-logs.html
import { ipOf } from '../../ocsf/event.ts';

const MAX_PORT = 65_535;

/** An address with a port, as OCSF endpoints have them. */
export interface Socket {
  readonly ip: string;
  readonly port: number;
}

/** @returns the whole number of at most 15 digits (exact in a double) that the text is and that writes itself like it, else undefined. */
export function wholeOf(text: string | undefined): number | undefined {
  if (text === undefined || text.length === 0 || text.length > 15) return undefined;
  let result = 0;
  for (let index = 0; index < text.length; index++) {
    const digit = text.charCodeAt(index) - 48;
    if (digit < 0 || digit > 9) return undefined;
    result = result * 10 + digit;
  }
  return text.length > 1 && text.charCodeAt(0) === 48 ? undefined : result;
}

export function portOf(text: string): number | undefined {
  const number = wholeOf(text);
  return number === undefined || number > MAX_PORT ? undefined : number;
}

/** @param text `192.0.2.1:443` or `[2001:db8::1]:443`. */
export function socketOf(text: string | undefined): Socket | undefined {
  if (text === undefined) return undefined;
  const colon = text.lastIndexOf(':');
  if (colon <= 0) return undefined;
  const bracketed = text.startsWith('[') && text.charAt(colon - 1) === ']';
  const ip = ipOf(bracketed ? text.slice(1, colon - 1) : text.slice(0, colon));
  const number = portOf(text.slice(colon + 1));
  // Without brackets nobody can tell where an IPv6 address ends and the port begins.
  return ip === undefined || number === undefined || ip.includes(':') !== bracketed ? undefined : { ip, port: number };
}

/** @param text seconds with a fraction. @returns ms, where the text has exactly three decimals. */
export function millisecondsOf(text: string | undefined): number | undefined {
  if (text === undefined || text.charAt(text.length - 4) !== '.') return undefined;
  const seconds = Number(text);
  return seconds >= 0 ? Math.round(seconds * 1000) : undefined;
}

/** @returns the time as written, if it says more than its ms do. */
export function finerThanMs(iso: string | undefined): string | undefined {
  return iso === undefined || iso.length === 24 || iso.endsWith('000Z') ? undefined : iso;
}
