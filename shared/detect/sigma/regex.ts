// Regular expressions without backtracking: every state the pattern may be in is followed at once, so that a hostile pattern or text costs
// pattern × text at most. https://swtch.com/~rsc/regexp/regexp1.html (the method)
import { isLineEnd, isWord, parseRegex, requiredText, type Assertion, type Flags, type Node, type Test } from './regex-syntax.ts';
import { RuleError } from './rule.ts';

/** Repetitions are written out, so the limit bounds them too. */
const MAX_STATES = 2000;

type State =
  | { readonly kind: 'character'; readonly test: Test }
  | { readonly kind: 'assert'; readonly holds: Assertion }
  /** Goes on at each of these. */
  | { readonly kind: 'fork'; readonly to: number[] }
  | { readonly kind: 'match' };

/**
 * @returns true if the pattern matches anywhere in the text.
 * @throws RuleError naming what is not supported.
 */
export function matchRegex(source: string, flags: Flags): (text: string) => boolean {
  const states: State[] = [];
  const tree = parseRegex(source, flags);
  emit(tree, states);
  states.push({ kind: 'match' });
  const run = machine(states);
  // A look for a text is a hundred times as fast, and most texts do not have it.
  const required = requiredText(tree);
  return required === '' ? run : (text) => text.includes(required) && run(text);
}

/** Appends the node's states; whoever gets through them goes on with the state that is appended next. */
function emit(node: Node, states: State[]): void {
  if (states.length > MAX_STATES) throw new RuleError(`regular expression: more than ${MAX_STATES} states when written out`, []);
  switch (node.kind) {
    case 'character':
    case 'assert':
      states.push(node);
      return;
    case 'sequence':
      // An empty one takes a state too, or repeating it would never meet the limit.
      if (node.of.length === 0) jump(states).push(states.length);
      for (const part of node.of) emit(part, states);
      return;
    case 'choice':
      emitChoice(node.of, states);
      return;
    case 'repeat':
      for (let times = 0; times < node.min; times++) emit(node.of, states);
      if (node.max === Infinity) emitLoop(node.of, states);
      else emitOptional(node.of, node.max - node.min, states);
  }
}

function emitChoice(alternatives: readonly Node[], states: State[]): void {
  const fork: number[] = [];
  states.push({ kind: 'fork', to: fork });
  const ends: number[][] = [];
  for (const alternative of alternatives) {
    fork.push(states.length);
    emit(alternative, states);
    ends.push(jump(states));
  }
  for (const end of ends) end.push(states.length);
}

function emitLoop(body: Node, states: State[]): void {
  const start = states.length;
  const fork = [start + 1];
  states.push({ kind: 'fork', to: fork });
  emit(body, states);
  jump(states).push(start);
  fork.push(states.length);
}

function emitOptional(body: Node, times: number, states: State[]): void {
  const forks: number[][] = [];
  for (let at = 0; at < times; at++) {
    const fork = [states.length + 1];
    states.push({ kind: 'fork', to: fork });
    forks.push(fork);
    emit(body, states);
  }
  for (const fork of forks) fork.push(states.length);
}

/** @returns the jump's targets, to be filled in. */
function jump(states: State[]): number[] {
  const to: number[] = [];
  states.push({ kind: 'fork', to });
  return to;
}

/** Where a text has got to: states to be tried at the next character, and what kind of character came last. */
interface Position {
  readonly waiting: readonly number[];
  readonly before: Kind;
  /** By character of ASCII, and behind them the end of the text; filled when a text comes by. */
  readonly next: (Position | 'match' | undefined)[];
}

/** All that assertions ask of the character before; each stands for its kind. */
const KINDS = { start: NaN, word: 97, lineEnd: 10, other: 33 } as const;
type Kind = keyof typeof KINDS;

const END = 128;
/** Positions that are remembered; then it begins anew, or a hostile text would fill the memory. */
const MAX_POSITIONS = 1000;

/** What follows from a position and a character is worked out once: https://swtch.com/~rsc/regexp/regexp1.html (Caching the NFA to build a DFA) */
function machine(states: readonly State[]): (text: string) => boolean {
  let positions = new Map<string, Position>();
  const seen = new Int32Array(states.length).fill(-1);
  let turn = 0;

  function position(waiting: readonly number[], before: Kind): Position {
    const key = `${before} ${waiting.join(' ')}`;
    const known = positions.get(key);
    if (known !== undefined) return known;
    if (positions.size >= MAX_POSITIONS) positions = new Map();
    const made: Position = { waiting, before, next: [] };
    positions.set(key, made);
    return made;
  }

  /** @param code NaN at the end. */
  function step({ waiting, before }: Position, code: number): Position | 'match' {
    turn++;
    const next: number[] = [];
    // A match may begin at every character.
    for (const stack of [[...waiting], [0]]) {
      for (let state = stack.pop(); state !== undefined; state = stack.pop()) {
        if (seen[state] === turn) continue;
        seen[state] = turn;
        const what = states[state];
        if (what === undefined || what.kind === 'match') return 'match';
        if (what.kind === 'fork') stack.push(...what.to);
        else if (what.kind === 'character') {
          if (!Number.isNaN(code) && what.test(code)) next.push(state + 1);
        } else if (what.holds(KINDS[before], code)) stack.push(state + 1);
      }
    }
    return position(
      next.sort((one, other) => one - other),
      kindOf(code),
    );
  }

  return (text) => {
    let current = position([], 'start');
    for (let at = 0; at <= text.length; at++) {
      const code = at < text.length ? text.charCodeAt(at) : NaN;
      const slot = code < END ? code : at === text.length ? END : undefined;
      let next = slot === undefined ? undefined : current.next[slot];
      if (next === undefined) {
        next = step(current, code);
        if (slot !== undefined) current.next[slot] = next;
      }
      if (next === 'match') return true;
      current = next;
    }
    return false;
  };
}

function kindOf(code: number): Kind {
  if (isWord(code)) return 'word';
  return isLineEnd(code) ? 'lineEnd' : 'other';
}
