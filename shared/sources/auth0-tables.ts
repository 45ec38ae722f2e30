// What the codes of Auth0's log events mean. https://auth0.com/docs/deploy-monitor/logs/log-event-type-codes
// A code that is not here is API Activity: `w` (a warning), `cls` (a link was sent), limits, the life of connectors and actions.
import { ACCOUNT_CHANGE, API_ACTIVITY, AUTHENTICATION, STATUS, type OcsfClass } from '../ocsf/classes.ts';
import { OTHER } from './lib/audit.ts';

export interface EventType {
  readonly cls: OcsfClass;
  readonly activity: number;
  readonly status: number;
  /** What Auth0 calls it: the activity's name where OCSF has none. */
  readonly name: string;
}

type Kind = Omit<EventType, 'name'>;

const { success, failure } = STATUS;
const LOGON = 1;
const LOGOFF = 2;

export const EVENT_TYPES: ReadonlyMap<string, EventType> = new Map([
  ...types(
    { cls: AUTHENTICATION, activity: LOGON, status: success },
    {
      s: 'Success Login',
      ssa: 'Success Silent Auth',
      scoa: 'Success cross-origin authentication',
      sens: 'Success Exchange: Native Social Login',
    },
  ),
  ...types(
    { cls: AUTHENTICATION, activity: LOGON, status: failure },
    {
      f: 'Failed Login',
      fp: 'Failed Login (Incorrect Password)',
      fu: 'Failed Login (Invalid Email/Username)',
      fc: 'Failed by Connector',
      pwd_leak: 'Breached password',
      fsa: 'Failed Silent Auth',
      fcoa: 'Failed cross-origin authentication',
      fens: 'Failed Exchange: Native Social Login',
    },
  ),
  ...types(
    { cls: AUTHENTICATION, activity: LOGOFF, status: success },
    {
      slo: 'Success Logout',
      oidc_backchannel_logout_succeeded: 'OIDC back-channel logout succeeded',
    },
  ),
  ...types(
    { cls: AUTHENTICATION, activity: LOGOFF, status: failure },
    {
      flo: 'Failed Logout',
      oidc_backchannel_logout_failed: 'OIDC back-channel logout failed',
    },
  ),
  ...types(
    { cls: AUTHENTICATION, activity: OTHER, status: success },
    {
      seacft: 'Success Exchange: Authorization Code for Access Token',
      seccft: 'Success Exchange: Client Credentials for Access Token',
      sepft: 'Success Exchange: Password for Access Token',
      sertft: 'Success Exchange: Refresh Token for Access Token',
      sede: 'Success Exchange: Device Code for Access Token',
      seoobft: 'Success Exchange: Password and OOB Challenge for Access Token',
      seotpft: 'Success Exchange: Password and OTP Challenge for Access Token',
      gd_auth_succeed: 'MFA Auth success',
      gd_recovery_succeed: 'MFA recovery success',
      sepotpft: 'Success Exchange: Passwordless OTP for Access Token',
      sercft: 'Success Exchange: Password and MFA Recovery code for Access Token',
      ciba_exchange_succeeded: 'Successful CIBA Exchange',
    },
  ),
  ...types(
    { cls: AUTHENTICATION, activity: OTHER, status: failure },
    {
      feacft: 'Failed Exchange: Authorization Code for Access Token',
      feccft: 'Failed Exchange: Client Credentials for Access Token',
      fepft: 'Failed Exchange: Password for Access Token',
      fertft: 'Failed Exchange: Refresh Token for Access Token',
      ferrt: 'Failed Exchange: Rotating Refresh Token',
      fede: 'Failed Exchange: Device Code for Access Token',
      feoobft: 'Failed Exchange: Password and OOB Challenge for Access Token',
      feotpft: 'Failed Exchange: Password and OTP Challenge for Access Token',
      gd_auth_failed: 'MFA Auth failed',
      gd_auth_rejected: 'MFA Auth rejected',
      gd_otp_rate_limit_exceed: 'Too many MFA OTP failures',
      gd_recovery_failed: 'MFA recovery failed',
      fepotpft: 'Failed Exchange: Passwordless OTP for Access Token',
      fercft: 'Failed Exchange: Password and MFA Recovery code for Access Token',
      ciba_exchange_failed: 'Failed CIBA Exchange',
    },
  ),
  ...types(
    { cls: ACCOUNT_CHANGE, activity: 1, status: failure },
    {
      signup_pwd_leak: 'Breached password on signup',
      fs: 'Failed Signup',
    },
  ),
  ...types(
    { cls: ACCOUNT_CHANGE, activity: 1, status: success },
    {
      ss: 'Success Signup',
    },
  ),
  ...types(
    { cls: ACCOUNT_CHANGE, activity: 12, status: success },
    {
      ublkdu: 'User block released',
    },
  ),
  ...types(
    { cls: ACCOUNT_CHANGE, activity: 3, status: success },
    {
      scp: 'Success Change Password',
    },
  ),
  ...types(
    { cls: ACCOUNT_CHANGE, activity: 3, status: failure },
    {
      fcp: 'Failed Change Password',
    },
  ),
  ...types(
    { cls: ACCOUNT_CHANGE, activity: 4, status: success },
    {
      scpr: 'Success Change Password Request',
    },
  ),
  ...types(
    { cls: ACCOUNT_CHANGE, activity: 4, status: failure },
    {
      fcpr: 'Failed Change Password Request',
    },
  ),
  ...types(
    { cls: ACCOUNT_CHANGE, activity: 6, status: success },
    {
      sdu: 'Successful User Deletion',
    },
  ),
  ...types(
    { cls: ACCOUNT_CHANGE, activity: 6, status: failure },
    {
      fdu: 'Failed User Deletion',
    },
  ),
  ...types(
    { cls: ACCOUNT_CHANGE, activity: 9, status: success },
    {
      limit_wc: 'Blocked Account',
      limit_sul: 'Blocked User',
    },
  ),
  ...types(
    { cls: ACCOUNT_CHANGE, activity: 10, status: success },
    {
      gd_enrollment_complete: 'Guardian - Enrollment complete (MFA)',
    },
  ),
  ...types(
    { cls: ACCOUNT_CHANGE, activity: 11, status: success },
    {
      gd_unenroll: 'Unenroll device account',
    },
  ),
  ...types(
    { cls: ACCOUNT_CHANGE, activity: OTHER, status: success },
    {
      sce: 'Success Change Email',
      scu: 'Success Change Username',
      scpn: 'Success Change Phone Number',
      sv: 'Success Verification Email',
      svr: 'Success Verification Email Request',
    },
  ),
  ...types(
    { cls: ACCOUNT_CHANGE, activity: OTHER, status: failure },
    {
      fce: 'Failed Change Email',
      fcu: 'Failed Change Username',
      fcpn: 'Failed Change Phone Number',
      fv: 'Failed Verification Email',
      fvr: 'Failed Verification Email Request',
    },
  ),
  ...types(
    { cls: API_ACTIVITY, activity: OTHER, status: success },
    {
      sapi: 'Success API Operation',
    },
  ),
  ...types(
    { cls: API_ACTIVITY, activity: OTHER, status: failure },
    {
      fapi: 'Failed API Operation',
    },
  ),
  ...types(
    { cls: API_ACTIVITY, activity: 2, status: success },
    {
      mgmt_api_read: 'Read API Operation',
    },
  ),
]);

function types(kind: Kind, names: Readonly<Record<string, string>>): [string, EventType][] {
  return Object.entries(names).map(([code, name]) => [code, { ...kind, name }]);
}
