// Rows in columns that fit the terminal. https://nodejs.org/api/tty.html#writestreamcolumns
import type { Row } from './row.ts';

interface Column {
  readonly name: keyof Row;
  /** What it keeps where there is little room, in characters; Infinity where it is of no use cut. */
  readonly least: number;
}

const COLUMNS: readonly Column[] = [
  { name: 'time', least: Infinity },
  { name: 'event', least: 12 },
  { name: 'account', least: Infinity },
  { name: 'who', least: 10 },
  { name: 'what', least: 12 },
  { name: 'from', least: 15 },
  { name: 'status', least: 7 },
  { name: 'id', least: Infinity },
];
/** What is left out, in this order, where there is no room for all. */
const SPARE: readonly (keyof Row)[] = ['event', 'account', 'from', 'status'];
const GAP = '  ';
/** What nobody reads to its end. */
const MOST = 80;

export interface Table {
  /** Two lines. */
  readonly head: readonly string[];
  line(row: Row): string;
}

/** @param sample rows that the columns are as wide as. @param width of the terminal in characters; Infinity where there is none. */
export function tableOf(sample: readonly Row[], width: number): Table {
  const natural = COLUMNS.map((column) => ({
    ...column,
    width: Math.max(column.name.length, ...sample.map((row) => lengthOf(row[column.name]))),
  }));
  const columns = width === Infinity ? natural : fitted(natural, width);
  const line = (cells: readonly string[]): string =>
    cells
      .map((cell, at) => padded(cell, columns[at]?.width ?? 0))
      .join(GAP)
      .trimEnd();
  return {
    head: [line(columns.map(({ name }) => name)), columns.map((column) => '─'.repeat(column.width)).join(GAP)],
    line: (row) => line(columns.map(({ name }) => row[name])),
  };
}

interface Fitted extends Column {
  width: number;
}

/** Columns that there is no room for are left out; of the others the widest gives way until all fit. */
function fitted(natural: readonly Fitted[], width: number): readonly Fitted[] {
  const spare = [...SPARE];
  let columns = natural.map((column) => ({ ...column, width: column.least === Infinity ? column.width : Math.min(column.width, MOST) }));
  const leastOf = ({ least, width: wide }: Fitted): number => Math.min(least, wide);
  while (widthOf(columns, leastOf) > width && spare.length > 0) {
    const left = spare.shift();
    columns = columns.filter(({ name }) => name !== left);
  }
  for (let excess = widthOf(columns, (column) => column.width) - width; excess > 0; excess--) {
    const at = widest(columns);
    if (at === undefined) break;
    at.width--;
  }
  return columns;
}

function widthOf(columns: readonly Fitted[], one: (column: Fitted) => number): number {
  return columns.reduce((sum, column) => sum + one(column), GAP.length * (columns.length - 1));
}

function widest(columns: readonly Fitted[]): Fitted | undefined {
  const yielding = columns.filter(({ width, least }) => width > least);
  return yielding.reduce<Fitted | undefined>((found, column) => (column.width > (found?.width ?? 0) ? column : found), undefined);
}

function padded(cell: string, width: number): string {
  const length = lengthOf(cell);
  if (length <= width) return cell + ' '.repeat(width - length);
  return `${graphemes(cell)
    .slice(0, width - 1)
    .join('')}…`;
}

function lengthOf(cell: string): number {
  return PLAIN.test(cell) ? cell.length : graphemes(cell).length;
}

const PLAIN = /^[ -~]*$/;
const SEGMENTER = new Intl.Segmenter('en', { granularity: 'grapheme' });

function graphemes(cell: string): readonly string[] {
  return PLAIN.test(cell) ? cell.split('') : Array.from(SEGMENTER.segment(cell), ({ segment }) => segment);
}
