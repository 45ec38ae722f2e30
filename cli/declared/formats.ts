// `format` of a declared source: how its records are read.
import type { Reader } from '../../shared/declared/plan.ts';
import type { Problem } from '../yaml-file.ts';
import { columnNames } from './fields.ts';
import type { CsvSettings, Format, FormatSettings, SourceFile } from './file.ts';
import { regexProblem } from './regex.ts';

/** @param used fields that the file names, for telling a header line. */
export function readersOf(file: SourceFile, used: readonly string[]): readonly Reader[] {
  return [file.format].flat().map((format) => readerOf(format, used));
}

function readerOf(format: Format, used: readonly string[]): Reader {
  const settings: FormatSettings = typeof format === 'string' ? {} : format;
  const csv = format === 'csv' ? {} : settings.csv;
  const pairs = format === 'key_value' ? {} : settings.key_value;
  if (settings.regex !== undefined) return { kind: 'regex', pattern: [settings.regex].flat().join('') };
  if (csv !== undefined) return csvReader(csv, used);
  if (pairs !== undefined) return { kind: 'key_value', separator: pairs.separator ?? ' ', assign: pairs.assign ?? '=' };
  return { kind: 'json', array: settings.json?.array };
}

function csvReader(settings: CsvSettings, used: readonly string[]): Reader {
  const { separator = ',', columns, header = used, quotes = true, trim = false } = settings;
  const names = columns === undefined ? undefined : columnNames(settings);
  const least = columns?.findIndex((name) => name.endsWith('?')) ?? -1;
  return { kind: 'csv', separator, quotes, trim, columns: names, least: least < 0 ? (names?.length ?? 0) : least, header };
}

export function* formatProblems(file: SourceFile): Generator<Problem> {
  const formats = [file.format].flat();
  for (const [at, format] of formats.entries()) {
    const path = Array.isArray(file.format) ? ['format', String(at)] : ['format'];
    if (typeof format === 'string') continue;
    if (format.regex !== undefined) {
      const pattern = [format.regex].flat().join('');
      const problem = regexProblem(pattern);
      if (problem !== undefined) yield { path: [...path, 'regex'], message: problem };
      else if (!/\(\?<[A-Za-z_]/.test(pattern)) yield { path: [...path, 'regex'], message: 'has no named group: (?<name>…) makes a field' };
    }
    if (format.csv !== undefined) yield* csvProblems(format.csv, [...path, 'csv']);
  }
  const begins = file.begins === undefined ? undefined : regexProblem(file.begins);
  if (begins !== undefined) yield { path: ['begins'], message: begins };
  if (
    file.begins !== undefined &&
    formats.every((format) => format === 'json' || (typeof format !== 'string' && format.json !== undefined))
  ) {
    yield { path: ['begins'], message: 'is for formats of lines: JSON tells itself where a record begins' };
  }
}

function* csvProblems(csv: CsvSettings, path: readonly string[]): Generator<Problem> {
  const names = columnNames(csv);
  for (const [at, name] of names.entries()) {
    if (names.indexOf(name) < at) yield { path: [...path, 'columns', String(at)], message: `${name} is named twice` };
    if (at > 0 && csv.columns?.[at - 1]?.endsWith('?') === true && csv.columns[at]?.endsWith('?') === false) {
      yield {
        path: [...path, 'columns', String(at)],
        message: 'stands behind a column that may be missing, so it may be missing too (add a ?)',
      };
    }
  }
  if (csv.columns !== undefined && csv.header !== undefined) {
    yield { path: [...path, 'header'], message: 'does not go with columns, which say that there is no header line' };
  }
}
