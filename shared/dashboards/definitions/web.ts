// What is asked of web servers, and how they answer. https://docs.aws.amazon.com/elasticloadbalancing/latest/application/load-balancer-access-logs.html
import type { Dashboard } from '../model.ts';
import { bars, count, distinct, filters, last, note, numbers, over, row, sized, sum, table, terms } from '../panels.ts';
import { guide, toSearch } from './notes.ts';
import { WEB_ATTACKS } from './searches.ts';

const WEB = 'http_activity';
const STATUS = filters({
  '2xx': 'http_response.code:[200 TO 299]',
  '3xx': 'http_response.code:[300 TO 399]',
  '4xx': 'http_response.code:[400 TO 499]',
  '5xx': 'http_response.code:[500 TO 599]',
});
const REFUSED = 'http_response.code:[400 TO 499] OR action_id:2';

export const WEB_TRAFFIC: Dashboard = {
  name: 'web',
  title: 'Web',
  description: 'Load balancers, CloudFront, WAF, API gateways and web servers: how requests are answered, and who attacks.',
  since: 'now-24h',
  rows: [
    sized(
      8,
      [
        26,
        note(
          'What to look for',
          guide(
            'web',
            `- ${toSearch(WEB_ATTACKS.name, 'Requests with marks of an attack')}: filter on the address, and look for one that was answered with 200.`,
            '- One address, many paths refused: a scanner (*Addresses that are refused*).',
            '- 5xx rise: *Errors of the server by target*; tell those who run it.',
          ),
        ),
      ],
      [
        22,
        numbers(
          'Requests',
          { from: WEB },
          [count()],
          filters({
            Requests: '*',
            Refused: 'http_response.code:[400 TO 499]',
            Failed: 'http_response.code:[500 TO 599]',
            'Blocked by a firewall': 'action_id:2',
          }),
        ),
      ],
    ),
    row(
      over('area', 'Answers over time', { from: WEB }, STATUS),
      bars('Answers by host', { from: WEB }, [terms('http_request.url.hostname', 'Host', 12), STATUS]),
    ),
    row(
      table(
        'Addresses that are refused',
        { from: WEB, where: REFUSED },
        [terms('src_endpoint.ip', 'Address')],
        [count('Refused'), distinct('http_request.url.path', 'Paths'), distinct('http_request.user_agent', 'Agents'), last()],
      ),
      table(
        'Paths that are refused',
        { from: WEB, where: REFUSED },
        [terms('http_request.url.path', 'Path', 15)],
        [count('Refused'), distinct('src_endpoint.ip', 'Addresses')],
      ),
      table('Errors of the server by target', { from: WEB, where: 'http_response.code:[500 TO 599]' }, [
        terms('load_balancer.name', 'Load balancer', 5),
        terms('http_request.url.path', 'Path', 5),
        terms('http_response.code', 'Answer', 5),
      ]),
    ),
    row(
      table(
        'Addresses',
        { from: WEB },
        [terms('src_endpoint.ip', 'Address', 15)],
        [count('Requests'), sum('traffic.bytes_out', 'Bytes out'), sum('traffic.bytes_in', 'Bytes in')],
      ),
    ),
    row(
      table(
        'Firewall rules',
        { from: WEB, where: '_exists_:firewall_rule.uid' },
        [terms('firewall_rule.uid', 'Rule'), terms('action_id', 'Action', 4)],
        [count(), distinct('src_endpoint.ip', 'Addresses')],
      ),
      table(
        'User agents',
        { from: WEB },
        [terms('http_request.user_agent', 'User agent', 15)],
        [count('Requests'), distinct('src_endpoint.ip', 'Addresses')],
      ),
    ),
    row(
      table(
        'Countries',
        { from: WEB },
        [terms('src_endpoint.location.country', 'Country', 20)],
        [count('Requests'), distinct('src_endpoint.ip', 'Addresses')],
      ),
      table(
        'Countries that are refused',
        { from: WEB, where: REFUSED },
        [terms('src_endpoint.location.country', 'Country', 20)],
        [count('Refused'), distinct('src_endpoint.ip', 'Addresses')],
      ),
    ),
    row(WEB_ATTACKS),
  ],
};
