// Regular expressions without backtracking: every state the pattern may be in is followed at once, so that a hostile pattern or text costs
// pattern × text at most. https://swtch.com/~rsc/regexp/regexp1.html (the method)
import { parseRegex, type Assertion, type Flags, type Node, type Test } from './regex-syntax.ts';
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
  emit(parseRegex(source, flags), states);
  states.push({ kind: 'match' });
  return (text) => run(states, text);
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

function run(states: readonly State[], text: string): boolean {
  const seen = new Int32Array(states.length).fill(-1);
  let waiting: number[] = [];
  for (let at = 0; at <= text.length; at++) {
    const before = at === 0 ? NaN : text.charCodeAt(at - 1);
    const code = text.charCodeAt(at);
    const next: number[] = [];
    // A match may begin at every character.
    for (const stack of [waiting, [0]]) {
      for (let state = stack.pop(); state !== undefined; state = stack.pop()) {
        if (seen[state] === at) continue;
        seen[state] = at;
        const what = states[state];
        if (what === undefined || what.kind === 'match') return true;
        if (what.kind === 'fork') stack.push(...what.to);
        else if (what.kind === 'character') {
          if (at < text.length && what.test(code)) next.push(state + 1);
        } else if (what.holds(before, code)) stack.push(state + 1);
      }
    }
    waiting = next;
  }
  return false;
}
