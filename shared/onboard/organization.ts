// What must be so in AWS Organizations before any template of ours makes sense, and for which CloudFormation has no resource.
// https://docs.aws.amazon.com/organizations/latest/userguide/orgs_integrate_services.html
// https://docs.aws.amazon.com/organizations/latest/userguide/orgs_manage_policies_enable-disable.html
import { ActivateOrganizationsAccessCommand, DescribeOrganizationsAccessCommand } from '@aws-sdk/client-cloudformation';
import {
  DescribeOrganizationCommand,
  EnableAWSServiceAccessCommand,
  EnablePolicyTypeCommand,
  ListDelegatedServicesForAccountCommand,
  ListRootsCommand,
  paginateListAWSServiceAccessForOrganization,
  RegisterDelegatedAdministratorCommand,
  type OrganizationsClient,
} from '@aws-sdk/client-organizations';
import type { BankConfig } from '../config.ts';
import { MisconfiguredError } from '../errors.ts';
import type { OrganizationConfig } from '../organization/config.ts';
import { homeOf } from '../organization/config.ts';
import type { Session, Sessions } from './sessions.ts';
import type { Looked, Step } from './step.ts';

/** Services that look into every account of the organization. */
const TRUSTED = [
  'cloudtrail.amazonaws.com',
  'config.amazonaws.com',
  'config-multiaccountsetup.amazonaws.com',
  'guardduty.amazonaws.com',
  'securityhub.amazonaws.com',
  'access-analyzer.amazonaws.com',
] as const;
/** Of these the security account is administrator; GuardDuty and Security Hub have calls of their own for it (detectors.ts). */
const DELEGATED = ['config.amazonaws.com', 'config-multiaccountsetup.amazonaws.com', 'access-analyzer.amazonaws.com'] as const;
const POLICY_TYPES = ['SERVICE_CONTROL_POLICY', 'RESOURCE_CONTROL_POLICY'] as const;

/** Id of the step after which StackSets reach the accounts, and policies can be attached: the organization's stack comes after them. */
export const ORGANIZATION_READY: readonly string[] = [
  'organization',
  'stacksets-access',
  ...POLICY_TYPES.map(policyId),
  accessId(TRUSTED[0]),
];

/** @returns the steps in the management account; none where the bank's file has no organization. */
export function organizationSteps(bank: BankConfig, sessions: Sessions): readonly Step[] {
  const { organization } = bank;
  if (organization === undefined) return [];
  const place = { account: organization.management_account, region: homeOf(bank) };
  const session = (): Promise<Session> => sessions.of(place.account, place.region);
  const client = async (): Promise<OrganizationsClient> => (await session()).organizations;
  return [
    { ...organizationStep(organization, client), ...place },
    ...TRUSTED.map((principal) => ({ ...accessStep(principal, client), ...place })),
    { ...stackSetsStep(session), ...place },
    ...POLICY_TYPES.map((type) => ({ ...policyTypeStep(type, organization, client), ...place })),
    ...DELEGATED.map((principal) => ({ ...delegationStep(principal, bank.security_account, client), ...place })),
  ];
}

type Half = Omit<Step, 'account' | 'region'>;
type Client = () => Promise<OrganizationsClient>;

function accessId(principal: string): string {
  return `trusted-access:${principal.replace('.amazonaws.com', '')}`;
}

function policyId(type: string): string {
  return `policy-type:${type}`;
}

/** Nobody makes an organization on the way: whose it is, is the bank's own affair. */
function organizationStep({ id, management_account: management }: OrganizationConfig, client: Client): Half {
  return {
    id: 'organization',
    title: `Organization ${id} has all features, and ${management} manages it`,
    rights: ['organizations:DescribeOrganization'],
    async look(): Promise<Looked> {
      const { Organization } = await (await client()).send(new DescribeOrganizationCommand({}));
      const { Id = 'none', MasterAccountId = 'nobody', FeatureSet = 'no features' } = Organization ?? {};
      const found = `${Id}, managed by ${MasterAccountId}, ${FeatureSet}`;
      const done = Id === id && MasterAccountId === management && FeatureSet === 'ALL';
      return {
        done,
        found,
        todo: "nothing can be done here: correct `organization` in the bank's file, or enable all features of the organization",
      };
    },
    act: () =>
      Promise.reject(
        new MisconfiguredError(`the organization is not ${id} with all features: correct the bank's file, or enable all features by hand`),
      ),
  };
}

