// A correlation's window as an OCSF Detection Finding. https://schema.ocsf.io/1.8.0/classes/detection_finding
import type { SuppressConfig } from '../detect/config.ts';
import type { Match } from '../detect/engine.ts';
import { evidenceOf, relatedOf, suppressedFacts, suppressionOf, toldOf } from '../detect/finding.ts';
import { ANALYTIC, newFinding } from '../detect/new-finding.ts';
import type { Correlation } from '../detect/sigma/rule.ts';
import type { Fired } from '../detect/sigma/windows.ts';
import { digest } from '../ids.ts';
import type { JsonObject, OcsfEvent } from '../model.ts';
import { isArray, object, text } from '../outcome.ts';

const MAX_RELATED = 50;
const MAX_EVIDENCES = 10;
const MAX_RESOURCES = 20;
const MAX_SAID = 1000;

/** @returns the same for the same window, whenever it is found again. */
export function windowUid({ correlation, group, start }: Pick<Fired<unknown>, 'correlation' | 'group' | 'start'>, bank: string): string {
  return digest(16, 'finding', bank, correlation.id, JSON.stringify(group), String(start));
}

export interface WindowContext {
  readonly bank: string;
  readonly uid: string;
  readonly suppression: SuppressConfig | undefined;
}

export function windowFinding(fired: Fired<Match>, { bank, uid, suppression }: WindowContext): OcsfEvent {
  const { correlation, group, matches, cut, value } = fired;
  const events = [...new Map(matches.map(({ event: { event } }) => [event.metadata.uid, event])).values()];
  const times = events.map(({ time }) => time);
  const told = toldOf(correlation);
  const first = times.reduce((one, other) => Math.min(one, other), fired.start);
  return newFinding({
    uid,
    bank,
    // As long as it goes on it is one alert, with updates.
    family: digest(16, 'family', bank, correlation.id, JSON.stringify(group)),
    ...told,
    analytic: { ...told.analytic, type_id: ANALYTIC.behavioral },
    types: ['correlation', correlation.type],
    message: messageOf(fired, events.length),
    first,
    last: times.reduce((one, other) => Math.max(one, other), first),
    count: correlation.type === 'event_count' ? Math.max(value, events.length) : events.length,
    cloud: cloudOf(events),
    dataSources: [...new Set(events.map(({ metadata }) => metadata.product.name))],
    related: events.slice(0, MAX_RELATED).map(relatedOf),
    evidences: spread(matches, MAX_EVIDENCES).map(({ event }) => stepEvidence(event)),
    resources: resourcesOf(events),
    evidence: '',
    more: suppressedFacts(suppression),
    unmapped: {
      group: groupOf(correlation, group),
      steps: stepsOf(fired),
      ...(cut ? { cut: 'more events match than were looked at: there may be more than is told here' } : {}),
      ...(correlation.notes === undefined || correlation.notes.falsepositives.length === 0
        ? {}
        : { false_positives: correlation.notes.falsepositives }),
      ...(suppression === undefined ? {} : { suppression: suppressionOf(suppression) }),
    },
  });
}

/** Events of applications may have none of the objects that evidence consists of: then it is what they say. */
function stepEvidence(match: Match): JsonObject {
  const evidence = evidenceOf(match);
  const { rule, event } = match;
  return { ...evidence, name: rule.title, data: evidence['data'] ?? text(event['message'])?.slice(0, MAX_SAID) ?? rule.title };
}

function groupOf({ groupBy }: Correlation, group: readonly string[]): JsonObject {
  return Object.fromEntries(groupBy.map((name, at) => [name, group[at] ?? '']));
}

/** What was met, in order of time: which rule, how often, from when on. */
function stepsOf({ matches }: Fired<Match>): readonly JsonObject[] {
  const steps = new Map<string, { rule: string; count: number; first_seen_time: number }>();
  for (const { event, time } of matches) {
    const step = steps.get(event.rule.id);
    if (step === undefined) steps.set(event.rule.id, { rule: event.rule.title, count: 1, first_seen_time: time });
    else step.count++;
  }
  return [...steps.values()].map((step) => ({ ...step }));
}

/** The first of each rule before the second of any: a chain's last step matters as much as its first. */
function spread(matches: Fired<Match>['matches'], most: number): Fired<Match>['matches'] {
  const seen = new Map<string, number>();
  const turns = matches.map((match, at) => {
    const turn = seen.get(match.rule) ?? 0;
    seen.set(match.rule, turn + 1);
    return { match, turn, at };
  });
  const chosen = turns.sort((one, other) => one.turn - other.turn || one.at - other.at).slice(0, most);
  return chosen.sort((one, other) => one.at - other.at).map(({ match }) => match);
}

/** Of whose events are of one account; of several, what they share is told by the group. */
function cloudOf(events: readonly OcsfEvent[]): JsonObject | undefined {
  const clouds = events.map((event) => object(event['cloud'])).filter((cloud) => cloud !== undefined);
  const accounts = new Set(clouds.map((cloud) => JSON.stringify(cloud['account'] ?? null)));
  return accounts.size === 1 ? clouds[0] : undefined;
}

function resourcesOf(events: readonly OcsfEvent[]): readonly unknown[] | undefined {
  const resources = events.flatMap((event) => (isArray(event['resources']) ? event['resources'] : []));
  const different = [...new Map(resources.map((resource) => [JSON.stringify(resource), resource])).values()];
  return different.length === 0 ? undefined : different.slice(0, MAX_RESOURCES);
}

const MINUTE_MS = 60_000;
const UNITS = [
  [86_400_000, 'd'],
  [3_600_000, 'h'],
  [MINUTE_MS, 'min'],
  [1000, 's'],
] as const;

/** One line: the correlation, whose, how many in what time. */
function messageOf({ correlation, group, matches, start, time }: Fired<Match>, events: number): string {
  const who = correlation.groupBy.length === 0 ? '' : `: ${correlation.groupBy.map((_, at) => group[at] ?? '').join(', ')}`;
  const from = Math.min(start, ...matches.slice(0, 1).map((match) => match.time));
  return `${correlation.title}${who} (${events} ${events === 1 ? 'event' : 'events'} within ${lengthOf(Math.max(0, time - from))})`;
}

function lengthOf(ms: number): string {
  const [unit, name] = UNITS.find(([one]) => ms >= one) ?? [1000, 's'];
  return `${Math.round(ms / unit)} ${name}`;
}
