// GuardDuty and Security Hub, per region: the security account administers them, and every account of the organization takes part from its first day.
// https://docs.aws.amazon.com/guardduty/latest/ug/guardduty_organizations.html
// https://docs.aws.amazon.com/securityhub/latest/userguide/designate-orgs-admin-account.html
import {
  CreateDetectorCommand,
  DescribeOrganizationConfigurationCommand as DescribeGuardDutyCommand,
  EnableOrganizationAdminAccountCommand as EnableGuardDutyAdminCommand,
  ListDetectorsCommand,
  paginateListOrganizationAdminAccounts as guardDutyAdmins,
  UpdateOrganizationConfigurationCommand as UpdateGuardDutyCommand,
  type GuardDutyClient,
  type OrgFeature,
} from '@aws-sdk/client-guardduty';
import {
  DescribeOrganizationConfigurationCommand as DescribeSecurityHubCommand,
  EnableOrganizationAdminAccountCommand as EnableSecurityHubAdminCommand,
  paginateListOrganizationAdminAccounts as securityHubAdmins,
  UpdateOrganizationConfigurationCommand as UpdateSecurityHubCommand,
} from '@aws-sdk/client-securityhub';
import type { BankConfig } from '../config.ts';
import { MisconfiguredError } from '../errors.ts';
import type { Session, Sessions } from './sessions.ts';
import type { Looked, Step } from './step.ts';

/** Of GuardDuty, for all accounts. Runtime monitoring is not among them: it puts agents onto the bank's own machines, which is for the bank to decide. */
const FEATURES: readonly OrgFeature[] = [
  'S3_DATA_EVENTS',
  'EKS_AUDIT_LOGS',
  'EBS_MALWARE_PROTECTION',
  'RDS_LOGIN_EVENTS',
  'LAMBDA_NETWORK_LOGS',
];

interface Where {
  readonly security: string;
  readonly region: string;
  /** Of the management account, and of the security account. */
  readonly managing: () => Promise<Session>;
  readonly securing: () => Promise<Session>;
}

/** @param bank as the region has it. @returns none where the bank's file has no organization. */
export function detectorSteps(bank: BankConfig, sessions: Sessions): readonly Step[] {
  const { organization, security_account: security, region } = bank;
  if (organization === undefined) return [];
  const management = organization.management_account;
  const where: Where = {
    security,
    region,
    managing: () => sessions.of(management, region),
    securing: () => sessions.of(security, region),
  };
  return [
    { ...guardDutyAdmin(where), account: management, region },
    { ...guardDutyDetector(where), account: security, region },
    { ...guardDutyMembers(where), account: security, region },
    { ...securityHubAdmin(where), account: management, region },
    { ...securityHubMembers(where), account: security, region },
  ];
}

type Half = Omit<Step, 'account' | 'region'>;

/** @throws MisconfiguredError where somebody else has the place: to take it away is not ours. */
function administered(service: string, admins: readonly string[], { security, region }: Where): Looked {
  if (admins.includes(security)) return { done: true, found: `administered by ${security}` };
  const [other] = admins;
  if (other !== undefined)
    throw new MisconfiguredError(
      `${service} in ${region} is administered by ${other} already: disable that delegated administrator first, if the bank wants ${security} instead`,
    );
  return { done: false, found: 'administered by nobody', todo: `make ${security} its administrator` };
}

function guardDutyAdmin(where: Where): Half {
  const { region, security, managing } = where;
  return {
    id: `guardduty-admin@${region}`,
    title: `${security} administers GuardDuty in ${region}`,
    rights: ['guardduty:ListOrganizationAdminAccounts', 'guardduty:EnableOrganizationAdminAccount', 'iam:CreateServiceLinkedRole'],
    after: ['trusted-access:guardduty'],
    async look(): Promise<Looked> {
      const admins: string[] = [];
      for await (const { AdminAccounts = [] } of guardDutyAdmins({ client: (await managing()).guardDuty }, {}))
        admins.push(...AdminAccounts.map(({ AdminAccountId = '' }) => AdminAccountId));
      return administered('GuardDuty', admins, where);
    },
    async act(): Promise<void> {
      await (await managing()).guardDuty.send(new EnableGuardDutyAdminCommand({ AdminAccountId: security }));
    },
  };
}

async function detectorOf(client: GuardDutyClient): Promise<string | undefined> {
  // An account has one at most.
  return (await client.send(new ListDetectorsCommand({}))).DetectorIds?.[0];
}

