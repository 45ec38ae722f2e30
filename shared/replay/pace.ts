// Keeps a replay from crowding out what is new: so many records a second, however fast they could be read. https://nodejs.org/api/timers.html
import { setTimeout as delay } from 'node:timers/promises';

export interface Pace {
  /** Resolves when this many records (or a part of one) may go on. */
  take(records: number): Promise<void>;
  /** Resolves when all that was taken has had its time: the next one to start finds the pace kept. */
  end(): Promise<void>;
}

export interface Clock {
  /** ms */
  readonly now: () => number;
  readonly sleep: (ms: number) => Promise<unknown>;
}

const CLOCK: Clock = { now: () => performance.now(), sleep: (ms) => delay(ms) };

/** @param rate records per second. */
export function createPace(rate: number, { now, sleep }: Clock = CLOCK): Pace {
  /** When the next one may go on. */
  let next = now();
  async function until(due: number): Promise<void> {
    const wait = due - now();
    if (wait > 0) await sleep(wait);
  }
  return {
    async take(records) {
      const due = Math.max(next, now());
      // Claimed before waiting, so that several may take at once.
      next = due + (records / rate) * 1000;
      await until(due);
    },
    end: () => until(next),
  };
}
