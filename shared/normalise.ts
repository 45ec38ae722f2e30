// One delivered unit from expanded bytes to OCSF events: frame → parse → map → exclude → redact. Pure: no clock, no network, so that the
// same bytes give the same events and ids whenever they are processed. Conservation is kept here: every record ends in exactly one place.
import type { Counts, OcsfEvent, Origin, Outcome, ParkedRecord, RawRecord, Reject } from './model.ts';
import { MAX_RECORD_BYTES, type FrameSink } from './decode/frame-sink.ts';
import { createFramer } from './decode/framer.ts';
import { frameMessage } from './decode/message.ts';
import { digest, logEventId, positionIds } from './ids.ts';
import { OWN_PRODUCT } from './ocsf/classes.ts';
import { inRange } from './ocsf/event.ts';
import { exclude, parseJson, reject, textOf } from './outcome.ts';
import { inProportion, PARTS_TOO_LARGE, partsOf } from './parts.ts';
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
  /** See Route.way in shared/sources/routes.ts: ids that records bring count within it only. */
  readonly way?: string | undefined;
  readonly transforms: readonly Transform[];
  /**
   * Only these records are processed (redriving parked ones): position → how the text begins. The others are passed over and not counted,
   * also where another text stands at the position by now, because the framing has changed.
   */
  readonly only?: ReadonlyMap<number, string> | undefined;
  /** A record's text as it was parked, for comparing with `only`. */
  readonly asParked?: ((text: string) => string) | undefined;
  /** What is parked is parked without its text: by its origin the unit may not be here (shared/residency/check.ts). */
  readonly withheld?: boolean | undefined;
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
  /** A record or message that cannot be read at all. */
  broken(problem: Reject, raw: string): void;
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
  const ledger = createLedger(options);
  const reader = createReader(options, ledger);
  const joined = source === undefined ? undefined : createJoiner(source.framing, reader.offer);
  /** Of the message that is being read. */
  let time: number | undefined;
  const sink: FrameSink = {
    record: (text, json) => reader.offer(text, time === undefined ? { json } : { json, time }),
    header: reader.header,
    broken,
  };
  const framer = source === undefined ? undefined : createFramer(source.framing, sink);

  function broken(problem: Reject, text: string): void {
    reader.aside(text, (at) => ledger.park('decode', at, problem, text));
  }
  function leaveOut(rule: string): void {
    reader.aside('', (at) => ledger.exclude(rule, at));
  }

  return {
    push: (chunk) => framer?.push(chunk),
    record: (text, wrapper) => (joined?.add ?? reader.offer)(text, wrapper),
    message(body, wrapper) {
      reader.name(wrapper.uri);
      time = wrapper.time;
      if (source === undefined) reader.offer(body.toString('utf8'), { time });
      else {
        const nothing = frameMessage(body, source.framing, sink);
        if (nothing?.kind === 'exclude') leaveOut(nothing.rule);
        else if (nothing !== undefined) broken(nothing.reject, body.toString('utf8'));
      }
    },
    broken,
    exclude: leaveOut,
    unreadable(problem, raw = '') {
      if (ledger.enter({ index: -1, text: raw })) ledger.park('decode', -1, problem, raw);
    },
    end() {
      framer?.end();
      joined?.end();
      return ledger.summary();
    },
  };
}

type Ledger = ReturnType<typeof createLedger>;

/** Gives records their positions and ids, and takes each through the source. */
function createReader(options: NormaliseOptions, ledger: Ledger) {
  const { origin, source, logGroup, logStream } = options;
  let atPosition = positionIds(origin.uri);
  let index = 0;
  /** Position of the first record of the message that is being read; undefined outside of messages. */
  let first: number | undefined;
  let way: Way = { transforms: options.transforms, isMessage: false, by: options.way };
  /** Of the record that is being read, where the trigger gave it an id. */
  let given: string | undefined;
  const context: { -readonly [K in keyof Context]: Context[K] } = {
    ...{ origin, format: options.format, logGroup, logStream },
    uid: (at) => (given === undefined ? atPosition(at - (first ?? 0)) : logEventId(origin.account, logGroup ?? '', logStream ?? '', given)),
  };

  function take(record: RawRecord): void {
    if (!ledger.enter(record)) return;
    const outcome = source === undefined ? UNKNOWN_SOURCE : read(source, record, context, way);
    if (outcome.kind === 'value') ledger.event(outcome.value, record);
    else if (outcome.kind === 'exclude') ledger.exclude(outcome.rule, record.index);
    else ledger.park('parse', record.index, outcome.reject, textOf(record));
  }

  function offer(text: string, wrapper: Wrapper = NO_WRAPPER): void {
    given = wrapper.uid;
    if (source?.split !== undefined) offerParts(source, text, wrapper);
    else take({ text, json: wrapper.json, index: index++, time: wrapper.time, uid: wrapper.uid, isPart: false });
  }

  function offerParts(splitting: Source, text: string, { json = parseJson(text), time, uid }: Wrapper): void {
    const parts = partsOf(splitting, json);
    if (parts === undefined) take({ text, json, index: index++, time, uid, isPart: false });
    if (parts?.length === 0) aside(text, (at) => ledger.exclude('empty_list', at));
    if (parts === undefined || parts.length === 0) return;
    let at = 0;
    for (const part of inProportion(parts, text.length)) {
      if (uid !== undefined && at++ > 0) given = `${uid}#${at - 1}`;
      if (part === undefined) aside(text, (place) => ledger.park('parse', place, PARTS_TOO_LARGE, text));
      else take({ text, json: part, index: index++, time, uid, isPart: true });
    }
  }

  /** What takes a position and is not read. */
  function aside(text: string, put: (at: number) => void): void {
    const at = index++;
    if (ledger.enter({ index: at, text })) put(at);
  }

  return {
    offer,
    header: (line: string) => (context.header = line),
    aside,
    /** Records from here on are those of a message with this name. */
    name(uri: string): void {
      atPosition = positionIds(uri);
      first = index;
      way = { ...way, isMessage: true };
    },
  };
}

