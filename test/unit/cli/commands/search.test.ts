// The two commands against a server that answers as the test says.
import { PassThrough } from 'node:stream';
import { text } from 'node:stream/consumers';
import { bankNamed } from '../../../../cli/bank.ts';
import { investigateCommand, textOf, type Known } from '../../../../cli/commands/investigate.ts';
import { searchCommand, type Output, type SearchOptions } from '../../../../cli/commands/search.ts';
import { explained } from '../../../../cli/opensearch.ts';
import type { Answer, Asked } from '../../../fakes/http-server.ts';
import { startHttpServer, type HttpServer } from '../../../fakes/http-server.ts';
import { strongroom } from '../run.ts';

const SHARDS = { total: 1, successful: 1, skipped: 0, failed: 0 };
const FIELDS = { 'api.operation': { keyword: {} }, 'actor.user.name': { keyword: {} }, time: { date: {} }, api: { object: {} } };

let server: HttpServer | undefined;

afterEach(async () => {
  await server?.close();
  server = undefined;
});

interface Said {
  readonly code: number;
  readonly out: string;
  readonly said: readonly string[];
}

async function listening(answer: (asked: Asked) => Answer): Promise<string> {
  server = await startHttpServer(answer);
  return server.url;
}

async function printed(work: (output: Output) => Promise<number>, columns?: number): Promise<Said> {
  const out = new PassThrough();
  const said: string[] = [];
  const read = text(out);
  const code = await work({ out, columns, say: (line) => void said.push(line) });
  out.end();
  return { code, out: await read, said };
}

async function asking(query: string, options: Partial<SearchOptions>, columns?: number): Promise<Said> {
  return await printed((output) => searchCommand(query, { bank: 'demo', ...options }, output), columns);
}

function events(count: number, total = count): (asked: Asked) => Answer {
  const hits = Array.from({ length: count }, (_, at) => ({
    _index: 'events-api_activity-2026.11.20-1',
    _id: `id${at}`,
    _source: { class_uid: 6003, activity_id: 1, time: Date.UTC(2026, 10, 20), api: { operation: `Call${at}` } },
  }));
  return ({ url }) =>
    url.includes('_field_caps')
      ? { status: 200, body: { fields: FIELDS } }
      : { status: 200, body: { timed_out: false, _shards: SHARDS, hits: { total: { value: total }, hits } } };
}

test('JSON is one event per line, complete', async () => {
  const url = await listening(events(2));
  const { code, out, said } = await asking('*', { url, json: true });
  expect(code).toBe(0);
  expect(
    out
      .trimEnd()
      .split('\n')
      .map((line) => JSON.parse(line) as unknown),
  ).toEqual([
    {
      _index: 'events-api_activity-2026.11.20-1',
      _id: 'id0',
      class_uid: 6003,
      activity_id: 1,
      time: Date.UTC(2026, 10, 20),
      api: { operation: 'Call0' },
    },
    expect.objectContaining({ _id: 'id1' }),
  ]);
  expect(said).toEqual([]);
});

test('a terminal gets a table, and is told that there are more', async () => {
  const url = await listening(events(3, 12_345));
  const { out, said } = await asking('*', { url, limit: '3' }, 100);
  expect(out.split('\n')[0]).toMatch(/^time +event +account +who +what +from +status +id$|^time +/);
  expect(out).toMatch(/2026-11-20 00:00:00Z .*Call2.* id2\n$/);
  expect(said).toEqual(['3 of 12345 events, the latest; --limit shows more, --json all']);
});