function guardDutyDetector({ region, security, securing }: Where): Half {
  return {
    id: `guardduty-detector@${region}`,
    title: `GuardDuty has a detector in ${security}, ${region}`,
    rights: ['guardduty:ListDetectors', 'guardduty:CreateDetector', 'iam:CreateServiceLinkedRole'],
    async look(): Promise<Looked> {
      const detector = await detectorOf((await securing()).guardDuty);
      return detector === undefined ? { done: false, found: 'none', todo: 'create it' } : { done: true, found: `detector ${detector}` };
    },
    async act(): Promise<void> {
      const { guardDuty } = await securing();
      await guardDuty.send(new CreateDetectorCommand({ Enable: true, FindingPublishingFrequency: 'FIFTEEN_MINUTES' }));
    },
  };
}

interface Members {
  readonly members: string;
  readonly features: readonly string[];
}

async function membersOf(client: GuardDutyClient, DetectorId: string): Promise<Members> {
  const features: string[] = [];
  let [members, NextToken]: readonly (string | undefined)[] = ['NONE', undefined];
  do {
    const page = await client.send(new DescribeGuardDutyCommand({ DetectorId, NextToken }));
    members = page.AutoEnableOrganizationMembers ?? members;
    features.push(...(page.Features ?? []).flatMap(({ Name, AutoEnable }) => (Name !== undefined && AutoEnable === 'ALL' ? [Name] : [])));
    NextToken = page.NextToken;
  } while (NextToken !== undefined);
  return { members: members ?? 'NONE', features };
}

function guardDutyMembers({ region, securing }: Where): Half {
  return {
    id: `guardduty-members@${region}`,
    title: `GuardDuty watches every account in ${region}`,
    rights: ['guardduty:ListDetectors', 'guardduty:DescribeOrganizationConfiguration', 'guardduty:UpdateOrganizationConfiguration'],
    after: [`guardduty-admin@${region}`, `guardduty-detector@${region}`],
    async look(): Promise<Looked> {
      const { guardDuty } = await securing();
      const detector = await detectorOf(guardDuty);
      const todo = `all accounts, with ${FEATURES.join(', ')}; it takes up to a day to spread`;
      if (detector === undefined) return { done: false, found: 'no detector', todo };
      const { members, features } = await membersOf(guardDuty, detector);
      const missing = FEATURES.filter((feature) => !features.includes(feature));
      const found = `accounts: ${members}${missing.length === 0 ? '' : `; not for all: ${missing.join(', ')}`}`;
      return { done: members === 'ALL' && missing.length === 0, found, todo };
    },
    async act(): Promise<void> {
      const { guardDuty } = await securing();
      const DetectorId = await detectorOf(guardDuty);
      const Features = FEATURES.map((Name) => ({ Name, AutoEnable: 'ALL' as const }));
      await guardDuty.send(new UpdateGuardDutyCommand({ DetectorId, AutoEnableOrganizationMembers: 'ALL', Features }));
    },
  };
}

/** The organization's stack makes it in the home region; this does it in the others, and where that stack does not. */
function securityHubAdmin(where: Where): Half {
  const { region, security, managing } = where;
  return {
    id: `securityhub-admin@${region}`,
    title: `${security} administers Security Hub in ${region}`,
    rights: ['securityhub:ListOrganizationAdminAccounts', 'securityhub:EnableOrganizationAdminAccount', 'iam:CreateServiceLinkedRole'],
    after: ['trusted-access:securityhub'],
    async look(): Promise<Looked> {
      const admins: string[] = [];
      for await (const { AdminAccounts = [] } of securityHubAdmins({ client: (await managing()).securityHub }, {}))
        admins.push(...AdminAccounts.map(({ AccountId = '' }) => AccountId));
      return administered('Security Hub', admins, where);
    },
    async act(): Promise<void> {
      await (await managing()).securityHub.send(new EnableSecurityHubAdminCommand({ AdminAccountId: security }));
    },
  };
}

function securityHubMembers({ region, securing }: Where): Half {
  return {
    id: `securityhub-members@${region}`,
    title: `Security Hub takes in every new account in ${region}`,
    rights: ['securityhub:DescribeOrganizationConfiguration', 'securityhub:UpdateOrganizationConfiguration'],
    after: [`securityhub-admin@${region}`],
    async look(): Promise<Looked> {
      const { AutoEnable = false, OrganizationConfiguration } = await (
        await securing()
      ).securityHub.send(new DescribeSecurityHubCommand({}));
      // With central configuration its policies decide.
      if (OrganizationConfiguration?.ConfigurationType === 'CENTRAL') return { done: true, found: 'configured centrally' };
      return { done: AutoEnable, found: AutoEnable ? 'enabled for new accounts' : 'not enabled for new accounts', todo: 'enable it' };
    },
    async act(): Promise<void> {
      await (await securing()).securityHub.send(new UpdateSecurityHubCommand({ AutoEnable: true }));
    },
  };
}
