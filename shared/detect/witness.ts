// Which values an event must have for a rule to be met at all: what rules are filed by. https://github.com/SigmaHQ/sigma-specification/blob/main/specification/sigma-rules-specification.md (Detection)
import { folded } from './sigma/found.ts';
import type { Comparison, Expression } from './sigma/rule.ts';
import { literalOf } from './sigma/text.ts';

/** A field has this value, in lower case. */
export interface Witness {
  readonly field: string;
  readonly value: string;
}

/** How many different values rules ask of a field: the more, the fewer rules an event has to be tried against. */
export type Variety = ReadonlyMap<string, number>;

export function varietyOf(expressions: readonly Expression[]): Variety {
  const values = new Map<string, Set<string>>();
  function collect(expression: Expression): void {
    if (expression.kind === 'all' || expression.kind === 'any') expression.of.forEach(collect);
    if (expression.kind !== 'field') return;
    for (const { field, value } of required(expression) ?? []) {
      const known = values.get(field) ?? new Set();
      values.set(field, known.add(value));
    }
  }
  expressions.forEach(collect);
  return new Map([...values].map(([field, set]) => [field, set.size]));
}

/** @returns what at least one of is true of every event that meets the expression; undefined where nothing of the kind can be told. */
export function witnessesOf(expression: Expression, variety: Variety): readonly Witness[] | undefined {
  switch (expression.kind) {
    case 'not':
    case 'keywords':
    case 'time':
      return undefined;
    case 'all': {
      const sets = expression.of.flatMap((part) => {
        const witnesses = witnessesOf(part, variety);
        return witnesses === undefined ? [] : [witnesses];
      });
      const worth = (set: readonly Witness[]): number => Math.min(...set.map(({ field }) => variety.get(field) ?? 0));
      return sets.sort((one, other) => worth(other) - worth(one) || one.length - other.length)[0];
    }
    case 'any': {
      const all: Witness[] = [];
      for (const part of expression.of) {
        const witnesses = witnessesOf(part, variety);
        if (witnesses === undefined) return undefined;
        all.push(...witnesses);
      }
      return all;
    }
    case 'field':
      return required(expression);
  }
}

/** Values with wildcards are none that could be looked up. */
function required({ field, operator, values, every }: Comparison): readonly Witness[] | undefined {
  if (operator !== 'equals') return undefined;
  const witnesses = values.flatMap((value) => {
    const literal = typeof value === 'object' ? undefined : literalOf(String(value));
    return literal === undefined ? [] : [{ field, value: folded(literal) }];
  });
  // Where all are needed, one of them tells as much as all.
  if (every) return witnesses.length === 0 ? undefined : witnesses.slice(0, 1);
  return witnesses.length === values.length ? witnesses : undefined;
}
