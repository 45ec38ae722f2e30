// Conditions by account: a template for all accounts has resources that some of them do not get.
// https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/intrinsic-function-reference-conditions.html
import { digest } from '../../shared/ids.ts';

export interface AccountConditions {
  /** By name. */
  readonly all: Readonly<Record<string, object>>;
  /** @param accounts one of the lists that the conditions were made of. @returns the condition's name. */
  named(accounts: readonly string[]): string;
}

/** CloudFormation takes so many conditions in one Fn::Or. */
const MOST = 10;

/**
 * Conditions that hold in the accounts of a list and in no other.
 * @param lists of account numbers; a list that comes again makes no second condition.
 * @param regions the region in which alone an account's condition holds; left out: all.
 */
export function among(lists: readonly (readonly string[])[], regions?: ReadonlyMap<string, string>): AccountConditions {
  const all: Record<string, object> = {};
  for (const accounts of lists) {
    for (const account of accounts) all[nameOf([account])] = isAccount(account, regions?.get(account));
    if (accounts.length > 1)
      any(
        accounts.map((account) => nameOf([account])),
        nameOf(accounts),
        all,
      );
  }
  return { all, named: nameOf };
}

function nameOf(accounts: readonly string[]): string {
  const [first = ''] = accounts;
  if (accounts.length === 1) return `In${first}`;
  return `Among${Buffer.from(digest(9, ...[...accounts].sort()), 'base64url').toString('hex')}`;
}

function isAccount(account: string, region: string | undefined): object {
  const own = { 'Fn::Equals': [{ Ref: 'AWS::AccountId' }, account] };
  return region === undefined ? own : { 'Fn::And': [own, { 'Fn::Equals': [{ Ref: 'AWS::Region' }, region] }] };
}

/** Adds a condition that holds where one of the named ones does, and those it is made of. */
function any(names: readonly string[], name: string, into: Record<string, object>): void {
  const groups = Array.from({ length: Math.ceil(names.length / MOST) }, (_, at) => names.slice(at * MOST, (at + 1) * MOST));
  if (groups.length === 1) {
    into[name] = { 'Fn::Or': names.map((one) => ({ Condition: one })) };
    return;
  }
  const parts = groups.map((group, at) => {
    const [only = ''] = group;
    if (group.length === 1) return only;
    any(group, `${name}Part${at + 1}`, into);
    return `${name}Part${at + 1}`;
  });
  any(parts, name, into);
}
