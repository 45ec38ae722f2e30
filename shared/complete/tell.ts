// Signals to the hub and to people: each becomes a finding. https://schema.ocsf.io/1.8.0/classes/detection_finding
import { raiseAlerts, type AlertDeps } from '../alert/alerts.ts';
import type { Log } from '../observe/log.ts';
import { findingOf, signalUid } from './finding.ts';
import { SIGNALS, type Signal } from './signals.ts';

export interface TellDeps extends AlertDeps {
  readonly log: Pick<Log, 'info'>;
}

export interface Told {
  readonly published: number;
  readonly alerted: number;
}

/** Of one kind at once; where a whole organization's trail stops, a few alerts say it as well as hundreds. The findings are all there. */
const MAX_ALERTS = 20;

/**
 * Publishes each as a finding, once, and alerts.
 * @param uri object that shows what was known when they were found. @throws RetryableError and AWS errors: telling them again changes nothing.
 */
export async function tell(signals: readonly Signal[], uri: string, deps: TellDeps): Promise<Told> {
  const { bank, now } = deps;
  const counts = { published: 0, alerted: 0 };
  const alerts = new Map<string, number>();
  const different = new Map(signals.map((signal) => [`${signalUid(signal, bank.bank)} ${signal.closed ?? ''}`, signal]));
  for (const signal of different.values()) {
    const before = alerts.get(signal.kind) ?? 0;
    if (signal.quiet !== true && signal.closed === undefined) alerts.set(signal.kind, before + 1);
    const finding = findingOf(before < MAX_ALERTS ? signal : { ...signal, quiet: true }, bank.bank);
    const origin = {
      bank: bank.bank,
      account: signal.account ?? 'unknown',
      region: signal.region ?? bank.region,
      source: signal.source,
      trigger: 's3',
      uri,
      time: now(),
    } as const;
    const { published, alerted } = await raiseAlerts([finding], { origin, evidence: signal.evidence ?? '' }, deps);
    counts.published += published;
    counts.alerted += alerted;
    if (published > 0)
      deps.log.info(signal.closed === undefined ? 'found' : 'over', {
        kind: signal.kind,
        level: SIGNALS[signal.kind].level,
        detail: signal.detail,
      });
  }
  return counts;
}
