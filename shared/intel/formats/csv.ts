// CSV as abuse.ch publishes it: lines that begin with # before it, the last of them the names of the columns; quotes, behind a space or not.
// https://csv.js.org/parse/
import { parse } from 'csv-parse/sync';
import { FeedError } from './format.ts';

export type Row = Readonly<Record<string, string | undefined>>;

/** @param columns where no comment names them: exports have gained columns over the years. @throws FeedError */
export function rowsOf(body: Buffer, columns: readonly string[]): readonly Row[] {
  const source = body.toString('utf8').replace(/^\ufeff/, '');
  if (/^\s*</.test(source)) throw new FeedError('is a page, not CSV');
  const names = headerOf(source, columns) ?? columns;
  try {
    const rows: unknown = parse(source, {
      columns: [...names],
      comment: '#',
      comment_no_infix: true,
      trim: true,
      relax_column_count: true,
    });
    return isRows(rows) ? rows : [];
  } catch (error) {
    throw new FeedError(`is not CSV: ${error instanceof Error ? error.message.slice(0, 100) : 'error'}`, { cause: error });
  }
}

function isRows(candidate: unknown): candidate is readonly Row[] {
  return Array.isArray(candidate);
}

/** @returns the names in the comment that has the first of them. */
function headerOf(source: string, [first = '']: readonly string[]): readonly string[] | undefined {
  for (const line of source.split(/\r?\n/)) {
    if (!line.startsWith('#')) return undefined;
    const names = line
      .slice(1)
      .split(',')
      .map((name) => name.trim().replaceAll('"', ''));
    if (names.length > 3 && names.includes(first)) return names;
  }
  return undefined;
}
