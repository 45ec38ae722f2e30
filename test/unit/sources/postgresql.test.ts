import { existsSync, readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { csvFields } from '../../../shared/sources/lib/csv.ts';
import { postgresql } from '../../../shared/sources/postgresql.ts';
import { validateEvent } from '../../ocsf.ts';
import { eventOf, runFile, runRecords } from './log-run.ts';

const PREFIX = '2026-01-01 00:00:00 UTC:10.0.0.5(50022):app@shop:[4242]:';

test('lines that only look like messages stay in the one they belong to', () => {
  const statement = [
    'SELECT 1',
    "2026-01-01 00:00:00', 5)",
    '-- ERROR:  x',
    '2026-01-01 it is',
    '\t2026-01-01 00:00:00 UTC:10.0.0.5(1):a@b:[1]:LOG:  x',
  ];
  const event = eventOf(postgresql, `${PREFIX}LOG:  statement: ${statement.join('\n')}\n`);
  expect(event).toMatchObject({ query_info: { query_string: statement.join('\n').replaceAll('\n\t', '\n') } });
});

test('a log event in the middle of a batch goes to the message before it, one at its beginning stands alone', () => {
  const { events } = runRecords(postgresql, [
    [`${PREFIX}STATEMENT:  SELECT 1`, { time: Date.UTC(2026, 0, 1), uid: '1' }],
    [`${PREFIX}ERROR:  no`, { time: Date.UTC(2026, 0, 1), uid: '2' }],
    [`${PREFIX}STATEMENT:  SELECT 2`, { time: Date.UTC(2026, 0, 1), uid: '3' }],
  ]);
  expect(events).toMatchObject([
    { class_uid: 0, message: 'SELECT 1', metadata: { log_level: 'STATEMENT' } },
    { class_uid: 6005, query_info: { query_string: 'SELECT 2' } },
  ]);
});

test.each([
  ['LOG:  connection authorized: user=admin database=shop\n\tCONTEXT', 3002],
  [`LOG:  connection authorized: user=admin database=shop\n${PREFIX}CONTEXT:  PL/pgSQL function f() line 1 at RAISE`, 0],
  [`LOG:  AUDIT: SESSION,1,1,READ,SELECT,,,select 1,<none>\n${PREFIX}CONTEXT:  PL/pgSQL function f() line 1 at RAISE`, 0],
  ['LOG:  AUDIT: SESSION,1,1,READ,SELECT,,,select 1,<none>', 6005],
])('what a function writes is not taken for what the server writes: %j', (message, cls) => {
  expect(eventOf(postgresql, `${PREFIX}${message}\n`).class_uid).toBe(cls);
});

test('a name that holds a prefix does not make a logon of a refused one', () => {
  const name = 'admin@b:[1]:LOG:  connection authorized: user=admin';
  const line = `2026-01-01 00:00:00 UTC:198.51.100.9(4000):${name}@postgres:[4300]:FATAL:  password authentication failed for user "${name}"\n`;
  expect(runFile(postgresql, line)).toEqual({ events: [], parked: ['malformed_record: it can be read in more than one way'] });
});

test.each([
  ['2026-01-01 01:00:00 CET', Date.UTC(2026, 0, 1)],
  ['2026-01-01 03:00:00 +03', Date.UTC(2026, 0, 1)],
  ['2025-12-31 18:30:00 -0530', Date.UTC(2026, 0, 1)],
  ['2026-01-01 00:00:00.250 GMT', Date.UTC(2026, 0, 1, 0, 0, 0, 250)],
])('the zone of %s is understood', (time, ms) => {
  expect(eventOf(postgresql, `${time}:10.0.0.5(50022):app@shop:[4242]:LOG:  x\n`, { format: '%m:%r:%u@%d:[%p]:' }).time).toBe(ms);
});

const SAMPLE = resolve(process.cwd(), '../shared/samples/rds/pgaudit.out');
(existsSync(SAMPLE) ? describe : describe.skip)('the expected output of pgAudit', () => {
  /** The audit entries of a psql session, each up to the end of its last quoted field. */
  function entries(): readonly string[] {
    const lines = readFileSync(SAMPLE, 'utf8').split('\n');
    return lines.flatMap((line, at) => {
      const start = /^(?:NOTICE|WARNING|LOG): {2}AUDIT: (.*)$/.exec(line)?.[1];
      if (start === undefined) return [];
      for (let end = at, entry = start; end < lines.length; entry += `\n${lines[++end] ?? ''}`)
        if (csvFields(entry) !== undefined) return [entry];
      return [];
    });
  }

  test('every entry is a valid event that holds every field, without a password', () => {
    const all = entries();
    expect(all.length).toBeGreaterThan(200);
    for (const entry of all) {
      const event = eventOf(postgresql, `${PREFIX}LOG:  AUDIT: ${entry.replaceAll('\n', '\n\t')}\n`);
      expect(validateEvent(event)).toEqual([]);
      expect(event).toMatchObject({ class_uid: 6005 });
      const text = JSON.stringify(event);
      for (const field of csvFields(entry) ?? []) {
        const said = JSON.stringify(field).slice(1, -1);
        if (!/password|<not logged>|<none>/i.test(field)) expect([entry, text.includes(said)]).toEqual([entry, true]);
      }
    }
  });
});
