// Rules as questions to the real OpenSearch: none misses an event that the engine matches, and those that say so find nothing else.
import fc from 'fast-check';
import { openSearchDirectory, startOpenSearch, type OpenSearchServer } from '../../local/opensearch.ts';
import { cacheDirectory, makeRunDirectory } from '../../local/paths.ts';
import { createEngine } from '../../shared/detect/engine.ts';
import { queryOf } from '../../shared/detect/query.ts';
import { RAW_LOGS } from '../../shared/detect/raw-logs.ts';
import type { Comparison, Expression, Operator, Rule } from '../../shared/detect/sigma/rule.ts';
import { fromDocument, toDocument } from '../../shared/hub/document.ts';
import { documentId } from '../../shared/ids.ts';
import type { HubDocument, Json, OcsfEvent } from '../../shared/model.ts';
import { OCSF_CLASSES } from '../../shared/ocsf/classes.ts';
import { writeDocuments } from '../../shared/opensearch/bulk.ts';
import { openSearchClient, type OpenSearch } from '../../shared/opensearch/client.ts';
import { CLASS_FIELDS, fieldsOf } from '../../shared/opensearch/fields.ts';
import { ensurePeriods } from '../../shared/opensearch/periods.ts';
import { provision } from '../../shared/opensearch/provision.ts';
import { isArray, isObject } from '../../shared/outcome.ts';
import { search } from '../../shared/search/stream.ts';
import { eventsOf } from '../../tools/examples.ts';
import { readPack } from '../../tools/rules.ts';

jest.setTimeout(120_000);

let server: OpenSearchServer;
let client: OpenSearch;
/** As they are stored. */
let events: readonly OcsfEvent[] = [];
const pack = readPack('rules');

beforeAll(async () => {
  server = await startOpenSearch({ directory: openSearchDirectory(makeRunDirectory(cacheDirectory())) });
  client = openSearchClient(server.url, 'eu-central-1');
  await provision(client);
  const examples = pack.rules.flatMap(({ rule, examples: of }) =>
    [...(of?.positive ?? []), ...(of?.negative ?? [])].flatMap((example, at) => eventsOf(example, `${rule.id}-${at}`)),
  );
  const documents = [...examples, ...strange(examples)].map((event, at) =>
    // Examples are made of each other: each is an event of its own here, at one time.
    toDocument({ ...event, time: Date.UTC(2026, 2, 2), metadata: { ...event.metadata, uid: `event-${at}` } }),
  );
  await ensurePeriods(
    client,
    documents.map(({ index }) => index),
  );
  expect((await writeDocuments(documents, client)).refused).toEqual([]);
  await client.indices.refresh({ index: 'ocsf-*' });
  events = documents.flatMap(({ json }: HubDocument) => fromDocument(json) ?? []);
  expect(events.length).toBe(documents.length);
});

afterAll(async () => {
  await client.close();
  await server.stop();
});

/** What lower case does to letters of other alphabets, values that are too long for the index, line ends, lists. */
function strange(examples: readonly OcsfEvent[]): readonly OcsfEvent[] {
  const names = [
    '\u212aEVIN',
    'MER\u0130',
    '\u039f\u0394\u039f\u03a3',
    'a\nb*c?d\\e',
    'x'.repeat(9000),
    'Stra\u00dfe',
    '',
    'kms',
    '\ud83d\ude00 k',
  ];
  return examples
    .filter(({ class_uid: uid }) => uid === 6003)
    .slice(0, names.length)
    .map((event, at) => {
      const name = names[at] ?? '';
      const actor = isObject(event['actor']) ? event['actor'] : {};
      const api = isObject(event['api']) ? event['api'] : {};
      const data = { userName: name, list: [name, { deep: `${name}/${name}` }], 'a.b': name, a: { b: 1.5, c: true, d: null } };
      return {
        ...event,
        actor: { ...actor, user: { ...(isObject(actor['user']) ? actor['user'] : {}), name } },
        api: { ...api, request: { uid: 'request', data } },
        message: `${name} did it`,
        resources: [{ uid: name }, { uid: 'other' }],
      };
    });
}

async function hits(rule: Rule): Promise<{ readonly found: ReadonlySet<string>; readonly exact: boolean }> {
  const { query, exact, periods } = queryOf(rule, LISTS);
  const { hits: all } = await search(client, { periods: periods.map((one) => `${one}*`).join(), query, limit: Infinity });
  const found = new Set<string>();
  for await (const { id } of all) found.add(id);
  return { found, exact };
}

const LISTS = { some: ['root', 'kms*', '10.0.0.0/8', '198.51.100.7'], none: [] };

async function check(
  rule: Rule,
  lists: Readonly<Record<string, readonly string[]>> = LISTS,
): Promise<{ matched: number; found: number; exact: boolean }> {
  const engine = createEngine([rule], lists);
  const matched = events.filter((event) => engine.match(event).length > 0).map(({ metadata }) => documentId(metadata.uid));
  const { found, exact } = await hits(rule);
  expect(matched.filter((id) => !found.has(id))).toEqual([]);
  if (exact) expect([...found].sort()).toEqual([...matched].sort());
  return { matched: matched.length, found: found.size, exact };
}

