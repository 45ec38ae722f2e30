// Who there is in the made-up bank, and what each does in an hour: people with their hours, leave, overtime and journeys; machines that grow and are
// released; hosts with backups; parties that pay. https://en.wikipedia.org/wiki/Log-normal_distribution
import type { Random } from '../local/demo/random.ts';
import { DAYS, HOURS, isFree, localHour, lognormal, poisson, some, START, weekday, type Counts } from './anomalies-chance.ts';

export interface Person {
  readonly name: string;
  readonly account: string;
  readonly country: string;
  readonly networks: readonly string[];
  readonly services: readonly string[];
  readonly rate: number;
  readonly starts: number;
  readonly admin: boolean;
  readonly leave: readonly [number, number];
  readonly trips: readonly { readonly day: number; readonly days: number; readonly country: string; readonly network: string }[];
  /** Evenings and week-ends that are worked. */
  readonly overtime: number;
}

export interface Machine {
  readonly name: string;
  readonly services: readonly string[];
  readonly rate: number;
  readonly key: string | undefined;
  readonly country: string;
  readonly network: string;
  readonly growth: number;
  readonly night: boolean;
  readonly automation: boolean;
  readonly releases: readonly {
    readonly hour: number;
    readonly hours: number;
    readonly factor: number;
    readonly service: string | undefined;
  }[];
}

export interface Host {
  readonly ip: string;
  readonly ports: readonly string[];
  readonly bytes: number;
  readonly spread: number;
  readonly backup: { readonly day: number; readonly hour: number; readonly bytes: number } | undefined;
  readonly destinations: number;
  readonly from: number;
  readonly until: number;
  readonly added: readonly { readonly hour: number; readonly port: string }[];
}

export interface Party {
  readonly name: string;
  readonly rate: number;
  readonly business: boolean;
}

export const COUNTRIES = ['DE', 'DE', 'DE', 'DE', 'DE', 'AT', 'PL', 'NL', 'ES', 'IN'] as const;
export const ABROAD = ['FR', 'IT', 'US', 'GB', 'PT', 'GR', 'CH', 'TR', 'SE', 'HR', 'TH', 'JP'] as const;
export const SERVICES = Array.from(
  { length: 40 },
  (_, at) => `${at < 8 ? (['s3', 'ec2', 'sts', 'iam', 'lambda', 'logs', 'kms', 'rds'][at] ?? '') : `service${at}`}.amazonaws.com`,
);
export const ACCOUNTS = Array.from({ length: 12 }, (_, at) => String(222222222222 + at));
export function person(random: Random, at: number): Person {
  const leave = random.int(0, DAYS - 14);
  // One in three travels in a quarter, a third of those to where there is a sign-in.
  const trips = Array.from({ length: random.next() < 0.12 ? 1 : 0 }, () => ({
    ...{ day: random.int(15, DAYS - 8), days: random.int(2, 7), country: random.pick(ABROAD), network: `AS${random.int(60_000, 60_400)}` },
  }));
  return {
    name: `arn:aws:sts::${ACCOUNTS[at % ACCOUNTS.length] ?? ''}:assumed-role/AWSReservedSSO_Developer_0a1b/person${at}@demo-bank.example`,
    account: ACCOUNTS[at % ACCOUNTS.length] ?? '',
    country: random.pick(COUNTRIES),
    networks: ['AS64500', `AS${random.int(64_501, 64_520)}`, `AS${random.int(64_521, 64_526)}`],
    services: some(random, SERVICES, random.int(3, 6)),
    rate: 4 * lognormal(random, 0.8),
    starts: random.int(6, 9),
    admin: at % 5 === 0,
    leave: [leave, leave + random.int(3, 14)],
    trips,
    overtime: random.next() < 0.2 ? 0.05 : 0.006,
  };
}

