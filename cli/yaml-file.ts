// YAML files that people write (a bank's file, a declared source): every problem is reported with its line and what would be allowed.
// https://eemeli.org/yaml/#documents
import { readFileSync } from 'node:fs';
import type { ErrorObject, ValidateFunction } from 'ajv';
import { isCollection, isMap, isNode, isScalar, LineCounter, parseDocument, type Document } from 'yaml';
import { isObject, text } from '../shared/outcome.ts';

export interface FileError {
  /** Another file than the one that was asked for. */
  readonly file?: string;
  /** Line in the file, from 1. */
  readonly line: number;
  /** Where in the file, as `accounts.0.id`; empty for the file as a whole. */
  readonly path: string;
  readonly message: string;
}

type Path = readonly string[];

/** What is wrong at a place of the file. */
export interface Problem {
  readonly path: Path;
  readonly message: string;
}

/**
 * @param check what the schema cannot say; asked only where the schema holds.
 * @returns the content, or every error found. Never throws for what the file holds.
 */
export function readYaml(
  file: string,
  validate: ValidateFunction,
  check: (content: unknown) => readonly Problem[],
): { readonly content: unknown; readonly errors?: undefined } | { readonly errors: readonly FileError[] } {
  const counter = new LineCounter();
  const document = parseDocument(readFileSync(file, 'utf8'), { lineCounter: counter });
  if (document.errors.length > 0) {
    const errors = document.errors.map((error) => ({
      line: counter.linePos(error.pos[0]).line,
      path: '',
      message: firstLine(error.message),
    }));
    return { errors };
  }
  const content: unknown = document.toJS();
  const problems = validate(content) ? check(content) : (validate.errors ?? []).map(describe);
  if (problems.length === 0) return { content };
  const errors = problems.map((problem) => ({
    line: lineOf(document, problem.path, counter),
    path: problem.path.join('.'),
    message: problem.message,
  }));
  return { errors: errors.toSorted((a, b) => a.line - b.line) };
}

/** One line per error, as compilers print them: `banks/x.yml:12: alerts.min_severity: must be one of …`. */
export function formatErrors(file: string, errors: readonly FileError[]): string {
  return errors
    .map((error) => `${error.file ?? file}:${error.line}: ${error.path === '' ? '' : `${error.path}: `}${error.message}`)
    .join('\n');
}

/** An error of the schema in words, with what would be allowed. */
function describe(error: ErrorObject): Problem {
  const path = error.instancePath.split('/').slice(1);
  const hint = text(error.parentSchema?.['description']);
  const found = isObject(error.data) || Array.isArray(error.data) ? '' : ` (found ${JSON.stringify(error.data)})`;
  switch (error.keyword) {
    case 'additionalProperties': {
      const name = String(error.params['additionalProperty']);
      const allowed = Object.keys(isObject(error.parentSchema?.['properties']) ? error.parentSchema['properties'] : {});
      return { path: [...path, name], message: `is not known here; allowed are ${allowed.join(', ')}` };
    }
    case 'required':
      return { path, message: `lacks ${String(error.params['missingProperty'])}` };
    case 'enum':
      return { path, message: `must be one of ${list(error.params['allowedValues'])}${found}` };
    case 'pattern':
      return { path, message: `must be ${hint ?? String(error.params['pattern'])}${found}` };
    default:
      return { path, message: `${error.message ?? 'is wrong'}${hint === undefined ? '' : `: ${hint}`}${found}` };
  }
}

function list(values: unknown): string {
  return Array.isArray(values) ? values.join(', ') : String(values);
}

/** Line of the key (or list item) at `path`, or of the nearest one around it that exists. */
function lineOf(document: Document, path: Path, counter: LineCounter): number {
  for (let length = path.length; length > 0; length--) {
    const offset = offsetOf(document, path.slice(0, length));
    if (offset !== undefined) return counter.linePos(offset).line;
  }
  return 1;
}

function offsetOf(document: Document, path: Path): number | undefined {
  const parent = path.length === 1 ? document.contents : document.getIn(path.slice(0, -1), true);
  const last = path.at(-1);
  if (!isCollection(parent)) return undefined;
  if (isMap(parent)) {
    const pair = parent.items.find((item) => isScalar(item.key) && String(item.key.value) === last);
    return isNode(pair?.key) ? pair.key.range?.[0] : undefined;
  }
  const item = parent.items[Number(last)];
  return isNode(item) ? item.range?.[0] : undefined;
}

function firstLine(message: string): string {
  return message.split('\n')[0] ?? message;
}
