// Lists of the bank's file that shipped rules ask for (`%name%`): `detections.lists` there. Empty where the bank gives none, and rules are
// written so that an empty list leaves nothing out: a filter on it filters nothing, a selection on it selects nothing.
// https://github.com/SigmaHQ/sigma-specification/blob/main/specification/sigma-appendix-modifiers.md (expand)

/** What each of them holds, as docs/DETECTIONS.md says it. */
export const BANK_LISTS = {
  bank_accounts: 'the bank’s own AWS accounts; known from its file, not listed there again',
  trusted_accounts: 'AWS accounts beside the bank’s own that may be given access: auditors, suppliers, backup accounts',
  trusted_networks: 'networks that people and machines of the bank come from: offices, VPN, NAT gateways (CIDR)',
  break_glass_users: 'names or ARNs of users and roles that are kept for emergencies',
  automation_roles: 'ARNs of roles of machines that make many calls: pipelines, scanners, backup',
  log_buckets: 'names of buckets that hold logs, where their names do not say so',
  decoys: 'names or ARNs of decoy users, roles, secrets and buckets that nobody has a reason to touch',
  sanctioned_addresses: 'wallet addresses that no payment may go to, as the chain writes them',
  hot_wallets: 'addresses of the bank’s own hot wallets',
  admin_networks: 'networks that machines, databases and firewalls are administered from (CIDR)',
} as const satisfies Readonly<Record<string, string>>;

/** @returns every one of them, empty. */
export function emptyBankLists(): Readonly<Record<string, readonly string[]>> {
  return Object.fromEntries(Object.keys(BANK_LISTS).map((name) => [name, []]));
}
