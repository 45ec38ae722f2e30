// Cuts expanded bytes into records. One framer per delivered unit; it keeps at most one unfinished record between chunks.
import type { Framer, FrameSink } from './frame-sink.ts';
import type { Framing } from '../sources/api.ts';
import { createJsonFramer } from './json-framer.ts';
import { createLineFramer } from './line-framer.ts';

export function createFramer(framing: Framing, sink: FrameSink): Framer {
  return framing.kind === 'lines' ? createLineFramer(framing.isHeader, sink) : createJsonFramer(framing.arrayKey, sink);
}
