// https://www.w3.org/TR/xml/
import { createLineFramer } from './line-framer.ts';
import type { Framer, FrameSink } from './frame-sink.ts';

export function createXmlFramer(_elements: readonly string[], sink: FrameSink): Framer {
  return createLineFramer({}, sink);
}
