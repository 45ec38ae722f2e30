// Chance and the clock of the made-up bank: https://en.wikipedia.org/wiki/Poisson_distribution
import type { Observation } from '../shared/anomalies/judge.ts';
import type { Random } from '../local/demo/random.ts';

export const DAYS = 91;
export const START = Date.UTC(2026, 8, 7) / 3_600_000;
export const HOURS = DAYS * 24;
export const HOLIDAYS = ['2026-10-03', '2026-10-12', '2026-11-16'];
export function some<T>(random: Random, from: readonly T[], count: number): readonly T[] {
  const left = [...from];
  return Array.from({ length: Math.min(count, left.length) }, () => left.splice(random.int(0, left.length - 1), 1)).flat();
}

/** @returns around 1, with a heavy tail upwards. */
export function lognormal(random: Random, sigma: number): number {
  return Math.exp(sigma * normal(random) - (sigma * sigma) / 2);
}

export function poisson(random: Random, mean: number): number {
  if (mean > 30) return Math.max(0, Math.round(mean + Math.sqrt(mean) * normal(random)));
  const limit = Math.exp(-mean);
  let count = 0;
  for (let product = random.next(); product > limit; product *= random.next()) count++;
  return count;
}

/** Berlin's clock changes on 2026-10-25: people's hours move against UTC. */
export function localHour(hour: number): number {
  return hour + (hour < Date.UTC(2026, 9, 25, 1) / 3_600_000 ? 2 : 1);
}

export function weekday(day: number): number {
  return (Math.floor(day) + 3) % 7;
}

export function isFree(localHours: number): boolean {
  const day = Math.floor(localHours / 24);
  return weekday(day) >= 5 || HOLIDAYS.includes(new Date(day * 86_400_000).toISOString().slice(0, 10));
}

function normal(random: Random): number {
  return Math.sqrt(-2 * Math.log(1 - random.next())) * Math.cos(2 * Math.PI * random.next());
}

/** In the names of identities that the bank has declared as its automation. */
const AUTOMATION = 'role/pipeline-';

export interface Counts {
  readonly add: (baseline: string, entity: string, key: string, value: number) => void;
  readonly all: () => Map<string, readonly Observation[]>;
}

export function createCounts(): Counts {
  const sums = new Map<string, Map<string, { entity: string; key: string; value: number; isAutomation: boolean }>>();
  return {
    add(baseline, entity, key, value) {
      if (value <= 0) return;
      const found = sums.get(baseline) ?? new Map<string, { entity: string; key: string; value: number; isAutomation: boolean }>();
      sums.set(baseline, found);
      const known = found.get(`${entity}\n${key}`);
      if (known === undefined) found.set(`${entity}\n${key}`, { entity, key, value, isAutomation: entity.includes(AUTOMATION) });
      else known.value += value;
    },
    all: () => new Map([...sums].map(([baseline, found]) => [baseline, [...found.values()]])),
  };
}
