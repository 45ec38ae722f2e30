// Ids of what is ours in Dashboards: fixed, so that an upgrade replaces them and nothing else. No underscore: Dashboards takes what is before
// one for the id of a data source. https://docs.opensearch.org/latest/dashboards/management/multi-data-sources/
import type { Dashboard, Panel, Pattern, Search } from './model.ts';

export const PREFIX = 'strongroom-';

export function patternId(pattern: Pattern): string {
  return `${PREFIX}ocsf-${slug(pattern)}`;
}

export function searchId({ name }: Pick<Search, 'name'>): string {
  return `${PREFIX}search-${slug(name)}`;
}

export function dashboardId({ name }: Pick<Dashboard, 'name'>): string {
  return PREFIX + slug(name);
}

export function panelId(dashboard: Pick<Dashboard, 'name'>, panel: Panel): string {
  return panel.kind === 'search' ? searchId(panel) : `${dashboardId(dashboard)}-${slug(panel.title)}`;
}

export function slug(text: string): string {
  return text
    .toLowerCase()
    .replaceAll(/[^a-z0-9]+/g, '-')
    .replaceAll(/^-|-$/g, '');
}
