// What groups with news are found to have done, raised once; what fires again has the same id.
// https://docs.opensearch.org/latest/api-reference/search-apis/search/
import { errors } from '@opensearch-project/opensearch';
import { raiseAlerts, type AlertDeps } from '../alert/alerts.ts';
import type { Match } from '../detect/engine.ts';
import type { Fired } from '../detect/sigma/windows.ts';
import type { Suppressions } from '../detect/suppress.ts';
import type { Log } from '../observe/log.ts';
import { messageOf } from '../opensearch/ask.ts';
import { isObject, object, text } from '../outcome.ts';
import { evaluate, stretchesOf, type Affected, type EvaluateDeps, type Stretch } from './evaluate.ts';
import { windowFinding, windowUid } from './finding.ts';
import { loadFired, saveFired, type FiredWindows } from './state.ts';

export interface RaiseDeps extends AlertDeps, EvaluateDeps {
  readonly suppressions: Suppressions;
  readonly log: Pick<Log, 'info' | 'warn'>;
}

const BAD_REQUEST = 400;
/** Of a value in the log. */
const SHOWN_CHARACTERS = 200;

export interface RaisedAll {
  readonly groups: number;
  readonly findings: number;
  readonly alerts: number;
  /** Groups passed over: see evaluateWhole(). */
  readonly refused: number;
}

/** @returns undefined where another run writes what this one found. */
export async function raiseAll(affected: readonly Affected[], deps: RaiseDeps): Promise<RaisedAll | undefined> {
  const total = { groups: 0, findings: 0, alerts: 0, refused: 0 };
  for (const stretch of stretchesOf(affected)) {
    const raised = await raiseStretch(stretch, deps);
    if (raised === undefined) return undefined;
    total.groups += stretch.groups.length;
    total.findings += raised.findings;
    total.alerts += raised.alerts;
    total.refused += raised.refused;
  }
  return total;
}

async function raiseStretch(stretch: Stretch, deps: RaiseDeps): Promise<Omit<RaisedAll, 'groups'> | undefined> {
  const { correlation } = stretch.family;
  const known = await loadFired(deps.claims, correlation.id, stretch.groups, deps.now());
  const isUsedUp = (group: readonly string[], time: number): boolean =>
    known.get(JSON.stringify(group))?.windows.some(({ raised, start, end }) => raised && time >= start && time <= end) === true;
  const { fired, refused } = await evaluateWhole(stretch, isUsedUp, deps);
  const total = { findings: 0, alerts: 0, refused };
  for (const [key, windows] of Map.groupBy(fired, ({ group }) => JSON.stringify(group))) {
    const before = known.get(key);
    const raised = before === undefined ? undefined : await raiseGroup(windows, before, deps);
    if (raised === undefined) return undefined;
    total.findings += raised.findings;
    total.alerts += raised.alerts;
  }
  return total;
}

interface Evaluated {
  readonly fired: readonly Fired<Match>[];
  readonly refused: number;
}

/** A group that OpenSearch refuses to be asked for must not keep the others from being looked at: it is passed over, counted and named in the log. */
async function evaluateWhole(
  stretch: Stretch,
  isUsedUp: (group: readonly string[], time: number) => boolean,
  deps: RaiseDeps,
): Promise<Evaluated> {
  const { family, groups } = stretch;
  try {
    return { fired: await evaluate(stretch, isUsedUp, deps), refused: 0 };
  } catch (error) {
    if (!(error instanceof errors.ResponseError) || error.statusCode !== BAD_REQUEST) throw error;
    if (groups.length === 1) {
      deps.log.warn('a group was passed over: OpenSearch refuses the question', {
        rule: family.correlation.title,
        group: groups[0]?.map((value) => value.slice(0, SHOWN_CHARACTERS)),
        reason: messageOf(error),
      });
      return { fired: [], refused: 1 };
    }
    const half = Math.ceil(groups.length / 2);
    const first = await evaluateWhole({ ...stretch, groups: groups.slice(0, half) }, isUsedUp, deps);
    const second = await evaluateWhole({ ...stretch, groups: groups.slice(half) }, isUsedUp, deps);
    return { fired: [...first.fired, ...second.fired], refused: first.refused + second.refused };
  }
}

/** Written down first, under the id that it keeps: whoever goes on after a failure raises the same. */
async function raiseGroup(
  fired: readonly Fired<Match>[],
  before: FiredWindows,
  deps: RaiseDeps,
): Promise<Pick<RaisedAll, 'findings' | 'alerts'> | undefined> {
  const { claims, bank } = deps;
  // Events that came late may have moved the beginning of a window that was written down and not raised.
  const named = fired.map((one) => {
    const begun = before.windows.find(({ raised, start, end }) => !raised && start <= one.end && one.start <= end);
    return { fired: one, window: { start: one.start, end: one.end, uid: begun?.uid ?? windowUid(one, bank.bank), raised: false } };
  });
  const done = before.windows.filter(({ raised }) => raised);
  const begun = await saveFired(claims, { ...before, windows: [...done, ...named.map(({ window }) => window)] }, deps.now());
  if (begun === undefined) return undefined;
  const total = { findings: 0, alerts: 0 };
  for (const { fired: one, window } of named) {
    const raised = await raiseWindow(one, window.uid, deps);
    total.findings += raised.published;
    total.alerts += raised.alerted;
  }
  const windows = begun.windows.map((window) => ({ ...window, raised: true }));
  return (await saveFired(claims, { ...begun, windows }, deps.now())) === undefined ? undefined : total;
}

async function raiseWindow(fired: Fired<Match>, uid: string, deps: RaiseDeps): Promise<{ published: number; alerted: number }> {
  const { bank, suppressions, log, now } = deps;
  const { correlation, start, matches } = fired;
  const events = matches.map(({ event }) => event.event);
  const suppression = suppressions.of(correlation.id, events, now());
  const finding = windowFinding(fired, { bank: bank.bank, uid, suppression });
  const [first] = events;
  const origin = {
    bank: bank.bank,
    account: accountOf(first?.['cloud']) ?? 'unknown',
    region: bank.region,
    source: 'strongroom',
    trigger: 's3',
    uri: `strongroom://correlate/${correlation.id}#${uid}`,
    time: now(),
  } as const;
  const { published, alerted } = await raiseAlerts([finding], { origin, evidence: '' }, deps);
  if (published > 0) log.info('correlated', { rule: correlation.title, level: correlation.level, events: matches.length, start });
  return { published, alerted };
}

function accountOf(cloud: unknown): string | undefined {
  return isObject(cloud) ? text(object(cloud['account'])?.['uid']) : undefined;
}
