// One record per line (LF or CRLF), as AWS delivers flow and access logs. Empty lines are no records.
import { MAX_RECORD_BYTES, type Framer, type FrameSink } from './frame-sink.ts';

const LINE_FEED = 0x0a;

/** What of Framing is about lines. */
interface Lines {
  /** Tells the lines that name columns; they are handed on apart and are no records. */
  readonly isHeader?: ((line: string) => boolean) | undefined;
  /** Only the first line can be one, and that line again. */
  readonly headerFirst?: boolean | undefined;
  /** Tells the lines that belong to the record before them. */
  readonly continues?: ((line: string) => boolean) | undefined;
}

export function createLineFramer(lines: Lines, sink: FrameSink): Framer {
  const { line, close } = createLineSink(lines, sink);
  // Bytes of the unfinished last line; empty while a line that is too long is being skipped.
  let rest: Buffer[] = [];
  let restBytes = 0;
  let skipping = false;

  function keep(tail: Buffer): void {
    if (skipping || tail.length === 0) return;
    rest.push(tail);
    restBytes += tail.length;
    if (restBytes <= MAX_RECORD_BYTES) return;
    const beginning = Buffer.concat(rest).toString('utf8', 0, MAX_RECORD_BYTES);
    close();
    sink.broken({ code: 'record_too_large', detail: `a line of more than ${MAX_RECORD_BYTES} bytes` }, beginning);
    drop();
    skipping = true;
  }

  function drop(): void {
    rest = [];
    restBytes = 0;
  }

  return {
    push(chunk) {
      const last = chunk.lastIndexOf(LINE_FEED);
      if (last >= 0) {
        const first = skipping ? chunk.indexOf(LINE_FEED) + 1 : 0;
        skipping = false;
        // Cut at a line feed first, decode second: no character is torn between two chunks.
        const whole = chunk.subarray(first, Math.max(first, last));
        eachLine(rest.length === 0 ? whole : Buffer.concat([...rest, whole]), line);
        drop();
      }
      keep(chunk.subarray(last + 1));
    },
    end() {
      if (rest.length > 0) eachLine(Buffer.concat(rest), line);
      drop();
      close();
    },
  };
}

/** Tells headers and continued lines from records. */
function createLineSink({ isHeader, headerFirst = false, continues }: Lines, sink: FrameSink) {
  /** The first line of all. */
  let first: string | undefined;
  /** A record that the next line may belong to. */
  let open: string | undefined;

  function close(): void {
    if (open !== undefined) sink.record(open);
    open = undefined;
  }

  function line(text: string): void {
    const trimmed = text.endsWith('\r') ? text.slice(0, -1) : text;
    if (trimmed === '') return;
    first ??= trimmed;
    if (isHeader?.(trimmed) === true && (!headerFirst || trimmed === first)) {
      close();
      sink.header(trimmed);
    } else if (continues === undefined) sink.record(trimmed);
    else if (open !== undefined && continues(trimmed) && open.length + trimmed.length < MAX_RECORD_BYTES) open += `\n${trimmed}`;
    else {
      close();
      open = trimmed;
    }
  }

  return { line, close };
}

function eachLine(bytes: Buffer, take: (line: string) => void): void {
  const text = bytes.toString('utf8');
  let start = 0;
  for (let end = text.indexOf('\n'); end >= 0; end = text.indexOf('\n', start)) {
    take(text.slice(start, end));
    start = end + 1;
  }
  take(text.slice(start));
}
