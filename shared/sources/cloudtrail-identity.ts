// Who acted in a CloudTrail record: actor, subject of a sign-in, sessions.
// https://docs.aws.amazon.com/awscloudtrail/latest/userguide/cloudtrail-event-reference-user-identity.html
import type { Json, JsonObject } from '../model.ts';
import { epochMs, inRange } from '../ocsf/event.ts';
import { object, text } from '../outcome.ts';
import { USER_TYPE_IDS } from './cloudtrail-tables.ts';

const OTHER = 99;
/** Who acted, and from where, in events that name nobody: CloudTrail itself wrote them. */
export const CLOUDTRAIL = 'cloudtrail.amazonaws.com';

export interface User {
  readonly name?: string | undefined;
  readonly uid?: string | undefined;
  readonly uid_alt?: string | undefined;
  readonly type?: string | undefined;
  readonly type_id?: number | undefined;
  readonly account?: { readonly uid: string } | undefined;
  readonly programmatic_credentials?: readonly { readonly uid: string }[] | undefined;
}

interface Session {
  readonly issuer: string | undefined;
  readonly is_mfa: boolean | undefined;
  readonly created_time: number | undefined;
}

export interface Actor {
  readonly user: User | undefined;
  readonly session: Session | undefined;
  readonly app_name: string | undefined;
  readonly app_uid: string | undefined;
  readonly idp: { readonly name: string } | undefined;
}

/** OCSF 1.8 has deprecated actor.invoked_by and user.credential_uid, which Security Lake still writes; these are their successors. */
export function actorOf(identity: JsonObject | undefined, source: string | undefined): Actor {
  const user = identity === undefined ? undefined : userOf(identity);
  const session = sessionOf(object(identity?.['sessionContext']));
  const invokedBy = text(identity?.['invokedBy']);
  const provider = text(identity?.['identityProvider']);
  const nobody = user === undefined && session === undefined && invokedBy === undefined;
  return {
    user,
    session,
    app_name: invokedBy,
    app_uid: nobody ? (source ?? CLOUDTRAIL) : undefined,
    idp: provider === undefined ? undefined : { name: provider },
  };
}

/** OCSF has the word beside the id only where the id is 99; with another id CloudTrail's word stays in `unmapped`. */
function userOf(identity: JsonObject): User | undefined {
  const name = text(identity['userName']);
  const uid = text(identity['arn']);
  const account = text(identity['accountId']);
  // OCSF requires one of them; AWS services often have none.
  if (name === undefined && uid === undefined && account === undefined) return undefined;
  const type = text(identity['type']);
  const key = text(identity['accessKeyId']);
  const typeId = type === undefined ? undefined : (USER_TYPE_IDS.get(type) ?? OTHER);
  return {
    name,
    uid,
    uid_alt: text(identity['principalId']),
    type: typeId === OTHER ? type : undefined,
    type_id: typeId,
    account: account === undefined ? undefined : { uid: account },
    programmatic_credentials: key === undefined ? undefined : [{ uid: key }],
  };
}

function sessionOf(context: JsonObject | undefined): Session | undefined {
  if (context === undefined) return undefined;
  const attributes = object(context['attributes']);
  const issuer = text(object(context['sessionIssuer'])?.['arn']);
  const isMfa = flag(attributes?.['mfaAuthenticated']);
  const created = text(attributes?.['creationDate']);
  const time = created === undefined ? undefined : epochMs(created);
  const createdTime = time !== undefined && inRange(time) ? time : undefined;
  if (issuer === undefined && isMfa === undefined && createdTime === undefined) return undefined;
  return { issuer, is_mfa: isMfa, created_time: createdTime };
}

/** Who is signed in: the role where one is assumed, else the caller. */
export function subjectOf(fields: JsonObject): User | undefined {
  const asked = object(fields['requestParameters']);
  const role = text(asked?.['roleArn']);
  return role === undefined ? callerOf(fields, object(fields['userIdentity'])) : { uid: role, name: text(asked?.['roleSessionName']) };
}

function callerOf(fields: JsonObject, identity: JsonObject | undefined): User | undefined {
  const account = text(identity?.['accountId']) ?? text(fields['recipientAccountId']);
  // Identity Center names the person outside userIdentity, or by its own id.
  const name = text(identity?.['userName']) ?? text(object(fields['additionalEventData'])?.['UserName']);
  const uid = text(identity?.['arn']);
  if (name === undefined && uid === undefined && account === undefined) return undefined;
  const alternative = text(identity?.['principalId']) ?? text(object(identity?.['onBehalfOf'])?.['userId']);
  return { name, uid, uid_alt: alternative, account: account === undefined ? undefined : { uid: account } };
}

/** The session that AssumeRole opened: what is done in it is done with this key. */
export function newSessionOf(
  answered: JsonObject | undefined,
): Readonly<Record<'uid' | 'uid_alt' | 'credential_uid', string | undefined>> | undefined {
  const role = object(answered?.['assumedRoleUser']);
  const uid = text(role?.['arn']);
  return uid === undefined
    ? undefined
    : { uid, uid_alt: text(role?.['assumedRoleId']), credential_uid: text(object(answered?.['credentials'])?.['accessKeyId']) };
}

/** CloudTrail writes booleans as booleans, as "true" and "false", and as Yes and No. */
export function flag(said: Json | undefined): boolean | undefined {
  if (said === true || said === 'true' || said === 'Yes') return true;
  return said === false || said === 'false' || said === 'No' ? false : undefined;
}
