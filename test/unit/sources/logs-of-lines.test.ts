// What holds for the sources of web servers, databases and products that write lines.
import fc from 'fast-check';
import type { Source } from '../../../shared/sources/api.ts';
import { apache } from '../../../shared/sources/apache.ts';
import { cef } from '../../../shared/sources/cef.ts';
import { leef } from '../../../shared/sources/leef.ts';
import { mysqlError } from '../../../shared/sources/mysql-error.ts';
import { mysqlGeneral } from '../../../shared/sources/mysql-general.ts';
import { mysqlSlow } from '../../../shared/sources/mysql-slow.ts';
import { nginx } from '../../../shared/sources/nginx.ts';
import { postgresql } from '../../../shared/sources/postgresql.ts';
import { validateEvent } from '../../ocsf.ts';
import { eventOf, runFile, runRecords } from './log-run.ts';

describe('CEF', () => {
  const text = fc.string({ unit: fc.constantFrom('a', '\\', '|', '=', ' ', 'b=', 'é', '"', 'x\\=') }).map((raw) => `.${raw.trim()}.`);
  const key = fc.constantFrom('cs1', 'fname', 'filePath', 'cn1Label', 'ad.x', '__proto__');

  test('what was escaped is recovered', () => {
    const extension = fc.uniqueArray(fc.tuple(key, text), { selector: ([name]) => name });
    fc.assert(
      fc.property(text, text, extension, (product, name, pairs) => {
        const header = (field: string): string => field.replaceAll('\\', '\\\\').replaceAll('|', '\\|');
        const pair = ([member, said]: readonly [string, string]): string =>
          `${member}=${said.replaceAll('\\', '\\\\').replaceAll('=', '\\=')}`;
        const event = eventOf(cef, `CEF:0|v|${header(product)}|1|7|${header(name)}|5|${pairs.map(pair).join(' ')}\n`);
        expect(event).toMatchObject({ message: name, metadata: { product: { name: product } } });
        expect(event.unmapped ?? {}).toEqual(Object.fromEntries(pairs));
      }),
      { numRuns: 300 },
    );
  });
});

describe('LEEF', () => {
  test.each(['^', '|', ';', '\t', '~'])('pairs between %j are told apart', (delimiter) => {
    const code = `x${delimiter.charCodeAt(0).toString(16).padStart(2, '0')}`;
    const event = eventOf(leef, `LEEF:2.0|v|p|1|7|${code}|a=b c${delimiter}d=e=f${delimiter}g=\n`);
    expect(event.unmapped).toEqual({ a: 'b c', d: 'e=f', g: '' });
  });
});

describe('web servers', () => {
  const request = fc.string({ unit: fc.constantFrom('G', ' ', '/', '?', '"', '\\', '[', ']', 'é', '1') });

  test.each([
    ['nginx', nginx, (text: string) => text.replaceAll('\\', '\\x5C').replaceAll('"', '\\x22')],
    ['Apache', apache, (text: string) => text.replaceAll('\\', '\\\\').replaceAll('"', '\\"')],
  ] as const)('%s: client, user and agent are told from what the client sent', (_, source, escape) => {
    fc.assert(
      fc.property(request, request, request, (line, agent, user) => {
        const name = `u${escape(user)}u`;
        const event = eventOf(
          source,
          `192.0.2.10 - ${name} [31/Dec/2025:10:00:00 +0000] "${escape(line)}" 200 5 "-" "${escape(agent)}."\n`,
        );
        expect(event).toMatchObject({
          time: Date.UTC(2025, 11, 31, 10),
          src_endpoint: { ip: '192.0.2.10' },
          actor: { user: { name } },
          http_request: { user_agent: `${escape(agent)}.` },
          http_response: { code: 200 },
        });
        expect(validateEvent(event)).toEqual([]);
      }),
      { numRuns: 300 },
    );
  });
});

