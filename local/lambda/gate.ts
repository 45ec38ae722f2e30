// Lets the work of a poller start, or holds it back while the poller is paused.
import { once } from 'node:events';
import { setTimeout as delay } from 'node:timers/promises';

export interface Gate {
  /** Resolves when work may start. @throws the signal's reason once it is aborted. */
  enter(signal: AbortSignal): Promise<void>;
  /** Ends what `enter` began. */
  leave(): void;
  /** Steps out for `ms` and comes back in; between the two the gate may be closed. @throws the signal's reason once it is aborted. */
  rest(ms: number, signal: AbortSignal): Promise<void>;
  /** Holds further work back; resolves when all work under way has ended. */
  close(): Promise<void>;
  open(): void;
  isOpen(): boolean;
}

export function createGate(): Gate {
  const changes = new EventTarget();
  const changed = (): boolean => changes.dispatchEvent(new Event('change'));
  let open = true;
  let active = 0;
  const isOpen = (): boolean => open;
  return {
    enter: async (signal) => {
      signal.throwIfAborted();
      while (!open) await once(changes, 'change', { signal });
      active += 1;
    },
    leave: () => {
      active -= 1;
      changed();
    },
    rest: async (ms, signal) => {
      active -= 1;
      changed();
      try {
        await delay(ms, undefined, { signal });
        while (!open) await once(changes, 'change', { signal });
      } finally {
        active += 1;
      }
    },
    close: async () => {
      open = false;
      while (active > 0 && !isOpen()) await once(changes, 'change');
    },
    open: () => {
      open = true;
      changed();
    },
    isOpen,
  };
}
