// What of a CloudTrail record has no attribute of its own: `unmapped`, and what its resources have beside their names.
// https://docs.aws.amazon.com/awscloudtrail/latest/userguide/cloudtrail-event-reference-record-contents.html
import type { Json, JsonObject } from '../model.ts';
import { isArray, isObject, object, text } from '../outcome.ts';
import type { User } from './cloudtrail-identity.ts';
import { IDENTITY_PLACES, type Place } from './cloudtrail-tables.ts';

/** Members of the record on their way to `unmapped`. */
export type Rest = Record<string, Json>;

/** What the attributes that are not simply moved hold. */
export interface Mapped {
  readonly user: User | undefined;
  readonly operation: string;
  readonly uid: string;
  readonly requestUid: string | undefined;
  readonly account: string | undefined;
  readonly region: string | undefined;
}

export function leftovers(fields: JsonObject, places: ReadonlyMap<string, Place>, mapped: Mapped): Rest {
  const rest: Rest = {};
  for (const name in fields) {
    const place = places.get(name);
    const member = fields[name];
    if (place === undefined || (place === 'text' && text(member) === undefined)) keep(rest, name, member);
  }
  keep(rest, 'userIdentity', identityLeftovers(fields['userIdentity'], mapped.user));
  correct(rest, 'eventName', fields, mapped.operation);
  correct(rest, 'eventID', fields, mapped.uid);
  correct(rest, 'requestID', fields, mapped.requestUid);
  correct(rest, 'recipientAccountId', fields, mapped.account);
  correct(rest, 'awsRegion', fields, mapped.region);
  return rest;
}

export function keep(rest: Rest, name: string, member: Json | undefined): void {
  if (member === undefined || member === null) return;
  // Assigning to __proto__ would not make a member.
  if (name === '__proto__') Object.defineProperty(rest, name, { value: member, enumerable: true, configurable: true, writable: true });
  else rest[name] = member;
}

/** Where the attribute does not hold what the record says (nothing, another type), `unmapped` has the record's word. */
function correct(rest: Rest, name: string, fields: JsonObject, mapped: string | undefined): void {
  const said = fields[name] ?? undefined;
  if (said !== mapped) rest[name] = said ?? null;
}

export function filled(rest: Rest): Rest | undefined {
  return Object.keys(rest).length === 0 ? undefined : rest;
}

function identityLeftovers(identity: Json | undefined, user: User | undefined): Json | undefined {
  if (!isObject(identity)) return identity;
  const rest: Rest = {};
  let moved = false;
  for (const name in identity) {
    const member = identity[name];
    const left = name === 'sessionContext' ? sessionLeftovers(member) : identityMoves(name, member, user) ? undefined : member;
    if (left !== member) moved = true;
    keep(rest, name, left);
  }
  return moved ? filled(rest) : identity;
}

function identityMoves(name: string, member: Json | undefined, user: User | undefined): boolean {
  const place = IDENTITY_PLACES.get(name);
  if (place === undefined || text(member) === undefined) return false;
  return place === 'always' || (name === 'type' ? user?.type !== undefined : user !== undefined);
}

/** The issuer's ARN is all that moves; the attributes stay as they were written. */
function sessionLeftovers(context: Json | undefined): Json | undefined {
  if (!isObject(context)) return context;
  const issuer = object(context['sessionIssuer']);
  if (text(issuer?.['arn']) === undefined) return context;
  const rest: Rest = {};
  for (const name in context) keep(rest, name, name === 'sessionIssuer' ? without(issuer ?? {}, 'arn') : context[name]);
  return filled(rest);
}

function without(members: JsonObject, left: string): Rest | undefined {
  const rest: Rest = {};
  for (const name in members) if (name !== left) keep(rest, name, members[name]);
  return filled(rest);
}

type Resource = Readonly<{
  uid: string | undefined;
  name: string | undefined;
  type: string | undefined;
  owner: { readonly account: { readonly uid: string } } | undefined;
  data: Rest | undefined;
}>;

/** @returns undefined if there is none, or one that OCSF cannot name: the array then stays whole. */
export function resourcesOf(listed: Json | undefined): readonly Resource[] | undefined {
  if (!isArray(listed) || listed.length === 0) return undefined;
  const resources: Resource[] = [];
  for (const item of listed) {
    const resource = isObject(item) ? resourceOf(item) : undefined;
    if (resource === undefined) return undefined;
    resources.push(resource);
  }
  return resources;
}

function resourceOf(item: JsonObject): Resource | undefined {
  const uid = text(item['ARN']);
  // All objects below a prefix, in S3 data events.
  const name = text(item['ARNPrefix']);
  if (uid === undefined && name === undefined) return undefined;
  const account = text(item['accountId']);
  const data: Rest = {};
  for (const [key, member] of Object.entries(item)) {
    const moves = key === 'ARN' || key === 'ARNPrefix' || key === 'type' || key === 'accountId';
    if (!moves || text(member) === undefined) keep(data, key, member);
  }
  const owner = account === undefined ? undefined : { account: { uid: account } };
  return { uid, name, type: text(item['type']), owner, data: filled(data) };
}
