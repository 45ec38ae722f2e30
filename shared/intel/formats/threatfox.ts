// ThreatFox: indicators of malware of all kinds, as CSV. https://threatfox.abuse.ch/export/
import { createCollector, type IndicatorType, type Parsed } from '../indicator.ts';
import { normalise, refang } from '../normalise.ts';
import { rowsOf, type Row } from './csv.ts';
import { confidenceOf, given, timeOf } from './format.ts';

const COLUMNS = [
  'first_seen_utc',
  'ioc_id',
  'ioc_value',
  'ioc_type',
  'threat_type',
  'fk_malware',
  'malware_alias',
  'malware_printable',
  'last_seen_utc',
  'confidence_level',
  'is_compromised',
  'reference',
  'tags',
  'anonymous',
  'reporter',
] as const;

const TYPES: Readonly<Record<string, IndicatorType>> = {
  'ip:port': 'ip',
  ip: 'ip',
  domain: 'domain',
  url: 'url',
  md5_hash: 'hash',
  sha1_hash: 'hash',
  sha256_hash: 'hash',
};

/** @throws FeedError */
export function parseThreatfox(body: Buffer): Parsed {
  const { add, skip, parsed } = createCollector();
  for (const row of rowsOf(body, COLUMNS)) {
    const type = TYPES[row['ioc_type'] ?? ''];
    if (type === undefined) {
      skip(`unsupported type ${(row['ioc_type'] ?? '').slice(0, 40)}`);
      continue;
    }
    const value = refang(row['ioc_value'] ?? '');
    const found = normalise(type, type === 'ip' ? value.replace(/:\d+$/, '') : value);
    if (found === undefined) skip('a value that may not be matched');
    else add({ ...found, ...about(row) });
  }
  return parsed();
}

function about(row: Row) {
  const names = [row['malware_printable'], row['threat_type']].filter((name) => name !== undefined && name !== '' && name !== 'None');
  const reference = row['reference'] ?? '';
  return {
    ...given('from', timeOf(row['first_seen_utc'])),
    ...given('sighted', timeOf(row['last_seen_utc']) ?? timeOf(row['first_seen_utc'])),
    ...given('confidence', confidenceOf(row['confidence_level'])),
    ...given('id', row['ioc_id']),
    names: names.flatMap((name) => name ?? []),
    references: /^https?:/.test(reference) ? [reference] : [],
  };
}
