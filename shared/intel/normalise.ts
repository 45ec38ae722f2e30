// Values in their one form, so that what a feed lists and what an event holds are the same text where they are the same thing. Canonical values
// are ASCII. https://www.rfc-editor.org/rfc/rfc5952 (addresses), https://www.rfc-editor.org/rfc/rfc5891 (names)
import { domainToASCII } from 'node:url';
import { addressText, isLocal, isV4, MAPPED_BITS, networkOf, newWords, parseAddress } from './address.ts';
import type { IndicatorType, Observable } from './indicator.ts';
import { walletOf } from './wallet.ts';

const scratch = newWords();

/** @returns the one text of an address of the Internet; undefined for anything else, private addresses among it. */
export function ipValue(text: string): string | undefined {
  return parseAddress(text, scratch) && !isLocal(scratch) ? addressText(scratch) : undefined;
}

/** A shorter prefix is half of a continent: no list is as sure of that. */
const SHORTEST = { v4: MAPPED_BITS + 8, v6: 19 };

/** @returns undefined where it is none, private, or too large to be meant; a network of one address is that address. */
export function networkValue(text: string): Observable | undefined {
  const network = networkOf(text);
  if (network === undefined || isLocal(network.words)) return undefined;
  if (network.bits === 128) return { type: 'ip', value: addressText(network.words) };
  return network.bits < (isV4(network.words) ? SHORTEST.v4 : SHORTEST.v6) ? undefined : { type: 'network', value: network.text };
}

const NAME = /^(?=.{4,253}$)(?:[a-z0-9_](?:[a-z0-9_-]{0,61}[a-z0-9_])?\.)+(?:[a-z][a-z0-9-]{0,61}[a-z0-9])$/;

/** Under them everybody may have a name; of two labels and more, those that lists are seen to hold. A single label is never a name. */
const SUFFIXES: ReadonlySet<string> = new Set(
  (
    'co.uk org.uk ac.uk gov.uk com.au net.au com.br com.cn com.tr com.mx com.ar co.jp co.in co.za co.kr co.nz com.sg com.hk com.tw com.ua ' +
    'amazonaws.com s3.amazonaws.com cloudfront.net elb.amazonaws.com azurewebsites.net blob.core.windows.net cloudapp.net windows.net ' +
    'appspot.com googleapis.com firebaseapp.com web.app github.io githubusercontent.com gitlab.io pages.dev workers.dev r2.dev ' +
    'netlify.app vercel.app herokuapp.com onrender.com blogspot.com wordpress.com weebly.com ngrok.io ngrok-free.app duckdns.org ' +
    'no-ip.org ddns.net hopto.org zapto.org sytes.net myftp.org trycloudflare.com ipfs.io'
  ).split(' '),
);

/** @returns lower case, punycode, without the dot at its end; undefined where it is no name of a host, or one that is many people's. */
export function domainValue(text: string): string | undefined {
  const name = hostName(text);
  return name === undefined || SUFFIXES.has(name) ? undefined : name;
}

/** As domainValue(), of an event: what a host is called, whoever else is under the same name. */
export function hostName(text: string): string | undefined {
  if (text.length < 4 || text.length > 1024) return undefined;
  let name = text.endsWith('.') ? text.slice(0, -1) : text;
  if (/[^a-z0-9._-]/.test(name)) {
    name = name.toLowerCase();
    // It throws for nothing, and answers '' for what is no name.
    if (/[^\p{ASCII}]/u.test(name)) name = domainToASCII(name);
  }
  return NAME.test(name) ? name : undefined;
}

