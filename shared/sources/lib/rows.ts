// Rows of a table, as services export them: CSV under a header line, or one JSON object a line. The names are the columns' in both.
//
// Whoever writes a text that ends up in a row (a query, a user name) may put lines into it that look like rows or headers. In quotes he
// cannot: his own quotes are doubled there. So lines are taken for the beginning of a row only where that begins with a quote, or is JSON
// with a name in quotes, and rows have to have quotes where their header has them.
import type { Outcome, RawRecord } from '../../model.ts';
import { reject, value } from '../../outcome.ts';
import type { Context } from '../api.ts';
import { deliveredOf, type Delivered } from './audit.ts';
import { csvColumns, csvFields, csvObject, mostFields } from './csv.ts';
import { fieldsOf } from './fields.ts';

/** @returns the row; CSV needs the header of its unit, or the one that the bank's file gives as the format. */
export function rowOf(record: RawRecord, context: Context): Outcome<Delivered> {
  if (record.text.startsWith('{')) return deliveredOf(record);
  const header = context.header ?? context.format;
  if (header === undefined) return reject('missing_field', 'no header line names the columns');
  const columns = csvColumns(header);
  if (columns === undefined) return reject('malformed_record', 'the header line does not name columns');
  if (header.includes('"') && !QUOTED.test(record.text)) return reject('malformed_record', 'no quotes, but the header has them');
  const fields = csvFields(record.text, ',', mostFields(columns.length));
  if (fields === undefined) return reject('malformed_record', 'the quotes do not pair up');
  const row = csvObject(columns, fields);
  if (row === undefined) return reject('malformed_record', `${fields.length} fields where the header names ${columns.length}`);
  return value({ fields: fieldsOf(row), envelope: undefined });
}

// A field in quotes that is not empty.
const QUOTED = /(?:^|,)"[^"]/;
const JSON_OBJECT = /^\{\s{0,8}"[^"]/;

/** For framing: true for a line that is JSON, and none of a quoted field. */
export function beginsJson(line: string): boolean {
  return JSON_OBJECT.test(line);
}
