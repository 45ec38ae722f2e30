// One delivered unit from expanded bytes to OCSF events: frame → parse → map → exclude → redact. Pure: no clock, no network, so that the
// same bytes give the same events and ids whenever they are processed. Conservation is kept here: every record ends in exactly one place.
import type { Counts, OcsfEvent, Origin, Outcome, ParkedRecord, RawRecord, Reject } from './model.ts';
import { createFramer } from './decode/framer.ts';
import { positionIds } from './ids.ts';
import { inRange } from './ocsf/event.ts';
import { exclude, reject } from './outcome.ts';
import type { Context, Source } from './sources/api.ts';

/** A step on a mapped event: exclusion by the bank's file, redaction, enrichment. */
export type Transform = (event: OcsfEvent) => Outcome<OcsfEvent>;

export interface NormaliseOptions {
  readonly origin: Origin;
  /** Undefined: nobody claims the unit; it is parked as a whole. */
  readonly source: Source | undefined;
  readonly format?: string | undefined;
  readonly logGroup?: string | undefined;
  readonly logStream?: string | undefined;
  readonly transforms: readonly Transform[];
  /** Only these positions are processed (redriving parked records); the others are passed over and not counted. */
  readonly only?: ReadonlySet<number> | undefined;
  readonly onEvent: (event: OcsfEvent, index: number) => void;
  readonly onExcluded?: (rule: string, index: number) => void;
  readonly onParked: (record: ParkedRecord) => void;
}

export interface Normaliser {
  /** Expanded bytes, framed by the source. */
  push(chunk: Buffer): void;
  /** One record that the trigger delivered as such (CloudWatch Logs message, EventBridge event). */
  record(text: string, wrapper?: { readonly time?: number; readonly uid?: string }): void;
  /** A record that is none of the bank's activity (a control message), left out under the rule's name. */
  exclude(rule: string): void;
  /** What could not be read of the unit, beyond its records. */
  unreadable(problem: Reject, raw?: string): void;
  end(): Summary;
}

export interface Summary {
  readonly counts: Counts;
  readonly excludedBy: Readonly<Record<string, number>>;
  readonly parkedBy: Readonly<Record<string, number>>;
  /** Time of the earliest and the latest event, ms since the epoch; undefined without events. */
  readonly firstTime: number | undefined;
  readonly lastTime: number | undefined;
}

export function createNormaliser(options: NormaliseOptions): Normaliser {
  const { origin, source } = options;
  const context: { -readonly [K in keyof Context]: Context[K] } = {
    origin,
    format: options.format,
    logGroup: options.logGroup,
    logStream: options.logStream,
    uid: positionIds(origin.uri),
  };
  const tally = createTally();
  let index = 0;

  function park(stage: ParkedRecord['stage'], at: number, problem: Reject, raw: string): void {
    tally.parked(problem.code);
    options.onParked({ stage, code: problem.code, detail: problem.detail, origin, index: at, raw });
  }

  function take(record: RawRecord): void {
    if (options.only?.has(record.index) === false) return;
    tally.record();
    const outcome = source === undefined ? reject('unknown_source', 'no source claims it') : read(source, record, context, options.transforms);
    if (outcome.kind === 'value') {
      tally.event(outcome.value.time);
      options.onEvent(outcome.value, record.index);
    } else if (outcome.kind === 'exclude') {
      tally.excluded(outcome.rule);
      options.onExcluded?.(outcome.rule, record.index);
    } else park('parse', record.index, outcome.reject, record.text);
  }

  const framer =
    source === undefined
      ? undefined
      : createFramer(source.framing, {
          record: (text) => take({ text, index: index++ }),
          header: (line) => (context.header = line),
          broken: (problem, text) => {
            const at = index++;
            if (options.only?.has(at) === false) return;
            tally.record();
            park('decode', at, problem, text);
          },
        });

  return {
    push: (chunk) => framer?.push(chunk),
    record: (text, wrapper) => take({ text, index: index++, ...wrapper }),
    exclude(rule) {
      index++;
      tally.record();
      tally.excluded(rule);
      options.onExcluded?.(rule, -1);
    },
    unreadable(problem, raw = '') {
      tally.record();
      park('decode', -1, problem, raw);
    },
    end() {
      framer?.end();
      return tally.summary();
    },
  };
}

function read(source: Source, record: RawRecord, context: Context, transforms: readonly Transform[]): Outcome<OcsfEvent> {
  try {
    const native = source.parse(record, context);
    if (native.kind !== 'value') return native;
    const event = source.map(native.value, record, context);
    if (!inRange(event.time)) return reject('time_out_of_range', `time ${event.time}`);
    return transforms.length === 0 ? { kind: 'value', value: event } : apply(transforms, event);
  } catch (error) {
    // A source that throws has a defect; the record is kept and can be redriven once it is mended.
    return reject('malformed_record', `${source.name} failed on it: ${error instanceof Error ? error.name : 'error'}`);
  }
}

function apply(transforms: readonly Transform[], event: OcsfEvent): Outcome<OcsfEvent> {
  let current = event;
  for (const transform of transforms) {
    const outcome = transform(current);
    if (outcome.kind !== 'value') return outcome.kind === 'exclude' ? exclude(outcome.rule) : outcome;
    current = outcome.value;
  }
  return { kind: 'value', value: current };
}

// Records are counted where they come in, the rest where they end up: the two must agree, and pipeline.ts refuses to go on if they do not.
function createTally() {
  let records = 0;
  let events = 0;
  let excluded = 0;
  let parked = 0;
  let firstTime: number | undefined;
  let lastTime: number | undefined;
  const excludedBy: Record<string, number> = {};
  const parkedBy: Record<string, number> = {};
  return {
    record(): void {
      records++;
    },
    event(time: number): void {
      events++;
      if (firstTime === undefined || time < firstTime) firstTime = time;
      if (lastTime === undefined || time > lastTime) lastTime = time;
    },
    excluded(rule: string): void {
      excluded++;
      excludedBy[rule] = (excludedBy[rule] ?? 0) + 1;
    },
    parked(code: string): void {
      parked++;
      parkedBy[code] = (parkedBy[code] ?? 0) + 1;
    },
    summary(): Summary {
      return { counts: { records, events, excluded, parked }, excludedBy, parkedBy, firstTime, lastTime };
    },
  };
}
