// Flows, firewalls and names. https://docs.aws.amazon.com/vpc/latest/userguide/flow-log-records.html
import type { Dashboard } from '../model.ts';
import { chart, count, distinct, filters, last, note, numbers, over, row, sized, sum, table, terms, time } from '../panels.ts';
import { guide, toSearch } from './notes.ts';
import { PRIVATE } from './queries.ts';
import { REJECTED_FLOWS } from './searches.ts';

const REJECTED = { from: 'network_activity', where: 'action_id:2 OR disposition_id:2' };
const COUNTRIES = 'Countries come with enrichment (location of addresses): without it this panel stays empty.';

export const NETWORK: Dashboard = {
  name: 'network',
  title: 'Network',
  description: 'Flows, firewalls and names: what is refused, who talks most, which ports, which countries.',
  since: 'now-24h',
  rows: [
    sized(
      9,
      [
        28,
        note(
          'What to look for',
          guide(
            'network',
            '- One source, many ports or many targets refused: a scan (*Rejected sources*). From inside it is the worse news.',
            '- Bytes to an address outside that nobody knows: *Data exfiltration*, then the address.',
            `- Open doors: *From outside to ports of administration*. ${toSearch(REJECTED_FLOWS.name, 'Rejected flows')}.`,
            `- ${COUNTRIES}`,
          ),
        ),
      ],
      [
        20,
        numbers(
          'Flows',
          { from: 'network_activity' },
          [count(), sum('traffic.bytes', 'Bytes')],
          filters({ All: '*', Rejected: 'action_id:2 OR disposition_id:2', Alerts: 'is_alert:true' }),
        ),
      ],
    ),
    row(
      chart(
        'area',
        'Bytes over time',
        { from: 'network_activity' },
        { metrics: [sum('traffic.bytes', 'Bytes')], buckets: [time(), terms('metadata.product.name', 'Source', 8)] },
      ),
      over('bar', 'Rejected over time', REJECTED, terms('dst_endpoint.port', 'Port', 8)),
    ),
    row(
      table(
        'Rejected sources',
        REJECTED,
        [terms('src_endpoint.ip', 'Source')],
        [count('Rejected'), distinct('dst_endpoint.ip', 'Targets'), distinct('dst_endpoint.port', 'Ports'), last()],
      ),
    ),
    row(
      table(
        'Talkers: who sends',
        { from: 'network_activity' },
        [terms('src_endpoint.ip', 'Source')],
        [sum('traffic.bytes', 'Bytes'), count('Flows'), distinct('dst_endpoint.ip', 'Targets')],
      ),
      table(
        'Talkers: who receives',
        { from: 'network_activity' },
        [terms('dst_endpoint.ip', 'Target')],
        [sum('traffic.bytes', 'Bytes'), count('Flows'), distinct('src_endpoint.ip', 'Sources')],
      ),
    ),
    row(
      table(
        'From outside to ports of administration',
        {
          from: 'network_activity',
          where: `dst_endpoint.port:(22 OR 23 OR 445 OR 1433 OR 3306 OR 3389 OR 5432 OR 5985 OR 6379 OR 9200) AND NOT (${PRIVATE('src_endpoint.ip')})`,
        },
        [terms('dst_endpoint.port', 'Port'), terms('src_endpoint.ip', 'Source', 5), terms('action_id', 'Action', 3)],
      ),
      table(
        'Firewall alerts',
        { from: 'network_activity', where: 'is_alert:true' },
        [terms('firewall_rule.name', 'Rule'), terms('src_endpoint.ip', 'Source', 5), terms('dst_endpoint.ip', 'Target', 5)],
        [count(), last()],
      ),
    ),
    row(
      table(
        'Countries that send',
        { from: 'network_activity', emptyInDemo: COUNTRIES },
        [terms('src_endpoint.location.country', 'Country', 20)],
        [count('Flows'), sum('traffic.bytes', 'Bytes')],
      ),
      table(
        'Countries that receive',
        { from: 'network_activity', emptyInDemo: COUNTRIES },
        [terms('dst_endpoint.location.country', 'Country', 20)],
        [count('Flows'), sum('traffic.bytes', 'Bytes')],
      ),
      table(
        'Names asked for',
        { from: 'dns_activity' },
        [terms('query.hostname', 'Name', 15)],
        [count(), distinct('src_endpoint.ip', 'Askers')],
      ),
      table(
        'Names refused or alerted',
        { from: 'dns_activity', where: 'action_id:2 OR is_alert:true OR disposition_id:(2 OR 19)' },
        [terms('query.hostname', 'Name', 15), terms('firewall_rule.uid', 'Rule', 3)],
        [count(), last()],
      ),
    ),
  ],
};
