// What somebody may have meant by a name that does not exist. https://en.wikipedia.org/wiki/Levenshtein_distance

/** @returns ` (found "x"; did you mean "y"?)`, or without the question where nothing is near. */
export function found(name: string, names: readonly string[]): string {
  const nearest = names
    .map((candidate) => ({ candidate, distance: distance(name, candidate) }))
    .reduce((best, one) => (one.distance < best.distance ? one : best), { candidate: '', distance: Math.max(3, name.length / 2) });
  return nearest.candidate === '' ? `(found "${name}")` : `(found "${name}"; did you mean "${nearest.candidate}"?)`;
}

function distance(one: string, other: string): number {
  let row = Array.from({ length: other.length + 1 }, (_, index) => index);
  for (let at = 0; at < one.length; at++) {
    const next = [at + 1];
    for (let column = 1; column <= other.length; column++) {
      const change = (row[column - 1] ?? 0) + (other.charAt(column - 1) === one.charAt(at) ? 0 : 1);
      next.push(Math.min((row[column] ?? 0) + 1, (next[column - 1] ?? 0) + 1, change));
    }
    row = next;
  }
  return row[other.length] ?? 0;
}
