// What contradicts itself in `access` of a bank's file.
import type { AccessRole, BankConfig, BaseRole } from '../shared/config.ts';
import { OWN_FINDINGS, SELF_NAMED, tellableSources } from '../shared/opensearch/roles-scope.ts';
import { found } from './similar.ts';
import type { Problem } from './yaml-file.ts';

/** It sees no event, so that its members may have another role that does. `upgrade` copies events, so it sees all. */
const BLIND: ReadonlySet<BaseRole> = new Set(['platform']);

/** What cannot be narrowed, and why. */
const WHOLE: Readonly<Partial<Record<BaseRole, string>>> = {
  platform: 'is shown no event',
  upgrade: 'copies every event as it is, so it sees all in clear',
};
const SCOPE = ['accounts', 'sources', 'from', 'to'] as const;

export function* access(bank: BankConfig): Generator<Problem> {
  const names = new Set<string>();
  const readers = new Map<string, string>();
  for (const [index, role] of (bank.access?.roles ?? []).entries()) {
    const path = ['access', 'roles', String(index)];
    if (names.has(role.name)) yield { path: [...path, 'name'], message: `${role.name} is used twice` };
    names.add(role.name);
    yield* rights(role, path);
    yield* scope(role, bank, path);
    yield* members(role, bank, path);
    if (BLIND.has(role.role)) continue;
    for (const [at, member] of role.members.entries()) {
      const other = readers.get(member);
      // OpenSearch puts the roles of a person together, and what comes out depends on settings of the cluster.
      if (other !== undefined)
        yield {
          path: [...path, 'members', String(at)],
          message: `${member} is in role ${other} already; one role says what somebody sees`,
        };
      readers.set(member, role.name);
    }
  }
}

function* rights(role: AccessRole, path: readonly string[]): Generator<Problem> {
  const reason = WHOLE[role.role];
  if (reason !== undefined) {
    for (const name of [...SCOPE, 'personal_data'] as const) {
      if (role[name] !== undefined) yield { path: [...path, name], message: `is nothing for ${role.role}, which ${reason}` };
    }
  }
  if (role.role !== 'regulator') return;
  if (role.accounts === undefined && role.sources === undefined)
    yield { path, message: 'must have accounts or sources: a regulator sees what was asked for, not all' };
  if (role.personal_data === 'clear')
    yield { path: [...path, 'personal_data'], message: 'must be one of masked, hidden for a regulator (found "clear")' };
}

function* scope(role: AccessRole, bank: BankConfig, path: readonly string[]): Generator<Problem> {
  const accounts = [bank.security_account, ...bank.accounts.map(({ id }) => id)];
  for (const [at, account] of (role.accounts ?? []).entries()) {
    if (!accounts.includes(account))
      yield {
        path: [...path, 'accounts', String(at)],
        message: `must be one of the bank's accounts, ${accounts.join(', ')} (found "${account}")`,
      };
  }
  const tellable = tellableSources(bank);
  for (const [at, source] of (role.sources ?? []).entries()) {
    const place = [...path, 'sources', String(at)];
    if (SELF_NAMED.includes(source))
      yield { path: place, message: `must not be ${source}: its events name their product themselves, so they cannot be told from others` };
    else if (!tellable.includes(source))
      yield { path: place, message: `must be a source, see \`npx strongroom sources\`, or ${OWN_FINDINGS} ${found(source, tellable)}` };
  }
  for (const name of ['from', 'to'] as const) {
    const day = role[name];
    if (day !== undefined && !isDay(day)) yield { path: [...path, name], message: `must be a day of the calendar (found "${day}")` };
  }
  if (role.from !== undefined && role.to !== undefined && role.to < role.from)
    yield { path: [...path, 'to'], message: `must not be before from, ${role.from} (found "${role.to}")` };
}

/** A date that does not exist has no time, or that of another day. */
export function isDay(day: string): boolean {
  const time = Date.parse(`${day}T00:00:00Z`);
  return !Number.isNaN(time) && new Date(time).toISOString().startsWith(day);
}

const IAM = /^arn:aws:iam::\d{12}:(?:role|user)\/[\w+=,.@/-]+$/;

function* members({ members: all }: AccessRole, bank: BankConfig, path: readonly string[]): Generator<Problem> {
  for (const [at, member] of all.entries()) {
    const place = [...path, 'members', String(at)];
    if (member.startsWith('arn:') && !IAM.test(member))
      yield { path: place, message: `must be the ARN of an IAM role or user, or the name of a group (found "${member}")` };
    else if (member.startsWith(`arn:aws:iam::${bank.security_account}:role/strongroom-${bank.bank}-`) && !PEOPLE.test(member))
      yield { path: place, message: 'is the role of a function, which has its own rights' };
  }
}

/** Roles of this stack that people take: stacks/resources/evidence-roles.yml, alerts.yml. */
const PEOPLE = /-(?:evidence-(?:reader|officer)|responder)$/;
