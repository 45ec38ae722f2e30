// What the vault costs to keep: storage by class and age, requests, tags. List prices; nothing of reading, moving out, discounts or taxes.
// https://aws.amazon.com/s3/pricing/ (shared/retention/prices.json) and
// https://docs.aws.amazon.com/AmazonS3/latest/userguide/storage-class-intro.html (sizes that are billed)
import type { ColdStep, ColdStorage } from '../config.ts';
import type { RetentionClass } from './classes.ts';
import { COLD_STORAGE, coldSteps, SMALLEST_COLD_BYTES } from './cold.ts';

export type Storage = 'STANDARD' | ColdStorage;

export interface Prices {
  /** When somebody last looked, `YYYY-MM-DD`. */
  readonly checked: string;
  /** GB and month. */
  readonly storage: Readonly<Record<Storage, number>>;
  /** Into the class, 1,000 objects. */
  readonly moves: Readonly<Record<ColdStorage, number>>;
  /** 1,000 requests. */
  readonly put: number;
  readonly get: number;
  /** 10,000 tags and month. */
  readonly tags: number;
}

export interface Load {
  readonly class: RetentionClass;
  /** As delivered: compressed, mostly. */
  readonly gbPerDay: number;
}

export interface CostRequest {
  readonly loads: readonly Load[];
  readonly cold: readonly ColdStep[];
  readonly objectBytes: number;
  readonly years: number;
  readonly prices: Prices;
}

export interface YearCost {
  readonly year: number;
  /** At the year's end. */
  readonly storedGb: number;
  readonly storage: number;
  /** Putting, looking up, moving on. */
  readonly requests: number;
  readonly tags: number;
  readonly total: number;
  /** The same, had everything stayed in STANDARD. */
  readonly allStandard: number;
}

export interface ClassCost {
  readonly class: RetentionClass;
  readonly gbPerDay: number;
  readonly steps: readonly ColdStep[];
  readonly years: readonly YearCost[];
}

const GB = 1024 ** 3;
const DAYS = 365;
const DAYS_OF_MONTH = DAYS / 12;

/** Of an archived object, beside itself: the index in the class, the name in STANDARD. */
const ARCHIVE_BYTES = { own: 32 * 1024, standard: 8 * 1024 };
/** To the log: its checksum and metadata; and one for whoever verifies it. */
const LOOKUPS = 2;

export function costOf({ loads, cold, objectBytes, years, prices }: CostRequest): readonly ClassCost[] {
  return loads.map((load) => {
    const steps = objectBytes < SMALLEST_COLD_BYTES ? [] : coldSteps(load.class.days, cold);
    const one = { ...load, objectBytes, prices };
    const [actual, standard] = [yearly({ ...one, steps }, years), yearly({ ...one, steps: [] }, years)];
    return {
      ...load,
      steps,
      years: actual.map((cost, at) => ({ ...cost, allStandard: standard[at]?.total ?? cost.total })),
    };
  });
}

interface Kept extends Load {
  readonly objectBytes: number;
  readonly steps: readonly ColdStep[];
  readonly prices: Prices;
}

/** A stretch of an object's life in one class. */
interface Stretch {
  readonly storage: Storage;
  readonly from: number;
  /** Days; the first that is not in it. */
  readonly to: number;
}

function yearly(kept: Kept, years: number): readonly Omit<YearCost, 'allStandard'>[] {
  const { prices, gbPerDay, objectBytes } = kept;
  const objectsPerDay = (gbPerDay * GB) / objectBytes;
  const life = stretches(kept);
  return Array.from({ length: years }, (_, at) => {
    let [storage, requests, tags] = [0, 0, 0];
    for (let day = at * DAYS + 1; day <= (at + 1) * DAYS; day++) {
      for (const stretch of life) storage += (stored(stretch, day) * perDay(stretch, kept)) / DAYS_OF_MONTH;
      requests += (objectsPerDay / 1000) * (prices.put + LOOKUPS * prices.get);
      for (const { storage: into, from } of life) {
        if (into !== 'STANDARD' && day > from) requests += (objectsPerDay / 1000) * prices.moves[into];
      }
      tags += ((objectsPerDay * Math.min(day, kept.class.days)) / 10_000) * (prices.tags / DAYS_OF_MONTH);
    }
    const storedGb = Math.min((at + 1) * DAYS, kept.class.days) * gbPerDay;
    return { year: at + 1, storedGb, storage, requests, tags, total: storage + requests + tags };
  });
}

function stretches({ class: { days }, steps }: Kept): readonly Stretch[] {
  const starts: readonly { readonly storage: Storage; readonly from: number }[] = [
    { storage: 'STANDARD', from: 0 },
    ...steps.map(({ storage_class: storage, after_days: from }) => ({ storage, from })),
  ];
  return starts.map((start, at) => ({ ...start, to: starts[at + 1]?.from ?? days }));
}

/** @returns days' worth of evidence that is in this stretch of its life on the day. */
function stored({ from, to }: Stretch, day: number): number {
  return Math.max(0, Math.min(day, to) - from);
}

/** @returns what one day's worth costs in a month. */
function perDay({ storage }: Stretch, { gbPerDay, objectBytes, prices }: Kept): number {
  const price = prices.storage[storage];
  if (storage === 'STANDARD' || !COLD_STORAGE[storage].isArchive) return gbPerDay * price;
  const objects = (gbPerDay * GB) / objectBytes;
  return gbPerDay * price + (objects / GB) * (ARCHIVE_BYTES.own * price + ARCHIVE_BYTES.standard * prices.storage.STANDARD);
}

/** @returns the sums of all classes, year by year. */
export function totals(costs: readonly ClassCost[]): readonly YearCost[] {
  const [first] = costs;
  return (first?.years ?? []).map(({ year }, at) => {
    const sum = (of: (cost: YearCost) => number): number =>
      costs.reduce((total, { years }) => total + (years[at] === undefined ? 0 : of(years[at])), 0);
    return {
      year,
      storedGb: sum((cost) => cost.storedGb),
      storage: sum((cost) => cost.storage),
      requests: sum((cost) => cost.requests),
      tags: sum((cost) => cost.tags),
      total: sum((cost) => cost.total),
      allStandard: sum((cost) => cost.allStandard),
    };
  });
}
