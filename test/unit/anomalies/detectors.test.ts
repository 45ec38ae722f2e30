// The Anomaly Detection plugin is no part of the server that runs here: its API is answered as its documentation says.
import { provisionDetectors } from '../../../shared/anomalies/detectors.ts';
import type { JsonObject } from '../../../shared/model.ts';
import { openSearchClient, type OpenSearch } from '../../../shared/opensearch/client.ts';
import { object, parseJson, text } from '../../../shared/outcome.ts';
import { startHttpServer, type Answer, type Asked, type HttpServer } from '../../fakes/http-server.ts';

const BASE = '/_plugins/_anomaly_detection/detectors';

interface Made {
  body: JsonObject;
  running: boolean;
}

let made: Map<string, Made>;
let refuse: (asked: Asked) => Answer | undefined;
let server: HttpServer;
let client: OpenSearch;

beforeEach(async () => {
  made = new Map();
  refuse = () => undefined;
  server = await startHttpServer((asked) => refuse(asked) ?? answer(asked));
  client = openSearchClient(server.url, 'eu-central-1');
});

afterEach(async () => {
  await client.close();
  await server.close();
});

function answer({ method, url, body }: Asked): Answer {
  const [path = ''] = url.split('?');
  const sent = object(parseJson(body)) ?? {};
  if (path === `${BASE}/count`) return { status: 200, body: { count: made.size, match: false } };
  if (path === `${BASE}/_search`) return search(text(object(object(sent['query'])?.['term'])?.['name.keyword']) ?? '');
  if (path !== BASE) return detector(method, path.slice(BASE.length + 1), sent);
  const id = `id-${text(sent['name']) ?? ''}`;
  made.set(id, { body: sent, running: false });
  return { status: 201, body: { _id: id } };
}

function detector(method: string, path: string, sent: JsonObject): Answer {
  const [id = '', action] = path.split('/');
  const found = made.get(id);
  if (found === undefined) return { status: 404, body: { error: 'no such detector' } };
  if (method === 'GET') return { status: 200, body: { _id: id, anomaly_detector_job: { enabled: found.running } } };
  if (action !== undefined) found.running = action === '_start';
  else if (found.running) return { status: 400, body: { error: 'Detector job is running' } };
  else found.body = sent;
  return { status: 200, body: { _id: id } };
}

function search(name: string): Answer {
  if (made.size === 0) return { status: 404, body: { error: { type: 'index_not_found_exception' } } };
  const hits = [...made].filter(([, { body }]) => body['name'] === name).map(([id, { body }]) => ({ _id: id, _source: body }));
  return { status: 200, body: { hits: { hits } } };
}

it('makes and starts what is not there, and leaves alone what is', async () => {
  const first = await provisionDetectors(client);
  const asked = server.asked.length;
  const second = await provisionDetectors(client);

  expect(first).toEqual({
    applied: ['strongroom-calls-by-role', 'strongroom-traffic-by-host', 'strongroom-failed-signins'],
    unchanged: [],
  });
  expect(second).toEqual({ applied: [], unchanged: first.applied });
  expect([...made.values()].every(({ running }) => running)).toBe(true);
  expect(server.asked.slice(asked).filter(({ method, url }) => method === 'PUT' || /_st(?:art|op)$/.test(url))).toEqual([]);
  for (const { body } of made.values()) {
    expect(text(body['name'])).toMatch(/^[A-Za-z0-9_-]{1,64}$/);
    expect(body).toMatchObject({ time_field: 'time', detection_interval: { period: { unit: 'Minutes' } } });
  }
});

it('stops, changes and starts again what is otherwise', async () => {
  await provisionDetectors(client);
  const one = made.get('id-strongroom-calls-by-role');
  if (one === undefined) throw new Error('none');
  const { body } = one;
  one.body = { ...body, description: 'of an earlier version' };

  expect((await provisionDetectors(client)).applied).toEqual(['strongroom-calls-by-role']);
  expect(one).toEqual({ body, running: true });
});

it('starts what somebody has stopped', async () => {
  await provisionDetectors(client);
  const one = made.get('id-strongroom-failed-signins');
  if (one === undefined) throw new Error('none');
  one.running = false;

  expect((await provisionDetectors(client)).applied).toEqual(['strongroom-failed-signins']);
  expect(one.running).toBe(true);
});

it.each([
  [
    'has no plugin',
    () => ({ status: 400, body: { error: `no handler found for uri [${BASE}/count] and method [GET]` } }),
    /no Anomaly Detection plugin/,
  ],
  ['does not let us', () => ({ status: 403, body: { error: { type: 'security_exception' } } }), /anomaly_full_access/],
  [
    'has no events yet',
    ({ method, url }: Asked) => (method === 'POST' && url === BASE ? { status: 400, body: { error: 'no index' } } : undefined),
    /next deployment/,
  ],
  ['fails', () => ({ status: 503, body: {} }), /could not be made/],
])('says why nothing was done where the domain %s', async (_why, refusal: (asked: Asked) => Answer | undefined, reason) => {
  refuse = refusal;

  expect(await provisionDetectors(client)).toMatchObject({ applied: [], skipped: expect.stringMatching(reason) as unknown });
});
