// A declared source's YAML to its plan. Every problem is reported with its line and what would be allowed.
// schemas/config/source.schema.json (the YAML), https://schema.ocsf.io/1.8.0 (the attributes)
import { basename } from 'node:path';
import { Ajv } from 'ajv';
import schema from '../../schemas/config/source.schema.json' with { type: 'json' };
import { keyProblem } from '../../shared/declared/claims.ts';
import type { Condition, DeclaredPlan, RawPath } from '../../shared/declared/plan.ts';
import { OWN_PRODUCT } from '../../shared/ocsf/classes.ts';
import { readYaml, type FileError, type Problem } from '../yaml-file.ts';
import { casesOf } from './cases.ts';
import { fieldNames, pathsOf, type FieldNames } from './fields.ts';
import type { SourceFile, When } from './file.ts';
import { formatProblems, readersOf } from './formats.ts';

export type LoadedSource =
  { readonly plan: DeclaredPlan; readonly errors?: undefined } | { readonly errors: readonly FileError[]; readonly plan?: undefined };

const validate = new Ajv({ allErrors: true, verbose: true, allowUnionTypes: true }).compile<SourceFile>(schema);

/** @returns the plan, or every error found. Never throws for what the file holds. */
export function loadSource(file: string): LoadedSource {
  let plan: DeclaredPlan | undefined;
  const read = readYaml(file, validate, (content) => {
    if (!validate(content)) return [];
    const compiled = compile(content, basename(file).replace(/\.ya?ml$/, ''));
    plan = compiled.plan;
    return compiled.problems;
  });
  if (read.errors !== undefined) return { errors: read.errors };
  return plan === undefined ? { errors: [] } : { plan };
}

function compile(file: SourceFile, fileName: string): { readonly plan: DeclaredPlan; readonly problems: readonly Problem[] } {
  const names = fieldNames(file);
  const problems: Problem[] = [...fileProblems(file, fileName), ...formatProblems(file)];
  const exclude = (file.exclude ?? []).map(({ rule, when }, at) => ({
    rule,
    when: conditionsOf(when, names, { path: ['exclude', String(at), 'when'], problems }),
  }));
  const cases = casesOf(file, { names, problems, conditionsOf });
  const { recognise = [], claim = {}, records } = file;
  const used = cases.flatMap(({ uid, assignments }) => [
    ...uid.filter(({ isOptional }) => !isOptional).map(({ field }) => field),
    ...assignments.flatMap(({ from }) => from.slice(0, 1)),
  ]);
  const plan: DeclaredPlan = {
    name: file.name,
    title: file.title,
    documentation: file.documentation,
    delivered: file.delivered ?? ["Kafka, Kinesis, S3, CloudWatch Logs: as the bank's file says"],
    claim: {
      keys: claim.keys ?? [],
      log_groups: claim.log_groups ?? [],
      events: (claim.events ?? []).map(({ source, detail_types: detailTypes }) =>
        detailTypes === undefined ? { source } : { source, detailTypes },
      ),
    },
    recognise: recognise.every((text) => typeof text === 'string')
      ? recognise.length === 0
        ? []
        : [recognise]
      : recognise.map((texts) => [texts].flat()),
    readers: readersOf(file, [...new Set(used.map((path) => path.join('.')))]),
    begins: file.begins,
    records: records === undefined ? undefined : recordsOf(records, problems),
    absent: file.absent ?? [],
    exclude,
    product: file.product,
    cases,
  };
  return { plan, problems };
}

function* fileProblems({ name, claim, product }: SourceFile, fileName: string): Generator<Problem> {
  if (name !== fileName) yield { path: ['name'], message: `must be the file's name, ${fileName} (found "${name}")` };
  if (product.vendor_name === OWN_PRODUCT)
    yield { path: ['product', 'vendor_name'], message: `must not be ${OWN_PRODUCT}, whose own findings would be meant` };
  for (const [at, key] of (claim?.keys ?? []).entries()) {
    const problem = keyProblem(key);
    if (problem !== undefined) yield { path: ['claim', 'keys', String(at)], message: problem };
  }
}

/** What was delivered may be JSON, whatever the records are. */
const NESTED: FieldNames = { isFlat: false, known: undefined };

function recordsOf(records: NonNullable<SourceFile['records']>, problems: Problem[]): DeclaredPlan['records'] {
  const { field, wrapper } = typeof records === 'string' ? { field: records } : records;
  const [path = []] = pathsOf(field, NESTED, { path: ['records'], problems });
  return { field: path, wrapper };
}

export type ConditionsOf = typeof conditionsOf;

function conditionsOf(
  when: When,
  names: FieldNames,
  { path, problems }: { readonly path: readonly string[]; readonly problems: Problem[] },
): readonly Condition[] {
  return Object.entries(when).map(([field, is]) => {
    const [found = []]: readonly RawPath[] = pathsOf(field, names, { path: [...path, field], problems });
    return { field: found, is: [is].flat().map(String) };
  });
}
