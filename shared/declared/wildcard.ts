// `*` for any run of characters: log group names and object keys of the bank's file, raw values of declared sources.
// Each part between two stars is looked for once, behind the part before it: whoever chooses the text cannot make it take long.

/** @returns what tells a text that is as the pattern says from beginning to end. */
export function wildcard(pattern: string): (text: string) => boolean {
  const [first = '', ...parts] = pattern.split('*');
  const last = parts.pop();
  if (last === undefined) return (text) => text === pattern;
  return (text) => {
    const end = text.length - last.length;
    let at = first.length;
    if (at > end || !text.startsWith(first) || !text.endsWith(last)) return false;
    for (const part of parts) {
      const found = text.indexOf(part, at);
      if (found < 0 || found + part.length > end) return false;
      at = found + part.length;
    }
    return true;
  };
}
