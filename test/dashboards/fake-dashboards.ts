// As much of Dashboards' saved-objects API as an import needs, with its rules: what conflicts is not imported, nor is anything beside it.
// https://github.com/opensearch-project/OpenSearch-Dashboards/tree/main/src/core/server/saved_objects/import
import { isArray, isObject, parseJson } from '../../shared/outcome.ts';
import { startHttpServer, type Answer, type Asked, type HttpServer } from '../fakes/http-server.ts';
import { array, member, string } from './json.ts';

export interface Held {
  readonly type: string;
  readonly id: string;
  readonly attributes: Readonly<Record<string, unknown>>;
  readonly references: readonly unknown[];
}

export interface FakeDashboards {
  readonly server: HttpServer;
  /** By `type id`. */
  readonly held: Map<string, Held>;
}

const CHECKED: ReadonlySet<string> = new Set(['index-pattern', 'search']);

export async function startFakeDashboards(): Promise<FakeDashboards> {
  const held = new Map<string, Held>();
  const server = await startHttpServer((asked) => answer(asked, held));
  return { server, held };
}

function answer(asked: Asked, held: Map<string, Held>): Answer {
  if (asked.headers['osd-xsrf'] === undefined) {
    return { status: 400, body: { statusCode: 400, error: 'Bad Request', message: 'Request must contain a osd-xsrf header.' } };
  }
  if (asked.url === '/api/saved_objects/_bulk_get') return { status: 200, body: bulkGet(asked.body, held) };
  const parts = partsOf(asked);
  const file = parts.get('file');
  if (file === undefined || !file.name.endsWith('.ndjson')) {
    return { status: 400, body: { statusCode: 400, error: 'Bad Request', message: 'Invalid file extension' } };
  }
  const objects = file.text.split('\n').flatMap((line) => (line === '' ? [] : [objectOf(line)]));
  if (asked.url === '/api/saved_objects/_import') return { status: 200, body: imported(objects, held, new Set()) };
  if (asked.url === '/api/saved_objects/_resolve_import_errors') {
    const retries = parseJson(parts.get('retries')?.text ?? '');
    const wanted = (isArray(retries) ? retries : []).filter((retry) => isObject(retry) && retry['overwrite'] === true);
    const keys = new Set(wanted.map((retry) => `${string(retry, 'type')} ${string(retry, 'id')}`));
    const chosen = objects.filter(({ type, id }) => keys.has(`${type} ${id}`));
    return { status: 200, body: imported(chosen, held, keys) };
  }
  return { status: 404, body: { statusCode: 404, error: 'Not Found', message: 'Not Found' } };
}

function bulkGet(body: string, held: ReadonlyMap<string, Held>): object {
  const asked = array({ asked: parseJson(body) }, 'asked');
  const saved_objects = asked.map((one) => {
    const [type, id] = [string(one, 'type'), string(one, 'id')];
    const found = held.get(`${type} ${id}`);
    return found === undefined
      ? { type, id, error: { statusCode: 404, error: 'Not Found', message: `Saved object [${type}/${id}] not found` } }
      : {
          ...found,
          version: 'WzEsMV0=',
          updated_at: '2026-11-21T00:00:00.000Z',
          migrationVersion: { [type]: '7.10.0' },
          namespaces: ['default'],
        };
  });
  return { saved_objects };
}

function imported(objects: readonly Held[], held: Map<string, Held>, overwritten: ReadonlySet<string>): object {
  const inFile = new Set(objects.map(({ type, id }) => `${type} ${id}`));
  const errors = objects.flatMap(({ type, id, references }) => {
    const missing = references.some((reference) => {
      const key = `${string(reference, 'type')} ${string(reference, 'id')}`;
      return CHECKED.has(string(reference, 'type')) && !inFile.has(key) && !held.has(key);
    });
    if (missing) return [{ type, id, error: { type: 'missing_references' } }];
    return held.has(`${type} ${id}`) && !overwritten.has(`${type} ${id}`) ? [{ type, id, error: { type: 'conflict' } }] : [];
  });
  if (errors.length > 0) return { success: false, successCount: 0, errors };
  for (const object of objects) held.set(`${object.type} ${object.id}`, migrated(object));
  return { success: true, successCount: objects.length };
}

/** Every migration reads and writes the state anew. */
function migrated(object: Held): Held {
  const state = object.attributes['visState'];
  const parsed = typeof state === 'string' ? parseJson(state) : undefined;
  return isObject(parsed) ? { ...object, attributes: { ...object.attributes, visState: JSON.stringify(parsed, undefined, 1) } } : object;
}

function objectOf(line: string): Held {
  const object = parseJson(line);
  const attributes = member(object, 'attributes');
  return {
    type: string(object, 'type'),
    id: string(object, 'id'),
    attributes: isObject(attributes) ? attributes : {},
    references: array(object, 'references'),
  };
}

interface Part {
  readonly name: string;
  readonly text: string;
}

/** https://www.rfc-editor.org/rfc/rfc7578 */
function partsOf({ headers, body }: Asked): ReadonlyMap<string, Part> {
  const boundary = /^multipart\/form-data; boundary=(\S+)$/.exec(headers['content-type'] ?? '')?.[1];
  const parts = new Map<string, Part>();
  for (const part of boundary === undefined ? [] : body.split(`--${boundary}`)) {
    const [, head = '', text = ''] = /^\r\n([^]*?)\r\n\r\n([^]*)\r\n$/.exec(part) ?? [];
    const field = / name="([^"]+)"/.exec(head)?.[1];
    if (field !== undefined) parts.set(field, { name: /filename="([^"]+)"/.exec(head)?.[1] ?? '', text });
  }
  return parts;
}