test('what is no terminal gets JSON', async () => {
  const url = await listening(events(1));
  expect((await asking('*', { url })).out).toMatch(/^\{"_index"/);
});

test('--count prints a number', async () => {
  const url = await listening(events(0, 42));
  expect((await asking('*', { url, count: true })).out).toBe('42\n');
  expect((await asking('*', { url, count: true, json: true })).out).toBe('{"count":42}\n');
});

test('nothing found is no failure, and is said', async () => {
  const url = await listening(events(0));
  const { code, out, said } = await asking('api.operation:X', { url, from: '2026-11-20', to: '2026-11-21' });
  expect([code, out]).toEqual([0, '']);
  expect(said).toEqual([expect.stringMatching(/^no event from 2026-11-20 00:00:00Z to 2026-11-21 00:00:00Z/)]);
});

test('a field that is none is warned of', async () => {
  const url = await listening(events(0));
  const { code, said } = await asking('api.operaton:X', { url });
  expect(code).toBe(0);
  expect(said[0]).toMatch(/^warning: api\.operaton is no field.*did you mean "api\.operation"/);
});

test('asks only the periods of the time', async () => {
  const url = await listening(events(0));
  await asking('*', { url, from: '2026-11-20', to: '2026-11-21' });
  const paths = server?.asked.map((one) => one.url).filter((one) => !one.startsWith('/_plugins/'));
  expect(paths?.map((one) => one.split('/')[1])).toEqual(Array(2).fill('ocsf-*-2026.11.20,ocsf-*-2026.11,ocsf-*-2026'));
});

test.each([
  ['(a OR b', {}, /this bracket is not closed/],
  ['a', { last: 'x' }, /--last must be/],
  ['a', { from: '2026-02-30' }, /--from must be/],
  ['a', { limit: '0' }, /--limit must be/],
  ['a', { json: true, table: true }, /give one of them/],
  ['a', { count: true, table: true }, /no table/],
])('%s %j: 2, before anything is asked', async (query, options, message) => {
  const url = await listening(events(0));
  const { code, said } = await asking(query, { url, ...options });
  expect([code, said]).toEqual([2, [expect.stringMatching(message)]]);
  expect(server?.asked).toEqual([]);
});

test('what OpenSearch cannot parse is shown with its place', async () => {
  const reason = 'Encountered " ")" ") "" at line 1, column 4.\nWas expecting one of:';
  const error = {
    type: 'x',
    reason: 'all shards failed',
    failed_shards: [{ reason: { type: 'q', caused_by: { type: 'parse_exception', reason } } }],
  };
  const url = await listening((asked) => (asked.url.includes('_field_caps') ? events(0)(asked) : { status: 400, body: { error } }));
  const { code, said } = await asking('abc def', { url });
  expect(code).toBe(2);
  expect(said[0]).toMatch(/^the query is wrong: \) was not expected\n {2}"abc" "def"\n {6}\^ position 5$/);
});

test('an answer of some shards fails', async () => {
  const url = await listening((asked) => {
    const answer = events(1)(asked);
    const shards = { _shards: { total: 3, failed: 1, failures: [] } };
    return asked.url.includes('_field_caps') ? answer : { status: 200, body: { ...(answer.body as object), ...shards } };
  });
  await expect(asking('*', { url })).rejects.toThrow(/1 of 3 shards did not answer/);
});

test.each([
  [403, /refuses: no permissions for \[indices:data\/read\/search\].*use credentials of a role/],
  [503, /answered 503: no permissions/],
])('status %i is told with the place and what to do', async (status, message) => {
  const error = { type: 'security_exception', reason: 'no permissions for [indices:data/read/search]' };
  const url = await listening(() => ({ status, body: { error } }));
  await expect(asking('*', { url })).rejects.toThrow(message);
});

test('a server that is not there is told with its address', async () => {
  await expect(asking('*', { url: 'http://127.0.0.1:1' })).rejects.toThrow(
    /OpenSearch of bank demo at http:\/\/127\.0\.0\.1:1 \(address from --url\) does not answer: .*give --url/,
  );
});

test('a bank that is none and an address that is none', async () => {
  await expect(asking('*', { bank: 'nobody', url: 'http://127.0.0.1:1' })).rejects.toThrow(/must name one of demo/);
  await expect(asking('*', { url: 'search.example' })).rejects.toThrow(/--url must be an address/);
});

test('a finding that is none: 1, and where findings are listed', async () => {
  const url = await listening(events(0));
  const { code, said } = await printed((output) => investigateCommand('nope', { bank: 'demo', url }, output));
  expect([code, said]).toEqual([1, [expect.stringMatching(/no finding is indexed under nope.*strongroom search/)]]);
});

test('options of investigate that are wrong: 2', async () => {
  const { code, said } = await printed((output) => investigateCommand('x', { bank: 'demo', window: '2 hours' }, output));
  expect([code, said]).toEqual([2, [expect.stringMatching(/^--window must be/)]]);
});

function as(role: string): (asked: Asked) => Answer {
  return (asked) =>
    asked.url === '/_plugins/_security/authinfo' ? { status: 200, body: { roles: ['own_index', role] } } : events(0)(asked);
}

