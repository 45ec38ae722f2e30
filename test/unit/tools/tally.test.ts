import { FAILED, PASSED, countTests, sum, summary } from '../../../tools/tally.ts';

const REPORT = { numPassedTests: 7, numFailedTests: 0, numPendingTests: 2, numTodoTests: 1, numRuntimeErrorTestSuites: 0 };

test('passed, failed and skipped tests are counted', () => {
  expect(countTests(JSON.stringify(REPORT), 0)).toEqual({ passed: 7, failed: 0, skipped: 3 });
  expect(countTests(JSON.stringify({ ...REPORT, numFailedTests: 2 }), 1)).toEqual({ passed: 7, failed: 2, skipped: 3 });
});

test('a test file that could not be loaded counts as a failed test', () => {
  expect(countTests(JSON.stringify({ ...REPORT, numRuntimeErrorTestSuites: 1 }), 1)).toEqual({ passed: 7, failed: 1, skipped: 3 });
});

test('a bad exit code is a failure even where no test failed', () => {
  expect(countTests(JSON.stringify(REPORT), 1).failed).toBe(1);
  expect(countTests('', 0)).toEqual(FAILED);
});

test('skipped tests are named only where there are any', () => {
  expect(summary({ passed: 3, failed: 1, skipped: 0 })).toBe('3 passed, 1 failed');
  expect(summary(sum([PASSED, FAILED, { passed: 5, failed: 0, skipped: 2 }]))).toBe('6 passed, 1 failed, 2 skipped');
});
