// The kinds of records that a declared source tells apart, each with the OCSF class that it becomes.
import type { Case } from '../../shared/declared/plan.ts';
import { OCSF_CLASSES } from '../../shared/ocsf/classes.ts';
import { found } from '../similar.ts';
import type { Problem } from '../yaml-file.ts';
import { assignmentsOf, entriesOf, type Entry } from './assignment.ts';
import { classSchema, needsOf, profilesOf, type ClassSchema, type Need } from './attributes.ts';
import type { ConditionsOf } from './compile.ts';
import { pathsOf, type FieldNames } from './fields.ts';
import type { From, Given, Kind, SourceFile, When } from './file.ts';
import { lacking } from './lacking.ts';

interface Tools {
  readonly names: FieldNames;
  /** Where what is wrong is put. */
  readonly problems: Problem[];
  readonly conditionsOf: ConditionsOf;
}

/** A case with what the file says for all of them, and where each part of it stands. */
interface Merged {
  readonly kind: Kind & { readonly when?: When };
  readonly entries: readonly Entry[];
  /** Of the case; empty where the file has none. */
  readonly path: readonly string[];
  /** Where a part that both may have is said. */
  readonly at: (part: keyof Kind) => readonly string[];
}

export function casesOf(file: SourceFile, tools: Tools): readonly Case[] {
  const given = file.cases ?? [{}];
  const { problems } = tools;
  const found = given.flatMap((one, at) => {
    const path = file.cases === undefined ? [] : ['cases', String(at)];
    const isLast = at === given.length - 1;
    if (!isLast && one.when === undefined) problems.push({ path, message: 'lacks when: only the last case is for all other records' });
    if (isLast && one.when !== undefined)
      problems.push({ path: [...path, 'when'], message: 'is not for the last case, which is for all records that no other is for' });
    const made = caseOf(merged(file, one, path), { ...tools, problems: [] });
    problems.push(...made.problems);
    return made.case === undefined ? [] : [made.case];
  });
  // What is said for all cases is wrong once.
  const once = new Map(problems.map((problem) => [`${problem.path.join('.')} ${problem.message}`, problem]));
  problems.splice(0, problems.length, ...once.values());
  return found;
}

function merged(file: SourceFile, one: Kind & { readonly when?: When }, path: readonly string[]): Merged {
  const at = (part: keyof Kind): readonly string[] => (one[part] === undefined ? [part] : [...path, part]);
  const kind = { ...file, ...one };
  const own = one.attributes ?? {};
  const shared = Object.fromEntries(Object.entries(file.attributes ?? {}).filter(([name]) => !Object.hasOwn(own, name)));
  const entries: readonly Entry[] = [
    { path: ['time'], to: ['time'], given: file.time },
    ...single('activity', 'activity_id', kind.activity),
    ...single('severity', 'severity_id', kind.severity ?? { value: 'informational' }),
    ...single('status', 'status_id', kind.status),
    ...entriesOf(file.cases === undefined ? {} : shared, ['attributes']),
    ...entriesOf(file.cases === undefined ? (file.attributes ?? {}) : own, [...path, 'attributes']),
  ];
  function single(part: 'activity' | 'severity' | 'status', to: string, given: Given | undefined): readonly Entry[] {
    return given === undefined ? [] : [{ path: at(part), to: [to], given }];
  }
  return { kind, entries, path, at };
}

interface Made {
  readonly case?: Case;
  readonly problems: readonly Problem[];
}

function caseOf({ kind, entries, path, at }: Merged, { names, problems, conditionsOf }: Tools): Made {
  if (kind.class === undefined || kind.activity === undefined) {
    const missing = (['class', 'activity'] as const).filter((part) => kind[part] === undefined);
    return { problems: missing.map((part) => ({ path, message: `lacks ${part}` })) };
  }
  const cls = OCSF_CLASSES.find(({ name }) => name === kind.class);
  if (cls === undefined) {
    const known = OCSF_CLASSES.map(({ name }) => name);
    return { problems: [{ path: at('class'), message: `must be one of ${known.join(', ')} ${found(kind.class, known)}` }] };
  }
  const schema = classSchema(cls);
  const profiles = kind.profiles ?? [];
  problems.push(...profileProblems(profiles, schema, at('profiles')));
  const when = kind.when === undefined ? [] : conditionsOf(kind.when, names, { path: [...path, 'when'], problems });
  const uid = uidOf(kind.uid ?? [], names, { path: at('uid'), problems });
  const made = assignmentsOf(entries, { schema, profiles, fields: names });
  const needs: Record<string, Need> = { ...made.needs, '': rootNeeds(schema, profiles) };
  // Strongroom gives it what it needs.
  delete needs['metadata'];
  problems.push(...made.problems);
  if (made.problems.length === 0) {
    problems.push(
      ...lacking(made.assignments, needs, { path: kind.attributes === undefined ? path : at('attributes'), what: schema.what, entries }),
    );
  }
  return { case: { when, cls: { uid: cls.uid, category: cls.category }, profiles, uid, assignments: made.assignments, needs }, problems };
}

/** A ? behind a field's name says that it may be missing. */
function uidOf(given: From, names: FieldNames, place: { readonly path: readonly string[]; readonly problems: Problem[] }): Case['uid'] {
  const fields = [given].flat();
  const paths = pathsOf(
    fields.map((field) => field.replace(/\?$/, '')),
    names,
    place,
  );
  return paths.map((field, at) => ({ field, isOptional: fields[at]?.endsWith('?') === true }));
}

/** What the engine sets by itself. */
const OWN: ReadonlySet<string> = new Set(['category_uid', 'class_uid', 'type_uid', 'metadata', 'cloud']);

function rootNeeds(schema: ClassSchema, profiles: readonly string[]): Need {
  const need = needsOf(schema.node);
  const asked = profilesOf(schema).required;
  const required = [...need.required, ...profiles.flatMap((profile) => asked.get(profile) ?? [])];
  return { ...need, required: required.filter((name) => !OWN.has(name)) };
}

function* profileProblems(profiles: readonly string[], schema: ClassSchema, path: readonly string[]): Generator<Problem> {
  const { known } = profilesOf(schema);
  for (const [at, profile] of profiles.entries()) {
    if (!known.includes(profile))
      yield { path: [...path, String(at)], message: `must be one of ${known.join(', ')} ${found(profile, known)}` };
    else if (profiles.indexOf(profile) < at) yield { path: [...path, String(at)], message: `${profile} is named twice` };
  }
}
