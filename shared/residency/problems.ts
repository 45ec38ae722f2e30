// Everything in a bank's file that would bring data to a place where its residency rules do not let it be: found before anything is packaged.
// https://docs.aws.amazon.com/awscloudtrail/latest/userguide/creating-trail-organization.html (one trail brings all regions to one bucket)
import type { BankConfig } from '../config.ts';
import type { KafkaCluster } from '../kafka-config.ts';
import { homeOf } from '../organization/config.ts';
import { RESIDENCY_CLASSES, type ResidencyClass } from './policy.ts';
import { mayLive, mayMove, mayTakeGlobal, placesOf, policiesOf } from './rules.ts';

export interface ResidencyProblem {
  /** Where in the bank's file. */
  readonly path: readonly string[];
  readonly message: string;
}

type Path = readonly string[];

/** @param bank as its file has it, with the policies that it names. @returns nothing where it has no rules. */
export function residencyProblems(bank: BankConfig): readonly ResidencyProblem[] {
  if (bank.residency === undefined) return [];
  return [
    ...accountRegions(bank),
    ...trail(bank),
    ...takeOvers(bank),
    ...aggregation(bank),
    ...clusters(bank),
    ...searches(bank),
    ...sent(bank),
  ];
}

/** Every account in every region that its logs are taken in. */
function* accountRegions(bank: BankConfig): Generator<ResidencyProblem> {
  for (const { account, regions } of placesOf(bank)) {
    for (const region of regions) {
      const classes = RESIDENCY_CLASSES.filter((name) => name !== 'keys' && !mayLive(bank, account, name, region));
      if (classes.length > 0)
        yield { path: pathOf(bank, account, region), message: `${told(bank, account)} lets no ${classes.join(', ')} live in ${region}` };
    }
  }
}

/** The organization's trail covers all regions and all accounts, and delivers to the home region. */
function* trail(bank: BankConfig): Generator<ResidencyProblem> {
  if (bank.organization === undefined) return;
  const home = homeOf(bank);
  const path = ['organization'];
  for (const { account, regions } of placesOf(bank)) {
    const foreign = regions.filter((from) => !mayGo(bank, account, { className: 'logs', from, to: home, isKept: true }));
    const brings = `its trail brings events of all regions to ${home}`;
    if (foreign.length > 0 && account !== bank.security_account)
      yield { path, message: `${brings}: ${told(bank, account)} lets none from ${foreign.join(', ')} go there` };
    if (!mayTakeGlobal(bank, account))
      yield {
        path,
        message: `${brings}, those of services without a region too: ${told(bank, account)} does not take them (global_events)`,
      };
  }
}

/** A region that takes another's intake gets its logs, and seals them. */
function* takeOvers(bank: BankConfig): Generator<ResidencyProblem> {
  for (const [index, { region, takes_over: from }] of (bank.regions ?? []).entries()) {
    if (from === undefined) continue;
    const path = ['regions', String(index), 'takes_over'];
    for (const className of ['logs', 'evidence'] as const)
      yield* moves(bank, { path, className, from, to: region, what: 'the intake goes', isKept: true });
  }
}

/** Findings of further regions are told at home. */
function* aggregation(bank: BankConfig): Generator<ResidencyProblem> {
  const to = homeOf(bank);
  for (const [index, { region: from }] of (bank.regions ?? []).entries())
    yield* moves(bank, { path: ['regions', String(index), 'region'], className: 'findings', from, to, what: 'findings go' });
}

/** Topics of a cluster elsewhere become logs here. */
function* clusters(bank: BankConfig): Generator<ResidencyProblem> {
  for (const { base, region, kafka = [] } of stacks(bank))
    for (const [index, { cluster_arn: arn }] of kafka.entries()) {
      const from = regionOfArn(arn);
      const path = [...base, 'kafka', String(index), 'cluster_arn'];
      if (from !== undefined)
        yield* moves(bank, { path, className: 'logs', from, to: region, what: 'records come', at: region, isKept: true });
    }
}

/** Host names that AWS gives domains and collections. https://docs.aws.amazon.com/opensearch-service/latest/developerguide/customendpoint.html */
const SEARCH_HOST = /\.(?:([a-z]{2}(?:-[a-z]+)+-\d)\.(?:es|aoss)\.amazonaws\.com|aos\.([a-z]{2}(?:-[a-z]+)+-\d)\.on\.aws)(?:[:/]|$)/;

/** An index elsewhere. */
function* searches(bank: BankConfig): Generator<ResidencyProblem> {
  for (const { base, region: from, opensearch } of stacks(bank)) {
    const [, first, second] = SEARCH_HOST.exec(opensearch.endpoint ?? '') ?? [];
    const to = first ?? second;
    if (to === undefined) continue;
    yield* moves(bank, { path: [...base, 'opensearch', 'endpoint'], className: 'logs', from, to, what: 'events go', isKept: true });
  }
}

