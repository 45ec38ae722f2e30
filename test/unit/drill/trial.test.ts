// What counts as detection in the tamper drill.
import { tried, type Tampered, type Trial } from '../../../local/drill/trial.ts';
import { expect as expected } from '../../../local/drill/tampering/tampering.ts';
import { problem, type Problem } from '../../../shared/verify/problems.ts';

const ALTERED = problem('object_altered', 'demo/alb/one.sealed', 'another hash');
const lines: string[] = [];

beforeEach(() => (lines.length = 0));

function trial(found: readonly Problem[], wanted: Tampered['expected'] = expected('object_altered', ALTERED.at)): Trial {
  return { name: 'a byte is flipped', tamper: () => Promise.resolve({ expected: wanted, verify: () => Promise.resolve(found) }) };
}

async function isDetected(one: Trial): Promise<boolean> {
  return await tried(one, (line) => lines.push(line));
}

it('is the right code at the right place, whatever else is reported', async () => {
  expect(await isDetected(trial([problem('gap', 'elsewhere', ''), ALTERED]))).toBe(true);
  expect(lines).toEqual([expect.stringMatching(/^ {2}detected {2}object_altered +\d+ ms {2}a byte is flipped$/)]);
});

it.each([
  ['nothing', []],
  ['the right code at another place', [{ ...ALTERED, at: 'demo/alb/other.sealed' }]],
  ['another code at the right place', [problem('lock_too_short', ALTERED.at, '')]],
])('is not %s', async (_, found) => {
  expect(await isDetected(trial(found))).toBe(false);
  expect(lines[0]).toContain('MISSED');
  expect(lines[1]).toContain(`not reported: object_altered at ${ALTERED.at}`);
});

it('is not half of what has to be reported', async () => {
  expect(await isDetected(trial([ALTERED], [...expected('object_altered', ALTERED.at), ...expected('wrong_size', ALTERED.at)]))).toBe(
    false,
  );
});

it('is not where nothing is expected: a tampering that does nothing proves nothing', async () => {
  expect(await isDetected(trial([ALTERED], []))).toBe(false);
});

it('is not a verification that does not come to its end', async () => {
  const failing = { expected: expected('object_altered', ALTERED.at), verify: () => Promise.reject(new Error('connection reset')) };

  expect(await isDetected({ name: 'x', tamper: () => Promise.resolve(failing) })).toBe(false);
  expect(lines[1]).toContain('it ended with: connection reset');
});
