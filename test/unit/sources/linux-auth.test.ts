import fc from 'fast-check';
import { linuxActivity, sudoCommand } from '../../../shared/sources/lib/linux-rules.ts';
import { linuxAuth } from '../../../shared/sources/linux-auth.ts';
import { recognise } from '../../../shared/sources/registry.ts';
import { eventOf } from './log-run.ts';

const LINE = 'Dec 31 10:00:00 bastion-1 ';

test('whatever name somebody tries, the address is the one that sshd saw', () => {
  const piece = fc.constantFrom(
    'a',
    ' ',
    ' from ',
    '203.0.113.1',
    ' port 22',
    ' ssh2',
    ': ',
    "'",
    '[preauth]',
    ' not allowed because ',
    'é',
  );
  const name = fc.array(piece, { maxLength: 8 }).map((parts) => parts.join(''));
  const says: readonly ((user: string) => string)[] = [
    (user) => `Failed password for invalid user ${user} from 198.51.100.9 port 4242 ssh2`,
    (user) => `Accepted publickey for ${user} from 198.51.100.9 port 4242 ssh2`,
    (user) => `Invalid user ${user} from 198.51.100.9 port 4242`,
    (user) => `Connection closed by invalid user ${user} 198.51.100.9 port 4242 [preauth]`,
    (user) => `Disconnected from authenticating user ${user} 198.51.100.9 port 4242 [preauth]`,
  ];
  fc.assert(
    fc.property(name, fc.constantFrom(...says), (user, say) => {
      const event = eventOf(linuxAuth, `${LINE}sshd[7]: ${say(user)}\n`);
      expect(event).toMatchObject({ class_uid: 3002, user: { name: user }, src_endpoint: { ip: '198.51.100.9', port: 4242 } });
    }),
    { numRuns: 500 },
  );
});

test('one attempt is one logon', () => {
  const logons = (...messages: readonly string[]): number =>
    messages.filter((message) => eventOf(linuxAuth, `${LINE}sshd[7]: ${message}\n`).type_uid === 300_201).length;
  const pam = 'pam_unix(sshd:auth): authentication failure; logname= uid=0 euid=0 tty=ssh ruser= rhost=198.51.100.9  user=root';
  expect(
    logons(
      'Invalid user root from 198.51.100.9 port 4242',
      pam,
      'Failed password for invalid user root from 198.51.100.9 port 4242 ssh2',
      'Connection closed by invalid user root 198.51.100.9 port 4242 [preauth]',
    ),
  ).toBe(1);
  expect(
    logons('Accepted password for a from 192.0.2.1 port 1 ssh2', 'pam_unix(sshd:session): session opened for user a(uid=1) by (uid=0)'),
  ).toBe(1);
});

test('the command of sudo is the rest of the line', () => {
  const command = sudoCommand('alice : TTY=pts/0 ; PWD=/ ; USER=root ; COMMAND=/bin/sh -c x ; USER=nobody ; COMMAND=y');
  expect(command).toMatchObject({ actor: 'alice', refused: undefined });
  expect([...(command?.fields ?? [])]).toEqual([
    ['TTY', 'pts/0'],
    ['PWD', '/'],
    ['USER', 'root'],
    ['COMMAND', '/bin/sh -c x ; USER=nobody ; COMMAND=y'],
  ]);
});

test('other messages, however long, are none of these', () => {
  for (const program of ['sshd', 'su', 'login', 'useradd', 'cron']) expect(linuxActivity(program, 'something else')).toBeUndefined();
  const starts = [
    'Accepted a for ',
    'Failed a for ',
    'User ',
    'pam_unix(a:session): session opened for user ',
    '(to ',
    'FAILED LOGIN 1 FOR ',
    ' alice : ',
  ];
  for (const start of starts) {
    for (const part of [' from ', ' by ', '(uid=1)', ' on a', "'", ', ', ' ; ', ' port 1', ' not allowed because ', ') x'] as const) {
      const started = performance.now();
      for (const program of ['sshd', 'su', 'login']) linuxActivity(program, start + part.repeat(50_000));
      sudoCommand(start + part.repeat(50_000));
      expect([start, part, performance.now() - started < 1000]).toEqual([start, part, true]);
    }
  }
});

test.each([
  [`${LINE}sshd[7]: Server listening`, 'linux-auth'],
  [`${LINE}kernel: a\n${LINE}sudo:    alice : TTY=x`, 'linux-auth'],
  ['<86>1 2025-12-31T10:00:00Z h sshd 7 - - x', 'linux-auth'],
  [`${LINE}kernel: sshd is not the program`, 'syslog'],
  ['<13>Dec 31 10:00:00 h CEF:0|a|b|c|d|e|f|', 'cef'],
  ['57 <13>1 2025-12-31T10:00:00Z h a - - - LEEF:2.0|a|b|c|d|^|', 'leef'],
])('%j is recognised as %s', (head, name) => {
  expect(recognise(head)?.name).toBe(name);
});
