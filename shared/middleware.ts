// What every handler is wrapped in. https://middy.js.org/docs/
import middy from '@middy/core';
import type { Context } from 'aws-lambda';
import { errorFields, type Log } from './observe/log.ts';
import { handleOrProbe, type ProbeAnswer } from './probe.ts';

/**
 * Binds the request id to the log, and logs what the handler throws: the trigger delivers again, the operator reads why. Answers probes.
 * @param nothing see Probed in shared/probe.ts.
 */
export function observed<Event, Result>(
  log: Log,
  handler: (event: Event) => Promise<Result>,
  nothing?: Event,
): middy.MiddyfiedHandler<Event, Result | ProbeAnswer> {
  return middy<Event, Result | ProbeAnswer>()
    .use({
      before: ({ context }: { context: Context }) => {
        log.addContext(context);
        log.resetKeys();
      },
      onError: ({ error }: { error: Error | null }) => {
        log.error('invocation failed', errorFields(error));
      },
    })
    .handler((event, { functionVersion }) => handleOrProbe(event, functionVersion, { handler, nothing }));
}
