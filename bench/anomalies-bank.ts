// A made-up bank over a quarter, hour by hour, as the aggregations of shared/anomalies/read.ts would count it: people with a weekly rhythm, holidays,
// leave, overtime and journeys; services that grow, are released and fail; hosts, payments, outages of delivery; and attacks.
// https://en.wikipedia.org/wiki/Monte_Carlo_method
import type { Observation } from '../shared/anomalies/judge.ts';
import { createRandom } from '../local/demo/random.ts';
import { planned, type Attack } from './anomalies-attacks.ts';
import { createCounts, HOURS, START } from './anomalies-chance.ts';
import { ACCOUNTS, countHost, countMachine, countParty, countPerson, host, machine, party, person } from './anomalies-entities.ts';

/** Observations of an hour by the baseline's id; undefined where nothing was delivered. */
export type Counted = ReadonlyMap<string, readonly Observation[]> | undefined;

export interface SimulatedBank {
  readonly attacks: readonly Attack[];
  hour(hour: number): Counted;
}

const REGIONS = ['eu-central-1', 'eu-west-1', 'us-east-1'] as const;
/** @param seed the same gives the same bank. */
export function simulatedBank(seed: number): SimulatedBank {
  const random = createRandom(seed);
  const people = Array.from({ length: 200 }, (_, at) => person(random, at));
  const machines = Array.from({ length: 100 }, (_, at) => machine(random, at));
  const hosts = Array.from({ length: 180 }, (_, at) => host(random, at));
  const parties = Array.from({ length: 150 }, (_, at) => party(random, at));
  const outages = Array.from({ length: 6 }, () => ({ from: START + random.int(0, HOURS), hours: random.int(2, 10) }));
  const regions = ACCOUNTS.map(() => REGIONS.slice(0, random.int(1, 3)));
  const attacks = planned(random, { people, machines, hosts, parties });
  return {
    attacks: attacks.map(({ attack }) => attack),
    hour(hour) {
      if (outages.some(({ from, hours }) => hour >= from && hour < from + hours)) return undefined;
      const counts = createCounts();
      for (const one of people) countPerson(counts, random, one, hour);
      for (const one of machines) countMachine(counts, random, one, hour);
      for (const one of hosts) countHost(counts, random, one, hour);
      for (const one of parties) countParty(counts, random, one, hour);
      for (const [at, used] of regions.entries()) for (const region of used) counts.add('account-region', ACCOUNTS[at] ?? '', region, 20);
      for (const { attack, count } of attacks) if (hour >= attack.from && hour < attack.to) count(counts, hour, random);
      return counts.all();
    },
  };
}
