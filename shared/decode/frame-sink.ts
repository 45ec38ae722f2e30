// What the framers have in common.
import type { Json, Reject } from '../model.ts';

export interface Framer {
  push(chunk: Buffer): void;
  /** The last bytes have come. */
  end(): void;
}

/** Where a framer puts what it finds, in the order in which it stands. */
export interface FrameSink {
  /** @param json the record's value, where the framer had to parse it. */
  record(text: string, json?: Json): void;
  /** A line that names the columns of those after it. */
  header(line: string): void;
  /** Bytes that are no record; `text` is what stands there. */
  broken(reject: Reject, text: string): void;
}

/** Largest record, in bytes. CloudTrail's own limit is 1 MB per event; CloudWatch Logs' is 1 MB. */
export const MAX_RECORD_BYTES = 4 * 1024 * 1024;
