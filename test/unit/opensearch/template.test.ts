import { readFileSync } from 'node:fs';
import { CLASS_FIELDS, fieldsOf } from '../../../shared/opensearch/fields.ts';
import { indexOf, isReplayIndexName, storeName } from '../../../shared/opensearch/index-name.ts';
import { indexTemplates } from '../../../shared/opensearch/template.ts';
import type { JsonObject } from '../../../shared/model.ts';
import { OCSF_CLASSES, type OcsfClass } from '../../../shared/ocsf/classes.ts';
import { isArray, isObject, object } from '../../../shared/outcome.ts';
import { toDocument } from '../../../shared/hub/document.ts';
import { goldenCases, runGolden } from '../../golden-runner.ts';

interface Property {
  readonly type?: string;
  readonly index?: boolean;
  readonly doc_values?: boolean;
  readonly ignore_above?: number;
  readonly enabled?: boolean;
  readonly analyzer?: string;
  readonly properties?: Readonly<Record<string, Property>>;
}

interface Template {
  readonly settings: { readonly index: Readonly<Record<string, unknown>>; readonly analysis: { readonly analyzer: JsonObject } };
  readonly mappings: { readonly dynamic: boolean; readonly properties: Readonly<Record<string, Property>> };
}

const cases = CLASS_FIELDS.map(({ cls, fields, sort }) => ({ name: cls.name, cls, paths: Object.keys(fieldsOf(fields)), sort }));

function templateOf(cls: OcsfClass): Template {
  const found = indexTemplates().find(({ name }) => name === `strongroom-${cls.name}`);
  if (found === undefined) throw new Error(`no template for ${cls.name}`);
  return found.body.template as Template;
}

/** Fields that hold values, by path. */
function leaves(properties: Readonly<Record<string, Property>>, prefix = ''): readonly (readonly [string, Property])[] {
  return Object.entries(properties).flatMap(([name, property]) =>
    property.properties === undefined ? [[prefix + name, property] as const] : leaves(property.properties, `${prefix}${name}.`),
  );
}

/** What the class's schema says of an attribute, through objects and lists; undefined where there is none. */
function attribute(cls: OcsfClass, path: string): JsonObject | undefined {
  const schema = object(JSON.parse(readFileSync(`schemas/ocsf/${cls.uid}-${cls.name}.json`, 'utf8')));
  const definitions = object(schema?.['$defs']);
  let node = schema;
  for (const name of path.split('.')) {
    const items = object(node?.['items']) ?? node;
    const reference = items?.['$ref'];
    const target = typeof reference === 'string' ? object(definitions?.[reference.replace('#/$defs/', '')]) : items;
    node = object(object(target?.['properties'])?.[name]);
  }
  return node;
}

/** Paths at which the document has a value. */
function pathsIn(node: unknown, prefix = ''): readonly string[] {
  if (isArray(node)) return node.flatMap((item) => pathsIn(item, prefix));
  if (!isObject(node)) return [prefix.slice(0, -1)];
  return Object.entries(node).flatMap(([name, member]) => pathsIn(member, `${prefix}${name}.`));
}

test('every class that is emitted has fields and a template, under a name its indices match', () => {
  expect(CLASS_FIELDS.map(({ cls }) => cls.uid).sort()).toEqual(OCSF_CLASSES.map(({ uid }) => uid).sort());
  // One more for the classes that have no name with us, and one for replays.
  expect(indexTemplates()).toHaveLength(OCSF_CLASSES.length + 2);
  for (const cls of OCSF_CLASSES) {
    const pattern = indexTemplates().find(({ name }) => name === `strongroom-${cls.name}`)?.body.index_patterns ?? [];
    const [store = '', period = ''] = pattern;
    expect([store, period].every((one) => one.endsWith('*'))).toBe(true);
    expect(indexOf(cls.uid, Date.UTC(2026, 0, 15)).startsWith(period.slice(0, -1))).toBe(true);
    expect(storeName({ cls: cls.name, span: '2026', generation: 1 }).startsWith(store.slice(0, -1))).toBe(true);
  }
});

test('no index matches the templates of two classes', () => {
  for (const uid of [...OCSF_CLASSES.map((cls) => cls.uid), 1007, 201_001]) {
    const matching = indexTemplates().filter(({ body }) =>
      body.index_patterns.some((pattern) => indexOf(uid, 0).startsWith(pattern.slice(0, -1))),
    );
    expect(matching).toHaveLength(1);
  }
});

test('an index name is one that OpenSearch takes', () => {
  for (const cls of OCSF_CLASSES) expect(indexOf(cls.uid, Date.UTC(2099, 11, 31))).toMatch(/^[a-z][a-z0-9_.-]{1,100}$/);
  expect(indexOf(9999, Date.UTC(2026, 0, 15))).toBe('ocsf-class_9999-2026.01.15');
});

