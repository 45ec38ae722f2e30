// https://www.rfc-editor.org/rfc/rfc6587#section-3.4
import { createLineFramer } from './line-framer.ts';
import type { Framer, FrameSink } from './frame-sink.ts';

export function createSyslogFramer(sink: FrameSink): Framer {
  return createLineFramer({}, sink);
}
