// Counts of tests, as jest reports them: https://jestjs.io/docs/cli#--json
import { isObject, parseJson } from '../shared/outcome.ts';

export interface Tally {
  readonly passed: number;
  readonly failed: number;
  readonly skipped: number;
}

export const PASSED: Tally = { passed: 1, failed: 0, skipped: 0 };
export const FAILED: Tally = { passed: 0, failed: 1, skipped: 0 };

/**
 * @param report what jest wrote, empty where it wrote nothing.
 * @param exitCode jest's own; where it is not 0, something counts as failed in any case.
 */
export function countTests(report: string, exitCode: number): Tally {
  const found = parseJson(report);
  if (!isObject(found)) return FAILED;
  const number = (name: string): number => (typeof found[name] === 'number' ? found[name] : 0);
  // A file that could not even be loaded has no tests that could fail.
  const failed = number('numFailedTests') + number('numRuntimeErrorTestSuites');
  return {
    passed: number('numPassedTests'),
    failed: failed === 0 && exitCode !== 0 ? 1 : failed,
    skipped: number('numPendingTests') + number('numTodoTests'),
  };
}

/** @returns `N passed, N failed`, and how many were skipped where any were. */
export function summary({ passed, failed, skipped }: Tally): string {
  return `${passed} passed, ${failed} failed${skipped === 0 ? '' : `, ${skipped} skipped`}`;
}

export function sum(tallies: readonly Tally[]): Tally {
  const total = (of: keyof Tally): number => tallies.reduce((count, tally) => count + tally[of], 0);
  return { passed: total('passed'), failed: total('failed'), skipped: total('skipped') };
}
