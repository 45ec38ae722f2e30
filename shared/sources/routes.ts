// Which source a delivery is of: by the bank's file where it says so, else by the names that services give what they deliver. Never by
// looking at records.
import type { BankConfig } from '../config.ts';
import { declaredSource } from '../declared/source.ts';
import { wildcard } from '../declared/wildcard.ts';
import type { Delivery, Source } from './api.ts';
import { claim, SOURCES } from './registry.ts';

export interface Route {
  readonly source: Source;
  /** Record format that the bank's file gives. */
  readonly format?: string | undefined;
  /** Whose logs they are, where the bank's file says so. */
  readonly account?: string | undefined;
  /**
   * By which way it came, where not a service itself wrote but somebody who may choose what his records call themselves: their ids count
   * within this way only, so that none can stand in the way of another's. Undefined: the service's own ids count everywhere.
   */
  readonly way?: string | undefined;
}

type Routes = Pick<BankConfig, 'objects' | 'log_groups' | 'partner_events' | 'declared'>;

const known = new WeakMap<object, readonly Source[]>();

/** Every source there is for this bank: what it declares itself comes first. */
export function sourcesOf({ declared = [] }: Pick<BankConfig, 'declared'>): readonly Source[] {
  if (declared.length === 0) return SOURCES;
  const sources = known.get(declared) ?? [...declared.map(declaredSource), ...SOURCES];
  known.set(declared, sources);
  return sources;
}

/** What an entry of the bank's file names: of a topic, a stream, a prefix or a log group. */
export function namedRoute(bank: Pick<BankConfig, 'declared'>, named: Named | undefined): Route | undefined {
  const source = named === undefined ? undefined : sourcesOf(bank).find(({ name }) => name === named.source);
  return source === undefined ? undefined : { source, format: named?.format, account: named?.account };
}

interface Named {
  readonly source: string;
  readonly format?: string;
  readonly account?: string;
}

/**
 * An object in a landing bucket. What a service delivered is of that service, whatever prefix was chosen for it, unless the bank's file
 * names the service's own folder. What the bank's accounts drop, and the security team imports, is of the source that its folder names.
 */
export function objectRoute(bank: Routes, { bucket, key }: { readonly bucket: string; readonly key: string }): Route | undefined {
  const entries = bank.objects ?? [];
  const [, account, source = ''] = DROP.exec(key) ?? [];
  const [, imported] = IMPORT.exec(key) ?? [];
  const ownKey = writtenByService(key);
  if (ownKey !== undefined && account === undefined && imported === undefined) {
    const own = entries.find(({ match }) => match.startsWith('AWSLogs/') && wildcard(match)(ownKey));
    const route = namedRoute(bank, own) ?? claimed(bank, { trigger: 's3', bucket, key: ownKey });
    if (route !== undefined) return route;
  }
  const entry = entries.find(({ match }) => wildcard(match)(key));
  if (entry !== undefined) return ofWay(namedRoute(bank, entry), `objects ${entry.match} ${account ?? ''}`, account);
  if (imported !== undefined) return ofWay(namedRoute(bank, { source: imported }), 'imports', undefined);
  return DELIVERED_BY_AWS.has(source) ? undefined : ofWay(namedRoute(bank, { source }), `drops ${account ?? ''}`, account);
}

/**
 * Accounts of the bank may write below their own number (LandingBucketPolicy in stacks/resources/landing.yml); the folder there names the
 * source: `drops/222222222222/okta/2026/11/21/…`. Only the security account itself may write `imports/<source>/…`.
 */
const DROP = /^drops\/(\d{12})\/([^/]+)\//;
const IMPORT = /^imports\/([^/]+)\//;

/** What AWS delivers under names of its own: an account that drops such a thing would speak for AWS, about any account. */
export const DELIVERED_BY_AWS: ReadonlySet<string> = new Set([
  'access-analyzer',
  'alb',
  'alb-connection',
  'alb-health-check',
  'clb',
  'cloudfront',
  'cloudtrail',
  'config',
  'eks-audit',
  'eks-control-plane',
  'guardduty',
  'health',
  'inspector',
  'macie',
  'network-firewall',
  'nlb',
  'ocsf',
  'route53-public',
  'route53-resolver',
  's3-access',
  'security-hub',
  'security-hub-ocsf',
  'vpc-flow',
  'waf',
]);

/**
 * The key without its prefix, which whoever sets a delivery up chooses.
 * @returns undefined where `AWSLogs/` stands twice: one of them was made to look like another account's folder.
 */
export function writtenByService(key: string): string | undefined {
  const parts = key.split(/(?:^|\/)AWSLogs\//);
  if (parts.length > 2) return undefined;
  return parts.length === 1 ? key : `AWSLogs/${parts[1] ?? ''}`;
}

function ofWay(route: Route | undefined, way: string, account: string | undefined): Route | undefined {
  return route === undefined ? undefined : { ...route, way, account: route.account ?? account };
}

/** A batch of log events. `account`: of the log group. */
export function logsRoute(
  bank: Routes,
  { account, logGroup, logStream }: { readonly account: string; readonly logGroup: string; readonly logStream: string },
): Route | undefined {
  const entry = bank.log_groups.find(
    (candidate) => wildcard(candidate.match)(logGroup) && (candidate.account === undefined || candidate.account === account),
  );
  const named = entry === undefined ? undefined : { source: entry.source, ...(entry.format === undefined ? {} : { format: entry.format }) };
  const route = namedRoute(bank, named) ?? claimed(bank, { trigger: 'logs', logGroup, logStream });
  // A trail's own group, of the account that the bank's file names: its records are those of the trail's files.
  if (route?.source.name === 'cloudtrail' && entry?.account !== undefined) return route;
  return ofWay(route, `logs ${account} ${logGroup}`, undefined);
}

/** An event of a bus. Names that begin with `aws.` are AWS's own and its partners'. */
export function eventRoute(
  bank: Routes,
  event: { readonly source: string; readonly detailType: string; readonly account?: string },
): Route | undefined {
  const entry = bank.partner_events?.find(({ event_source: source }) => source === event.source);
  const route = namedRoute(bank, entry) ?? claimed(bank, { trigger: 'eventbridge', ...event });
  return event.source.startsWith('aws.') ? route : ofWay(route, `events ${event.account ?? ''} ${event.source}`, undefined);
}

function claimed(bank: Routes, delivery: Delivery): Route | undefined {
  const source = claim(delivery, sourcesOf(bank));
  return source === undefined ? undefined : { source };
}
