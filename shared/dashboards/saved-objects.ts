// Definitions to the objects that Dashboards imports: types and attributes that every version from 2.19 on has, and no migrationVersion, so
// that a server takes them for what they are and brings them up to its own version.
// https://docs.opensearch.org/latest/dashboards/management/saved-objects/
import { DASHBOARDS } from './definitions/all.ts';
import { SEARCHES } from './definitions/searches.ts';
import { dashboardId, panelId, patternId, searchId } from './ids.ts';
import { indexPattern, PATTERNS } from './index-patterns.ts';
import { marked } from './marker.ts';
import type { Dashboard, Panel, Reference, Row, SavedObject, Search } from './model.ts';
import { chartState, controlReferences, controlsState, noteState } from './vis-state.ts';

const GRID_WIDTH = 48;
const INDEX_REFERENCE = 'kibanaSavedObjectMeta.searchSourceJSON.index';

/** @returns everything that is ours, with its mark: what is referred to comes first. */
export function savedObjects(): readonly SavedObject[] {
  return [...sharedObjects(), ...DASHBOARDS.flatMap(dashboardObjects)];
}

/** Index patterns and searches. */
export function sharedObjects(): readonly SavedObject[] {
  return [...PATTERNS.map(indexPattern), ...SEARCHES.map(searchObject)].map(marked);
}

/** A dashboard and the visualizations on it. */
export function dashboardObjects(dashboard: Dashboard): readonly SavedObject[] {
  const panels = dashboard.rows.flatMap(({ panels: inRow }) => inRow.map(({ panel }) => panel));
  const visualizations = panels.flatMap((panel) => (panel.kind === 'search' ? [] : [visualization(dashboard, panel)]));
  return [...visualizations, dashboardObject(dashboard, panels)].map(marked);
}

/** One object per line, as an export has them. */
export function toNdjson(objects: readonly SavedObject[]): string {
  return objects.map((saved) => `${JSON.stringify(saved)}\n`).join('');
}

function searchObject(search: Search): SavedObject {
  const { title, description, from, where, columns } = search;
  return {
    type: 'search',
    id: searchId(search),
    attributes: {
      title,
      description,
      hits: 0,
      columns,
      sort: [['time', 'desc']],
      version: 1,
      kibanaSavedObjectMeta: { searchSourceJSON: sourceOf(where, { highlightAll: true, version: true, indexRefName: INDEX_REFERENCE }) },
    },
    references: [indexReference(from)],
  };
}

function visualization(dashboard: Dashboard, panel: Exclude<Panel, Search>): SavedObject {
  const title = `${panel.title} [${dashboard.title}]`;
  const common = { title, uiStateJSON: '{}', description: '', version: 1 };
  const [state, references] = stateOf(panel, title);
  const where = 'where' in panel ? (panel.where ?? '') : '';
  const searchSourceJSON = sourceOf(where, references[0]?.name === INDEX_REFERENCE ? { indexRefName: INDEX_REFERENCE } : {});
  return {
    type: 'visualization',
    id: panelId(dashboard, panel),
    attributes: { ...common, visState: JSON.stringify(state), kibanaSavedObjectMeta: { searchSourceJSON } },
    references,
  };
}

function stateOf(panel: Exclude<Panel, Search>, title: string): readonly [object, readonly Reference[]] {
  if (panel.kind === 'note') return [noteState(panel, title), []];
  if (panel.kind === 'controls') return [controlsState(panel, title), controlReferences(panel)];
  return [chartState(panel, title), [indexReference(panel.from)]];
}

function sourceOf(query: string, rest: object): string {
  return JSON.stringify({ query: { query, language: 'lucene' }, filter: [], ...rest });
}

function indexReference(from: string): Reference {
  return { name: INDEX_REFERENCE, type: 'index-pattern', id: patternId(from) };
}

function dashboardObject(dashboard: Dashboard, panels: readonly Panel[]): SavedObject {
  const { title, description, since, rows } = dashboard;
  return {
    type: 'dashboard',
    id: dashboardId(dashboard),
    attributes: {
      title: `Strongroom: ${title}`,
      hits: 0,
      description,
      panelsJSON: JSON.stringify(placed(rows)),
      optionsJSON: JSON.stringify({ hidePanelTitles: false, useMargins: true }),
      version: 1,
      timeRestore: true,
      timeTo: 'now',
      timeFrom: since,
      refreshInterval: { pause: true, value: 0 },
      kibanaSavedObjectMeta: { searchSourceJSON: sourceOf('', {}) },
    },
    references: panels.map((panel, at) => ({
      name: `panel_${at}`,
      type: panel.kind === 'search' ? 'search' : 'visualization',
      id: panelId(dashboard, panel),
    })),
  };
}

/** Where each panel lies, row by row. */
function placed(rows: readonly Row[]): readonly object[] {
  let y = 0;
  let at = 0;
  return rows.flatMap(({ height, panels }) => {
    let x = 0;
    const shared = Math.floor(GRID_WIDTH / panels.length);
    const line = panels.map(({ panel, width = shared }) => {
      const index = String(at + 1);
      const gridData = { x, y, w: width, h: height, i: index };
      x += width;
      return { version: '7.9.3', gridData, panelIndex: index, embeddableConfig: {}, title: panel.title, panelRefName: `panel_${at++}` };
    });
    y += height;
    return line;
  });
}
