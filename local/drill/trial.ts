// One tampering, one verification: detected is what is reported with the right code at the right place. That something is reported is not enough.
import type { Problem } from '../../shared/verify/problems.ts';
import type { Expected } from './tampering/tampering.ts';

export interface Tampered {
  readonly expected: readonly Expected[];
  /** @returns what a verification finds now. */
  readonly verify: () => Promise<readonly Problem[]>;
}

export interface Trial {
  readonly name: string;
  readonly tamper: () => Promise<Tampered>;
}

export type Print = (line: string) => void;

interface Judged {
  readonly expected: readonly Expected[];
  readonly problems: readonly Problem[];
  /** Of the verification. */
  readonly ms: number;
  /** Of what did not come to its end: what it had found by then is not known. */
  readonly failure?: string;
}

const SHOWN = 5;
const CODES_WIDTH = 42;

/** Prints a line, and why where it was missed. @returns whether every expected problem is reported where it is expected. */
export async function tried({ name, tamper }: Trial, print: Print): Promise<boolean> {
  const { expected, problems, ms, failure } = await judged(tamper);
  const missed = expected.filter(({ code, at }) => !problems.some((found) => found.code === code && found.at === at));
  const isDetected = failure === undefined && expected.length > 0 && missed.length === 0;
  const codes = [...new Set(expected.map(({ code }) => code))].join(', ');
  print(`  ${isDetected ? 'detected' : 'MISSED  '}  ${codes.padEnd(CODES_WIDTH)} ${String(ms).padStart(5)} ms  ${name}`);
  if (isDetected) return true;
  if (failure !== undefined) print(`            it ended with: ${failure}`);
  for (const { code, at } of missed.slice(0, SHOWN)) print(`            not reported: ${code} at ${at}`);
  for (const { code, at, detail } of problems.filter(({ severity }) => severity !== 'note').slice(0, SHOWN))
    print(`            reported: ${code} at ${at}: ${detail}`);
  return false;
}

async function judged(tamper: Trial['tamper']): Promise<Judged> {
  let expected: readonly Expected[] = [];
  let started = Date.now();
  try {
    const tampered = await tamper();
    expected = tampered.expected;
    started = Date.now();
    const problems = await tampered.verify();
    return { expected, problems, ms: Date.now() - started };
  } catch (error) {
    return { expected, problems: [], ms: Date.now() - started, failure: error instanceof Error ? error.message : String(error) };
  }
}
