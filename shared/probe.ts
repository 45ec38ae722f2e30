// How a new version of a function is asked whether it works, before anybody calls it (functions/release-hook).
// https://docs.aws.amazon.com/codedeploy/latest/userguide/reference-appspec-file-structure-hooks.html
import { isObject } from './outcome.ts';

export const PROBE = { strongroom: 'probe' } as const;

export interface ProbeAnswer {
  readonly probe: 'ok';
  /** That answered. */
  readonly version: string;
}

/** A function as its handler is written. */
export interface Probed<Event, Result> {
  readonly handler: (event: Event) => Promise<Result>;
  /** Event that the handler has nothing to do for; a function that works whatever its event says has none. */
  readonly nothing: Event | undefined;
}

/**
 * That a version can answer at all says that its code loads and that its settings are complete; where there is such an event, that nothing in its
 * handler fails either. @returns the handler's answer to every event but a probe.
 */
export async function handleOrProbe<Event, Result>(
  event: Event,
  version: string,
  { handler, nothing }: Probed<Event, Result>,
): Promise<Result | ProbeAnswer> {
  if (!isObject(event) || event['strongroom'] !== PROBE.strongroom) return await handler(event);
  if (nothing !== undefined) await handler(nothing);
  return { probe: 'ok', version };
}
