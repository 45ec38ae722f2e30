// An account's place in the organization. https://docs.aws.amazon.com/organizations/latest/userguide/orgs_manage_accounts.html
// An account that leaves a unit loses the stack instances that target the unit, unless they are retained: ours are, and it is moved only into the
// unit that the bank's file says.
import {
  DescribeAccountCommand,
  DescribeOrganizationalUnitCommand,
  ListParentsCommand,
  MoveAccountCommand,
  paginateListOrganizationalUnitsForParent,
  type OrganizationsClient,
} from '@aws-sdk/client-organizations';
import type { BankAccount, BankConfig } from '../config.ts';
import { MisconfiguredError } from '../errors.ts';
import { homeOf } from '../organization/config.ts';
import type { Sessions } from './sessions.ts';
import type { Looked, Step } from './step.ts';

/** @returns that it is a member; and, where its entry names a unit, that it is in it. None where the bank's file has no organization. */
export function membershipSteps(bank: BankConfig, account: BankAccount, sessions: Sessions): readonly Step[] {
  const { organization } = bank;
  if (organization === undefined) return [];
  const place = { account: organization.management_account, region: homeOf(bank) };
  const client = async (): Promise<OrganizationsClient> => (await sessions.of(place.account, place.region)).organizations;
  return [
    { ...memberStep(account, organization.id, client), ...place },
    ...(account.ou === undefined ? [] : [{ ...unitStep({ id: account.id, ou: account.ou }, organization.root_id, client), ...place }]),
  ];
}

type Half = Omit<Step, 'account' | 'region'>;
type Client = () => Promise<OrganizationsClient>;

function memberStep({ id, name }: BankAccount, organization: string, client: Client): Half {
  const todo = 'nothing can be done here: create the account in the organization, or invite it';
  return {
    id: `member@${id}`,
    title: `${id} (${name}) is an account of ${organization}`,
    rights: ['organizations:DescribeAccount'],
    async look(): Promise<Looked> {
      try {
        const { Account } = await (await client()).send(new DescribeAccountCommand({ AccountId: id }));
        const status = Account?.Status ?? 'unknown';
        return { done: status === 'ACTIVE', found: status.toLowerCase(), todo };
      } catch (error) {
        if (error instanceof Error && error.name === 'AccountNotFoundException') return { done: false, found: 'no such account', todo };
        throw error;
      }
    },
    act: () =>
      Promise.reject(
        new MisconfiguredError(`${id} is no active account of ${organization}: create it there or invite it, then run this again`),
      ),
  };
}

function unitStep({ id, ou }: { readonly id: string; readonly ou: string }, root: string, client: Client): Half {
  return {
    id: `unit@${id}`,
    title: `${id} is in the unit ${ou}`,
    rights: [
      'organizations:ListParents',
      'organizations:DescribeOrganizationalUnit',
      'organizations:ListOrganizationalUnitsForParent',
      'organizations:MoveAccount',
    ],
    // That stack makes the units of the bank's file.
    after: [`member@${id}`, 'organization-stack'],
    async look(): Promise<Looked> {
      const organizations = await client();
      const parent = await parentOf(organizations, id);
      const name = await nameOf(organizations, parent);
      return {
        done: name === ou,
        found: `in ${name}`,
        todo: `move it from ${name} to ${ou}: policies and StackSets of the units change for it`,
      };
    },
    async act(): Promise<void> {
      const organizations = await client();
      const DestinationParentId = await unitNamed(organizations, root, ou);
      if (DestinationParentId === undefined)
        throw new MisconfiguredError(`there is no unit ${ou} below ${root}: deploy the organization stack, or correct the ou of ${id}`);
      await organizations.send(
        new MoveAccountCommand({ AccountId: id, SourceParentId: await parentOf(organizations, id), DestinationParentId }),
      );
    },
  };
}

async function parentOf(client: OrganizationsClient, ChildId: string): Promise<string> {
  const parent = (await client.send(new ListParentsCommand({ ChildId }))).Parents?.[0]?.Id;
  if (parent === undefined) throw new Error(`AWS Organizations does not say where ${ChildId} is`);
  return parent;
}

async function nameOf(client: OrganizationsClient, parent: string): Promise<string> {
  if (parent.startsWith('r-')) return 'the root';
  const { OrganizationalUnit } = await client.send(new DescribeOrganizationalUnitCommand({ OrganizationalUnitId: parent }));
  return OrganizationalUnit?.Name ?? parent;
}

/** The unit of this name anywhere below the parent, nearest first. */
async function unitNamed(client: OrganizationsClient, parent: string, name: string): Promise<string | undefined> {
  const below: string[] = [];
  for await (const { OrganizationalUnits = [] } of paginateListOrganizationalUnitsForParent({ client }, { ParentId: parent }))
    for (const { Id = '', Name } of OrganizationalUnits) {
      if (Name === name) return Id;
      below.push(Id);
    }
  for (const unit of below) {
    const found = await unitNamed(client, unit, name);
    if (found !== undefined) return found;
  }
  return undefined;
}
