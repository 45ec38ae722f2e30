// Plain lists: one address, network, name, URL, hash or e-mail address a line, as Spamhaus, Tor and many others publish them; hosts files.
// https://www.spamhaus.org/drop/, https://check.torproject.org/torbulkexitlist
import { createCollector, type Observable, type Parsed } from '../indicator.ts';
import { normalise, recognise } from '../normalise.ts';
import { FeedError } from './format.ts';

/** A line of a hosts file: `0.0.0.0 bad.example`. */
const HOSTS = /^(?:0\.0\.0\.0|127\.0\.0\.1|::1?)\s+(\S+)$/;
const COMMENT = /^(?:[#;]|\/\/)/;
/** Behind a value. */
const TRAILING = /\s+(?:[#;]|\/\/).*$|\s*;.*$/;

/** A longer line is none of a list's; and expressions are slow on it. */
const MAX_LINE = 4096;

function entryOf(line: string): Observable | undefined {
  const text = line.replace(TRAILING, '');
  const host = HOSTS.exec(text)?.[1];
  return host === undefined ? recognise(text) : normalise('domain', host);
}

/** @throws FeedError where most lines are none of a list's: a page of excuses answered with 200. */
export function parseList(body: Buffer): Parsed {
  const { add, skip, parsed } = createCollector();
  let wrong = 0;
  for (const raw of body
    .toString('utf8')
    .replace(/^\ufeff/, '')
    .split(/\r?\n/)) {
    const line = raw.trim();
    if (line === '' || COMMENT.test(line)) continue;
    const found = line.length > MAX_LINE ? undefined : entryOf(line);
    if (found !== undefined) add(found);
    else {
      wrong++;
      skip('not an address, network, name, URL or hash that may be matched');
    }
  }
  if (wrong > parsed().indicators.length && wrong > 10) throw new FeedError(`${wrong} lines are none of a list's`);
  return parsed();
}