test('an index of a replay takes events of every class as their own indices do, and is never met beside those', () => {
  const replay = indexTemplates().find(({ name }) => name === 'strongroom-replay');
  const template = replay?.body.template as Template;
  const fields = new Map(leaves(template.mappings.properties));

  expect(replay?.body.index_patterns).toEqual(['replay-*']);
  for (const cls of OCSF_CLASSES) {
    for (const [path, property] of leaves(templateOf(cls).mappings.properties)) {
      const { index, ...rest } = property;
      const { index: replayed, ...found } = fields.get(path) ?? {};
      expect([path, found]).toEqual([path, rest]);
      // It can be searched by at least as much.
      if (index !== false) expect([path, replayed]).toEqual([path, index]);
    }
  }
  expect(fields.size).toBeLessThan(200);
  expect(isReplayIndexName('replay-2026.11_new-rules')).toBe(true);
  for (const name of [
    'ocsf-api_activity-2026.11.20',
    'replay-',
    'replay-A',
    'replay-a,b',
    'replay-*',
    'replay-.',
    `replay-${'a'.repeat(101)}`,
  ])
    expect([name, isReplayIndexName(name)]).toEqual([name, false]);
});

test("a template's mark is that of its contents", () => {
  const marks = indexTemplates().map(({ body }) => body._meta.strongroom);

  expect(new Set(marks).size).toBe(marks.length);
  // Indices made from it carry the same: `upgrade` compares the two.
  for (const { body } of indexTemplates()) expect(body.template).toMatchObject({ mappings: { _meta: body._meta } });
  expect(indexTemplates().map(({ body }) => body._meta.strongroom)).toEqual(marks);
});

describe.each(cases)('$name', ({ cls, paths, sort }) => {
  test('every field is an attribute of the class, none is deprecated', () => {
    const wrong = paths.filter((path) => {
      const found = attribute(cls, path);
      return found === undefined || found['x-deprecated'] !== undefined;
    });

    expect(wrong).toEqual([]);
  });

  test('there are at most 60 fields, and no others appear by themselves', () => {
    const { mappings } = templateOf(cls);

    expect(paths.length).toBeLessThanOrEqual(60);
    expect(mappings.dynamic).toBe(false);
    expect(
      leaves(mappings.properties)
        .map(([path]) => path)
        .sort(),
    ).toEqual([...paths, 'unmapped'].sort());
  });

  test('documents are sorted by fields with doc values', () => {
    const { settings, mappings } = templateOf(cls);
    const fields = new Map(leaves(mappings.properties));

    expect(settings.index['sort.field']).toEqual(sort);
    expect(settings.index['sort.order']).toHaveLength(sort.length);
    for (const path of sort) {
      expect(['keyword', 'ip', 'long', 'date']).toContain(fields.get(path)?.type);
      expect(fields.get(path)?.doc_values).not.toBe(false);
    }
  });

  test('no field can cost much, nor refuse a document for what a record holds', () => {
    const { settings, mappings } = templateOf(cls);
    const fields = leaves(mappings.properties);

    expect(fields.filter(([, { type }]) => type === 'text')).toEqual([]);
    for (const [, { type, ignore_above: above = Infinity }] of fields) {
      // A term may have 32,766 bytes, a character up to 4.
      if (type === 'keyword') expect(above * 4).toBeLessThanOrEqual(32_766);
    }
    for (const [, { analyzer }] of fields) if (analyzer !== undefined) expect(Object.keys(settings.analysis.analyzer)).toContain(analyzer);
    expect(mappings.properties['unmapped']).toEqual({ type: 'object', enabled: false });
  });

  test('the type of a field suits the attribute', () => {
    const types = new Map(leaves(templateOf(cls).mappings.properties).map(([path, { type }]) => [path, type]));
    for (const path of paths) {
      const schema = attribute(cls, path);
      const type = object(schema?.['items'])?.['type'] ?? schema?.['type'];
      if (types.get(path) === 'long' || types.get(path) === 'date') expect([path, type]).toEqual([path, 'integer']);
      if (types.get(path) === 'ip') expect([path, JSON.stringify(schema)]).toEqual([path, expect.stringContaining('"ipv6"')]);
    }
  });
});

describe('what is searched is there', () => {
  // What no source says: enrichment adds it.
  const ENRICHED = /^(?:src|dst)_endpoint\.(?:location\.country|autonomous_system\.number)$/;
  // What the sources of the golden cases do not say.
  const UNSEEN: ReadonlySet<string> = new Set([
    // Findings of our own rules.
    'detection_finding finding_info.analytic.uid',
    'detection_finding finding_info.attacks.technique.uid',
    // Sign-ins in CloudTrail keep it in `unmapped`.
    'authentication http_request.user_agent',
  ]);
  const seen = new Map<number, Set<string>>();

  beforeAll(async () => {
    for (const golden of goldenCases()) {
      for (const event of (await runGolden(golden)).events) {
        const paths = seen.get(event.class_uid) ?? new Set();
        seen.set(event.class_uid, paths);
        for (const path of pathsIn(JSON.parse(toDocument(event).json))) paths.add(path);
      }
    }
  });

  test.each(cases.filter(({ name }) => name !== 'base_event'))('in $name events of some source', ({ name, cls }) => {
    const own = CLASS_FIELDS.find((one) => one.cls === cls)?.fields ?? {};
    const inVain = Object.keys(own).filter(
      (path) => !ENRICHED.test(path) && seen.get(cls.uid)?.has(path) !== true && !UNSEEN.has(`${name} ${path}`),
    );

    expect(inVain).toEqual([]);
  });
});
