// Objects that no record could ever make complete. https://schema.ocsf.io/1.8.0/objects
import type { Assignment } from '../../shared/declared/plan.ts';
import type { Problem } from '../yaml-file.ts';
import type { Need } from './attributes.ts';

interface Whole {
  /** Where it stands in the file. */
  readonly path: readonly string[];
  readonly what: string;
  /** What fills it. */
  readonly entries: readonly { readonly path: readonly string[]; readonly to: readonly string[] }[];
}

/** @param needs by place in the event; '' is the event itself, or an object of a list. */
export function* lacking(assignments: readonly Assignment[], needs: Readonly<Record<string, Need>>, whole: Whole): Generator<Problem> {
  for (const [place, { required, anyOf, isExclusive }] of Object.entries(needs)) {
    const prefix = place === '' ? '' : `${place}.`;
    const has = (name: string): boolean => assignments.some(({ to }) => `${to.join('.')}.`.startsWith(`${prefix}${name}.`));
    const path = place === '' ? whole.path : pathOf(prefix, assignments, whole);
    const what = place === '' ? whole.what : written(place.split('.'));
    const shown = (name: string): string => written([...(place === '' ? [] : place.split('.')), name]);
    for (const name of required) if (!has(name)) yield { path, message: `lacks ${shown(name)}: OCSF requires it of ${what}` };
    const there = anyOf.filter((names) => names.every(has));
    if (anyOf.length > 0 && there.length === 0) {
      yield { path, message: `lacks one of ${anyOf.map((names) => names.map(shown).join(' with ')).join(', ')}: OCSF asks it of ${what}` };
    }
    if (isExclusive && there.length > 1) yield { path, message: `has ${there.flat().map(shown).join(' and ')}: OCSF takes one of them` };
  }
}

/** Of the first entry that fills the object. */
function pathOf(prefix: string, assignments: readonly Assignment[], { path, entries }: Whole): readonly string[] {
  const first = assignments.find(({ to }) => to.join('.').startsWith(prefix));
  const name = written(first?.to ?? []);
  return entries.find(({ to }) => written(to) === name)?.path ?? path;
}

/** As people write it: the first object of a list without its number. */
function written(to: readonly string[]): string {
  return to.filter((name) => name !== '0').join('.');
}
