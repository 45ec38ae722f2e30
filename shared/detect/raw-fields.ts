// Fields of an event by the names that the raw log has for them, and all values of the raw record: raw-logs.ts says where they are.
// https://github.com/SigmaHQ/sigma-specification/blob/main/specification/sigma-appendix-taxonomy.md
import type { Json, JsonObject } from '../model.ts';
import { isObject } from '../outcome.ts';
import type { Place, RawLog, Words } from './raw-logs.ts';
import type { Field } from './sigma/compile.ts';
import { leaves } from './sigma/found.ts';
import { RuleError, type LogSourceName } from './sigma/rule.ts';
import { firstAt, pathBehind, pathOf, payloadOf, someAt, someIn, type EventView, type Payload } from './view.ts';

export function nameOf({ category, product, service }: LogSourceName): string {
  return [category, product, service].filter((part) => part !== undefined).join('/');
}

/** @returns a field of the event as OCSF names it. */
export function ocsfField(name: string): Field<EventView> {
  return lookUp([at('', name)]);
}

/** @throws RuleError for a field whose value cannot be told from the event. */
export function rawFieldOf(log: RawLog, name: string): Field<EventView> {
  return rawField(log, checkedName(log, name));
}

/** @returns the name as the log spells it. @throws RuleError for a field whose value cannot be told from the event. */
function checkedName({ names: [log = {}], fields, lost = [], closed, spellings = [] }: RawLog, name: string): string {
  const known = Object.keys(fields);
  if (closed === true && !Object.hasOwn(fields, name)) {
    throw new RuleError(`field "${name}" is none of ${nameOf(log)} here, which has ${known.join(', ')}`, ['detection']);
  }
  const lower = name.toLowerCase();
  const spelled = spellings.length === 0 ? name : ([...known, ...spellings, ...lost].find((one) => one.toLowerCase() === lower) ?? name);
  const isLost =
    !known.includes(spelled) && lost.some((one) => spelled === one || spelled.toLowerCase().startsWith(`${one.toLowerCase()}.`));
  if (isLost)
    throw new RuleError(`field "${name}" of ${nameOf(log)}: events do not keep it as the log has it; use taxonomy ocsf`, ['detection']);
  return spelled;
}

/**
 * Sources leave in `unmapped`, under its own name, what has no place in the event, and the record's word where the event's differs from it:
 * so that place comes first. It has null where the record had no such field.
 */
function rawField(log: RawLog, name: string): Field<EventView> {
  const inner = Object.keys(log.fields).filter((key) => key.startsWith(`${name}.`));
  if (inner.length > 0) return putTogether(log, name, inner);
  return lookUp([at('unmapped', `.${name}`), ...placesOf(log, name)]);
}

/** An object of the record, some of whose members have moved: as far as they have, in the order of the table. */
function putTogether(log: RawLog, name: string, inner: readonly string[]): Field<EventView> {
  const left = pathBehind('unmapped', `.${name}`);
  const members = inner.map((key) => ({ steps: key.slice(name.length + 1).split('.'), field: rawField(log, key) }));
  return (view, test) => {
    const rest = firstAt(view, left);
    if (rest !== undefined && rest !== null && !isObject(rest)) return test(rest);
    let whole: JsonObject | undefined;
    for (const { steps, field } of members) {
      field(view, (value) => {
        whole = withMember(whole ?? {}, steps, value as Json);
        return true;
      });
    }
    const object = isObject(rest) ? merged(whole ?? {}, rest) : whole;
    return object !== undefined && test(object);
  };
}

function withMember(object: JsonObject, [step = '', ...rest]: readonly string[], value: Json): JsonObject {
  const before = object[step];
  return { ...object, [step]: rest.length === 0 ? value : withMember(isObject(before) ? before : {}, rest, value) };
}

function merged(one: JsonObject, other: JsonObject): JsonObject {
  const whole: Record<string, Json | undefined> = { ...one };
  for (const [key, value] of Object.entries(other)) {
    const before = whole[key];
    whole[key] = isObject(before) && isObject(value) ? merged(before, value) : value;
  }
  return whole;
}

/** Finds values in an event. */
interface Looked {
  readonly some: (view: EventView, test: (found: unknown) => boolean) => boolean;
  readonly words?: Words;
}

/** @param attributes of OCSF. @param rest of the path, names of the record's own, with the dot before it. */
function at(attributes: string, rest = ''): Looked {
  const steps = pathBehind(attributes, rest);
  return { some: (view, test) => someAt(view, steps, test) };
}

/** The longest first part of the name that has places, and the rest of the name behind each of them. */
function placesOf(log: RawLog, name: string): readonly Looked[] {
  for (let end = name.length; end > 0; end = name.lastIndexOf('.', end - 1)) {
    const first = name.slice(0, end);
    if (!Object.hasOwn(log.fields, first)) continue;
    const rest = name.slice(end);
    return (log.fields[first] ?? []).map((place) => lookedAt(place, rest));
  }
  return [];
}

/** @param rest of the name, with the dot before it. */
function lookedAt(place: Place, rest: string): Looked {
  if (typeof place === 'string') return at(place, rest);
  if ('path' in place) return { ...at(place.path, rest), words: place.words };
  const steps = pathOf(rest.slice(1));
  return {
    some(view, test) {
      const made = place.made(view.event);
      return made !== undefined && someIn(made, steps, test);
    },
  };
}

function lookUp(places: readonly Looked[]): Field<EventView> {
  return (view, test) => {
    for (const { some, words: wordOf } of places) {
      let answer: boolean | undefined;
      some(view, (value) => {
        const word = wordOf === undefined ? value : wordOf(value);
        if (word === undefined) return false;
        answer = word !== null && test(word);
        return answer;
      });
      // A place that has a value, whatever it is, counts.
      if (answer !== undefined) return answer;
    }
    return false;
  };
}

/** What EventBridge wraps around a record is none of it. */
const WRAPPER = 'eventbridge';

/** The values of the raw record, wherever in the event they are; what OCSF adds is not among them. */
export function recordOf(log: RawLog): Field<EventView> {
  const fields = Object.keys(log.fields).map((name) => rawField(log, name));
  return (view, test) => {
    const texts: string[] = [];
    for (const field of fields) {
      field(view, (value) => {
        leaves(value, texts);
        return false;
      });
    }
    for (const [name, value] of Object.entries(view.event.unmapped ?? {})) if (name !== WRAPPER) leaves(value, texts);
    return texts.some(test);
  };
}

const PAYLOADS: readonly Payload[] = ['request', 'response'];

/** Payloads travel as text: the values in it count, its keys do not. */
export const wholeEvent: Field<EventView> = (view, test) => {
  const texts: string[] = [];
  leaves({ ...view.event, api: undefined }, texts);
  const { api } = view.event;
  if (isObject(api)) {
    leaves({ ...api, request: undefined, response: undefined }, texts);
    for (const name of PAYLOADS) {
      const part = api[name];
      if (isObject(part)) leaves({ ...part, data: undefined }, texts);
      leaves(payloadOf(view, name), texts);
    }
  }
  return texts.some(test);
};
