// Cuts expanded bytes into records. One framer per delivered unit; it keeps at most one unfinished record between chunks.
import type { Framer, FrameSink } from './frame-sink.ts';
import type { Framing } from '../sources/api.ts';
import { createJsonFramer } from './json-framer.ts';
import { createLineFramer } from './line-framer.ts';
import { createSyslogFramer } from './syslog-framer.ts';
import { createXmlFramer } from './xml-framer.ts';

export function createFramer(framing: Framing, sink: FrameSink): Framer {
  switch (framing.kind) {
    case 'lines':
      return framing.orJson === true ? createLineOrJsonFramer(framing, sink) : createLineFramer(framing, sink);
    case 'json':
      return createJsonFramer(framing.arrayKey, sink);
    case 'syslog':
      return createSyslogFramer(sink);
    case 'xml':
      return createXmlFramer(framing.elements, sink);
  }
}

const OPEN_BRACE = 0x7b;

/** Which of the two it is, the first byte tells that is no white space. */
function createLineOrJsonFramer(framing: Parameters<typeof createLineFramer>[0], sink: FrameSink): Framer {
  let framer: Framer | undefined;
  return {
    push(chunk) {
      const first = framer === undefined ? chunk.find((byte) => byte > 0x20) : undefined;
      if (first !== undefined) framer = first === OPEN_BRACE ? createJsonFramer(undefined, sink) : createLineFramer(framing, sink);
      framer?.push(chunk);
    },
    end: () => framer?.end(),
  };
}
