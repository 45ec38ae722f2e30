// What the Microsoft 365 mapper knows by name.
// https://learn.microsoft.com/en-us/purview/audit-log-activities
import { OTHER, USER_TYPE } from './lib/audit.ts';

const LOGON = 1;
const LOGOFF = 2;

/** Operations that are Authentication, of the directory, Exchange, SharePoint, Teams and Power BI. */
export const SIGN_INS: ReadonlyMap<string, number> = new Map([
  ['UserLoggedIn', LOGON],
  ['UserLoginFailed', LOGON],
  ['ForeignRealmIndexLogonInitialAuthUsingADFSFederatedToken', LOGON],
  ['MailboxLogin', LOGON],
  ['SignInEvent', LOGON],
  ['TeamsSessionStarted', LOGON],
  ['UserLoggedOff', LOGOFF],
]);

/** Activities of File Hosting. https://schema.ocsf.io/1.8.0/classes/file_hosting (activity_id) */
export const FILE_ACTIVITIES: ReadonlyMap<string, number> = new Map([
  ...files(1, 'FileUploaded FileUploadedPartial'),
  ...files(2, 'FileDownloaded'),
  ...files(3, 'FileModified FileModifiedExtended FolderModified'),
  ...files(4, 'FileDeleted FileDeletedFirstStageRecycleBin FileDeletedSecondStageRecycleBin FileRecycled FileVersionsAllDeleted'),
  ...files(4, 'FolderDeleted FolderDeletedFirstStageRecycleBin FolderDeletedSecondStageRecycleBin FolderRecycled'),
  ...files(5, 'FileRenamed FolderRenamed'),
  ...files(6, 'FileCopied FolderCopied'),
  ...files(7, 'FileMoved FolderMoved'),
  ...files(8, 'FileRestored FolderRestored'),
  ...files(9, 'FilePreviewed'),
  ...files(10, 'FileCheckedOut'),
  ...files(11, 'FileCheckedIn FileCheckOutDiscarded'),
  ...files(12, 'SharingSet SharingInvitationCreated AnonymousLinkCreated CompanyLinkCreated SecureLinkCreated AddedToSecureLink'),
  ...files(13, 'SharingRevoked SharingInvitationRevoked AnonymousLinkRemoved CompanyLinkRemoved SecureLinkDeleted RemovedFromSecureLink'),
  ...files(14, 'FileAccessed FileAccessedExtended AnonymousLinkUsed CompanyLinkUsed SecureLinkUsed'),
  ...files(15, 'FileSyncDownloadedFull FileSyncDownloadedPartial FileSyncUploadedFull FileSyncUploadedPartial'),
]);

function files(activity: number, operations: string): [string, number][] {
  return operations.split(' ').map((operation) => [operation, activity]);
}

/** ItemType → file.type_id; another word is the type itself. */
export const FILE_TYPES: ReadonlyMap<string, number> = new Map([
  ['File', 1],
  ['Folder', 2],
]);

/** Activities of Group Management, for the groups of Teams and SharePoint. */
export const MEMBERSHIPS: ReadonlyMap<string, number> = new Map([
  ['MemberAdded', 3],
  ['AddedToGroup', 3],
  ['MemberRemoved', 4],
  ['RemovedFromGroup', 4],
  ['TeamDeleted', 5],
  ['TeamCreated', 6],
  ['MemberRoleChanged', OTHER],
]);

/** UserType, as number and as word → user.type_id; every other one is unknown. */
export const USER_TYPES: ReadonlyMap<string, number> = new Map([
  ['0', USER_TYPE.user],
  ['Regular', USER_TYPE.user],
  ['2', USER_TYPE.admin],
  ['Admin', USER_TYPE.admin],
  ['3', USER_TYPE.admin],
  ['DcAdmin', USER_TYPE.admin],
  ['4', USER_TYPE.system],
  ['System', USER_TYPE.system],
  ['5', USER_TYPE.service],
  ['Application', USER_TYPE.service],
  ['6', USER_TYPE.service],
  ['ServicePrincipal', USER_TYPE.service],
]);
