// What was found, in bounded memory: all of it is counted, of each code so many are kept.
import type { Problem, ProblemCode, Severity } from './problems.ts';

export interface Findings {
  add(...problems: readonly Problem[]): void;
  /** How many of each code, in the order in which they were first met. */
  readonly counts: ReadonlyMap<ProblemCode, Tally>;
  /** Those that were kept, failures first, else as they were found. */
  list(): readonly Problem[];
}

export interface Tally {
  readonly severity: Severity;
  readonly found: number;
}

/** As it is written to a file and read back by a later run. */
export interface SavedFindings {
  readonly counts: readonly (readonly [ProblemCode, Tally])[];
  readonly kept: readonly Problem[];
}

/** Of one code; a report of more is read by nobody, and the first ones show what happened. */
const KEPT_PER_CODE = 1000;

const ORDER: Readonly<Record<Severity, number>> = { failure: 0, warning: 1, note: 2 };

export function createFindings(saved: SavedFindings = { counts: [], kept: [] }): Findings {
  const counts = new Map(saved.counts);
  const kept = [...saved.kept];
  return {
    add(...problems) {
      for (const problem of problems) {
        const { found, severity } = counts.get(problem.code) ?? { found: 0, severity: problem.severity };
        const worse = ORDER[problem.severity] < ORDER[severity] ? problem.severity : severity;
        counts.set(problem.code, { severity: worse, found: found + 1 });
        if (found < KEPT_PER_CODE) kept.push(problem);
      }
    },
    counts,
    list: () => kept.toSorted((a, b) => ORDER[a.severity] - ORDER[b.severity]),
  };
}

export function saveFindings(findings: Findings): SavedFindings {
  return { counts: [...findings.counts], kept: findings.list() };
}

/** All of them as one. */
export function mergedFindings(several: readonly Findings[]): Findings {
  const counts = new Map<ProblemCode, Tally>();
  for (const [code, { severity, found }] of several.flatMap((one) => [...one.counts])) {
    const known = counts.get(code) ?? { severity, found: 0 };
    counts.set(code, { severity: ORDER[severity] < ORDER[known.severity] ? severity : known.severity, found: known.found + found });
  }
  return createFindings({ counts: [...counts], kept: several.flatMap((one) => one.list()) });
}

/** @returns whether anything was found for which the evidence cannot be relied on. */
export function hasFailures({ counts }: Findings): boolean {
  return [...counts.values()].some(({ severity }) => severity === 'failure');
}