const URL_FORM = /^(?:([a-z][a-z0-9+.-]*):\/\/)?([^/?#\\\s]+)([^#]*)/i;
const DEFAULT_PORTS: Readonly<Record<string, string>> = { http: '80', https: '443', ftp: '21' };
const MAX_URL = 2048;

/**
 * Without scheme, default port, user and fragment, which say nothing of where it leads; the path as it is.
 * @returns `host[:port]/path?query`, and its host; undefined where it is none.
 */
export function urlParts(text: string): { readonly value: string; readonly host: string } | undefined {
  if (text.length > MAX_URL) return undefined;
  const [, scheme = 'http', authority = '', rest = ''] = URL_FORM.exec(text) ?? [];
  const place = placeOf(authority.slice(authority.lastIndexOf('@') + 1));
  if (place === undefined) return undefined;
  const { host, port } = place;
  const at = port === '' || port === DEFAULT_PORTS[scheme.toLowerCase()] ? '' : `:${Number(port)}`;
  const shown = host.includes(':') ? `[${host}]` : host;
  return { value: shown + at + ascii(rest.startsWith('/') ? rest : `/${rest}`, /[^\x21-\x7e]/gu), host };
}

const PLACE = /^(\[[0-9a-f:.]+\]|[^:[\]]*)(?::(\d{1,5}))?$/i;

function placeOf(text: string): { readonly host: string; readonly port: string } | undefined {
  const [, name = '', port = ''] = PLACE.exec(text) ?? [];
  const bare = name.startsWith('[') ? name.slice(1, -1) : name;
  const host = hostName(bare) ?? ipValue(bare);
  return host === undefined ? undefined : { host, port };
}

/** @param foreign what is written as in URLs. */
function ascii(text: string, foreign: RegExp): string {
  return foreign.test(text) ? text.toWellFormed().replaceAll(foreign, (letter) => encodeURIComponent(letter)) : text;
}

/** Of no bytes at all: every empty file has them. */
const EMPTY: ReadonlySet<string> = new Set([
  'd41d8cd98f00b204e9800998ecf8427e',
  'da39a3ee5e6b4b0d3255bfef95601890afd80709',
  'e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855',
]);
const HASH = /^(?:[0-9a-f]{32}|[0-9a-f]{40}|[0-9a-f]{64}|[0-9a-f]{128})$/;

/** MD5, SHA-1, SHA-256 and SHA-512 in hexadecimal digits: told by their length. */
function hashValue(text: string): string | undefined {
  const hash = text.toLowerCase();
  return HASH.test(hash) && !EMPTY.has(hash) ? hash : undefined;
}

const EMAIL = /^[^@\s]{1,64}@([^@\s]+)$/;

function emailValue(text: string): string | undefined {
  const host = hostName(EMAIL.exec(text)?.[1] ?? '');
  return host === undefined ? undefined : ascii(`${text.slice(0, text.indexOf('@'))}@${host}`, /[^\x21-\x7e]/gu).toLowerCase();
}

const MAX_AGENT = 1024;

function agentValue(text: string): string | undefined {
  if (text.length > MAX_AGENT * 2) return undefined;
  const agent = ascii(text.trim(), /[^\x20-\x7e]/gu).toLowerCase();
  return agent === '' || agent.length > MAX_AGENT ? undefined : agent;
}

const CVE = /^CVE-\d{4}-\d{4,}$/;

/** How each type is looked at. */
const VALUES: Readonly<Record<IndicatorType, (text: string) => string | undefined>> = {
  ip: ipValue,
  network: (text) => networkValue(text)?.value,
  domain: domainValue,
  url: (text) => urlParts(text)?.value,
  hash: hashValue,
  email: emailValue,
  user_agent: agentValue,
  wallet: (text) => walletOf(text, true),
  cve: (text) => (CVE.test(text.toUpperCase()) ? text.toUpperCase() : undefined),
};

/** @returns the value in its canonical form; undefined where it is no such value, or one that must not be matched. */
export function normalise(type: IndicatorType, text: string): Observable | undefined {
  if (type === 'network') return networkValue(text);
  const value = VALUES[type](text);
  return value === undefined ? undefined : { type, value };
}

const MAX_WRITTEN = 4096;

/** As people write what must not be clicked on. @returns it as it is meant. */
export function refang(text: string): string {
  // Nothing that is matched is as long, and what follows looks again at each place of it.
  if (text.length > MAX_WRITTEN) return text;
  return text
    .trim()
    .replace(/^["'<(]+|["'>),;]+$/g, '')
    .replace(/^h(?:xx|\*\*|tt)p(s?)(?=\[?:)/i, 'http$1')
    .replaceAll(/\[:\/\/\]|\[:\]\/\//g, '://')
    .replaceAll(/[[({]\s*(?:\.|dot)\s*[\])}]/gi, '.')
    .replaceAll(/[[({]\s*(?:@|at)\s*[\])}]/gi, '@')
    .replaceAll('[:]', ':');
}

/** An IPv4 address with a port. */
const WITH_PORT = /^(\d{1,3}(?:\.\d{1,3}){3}):\d{1,5}$/;

/** @returns what a text is that nobody says the type of; undefined where it is nothing that is matched. */
export function recognise(written: string): Observable | undefined {
  const text = refang(written);
  const wildcard = text.startsWith('*.') ? text.slice(2) : text;
  if (text.includes('://')) return normalise('url', text);
  const types: readonly IndicatorType[] = ['network', 'ip', 'hash', 'cve', 'email'];
  for (const type of types) {
    const found = normalise(type, type === 'ip' ? text.replace(WITH_PORT, '$1') : text);
    if (found !== undefined) return found;
  }
  const wallet = walletOf(text);
  if (wallet !== undefined) return { type: 'wallet', value: wallet };
  return text.includes('/') ? hostedPath(text) : normalise('domain', wildcard);
}

/** `bad.example/path`, a URL whose scheme was left out. Something like `10.0.0.0/8` is none. */
function hostedPath(text: string): Observable | undefined {
  const parts = urlParts(text);
  return parts === undefined || /^[\d./]+$/.test(text) ? undefined : { type: 'url', value: parts.value };
}
