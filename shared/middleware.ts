// What every handler is wrapped in. https://middy.js.org/docs/
import middy from '@middy/core';
import type { Context } from 'aws-lambda';
import { errorFields, type Log } from './observe/log.ts';

/** Binds the request id to the log, and logs what the handler throws: the trigger delivers again, the operator reads why. */
export function observed<Event, Result>(log: Log, handler: (event: Event) => Promise<Result>): middy.MiddyfiedHandler<Event, Result> {
  return middy<Event, Result>()
    .use({
      before: ({ context }: { context: Context }) => {
        log.addContext(context);
        log.resetKeys();
      },
      onError: ({ error }: { error: Error | null }) => {
        log.error('invocation failed', errorFields(error));
      },
    })
    .handler((event) => handler(event));
}
