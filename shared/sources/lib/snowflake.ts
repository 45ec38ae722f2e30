// Rows of Snowflake's account usage views, unloaded as JSON (OBJECT_CONSTRUCT(*)) or as CSV with a header.
// https://docs.snowflake.com/en/sql-reference/account-usage
import type { Json, Outcome, RawRecord } from '../../model.ts';
import type { Context } from '../api.ts';
import type { Delivered } from './audit.ts';
import { fieldsOf, takeId, type Fields } from './fields.ts';
import { rowOf } from './rows.ts';

export const SNOWFLAKE = { name: 'Snowflake', vendor_name: 'Snowflake' };

/** @returns the row under the columns' names as Snowflake has them, in capitals: connectors write them small. CSV may write NULL as \N. */
export function snowflakeRow(record: RawRecord, context: Context): Outcome<Delivered> {
  const row = rowOf(record, context);
  if (row.kind !== 'value') return row;
  const { members } = row.value.fields;
  const names = Object.keys(members);
  if (!names.some((name) => LOWER.test(name)) && !Object.values(members).includes('\\N')) return row;
  const renamed: [string, Json][] = [];
  for (const name of names) {
    const member = members[name];
    if (member !== undefined && member !== '\\N') renamed.push([LOWER.test(name) ? name.toUpperCase() : name, member]);
  }
  return { kind: 'value', value: { ...row.value, fields: fieldsOf(Object.fromEntries(renamed)) } };
}

// A column's name that is written small as a whole.
const LOWER = /^[a-z][a-z0-9_]*$/;

/** Rows of the organization's views say which account they are of. */
export function accountOf(row: Fields): string | undefined {
  return takeId(row, 'ACCOUNT_LOCATOR') ?? takeId(row, 'ACCOUNT_NAME') ?? takeId(row, 'READER_ACCOUNT_NAME');
}

const NAMES_ONLY = /^\uFEFF?[A-Za-z_",]+$/;

/** A header names columns and holds nothing else, so that a row cannot be taken for one. */
export function isHeader(line: string, columns: readonly string[]): boolean {
  return NAMES_ONLY.test(line) && mentions(line, columns);
}

/** In capitals, or written small. */
export function mentions(text: string, columns: readonly string[]): boolean {
  return columns.every((name) => text.includes(name) || text.includes(name.toLowerCase()));
}
