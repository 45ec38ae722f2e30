// Intake from one region to another while the first one is out, and back: what is delivered goes to the other region's bus, stream and landing bucket.
// What stood in the first region's queues and streams stays there, and is processed when it is back; ids are made of what a record says, so that what
// comes twice to a region is one document there.
// https://docs.aws.amazon.com/wellarchitected/latest/reliability-pillar/rel_planning_for_recovery_disaster_recovery.html
import type { BankConfig } from '../config.ts';
import { MisconfiguredError } from '../errors.ts';
import { accountRegions, regionsOf, standbyOf } from '../organization/config.ts';
import type { ResidencyClass } from '../residency/policy.ts';
import { mayLive, mayMove } from '../residency/rules.ts';

export interface Failover {
  /** Region whose accounts and services deliver. */
  readonly from: string;
  /** Region that takes it over. */
  readonly to: string;
  /** Whether `from` takes its own again. */
  readonly back: boolean;
}

/** Of what is delivered: it is kept where it arrives, and sealed there. */
const CLASSES: readonly ResidencyClass[] = ['logs', 'evidence', 'findings'];

/** @throws MisconfiguredError where the bank's file does not foresee it, or its residency rules forbid it. */
export function checkFailover(bank: BankConfig, { from, to, back }: Failover): void {
  const known = regionsOf(bank);
  if (!known.includes(from)) throw new MisconfiguredError(`bank ${bank.bank} has no region ${from}, only ${known.join(', ')}`);
  const standby = standbyOf(bank, from);
  if (standby !== to)
    throw new MisconfiguredError(
      `${to} does not take ${from} over (${standby === undefined ? 'no region does' : `${standby} does`}): give it takes_over: ${from} in the bank's file, and deploy`,
    );
  // Home, everything may come.
  if (back) return;
  const refused = sendersIn(bank, from).flatMap((account) => {
    const classes = CLASSES.filter((name) => !mayMove(bank, account, name, from, to) || !mayLive(bank, account, name, to));
    return classes.length === 0 ? [] : [`${classes.join(', ')} of account ${account}`];
  });
  if (refused.length > 0)
    throw new MisconfiguredError(`the residency rules of bank ${bank.bank} keep in ${from} what would go to ${to}: ${refused.join('; ')}`);
}

/** @returns the accounts whose logs the region takes, the management account among them. */
export function sendersIn(bank: BankConfig, region: string): readonly string[] {
  const management = bank.organization?.management_account;
  const members = bank.accounts.filter((account) => accountRegions(bank, account).includes(region)).map(({ id }) => id);
  return [...new Set([...members, ...(management === undefined ? [] : [management])])];
}

export interface IntakeNames {
  readonly bus: string;
  readonly stream: string;
  /** Names within the region. */
  readonly busName: string;
  readonly streamName: string;
  readonly landingBucket: string;
  /** Alias ARN of the key of the landing bucket. */
  readonly landingKey: string;
  readonly operationsTopic: string;
}

/** @returns what the security stack of a region has, by the names of stacks/resources/. */
export function intakeOf({ bank, security_account: security }: BankConfig, region: string): IntakeNames {
  const prefix = `strongroom-${bank}`;
  const arn = (service: string, rest: string): string => `arn:aws:${service}:${region}:${security}:${rest}`;
  return {
    bus: arn('events', `event-bus/${prefix}`),
    stream: arn('kinesis', `stream/${prefix}-intake`),
    busName: prefix,
    streamName: `${prefix}-intake`,
    landingBucket: `${prefix}-${security}-${region}-landing-kms`,
    landingKey: arn('kms', `alias/${prefix}-landing`),
    operationsTopic: arn('sns', `${prefix}-operations`),
  };
}

/** @returns what nobody can send elsewhere, in words. */
export function staying(bank: BankConfig, { from, to, back }: Failover): readonly string[] {
  const there = intakeOf(bank, back ? from : to);
  const regional = bank.region === from ? bank : bank.regions?.find(({ region }) => region === from);
  const own = [
    ...(regional?.streams ?? []).map(({ name }) => `stream ${name}`),
    ...(regional?.kafka ?? []).map(({ name }) => `Kafka cluster ${name}`),
    ...(regional?.partner_events ?? []).map(({ event_source: source }) => `partner bus ${source}`),
  ];
  return [
    `connectors: drop objects below s3://${there.landingBucket}/drops/<account>/<source>/`,
    ...(back
      ? []
      : [
          `flow logs, load balancers, WAF, Resolver and Config deliver to buckets of ${from} only, AWS takes no others: what cannot be delivered meanwhile comes late; of load balancers, which AWS delivers as well as it can, some may be lost`,
          ...(own.length === 0 ? [] : [`${own.join(', ')}: read in ${from} only, and on from where it ended when that region is back`]),
        ]),
  ];
}
