// One place that knows what must be stopped when this program ends, however it ends.
// https://nodejs.org/api/process.html#signal-events

export interface Stoppable {
  /** Ends it in good order. */
  stop(): Promise<void>;
  /** Ends it at once and without waiting: there is no time left. */
  killNow(): void;
}

const running = new Set<Stoppable>();
const state = { isListening: false, isShuttingDown: false };
const SIGNALS = { SIGHUP: 1, SIGINT: 2, SIGTERM: 15 } as const;

/** Has `item` stopped when this program is interrupted or ends. @returns a function that takes it off the list again. */
export function onShutdown(item: Stoppable): () => void {
  listenForSignals();
  running.add(item);
  return () => running.delete(item);
}

/** @returns whether an interrupt is being carried out: processes that end now end because of it. */
export function isShuttingDown(): boolean {
  return state.isShuttingDown;
}

/** From now on an interrupt stops what is on the list. To be called before anything is started. */
export function listenForSignals(): void {
  if (state.isListening) return;
  state.isListening = true;
  for (const [signal, number] of Object.entries(SIGNALS)) process.on(signal, () => void interrupt(number));
  process.on('exit', () => {
    for (const item of running) item.killNow();
  });
}

/** npm, the shell and the bootstrap may each pass the same Ctrl-C on, so all but the first are ignored. */
async function interrupt(number: number): Promise<void> {
  if (state.isShuttingDown) return;
  state.isShuttingDown = true;
  await Promise.allSettled([...running].reverse().map((item) => item.stop()));
  process.exit(128 + number);
}
