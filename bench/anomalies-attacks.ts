// Attacks on the made-up bank. https://attack.mitre.org/
import type { Random } from '../local/demo/random.ts';
import { HOURS, START, type Counts } from './anomalies-chance.ts';
import { ACCOUNTS, type Host, type Machine, type Party, type Person } from './anomalies-entities.ts';

export const ATTACKS = [
  'stolen key, new country',
  'mass download',
  'new region',
  'slow exfiltration',
  'night-time admin',
  'port never used',
  'payment burst',
] as const;
export type AttackKind = (typeof ATTACKS)[number];

export interface Attack {
  readonly kind: AttackKind;
  readonly entities: readonly string[];
  /** Hours since the epoch. */
  readonly from: number;
  readonly to: number;
}

export interface Planned {
  readonly attack: Attack;
  readonly count: (counts: Counts, hour: number, random: Random) => void;
}

export interface Victims {
  readonly people: readonly Person[];
  readonly machines: readonly Machine[];
  readonly hosts: readonly Host[];
  readonly parties: readonly Party[];
}

const HOSTILE = ['BR', 'RO', 'VN', 'MD', 'NG'] as const;
const OTHER_REGIONS = ['ap-southeast-2', 'sa-east-1', 'af-south-1', 'me-south-1', 'ap-east-1', 'ca-west-1'] as const;

/** Attacks begin when there is a baseline. */
const FIRST_ATTACK_DAY = 22;
const OF_EACH_KIND = 6;

export function planned(random: Random, victims: Victims): readonly Planned[] {
  return ATTACKS.flatMap((kind) => Array.from({ length: OF_EACH_KIND }, () => plan(kind, random, victims)));
}

type Plan = (random: Random, from: number, victims: Victims) => Planned;

const PLANS: Readonly<Record<AttackKind, Plan>> = {
  'stolen key, new country': stolenKey,
  'mass download'(random, from, { people }) {
    const { name, rate } = random.pick(people.filter(({ services }) => services.includes('s3.amazonaws.com')) as [Person, ...Person[]]);
    const size = Math.max(400, rate * random.int(40, 200));
    return {
      attack: attackOf('mass download', [name], workHour(from), 4),
      count: (counts) => counts.add('principal-service', name, 's3.amazonaws.com', size),
    };
  },
  'new region'(random, from) {
    const account = random.pick(ACCOUNTS as [string, ...string[]]);
    const region = random.pick(OTHER_REGIONS);
    return {
      attack: attackOf('new region', [account], from, 6),
      count: (counts, _hour, chance) => counts.add('account-region', account, region, chance.int(1, 40)),
    };
  },
  'slow exfiltration'(random, from, { hosts }) {
    const { ip, bytes } = random.pick(lasting(hosts));
    const more = Math.max(100e6, bytes * (1 + 2 * random.next()));
    return {
      attack: attackOf('slow exfiltration', [ip], Math.floor(from / 24) * 24, 7 * 24),
      count: (counts) => counts.add('host-bytes-out', ip, '', Math.round(more)),
    };
  },
  'night-time admin'(random, from, { people }) {
    const { name } = random.pick(people.filter(({ admin }) => admin) as [Person, ...Person[]]);
    return {
      attack: attackOf('night-time admin', [name], Math.floor(from / 24) * 24 + 1, 2),
      count: (counts, _hour, chance) => counts.add('principal-changes', name, '', chance.int(12, 40)),
    };
  },
  'port never used'(random, from, { hosts }) {
    const { ip } = random.pick(lasting(hosts));
    const port = random.pick(['22', '3389', '445', '4444', '1337', '5985']);
    return {
      attack: attackOf('port never used', [ip], from, 4),
      count: (counts, _hour, chance) => counts.add('host-port', ip, port, chance.int(3, 80)),
    };
  },
  'payment burst'(random, from, { parties }) {
    const { name, rate } = random.pick(parties as [Party, ...Party[]]);
    const size = Math.max(45, rate * random.int(8, 15));
    return { attack: attackOf('payment burst', [name], from, 2), count: (counts) => counts.add('party-payments', name, '', size) };
  },
};

function plan(kind: AttackKind, random: Random, victims: Victims): Planned {
  return PLANS[kind](random, START + random.int(FIRST_ATTACK_DAY * 24, HOURS - 10 * 24), victims);
}

function attackOf(kind: AttackKind, entities: readonly string[], from: number, hours: number): Attack {
  return { kind, entities, from, to: from + hours };
}

function stolenKey(random: Random, from: number, { machines }: Victims): Planned {
  const { name, key = '' } = random.pick(machines.filter((one) => one.key !== undefined) as [Machine, ...Machine[]]);
  const [country, network] = [random.pick(HOSTILE), `AS${random.int(62_000, 62_020)}`];
  return {
    attack: attackOf('stolen key, new country', [name, key], from, 3),
    count(counts, _hour, chance) {
      const calls = chance.int(5, 60);
      counts.add('key-country', key, country, calls);
      counts.add('principal-network', name, network, calls);
      counts.add('principal-service', name, 'iam.amazonaws.com', calls);
      counts.add('principal-failures', name, '', chance.int(0, calls));
    },
  };
}

function lasting(hosts: readonly Host[]): [Host, ...Host[]] {
  return hosts.filter(({ until, from }) => from === START && until === START + HOURS) as [Host, ...Host[]];
}

/** In its owner's hours, so that only the amount tells. */
function workHour(from: number): number {
  return Math.floor(from / 24) * 24 + 10;
}
