// What the AWS API was used for. https://docs.aws.amazon.com/awscloudtrail/latest/userguide/cloudtrail-event-reference.html
import { ALL, type Dashboard } from '../model.ts';
import { count, distinct, filters, first, heatmap, last, note, numbers, over, row, sized, table, terms } from '../panels.ts';
import { guide, toSearch } from './notes.ts';
import { LOGGING_OFF, PUBLIC_CIDR, REFUSED, ROOT } from './queries.ts';
import { ACCESS_DENIED, LOGGING_SWITCHED_OFF, NEW_CREDENTIALS, PUBLIC_GROUPS } from './searches.ts';

const CALLS = { from: 'api_activity', where: 'metadata.product.name:CloudTrail' };

export const API: Dashboard = {
  name: 'api',
  title: 'API activity and privilege changes',
  description: 'What is done with the AWS API and by whom: refusals, root, privileges, logging switched off, doors opened.',
  since: 'now-24h',
  rows: [
    sized(
      9,
      [
        28,
        note(
          'What to look for',
          guide(
            'api',
            '- One actor, many operations refused: somebody finds out what he may do. Click the actor for all he did.',
            `- ${toSearch(NEW_CREDENTIALS.name, 'Credentials and privileges given')}, ${toSearch(LOGGING_SWITCHED_OFF.name, 'logging switched off')}, ${toSearch(PUBLIC_GROUPS.name, 'groups opened to the world')}: each needs a change that somebody has approved.`,
            '- A key that two addresses use: *Keys by addresses*.',
          ),
        ),
      ],
      [
        20,
        numbers(
          'Calls',
          { from: 'api_activity' },
          [count()],
          filters({ Calls: '*', Refused: REFUSED, Root: ROOT, 'Logging switched off': LOGGING_OFF }),
        ),
      ],
    ),
    row(
      over('area', 'Calls by service', CALLS, terms('api.service.name', 'Service', 12)),
      over('bar', 'Refused calls by error', { from: 'api_activity', where: REFUSED }, terms('api.response.error', 'Error', 8)),
    ),
    row(
      table(
        'Refused calls by actor',
        { from: 'api_activity', where: REFUSED },
        [terms('actor.user.uid', 'Actor')],
        [count('Refused'), distinct('api.operation', 'Operations'), last()],
      ),
      table(
        'Privileges and credentials',
        {
          from: 'api_activity',
          where: 'api.service.name:"iam.amazonaws.com" AND NOT api.operation:(Get* OR List* OR Generate* OR Simulate*)',
        },
        [terms('api.operation', 'Operation'), terms('actor.user.uid', 'Actor', 5)],
        [count(), last()],
      ),
    ),
    row(
      table(
        'Root',
        { from: ALL, where: ROOT },
        [terms('cloud.account.uid', 'Account'), terms('api.operation', 'Operation'), terms('src_endpoint.ip', 'Address', 3)],
        [count(), last()],
      ),
      table(
        'Logging switched off',
        { from: 'api_activity', where: LOGGING_OFF },
        [terms('api.operation', 'Operation'), terms('actor.user.uid', 'Actor', 5), terms('cloud.account.uid', 'Account', 5)],
        [count(), last()],
      ),
      table(
        'Doors opened to the world',
        { from: 'api_activity', where: PUBLIC_CIDR },
        [terms('api.operation', 'Operation'), terms('actor.user.uid', 'Actor', 5), terms('src_endpoint.ip', 'Address', 3)],
        [count(), last()],
      ),
    ),
    row(
      heatmap('Actors and services', CALLS, [terms('api.service.name', 'Service', 15), terms('actor.user.uid', 'Actor', 15)]),
      table(
        'Keys by addresses',
        { from: 'api_activity', where: '_exists_:actor.user.programmatic_credentials.uid' },
        [terms('actor.user.programmatic_credentials.uid', 'Key', 10, 1)],
        [count(), distinct('src_endpoint.ip', 'Addresses'), first(), last()],
      ),
      table('User agents', CALLS, [terms('http_request.user_agent', 'User agent', 15)], [count(), distinct('actor.user.uid', 'Actors')]),
    ),
    row(ACCESS_DENIED),
  ],
};
