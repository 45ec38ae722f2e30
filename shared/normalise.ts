// One delivered unit from expanded bytes to OCSF events: frame → parse → map → exclude → redact. Pure: no clock, no network, so that the
// same bytes give the same events and ids whenever they are processed. Conservation is kept here: every record ends in exactly one place.
import type { Counts, Json, OcsfEvent, Origin, Outcome, ParkedRecord, RawRecord, Reject } from './model.ts';
import { MAX_RECORD_BYTES, type FrameSink } from './decode/frame-sink.ts';
import { createFramer } from './decode/framer.ts';
import { logEventId, positionIds } from './ids.ts';
import { inRange } from './ocsf/event.ts';
import { exclude, parseJson, reject } from './outcome.ts';
import type { Context, Framing, Source } from './sources/api.ts';

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
  /** One record that the trigger delivered as such (CloudWatch Logs message, EventBridge event, row of a table). */
  record(text: string, wrapper?: Wrapper): void;
  /** One message of a stream or topic: framed by the source, the ids of its records are made from its own name. */
  message(body: Buffer, wrapper: { readonly uri: string; readonly time: number }): void;
  /** A record that is none of the bank's activity (a control message), left out under the rule's name. */
  exclude(rule: string): void;
  /** What could not be read of the unit, beyond its records. */
  unreadable(problem: Reject, raw?: string): void;
  end(): Summary;
}

/** What the trigger tells of a record, beside its text. */
export type Wrapper = Pick<RawRecord, 'time' | 'uid' | 'json'>;

export interface Summary {
  readonly counts: Counts;
  readonly excludedBy: Readonly<Record<string, number>>;
  readonly parkedBy: Readonly<Record<string, number>>;
  /** Time of the earliest and the latest event, ms since the epoch; undefined without events. */
  readonly firstTime: number | undefined;
  readonly lastTime: number | undefined;
}

export function createNormaliser(options: NormaliseOptions): Normaliser {
  const { source } = options;
  const { context, identify, name } = createContext(options);
  const ledger = createLedger(options);
  const joined = source === undefined ? undefined : createJoiner(source.framing, offer);
  let index = 0;
  /** Of the message that is being read. */
  let time: number | undefined;

  function offer(text: string, wrapper: Wrapper = {}): void {
    const parts = source?.split === undefined ? undefined : partsOf(source.split, text, wrapper.json);
    if (parts === undefined) take({ text, ...wrapper, index: index++ }, 0);
    else for (const [part, json] of parts.entries()) take({ ...wrapper, text: JSON.stringify(json), json, index: index++ }, part);
  }

  function take(record: RawRecord, part: number): void {
    if (!ledger.enter(record.index, record.text)) return;
    identify(record.uid, part);
    const outcome = source === undefined ? UNKNOWN_SOURCE : read(source, record, context, options.transforms);
    if (outcome.kind === 'value') ledger.event(outcome.value, record);
    else if (outcome.kind === 'exclude') ledger.exclude(outcome.rule, record.index);
    else ledger.park('parse', record.index, outcome.reject, record.text);
  }

  const sink: FrameSink = {
    record: (text, json) => offer(text, time === undefined ? { json } : { json, time }),
    header: (line) => (context.header = line),
    broken(problem, text) {
      const at = index++;
      if (ledger.enter(at, text)) ledger.park('decode', at, problem, text);
    },
  };
  let framer = source === undefined ? undefined : createFramer(source.framing, sink);

  return {
    push: (chunk) => framer?.push(chunk),
    record: (text, wrapper) => (joined ?? { add: offer }).add(text, wrapper),
    message(body, wrapper) {
      name(wrapper.uri, index);
      time = wrapper.time;
      if (source === undefined) return offer(body.toString('utf8'), { time });
      framer = createFramer(source.framing, sink);
      framer.push(body);
      framer.end();
      framer = undefined;
    },
    exclude(rule) {
      const at = index++;
      if (ledger.enter(at, '')) ledger.exclude(rule, at);
    },
    unreadable(problem, raw = '') {
      if (ledger.enter(-1, raw)) ledger.park('decode', -1, problem, raw);
    },
    end() {
      framer?.end();
      joined?.end();
      return ledger.summary();
    },
  };
}

/** What a source may know beside the record, and how its records are named. */
function createContext({ origin, format, logGroup, logStream }: NormaliseOptions) {
  let atPosition = positionIds(origin.uri);
  /** Position of the first record that atPosition names. */
  let first = 0;
  /** Of the record that is being read, where the trigger gave it an id. */
  let given: string | undefined;
  const context: { -readonly [K in keyof Context]: Context[K] } = {
    origin,
    format,
    logGroup,
    logStream,
    uid: (index) => (given === undefined ? atPosition(index - first) : logEventId(origin.account, logGroup ?? '', logStream ?? '', given)),
  };
  return {
    context,
    /** @param part position among the records that came under one id. */
    identify(uid: string | undefined, part: number): void {
      given = uid === undefined || part === 0 ? uid : `${uid}#${part}`;
    },
    name(uri: string, index: number): void {
      atPosition = positionIds(uri);
      first = index;
    },
  };
}

/** A source's split() on text nobody has checked. @returns undefined where the text is one record, also one that cannot be read. */
function partsOf(split: (value: Json) => readonly Json[] | undefined, text: string, json: Json | undefined): readonly Json[] | undefined {
  const whole = json ?? parseJson(text);
  try {
    return whole === undefined ? undefined : split(whole);
  } catch {
    return undefined;
  }
}

/** Log events that are lines of one record. @returns undefined where the source has none such. */
function createJoiner(framing: Framing, take: (text: string, wrapper?: Wrapper) => void) {
  const continues = framing.kind === 'lines' ? framing.continues : undefined;
  if (continues === undefined) return undefined;
  let open: { text: string; readonly wrapper: Wrapper | undefined } | undefined;
  function end(): void {
    if (open !== undefined) take(open.text, open.wrapper);
    open = undefined;
  }
  return {
    end,
    add(text: string, wrapper?: Wrapper): void {
      if (open !== undefined && continues(text) && open.text.length + text.length < MAX_RECORD_BYTES) open.text += `\n${text}`;
      else {
        end();
        open = { text, wrapper };
      }
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
function dated(event: OcsfEvent, { time, uid }: RawRecord): OcsfEvent {
  return time === undefined || uid === undefined || Math.abs(event.time - time) <= LONGEST_DELAY ? event : { ...event, time };
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
