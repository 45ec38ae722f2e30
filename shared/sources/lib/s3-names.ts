// What the names in S3 server access logs mean: operations and requesters.
// https://docs.aws.amazon.com/AmazonS3/latest/userguide/LogFormat.html (operation, requester)
import type { JsonObject } from '../../model.ts';

const CREATE = 1;
const READ = 2;
const UPDATE = 3;
const DELETE = 4;
export const OTHER = 99;

/** Whole operations, where the method alone would mislead. CloudTrail's mapping is followed: PutObject is an update, CopyObject a creation. */
const OPERATIONS: ReadonlyMap<string, number> = new Map([
  ['REST.PUT.BUCKET', CREATE],
  ['REST.PUT.PART', CREATE],
  ['REST.POST.OBJECT', CREATE],
  ['REST.POST.UPLOADS', CREATE],
  ['REST.COPY.OBJECT_GET', READ],
  ['REST.COPY.PART_GET', READ],
  ['REST.POST.MULTI_OBJECT_DELETE', DELETE],
  ['S3.CREATE.DELETEMARKER', DELETE],
]);
/** The word behind the first point: an HTTP method, or what lifecycle rules do. */
const ACTIONS: ReadonlyMap<string, number> = new Map([
  ['GET', READ],
  ['HEAD', READ],
  ['OPTIONS', READ],
  ['PUT', UPDATE],
  ['POST', UPDATE],
  ['PATCH', UPDATE],
  ['COPY', CREATE],
  ['DELETE', DELETE],
  ['EXPIRE', DELETE],
]);

const MAX_KNOWN = 1000;
const known = new Map<string, number>();

/** @param operation `REST.PUT.OBJECT`. @returns the activity of API Activity; 99 for what is none of create, read, update and delete. */
export function activityOf(operation: string): number {
  const before = known.get(operation);
  if (before !== undefined) return before;
  const action = operation.split('.', 2)[1] ?? '';
  const found = OPERATIONS.get(operation) ?? ACTIONS.get(action) ?? (action.startsWith('TRANSITION') ? UPDATE : OTHER);
  if (known.size < MAX_KNOWN) known.set(operation, found);
  return found;
}

// Types of users. https://schema.ocsf.io/1.8.0/objects/user (type_id)
const USER = 1;
const ADMIN = 2;
const SERVICE = 4;

const ARN = /^arn:[a-z-]+:(?:iam|sts)::(?<account>\d{12}):(?<kind>[a-z-]+)(?:\/(?<path>.+))?$/;

/** @returns who asked, as the actor OCSF demands. Nobody is named where a request was not signed. */
export function requesterOf(requester: string | undefined, operation: string | undefined): JsonObject {
  if (requester === undefined || requester === '') {
    return operation?.startsWith('S3.') === true ? { user: { name: 'AmazonS3', type_id: SERVICE } } : { user: { name: 'Anonymous' } };
  }
  if (requester === 'AmazonS3' || requester === 'Anonymous') return { user: { name: requester, ...typeOf(requester) } };
  const { account, kind, path } = requester.startsWith('arn:') ? (ARN.exec(requester)?.groups ?? {}) : {};
  if (account === undefined) return { user: { uid: requester, ...typeOf(requester) } };
  return { user: { uid: requester, account: { uid: account }, ...kindOf(kind ?? '', path) } };
}

function typeOf(requester: string): JsonObject {
  return requester === 'AmazonS3' || requester.startsWith('svc:') ? { type_id: SERVICE } : {};
}

function kindOf(kind: string, path: string | undefined): JsonObject {
  switch (kind) {
    case 'user':
      return { name: path?.slice(path.lastIndexOf('/') + 1), type_id: USER };
    case 'root':
      return { type_id: ADMIN };
    // As CloudTrail calls them.
    case 'assumed-role':
      return { type: 'AssumedRole', type_id: OTHER };
    case 'federated-user':
      return { type: 'FederatedUser', type_id: OTHER };
    default:
      return {};
  }
}
