// Whether the times that the log has of an object go together.
import type { EvidenceLeaf } from '../notary/leaf.ts';
import { problem, type Problem } from './problems.ts';

const MINUTE_MS = 60_000;
const HOUR_MS = 60 * MINUTE_MS;

/** Clocks of senders differ by so much without anything being wrong. */
const SKEW_MS = 10 * MINUTE_MS;
/** Sealing takes seconds; after so long something had stopped. */
const LATE_SEALING_MS = HOUR_MS;
/** Sources deliver within hours; after so long something had stopped at the sender's. */
const LATE_DELIVERY_MS = 24 * HOUR_MS;

export function timeProblems(leaf: EvidenceLeaf): readonly Problem[] {
  const { key, first, last, delivered, stored } = leaf;
  const found: Problem[] = [];
  if (first !== null && last !== null && first > last) found.push(problem('clock_anomaly', key, 'its first event is after its last'));
  if (last !== null && last - delivered > SKEW_MS)
    found.push(problem('clock_anomaly', key, `its last event is ${span(last - delivered)} after its delivery`));
  if (delivered - stored > SKEW_MS)
    found.push(problem('clock_anomaly', key, `it was sealed ${span(delivered - stored)} before its delivery`));
  if (stored - delivered > LATE_SEALING_MS)
    found.push(problem('late_object', key, `it was sealed ${span(stored - delivered)} after its delivery`));
  if (last !== null && delivered - last > LATE_DELIVERY_MS)
    found.push(problem('late_object', key, `it was delivered ${span(delivered - last)} after its last event`));
  return found;
}

/** In words, of two units at most. */
export function span(ms: number): string {
  const minutes = Math.round(ms / MINUTE_MS);
  if (minutes < 120) return `${minutes} min`;
  const hours = Math.round(ms / HOUR_MS);
  return hours < 48 ? `${hours} h` : `${Math.floor(hours / 24)} d ${hours % 24} h`;
}
