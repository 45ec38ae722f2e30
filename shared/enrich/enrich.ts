// What an event does not say itself and the bank knows: indicators, places, organisation. One step of ingest, between exclusion and redaction.
// Data is loaded beforehand and replaced in the background; whatever fails, the event goes on as it is.
// https://schema.ocsf.io/1.8.0/profiles/osint
import type { Transform } from '../normalise.ts';
import type { OcsfEvent } from '../model.ts';
import { value } from '../outcome.ts';
import { errorFields, type Log } from '../observe/log.ts';

/** One kind of knowledge. */
export interface Enricher {
  /** In the log and the metrics: `intel`, `geo`, … */
  readonly name: string;
  /** Brings its data up to date. What it throws is logged and counted; the data that was there stays. */
  readonly load: () => Promise<void>;
  /** @returns the event with what is known, or the event itself where there is nothing to add or no data. It is never changed. */
  readonly enrich: (event: OcsfEvent) => OcsfEvent;
}

export interface Enrichment {
  /** Awaited before a unit is read. Waits for the first loading only, and not for long; never throws. */
  ready(): Promise<void>;
  readonly transform: Transform;
}

export interface EnrichmentDeps {
  readonly log: Pick<Log, 'warn'>;
  /** Told of every loading, and of the first event of a unit, that failed. */
  readonly onFailure?: ((enricher: string) => void) | undefined;
  /** ms since the epoch. */
  readonly now?: () => number;
  /** Between two loadings, ms. */
  readonly everyMs?: number;
  /** How long the first unit waits at most, ms. */
  readonly patienceMs?: number;
}

const EVERY_MS = 5 * 60_000;
/** A cold start may take as long; later units do not wait. */
const PATIENCE_MS = 15_000;

/** @returns undefined where there is nothing to enrich with. */
export function createEnrichment(enrichers: readonly Enricher[], deps: EnrichmentDeps): Enrichment | undefined {
  if (enrichers.length === 0) return undefined;
  const { log, onFailure, now = Date.now, everyMs = EVERY_MS, patienceMs = PATIENCE_MS } = deps;
  let due = -Infinity;
  let first: Promise<unknown> | undefined;
  const told = new Set<string>();

  function failed(enricher: string, error: unknown, message: string): void {
    log.warn(message, { enricher, ...errorFields(error) });
    onFailure?.(enricher);
  }

  async function loadOne({ name, load }: Enricher): Promise<void> {
    try {
      await load();
    } catch (error) {
      failed(name, error, 'enrichment not loaded, events go on without');
    }
  }

  function enrichWith({ name, enrich }: Enricher, event: OcsfEvent): OcsfEvent {
    try {
      return enrich(event);
    } catch (error) {
      // One line a unit: a defect would be in every event of it.
      if (!told.has(name)) failed(name, error, 'enrichment failed on an event, it goes on without');
      told.add(name);
      return event;
    }
  }

  return {
    async ready() {
      told.clear();
      if (now() >= due) {
        due = now() + everyMs;
        const loading = Promise.all(enrichers.map(loadOne));
        first ??= patience(loading, patienceMs);
      }
      await first;
    },
    transform: (event) => value(enrichers.reduce((known, enricher) => enrichWith(enricher, known), event)),
  };
}

async function patience(loading: Promise<unknown>, ms: number): Promise<void> {
  let timer: NodeJS.Timeout | undefined;
  const over = new Promise<void>((resolve) => (timer = setTimeout(resolve, ms)));
  await Promise.race([loading, over]);
  clearTimeout(timer);
}
