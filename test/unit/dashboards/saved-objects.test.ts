import { readFileSync } from 'node:fs';
import { DASHBOARDS } from '../../../shared/dashboards/definitions/all.ts';
import { NAMES } from '../../../shared/dashboards/definitions/notes.ts';
import { captionsOf, isAggregatable, patternFields, PATTERNS } from '../../../shared/dashboards/index-patterns.ts';
import { digestOf, markOf } from '../../../shared/dashboards/marker.ts';
import type { SavedObject } from '../../../shared/dashboards/model.ts';
import { savedObjects } from '../../../shared/dashboards/saved-objects.ts';
import type { Fields } from '../../../shared/opensearch/field-groups.ts';
import { isArray } from '../../../shared/outcome.ts';
import { dashboardFiles } from '../../../tools/dashboards.ts';
import { array, member, number, parsed, string } from '../../dashboards/json.ts';
import { fieldsIn, parseQuery } from '../../dashboards/lucene.ts';
import { queryOf, readVisualization } from '../../dashboards/visualization.ts';

const objects = savedObjects();
const keys = new Set(objects.map(({ type, id }) => `${type} ${id}`));
const patterns = new Map(
  objects.filter(({ type }) => type === 'index-pattern').map(({ id, attributes }) => [id, string(attributes, 'title')]),
);

/** Name of the pattern that an object asks. */
function patternOf({ references }: SavedObject): string {
  const title = patterns.get(references.find(({ type }) => type === 'index-pattern')?.id ?? '') ?? '';
  return title === 'ocsf-*' ? 'all' : title.slice('ocsf-'.length, -'-*'.length);
}

test('what is committed is what the definitions say: otherwise run `npm run generate`', () => {
  for (const { path, content } of dashboardFiles()) expect([path, readFileSync(path, 'utf8') === content]).toEqual([path, true]);
});

