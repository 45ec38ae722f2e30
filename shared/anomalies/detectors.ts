// Detectors of OpenSearch's Anomaly Detection plugin (random cut forests), where the domain has it: made and changed as schemas/opensearch/detectors
// says. Their results are in opensearch-ad-plugin-result-* and in Dashboards; alerts are those of our own baselines.
// https://docs.opensearch.org/latest/observing-your-data/ad/api/
import { errors } from '@opensearch-project/opensearch';
import callsByRole from '../../schemas/opensearch/detectors/strongroom-calls-by-role.json' with { type: 'json' };
import failedSignins from '../../schemas/opensearch/detectors/strongroom-failed-signins.json' with { type: 'json' };
import trafficByHost from '../../schemas/opensearch/detectors/strongroom-traffic-by-host.json' with { type: 'json' };
import { digest } from '../ids.ts';
import { ask, messageOf } from '../opensearch/ask.ts';
import type { OpenSearch } from '../opensearch/client.ts';
import { isArray, object, text } from '../outcome.ts';

export interface Detectors {
  /** Names. */
  readonly applied: readonly string[];
  readonly unchanged: readonly string[];
  /** Why nothing was done, or not all of it. */
  readonly skipped?: string;
}

interface Detector {
  readonly name: string;
  readonly description: string;
}

const DETECTORS: readonly Detector[] = [callsByRole, trafficByHost, failedSignins];
const BASE = '/_plugins/_anomaly_detection/detectors';

/** Makes detectors that are not there, changes those that are otherwise, and starts them. Never throws: what is not done is said. */
export async function provisionDetectors(client: OpenSearch): Promise<Detectors> {
  const done = { applied: [] as string[], unchanged: [] as string[] };
  try {
    if (!(await isThere(client))) return { ...done, skipped: 'the domain has no Anomaly Detection plugin' };
    for (const detector of DETECTORS) done[(await apply(client, detector)) ? 'applied' : 'unchanged'].push(detector.name);
    return done;
  } catch (error) {
    return { ...done, skipped: reasonOf(error) };
  }
}

/** OpenSearch answers 400 (no handler found) for what it does not have. */
async function isThere(client: OpenSearch): Promise<boolean> {
  try {
    await ask(client, `${BASE}/count`);
    return true;
  } catch (error) {
    if (error instanceof errors.ResponseError && (error.statusCode === 400 || error.statusCode === 404)) return false;
    throw error;
  }
}

interface Found {
  readonly id: string;
  readonly description: string;
}

/** @returns whether anything had to be done. */
async function apply(client: OpenSearch, detector: Detector): Promise<boolean> {
  // The plugin keeps no metadata: the description tells of which version it is.
  const body = { ...detector, description: `${detector.description} [${digest(9, JSON.stringify(detector))}]` };
  const found = await find(client, detector.name);
  if (found === undefined) {
    const made = object(await ask(client, BASE, { method: 'POST', body }));
    await start(client, text(made?.['_id']) ?? '');
    return true;
  }
  const isRunning = await runs(client, found.id);
  if (found.description === body.description) {
    if (!isRunning) await start(client, found.id);
    return !isRunning;
  }
  // One that runs cannot be changed.
  if (isRunning) await ask(client, `${BASE}/${found.id}/_stop`, { method: 'POST' });
  await ask(client, `${BASE}/${found.id}`, { method: 'PUT', body });
  await start(client, found.id);
  return true;
}

async function find(client: OpenSearch, name: string): Promise<Found | undefined> {
  const body = { size: 1, query: { term: { 'name.keyword': name } } };
  // 404 until the first one is made.
  const answer = object(await ask(client, `${BASE}/_search`, { method: 'POST', body, ignore: [404] }));
  const hits = object(answer?.['hits'])?.['hits'];
  const hit = object(isArray(hits) ? hits[0] : undefined);
  const id = text(hit?.['_id']);
  return id === undefined ? undefined : { id, description: text(object(hit?.['_source'])?.['description']) ?? '' };
}

async function runs(client: OpenSearch, id: string): Promise<boolean> {
  const answer = object(await ask(client, `${BASE}/${id}`, { query: { job: 'true' } }));
  return object(answer?.['anomaly_detector_job'])?.['enabled'] === true;
}

async function start(client: OpenSearch, id: string): Promise<void> {
  await ask(client, `${BASE}/${id}/_start`, { method: 'POST' });
}

function reasonOf(error: unknown): string {
  const status = error instanceof errors.ResponseError ? error.statusCode : undefined;
  if (status === 403) return 'the domain does not let provision make detectors: map its role to anomaly_full_access';
  if (status === 400)
    return `a detector was refused, as it is before there are events of its kind: the next deployment tries again (${messageOf(error).slice(0, 300)})`;
  return `detectors could not be made: ${messageOf(error).slice(0, 300)}`;
}
