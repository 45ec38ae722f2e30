// How a bank's file calls a rule: by its id, or by its file below rules/ without `.yml` (https://sigmahq.io/docs/basics/rules.html, id).
import type { JsonObject } from '../model.ts';
import { isArray, text } from '../outcome.ts';
import type { Notes } from './sigma/rule.ts';

interface Named {
  readonly id: string;
  readonly notes?: Notes | undefined;
}

/** @returns ids of what is called so; several where a file holds a correlation and its rules, none where nothing is. */
export function idsNamed(name: string, named: readonly Named[]): readonly string[] {
  const wanted = name.toLowerCase();
  return named.filter(({ id, notes }) => id === wanted || notes?.path === name).map(({ id }) => id);
}

/** @returns all names by which they may be called, paths first. */
export function namesOf(named: readonly Named[]): readonly string[] {
  return [...new Set([...named.flatMap(({ notes }) => notes?.path ?? []), ...named.map(({ id }) => id)])];
}

/** @param file below the folder of rules. @returns what a pack tells of a rule, from its document. */
export function notesOf({ date, modified, references, falsepositives }: JsonObject, file: string): Notes {
  return {
    path: file.replace(/\.ya?ml$/, ''),
    version: text(modified) ?? text(date) ?? '',
    references: textsOf(references),
    falsepositives: textsOf(falsepositives),
  };
}

function textsOf(list: unknown): readonly string[] {
  return isArray(list) ? list.flatMap((one) => text(one) ?? []) : [];
}
