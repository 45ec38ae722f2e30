// What contradicts itself in `intel`: feeds and their keys. https://docs.aws.amazon.com/secretsmanager/latest/userguide/intro.html
import type { BankConfig } from '../shared/config.ts';
import type { IntelFeed } from '../shared/intel/config.ts';
import { isNetwork } from '../shared/detect/sigma/network.ts';
import { hostName } from '../shared/intel/normalise.ts';
import type { Problem } from './yaml-file.ts';

export function* intel({ intel: given }: BankConfig): Generator<Problem> {
  const seen = new Set<string>();
  for (const [index, feed] of (given?.feeds ?? []).entries()) {
    const path = ['intel', 'feeds', String(index)];
    if (seen.has(feed.name)) yield { path: [...path, 'name'], message: `${feed.name} is used twice; events and findings carry it` };
    seen.add(feed.name);
    yield* address(feed, path);
    yield* key(feed, path);
  }
  for (const [index, entry] of (given?.allow ?? []).entries()) {
    if (isNetwork(entry) || hostName(entry.replace(/^\*\./, '')) !== undefined) continue;
    yield { path: ['intel', 'allow', String(index)], message: `must be an address, a network or a domain (found "${entry}")` };
  }
}

function* address({ url, format }: IntelFeed, path: readonly string[]): Generator<Problem> {
  if (url === undefined) {
    const message = `must be there: what is imported by hand is one file, which ${format} is not`;
    if (format === 'taxii' || format === 'misp') yield { path: [...path, 'url'], message };
  } else if (!URL.canParse(url.replaceAll('{secret}', 'x')) || new URL(url.replaceAll('{secret}', 'x')).username !== '')
    yield { path: [...path, 'url'], message: 'must be an https URL without user name and password: secret_arn and auth are for those' };
}

function* key({ url, secret_arn: arn, auth }: IntelFeed, path: readonly string[]): Generator<Problem> {
  const isInUrl = url?.includes('{secret}') === true;
  if (arn === undefined && (auth !== undefined || isInUrl))
    yield { path: [...path, 'secret_arn'], message: `must be there: ${isInUrl ? 'url has {secret}' : `auth is ${auth ?? ''}`}` };
  if (arn !== undefined && auth === undefined && !isInUrl)
    yield {
      path: [...path, 'auth'],
      message: 'must say how the secret is sent (bearer, basic, or the name of a header), or url must have {secret}',
    };
}
