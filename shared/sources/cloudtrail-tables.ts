// What the CloudTrail mapper knows by name: where each field of a record goes, what kind of act an event name is, which events are sign-ins.
// Fields: https://docs.aws.amazon.com/awscloudtrail/latest/userguide/cloudtrail-event-reference-record-contents.html

export const PRODUCT = { name: 'CloudTrail', vendor_name: 'AWS' };
export const PROFILES = ['cloud'];
/** AWS says 36 characters; a document id in OpenSearch holds 512 bytes. */
export const MAX_EVENT_ID = 128;

/** Activities of API Activity. https://schema.ocsf.io/1.8.0/classes/api_activity */
export const ACTIVITY = { unknown: 0, create: 1, read: 2, update: 3, delete: 4, other: 99 } as const;

/** Activities of Authentication. https://schema.ocsf.io/1.8.0/classes/authentication */
const LOGON = 1;
const ACCOUNT_SWITCH = 7;

/**
 * Event names that are Authentication and not API Activity, with their activity, by the service that writes them. The choice is that of
 * OCSF's own CloudTrail example and of Security Lake (https://github.com/ocsf/examples, mappings for AWS CloudTrail), and the console's
 * change of role, for which OCSF has had an activity since. GetSessionToken, GetFederationToken and GetSigninToken are API calls there.
 */
export const SIGN_INS: ReadonlyMap<string, number> = new Map([
  ['ConsoleLogin', LOGON],
  ['UserAuthentication', LOGON],
  ['ExternalIdPDirectoryLogin', LOGON],
  ['SwitchRole', ACCOUNT_SWITCH],
  ['ExitRole', ACCOUNT_SWITCH],
  ['RenewRole', ACTIVITY.other],
  ['CheckMfa', ACTIVITY.other],
  ['CredentialChallenge', ACTIVITY.other],
  ['CredentialVerification', ACTIVITY.other],
]);
export const STS_LOGONS: ReadonlyMap<string, number> = new Map([
  ['AssumeRole', LOGON],
  ['AssumeRoleWithSAML', LOGON],
  ['AssumeRoleWithWebIdentity', LOGON],
]);

/** First word of an event name (CreateBucket: Create) → activity of API Activity. */
export const VERBS: ReadonlyMap<string, number> = new Map([
  ...verbs(ACTIVITY.create, 'Allocate Copy Create Import Initiate Invite Issue Launch Provision Publish Purchase Request Run Upload'),
  ...verbs(
    ACTIVITY.read,
    'Check Describe Discover Download Export Filter Get Head List Lookup Preview Query Scan Search Select Simulate View',
  ),
  ...verbs(
    ACTIVITY.update,
    'Accept Activate Add Apply Approve Assign Associate Attach Authorize Cancel Change Complete Configure Confirm Deactivate Deregister',
  ),
  ...verbs(
    ACTIVITY.update,
    'Detach Disable Disassociate Edit Enable Enter Execute Extend Grant Join Leave Modify Monitor Move Pause Promote Put Reboot Register',
  ),
  ...verbs(
    ACTIVITY.update,
    'Reject Remove Rename Renew Replace Reset Resize Restart Restore Resume Retry Revoke Rollback Rotate Schedule Send Set Share Start Stop',
  ),
  ...verbs(ACTIVITY.update, 'Suspend Swap Switch Tag Transfer Unassign Unmonitor Unshare Untag Update Upgrade Write'),
  ...verbs(ACTIVITY.delete, 'Abort Delete Deprovision Destroy Purge Release Terminate'),
]);

/** Words before the verb: BatchGetItem, AdminCreateUser (Cognito). */
export const VERB_PREFIXES: ReadonlySet<string> = new Set(['Admin', 'Batch']);

function verbs(activity: number, names: string): [string, number][] {
  return names.split(' ').map((name) => [name, activity]);
}

/** What kind of act an event name is. */
export function activityOf(name: string, isRead: boolean): number {
  let verb = word(name, 0);
  if (VERB_PREFIXES.has(verb)) verb = word(name, verb.length);
  return VERBS.get(verb) ?? (isRead ? ACTIVITY.read : ACTIVITY.other);
}

/** @returns the word of a CamelCase name that begins at `start`. */
function word(name: string, start: number): string {
  let end = start + 1;
  // a to z
  while (end < name.length && name.charCodeAt(end) >= 97 && name.charCodeAt(end) <= 122) end++;
  return name.slice(start, end);
}

/**
 * userIdentity.type → user.type_id; every other type is 99.
 * https://docs.aws.amazon.com/awscloudtrail/latest/userguide/cloudtrail-event-reference-user-identity.html
 */
export const USER_TYPE_IDS: ReadonlyMap<string, number> = new Map([
  ['IAMUser', 1],
  ['IdentityCenterUser', 1],
  ['Root', 2],
  ['AWSService', 4],
]);

/**
 * What becomes of a field: `text` moves to its OCSF attribute if it is text that is not empty, `own` has code of its own; a field that is
 * not listed, and a value that cannot move, goes to `unmapped` under its own name.
 */
export type Place = 'text' | 'own';

const BOTH: readonly (readonly [string, Place])[] = [
  ['eventVersion', 'text'],
  ['userIdentity', 'own'],
  ['eventTime', 'own'],
  ['eventSource', 'text'],
  ['eventName', 'own'],
  ['awsRegion', 'own'],
  ['sourceIPAddress', 'text'],
  ['errorCode', 'text'],
  ['errorMessage', 'text'],
  ['requestParameters', 'own'],
  ['responseElements', 'own'],
  ['requestID', 'own'],
  ['eventID', 'own'],
  ['eventType', 'text'],
  ['apiVersion', 'text'],
  ['recipientAccountId', 'own'],
  ['vpcEndpointId', 'text'],
];

export const API_PLACES: ReadonlyMap<string, Place> = new Map([...BOTH, ['userAgent', 'text'], ['resources', 'own']]);
/** Authentication has neither http_request nor resources. */
export const SIGN_IN_PLACES: ReadonlyMap<string, Place> = new Map(BOTH);

/** Members of userIdentity that move: always, or only if there is a user object to hold them. */
export const IDENTITY_PLACES: ReadonlyMap<string, 'always' | 'with user'> = new Map([
  ['arn', 'always'],
  ['userName', 'always'],
  ['accountId', 'always'],
  ['invokedBy', 'always'],
  ['identityProvider', 'always'],
  ['type', 'with user'],
  ['principalId', 'with user'],
  ['accessKeyId', 'with user'],
]);
