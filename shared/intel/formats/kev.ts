// CISA's catalogue of vulnerabilities that are known to be exploited. It is joined with findings about vulnerabilities, not with traffic.
// https://www.cisa.gov/known-exploited-vulnerabilities-catalog, https://github.com/cisagov/kev-data
import { isArray, isObject, object, parseJson, text } from '../../outcome.ts';
import { createCollector, type Parsed } from '../indicator.ts';
import { normalise } from '../normalise.ts';
import { FeedError, given } from './format.ts';

/** @throws FeedError */
export function parseKev(body: Buffer): Parsed {
  const listed = object(parseJson(body.toString('utf8')))?.['vulnerabilities'];
  if (!isArray(listed)) throw new FeedError('has no list of vulnerabilities');
  const { add, skip, parsed } = createCollector();
  for (const entry of listed.filter(isObject)) {
    const cve = text(entry['cveID']);
    const found = cve === undefined ? undefined : normalise('cve', cve);
    if (found === undefined) {
      skip('an entry without a CVE');
      continue;
    }
    const ransomware = entry['knownRansomwareCampaignUse'] === 'Known' ? ['known ransomware campaign use'] : [];
    const due = text(entry['dueDate']);
    const named = text(entry['vulnerabilityName']);
    const names = [...(named === undefined ? [] : [named]), ...ransomware, ...(due === undefined ? [] : [`due ${due}`])];
    // Exploited is exploited, whenever the scanner looked: there is no beginning.
    add({ ...found, ...given('id', cve), from: 0, confidence: 100, names });
  }
  return parsed();
}
