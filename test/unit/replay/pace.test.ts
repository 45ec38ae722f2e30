import fc from 'fast-check';
import { createPace, type Clock } from '../../../shared/replay/pace.ts';

/** A clock that jumps to where somebody waits for. */
function clockOf(): Clock & { readonly at: () => number } {
  let time = 0;
  return {
    at: () => time,
    now: () => time,
    sleep: (ms) => {
      time += ms;
      return Promise.resolve();
    },
  };
}

it('is never faster than the rate, whatever is taken', async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.integer({ min: 1, max: 5000 }),
      fc.array(fc.double({ min: 0, max: 2000, noNaN: true }), { maxLength: 30 }),
      async (rate, takes) => {
        const clock = clockOf();
        const pace = createPace(rate, clock);
        let before = 0;
        for (const records of takes) {
          await pace.take(records);
          // What was taken before has had its time.
          expect(clock.at()).toBeGreaterThanOrEqual((before / rate) * 1000 - 1e-6);
          before += records;
        }
        await pace.end();
        expect(clock.at()).toBeCloseTo((before / rate) * 1000, 3);
      },
    ),
  );
});

it('is the same for several at once', async () => {
  const clock = clockOf();
  const pace = createPace(10, clock);

  await Promise.all([pace.take(10), pace.take(10), pace.take(10)]);
  await pace.end();

  expect(clock.at()).toBeGreaterThanOrEqual(3000);
});

it('does not make up for idle time with a burst', async () => {
  const clock = clockOf();
  const pace = createPace(10, clock);
  await clock.sleep(60_000);

  await pace.take(10);
  await pace.take(10);

  expect(clock.at()).toBe(61_000);
});
