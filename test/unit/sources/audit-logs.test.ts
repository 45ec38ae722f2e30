// What holds for the audit logs of services alike: Okta, Microsoft 365, Entra ID, Google Workspace, GitHub, Slack, Auth0, Salesforce, Snowflake.
import type { JsonObject, OcsfEvent } from '../../../shared/model.ts';
import { createNormaliser } from '../../../shared/normalise.ts';
import { isArray, isObject, parseJson } from '../../../shared/outcome.ts';
import { claim, sourceNamed } from '../../../shared/sources/registry.ts';
import { normaliseSpecimen, specimensOf, type Specimen } from '../../mutations.ts';

const NAMES = [
  'okta',
  'microsoft-365',
  'entra-id',
  'google-workspace',
  'github',
  'slack',
  'auth0',
  'salesforce-event-log',
  'snowflake-login',
  'snowflake-query',
];

/** Every text and number in the value; of a pair of name and value only the latter, for the name goes where the value goes. */
function leaves(value: unknown): readonly string[] {
  if (isArray(value)) return value.flatMap(leaves);
  if (isObject(value)) return Object.entries(value).flatMap(([key, member]) => (isLabel(key, value) ? [] : leaves(member)));
  return typeof value === 'string' || typeof value === 'number' ? [String(value)] : [];
}

function isLabel(key: string, pair: JsonObject): boolean {
  return /^(?:name|key)$/i.test(key) && ['value', 'Value', 'boolValue'].some((name) => pair[name] !== undefined);
}

/** Words that are an id in the event: of users, devices, factors, kinds of items, and whether a row was a success. */
const WORDS = new Set(['User', 'SystemPrincipal', 'Computer', 'SMS', 'OTP', 'File', 'Folder', 'YES', 'NO', 'LOGIN']);

function isKept(leaf: string, kept: ReadonlySet<string>): boolean {
  // A time in UTC is the event's, which holds all of it.
  const isTime = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d{3})?Z?$/.test(leaf) || /^1767323045(?:\.?\d{3})?$/.test(leaf);
  if (leaf === '' || isTime || WORDS.has(leaf) || kept.has(leaf)) return true;
  const parts = /^\[?(?<ip>[^\]]+)\]?:(?<port>\d+)$/.exec(leaf)?.groups ?? {};
  return kept.has(parts['ip'] ?? '') && kept.has(parts['port'] ?? '');
}

describe.each(NAMES)('%s', (name) => {
  const source = sourceNamed(name);
  if (source === undefined) throw new Error(`no source ${name}`);
  const specimens = specimensOf(source).filter(({ text, golden }) => isObject(parseJson(text)) && golden.name !== 'malformed');

  function eventsOf(specimen: Specimen): readonly OcsfEvent[] {
    if (source === undefined) return [];
    const events: OcsfEvent[] = [];
    normaliseSpecimen(source, specimen, specimen.text, {
      transforms: [],
      onEvent: (event) => events.push(event),
      onParked: () => undefined,
    });
    return events;
  }

  test('keeps every value of its records', () => {
    const lost = specimens.flatMap((specimen) => {
      const events = eventsOf(specimen);
      if (events.length === 0) return [];
      const kept = new Set(leaves(JSON.parse(JSON.stringify(events))));
      // Where a list is one text (administrator roles), or a value is within another's JSON.
      const all = [...kept].join('\n');
      return leaves(parseJson(specimen.text)).filter(
        (leaf) => !isKept(leaf, kept) && !leaf.split(', ').every((part) => all.includes(part)),
      );
    });
    expect(lost).toEqual([]);
  });
});

