// Plain lists: one address, network, name, URL, hash or e-mail address a line, as Spamhaus, Tor and many others publish them; hosts files.
// https://www.spamhaus.org/drop/, https://check.torproject.org/torbulkexitlist
import { createCollector, type Parsed } from '../indicator.ts';
import { normalise, recognise } from '../normalise.ts';
import { FeedError } from './format.ts';

/** A line of a hosts file: `0.0.0.0 bad.example`. */
const HOSTS = /^(?:0\.0\.0\.0|127\.0\.0\.1|::1?)\s+(\S+)$/;
const COMMENT = /^(?:[#;]|\/\/)/;
/** Behind a value. */
const TRAILING = /\s+(?:[#;]|\/\/).*$|\s*;.*$/;

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
    const text = line.replace(TRAILING, '');
    const host = HOSTS.exec(text)?.[1];
    const found = host === undefined ? recognise(text) : normalise('domain', host);
    if (found !== undefined) add(found);
    else {
      wrong++;
      skip('not an address, network, name, URL or hash that may be matched');
    }
  }
  if (wrong > parsed().indicators.length && wrong > 10) throw new FeedError(`${wrong} lines are none of a list's`);
  return parsed();
}