const NO_WRAPPER: Wrapper = {};

/** Log events that are lines of one record. @returns undefined where the source has none such. */
function createJoiner(framing: Framing, take: (text: string, wrapper?: Wrapper) => void) {
  if (framing.kind !== 'lines' || framing.continues === undefined) return undefined;
  const { continues } = framing;
  let open: { text: string; readonly wrapper: Wrapper | undefined } | undefined;
  function end(): void {
    if (open !== undefined) take(open.text, open.wrapper);
    open = undefined;
  }
  function add(text: string, wrapper?: Wrapper): void {
    if (open !== undefined && continues(text) && open.text.length + text.length < MAX_RECORD_BYTES) open.text += `\n${text}`;
    else {
      end();
      open = { text, wrapper };
    }
  }
  return { add, end };
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

interface Way {
  readonly transforms: readonly Transform[];
  /** Of a stream or topic: the times in it may be any, history is sent that way. */
  readonly isMessage: boolean;
  /** NormaliseOptions.way */
  readonly by: string | undefined;
}

/** An id that a record brought by a way on which anybody may write: with another's id he would stand in the way of the other's event. */
function named(event: OcsfEvent, by: string, ours: string): OcsfEvent {
  const { metadata } = event;
  if (metadata.uid === ours) return event;
  const uid = digest(15, by.replaceAll('\n', ' '), JSON.stringify(metadata.uid));
  return { ...event, metadata: { ...metadata, uid, original_event_uid: metadata['original_event_uid'] ?? metadata.uid } };
}

function read(source: Source, record: RawRecord, context: Context, { transforms, isMessage, by }: Way): Outcome<OcsfEvent> {
  try {
    const native = source.parse(record, context);
    if (native.kind !== 'value') return native;
    const mapped = source.map(native.value, record, context);
    const timed = isMessage ? mapped : dated(mapped, record);
    const event = by === undefined ? timed : named(timed, by, context.uid(record.index));
    if (!inRange(event.time)) return reject('time_out_of_range', `time ${event.time}`);
    // Rules and alerts leave our own findings alone: nobody else's may pass for one.
    const mayBeOurs = source.ours === true && context.origin.trigger === 'eventbridge';
    if (event.metadata.product.vendor_name === OWN_PRODUCT && !mayBeOurs) return reject('bad_value', `the product is ${OWN_PRODUCT}'s own`);
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
function createLedger({ origin, only, asParked = (text) => text, withheld, onEvent, onExcluded, onParked }: NormaliseOptions) {
  const counts = { records: 0, events: 0, excluded: 0, parked: 0 };
  // Maps: a rule may be called like a member that every object has.
  const excludedBy = new Map<string, number>();
  const parkedBy = new Map<string, number>();
  let firstTime: number | undefined;
  let lastTime: number | undefined;

  function park(stage: ParkedRecord['stage'], index: number, { code, detail }: Reject, raw: string): void {
    counts.parked++;
    parkedBy.set(code, (parkedBy.get(code) ?? 0) + 1);
    onParked({ stage, code, detail, origin, index, raw: withheld === true || code === 'residency' ? '' : raw });
  }

  return {
    park,
    /** @returns false for a record that is passed over; any other one has to end up somewhere. */
    enter(record: RawRecord): boolean {
      const expected = only?.get(record.index);
      if (only !== undefined && (expected === undefined || !asParked(textOf(record)).startsWith(expected))) return false;
      counts.records++;
      return true;
    },
    event(event: OcsfEvent, record: RawRecord): void {
      try {
        onEvent(event, record.index);
      } catch (error) {
        // JSON.parse takes any depth, JSON.stringify does not.
        if (!(error instanceof RangeError)) throw error;
        park('map', record.index, { code: 'malformed_record', detail: 'nested too deeply' }, textOf(record));
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
