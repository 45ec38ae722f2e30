// What contradicts itself in `enrichment` of a bank's file. https://www.rfc-editor.org/rfc/rfc4632#section-3.1
import type { BankConfig } from '../shared/config.ts';
import { networkNamed } from '../shared/enrich/networks.ts';
import type { Problem } from './yaml-file.ts';

export function* enrichment(bank: BankConfig): Generator<Problem> {
  const { services = [], assets = [] } = bank.enrichment ?? {};
  yield* twice(services, 'services');
  yield* twice(assets, 'assets');
  const owners = new Map<string, string>();
  for (const [index, { name, networks }] of services.entries()) {
    for (const [at, network] of networks.entries()) {
      const path = ['enrichment', 'services', String(index), 'networks', String(at)];
      const text = networkNamed(network)?.text;
      if (text === undefined)
        yield { path, message: `must be an IPv4 or IPv6 address or network such as 203.0.113.0/24 (found "${network}")` };
      else if (owners.has(text)) yield { path, message: `${network} is of ${owners.get(text) ?? ''} already` };
      else owners.set(text, name);
    }
  }
  for (const [index, { match }] of assets.entries()) {
    for (const [at, pattern] of match.entries()) {
      const message = wrongPattern(pattern);
      if (message !== undefined) yield { path: ['enrichment', 'assets', String(index), 'match', String(at)], message };
    }
  }
}

function* twice(named: readonly { readonly name: string }[], key: 'services' | 'assets'): Generator<Problem> {
  const seen = new Set<string>();
  for (const [index, { name }] of named.entries()) {
    if (seen.has(name))
      yield { path: ['enrichment', key, String(index), 'name'], message: `${name} is there twice: put the entries together` };
    seen.add(name);
  }
}

/** What looks like a network and is none would match as a name, which nothing has. */
const ADDRESS_LIKE = /^(?:[\d.]+|[\da-f]*:[\da-f:.]*)(?:\/.*)?$/i;

function wrongPattern(pattern: string): string | undefined {
  if (networkNamed(pattern) !== undefined) return undefined;
  if (ADDRESS_LIKE.test(pattern)) return `must be an IPv4 or IPv6 address or network such as 203.0.113.0/24 (found "${pattern}")`;
  if (/\s/.test(pattern)) return `must be without blanks: an address, a host name, an ARN or the name of a resource (found "${pattern}")`;
  if (/^(?:\*|arn:|:)*$/.test(pattern)) return `must not be everything: something of the name has to stand beside * (found "${pattern}")`;
  return undefined;
}
