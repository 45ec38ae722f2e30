// Who asked the Kubernetes API, by an audit event. https://kubernetes.io/docs/reference/config-api/apiserver-audit.v1/ (user, annotations)
// What EKS puts into user.extra: https://github.com/kubernetes-sigs/aws-iam-authenticator
import type { JsonObject } from '../model.ts';
import { isArray, text } from '../outcome.ts';
import { dropEmpty, type Fields, inside, markTaken, peekText, takeText } from './lib/fields.ts';

const USER_TYPE = { unknown: 0, user: 1, admin: 2, system: 3, service: 4 } as const;

/** Where nobody could be authenticated, the program that asked is all there is. */
export function actorOf(fields: Fields): JsonObject {
  const user = inside(fields, 'user');
  const found = userOf(user);
  const extra = inside(user, 'extra');
  const issuer = oneText(extra, 'canonicalArn');
  const uid = oneText(extra, 'sessionName');
  return {
    user: found,
    app_name: found === undefined ? (peekText(fields, 'userAgent') ?? 'unknown') : undefined,
    session: issuer === undefined && uid === undefined ? undefined : { uid, issuer },
    authorizations: authorizationsOf(inside(fields, 'annotations')),
  };
}

function userOf(user: Fields): JsonObject | undefined {
  const extra = inside(user, 'extra');
  const arn = oneText(extra, 'arn');
  const name = takeText(user, 'username');
  const uid = arn ?? takeText(user, 'uid');
  if (name === undefined && uid === undefined) return undefined;
  const groups = groupsOf(user);
  const key = oneText(extra, 'accessKeyId');
  const account = arn?.split(':', 5)[4];
  return {
    name,
    uid,
    uid_alt: oneText(extra, 'principalId'),
    type_id: typeOf(name ?? '', groups ?? []),
    groups,
    account: account === undefined || account === '' ? undefined : { uid: account },
    programmatic_credentials: key === undefined ? undefined : [{ uid: key }],
  };
}

function groupsOf(user: Fields): readonly { readonly name: string }[] | undefined {
  const listed = user.members['groups'];
  if (!isArray(listed) || listed.length === 0) return undefined;
  const groups: { name: string }[] = [];
  for (const name of listed) {
    if (typeof name !== 'string') return undefined;
    groups.push({ name });
  }
  markTaken(user, 'groups');
  return groups;
}

/** system:masters may do everything, whatever the rules say. */
function typeOf(name: string, groups: readonly { readonly name: string }[]): number {
  if (name === 'system:anonymous') return USER_TYPE.unknown;
  if (name.startsWith('system:serviceaccount:')) return USER_TYPE.service;
  if (name.startsWith('system:') || name.startsWith('eks:')) return USER_TYPE.system;
  return groups.some((group) => group.name === 'system:masters') ? USER_TYPE.admin : USER_TYPE.user;
}

/** Takes the text of a list of one, as user.extra has them. */
function oneText(fields: Fields, name: string): string | undefined {
  const listed = fields.members[name];
  const found = isArray(listed) && listed.length === 1 ? text(listed[0]) : undefined;
  if (found !== undefined) markTaken(fields, name);
  return found;
}

function authorizationsOf(annotations: Fields): readonly JsonObject[] | undefined {
  const decision = takeText(annotations, 'authorization.k8s.io/decision');
  const reason = takeText(annotations, 'authorization.k8s.io/reason');
  dropEmpty(annotations);
  if (decision === undefined && reason === undefined) return undefined;
  return [{ decision, policy: reason === undefined ? undefined : { name: reason } }];
}
