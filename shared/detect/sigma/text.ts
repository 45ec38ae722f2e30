// Text values of Sigma rules with their wildcards: `*` is any run of characters (line ends too), `?` is one.
// https://github.com/SigmaHQ/sigma-specification/blob/main/specification/sigma-rules-specification.md (String Wildcard, Escaping)

/** Where the value may stand in the text. */
export interface Anchors {
  readonly start: boolean;
  readonly end: boolean;
}

const WHOLE: Anchors = { start: true, end: true };

/** A stretch between two `*`: its characters, undefined for `?`. `text` if there is no `?` in it. */
interface Part {
  readonly text: string | undefined;
  readonly characters: readonly (string | undefined)[];
}

/**
 * @param value as the rule has it, escapes included. Case must have been folded by the caller, here and in the text.
 * @returns a test that takes time in proportion to text × value at worst, whatever the value.
 */
export function matchText(value: string, anchors: Anchors = WHOLE): (text: string) => boolean {
  const parts = split(value);
  const [only] = parts;
  if (only?.text !== undefined && parts.length === 1) return plain(only.text, anchors);
  // No anchor is the same as a `*` there.
  const [first, last] = [anchors.start ? 0 : 1, anchors.end ? 0 : 1];
  const all = [...(first === 1 ? [EMPTY] : []), ...parts, ...(last === 1 ? [EMPTY] : [])];
  return (text) => matchParts(all, text);
}

const EMPTY: Part = { text: '', characters: [] };

function plain(value: string, { start, end }: Anchors): (text: string) => boolean {
  if (start && end) return (text) => text === value;
  if (start) return (text) => text.startsWith(value);
  return end ? (text) => text.endsWith(value) : (text) => text.includes(value);
}

/** A backslash takes away the meaning of `*`, `?` and itself; before anything else it is a backslash. */
function split(value: string): readonly Part[] {
  const parts: Part[] = [];
  let characters: (string | undefined)[] = [];
  for (let at = 0; at < value.length; at++) {
    const character = value.charAt(at);
    const next = value.charAt(at + 1);
    if (character === '\\' && (next === '*' || next === '?' || next === '\\')) {
      characters.push(next);
      at++;
    } else if (character === '*') {
      parts.push(part(characters));
      characters = [];
    } else characters.push(character === '?' ? undefined : character);
  }
  parts.push(part(characters));
  return parts;
}

function part(characters: readonly (string | undefined)[]): Part {
  return { characters, text: characters.includes(undefined) ? undefined : characters.join('') };
}

/** @returns the text that the value stands for; undefined where it has wildcards. */
export function literalOf(value: string): string | undefined {
  const [only, another] = split(value);
  return another === undefined ? only?.text : undefined;
}

/** @returns a value that stands for this text and nothing else. */
export function escaped(text: string): string {
  return text.replaceAll(/[\\*?]/g, '\\$&');
}

/** First part at the start, last part at the end, those between as far left as they go. */
function matchParts(parts: readonly Part[], text: string): boolean {
  const [first = EMPTY] = parts;
  const last = parts.at(-1) ?? EMPTY;
  if (parts.length === 1) return text.length === first.characters.length && standsAt(first, text, 0);
  const end = text.length - last.characters.length;
  let at = first.characters.length;
  if (at > end || !standsAt(first, text, 0) || !standsAt(last, text, end)) return false;
  for (const middle of parts.slice(1, -1)) {
    const found = find(middle, text, at);
    if (found < 0) return false;
    at = found + middle.characters.length;
  }
  return at <= end;
}

function standsAt({ text: plainText, characters }: Part, text: string, at: number): boolean {
  if (plainText !== undefined) return text.startsWith(plainText, at);
  return characters.every((character, offset) => character === undefined || text.charAt(at + offset) === character);
}

function find(part: Part, text: string, from: number): number {
  if (part.text !== undefined) return text.indexOf(part.text, from);
  for (let at = from; at + part.characters.length <= text.length; at++) if (standsAt(part, text, at)) return at;
  return -1;
}