test('what a role cannot see is said beside the answer', async () => {
  const url = await listening(as('strongroom-auditor-external'));
  const { code, said } = await asking('actor.user.name:root', { url });
  expect([code, said]).toEqual([
    0,
    [
      'warning: as strongroom-auditor-external: names are hashes and cannot be searched, addresses and payloads are withheld',
      expect.stringMatching(/^no event from/),
    ],
  ]);
  expect(server?.asked.filter((one) => one.url.startsWith('/_plugins/'))).toHaveLength(1);
});

test('an analyst sees all, and where there is no security plugin everybody does', async () => {
  const url = await listening((asked) =>
    asked.url.startsWith('/_plugins/') ? { status: 400, body: { error: 'no handler found' } } : events(1)(asked),
  );
  expect((await asking('*', { url })).said).toEqual([]);
  await server?.close();
  expect((await asking('*', { url: await listening(as('strongroom-analyst-soc')) })).said).toHaveLength(1);
});

test('a finding that a role may not be shown is not said to be none', async () => {
  const url = await listening(as('strongroom-regulator-x'));
  const { code, said } = await printed((output) => investigateCommand('nope', { bank: 'demo', url }, output));
  expect([code, said[1]]).toEqual([1, expect.stringMatching(/under nope, as far as could be asked/)]);
});

test('JSON has nothing that a terminal obeys, and is the same value', async () => {
  const operation = 'a\u009b31m\u007f\u202egpj\u2066x\u2069 ä \u001b';
  const url = await listening((asked) => {
    const hits = [{ _index: 'i', _id: 'x', _source: { api: { operation } } }];
    return asked.url.includes('_field_caps')
      ? { status: 200, body: { fields: FIELDS } }
      : { status: 200, body: { timed_out: false, _shards: SHARDS, hits: { total: { value: 1 }, hits } } };
  });
  const { out } = await asking('*', { url, json: true });
  expect(out).toContain('a\\u009b31m\\u007f\\u202egpj\\u2066x\\u2069 ä \\u001b');
  expect(JSON.parse(out)).toEqual({ _index: 'i', _id: 'x', api: { operation } });
});

test.each([
  ['http://admin:secret@127.0.0.1:1', /at http:\/\/127\.0\.0\.1:1 \(address from --url\) does not answer/],
  ['admin:secret@127.0.0.1:1', /found "127\.0\.0\.1:1"/],
  ['http://admin:sec/ret@host:x', /found "http:\/\/host:x"/],
])('%s: its password is not printed', async (url, message) => {
  const error: unknown = await asking('*', { url }).catch((caught: unknown) => caught);
  const said = error instanceof Error ? error.message : '';
  expect(said).toMatch(message);
  expect(said).not.toMatch(/secret|sec\/ret|admin/);
});

test('without credentials: which bank and address, and what to do', () => {
  const error = Object.assign(new Error('Could not load credentials from any providers'), { name: 'CredentialsProviderError' });
  const place = { bank: bankNamed('demo'), url: 'https://u:secret@search.bank.example', toldBy: '--url' };
  expect(String(explained(error, place))).toMatch(
    /OpenSearch of bank demo at https:\/\/search\.bank\.example \(address from --url\) .*Could not load credentials.*aws sso login/,
  );
});

test('what nobody may ask was not "never seen"', () => {
  const none = { operations: [], accounts: [], regions: [], actors: [], addresses: [], 'user agents': [] };
  const activity = { first: undefined, last: undefined, total: 0, events: 0, failed: 0, values: none };
  const known: Known = {
    finding: { index: 'events-detection_finding-2026.11-1', id: 'x', event: {} },
    ...{ versions: 1, others: [], around: { from: 0, to: 1 }, moments: [], lacks: [] },
    leads: [{ kind: 'actor', label: 'actor', value: 'lee', total: 0, shown: 0, activity }],
  };
  expect(textOf(known, 'demo')).toMatch(/actor: lee\n {2}seen {9}never: no event/);
  const masked = textOf({ ...known, lacks: ['as strongroom-auditor-x: names are hashes'] }, 'demo');
  expect(masked).toMatch(/actor: lee\n {2}seen {9}cannot be asked: as strongroom-auditor-x: names are hashes\n\ntimeline/);
  expect(masked).not.toContain('never');
});

test('the command itself: usage 2, no server 1', async () => {
  const wrong = await strongroom(['search', 'a AND']);
  expect(wrong).toMatchObject({ code: 2, stdout: '' });
  expect(wrong.stderr).toContain('position 3');
  expect(await strongroom(['investigate', 'x', '--url', 'http://127.0.0.1:1'])).toMatchObject({ code: 1 });
}, 30_000);
