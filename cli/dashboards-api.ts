// The saved objects of an OpenSearch Dashboards, over its HTTP API. https://docs.opensearch.org/latest/dashboards/management/saved-objects-api/
// Nothing is said in the query of a URL: Amazon OpenSearch Service ignores it in signed POST requests.
// https://docs.aws.amazon.com/opensearch-service/latest/developerguide/managedomains-signing-service-requests.html
import { Client, errors } from '@opensearch-project/opensearch';
import { AwsSigv4Signer } from '@opensearch-project/opensearch/aws';
import { defaultProvider } from '@aws-sdk/credential-provider-node';
import { keyOf } from '../shared/dashboards/plan.ts';
import type { Stored } from '../shared/dashboards/marker.ts';
import type { Reference, SavedObject } from '../shared/dashboards/model.ts';
import { toNdjson } from '../shared/dashboards/saved-objects.ts';
import { MisconfiguredError } from '../shared/errors.ts';
import { isArray, isObject, object, text } from '../shared/outcome.ts';

export interface DashboardsOptions {
  /** `http://localhost:5601`, or `https://<domain>/_dashboards`. */
  readonly url: string;
  /** `global`, or the name of a tenant; ignored where the security plugin is not there. */
  readonly tenant: string;
  readonly access: Access;
}

/** How it knows us: not at all, by the value of the header Authorization, or by requests signed with the caller's AWS credentials. */
export type Access =
  | { readonly kind: 'none' }
  | { readonly kind: 'header'; readonly authorization: string }
  | { readonly kind: 'aws'; readonly region: string };

export interface DashboardsApi {
  /** @returns those that are there, by keyOf(). */
  read(objects: readonly Pick<SavedObject, 'type' | 'id'>[]): Promise<ReadonlyMap<string, Stored>>;
  /** Creates all of them, or none where one of them is there already. */
  create(objects: readonly SavedObject[]): Promise<void>;
  /** Puts them in the place of those with the same id. */
  replace(objects: readonly SavedObject[]): Promise<void>;
}

type Kind = SavedObject['type'];
const KINDS: readonly Kind[] = ['index-pattern', 'search', 'visualization', 'dashboard'];
const NOT_FOUND = 404;
const TIMEOUT_MS = 120_000;

/** @throws MisconfiguredError where the URL is none, or what answers there is no Dashboards that lets us in. */
export function dashboardsApi(options: DashboardsOptions): DashboardsApi {
  const client = clientOf(options);
  const headers = {
    'osd-xsrf': 'true',
    securitytenant: options.tenant,
    ...(options.access.kind === 'header' ? { authorization: options.access.authorization } : {}),
  };
  const post = async (path: string, body: string, contentType: string): Promise<unknown> => {
    try {
      const answer = await client.transport.request(
        { method: 'POST', path, body },
        { headers: { ...headers, 'content-type': contentType }, requestTimeout: TIMEOUT_MS },
      );
      return answer.body;
    } catch (error) {
      throw problemOf(error, `${options.url}${path}`);
    }
  };
  const upload = async (path: string, objects: readonly SavedObject[], fields: Readonly<Record<string, string>>): Promise<void> => {
    if (objects.length === 0) return;
    const form = new FormData();
    for (const [name, value] of Object.entries(fields)) form.append(name, value);
    form.append('file', new File([toNdjson(objects)], 'strongroom.ndjson', { type: 'application/ndjson' }));
    const encoded = new Response(form);
    const contentType = encoded.headers.get('content-type') ?? 'multipart/form-data';
    assertImported(await post(path, await encoded.text(), contentType), objects.length);
  };
  return {
    async read(objects) {
      const asked = objects.map(({ type, id }) => ({ type, id }));
      return storedIn(await post('/api/saved_objects/_bulk_get', JSON.stringify(asked), 'application/json'));
    },
    create: (objects) => upload('/api/saved_objects/_import', objects, {}),
    replace: (objects) => {
      const retries = objects.map(({ type, id }) => ({ type, id, overwrite: true, replaceReferences: [] }));
      return upload('/api/saved_objects/_resolve_import_errors', objects, { retries: JSON.stringify(retries) });
    },
  };
}

function clientOf({ url, access }: DashboardsOptions): Client {
  if (!URL.canParse(url) || !/^https?:$/.test(new URL(url).protocol)) {
    throw new MisconfiguredError(`--url must be the address of Dashboards, such as https://<domain>/_dashboards (found "${url}")`);
  }
  const common = { node: url, maxRetries: 0, disablePrototypePoisoningProtection: true } as const;
  if (access.kind !== 'aws') return new Client(common);
  const provider = defaultProvider();
  return new Client({ ...common, ...AwsSigv4Signer({ region: access.region, service: 'es', getCredentials: () => provider() }) });
}

function problemOf(error: unknown, where: string): unknown {
  if (error instanceof errors.ResponseError) {
    const body: unknown = error.body;
    const said = object(body)?.['message'] ?? body;
    const why = typeof said === 'string' ? said.slice(0, 300) : '';
    return new MisconfiguredError(`${where} answered ${error.statusCode} ${why}`.trimEnd(), { cause: error });
  }
  if (error instanceof errors.OpenSearchClientError) {
    return new MisconfiguredError(`${where} cannot be reached: ${error.message}`, { cause: error });
  }
  return error;
}

function storedIn(body: unknown): ReadonlyMap<string, Stored> {
  const listed = object(body)?.['saved_objects'];
  if (!isArray(listed)) throw new MisconfiguredError('what answers at --url is no OpenSearch Dashboards: it lists no saved objects');
  const found = new Map<string, Stored>();
  for (const entry of listed) {
    if (!isObject(entry)) continue;
    const problem = object(entry['error']);
    if (problem !== undefined && problem['statusCode'] !== NOT_FOUND) {
      throw new MisconfiguredError(`Dashboards does not show ${text(entry['id']) ?? ''}: ${text(problem['message']) ?? 'no reason given'}`);
    }
    const type = KINDS.find((kind) => kind === entry['type']);
    const id = text(entry['id']);
    if (problem !== undefined || type === undefined || id === undefined) continue;
    found.set(keyOf({ type, id }), {
      type,
      id,
      attributes: object(entry['attributes']) ?? {},
      references: referencesIn(entry['references']),
    });
  }
  return found;
}

function referencesIn(listed: unknown): readonly Reference[] {
  return (isArray(listed) ? listed : []).flatMap((entry) => {
    const { name, type, id } = object(entry) ?? {};
    return typeof name === 'string' && typeof type === 'string' && typeof id === 'string' ? [{ name, type, id }] : [];
  });
}

/** An import answers 200 whatever became of the objects. */
function assertImported(body: unknown, expected: number): void {
  const { success, successCount, errors: refused } = object(body) ?? {};
  if (success === true && successCount === expected) return;
  const reasons = (isArray(refused) ? refused : []).flatMap((entry) => {
    const { type, id, error } = object(entry) ?? {};
    return typeof type === 'string' && typeof id === 'string' ? [`${type} ${id}: ${text(object(error)?.['type']) ?? 'refused'}`] : [];
  });
  const some = reasons.slice(0, 5).join('; ');
  throw new MisconfiguredError(
    `Dashboards imported ${typeof successCount === 'number' ? successCount : 0} of ${expected} objects${some === '' ? '' : ` (${some})`}`,
  );
}
