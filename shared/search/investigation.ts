// A finding, what led to it and what came after: the questions that an analyst asks first, asked at once. https://schema.ocsf.io/1.8.0/classes/detection_finding
import type { OpenSearch } from '../opensearch/client.ts';
import { activityOf, type Activity } from './activity.ts';
import { fieldTypes } from './fields.ts';
import { findFinding, type Candidates, type FoundFinding } from './find-finding.ts';
import { periodsOf } from './periods.ts';
import { pivotsOf, type Pivot } from './pivots.ts';
import { timelineOf, type Moment } from './timeline.ts';
import type { TimeRange } from './time.ts';
import { numberAt } from './value.ts';

export interface InvestigationOptions {
  /** Before the first and after the last of the finding, ms. */
  readonly windowMs: number;
  /** Events of each actor, address and resource at most. */
  readonly limit: number;
  /** ms since the epoch. */
  readonly now: number;
}

export interface Lead extends Pick<Pivot, 'kind' | 'value'> {
  /** `actor`, `address 2`: what the timeline calls it. */
  readonly label: string;
  /** Events in the time looked at, and how many of them are in the timeline: the nearest ones. */
  readonly total: number;
  readonly shown: number;
  /** Of actors and addresses. */
  readonly activity: Activity | undefined;
}

export interface Investigation extends FoundFinding {
  readonly around: TimeRange & { readonly to: number };
  readonly leads: readonly Lead[];
  readonly moments: readonly Moment[];
}

/** @returns undefined where there is no such finding. @throws PartialAnswerError where an answer would be a part of the whole one; the errors of the client. */
export async function investigate(
  client: OpenSearch,
  id: string,
  options: InvestigationOptions,
): Promise<Investigation | Candidates | undefined> {
  const found = await findFinding(client, id);
  if (found === undefined || 'candidates' in found) return found;
  const { event } = found.finding;
  const { windowMs, limit, now } = options;
  const center = numberAt(event, 'time') ?? now;
  const first = numberAt(event, 'finding_info.first_seen_time') ?? center;
  const last = numberAt(event, 'finding_info.last_seen_time') ?? center;
  const around = { from: Math.min(first, center) - windowMs, to: Math.max(last, center) + windowMs + 1 };
  const periods = periodsOf(around, now);
  const types = await fieldTypes(client, periods);
  const pivots = pivotsOf(event, types);
  const { moments, counts } = await timelineOf(client, found.finding, pivots, { center, ...around, periods, limit });
  const leads: Lead[] = [];
  for (const [at, { kind, value, query }] of pivots.entries()) {
    const activity = kind === 'resource' ? undefined : await activityOf(client, query, { around, types, now });
    leads.push({ kind, value, label: labelOf(pivots, at), ...(counts[at] ?? { total: 0, shown: 0 }), activity });
  }
  return { ...found, around, leads, moments };
}

/** Numbered where there are several of a kind. */
function labelOf(pivots: readonly Pivot[], at: number): string {
  const kind = pivots[at]?.kind ?? 'actor';
  const before = pivots.slice(0, at).filter((pivot) => pivot.kind === kind).length;
  return before === 0 ? kind : `${kind} ${before + 1}`;
}
