import { marked, markOf, unmarked, type Stored } from '../../../shared/dashboards/marker.ts';
import { keyOf, planImport } from '../../../shared/dashboards/plan.ts';
import type { SavedObject } from '../../../shared/dashboards/model.ts';
import { savedObjects } from '../../../shared/dashboards/saved-objects.ts';
import { parsed, string } from '../../dashboards/json.ts';

const ours = savedObjects();

function there(...stored: readonly Stored[]): ReadonlyMap<string, Stored> {
  return new Map(stored.map((one) => [keyOf(one), one]));
}

function one(type: SavedObject['type'], id?: string): SavedObject {
  const found = ours.find((saved) => saved.type === type && (id === undefined || saved.id === id));
  if (found === undefined) throw new Error(`no ${type}`);
  return found;
}

function ids(objects: readonly Stored[]): readonly string[] {
  return objects.map(({ id }) => id);
}

/** As an earlier version of ours would have made it. */
function earlier(saved: SavedObject): Stored {
  const bare = unmarked(saved);
  return marked({ ...bare, attributes: { ...bare.attributes, title: 'Earlier' } });
}

test('everything is created where there is nothing', () => {
  const plan = planImport(ours, there());
  expect(plan.create).toEqual(ours);
  expect([plan.replace, plan.keep, plan.unchanged, plan.foreign]).toEqual([[], [], [], []]);
});

test('what is there as it would be imported is left, however the server writes its JSON', () => {
  const stored = ours.map((saved) => {
    const state = saved.attributes['visState'];
    const turned =
      typeof state === 'string'
        ? { visState: JSON.stringify(Object.fromEntries(Object.entries(parsed(state) as object).toReversed()), undefined, 1) }
        : {};
    return { ...saved, attributes: { ...saved.attributes, ...turned, version: 2, hits: 3 }, references: saved.references.toReversed() };
  });
  const plan = planImport(ours, there(...stored));
  expect(plan.unchanged).toHaveLength(ours.length);
  expect([plan.create, plan.replace, plan.keep, plan.foreign]).toEqual([[], [], [], []]);
});

test('what an earlier version of ours made is replaced', () => {
  const chart = one('visualization');
  const pattern = one('index-pattern');
  const plan = planImport(ours, there(earlier(chart), earlier(pattern)));
  expect(ids(plan.replace).toSorted()).toEqual([chart.id, pattern.id].toSorted());
  expect([plan.keep, plan.foreign]).toEqual([[], []]);
  expect(plan.create).toHaveLength(ours.length - 2);
});

test("what was not made by us is left, although it has our id: an object without our mark, or with somebody's own text at its place", () => {
  const chart = one('visualization');
  const pattern = one('index-pattern');
  const bare = { ...chart, attributes: { ...chart.attributes, description: 'Mine' } };
  const other = { ...pattern, attributes: { title: 'ocsf-*', typeMeta: 'no JSON' } };
  const plan = planImport(ours, there(bare, other));
  expect(plan.foreign.map(({ id }) => id).toSorted()).toEqual([chart.id, pattern.id].toSorted());
  expect([plan.replace, plan.keep]).toEqual([[], []]);
});

test('what somebody has changed is kept under another id, without our mark, and what was changed together stays together', () => {
  const dashboard = one('dashboard', 'strongroom-network');
  const chart = one('visualization', 'strongroom-network-rejected-sources');
  const changedChart = {
    ...chart,
    attributes: { ...chart.attributes, visState: string(chart.attributes, 'visState').replace('"size":10', '"size":50') },
  };
  const changedDashboard = { ...dashboard, attributes: { ...dashboard.attributes, timeFrom: 'now-90d' } };
  const plan = planImport(ours, there(changedChart, changedDashboard));
  const [keptChart, keptDashboard] = plan.keep;

  expect(ids(plan.replace).toSorted()).toEqual([dashboard.id, chart.id].toSorted());
  expect(plan.keep).toHaveLength(2);
  expect(keptChart?.id).toMatch(/^strongroom-network-rejected-sources-kept-[A-Za-z0-9-]{12}$/);
  expect(keptChart?.attributes).toMatchObject({ title: 'Rejected sources [Network] (kept)', description: '' });
  expect(keptDashboard?.attributes['timeFrom']).toBe('now-90d');
  expect(keptDashboard?.references.map(({ id }) => id)).toContain(keptChart?.id);
  expect(keptDashboard?.references.map(({ id }) => id)).toContain('strongroom-network-talkers-who-sends');
  expect(plan.keep.map(markOf)).toEqual([undefined, undefined]);
  // The same change again is the same copy.
  expect(ids(planImport(ours, there(changedChart, changedDashboard)).keep)).toEqual(ids(plan.keep));
});

test('that fields of an index pattern were looked at is no change; a list read anew is put right, nothing is kept; a scripted field is a change', () => {
  const pattern = one('index-pattern', 'strongroom-ocsf-all');
  const fields = string(pattern.attributes, 'fields');
  const counted = { ...pattern, attributes: { ...pattern.attributes, fields: fields.replaceAll('"count":0', '"count":7') } };
  expect(ids(planImport(ours, there(counted)).unchanged)).toEqual([pattern.id]);

  const refreshed = { ...pattern, attributes: { ...pattern.attributes, fields: '[{"name":"time","type":"date","count":7}]' } };
  const put = planImport(ours, there(refreshed));
  expect([ids(put.replace), put.keep]).toEqual([[pattern.id], []]);

  const scripted = {
    ...pattern,
    attributes: { ...pattern.attributes, fields: '[{"name":"hour","scripted":true,"script":"doc[\'time\'].value.hour"}]' },
  };
  const plan = planImport(ours, there(scripted));
  expect(ids(plan.replace)).toEqual([pattern.id]);
  expect(plan.keep[0]?.attributes).toMatchObject({ title: 'ocsf-*', fields: scripted.attributes.fields });
  expect(plan.keep[0]?.attributes).not.toHaveProperty('typeMeta');
});
