import { createGate } from '../../../../local/lambda/gate.ts';

const NEVER = new AbortController().signal;

/** @returns a list that grows when the promise resolves. */
function watch(promise: Promise<void>): readonly string[] {
  const seen: string[] = [];
  void promise.then(() => seen.push('resolved'));
  return seen;
}

/** Lets everything that is ready to run do so. */
async function settle(): Promise<void> {
  await new Promise(setImmediate);
}

describe('a gate', () => {
  it('lets work in while it is open', async () => {
    const gate = createGate();
    await gate.enter(NEVER);
    expect(gate.isOpen()).toBe(true);
  });

  it('is closed once the work under way has ended', async () => {
    const gate = createGate();
    await gate.enter(NEVER);
    const closed = watch(gate.close());
    await settle();
    expect(closed).toEqual([]);
    gate.leave();
    await settle();
    expect(closed).toEqual(['resolved']);
  });

  it('holds work back until it opens', async () => {
    const gate = createGate();
    await gate.close();
    const entered = watch(gate.enter(NEVER));
    await settle();
    expect(entered).toEqual([]);
    gate.open();
    await settle();
    expect(entered).toEqual(['resolved']);
  });

  it('closes while work rests, which then waits for it to open', async () => {
    const gate = createGate();
    await gate.enter(NEVER);
    const rested = watch(gate.rest(1, NEVER));
    await gate.close();
    await new Promise((resolve) => setTimeout(resolve, 5));
    expect(rested).toEqual([]);
    gate.open();
    await settle();
    expect(rested).toEqual(['resolved']);
  });

  it('refuses work when it is aborted, also work that waits or rests', async () => {
    const gate = createGate();
    const stopping = new AbortController();
    const resting = gate.rest(60_000, stopping.signal);
    await gate.close();
    const waiting = gate.enter(stopping.signal);
    stopping.abort();
    await expect(waiting).rejects.toThrow('aborted');
    await expect(resting).rejects.toThrow('aborted');
    await expect(gate.enter(stopping.signal)).rejects.toThrow('aborted');
  });
});
