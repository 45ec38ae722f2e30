import fc from 'fast-check';
import { backOff, delayMs } from '../../shared/backoff.ts';

const BACKOFF = { baseMs: 100, capMs: 2000, attempts: 8 };

test('a delay lies between nothing and the limit of its attempt, which doubles up to the cap', () => {
  fc.assert(
    fc.property(fc.integer({ min: 0, max: 60 }), (attempt) => {
      const delay = delayMs(attempt, BACKOFF);

      expect(delay).toBeGreaterThanOrEqual(0);
      expect(delay).toBeLessThanOrEqual([100, 200, 400, 800, 1600][attempt] ?? 2000);
    }),
  );
});

test('delays are spread over all of it', () => {
  const delays = Array.from({ length: 1000 }, () => delayMs(10, BACKOFF));

  expect(Math.min(...delays)).toBeLessThan(500);
  expect(Math.max(...delays)).toBeGreaterThan(1500);
});

test('waiting ends', async () => {
  await expect(backOff(3, { baseMs: 0, capMs: 0, attempts: 1 })).resolves.toBeUndefined();
});
