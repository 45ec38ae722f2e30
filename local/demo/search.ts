// Reading answers of OpenSearch, whose values are strings or numbers.

/** @returns the string or number as text; nothing for anything else. */
export function shown(value: unknown): string {
  return typeof value === 'string' ? value : typeof value === 'number' || typeof value === 'boolean' ? String(value) : '';
}
