// The groups of one correlation: when each fires, and how long it is quiet then. See windows.ts for what a window is.
// https://github.com/SigmaHQ/sigma-specification/blob/main/specification/sigma-correlation-rules-specification.md
import type { Correlation } from './rule.ts';
import { createState, type Hit, type State } from './window-state.ts';

export interface GroupWindow<Match> {
  readonly group: readonly string[];
  /** ms since the epoch. */
  readonly start: number;
  readonly time: number;
  readonly value: number;
  readonly hits: readonly Hit<Match>[];
  readonly cut: boolean;
}

export interface Groups<Match> {
  /** @param hit not earlier than the ones before it. */
  add(hit: Hit<Match>, group: readonly string[]): GroupWindow<Match> | undefined;
  /** @returns windows that were over before the time, in their order. */
  close(time: number): readonly GroupWindow<Match>[];
  /** Hits that were forgotten for want of room. */
  forgotten(): number;
}

export interface GroupLimits {
  readonly hitsPerGroup: number;
  readonly held: number;
  readonly isUsedUp: (correlation: Correlation, group: readonly string[], time: number) => boolean;
}

interface Group<Match> {
  readonly values: readonly string[];
  readonly state: State<Match>;
  /** Of the latest hit. */
  time: number;
  /** Until then, included, nothing is counted: the window that fired lasts. */
  quietUntil: number;
  /** Where the window began that is asked when it is over. */
  openSince: number | undefined;
}

/** Share of what is held that makes room at a time. */
const EVICTED = 0.1;

export function createGroups<Match>(correlation: Correlation, limits: GroupLimits): Groups<Match> {
  const atClose = correlation.condition.some(({ operator }) => operator !== 'gt' && operator !== 'gte');
  const book: Book<Match> = { correlation, limits, groups: new Map(), open: [], held: 0, forgotten: 0 };
  return {
    close: (time) => close(book, time),
    forgotten: () => book.forgotten,
    add(hit, values) {
      if (limits.isUsedUp(correlation, values, hit.time)) return undefined;
      const group = groupAt(book, values);
      group.time = hit.time;
      if (atClose) addAtClose(book, group, hit);
      const window = atClose ? undefined : addSliding(book, group, hit);
      makeRoom(book, hit.time);
      return window;
    },
  };
}

interface Book<Match> {
  readonly correlation: Correlation;
  readonly limits: GroupLimits;
  /** In the order in which they were last met. */
  readonly groups: Map<string, Group<Match>>;
  /** Windows that are asked when they are over, in the order in which they were opened. */
  readonly open: { readonly group: Group<Match>; readonly since: number }[];
  /** Groups and their hits. */
  held: number;
  forgotten: number;
}

function groupAt<Match>(book: Book<Match>, values: readonly string[]): Group<Match> {
  const key = JSON.stringify(values);
  const known = book.groups.get(key);
  const state = known?.state ?? createState<Match>(book.correlation, book.limits);
  const group = known ?? { values, state, time: -Infinity, quietUntil: -Infinity, openSince: undefined };
  book.groups.delete(key);
  book.groups.set(key, group);
  if (known === undefined) book.held++;
  return group;
}

function change<Match>(book: Book<Match>, { state }: Group<Match>, what: (state: State<Match>) => void): void {
  const before = state.held;
  what(state);
  book.held += state.held - before;
}

function makeRoom<Match>(book: Book<Match>, time: number): void {
  const { correlation, limits, groups } = book;
  if (book.held <= limits.held) return;
  for (const [key, group] of groups) {
    const isOver = group.time < time - correlation.timespanMs && group.quietUntil < time && group.openSince === undefined;
    if (!isOver && book.held <= limits.held * (1 - EVICTED)) return;
    if (!isOver) book.forgotten += group.state.held;
    book.held -= group.state.held + 1;
    group.state.clear();
    group.openSince = undefined;
    groups.delete(key);
  }
}

function windowOf<Match>({ correlation }: Book<Match>, group: Group<Match>, start: number, time: number): GroupWindow<Match> | undefined {
  const value = group.state.value();
  if (value === undefined || !holds(correlation, value)) return undefined;
  return { group: group.values, start, time, value, hits: group.state.hits(), cut: group.state.cut };
}

function close<Match>(book: Book<Match>, time: number): readonly GroupWindow<Match>[] {
  const { open, correlation } = book;
  const over: GroupWindow<Match>[] = [];
  // They were opened in the order of time, so they are over in that order.
  for (let [next] = open; next !== undefined && next.since + correlation.timespanMs < time; [next] = open) {
    open.shift();
    const { group, since } = next;
    if (group.openSince !== since) continue;
    const window = windowOf(book, group, since, since + correlation.timespanMs);
    if (window !== undefined) over.push(window);
    group.openSince = undefined;
    change(book, group, (state) => {
      state.clear();
    });
  }
  return over;
}

function addAtClose<Match>(book: Book<Match>, group: Group<Match>, hit: Hit<Match>): void {
  if (group.openSince === undefined) {
    group.openSince = hit.time;
    book.open.push({ group, since: hit.time });
  }
  change(book, group, (state) => {
    state.add(hit);
  });
}

function addSliding<Match>(book: Book<Match>, group: Group<Match>, hit: Hit<Match>): GroupWindow<Match> | undefined {
  const { timespanMs } = book.correlation;
  if (hit.time <= group.quietUntil) return undefined;
  change(book, group, (state) => {
    state.forget(hit.time - timespanMs);
    state.add(hit);
  });
  const window = windowOf(book, group, hit.time, hit.time);
  if (window === undefined) return undefined;
  const start = window.hits[0]?.time ?? hit.time;
  group.quietUntil = start + timespanMs;
  change(book, group, (state) => {
    state.clear();
  });
  return { ...window, start };
}

/** Without a condition, `temporal` types want every rule. */
function holds({ condition, rules, type }: Correlation, value: number): boolean {
  if (condition.length === 0) return value >= (type === 'temporal' ? new Set(rules).size : rules.length);
  return condition.every(({ operator, value: bound }) => COMPARE[operator](value, bound));
}

const COMPARE: Readonly<Record<Correlation['condition'][number]['operator'], (value: number, bound: number) => boolean>> = {
  gt: (value, bound) => value > bound,
  gte: (value, bound) => value >= bound,
  lt: (value, bound) => value < bound,
  lte: (value, bound) => value <= bound,
  eq: (value, bound) => value === bound,
  neq: (value, bound) => value !== bound,
};
