// Comma-separated values (RFC 4180): the fields of one record, and the columns that a header line names.
// https://www.rfc-editor.org/rfc/rfc4180
//
// A record is one text. Where a quoted field holds line feeds the text has to hold them too: framing by lines cuts such a record apart, and
// cannot know. A source whose records begin in a way of their own says so by `continues`, and lines of a record are joined again (without
// the empty ones among them, and by a line feed even where a carriage return stood before it). Of any other format the pieces do not have
// the header's number of fields, or a quote that is never closed: they are refused, not misread.
import type { Json, JsonObject } from '../../model.ts';

const QUOTE = 34;
const BYTE_ORDER_MARK = '\uFEFF';

/** Of a format. More fields than its columns are damage, or meant to do some. */
export const MAX_COLUMNS = 10_000;
/** Fields behind the last column. */
const MAX_STRAY = 1000;

/** @returns how many fields of a record are told apart; all that is behind them is one more. */
export function mostFields(columns: number): number {
  return columns + MAX_STRAY;
}

/**
 * @param separator one character.
 * @param most so many fields are told apart; what follows them is the last one, as it stands.
 * @returns the fields, without their quotes; undefined where a quote is not closed or text stands behind one.
 */
export function csvFields(record: string, separator = ',', most = Infinity): readonly string[] | undefined {
  const fields: string[] = [];
  const length = record.length;
  for (let at = 0; at <= length; at++) {
    if (fields.length === most) {
      fields.push(record.slice(at));
      break;
    }
    if (record.charCodeAt(at) === QUOTE) {
      const end = closingQuote(record, at + 1);
      if (end < 0 || (end + 1 < length && record.charAt(end + 1) !== separator)) return undefined;
      const field = record.slice(at + 1, end);
      fields.push(field.includes('"') ? field.replaceAll('""', '"') : field);
      at = end + 1;
    } else {
      const comma = record.indexOf(separator, at);
      const end = comma < 0 ? length : comma;
      fields.push(record.slice(at, end));
      at = end;
    }
  }
  return fields;
}

/** A quote is written twice within quotes. */
function closingQuote(record: string, start: number): number {
  let end = record.indexOf('"', start);
  while (end >= 0 && record.charCodeAt(end + 1) === QUOTE) end = record.indexOf('"', end + 2);
  return end;
}

let lastColumns: { readonly header: string; readonly columns: readonly string[] | undefined } = { header: '', columns: undefined };

/** @returns the names of the columns; undefined where the header is no CSV, or names a column twice or not at all. Read once per header. */
export function csvColumns(header: string): readonly string[] | undefined {
  if (lastColumns.header !== header) lastColumns = { header, columns: columnsOf(header) };
  return lastColumns.columns;
}

function columnsOf(header: string): readonly string[] | undefined {
  const written = header.startsWith(BYTE_ORDER_MARK) ? header.slice(1) : header;
  const names = csvFields(written, ',', MAX_COLUMNS)?.map((name) => name.trim());
  if (names === undefined || names.length > MAX_COLUMNS || new Set(names).size !== names.length) return undefined;
  // Assigning to __proto__ would not make a member.
  return names.includes('') || names.includes('__proto__') ? undefined : names;
}

/** @returns the name of the field at this position, counted from 0; one behind the last column is `column_<n>`, counted from 1. */
export function fieldName(columns: readonly string[], at: number): string {
  return columns[at] ?? (at < mostFields(columns.length) ? `column_${at + 1}` : `columns_from_${at + 1}`);
}

/**
 * @param fields of csvFields() with mostFields().
 * @returns the record's fields by name, without the empty ones. Undefined where there are fewer fields than columns: the record was cut.
 */
export function csvObject(columns: readonly string[], fields: readonly string[]): JsonObject | undefined {
  if (fields.length < columns.length) return undefined;
  const found: Record<string, Json> = {};
  for (let at = 0; at < fields.length; at++) {
    const field = fields[at];
    if (field !== undefined && field !== '') found[fieldName(columns, at)] = field;
  }
  return found;
}
