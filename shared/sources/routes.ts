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
 * names the service's own folder.
 * @param ownKey the key without what was chosen before `AWSLogs/`.
 */
export function objectRoute(
  bank: Routes,
  { bucket, key, ownKey }: { readonly bucket: string; readonly key: string; readonly ownKey: string },
): Route | undefined {
  const entries = bank.objects ?? [];
  const own = entries.find(({ match }) => match.startsWith('AWSLogs/') && wildcard(match).test(ownKey));
  const route = namedRoute(bank, own) ?? claimed(bank, { trigger: 's3', bucket, key: ownKey });
  if (route !== undefined) return route;
  const entry = entries.find(({ match }) => wildcard(match).test(key));
  const [, account, source = ''] = DROP.exec(key) ?? [];
  const dropped = namedRoute(bank, entry ?? { source });
  return dropped === undefined ? undefined : { ...dropped, account: dropped.account ?? account };
}

/**
 * Accounts of the bank may write below their own number (LandingBucketPolicy in stacks/resources/landing.yml); the folder there names the
 * source: `drops/222222222222/okta/2026/11/21/…`.
 */
const DROP = /^drops\/(\d{12})\/([^/]+)\//;

/** A batch of log events. `account`: of the log group. */
export function logsRoute(
  bank: Routes,
  { account, logGroup, logStream }: { readonly account: string; readonly logGroup: string; readonly logStream: string },
): Route | undefined {
  const entry = bank.log_groups.find(
    (candidate) => wildcard(candidate.match).test(logGroup) && (candidate.account === undefined || candidate.account === account),
  );
  const route =
    entry === undefined
      ? undefined
      : namedRoute(bank, { source: entry.source, ...(entry.format === undefined ? {} : { format: entry.format }) });
  return route ?? claimed(bank, { trigger: 'logs', logGroup, logStream });
}

/** An event of a bus. */
export function eventRoute(bank: Routes, event: { readonly source: string; readonly detailType: string }): Route | undefined {
  const entry = bank.partner_events?.find(({ event_source: source }) => source === event.source);
  return namedRoute(bank, entry) ?? claimed(bank, { trigger: 'eventbridge', ...event });
}

function claimed(bank: Routes, delivery: Delivery): Route | undefined {
  const source = claim(delivery, sourcesOf(bank));
  return source === undefined ? undefined : { source };
}
