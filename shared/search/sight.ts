// What an answer lacks although nothing failed: what the caller's roles hide from him, and what is in cold storage.
// https://docs.opensearch.org/latest/security/access-control/api/ (authinfo), https://docs.opensearch.org/latest/security/access-control/field-masking/
import type { AccessRole, BankConfig, PersonalData } from '../config.ts';
import { extentOf } from '../lifecycle/spans.ts';
import type { StoreState } from '../lifecycle/state.ts';
import { listCold } from '../lifecycle/tiers.ts';
import { ask, messageOf } from '../opensearch/ask.ts';
import type { OpenSearch } from '../opensearch/client.ts';
import { ROLE_PREFIX, roleName } from '../opensearch/roles.ts';
import { isArray, object, text } from '../outcome.ts';
import { PartialAnswerError } from './errors.ts';
import { clock } from './value.ts';

export interface Sight {
  /** Why "there is none" cannot be said, a line each. */
  readonly limits: readonly string[];
  readonly cold: readonly StoreState[];
}

/** Asks once; without the security plugin nothing is hidden. */
export async function sightOf(client: OpenSearch, bank: BankConfig): Promise<Sight> {
  const [roles, { stores, faults }] = await Promise.all([ownRoles(client), coldOf(client, bank)]);
  return { limits: [...roles.flatMap((role) => limitOf(role, bank) ?? []), ...faults], cold: stores };
}

/** Asked beside the question itself: what is wrong with the connection is told there. */
async function ownRoles(client: OpenSearch): Promise<readonly string[]> {
  const answer = await ask(client, '/_plugins/_security/authinfo').catch(() => undefined);
  const roles = object(answer)?.['roles'];
  return (isArray(roles) ? roles : []).flatMap((role) => text(role) ?? []).filter((role) => role.startsWith(ROLE_PREFIX));
}

const MASKED = /^(?:auditor|regulator)-/;

function limitOf(name: string, bank: BankConfig): string | undefined {
  const asked = bank.access?.roles.find((role) => roleName(role) === name);
  const limits = [HIDDEN[personalOf(name, asked)], asked !== undefined && isScoped(asked) ? 'not everything is shown' : undefined];
  const said = limits.filter((limit) => limit !== undefined);
  return said.length === 0 ? undefined : `as ${name}: ${said.join('; ')}`;
}

function personalOf(name: string, asked: AccessRole | undefined): PersonalData {
  return asked?.personal_data ?? (MASKED.test(name.slice(ROLE_PREFIX.length)) ? 'masked' : 'clear');
}

const HIDDEN: Readonly<Record<PersonalData, string | undefined>> = {
  clear: undefined,
  masked: 'names are hashes and cannot be searched, addresses and payloads are withheld',
  hidden: 'names, addresses and payloads are withheld and cannot be searched',
};

function isScoped({ accounts, sources, from, to }: AccessRole): boolean {
  return [accounts, sources, from, to].some((scope) => scope !== undefined);
}

async function coldOf(
  client: OpenSearch,
  { opensearch }: BankConfig,
): Promise<{ stores: readonly StoreState[]; faults: readonly string[] }> {
  if (opensearch.lifecycle?.cold_after_days === undefined) return { stores: [], faults: [] };
  try {
    return { stores: await listCold(client), faults: [] };
  } catch (error) {
    return { stores: [], faults: [`what is in cold storage is not known, and not in this answer: ${messageOf(error)}`] };
  }
}

const NAMED = 3;

/** @throws PartialAnswerError where a store in cold storage may have events of the time. */
export function assertNotCold(
  cold: readonly StoreState[],
  { from, to = Infinity }: { readonly from: number; readonly to?: number | undefined },
): void {
  const missing = cold.filter((store) => extentOf(store).from < to && extentOf(store).to > from);
  if (missing.length === 0) return;
  const names = missing.map(({ name }) => name).sort();
  const more = names.length > NAMED ? ` and ${names.length - NAMED} more` : '';
  throw new PartialAnswerError(
    `${names.slice(0, NAMED).join(', ')}${more} of that time ${names.length === 1 ? 'is' : 'are'} in cold storage, the answer would be a part of the whole one: ask for other times, or bring back what you need (POST /_cold/migration/_warm)`,
  );
}

/** @returns a line for what is further back than anything that is asked for; undefined where nothing is. */
export function coldLine(cold: readonly StoreState[]): string | undefined {
  if (cold.length === 0) return undefined;
  const last = Math.max(...cold.map((store) => extentOf(store).to));
  return `stores with events before ${clock(last)} are in cold storage (${cold.length}): what they hold is not counted`;
}
