// Every panel of every dashboard against a real OpenSearch: it shows what the documents hold, and there is something to see.
import { openSearchDirectory, startOpenSearch, type OpenSearchServer } from '../../local/opensearch.ts';
import { cacheDirectory, makeRunDirectory } from '../../local/paths.ts';
import { DASHBOARDS } from '../../shared/dashboards/definitions/all.ts';
import { SEARCHES } from '../../shared/dashboards/definitions/searches.ts';
import { panelId, searchId } from '../../shared/dashboards/ids.ts';
import { patternTitle, PATTERNS } from '../../shared/dashboards/index-patterns.ts';
import type { SavedObject } from '../../shared/dashboards/model.ts';
import { savedObjects } from '../../shared/dashboards/saved-objects.ts';
import { writeDocuments } from '../../shared/opensearch/bulk.ts';
import { openSearchClient, type OpenSearch } from '../../shared/opensearch/client.ts';
import { ensurePeriods } from '../../shared/opensearch/periods.ts';
import { provision } from '../../shared/opensearch/provision.ts';
import { isObject } from '../../shared/outcome.ts';
import { demoDocuments, OWN_EVIDENCE } from '../dashboards/demo-data.ts';
import { indexed, valuesOf, type Indexed } from '../dashboards/indexed.ts';
import { array, member, number, parsed, string } from '../dashboards/json.ts';
import { matches, parseQuery } from '../dashboards/lucene.ts';
import {
  answered,
  boolOf,
  differences,
  expected,
  isEmpty,
  queryOf,
  readVisualization,
  searchBody,
  type Level,
  type Visualization,
} from '../dashboards/visualization.ts';

let server: OpenSearchServer;
let client: OpenSearch;
const held: { readonly pattern: string; readonly document: Indexed }[] = [];

beforeAll(async () => {
  server = await startOpenSearch({ directory: openSearchDirectory(makeRunDirectory(cacheDirectory())) });
  client = openSearchClient(server.url, 'eu-central-1');
  await provision(client);
  const documents = await demoDocuments();
  await ensurePeriods(
    client,
    documents.map(({ index }) => index),
  );
  for (let at = 0; at < documents.length; at += 2000) {
    const { created, refused } = await writeDocuments(documents.slice(at, at + 2000), client);
    expect({ created, refused }).toEqual({ created: Math.min(2000, documents.length - at), refused: [] });
  }
  await client.indices.refresh({ index: 'ocsf-*' });
  held.push(...documents.map(({ json, className }) => ({ pattern: `ocsf-${className}-*`, document: indexed(json, className) })));
}, 300_000);

afterAll(async () => {
  await client.close();
  await server.stop();
}, 60_000);

const objects = savedObjects();
const titles = new Map(
  objects.flatMap(({ type, id, attributes }) => (type === 'index-pattern' ? [[id, string(attributes, 'title')]] : [])),
);
const empty = new Set([
  ...DASHBOARDS.flatMap((dashboard) =>
    dashboard.rows.flatMap(({ panels }) => panels.flatMap(({ panel }) => ('emptyInDemo' in panel ? [panelId(dashboard, panel)] : []))),
  ),
  ...SEARCHES.flatMap((search) => (search.emptyInDemo === undefined ? [] : [searchId(search)])),
]);

function patternOf({ id, references }: SavedObject): string {
  const title = titles.get(references[0]?.id ?? '');
  if (title === undefined) throw new Error(`${id} has no index pattern`);
  return title;
}

function documentsOf(pattern: string): readonly Indexed[] {
  return held.flatMap((one) => (pattern === patternTitle('all') || one.pattern === pattern ? [one.document] : []));
}

async function ask(index: string, body: object): Promise<{ readonly total: number; readonly body: unknown }> {
  const answer: { readonly body: unknown } = await client.transport.request({ method: 'POST', path: `/${index}/_search`, body });
  // Dashboards shows what the other shards answered, and a warning that nobody reads.
  expect(member(member(answer.body, '_shards'), 'failures')).toBeUndefined();
  return { total: number(member(member(answer.body, 'hits'), 'total'), 'value'), body: answer.body };
}

/** What Discover asks beside the query. */
const AS_DISCOVER = {
  version: true,
  size: 500,
  track_total_hits: true,
  sort: [{ time: { order: 'desc', unmapped_type: 'boolean' } }],
  aggs: { '2': { date_histogram: { field: 'time', calendar_interval: '1d', time_zone: 'UTC', min_doc_count: 1 } } },
  stored_fields: ['*'],
  script_fields: {},
  docvalue_fields: [{ field: 'time', format: 'date_time' }],
  _source: { excludes: [] },
  highlight: { pre_tags: ['<'], post_tags: ['>'], fields: { '*': {} }, fragment_size: 2_147_483_647 },
};