export function machine(random: Random, at: number): Machine {
  const automation = at < 6;
  const releases = Array.from({ length: automation ? 0 : random.int(0, 4) }, () => ({
    ...{ hour: START + random.int(0, HOURS), hours: random.int(1, 12), factor: 1.5 + 2.5 * lognormal(random, 0.4) },
    service: random.next() < 0.12 ? random.pick(SERVICES as [string, ...string[]]) : undefined,
  }));
  return {
    name:
      automation && at < 3
        ? `arn:aws:iam::222222222222:role/pipeline-${at}`
        : `arn:aws:iam::${ACCOUNTS[at % ACCOUNTS.length] ?? ''}:role/service-${at}`,
    services: some(random, SERVICES, random.int(2, 4)),
    rate: 40 * lognormal(random, 1.2),
    key: at % 4 === 0 ? `AKIAEXAMPLE${String(at).padStart(9, '0')}` : undefined,
    country: random.next() < 0.9 ? 'DE' : 'IE',
    network: random.next() < 0.9 ? 'AS16509' : 'AS64500',
    growth: random.next() < 0.2 ? 0.02 * random.next() : 0,
    night: random.next() < 0.3,
    automation,
    releases,
  };
}

export function host(random: Random, at: number): Host {
  const isShort = random.next() < 0.3;
  const from = isShort ? START + random.int(0, HOURS) : START;
  return {
    ip: `10.${20 + (at % 8)}.${at >> 3}.${random.int(2, 250)}`,
    ports: some(
      random,
      ['443', '5432', '3306', '6379', '9092', '8080', '8443', '53', '123', '389', '636', '25', '2049', '9200'],
      random.int(2, 6),
    ),
    bytes: 5e6 * lognormal(random, 1.5),
    spread: 0.25 + 0.5 * random.next(),
    backup: random.next() < 0.15 ? { day: random.int(0, 6), hour: random.int(0, 23), bytes: 2e9 * lognormal(random, 0.7) } : undefined,
    destinations: random.int(3, 40),
    from,
    until: isShort ? from + random.int(24, 30 * 24) : START + HOURS,
    added:
      random.next() < 0.12
        ? [{ hour: START + random.int(0, HOURS), port: random.pick(['443', '9093', '4317', '8125', '6380', '27017', '5671']) }]
        : [],
  };
}

export function party(random: Random, at: number): Party {
  return { name: `party-${at}`, rate: (at < 40 ? 20 : 0.6) * lognormal(random, 0.9), business: at < 40 };
}

export function countPerson(counts: Counts, random: Random, one: Person, hour: number): void {
  const day = Math.floor((hour - START) / 24);
  if (!isWorking(random, one, hour)) return;
  const trip = one.trips.find((journey) => day >= journey.day && day < journey.day + journey.days);
  let calls = 0;
  const busy = lognormal(random, 0.7);
  for (const service of one.services) {
    const value = poisson(random, one.rate * busy * (service === one.services[0] ? 3 : 0.7));
    counts.add('principal-service', one.name, service, value);
    calls += value;
  }
  if (random.next() < 0.0008) counts.add('principal-service', one.name, random.pick(SERVICES as [string, ...string[]]), random.int(2, 20));
  if (calls === 0) return;
  const changes = poisson(random, (one.admin ? 2.5 : 0.4) * busy);
  counts.add('principal-changes', one.name, '', random.next() < 0.002 ? changes * 8 : changes);
  counts.add('principal-failures', one.name, '', random.next() < 0.001 ? random.int(20, 200) : poisson(random, 0.5));
  counts.add('principal-country', one.name, trip?.country ?? one.country, calls);
  const network = random.next() < 0.003 ? `AS${random.int(61_000, 61_050)}` : (one.networks[random.int(0, 2)] ?? '');
  counts.add('principal-network', one.name, trip?.network ?? network, calls);
}

