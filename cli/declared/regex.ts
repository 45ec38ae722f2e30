// Is a regular expression safe? The records it will read are chosen by anybody, and JavaScript tries one way to match after the other.
// So the ways are counted: the states that the expression may be in are followed over every text there is, with the number of ways that lead
// to each. Where that number stays small the time stays in proportion to the text; where it grows, it is refused.
// https://swtch.com/~rsc/regexp/regexp1.html (what goes wrong), https://doi.org/10.1016/0304-3975(91)90381-B (ambiguity of automata)
import { parseRegex, type Node, type Test } from '../../shared/detect/sigma/regex-syntax.ts';

/** Ways that may be open at once. One is enough for most lines; a few for what can only be told from what follows. */
const MOST_WAYS = 32;
/** Different sets of open ways, each with its next characters: a bound for the check itself. */
const MOST_SETS = 4000;
const MOST_STATES = 1500;

/** What JavaScript reads in another way than the parser, or not at all. */
const OTHERWISE = /^(?:[^\\[(]|\\[^aePp]|\[(?!\^?\])|\((?!\?P))*(\\[aePp]|\[\^?\]|\(\?P)/;

/** @returns what is wrong with it. */
export function regexProblem(pattern: string): string | undefined {
  const other = OTHERWISE.exec(pattern)?.[1];
  if (other !== undefined) return `has ${other}, which means something else in JavaScript or nothing`;
  try {
    const automaton = automatonOf(parseRegex(pattern, { ignoreCase: false, multiline: false, dotAll: true }));
    new RegExp(`^(?:${pattern})$`, 's');
    return waysProblem(automaton);
  } catch (error) {
    return error instanceof Error ? error.message.replace(/^regular expression: /, '') : String(error);
  }
}

type State =
  | { readonly kind: 'character'; readonly test: Test; readonly next: number }
  /** Goes on at each of these. */
  | { readonly kind: 'fork'; readonly to: readonly number[] }
  | { readonly kind: 'end' };

interface Automaton {
  readonly states: readonly State[];
  readonly start: number;
}

/** Built from the end: each part is given where it goes on. @throws Error where it is too large, or repeats what may be empty. */
function automatonOf(root: Node): Automaton {
  const states: State[] = [{ kind: 'end' }];
  function add(state: State): number {
    if (states.length >= MOST_STATES) throw new Error(`more than ${MOST_STATES} states when its repetitions are written out`);
    return states.push(state) - 1;
  }
  function build(node: Node, next: number): number {
    switch (node.kind) {
      case 'character':
        return add({ kind: 'character', test: node.test, next });
      case 'assert':
        // It holds at times: more ways are counted than there are.
        return next;
      case 'sequence':
        return node.of.reduceRight((after, part) => build(part, after), next);
      case 'choice':
        return add({ kind: 'fork', to: node.of.map((part) => build(part, next)) });
      case 'repeat':
        return repeated(node, next);
    }
  }
  function repeated({ of, min, max }: Extract<Node, { kind: 'repeat' }>, next: number): number {
    if (max === Infinity && isEmptiable(of)) throw new Error('repeats without end what may be empty');
    let after = max === Infinity ? loop(of, next) : next;
    for (let times = min; max !== Infinity && times < max; times++) after = add({ kind: 'fork', to: [build(of, after), next] });
    for (let times = 0; times < min; times++) after = build(of, after);
    return after;
  }
  function loop(of: Node, next: number): number {
    const to = [next];
    const fork = add({ kind: 'fork', to });
    to.push(build(of, fork));
    return fork;
  }
  return { start: build(root, 0), states };
}

function isEmptiable(node: Node): boolean {
  switch (node.kind) {
    case 'character':
      return false;
    case 'assert':
      return true;
    case 'sequence':
      return node.of.every(isEmptiable);
    case 'choice':
      return node.of.some(isEmptiable);
    case 'repeat':
      return node.min === 0 || isEmptiable(node.of);
  }
}

/** How many ways lead to each state that waits for a character. */
type Ways = ReadonlyMap<number, number>;

const SLOW =
  'could take very long: parts of it may match the same characters in many ways; let a repetition exclude what follows it, such as [^ ]+ or [^"]* for .*';

function waysProblem({ states, start }: Automaton): string | undefined {
  const letters = lettersOf(states);
  const first = step(states, [{ from: start, ways: 1 }]);
  const waiting: Ways[] = [first];
  const seen = new Set([keyOf(first)]);
  for (let current = waiting.pop(); current !== undefined; current = waiting.pop()) {
    for (const letter of letters) {
      const next = step(states, behind(states, current, letter));
      const key = keyOf(next);
      if (next.size === 0 || seen.has(key)) continue;
      if (seen.size >= MOST_SETS) return 'is too intricate to be checked; let its parts begin with different characters';
      seen.add(key);
      waiting.push(next);
    }
  }
  return undefined;
}

interface Leap {
  readonly from: number;
  readonly ways: number;
}

/** Where the states go on that wait for this character. */
function behind(states: readonly State[], current: Ways, letter: number): readonly Leap[] {
  return [...current].flatMap(([at, ways]) => {
    const state = states[at];
    return state?.kind === 'character' && state.test(letter) ? [{ from: state.next, ways }] : [];
  });
}

/** To all states that can be reached without a character. @throws Error where too many ways lead there. */
function step(states: readonly State[], leaps: readonly Leap[]): Ways {
  const found = new Map<number, number>();
  const open = [...leaps];
  let total = 0;
  for (let leap = open.pop(); leap !== undefined; leap = open.pop()) {
    const { from, ways } = leap;
    const state = states[from];
    if (state?.kind === 'fork') open.push(...state.to.map((to) => ({ from: to, ways })));
    else {
      total += ways;
      found.set(from, (found.get(from) ?? 0) + ways);
    }
    if (total > MOST_WAYS) throw new Error(SLOW);
  }
  return found;
}

function keyOf(ways: Ways): string {
  return [...ways].sort(([one], [other]) => one - other).join();
}

/** One character for each kind of characters that the expression tells apart. */
function lettersOf(states: readonly State[]): readonly number[] {
  const tests = states.flatMap((state) => (state.kind === 'character' ? [state.test] : []));
  const kinds = new Uint16Array(0x10000);
  let firsts = [0];
  for (const test of tests) {
    // Kinds that some of their characters pass and some do not are parted.
    const parted = new Map<number, number>();
    const next: number[] = [];
    for (let code = 0; code < kinds.length; code++) {
      const key = (kinds[code] ?? 0) * 2 + (test(code) ? 1 : 0);
      let kind = parted.get(key);
      if (kind === undefined) {
        kind = next.push(code) - 1;
        parted.set(key, kind);
      }
      kinds[code] = kind;
    }
    firsts = next;
  }
  return firsts;
}