describe('MySQL', () => {
  test('in a file of MariaDB a time holds until the next one', () => {
    const query = (user: string): string =>
      `# User@Host: ${user}[${user}] @ localhost []\n# Query_time: 1.000000  Lock_time: 0.0\nselect 1;\n`;
    const file = `# Time: 251231 23:59:58\n${query('a')}${query('b')}# Time: 251231 23:59:59\n${query('c')}`;
    expect(runFile(mysqlSlow, file).events.map(({ time }) => time - Date.UTC(2025, 11, 31, 23, 59, 58))).toEqual([0, 0, 1000]);
  });

  test('whoever names himself oddly keeps his name, and what is no login is kept as it is', () => {
    const query = (login: string) =>
      `# Time: 2026-01-01T00:00:00Z\n# User@Host: ${login}\n# Query_time: 1.000000  Lock_time: 0.0\nselect 1;\n`;
    expect(eventOf(mysqlSlow, query('a @ b[a @ b] @ db.example [192.0.2.7]  Id:   116'))).toMatchObject({
      actor: { user: { name: 'a @ b' }, session: { uid: '116' } },
      src_endpoint: { ip: '192.0.2.7', domain: 'db.example' },
    });
    for (const login of ['a[a] @ [192.0.2.7', `a[a] @ ${'['.repeat(2000)}]`, 'a[a] @ two words [192.0.2.7]'])
      expect(eventOf(mysqlSlow, query(login)).unmapped).toMatchObject({ comments: [`User@Host: ${login}`] });
  });

  test.each(['app[] @ client.example [192.0.2.7]', '[] @ []'])('a login without a user, %s, is valid', (login) => {
    const event = eventOf(mysqlSlow, `# Time: 2026-01-01T00:00:00Z\n# User@Host: ${login}\n# Query_time: 1.000000\nselect 1;\n`);
    expect([event['actor'], validateEvent(event)]).toEqual([{ app_name: 'MySQL' }, []]);
  });

  test('what looks like the banner is not left out', () => {
    const { events, parked } = runRecords(mysqlGeneral, [['DROP TABLE t; -- , Version: 8 started with:', { time: Date.UTC(2026, 0, 1) }]]);
    expect([events.map(({ message }) => message), parked]).toEqual([['DROP TABLE t; -- , Version: 8 started with:'], []]);
  });
});

test('no line takes long', () => {
  const starts: readonly (readonly [Source, readonly string[]])[] = [
    [cef, ['CEF:0|', 'CEF:0|a|b|c|d|e|5|', '<13>']],
    [leef, ['LEEF:1.0|', 'LEEF:2.0|a|b|c|d|^|']],
    [nginx, ['1.1.1.1 - - [31/Dec/2025:10:00:00 +0000] "', '1.1.1.1 - ', '2025/12/31 10:00:00 [error] 1#1: ']],
    [apache, ['1.1.1.1 - - [31/Dec/2025:10:00:00 +0000] "', '[Wed Dec 31 10:00:01 2025] [error] ', '']],
    [mysqlError, ["2026-01-01T00:00:00.123456Z 0 [Note] Access denied for user '", '2026-01-01 00:00:00 ']],
    [
      mysqlSlow,
      [
        '# User@Host: ',
        '# User@Host: a[a] @ ',
        '# User@Host: a[a] @ [1.1.1.1]\n# Query_time: 1.0 ',
        '# User@Host: a[a] @ [1.1.1.1]\n# Query_time: 1.0\nSET timestamp=1767225600;\n',
      ],
    ],
    [mysqlGeneral, ['2026-01-01T00:00:00.123456Z\t1 Connect\t', '2026-01-01T00:00:00.123456Z\t1 Query\t', '2026-01-01T00:00:00Z\t']],
    [
      postgresql,
      [
        '2026-01-01 00:00:00 UTC:',
        '2026-01-01 00:00:00 UTC::@:[1]:LOG:  AUDIT: ',
        '2026-01-01 00:00:00 UTC::@:[1]:FATAL:  ',
        '2026-01-01 00:00:00 UTC::@:[1]:LOG:  disconnection: session time: ',
      ],
    ],
  ];
  const parts = [
    '=',
    ' a=',
    '|',
    '\\',
    '"',
    '" ',
    ' ',
    ',',
    "'",
    ' @ ',
    '[a]',
    '[',
    ': ',
    "'@'",
    'password ',
    '","',
    '\n\t',
    '\nLOG:  ',
    ' on ',
    '1',
    ':',
  ];
  for (const [source, beginnings] of starts) {
    for (const beginning of beginnings) {
      for (const part of parts) {
        const started = performance.now();
        runRecords(source, [[beginning + part.repeat(40_000), { time: Date.UTC(2026, 0, 1) }]]);
        expect([source.name, beginning, part, performance.now() - started < 1500]).toEqual([source.name, beginning, part, true]);
      }
    }
  }
});