test('no rule that ships misses one of the events in the examples', async () => {
  const rows = [];
  for (const { rule, examples } of pack.rules) {
    // What its own placeholders stand for is in the examples.
    const lists = Object.fromEntries([...expandedIn(rule.condition)].map((name) => [name, examples?.lists[name] ?? []]));
    const engine = createEngine([rule], lists);
    const matched = events.filter((event) => engine.match(event).length > 0).map(({ metadata }) => documentId(metadata.uid));
    const { query, periods, exact } = queryOf(rule, lists);
    const { total, hits: all } = await search(client, { periods: periods.map((one) => `${one}*`).join(), query, limit: Infinity });
    const found = new Set<string>();
    for await (const { id } of all) found.add(id);
    expect([rule.title, matched.filter((id) => !found.has(id))]).toEqual([rule.title, []]);
    if (exact) expect([rule.title, total]).toEqual([rule.title, matched.length]);
    rows.push({ matched: matched.length, total });
  }
  // They are narrow: a rule is worth a question only if it is asked little.
  const [matched, found] = rows.reduce(([m, f], row) => [m + row.matched, f + row.total], [0, 0]);
  console.log({ rules: rows.length, events: events.length, matched, found });
  expect(found).toBeLessThan(rows.length * events.length * 0.05);
});

function expandedIn(condition: Expression): ReadonlySet<string> {
  const names = new Set<string>();
  JSON.stringify(condition, (key, value: unknown) => {
    if (key === 'expand' && typeof value === 'string') names.add(value);
    return value;
  });
  return names;
}

const RULE: Omit<Rule, 'logsource' | 'taxonomy' | 'condition'> = {
  ...{ id: 'rule', title: 'rule', description: '', status: 'test', level: 'low', tags: [], fields: [], group_by: [], response: '' },
};

function valuesAt(node: unknown, path: string): readonly (string | number | boolean)[] {
  if (typeof node === 'string' || typeof node === 'number' || typeof node === 'boolean') return path === '' ? [node] : [];
  if (isArray(node)) return node.flatMap((member) => valuesAt(member, path));
  if (!isObject(node)) return [];
  const [step = '', ...rest] = path.split('.');
  return valuesAt(node[step], rest.join('.'));
}

const OPERATORS: readonly Operator[] = [
  'equals',
  'contains',
  'startswith',
  'endswith',
  're',
  'cidr',
  'exists',
  'null',
  'lt',
  'lte',
  'gt',
  'gte',
];

type Cut = readonly [number, number];

/** A value of an event, a part of one, or one that no event has. */
function valueFor(operator: Operator, value: string, cut: Cut, twist: number): Comparison['values'] {
  if (operator === 'null') return [];
  if (operator === 'exists') return [twist % 2 === 0];
  if (operator === 'cidr') return [/^[\d.]+$/.test(value) && value.includes('.') ? `${value}/${8 + (twist % 24)}` : '10.0.0.0/8'];
  if (NUMERIC.has(operator)) return [Number.isFinite(Number(value)) && value !== '' ? Number(value) + (twist - 2) : 443];
  const turned = turnedOf(partOf(operator, value, cut), twist);
  if (operator === 're') return [turned.replaceAll(/\W/g, '.') || '.'];
  return twist === 5 ? [{ expand: 'some' }] : [wildOf(turned, twist)];
}

const NUMERIC: ReadonlySet<Operator> = new Set(['lt', 'lte', 'gt', 'gte']);

function partOf(operator: Operator, value: string, cut: Cut): string {
  const [from, to] = cut.map((one) => one % (value.length + 1)).sort((one, other) => one - other);
  if (operator === 'startswith') return value.slice(0, to);
  if (operator === 'endswith') return value.slice(from);
  return operator === 'contains' ? value.slice(from, to) : value;
}

function turnedOf(value: string, twist: number): string {
  if (twist === 0) return value.toUpperCase();
  return twist === 1 ? value.toLowerCase() : value;
}

function wildOf(value: string, twist: number): string {
  const escaped = (text: string): string => text.replaceAll(/[*?\\]/g, '\\$&');
  if (twist === 3 && value.length > 2) return `${escaped(value.slice(0, 1))}*${escaped(value.slice(-1))}`;
  return twist === 4 && value.length > 1 ? `?${escaped(value.slice(1))}` : escaped(value);
}

const OF_CLASS = CLASS_FIELDS.map(({ cls, fields }) => ({ cls, paths: Object.keys(fieldsOf(fields)) }));
const PAYLOAD_PATHS = [
  'api.request.data.userName',
  'api.request.data.list',
  'api.request.data.a.b',
  'api.request.data.policyDocument',
  'api.request.data.list.deep',
  'api.request.data.a.c',
  'unmapped.readOnly',
];

