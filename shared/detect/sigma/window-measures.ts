// What the hits of a window come to, by the type of the correlation.
// https://github.com/SigmaHQ/sigma-specification/blob/main/specification/sigma-correlation-rules-specification.md (Correlation types)
import type { Correlation } from './rule.ts';

/** What `value_…` types count (a text that stands for the values) or reckon with; undefined where the event has none. */
export type Measured = string | number | undefined;

/** What a queue of hits comes to. */
export interface Measure {
  /** @returns false where the hit has nothing to add: it is not kept. */
  add(value: Measured): boolean;
  remove(value: Measured): void;
  result(): number | undefined;
}

export function measureOf({ type, percentile }: Correlation): Measure {
  switch (type) {
    case 'value_count':
      return createDistinct();
    case 'value_sum':
      return createSum((sum) => sum);
    case 'value_avg':
      return createSum((sum, count) => (count === 0 ? undefined : sum / count));
    case 'value_percentile':
      return createSorted((values) => values[Math.max(0, Math.ceil((percentile / 100) * values.length) - 1)]);
    case 'value_median':
      return createSorted(medianOf);
    case 'event_count':
    case 'temporal':
    case 'temporal_ordered':
      return createCount();
  }
}

function createCount(): Measure {
  let count = 0;
  return {
    add() {
      count++;
      return true;
    },
    remove() {
      count--;
    },
    result: () => count,
  };
}

function createDistinct(): Measure {
  const times = new Map<string | number, number>();
  return {
    add(value) {
      if (value === undefined) return false;
      times.set(value, (times.get(value) ?? 0) + 1);
      return true;
    },
    remove(value) {
      if (value === undefined) return;
      const left = (times.get(value) ?? 0) - 1;
      if (left > 0) times.set(value, left);
      else times.delete(value);
    },
    result: () => times.size,
  };
}

/** With what rounding takes away kept apart (Neumaier), so that adding and taking off amounts for months leaves the sum right. */
function createSum(of: (sum: number, count: number) => number | undefined): Measure {
  let [sum, lost, count] = [0, 0, 0];
  const plus = (value: number): void => {
    const next = sum + value;
    lost += Math.abs(sum) >= Math.abs(value) ? sum - next + value : value - next + sum;
    sum = next;
  };
  return {
    add(value) {
      if (typeof value !== 'number') return false;
      plus(value);
      count++;
      return true;
    },
    remove(value) {
      if (typeof value !== 'number') return;
      plus(-value);
      count--;
      if (count === 0) [sum, lost] = [0, 0];
    },
    result: () => of(sum + lost, count),
  };
}

function createSorted(of: (values: readonly number[]) => number | undefined): Measure {
  const values: number[] = [];
  return {
    add(value) {
      if (typeof value !== 'number') return false;
      values.splice(placeOf(values, value), 0, value);
      return true;
    },
    remove(value) {
      if (typeof value === 'number') values.splice(placeOf(values, value), 1);
    },
    result: () => of(values),
  };
}

/** @returns where the first value stands that is not smaller. */
function placeOf(values: readonly number[], value: number): number {
  let [low, high] = [0, values.length];
  while (low < high) {
    const middle = (low + high) >>> 1;
    if ((values[middle] ?? Infinity) < value) low = middle + 1;
    else high = middle;
  }
  return low;
}

function medianOf(values: readonly number[]): number | undefined {
  const upper = values[values.length >>> 1];
  const lower = values[(values.length - 1) >>> 1];
  return upper === undefined || lower === undefined ? undefined : (upper + lower) / 2;
}