function accessStep(principal: string, client: Client): Half {
  return {
    id: accessId(principal),
    title: `Trusted access of ${principal}`,
    rights: ['organizations:ListAWSServiceAccessForOrganization', 'organizations:EnableAWSServiceAccess', 'iam:CreateServiceLinkedRole'],
    after: ['organization'],
    async look(): Promise<Looked> {
      for await (const page of paginateListAWSServiceAccessForOrganization({ client: await client() }, {}))
        if (page.EnabledServicePrincipals?.some((one) => one.ServicePrincipal === principal) === true)
          return { done: true, found: 'enabled' };
      return { done: false, found: 'not enabled', todo: 'enable it' };
    },
    async act(): Promise<void> {
      await (await client()).send(new EnableAWSServiceAccessCommand({ ServicePrincipal: principal }));
    },
  };
}

/**
 * By CloudFormation's own call, which also makes its roles: with EnableAWSServiceAccess alone StackSets do not know of it.
 * https://docs.aws.amazon.com/AWSCloudFormation/latest/APIReference/API_ActivateOrganizationsAccess.html
 */
function stackSetsStep(session: () => Promise<Session>): Half {
  return {
    id: 'stacksets-access',
    title: 'StackSets reach the accounts of the organization',
    rights: [
      'cloudformation:DescribeOrganizationsAccess',
      'cloudformation:ActivateOrganizationsAccess',
      'organizations:EnableAWSServiceAccess',
      'iam:CreateServiceLinkedRole',
    ],
    after: ['organization'],
    async look(): Promise<Looked> {
      const { Status = 'DISABLED' } = await (await session()).cloudFormation.send(new DescribeOrganizationsAccessCommand({}));
      return { done: Status === 'ENABLED', found: Status.toLowerCase(), todo: 'activate it' };
    },
    async act(): Promise<void> {
      await (await session()).cloudFormation.send(new ActivateOrganizationsAccessCommand({}));
    },
  };
}

function policyTypeStep(type: (typeof POLICY_TYPES)[number], { root_id: rootId }: OrganizationConfig, client: Client): Half {
  return {
    id: policyId(type),
    title: `Policies of type ${type} count below ${rootId}`,
    rights: ['organizations:ListRoots', 'organizations:EnablePolicyType'],
    after: ['organization'],
    async look(): Promise<Looked> {
      const { Roots = [] } = await (await client()).send(new ListRootsCommand({}));
      const root = Roots.find(({ Id }) => Id === rootId);
      if (root === undefined)
        throw new MisconfiguredError(
          `the organization has no root ${rootId}, only ${Roots.map(({ Id = '?' }) => Id).join(', ')}: correct organization.root_id in the bank's file`,
        );
      const status = root.PolicyTypes?.find(({ Type }) => Type === type)?.Status ?? 'not enabled';
      return {
        done: status === 'ENABLED',
        found: status.toLowerCase().replace('_', ' '),
        todo: 'enable it; nothing is denied before a policy is attached',
      };
    },
    async act(): Promise<void> {
      await (await client()).send(new EnablePolicyTypeCommand({ RootId: rootId, PolicyType: type }));
    },
  };
}

function delegationStep(principal: string, security: string, client: Client): Half {
  return {
    id: `delegated-administrator:${principal.replace('.amazonaws.com', '')}`,
    title: `${security} administers ${principal}`,
    rights: ['organizations:ListDelegatedServicesForAccount', 'organizations:RegisterDelegatedAdministrator'],
    after: [accessId(principal)],
    async look(): Promise<Looked> {
      const services = await delegatedTo(await client(), security);
      return services.includes(principal)
        ? { done: true, found: 'registered' }
        : { done: false, found: services.length === 0 ? 'administers nothing' : `administers ${services.join(', ')}`, todo: 'register it' };
    },
    async act(): Promise<void> {
      await (await client()).send(new RegisterDelegatedAdministratorCommand({ AccountId: security, ServicePrincipal: principal }));
    },
  };
}

async function delegatedTo(client: OrganizationsClient, AccountId: string): Promise<readonly string[]> {
  try {
    const found: string[] = [];
    let NextToken: string | undefined;
    do {
      const page = await client.send(new ListDelegatedServicesForAccountCommand({ AccountId, NextToken }));
      found.push(...(page.DelegatedServices ?? []).map(({ ServicePrincipal = '' }) => ServicePrincipal));
      NextToken = page.NextToken;
    } while (NextToken !== undefined);
    return found;
  } catch (error) {
    // What an account says that administers nothing yet.
    if (error instanceof Error && error.name === 'AccountNotRegisteredException') return [];
    throw error;
  }
}
