// One delivered unit from expanded bytes to OCSF events: frame → parse → map → exclude → redact. Pure: no clock, no network, so that the
// same bytes give the same events and ids whenever they are processed. Conservation is kept here: every record ends in exactly one place.
import type { Counts, OcsfEvent, Origin, Outcome, ParkedRecord, RawRecord, Reject } from './model.ts';
import type { FrameSink } from './decode/frame-sink.ts';
import { createFramer } from './decode/framer.ts';
import { logEventId, positionIds } from './ids.ts';
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
  /**
   * Only these records are processed (redriving parked ones): position → how the text begins. The others are passed over and not counted,
   * also where another text stands at the position by now, because the framing has changed.
   */
  readonly only?: ReadonlyMap<number, string> | undefined;
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
  const { origin, source, logGroup = '', logStream = '' } = options;
  const atPosition = positionIds(origin.uri);
  /** Of the record that is being read, where the trigger gave it an id. */
  let given: string | undefined;
  const context: { -readonly [K in keyof Context]: Context[K] } = {
    origin,
    format: options.format,
    logGroup: options.logGroup,
    logStream: options.logStream,
    uid: (index) => (given === undefined ? atPosition(index) : logEventId(origin.account, logGroup, logStream, given)),
  };
  const ledger = createLedger(options);
  let index = 0;

  function take(record: RawRecord): void {
    if (!ledger.enter(record.index, record.text)) return;
    given = record.uid;
    const outcome = source === undefined ? UNKNOWN_SOURCE : read(source, record, context, options.transforms);
    if (outcome.kind === 'value') ledger.event(outcome.value, record);
    else if (outcome.kind === 'exclude') ledger.exclude(outcome.rule, record.index);
    else ledger.park('parse', record.index, outcome.reject, record.text);
  }

  function broken(problem: Reject, text: string): void {
    const at = index++;
    if (ledger.enter(at, text)) ledger.park('decode', at, problem, text);
  }

  const sink: FrameSink = {
    record: (text, json) => take({ text, json, index: index++ }),
    header: (line) => (context.header = line),
    broken,
  };
  const framer = source === undefined ? undefined : createFramer(source.framing, sink);

  return {
    push: (chunk) => framer?.push(chunk),
    record: (text, wrapper) => take({ text, index: index++, ...wrapper }),
    exclude(rule) {
      const at = index++;
      if (ledger.enter(at, '')) ledger.exclude(rule, at);
    },
    unreadable(problem, raw = '') {
      if (ledger.enter(-1, raw)) ledger.park('decode', -1, problem, raw);
    },
    end() {
      framer?.end();
      return ledger.summary();
    },
  };
}

const UNKNOWN_SOURCE = reject('unknown_source', 'no source claims it');

/** ms. CloudWatch Logs takes nothing older than 14 days; a message may well be about the days before it was written. */
const LONGEST_DELAY = 14 * 86_400_000;

/**
 * The time by which an event is indexed. Who writes to a log group chooses the times in his messages, and each day is an index of its own: a
 * message that dates itself far from when CloudWatch Logs got it goes by the latter. Its own time stays in the event's other attributes.
 */
function dated(event: OcsfEvent, { time }: RawRecord): OcsfEvent {
  return time === undefined || Math.abs(event.time - time) <= LONGEST_DELAY ? event : { ...event, time };
}

function read(source: Source, record: RawRecord, context: Context, transforms: readonly Transform[]): Outcome<OcsfEvent> {
  try {
    const native = source.parse(record, context);
    if (native.kind !== 'value') return native;
    const event = dated(source.map(native.value, record, context), record);
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
function createLedger({ origin, only, onEvent, onExcluded, onParked }: NormaliseOptions) {
  const counts = { records: 0, events: 0, excluded: 0, parked: 0 };
  // Maps: a rule may be called like a member that every object has.
  const excludedBy = new Map<string, number>();
  const parkedBy = new Map<string, number>();
  let firstTime: number | undefined;
  let lastTime: number | undefined;

  function park(stage: ParkedRecord['stage'], index: number, { code, detail }: Reject, raw: string): void {
    counts.parked++;
    parkedBy.set(code, (parkedBy.get(code) ?? 0) + 1);
    onParked({ stage, code, detail, origin, index, raw });
  }

  return {
    park,
    /** @returns false for a record that is passed over; any other one has to end up somewhere. */
    enter(index: number, text: string): boolean {
      const expected = only?.get(index);
      if (only !== undefined && (expected === undefined || !text.startsWith(expected))) return false;
      counts.records++;
      return true;
    },
    event(event: OcsfEvent, { index, text }: RawRecord): void {
      try {
        onEvent(event, index);
      } catch (error) {
        // JSON.parse takes any depth, JSON.stringify does not.
        if (!(error instanceof RangeError)) throw error;
        park('map', index, { code: 'malformed_record', detail: 'nested too deeply' }, text);
        return;
      }
      counts.events++;
      if (firstTime === undefined || event.time < firstTime) firstTime = event.time;
      if (lastTime === undefined || event.time > lastTime) lastTime = event.time;
    },
    exclude(rule: string, index: number): void {
      counts.excluded++;
      excludedBy.set(rule, (excludedBy.get(rule) ?? 0) + 1);
      onExcluded?.(rule, index);
    },
    summary(): Summary {
      const by = { excludedBy: Object.fromEntries(excludedBy), parkedBy: Object.fromEntries(parkedBy) };
      return { counts: { ...counts }, ...by, firstTime, lastTime };
    },
  };
}