/** What the bank's file sends away: to the witness, the provider, buses and queues. From every region. */
function* sent(bank: BankConfig): Generator<ResidencyProblem> {
  for (const { path, className, to } of destinations(bank)) {
    if (to === undefined) continue;
    const found = stacks(bank).flatMap(({ region: from }) => [...moves(bank, { path, className, from, to, what: `${className} go` })]);
    yield* found;
  }
}

interface Destination {
  readonly path: Path;
  readonly className: ResidencyClass;
  readonly to: string | undefined;
}

function destinations({ log, provider, alerts, operations }: BankConfig): readonly Destination[] {
  const bus = ['provider', 'event_bus_arn'];
  const to = regionOfArn(provider?.event_bus_arn);
  return [
    { path: ['log', 'witness', 'region'], className: 'health', to: log?.witness?.region },
    ...(provider?.findings === false ? [] : [{ path: bus, className: 'findings' as const, to }]),
    ...(provider?.health === false ? [] : [{ path: bus, className: 'health' as const, to }]),
    { path: ['alerts', 'event_bus'], className: 'findings', to: regionOfArn(alerts.event_bus) },
    ...queues(['alerts'], 'findings', alerts.subscriptions),
    ...queues(['operations'], 'health', operations?.subscriptions),
    ...queues(['log', 'witness'], 'health', log?.witness?.subscriptions),
  ];
}

function queues(
  base: Path,
  className: ResidencyClass,
  subscriptions: readonly { readonly endpoint: string }[] = [],
): readonly Destination[] {
  return subscriptions.map(({ endpoint }, index) => ({
    path: [...base, 'subscriptions', String(index), 'endpoint'],
    className,
    to: regionOfArn(endpoint),
  }));
}

interface Move {
  readonly path: Path;
  readonly className: ResidencyClass;
  readonly from: string;
  readonly to: string;
  /** Subject and verb of the message. */
  readonly what: string;
  /** Region whose accounts it concerns; left out: `from`. */
  readonly at?: string;
  /** It is not only sent there, but lives there from then on. */
  readonly isKept?: boolean;
}

/** One problem per policy that forbids the move for an account of that region. */
function* moves(bank: BankConfig, { path, className, from, to, what, at = from, isKept = false }: Move): Generator<ResidencyProblem> {
  const told = new Set<string>();
  for (const place of placesOf(bank)) {
    if (!place.regions.includes(at) || mayGo(bank, place.account, { className, from, to, isKept })) continue;
    const who = namesOf(bank, place.account);
    if (told.has(who)) continue;
    told.add(who);
    yield {
      path,
      message: `${what} from ${from} to ${to}: policy ${who} does not let ${className} of account ${place.account} ${isKept ? 'go and live' : 'go'} there`,
    };
  }
}

function mayGo(bank: BankConfig, account: string, { className, from, to, isKept = false }: Omit<Move, 'path' | 'what' | 'at'>): boolean {
  return mayMove(bank, account, className, from, to) && (!isKept || mayLive(bank, account, className, to));
}

/** The parts of the file that each region's stack is made of. */
interface StackPart extends Pick<BankConfig, 'region' | 'opensearch'> {
  readonly base: Path;
  readonly kafka?: readonly KafkaCluster[];
}

function stacks(bank: BankConfig): readonly StackPart[] {
  return [{ ...bank, base: [] }, ...(bank.regions ?? []).map((region, index) => ({ ...region, base: ['regions', String(index)] }))];
}

/** @returns the region in an ARN; undefined where there is none, or it is no ARN. */
function regionOfArn(arn: string | undefined): string | undefined {
  return /^arn:aws[a-z-]*:[a-z0-9-]+:([a-z0-9-]+):/.exec(arn ?? '')?.[1];
}

function told(bank: BankConfig, account: string): string {
  return `policy ${namesOf(bank, account)} of account ${account}`;
}

function namesOf(bank: BankConfig, account: string): string {
  const { policies, all } = policiesOf(bank, account);
  return policies.map(({ name }) => name).join(all ? ' and ' : ' or ');
}

/** The line that gives the account that region. */
function pathOf(bank: BankConfig, account: string, region: string): Path {
  const index = bank.accounts.findIndex(({ id }) => id === account);
  const at = bank.accounts[index]?.regions?.indexOf(region) ?? -1;
  if (at >= 0) return ['accounts', String(index), 'regions', String(at)];
  if (index >= 0) return ['accounts', String(index)];
  if (account === bank.organization?.management_account) return ['organization', 'management_account'];
  const further = (bank.regions ?? []).findIndex((one) => one.region === region);
  return further < 0 ? ['region'] : ['regions', String(further), 'region'];
}
