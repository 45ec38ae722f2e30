// A record's text to its fields, as a declared source says: JSON, CSV (RFC 4180), key=value pairs, or a regular expression with named groups.
// https://www.rfc-editor.org/rfc/rfc4180
import type { Json, JsonObject, Outcome, RawRecord } from '../model.ts';
import { isObject, jsonOf, reject, value } from '../outcome.ts';
import type { Context, Framing } from '../sources/api.ts';
import { csvFields, fieldName, MAX_COLUMNS, mostFields } from '../sources/lib/csv.ts';
import { pairReader } from './pairs.ts';
import type { CsvReader, DeclaredPlan, Reader, RegexReader } from './plan.ts';
import { define } from './rest.ts';

export type ReadFields = (record: RawRecord, context: Context) => Outcome<JsonObject>;

export function framingOf({ readers, begins }: Pick<DeclaredPlan, 'readers' | 'begins'>): Framing {
  const [first] = readers;
  if (readers.length === 1 && first?.kind === 'json')
    return first.array === undefined ? { kind: 'json' } : { kind: 'json', arrayKey: first.array };
  const csv = readers.find((reader) => reader.kind === 'csv');
  const isHeader = csv === undefined || csv.columns !== undefined ? undefined : headerTest(csv);
  const beginning = begins === undefined ? undefined : new RegExp(`^(?:${begins})`);
  return {
    kind: 'lines',
    ...(isHeader === undefined ? {} : { isHeader }),
    ...(beginning === undefined ? {} : { continues: (line) => !beginning.test(line) }),
  };
}

/** The line that names all of these columns, in any order and among others. */
function headerTest(reader: CsvReader): (line: string) => boolean {
  const [first = ''] = reader.header;
  return (line) => {
    if (!line.includes(first)) return false;
    const cells = namesOf(line, reader);
    return cells !== undefined && reader.header.every((name) => cells.includes(name));
  };
}

/** @param absent texts that say that nothing is there. */
export function fieldReader(readers: readonly Reader[], absent: ReadonlySet<Json>): ReadFields {
  const reads = readers.map((reader) => oneReader(reader, absent));
  const [first] = reads;
  if (first === undefined) return () => reject('malformed_record', 'nothing says how it is read');
  if (reads.length === 1) return first;
  return (record, context) => {
    const outcomes = reads.map((read, at) => (readers[at]?.kind === 'json' && !isJson(record) ? undefined : read(record, context)));
    const known = outcomes.filter((outcome) => outcome !== undefined);
    return known.find(({ kind }) => kind === 'value') ?? known.at(-1) ?? first(record, context);
  };
}

/** JSON.parse takes its time to say that a line is something else. */
function isJson({ text, json }: RawRecord): boolean {
  return json !== undefined || text.startsWith('{');
}

function oneReader(reader: Reader, absent: ReadonlySet<Json>): ReadFields {
  switch (reader.kind) {
    case 'json':
      return readJson;
    case 'csv':
      return csvReader(reader, absent);
    case 'key_value':
      return pairReader(reader, absent);
    case 'regex':
      return regexReader(reader, absent);
  }
}

function readJson(record: RawRecord): Outcome<JsonObject> {
  const fields = jsonOf(record);
  if (fields === undefined) return reject('malformed_json', 'the record is not JSON');
  return isObject(fields) ? value(fields) : reject('malformed_record', 'the record is not an object');
}

function csvReader(reader: CsvReader, absent: ReadonlySet<Json>): ReadFields {
  let header: string | undefined;
  let names = reader.columns;
  let least = reader.least;
  return ({ text }, context) => {
    if (reader.columns === undefined && context.header !== header) {
      header = context.header;
      names = header === undefined ? undefined : told(namesOf(header, reader));
      least = names?.length ?? 0;
    }
    if (names === undefined) return reject('malformed_record', 'no line above names the columns');
    const cells = cellsOf(text, reader, mostFields(names.length));
    if (cells === undefined) return reject('malformed_record', 'the quotes do not pair up');
    if (cells.length < least) return reject('malformed_record', `${cells.length} cells for ${least} columns`);
    const row: Record<string, Json> = {};
    for (const [at, cell] of cells.entries()) if (cell !== '' && !absent.has(cell)) define(row, fieldName(names, at), cell);
    return value(row);
  };
}

const BYTE_ORDER_MARK = '\uFEFF';

/** @param most so many cells are told apart; what follows them is the last one, as it stands. */
function cellsOf(line: string, { separator, quotes, trim }: CsvReader, most: number): readonly string[] | undefined {
  const text = line.startsWith(BYTE_ORDER_MARK) ? line.slice(1) : line;
  const cells = quotes ? csvFields(text, separator, most) : plainCells(text, separator, most);
  return trim ? cells?.map((cell) => cell.trim()) : cells;
}

function plainCells(text: string, separator: string, most: number): readonly string[] {
  const cells = text.split(separator, most + 1);
  if (cells.length <= most) return cells;
  const told = cells.slice(0, most);
  const behind = told.reduce((length, cell) => length + cell.length + separator.length, 0);
  return [...told, text.slice(behind)];
}

function namesOf(header: string, reader: CsvReader): readonly string[] | undefined {
  const names = cellsOf(header, reader, MAX_COLUMNS);
  return names === undefined || names.length > MAX_COLUMNS ? undefined : names.map((name) => name.trim());
}

/** A name that is none, or that another column has, would hide a value. */
function told(names: readonly string[] | undefined): readonly string[] | undefined {
  const seen = new Set(['']);
  return names?.map((name, at) => {
    if (seen.has(name)) return `column_${at + 1}`;
    seen.add(name);
    return name;
  });
}

function regexReader({ pattern }: RegexReader, absent: ReadonlySet<Json>): ReadFields {
  const expression = new RegExp(`^(?:${pattern})$`, 's');
  // Where nothing may be there too, a match of nothing tells the groups.
  const names = Object.keys(new RegExp(`|${pattern}`).exec('')?.groups ?? {});
  return ({ text }) => {
    const groups = expression.exec(text)?.groups;
    if (groups === undefined) return reject('malformed_record', 'the line does not match the pattern');
    const row: Record<string, Json> = {};
    for (const name of names) {
      const group = groups[name];
      if (group !== undefined && group !== '' && !absent.has(group)) define(row, name, group);
    }
    return value(row);
  };
}
