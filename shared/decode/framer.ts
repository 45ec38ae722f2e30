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
      return createLineFramer(framing, sink);
    case 'json':
      return createJsonFramer(framing.arrayKey, sink);
    case 'syslog':
      return createSyslogFramer(sink);
    case 'xml':
      return createXmlFramer(framing.elements, sink);
  }
}
