// Networks in CIDR notation, of both families: https://www.rfc-editor.org/rfc/rfc4632 and https://www.rfc-editor.org/rfc/rfc4291#section-2.3
import { isIPv4, isIPv6 } from 'node:net';

/** An address as a number of 32 bits or of 128. IPv4 is by far the more frequent and a plain number is several times faster. */
type Address = number | bigint;

const MAPPED = 0xffffn;

/** @returns undefined where the text is no address. An IPv4 address mapped into IPv6 (`::ffff:10.0.0.1`) is the IPv4 address. */
function addressOf(text: string): Address | undefined {
  if (isIPv4(text)) return ipv4(text);
  if (!text.includes(':') || text.includes('%') || !isIPv6(text)) return undefined;
  const number = ipv6(text);
  return number >> 32n === MAPPED ? Number(number & 0xffffffffn) : number;
}

function ipv4(text: string): number {
  let number = 0;
  let part = 0;
  for (let at = 0; at <= text.length; at++) {
    const digit = text.charCodeAt(at) - 48;
    // A dot, or the end of the text.
    if (!(digit >= 0)) {
      number = number * 256 + part;
      part = 0;
    } else part = part * 10 + digit;
  }
  return number;
}

function ipv6(text: string): bigint {
  const [head = '', tail] = text.split('::');
  const before = groups(head);
  const after = groups(tail ?? '');
  const zeros = Array.from({ length: tail === undefined ? 0 : 8 - before.length - after.length }, () => 0);
  return [...before, ...zeros, ...after].reduce((number, group) => (number << 16n) | BigInt(group), 0n);
}

function groups(text: string): readonly number[] {
  if (text === '') return [];
  return text.split(':').flatMap((group) => {
    if (!group.includes('.')) return [Number.parseInt(group, 16)];
    const number = ipv4(group);
    return [Math.floor(number / 0x10000), number % 0x10000];
  });
}

/** What all addresses of a network have in common: the number that their first bits are. */
interface Network {
  readonly prefix: number;
  readonly first: Address;
}

/** Host bits (`10.1.2.3/8`) are taken off; an address alone is a network of one. @returns undefined where the text is neither. */
function networkOf(text: string): Network | undefined {
  const [name = '', length, ...more] = text.split('/');
  const address = addressOf(name);
  if (address === undefined || more.length > 0 || (length !== undefined && !/^\d{1,3}$/.test(length))) return undefined;
  const bits = typeof address === 'number' ? 32 : 128;
  // A length given to a mapped address counts the 96 bits before it too.
  const mapped = bits === 32 && name.includes(':');
  const prefix = length === undefined ? bits : Number(length) - (mapped ? 96 : 0);
  return prefix < 0 || prefix > bits ? undefined : { prefix, first: firstBits(address, prefix) };
}

function firstBits(address: Address, prefix: number): Address {
  // Shifting a number by 32 would not shift it at all.
  if (typeof address === 'number') return prefix === 0 ? 0 : address >>> (32 - prefix);
  return address >> BigInt(128 - prefix);
}

export function isNetwork(text: string): boolean {
  return networkOf(text) !== undefined;
}

/**
 * One look-up per length of prefix in the list, however long the list is.
 * @param list networks and addresses; texts that are neither are left out.
 * @returns a test for texts: true for addresses inside a network, false for everything else.
 */
export function matchNetworks(list: readonly string[]): (text: string) => boolean {
  const networks = list.flatMap((text) => networkOf(text) ?? []);
  const v4 = tables(networks.filter(({ first }) => typeof first === 'number'));
  const v6 = tables(networks.filter(({ first }) => typeof first === 'bigint'));
  return (text) => {
    const address = addressOf(text);
    if (address === undefined) return false;
    for (const { prefix, firsts } of typeof address === 'number' ? v4 : v6) if (firsts.has(firstBits(address, prefix))) return true;
    return false;
  };
}

interface Table {
  readonly prefix: number;
  readonly firsts: ReadonlySet<Address>;
}

function tables(networks: readonly Network[]): readonly Table[] {
  const prefixes = new Set(networks.map(({ prefix }) => prefix));
  return [...prefixes].map((prefix) => ({
    prefix,
    firsts: new Set(networks.filter((network) => network.prefix === prefix).map(({ first }) => first)),
  }));
}
