// What a feed has given under TLP RED or AMBER stays with those whom it was given to: alerts go further than the index does, so the indicator is
// not in them, in whatever text it stands. https://www.first.org/tlp/, https://schema.ocsf.io/1.8.0/objects/osint
import { BlockList, isIP } from 'node:net';
import type { OcsfEvent } from '../model.ts';
import { isArray, isObject, text } from '../outcome.ts';

/** Shorter ones are parts of other words. */
const SHORTEST = 4;
const OPEN: ReadonlySet<string> = new Set(['CLEAR', 'WHITE', 'GREEN']);

interface Secret {
  /** In lower case. */
  readonly value: string;
  readonly mark: string;
  /** Of a network: the addresses in it. */
  readonly network: BlockList | undefined;
}

/** @returns the finding without the values of indicators that must not be passed on; the same object where there are none. */
export function withoutSecrets(finding: OcsfEvent): OcsfEvent {
  const secrets = secretsOf(finding['osint']);
  return secrets.length === 0 ? finding : { ...finding, ...maskedObject(finding, secrets) };
}

function secretsOf(osint: unknown): readonly Secret[] {
  return (isArray(osint) ? osint.filter(isObject) : []).flatMap((one) => {
    const [tlp, value] = [text(one['tlp']), text(one['value'])];
    if (tlp === undefined || value === undefined || OPEN.has(tlp.toUpperCase())) return [];
    return [{ value: value.toLowerCase(), mark: markOf(tlp), network: networkOf(value) }];
  });
}

/** Whoever reports a finding chooses the text: it must neither grow into a page nor be a secret of another indicator. */
function markOf(tlp: string): string {
  return MARKS.test(tlp) ? `(TLP:${tlp.toUpperCase()})` : '(TLP:RED)';
}

const MARKS = /^(?:red|amber|amber[+ ]strict)$/i;

function networkOf(value: string): BlockList | undefined {
  const [address = '', bits = ''] = value.split('/');
  const family = isIP(address);
  const length = bits === '' ? (family === 4 ? 32 : 128) : Number(bits);
  if (family === 0 || !Number.isInteger(length) || length < 0 || length > (family === 4 ? 32 : 128)) return undefined;
  const list = new BlockList();
  list.addSubnet(address, length, family === 4 ? 'ipv4' : 'ipv6');
  return list;
}

function maskedObject(node: object, secrets: readonly Secret[]): Record<string, unknown> {
  return Object.fromEntries(Object.entries(node).map(([name, value]: [string, unknown]) => [name, masked(value, secrets)]));
}

function masked(node: unknown, secrets: readonly Secret[]): unknown {
  if (typeof node === 'string') return secrets.reduce((words, secret) => bounded(maskedText(words, secret), node, secret), node);
  if (isArray(node)) return node.map((member) => masked(member, secrets));
  return isObject(node) ? maskedObject(node, secrets) : node;
}

/** Values may be chosen so that each is in the marks of the others: then nothing of the text is shown. */
function bounded(words: string, before: string, { mark }: Secret): string {
  return words.length > before.length * 4 + 100 ? mark : words;
}

/** Addresses are written in many ways: each that a text holds is looked up. */
const ADDRESSES = /[0-9a-f:.]*[0-9a-f][.:][0-9a-f:.]*[0-9a-f:]/gi;

function maskedText(words: string, { value, mark, network }: Secret): string {
  const open =
    network === undefined
      ? words
      : words.replaceAll(ADDRESSES, (found) => {
          const [address, rest = ''] = isIP(found) === 0 ? [found.replace(/:\d+$/, ''), /:\d+$/.exec(found)?.[0]] : [found];
          const family = isIP(address);
          return family !== 0 && network.check(address, family === 4 ? 'ipv4' : 'ipv6') ? mark + rest : found;
        });
  return value.length < SHORTEST ? (open.toLowerCase() === value ? mark : open) : replacedAll(open, value, mark);
}

function replacedAll(words: string, value: string, mark: string): string {
  const lower = words.toLowerCase();
  // Where lower case has another length, places do not fit: then nothing of the text is shown.
  if (!lower.includes(value)) return words;
  if (lower.length !== words.length) return mark;
  let out = '';
  let done = 0;
  for (let at = lower.indexOf(value); at >= 0; at = lower.indexOf(value, done)) {
    out += words.slice(done, at) + mark;
    done = at + value.length;
  }
  return out + words.slice(done);
}
