// One way to tamper with evidence, and what verification has to say of it and where. Anything else it says does not count as detection.
import type { ProblemCode } from '../../../shared/verify/problems.ts';
import type { Ground } from '../ground.ts';

export interface Expected {
  readonly code: ProblemCode;
  /** As in a Problem: vault key, path in the log, file. */
  readonly at: string;
}

export interface Tampering {
  readonly name: string;
  /** Does it. @returns all that has to be reported. */
  readonly act: (ground: Ground) => Promise<readonly Expected[]>;
}

export function expect(code: ProblemCode, ...places: readonly string[]): readonly Expected[] {
  return places.map((at) => ({ code, at }));
}