const anyRule = fc.record({
  cls: fc.nat(),
  isRaw: fc.integer({ min: 0, max: 9 }).map((one) => one < 3),
  parts: fc.array(
    fc.record({
      path: fc.nat(),
      event: fc.nat(),
      pick: fc.nat(),
      operator: fc.constantFrom(...OPERATORS, 'equals', 'equals', 'contains'),
      cut: fc.tuple(fc.nat(40), fc.nat(40)),
      twist: fc.integer({ min: 0, max: 6 }),
      isNot: fc.integer({ min: 0, max: 3 }).map((one) => one === 0),
      cased: fc.integer({ min: 0, max: 3 }).map((one) => one === 0),
      every: fc.boolean(),
      more: fc.nat(),
    }),
    { minLength: 1, maxLength: 3 },
  ),
  kind: fc.constantFrom('all', 'any'),
});

type Drawn = typeof anyRule extends fc.Arbitrary<infer T> ? T : never;

function ruleOf({ cls, isRaw, parts, kind }: Drawn): Rule {
  const used = OF_CLASS.filter(({ cls: { uid } }) => events.some(({ class_uid: own }) => own === uid));
  const chosen = used[cls % used.length];
  const raw = RAW_LOGS[cls % RAW_LOGS.length];
  if (chosen === undefined || raw === undefined) throw new Error('nothing is indexed');
  const of = isRaw ? rawFields(raw) : classFields(chosen);
  const logsource = isRaw ? (raw.names[0] ?? {}) : { category: chosen.cls.name };
  return { ...RULE, taxonomy: isRaw ? 'sigma' : 'ocsf', logsource, condition: { kind, of: parts.map((part) => expressionOf(part, of)) } };
}

interface FieldsOf {
  readonly names: readonly string[];
  readonly pathOf: (name: string) => string;
  readonly events: readonly OcsfEvent[];
}

function rawFields({ fields }: (typeof RAW_LOGS)[number]): FieldsOf {
  return { names: Object.keys(fields), pathOf: (name) => String(firstPath(fields[name])), events };
}

function classFields({ cls, paths }: (typeof OF_CLASS)[number]): FieldsOf {
  const own = events.filter((one) => one.class_uid === cls.uid);
  return { names: [...paths, ...(cls.uid === 6003 ? PAYLOAD_PATHS : [])], pathOf: (name) => name, events: own };
}

function expressionOf({ path, event, pick, operator, cut, twist, isNot, ...drawn }: Drawn['parts'][number], of: FieldsOf): Expression {
  const field = of.names[path % of.names.length] ?? '';
  const all = of.events.flatMap((one) => valuesAt(plain(one), of.pathOf(field)));
  const valueAt = (at: number): string => (all.length === 0 ? 'nothing' : String(all[at % all.length]));
  const another = twist % 2 === 1 && operator === 'equals';
  const values = [
    ...valueFor(operator, valueAt(event), cut, twist),
    ...(another ? valueFor(operator, valueAt(pick + drawn.more), cut, 2) : []),
  ];
  const cased = operator !== 're' && drawn.cased;
  const comparison: Comparison = { kind: 'field', field, operator, values, every: drawn.every && another, cased, flags: '' };
  return isNot ? { kind: 'not', of: comparison } : comparison;
}

function firstPath(places: readonly unknown[] | undefined): unknown {
  const [first] = places ?? [];
  return isObject(first) ? first['path'] : first;
}

/** Payloads as rules see them. */
function plain(event: OcsfEvent): Json {
  const api = isObject(event['api']) ? event['api'] : undefined;
  const request = isObject(api?.['request']) ? api['request'] : undefined;
  const data = request?.['data'];
  const whole = JSON.parse(JSON.stringify(event)) as Json;
  if (typeof data !== 'string' || !isObject(whole) || !isObject(whole['api']) || !isObject(whole['api']['request'])) return whole;
  return { ...whole, api: { ...whole['api'], request: { ...whole['api']['request'], data: JSON.parse(data) as Json } } };
}

test('no rule whatever does', async () => {
  expect(OCSF_CLASSES.length).toBeGreaterThan(0);
  const seen = { rules: 0, exact: 0, matching: 0, narrow: 0 };
  await fc.assert(
    fc.asyncProperty(anyRule, async (drawn) => {
      const { matched, found, exact } = await check(ruleOf(drawn));
      seen.rules++;
      if (exact) seen.exact++;
      if (matched > 0) seen.matching++;
      if (found < events.length / 10) seen.narrow++;
    }),
    { numRuns: Number(process.env['RUNS'] ?? 120), endOnFailure: false },
  );
  console.log(seen);
  // Otherwise nothing was tried.
  expect(seen.matching).toBeGreaterThan(seen.rules / 5);
  expect(seen.exact).toBeGreaterThan(seen.rules / 100);
});
