// One line of an S3 server access log: its fields, in the order in which they are documented.
// https://docs.aws.amazon.com/AmazonS3/latest/userguide/LogFormat.html
//
// Quotes within quoted fields are not hidden by anything, so that a client can write what looks like the end of one. What a client cannot
// write into the request line are spaces, and after it come status and numbers: the first quote that has them behind it ends the request
// line. The last quote of the line ends the user agent: nothing behind it is quoted. Between them are the referrer and the agent.

const QUOTE = '"';

/** Fields before the request line, the time in its brackets as one. */
const HEAD_FIELDS = 8;
/** Fields between the request line and the referrer: status, error code, bytes sent, object's size, total and turn-around time. */
const NUMBERS = 6;
const NUMBERS_AT = /(?:\d{3}|-) [^ "]+ (?:\d+|-) (?:\d+|-) (?:\d+|-) (?:\d+|-)(?: |$)/y;
const SIGNATURE = /^(?:-|SigV\d.*)$/;

/** @returns the fields as written, without quotes and brackets; undefined where the line does not have this form. */
export function s3Fields(line: string): readonly string[] | undefined {
  const found: string[] = [];
  const head = headAt(line, found);
  const request = head === undefined ? undefined : requestAt(line, head, found);
  if (request === undefined) return undefined;
  let at = request;
  for (let left = NUMBERS; left > 0; left--) at = wordAt(line, at, found);
  const last = line.endsWith(QUOTE) ? line.length - 1 : line.lastIndexOf('" ');
  at = referrerAt(line, at, { last, found });
  at = agentAt(line, at, { last, found });
  found.push(...tailOf(line.slice(at)));
  return found;
}

/** Owner, bucket, [time], address, requester, request id, operation, key. @returns undefined where the line has another form. */
function headAt(line: string, found: string[]): number | undefined {
  let at = wordAt(line, 0, found);
  at = wordAt(line, at, found);
  const close = line.indexOf('] ', at);
  if (line.charAt(at) !== '[' || close < 0) return undefined;
  found.push(line.slice(at + 1, close));
  at = close + 2;
  while (found.length < HEAD_FIELDS && at < line.length) at = wordAt(line, at, found);
  return found.length < HEAD_FIELDS ? undefined : at;
}

/** Takes what stands up to the next space. @returns where the next field starts. */
function wordAt(line: string, start: number, found: string[]): number {
  if (start >= line.length) return start;
  const end = line.indexOf(' ', start);
  found.push(end < 0 ? line.slice(start) : line.slice(start, end));
  return end < 0 ? line.length : end + 1;
}

/** The request line, in quotes or `-`. @returns undefined where it has no end. */
function requestAt(line: string, start: number, found: string[]): number | undefined {
  if (line.charAt(start) !== QUOTE) return wordAt(line, start, found);
  for (let end = line.indexOf('" ', start + 1); end >= 0; end = line.indexOf('" ', end + 1)) {
    NUMBERS_AT.lastIndex = end + 2;
    if (!NUMBERS_AT.test(line)) continue;
    found.push(line.slice(start + 1, end));
    return end + 2;
  }
  return undefined;
}

interface Rest {
  /** Where the last quote stands that ends a field. */
  readonly last: number;
  readonly found: string[];
}

function referrerAt(line: string, start: number, { last, found }: Rest): number {
  if (line.charAt(start) !== QUOTE || last <= start) return wordAt(line, start, found);
  const between = line.indexOf('" "', start + 1);
  // A bare agent has no quote behind it.
  const end = between >= 0 && between + 2 < last ? between : last;
  found.push(line.slice(start + 1, end));
  return Math.min(line.length, end + 2);
}

function agentAt(line: string, start: number, { last, found }: Rest): number {
  if (line.charAt(start) !== QUOTE || last <= start) return wordAt(line, start, found);
  found.push(line.slice(start + 1, last));
  return Math.min(line.length, last + 2);
}

/** Version id, host id, signature version and what follows; the host id has been seen with a space in it. */
function tailOf(text: string): readonly string[] {
  const tail = text.split(' ').filter((field) => field !== '');
  const [version = '', host = '', third, fourth] = tail;
  if (third === undefined || fourth === undefined || SIGNATURE.test(third) || !SIGNATURE.test(fourth)) return tail;
  return [version, `${host} ${third}`, ...tail.slice(3)];
}