const charts = objects.flatMap((saved): readonly (readonly [string, SavedObject, Visualization])[] => {
  const visualization = saved.type === 'visualization' ? readVisualization(saved) : undefined;
  return visualization === undefined ? [] : [[saved.id, saved, visualization]];
});

const wanted = new Map<string, Level>();

test.each(charts)('%s shows what there is', async (id, saved, visualization) => {
  const pattern = patternOf(saved);
  const { total, body } = await ask(pattern, searchBody(visualization));
  const answer = answered(visualization, total, member(body, 'aggregations'));
  const told = expected(visualization, documentsOf(pattern));
  wanted.set(id, told);

  expect(differences(visualization, answer, told)).toEqual([]);
  expect(isEmpty(answer, visualization.buckets.length)).toBe(empty.has(id));
});

test.each(objects.filter(({ type }) => type === 'search').map((saved) => [saved.id, saved] as const))(
  '%s finds what there is',
  async (id, saved) => {
    const query = queryOf(saved.attributes);
    const { total, body } = await ask(patternOf(saved), { ...AS_DISCOVER, query: boolOf(query) });
    const told = documentsOf(patternOf(saved)).filter((document) => matches(parseQuery(query), document));

    expect(total).toBe(told.length);
    expect(array(member(body, 'hits'), 'hits').length === 0).toBe(empty.has(id));
  },
);

test('a click on a value of a table filters by it, also where a field has doc values alone', async () => {
  const wrong: string[] = [];
  const clicked = new Set<string>();
  for (const [id, saved, visualization] of charts) {
    const [bucket] = visualization.buckets;
    if (bucket?.type !== 'terms') continue;
    const field = string(bucket.params, 'field');
    const [first] = clicked.has(`${patternOf(saved)} ${field}`) ? [] : (wanted.get(id)?.buckets ?? []);
    if (first === undefined) continue;
    clicked.add(`${patternOf(saved)} ${field}`);
    const [value, { count }] = first;
    const query = { bool: { must: [boolOf(visualization.query)], filter: [{ match_phrase: { [field]: value } }] } };
    const { total } = await ask(patternOf(saved), { size: 0, track_total_hits: true, query });
    if (total !== count) wrong.push(`${id}: ${field} ${value}: ${total} instead of ${count}`);
  }
  expect(wrong).toEqual([]);
}, 60_000);

test('a link in an address, an actor, a resource, a finding or a key of evidence leads to their events', async () => {
  const all = objects.find(({ type, attributes }) => type === 'index-pattern' && attributes['title'] === patternTitle('all'));
  const formats = parsed(all?.attributes['fieldFormatMap']);
  const wrong: string[] = [];
  for (const field of Object.keys(isObject(formats) ? formats : {})) {
    const url = member(member(member(formats, field), 'params'), 'urlTemplate');
    if (typeof url !== 'string') continue;
    const query = decodeURIComponent(/,query:'(.*)'\)\)$/.exec(url)?.[1] ?? '');
    // An IPv6 address and an ARN are harder than others: the longest value that there is.
    const values = held.flatMap(({ document }) => valuesOf(document, field)).map(String);
    const value = values.toSorted((one, other) => other.length - one.length).find((one) => !/["\\]/.test(one)) ?? OWN_EVIDENCE;
    const asked = query.replaceAll('{{value}}', value);
    const { total } = await ask('ocsf-*', { size: 0, track_total_hits: true, query: boolOf(asked) });
    const told = documentsOf('ocsf-*').filter((document) => matches(parseQuery(asked), document)).length;
    if (total !== told || total === 0) wrong.push(`${field}: ${asked}: ${total} instead of ${told}`);
  }
  expect(wrong).toEqual([]);
});

test('index patterns list what the server maps, with the types that it says', async () => {
  const wrong: string[] = [];
  for (const pattern of PATTERNS) {
    const saved = objects.find(({ type, attributes }) => type === 'index-pattern' && attributes['title'] === patternTitle(pattern));
    const listed: unknown = JSON.parse(string(saved?.attributes, 'fields'));
    const { body } = await client.fieldCaps({ index: patternTitle(pattern), fields: '*' });
    for (const [name, caps] of Object.entries(body.fields)) {
      const found = (Array.isArray(listed) ? listed : []).find((field: unknown) => member(field, 'name') === name) as unknown;
      for (const [type, cap] of Object.entries(caps)) {
        if (type === 'object' || name.startsWith('_')) continue;
        const told = [member(found, 'esTypes'), member(found, 'aggregatable')];
        if (JSON.stringify(told) !== JSON.stringify([[type], cap.aggregatable]))
          wrong.push(`${pattern} ${name}: ${type} ${String(cap.aggregatable)}, not ${JSON.stringify(told)}`);
      }
    }
  }
  expect(wrong).toEqual([]);
});
