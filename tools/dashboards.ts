// schemas/opensearch/dashboards: what Dashboards imports, one file per dashboard, and one for what they share.
// https://docs.opensearch.org/latest/dashboards/management/saved-objects/
import { DASHBOARDS } from '../shared/dashboards/definitions/all.ts';
import { dashboardObjects, sharedObjects, toNdjson } from '../shared/dashboards/saved-objects.ts';
import type { GeneratedFile } from './ocsf-schemas.ts';

const FOLDER = 'schemas/opensearch/dashboards';

export function dashboardFiles(): readonly GeneratedFile[] {
  const own = DASHBOARDS.map((dashboard) => ({
    path: `${FOLDER}/${dashboard.name}.ndjson`,
    content: toNdjson(dashboardObjects(dashboard)),
  }));
  return [{ path: `${FOLDER}/shared.ndjson`, content: toNdjson(sharedObjects()) }, ...own];
}
