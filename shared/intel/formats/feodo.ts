// Feodo Tracker: addresses of botnet command servers, as JSON. https://feodotracker.abuse.ch/blocklist/
import { isArray, isObject, parseJson, text } from '../../outcome.ts';
import { createCollector, type Parsed } from '../indicator.ts';
import { normalise } from '../normalise.ts';
import { FeedError, given, timeOf } from './format.ts';

/** An empty list is no error: there are weeks without a server. @throws FeedError where it is no list. */
export function parseFeodo(body: Buffer): Parsed {
  const entries = parseJson(body.toString('utf8'));
  if (!isArray(entries)) throw new FeedError('is not a list of servers in JSON');
  const { add, skip, parsed } = createCollector();
  for (const entry of entries) {
    const address = isObject(entry) ? text(entry['ip_address']) : undefined;
    const found = address === undefined ? undefined : normalise('ip', address);
    if (!isObject(entry) || found === undefined) {
      skip('an entry without an address of the Internet');
      continue;
    }
    const malware = text(entry['malware']);
    add({ ...found, ...given('from', timeOf(entry['first_seen'])), names: malware === undefined ? [] : [malware] });
  }
  return parsed();
}
