// An event as rules look at it: paths through objects and lists, payloads read when a rule asks for them.
import type { JsonObject, OcsfEvent } from '../model.ts';
import { isArray, isObject, parseJson } from '../outcome.ts';

export interface EventView {
  readonly event: OcsfEvent;
  /** Payloads, parsed at most once per event. */
  readonly payloads: { [Name in Payload]?: unknown };
}

/** Attributes whose value travels as JSON text (shared/hub/document.ts). */
export type Payload = 'request' | 'response';

export function viewOf(event: OcsfEvent): EventView {
  return { event, payloads: {} };
}

/** A path, split once. `rest[i]` is what follows from step i on, as one name: a key may hold dots. */
export interface Path {
  readonly payload: Payload | undefined;
  readonly steps: readonly string[];
  readonly rest: readonly string[];
  /** So many steps are attributes of OCSF, whose names have no dots. */
  readonly known: number;
}

const PAYLOAD = /^api\.(request|response)\.data(?:\.|$)/;

/** @param text names with dots between them. */
export function pathOf(text: string): Path {
  return pathBehind('', text);
}

/** @param attributes of OCSF, as the path begins. @param follows the names behind them, the dot before it included. */
export function pathBehind(attributes: string, follows: string): Path {
  const text = attributes + follows;
  const match = PAYLOAD.exec(text);
  const inner = match === null ? text : text.slice(match[0].length);
  const steps = inner === '' ? [] : inner.split('.');
  const payload = match?.[1] === 'request' ? 'request' : match?.[1] === 'response' ? 'response' : undefined;
  const known = attributes === '' || payload !== undefined ? 0 : attributes.split('.').length;
  return { payload, steps, rest: steps.map((_, at) => steps.slice(at).join('.')), known };
}

/** Calls `test` with every value at the path until one answers true; lists on the way are gone through. @returns true if one did. */
export function someAt(view: EventView, path: Path, test: (found: unknown) => boolean): boolean {
  let node: unknown = path.payload === undefined ? view.event : payloadOf(view, path.payload);
  let at = 0;
  // Attributes on the way down without a list among them: by far the most.
  for (; at < path.known && isObject(node); at++) node = node[path.steps[at] ?? ''];
  return node !== undefined && walk(node, path, at, test);
}

/** As someAt(), in a value that stands for itself. */
export function someIn(value: unknown, path: Path, test: (found: unknown) => boolean): boolean {
  return walk(value, path, 0, test);
}

/** @returns the first value at the path, or undefined. */
export function firstAt(view: EventView, path: Path): unknown {
  let first: unknown;
  someAt(view, path, (found) => {
    first = found;
    return true;
  });
  return first;
}

function walk(node: unknown, path: Path, at: number, test: (found: unknown) => boolean): boolean {
  const step = path.steps[at];
  if (step === undefined) return test(node);
  if (isArray(node)) return node.some((member) => walk(member, path, at, test));
  if (!isObject(node)) return false;
  if (at < path.known) return node[step] !== undefined && walk(node[step], path, at + 1, test);
  const rest = path.rest[at] ?? step;
  // Beside what the path leads to, not in its place: whoever chooses a key must not hide that.
  if (rest !== step && Object.hasOwn(node, rest) && test(node[rest])) return true;
  const next = Object.hasOwn(node, step) ? node[step] : undefined;
  return next !== undefined && walk(next, path, at + 1, test);
}

/** @returns a payload as the value that its text says, parsed at most once per event. */
export function payloadOf(view: EventView, name: Payload): unknown {
  if (name in view.payloads) return view.payloads[name];
  const data = member(member(view.event['api'], name), 'data');
  // A payload that is a text and not JSON is that text.
  const payload = typeof data === 'string' ? (parseJson(data) ?? data) : data;
  view.payloads[name] = payload;
  return payload;
}

function member(node: unknown, name: keyof JsonObject): unknown {
  return isObject(node) ? node[name] : undefined;
}
