// Who signs in, and who is given what. https://attack.mitre.org/tactics/TA0001/, https://attack.mitre.org/tactics/TA0004/
import type { Dashboard } from '../model.ts';
import { bars, count, distinct, filters, last, note, numbers, over, pie, row, sized, table, terms } from '../panels.ts';
import { guide, toSearch } from './notes.ts';
import { FAILED_CONSOLE, ROOT_ACTIVITY } from './searches.ts';

const SIGN_INS = 'activity_id:1';
const FAILED = 'status_id:2';

export const IDENTITIES: Dashboard = {
  name: 'identities',
  title: 'Sign-ins and identities',
  description: 'Who signs in from where and with what, who fails, and who was given accounts, groups and privileges.',
  since: 'now-24h',
  rows: [
    sized(
      8,
      [
        28,
        note(
          'What to look for',
          guide(
            'identities',
            '- One address, many users, all refused: passwords are sprayed (*Addresses that fail*, by users).',
            '- One user, many failures, then a success: filter on the user and look at *Sign-ins over time*.',
            `- Console without a second factor, and ${toSearch(ROOT_ACTIVITY.name, 'root')}: ask at once. ${toSearch(FAILED_CONSOLE.name, 'Failed console sign-ins')}.`,
          ),
        ),
      ],
      [
        20,
        numbers(
          'Sign-ins',
          { from: 'authentication' },
          [count()],
          filters({ 'Sign-ins': SIGN_INS, Failed: FAILED, 'Without MFA': `${SIGN_INS} AND status_id:1 AND is_mfa:false` }),
        ),
      ],
    ),
    row(over('area', 'Sign-ins over time', { from: 'authentication', where: SIGN_INS }, terms('status_id', 'Outcome', 5))),
    row(
      table(
        'Users that fail',
        { from: 'authentication', where: FAILED },
        [terms('user.name', 'User')],
        [count('Failures'), distinct('src_endpoint.ip', 'Addresses'), last()],
      ),
      table(
        'Addresses that fail',
        { from: 'authentication', where: FAILED },
        [terms('src_endpoint.ip', 'Address', 10, 1)],
        [count('Failures'), distinct('user.name', 'Users'), last()],
      ),
      pie(
        'Second factor at sign-ins',
        { from: 'authentication', where: `${SIGN_INS} AND status_id:1 AND _exists_:is_mfa` },
        terms('is_mfa', 'MFA', 2),
      ),
    ),
    row(
      table(
        'Console sign-ins without a second factor',
        { from: 'authentication', where: 'api.operation:ConsoleLogin AND status_id:1 AND is_mfa:false' },
        [terms('user.uid', 'User'), terms('src_endpoint.ip', 'Address', 5)],
        [count(), last()],
      ),
      bars('Sign-ins by system', { from: 'authentication' }, [
        terms('metadata.product.name', 'System', 20),
        terms('status_id', 'Outcome', 5),
      ]),
    ),
    row(
      table('Accounts changed', { from: 'account_change' }, [
        terms('activity_id', 'Change'),
        terms('user.name', 'Account', 5),
        terms('actor.user.name', 'By', 3),
      ]),
      table(
        'Privileges given and taken',
        { from: 'user_access' },
        [terms('privileges', 'Privilege'), terms('user.name', 'User', 5), terms('activity_id', 'Change', 3)],
        [count(), last()],
      ),
      table('Groups changed', { from: 'group_management' }, [
        terms('group.name', 'Group'),
        terms('activity_id', 'Change', 5),
        terms('user.name', 'User', 5),
      ]),
    ),
    row(
      table(
        'Countries',
        { from: 'authentication', where: SIGN_INS },
        [terms('src_endpoint.location.country', 'Country', 20), terms('status_id', 'Outcome', 4)],
        [count('Sign-ins'), distinct('user.name', 'Users')],
      ),
      table(
        'Users from several countries',
        { from: 'authentication', where: `${SIGN_INS} AND status_id:1 AND _exists_:src_endpoint.location.country` },
        [terms('user.name', 'User', 15, 1)],
        [count('Sign-ins'), distinct('src_endpoint.location.country', 'Countries'), distinct('src_endpoint.ip', 'Addresses')],
      ),
    ),
  ],
};
