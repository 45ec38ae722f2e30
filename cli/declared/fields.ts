// The fields that a declared source names: what a dot means, and which there can be.
import type { RawPath } from '../../shared/declared/plan.ts';
import type { Problem } from '../yaml-file.ts';
import { found } from '../similar.ts';
import type { CsvSettings, Format, FormatSettings, From, SourceFile } from './file.ts';

export interface FieldNames {
  /** Records have no nested fields: a dot is part of a name. */
  readonly isFlat: boolean;
  /** Undefined where only the records tell. */
  readonly known: ReadonlySet<string> | undefined;
}

/** A column behind the last one that has a name. */
const FURTHER = /^column_[1-9]\d*$/;

export function fieldNames(file: SourceFile): FieldNames {
  const formats = [file.format].flat();
  const known = formats.map(namesIn);
  return {
    isFlat: formats.every((format) => format !== 'json' && (typeof format === 'string' || format.json === undefined)),
    known: known.some((names) => names === undefined) ? undefined : new Set(known.flatMap((names) => names ?? [])),
  };
}

function namesIn(format: Format): readonly string[] | undefined {
  if (typeof format === 'string') return undefined;
  return format.csv === undefined ? groupsOf(format.regex) : format.csv.columns === undefined ? undefined : columnNames(format.csv);
}

/** Without the marks of those that may be missing. */
export function columnNames({ columns = [] }: CsvSettings): readonly string[] {
  return columns.map((name) => name.replace(/\?$/, ''));
}

function groupsOf(regex: FormatSettings['regex']): readonly string[] | undefined {
  return regex === undefined
    ? undefined
    : [
        ...[regex]
          .flat()
          .join('')
          .matchAll(/\(\?<([A-Za-z_]\w*)>/g),
      ].map(([, name = '']) => name);
}

/** @param problems where what is wrong is put. */
export function pathsOf(
  from: From,
  names: FieldNames,
  { path, problems }: { readonly path: readonly string[]; readonly problems: Problem[] },
): readonly RawPath[] {
  return [from].flat().map((field, at) => {
    const problem = problemOf(field, names);
    if (problem !== undefined) problems.push({ path: typeof from === 'string' ? path : [...path, String(at)], message: problem });
    return segments(field, names);
  });
}

function segments(field: string, { isFlat }: FieldNames): RawPath {
  return isFlat ? [field] : field.split(/(?<!\\)\./).map((part) => part.replaceAll('\\.', '.'));
}

function problemOf(field: string, names: FieldNames): string | undefined {
  if (segments(field, names).includes(''))
    return `names a field without a name (found "${field}"); a dot that is part of a name stands behind a backslash`;
  const { known } = names;
  if (known === undefined || known.has(field) || FURTHER.test(field)) return undefined;
  return `must be one of the fields ${[...known].join(', ')} ${found(field, [...known])}`;
}
