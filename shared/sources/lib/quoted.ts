// Fields between spaces, some of them in double quotes: access logs of load balancers and web servers.
// https://docs.aws.amazon.com/elasticloadbalancing/latest/application/load-balancer-access-logs.html
const QUOTE = 34;
const BACKSLASH = 92;
const SPACE = 32;

/** A backslash before a quote hides it, unless the line makes sense only if it does not (an agent that ends in a backslash). */
export function quotedFields(line: string): readonly string[] | undefined {
  if (line.includes('\\')) {
    const fields = tokens(line, true);
    if (fields !== undefined) return fields;
  }
  return tokens(line, false);
}

/** @returns the fields, quoted or not, between spaces; undefined where the quotes do not pair up. */
function tokens(line: string, escapes: boolean): string[] | undefined {
  const found: string[] = [];
  for (let at = 0; at < line.length; at++) {
    const first = line.charCodeAt(at);
    if (first === SPACE) continue;
    const quoted = first === QUOTE;
    const start = quoted ? at + 1 : at;
    const end = quoted ? closingQuote(line, start, escapes) : line.indexOf(' ', at);
    if (quoted && (end < 0 || (end + 1 < line.length && line.charCodeAt(end + 1) !== SPACE))) return undefined;
    const token = end < 0 ? line.slice(start) : line.slice(start, end);
    if (escapes && !quoted && token.includes('"')) return undefined;
    found.push(token);
    if (end < 0) break;
    at = quoted ? end + 1 : end;
  }
  return found;
}

function closingQuote(line: string, start: number, escapes: boolean): number {
  let end = line.indexOf('"', start);
  while (escapes && end >= 0 && isEscaped(line, start, end)) end = line.indexOf('"', end + 1);
  return end;
}

function isEscaped(line: string, start: number, at: number): boolean {
  let before = at;
  while (before > start && line.charCodeAt(before - 1) === BACKSLASH) before--;
  return (at - before) % 2 === 1;
}

/** @returns the field; undefined where it is `-` or the line is shorter. */
export function fieldAt(fields: readonly string[], at: number): string | undefined {
  const text = fields[at];
  return text === '-' ? undefined : text;
}