/** In office hours, or in an evening or on a free day now and then. */
function isWorking(random: Random, { starts, overtime, leave: [from, until] }: Person, hour: number): boolean {
  const local = localHour(hour);
  const [clock, day] = [local % 24, Math.floor((hour - START) / 24)];
  const isOffice = !isFree(local) && clock >= starts && clock < starts + 9;
  const works = isOffice && random.next() > 0.12;
  const late = !works && clock >= 7 && random.next() < overtime;
  return (works || late) && (day < from || day >= until);
}

export function countMachine(counts: Counts, random: Random, one: Machine, hour: number): void {
  const local = localHour(hour);
  const rhythm = one.night ? (local % 24 < 5 ? 3 : 0.3) : 0.5 + 0.5 * Math.sin(((local % 24) - 8) / 3.8) + (isFree(local) ? 0 : 0.5);
  const release = one.releases.find(({ hour: from, hours }) => hour >= from && hour < from + hours);
  const growth = (1 + one.growth) ** ((hour - START) / 168);
  const burst = one.automation ? (random.next() < 0.25 ? 8 * lognormal(random, 1) : 0.1) : lognormal(random, 0.25);
  const mean = one.rate * Math.max(0.05, rhythm) * growth * (release?.factor ?? 1) * burst;
  let calls = 0;
  for (const service of one.services) {
    const value = poisson(random, mean);
    counts.add('principal-service', one.name, service, value);
    calls += value;
  }
  if (release?.service !== undefined) counts.add('principal-service', one.name, release.service, poisson(random, mean / 3 + 3));
  counts.add('principal-changes', one.name, '', poisson(random, one.automation ? mean / 5 : mean / 200));
  counts.add('principal-failures', one.name, '', poisson(random, mean / 100) + (random.next() < 0.0003 ? random.int(100, 900) : 0));
  counts.add('principal-network', one.name, one.network, calls);
  if (one.key === undefined) counts.add('principal-country', one.name, one.country, calls);
  else counts.add('key-country', one.key, one.country, calls);
}

export function countHost(counts: Counts, random: Random, one: Host, hour: number): void {
  if (hour < one.from || hour >= one.until) return;
  const local = localHour(hour);
  const load = (isFree(local) ? 0.5 : 1) * (0.6 + 0.5 * Math.max(0, Math.sin(((local % 24) - 7) / 4)));
  for (const port of one.ports) counts.add('host-port', one.ip, port, poisson(random, 20 * load));
  for (const { hour: from, port } of one.added) if (hour >= from) counts.add('host-port', one.ip, port, poisson(random, 8 * load));
  // A stray connection now and then.
  if (random.next() < 0.0002) counts.add('host-port', one.ip, String(random.int(1024, 30_000)), random.int(1, 4));
  const rare = random.next() < 0.0003 ? 10 * lognormal(random, 0.7) : 1;
  const { backup } = one;
  const saved =
    backup !== undefined && weekday(local / 24) === backup.day && local % 24 === backup.hour ? backup.bytes * lognormal(random, 0.15) : 0;
  counts.add('host-bytes-out', one.ip, '', Math.round(one.bytes * load * lognormal(random, one.spread) * rare + saved));
  counts.add(
    'host-destinations',
    one.ip,
    '',
    poisson(random, one.destinations * load) + (random.next() < 0.0001 ? random.int(80, 300) : 0),
  );
}

export function countParty(counts: Counts, random: Random, one: Party, hour: number): void {
  const local = localHour(hour);
  const clock = local % 24;
  const date = new Date(local * 3_600_000).getUTCDate();
  const payday = one.business && date === 25 && clock >= 9 && clock < 12 ? 5 : 1;
  const campaign = random.next() < 0.0002 ? 6 : 1;
  const open = clock >= 7 && clock < 21 ? 1 : 0.1;
  counts.add(
    'party-payments',
    one.name,
    '',
    poisson(random, one.rate * open * (isFree(local) ? 0.4 : 1) * payday * campaign * lognormal(random, 0.3)),
  );
}
