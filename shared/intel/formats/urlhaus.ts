// URLhaus: URLs that malware is loaded from, as CSV. https://urlhaus.abuse.ch/api/
import { createCollector, type Parsed } from '../indicator.ts';
import { normalise, refang } from '../normalise.ts';
import { rowsOf } from './csv.ts';
import { given, timeOf } from './format.ts';

const COLUMNS = ['id', 'dateadded', 'url', 'url_status', 'last_online', 'threat', 'tags', 'urlhaus_link', 'reporter'] as const;

/** @throws FeedError */
export function parseUrlhaus(body: Buffer): Parsed {
  const { add, skip, parsed } = createCollector();
  for (const row of rowsOf(body, COLUMNS)) {
    const found = normalise('url', refang(row['url'] ?? ''));
    if (found === undefined) {
      skip('no URL that may be matched');
      continue;
    }
    const names = [row['tags'], row['threat']].flatMap((part) => (part ?? '').split(',')).map((name) => name.trim());
    add({
      ...found,
      ...given('from', timeOf(row['dateadded'])),
      ...given('sighted', timeOf(row['last_online']) ?? timeOf(row['dateadded'])),
      ...given('id', row['id']),
      names: [...new Set(names)].filter((name) => name !== '' && name !== 'None'),
    });
  }
  return parsed();
}
