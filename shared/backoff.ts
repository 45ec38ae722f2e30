// Exponential back-off with full jitter. https://aws.amazon.com/builders-library/timeouts-retries-and-backoff-with-jitter/
import { setTimeout as sleep } from 'node:timers/promises';

export interface Backoff {
  /** First delay at most, ms. */
  readonly baseMs: number;
  /** Any delay at most, ms. */
  readonly capMs: number;
  readonly attempts: number;
}

/** Waits a random time that grows with the attempt, counted from 0. */
export async function backOff(attempt: number, backoff: Backoff): Promise<void> {
  await sleep(delayMs(attempt, backoff));
}

/** @returns any delay up to the limit of the attempt, ms: who failed together does not come back together. */
export function delayMs(attempt: number, { baseMs, capMs }: Backoff): number {
  return Math.random() * Math.min(capMs, baseMs * 2 ** attempt);
}