test('there are the dashboards that analysts were promised, and each leads to the others', () => {
  expect(DASHBOARDS.map(({ name }) => name)).toEqual(Object.keys(NAMES));
  for (const { name, rows } of DASHBOARDS) {
    const panels = rows.flatMap((row) => row.panels);
    expect([name, panels.length >= 7 && panels.length <= 13]).toEqual([name, true]);
    const note = panels.find(({ panel }) => panel.kind === 'note')?.panel;
    const linked = [...(note?.kind === 'note' ? note.markdown : '').matchAll(/\(#\/view\/strongroom-([a-z]+)\)/g)].map(
      ([, other]) => other,
    );
    expect(new Set([...linked, name])).toEqual(new Set(Object.keys(NAMES)));
  }
});

test('every object has its own id, with our prefix and without underscore, and no version but its own', () => {
  expect(keys.size).toBe(objects.length);
  for (const { type, id, ...rest } of objects) {
    expect(id).toMatch(/^strongroom-[a-z0-9-]{1,120}$/);
    expect(['index-pattern', 'search', 'visualization', 'dashboard']).toContain(type);
    expect(Object.keys(rest).toSorted()).toEqual(['attributes', 'references']);
  }
});

test('every reference is used, leads to an object of ours, and what is used is referred to', () => {
  for (const { id, attributes, references } of objects) {
    const used = JSON.stringify(attributes).matchAll(/[rR]efName\\*":\\*"([^"\\]+)/g);
    expect([id, [...used].map(([, name]) => name).toSorted()]).toEqual([id, references.map(({ name }) => name).toSorted()]);
    for (const reference of references) expect([id, keys.has(`${reference.type} ${reference.id}`)]).toEqual([id, true]);
  }
});

test('links in notes lead to dashboards and searches of ours', () => {
  const text = DASHBOARDS.flatMap(({ rows }) =>
    rows.flatMap(({ panels }) => panels.flatMap(({ panel }) => (panel.kind === 'note' ? [panel.markdown] : []))),
  );
  for (const [, app, id] of text.join('\n').matchAll(/\(([^()#]*)#\/view\/([^)]+)\)/g)) {
    expect([id, keys.has(`${app === '' ? 'dashboard' : 'search'} ${id ?? ''}`)]).toEqual([id, true]);
  }
});

test('attributes are those that every version of Dashboards maps: it refuses others', () => {
  const meta = 'kibanaSavedObjectMeta';
  const allowed: Readonly<Record<string, readonly string[]>> = {
    'index-pattern': ['title', 'timeFieldName', 'fields', 'fieldFormatMap', 'typeMeta'],
    search: ['title', 'description', 'hits', 'columns', 'sort', 'version', meta],
    visualization: ['title', 'description', 'uiStateJSON', 'visState', 'version', meta],
    dashboard: [
      'title',
      'description',
      'hits',
      'panelsJSON',
      'optionsJSON',
      'version',
      'timeRestore',
      'timeTo',
      'timeFrom',
      'refreshInterval',
      meta,
    ],
  };
  for (const { type, attributes } of objects) expect(Object.keys(attributes).toSorted()).toEqual(allowed[type]?.toSorted());
});

test('every field that is asked is mapped, and one that is counted by value has doc values', () => {
  const wrong = objects.flatMap((saved) => {
    const fields = patternFields(patternOf(saved) === '' ? 'all' : patternOf(saved));
    return [...askedBy(saved, fields), ...countedBy(saved, fields)].map((problem) => `${saved.id}: ${problem}`);
  });
  expect(wrong).toEqual([]);
});

function askedBy(saved: SavedObject, fields: Fields): readonly string[] {
  if (saved.type !== 'visualization' && saved.type !== 'search') return [];
  const buckets = saved.type === 'visualization' ? (readVisualization(saved)?.buckets ?? []) : [];
  const filters = buckets.flatMap(({ params }) => {
    const listed = member(params, 'filters');
    return (isArray(listed) ? listed : []).map((filter) => string(member(filter, 'input'), 'query'));
  });
  const asked = [queryOf(saved.attributes), ...filters].flatMap((query) => fieldsIn(parseQuery(query)));
  return asked.flatMap((field) => (fields[field] === undefined ? [`${field} is not mapped`] : []));
}

function countedBy(saved: SavedObject, fields: Fields): readonly string[] {
  const visualization = saved.type === 'visualization' ? readVisualization(saved) : undefined;
  const aggregations = [...(visualization?.buckets ?? []), ...(visualization?.metrics ?? [])];
  return aggregations.flatMap(({ type, params }) => {
    const field = member(params, 'field');
    if (typeof field !== 'string') return [];
    const search = fields[field];
    if (search === undefined) return [`${field} is not mapped`];
    if (!isAggregatable(search)) return [`${field} has no doc values`];
    return type === 'sum' && search !== 'measure' && search !== 'number' ? [`the sum of ${field}, which is no number`] : [];
  });
}

test('columns of searches and fields of controls are mapped, or stand in the document', () => {
  const stored = new Set(['finding_info.title', 'unmapped.evidence', 'message']);
  for (const saved of objects) {
    const fields = patternFields(patternOf(saved) === '' ? 'all' : patternOf(saved));
    const columns = saved.type === 'search' ? array(saved.attributes, 'columns').map(String) : [];
    const controls =
      saved.type === 'visualization' ? member(member(parsed(saved.attributes['visState']), 'params'), 'controls') : undefined;
    const chosen = isArray(controls) ? controls.map((control) => string(control, 'fieldName')) : [];
    for (const column of columns)
      expect([saved.id, column, fields[column] !== undefined || stored.has(column)]).toEqual([saved.id, column, true]);
    for (const field of chosen) expect([field, isAggregatable(fields[field] ?? 'words')]).toEqual([field, true]);
  }
});

test('panels lie beside each other, not over each other, on a grid of 48', () => {
  for (const { id, type, attributes } of objects) {
    if (type !== 'dashboard') continue;
    const grid = parsed(attributes['panelsJSON']);
    const taken = new Set<string>();
    for (const panel of isArray(grid) ? grid : []) {
      const at = member(panel, 'gridData');
      const [x, y, w, h] = [number(at, 'x'), number(at, 'y'), number(at, 'w'), number(at, 'h')];
      expect([id, x + w <= 48]).toEqual([id, true]);
      for (let column = x; column < x + w; column++) {
        for (let line = y; line < y + h; line++) {
          expect(taken.has(`${column} ${line}`)).toBe(false);
          taken.add(`${column} ${line}`);
        }
      }
    }
  }
});

test('ids show their captions; an id that means one thing here and another there shows none where both are', () => {
  expect(captionsOf('api_activity', 'activity_id')).toMatchObject({ '1': 'Create', '4': 'Delete' });
  expect(captionsOf('authentication', 'activity_id')).toMatchObject({ '1': 'Logon', '2': 'Logoff' });
  expect(captionsOf('all', 'activity_id')).toBeUndefined();
  expect(captionsOf('all', 'class_uid')).toMatchObject({ '3002': 'Authentication', '6003': 'API Activity' });
  expect(captionsOf('all', 'type_uid')).toMatchObject({ '300201': 'Authentication: Logon' });
  expect(captionsOf('detection_finding', 'severity_id')).toMatchObject({ '5': 'Critical' });
  expect(captionsOf('compliance_finding', 'compliance.status_id')).toMatchObject({ '3': 'Fail' });
  expect(captionsOf('network_activity', 'src_endpoint.ip')).toBeUndefined();
});

test('every id that is mapped in a class and has captions is shown with them', () => {
  for (const pattern of PATTERNS) {
    const saved = objects.find(
      ({ type, attributes }) => type === 'index-pattern' && attributes['title'] === (pattern === 'all' ? 'ocsf-*' : `ocsf-${pattern}-*`),
    );
    const formats = parsed(saved?.attributes['fieldFormatMap']);
    for (const name of Object.keys(patternFields(pattern))) {
      if (captionsOf(pattern, name) !== undefined)
        expect([pattern, name, member(member(formats, name), 'id')]).toEqual([pattern, name, 'static_lookup']);
    }
  }
});

test('every object carries the digest of its own contents', () => {
  for (const saved of objects) expect([saved.id, markOf(saved)]).toEqual([saved.id, digestOf(saved)]);
});