describe('ids', () => {
  function uids(name: string, ...records: readonly object[]): readonly string[] {
    const uidsFound: string[] = [];
    const normaliser = createNormaliser({
      origin: { bank: 'demo', account: 'unknown', region: 'unknown', source: name, trigger: 'kafka', uri: 'kafka://x', time: 0 },
      source: sourceNamed(name),
      transforms: [],
      onEvent: ({ metadata }) => uidsFound.push(metadata.uid),
      onParked: () => undefined,
    });
    for (const record of records) normaliser.record(JSON.stringify(record));
    normaliser.end();
    return uidsFound;
  }

  test('are the same whether Okta’s event came over the event bus or not', () => {
    const event = { eventType: 'user.session.end', published: '2026-01-02T03:04:05.678Z', uuid: '0A000000-0000-11F0-8000-000000000001' };
    const found = uids('okta', event, { 'detail-type': 'SystemLog', source: 'aws.partner/okta.com/a/b', detail: event });
    expect(found).toEqual(['0a000000-0000-11f0-8000-000000000001', '0a000000-0000-11f0-8000-000000000001']);
  });

  test('of Entra ID are the same for a record of Graph and of diagnostic settings, and differ once its outcome does', () => {
    const signIn = { id: 'a', createdDateTime: '2026-01-02T03:04:05Z', appDisplayName: 'x', status: { errorCode: 50074 } };
    const [graph, diagnostic, later] = uids(
      'entra-id',
      signIn,
      { time: '2026-01-02T03:05:00Z', category: 'SignInLogs', properties: signIn },
      { ...signIn, status: { errorCode: 0 } },
    );
    expect(diagnostic).toBe(graph);
    expect(later).not.toBe(graph);
  });

  test('of Google’s activities are one for each event, the same whenever the activity comes', () => {
    const activity = {
      id: { time: '2026-01-02T03:04:05Z', uniqueQualifier: '-1', applicationName: 'drive' },
      events: [{ name: 'move' }, { name: 'move' }],
    };
    const [first, second, ...again] = uids('google-workspace', activity, activity);
    expect(second).not.toBe(first);
    expect(again).toEqual([first, second]);
  });

  test('of Snowflake’s queries differ with their status: a row may come while the query runs', () => {
    const query = { QUERY_ID: '01b2c3d4-0000-1a2b-0000-0a1b2c3d4e5f', START_TIME: '2026-01-02T03:04:05Z' };
    const [running, done] = uids('snowflake-query', { ...query, EXECUTION_STATUS: 'RUNNING' }, { ...query, EXECUTION_STATUS: 'SUCCESS' });
    expect(done).not.toBe(running);
  });
});

describe('rows with line feeds in them', () => {
  const header = '"QUERY_ID","QUERY_TEXT","EXECUTION_STATUS","START_TIME"';
  const row = (text: string) => `"01b2c3d4-0000-1a2b-0000-0a1b2c3d4e5f","${text.replaceAll('"', '""')}","SUCCESS","2026-01-02T03:04:05Z"`;
  const forged = `x\n${row('y')}\n{"QUERY_ID":"z","START_TIME":"2026-01-02T03:04:05Z"}\n`;

  test('are put together again; none of their lines is taken for a header, a row or JSON', () => {
    const queries: unknown[] = [];
    const normaliser = createNormaliser({
      origin: { bank: 'demo', account: 'unknown', region: 'unknown', source: 'snowflake-query', trigger: 's3', uri: 's3://x', time: 0 },
      source: sourceNamed('snowflake-query'),
      transforms: [],
      onEvent: (event) => queries.push(event['query_info']),
      onParked: () => undefined,
    });
    const texts = [
      'select a\r\nfrom b',
      'select 1 -- QUERY_ID,QUERY_TEXT,EXECUTION_STATUS,START_TIME\n, QUERY_ID, QUERY_TEXT',
      '{\n',
      forged,
    ];
    normaliser.push(Buffer.from(`${[header, ...texts.map(row)].join('\n')}\n`));
    expect(normaliser.end().counts).toEqual({ records: 4, events: 4, excluded: 0, parked: 0 });
    expect(queries).toMatchObject(texts.map((text) => ({ query_string: text.replaceAll('\r', '') })));
  });
});

describe('partner event buses', () => {
  const bus = (source: string, detailType: string) => claim({ trigger: 'eventbridge', source, detailType })?.name;

  test('are told by the partner', () => {
    expect(bus('aws.partner/okta.com/bank/stream', 'SystemLog')).toBe('okta');
    expect(bus('aws.partner/auth0.com/bank-1/auth0.logs', 'Auth0 log')).toBe('auth0');
    expect(bus('aws.partner/salesforce.com/00D/0YL', 'LoginEventStream')).toBe('salesforce-event-log');
  });

  test('of Salesforce carry the bank’s own events too: those are not ours', () => {
    expect(bus('aws.partner/salesforce.com/00D/0YL', 'AccountChangeEvent')).not.toBe('salesforce-event-log');
    expect(bus('aws.partner/salesforce.com/00D/0YL', 'Order__e')).not.toBe('salesforce-event-log');
  });
});
