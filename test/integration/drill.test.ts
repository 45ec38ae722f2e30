// The tamper drill as it is run by hand: a real vault on the deployed platform, and every tampering found where it was done.
import { drillTamper } from '../../local/drill.ts';

jest.setTimeout(600_000);

it('finds every tampering where it was done, and nothing where nothing was', async () => {
  const lines: string[] = [];

  const code = await drillTamper((line) => lines.push(line));

  expect(lines.filter((line) => /MISSED|not reported|ended with|false alarm/.test(line))).toEqual([]);
  const [, tried, detected] = /^drill tamper: (\d+) tried, (\d+) detected$/.exec(lines.at(-1) ?? '') ?? [];
  expect(Number(tried)).toBeGreaterThan(100);
  expect(detected).toBe(tried);
  expect(code).toBe(0);
});
