// What contradicts itself in `retention` of a bank's file.
import type { BankConfig } from '../shared/config.ts';
import { classesOf, STANDARD } from '../shared/retention/classes.ts';
import { COLD_STORAGE, coldSteps } from '../shared/retention/cold.ts';
import { PSEUDONYMS } from '../shared/seal/period-key-store.ts';
import { UNREAD_LOGS } from '../shared/units.ts';
import { found } from './similar.ts';
import type { Problem } from './yaml-file.ts';

/** What is sealed without a source: nobody claims it, or it is no log of the bank's. */
const SOURCELESS = ['unknown', UNREAD_LOGS];

/** @param sources that the bank knows. */
export function* retention({ retention }: BankConfig, sources: readonly { readonly name: string }[]): Generator<Problem> {
  for (const [index, { name, days }] of classesOf(retention).entries()) {
    const path = name === STANDARD && index === 0 ? ['retention', 'evidence_days'] : classPath(index - 1, 'evidence_days');
    for (const other of ['landing_days', 'parked_days'] as const) {
      if (retention[other] <= days) continue;
      const message = `must not be below ${other} (${retention[other]}): what is left there refers to the evidence (found ${days})`;
      yield { path, message };
    }
  }
  const known = [...sources.map(({ name }) => name), ...SOURCELESS];
  const classOfSource = new Map<string, string>();
  const names = new Set<string>();
  for (const [index, { name, sources: own }] of (retention.classes ?? []).entries()) {
    if (name === STANDARD || name === PSEUDONYMS)
      yield { path: classPath(index, 'name'), message: `must not be ${name}, which has a meaning of its own` };
    else if (names.has(name)) yield { path: classPath(index, 'name'), message: `${name} is used twice` };
    names.add(name);
    for (const [at, source] of own.entries()) {
      const path = classPath(index, 'sources', String(at));
      const other = classOfSource.get(source);
      if (!known.includes(source)) yield { path, message: `must be a source, see \`npx strongroom sources\` ${found(source, known)}` };
      else if (other !== undefined) yield { path, message: `${source} is in class ${other} already; evidence has one class` };
      classOfSource.set(source, name);
    }
  }
}

function classPath(index: number, ...rest: readonly string[]): string[] {
  return ['retention', 'classes', String(index), ...rest];
}

/** Steps that S3 does not take, or that would cost more than they save. */
export function* cold({ retention }: BankConfig): Generator<Problem> {
  const order = Object.keys(COLD_STORAGE);
  const longest = Math.max(...classesOf(retention).map(({ days }) => days));
  const steps = retention.cold ?? [];
  for (const [index, step] of steps.entries()) {
    const { after_days: after, storage_class: storage } = step;
    const { earliest, minDays } = COLD_STORAGE[storage];
    const path = ['retention', 'cold', String(index)];
    if (after < earliest)
      yield {
        path: [...path, 'after_days'],
        message: `must be at least ${earliest}: S3 moves nothing to ${storage} before (found ${after})`,
      };
    const before = steps[index - 1];
    if (before !== undefined) {
      const { minDays: stay } = COLD_STORAGE[before.storage_class];
      if (order.indexOf(storage) <= order.indexOf(before.storage_class))
        yield { path: [...path, 'storage_class'], message: `must be colder than ${before.storage_class} before it (found ${storage})` };
      else if (after < before.after_days + stay)
        yield {
          path: [...path, 'after_days'],
          message: `must be at least ${before.after_days + stay}: ${before.storage_class} is billed for ${stay} days (found ${after})`,
        };
    }
    if (coldSteps(longest, [step]).length === 0)
      yield {
        path,
        message: `is never worth it: ${storage} is billed for ${minDays} days, and no evidence is kept for ${after + minDays} days (the longest: ${longest})`,
      };
  }
}
