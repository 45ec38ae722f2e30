// The validator of every test that looks at an event: OCSF 1.8.0 as schemas/ocsf has it, and what JSON Schema cannot say.
import { readFileSync } from 'node:fs';
import { isIPv4, isIPv6 } from 'node:net';
import { resolve } from 'node:path';
import { Ajv, type ErrorObject, type SchemaObject, type ValidateFunction } from 'ajv';
import { OCSF_CLASSES } from '../shared/ocsf/classes.ts';
import { FULL_FORM_DATA, type FullFormTable } from '../shared/ocsf/full.ts';
import type { JsonObject } from '../shared/model.ts';
import { isArray, isObject } from '../shared/outcome.ts';
import { classSchemaOf, objectSchemas } from './ocsf-shapes.ts';

const OTHER = 99;
const ajv = createAjv();
const validators = new Map<number, ValidateFunction>();

/**
 * @param form short (captions only where the id is 99, observables only of type_id 99) unless `full`.
 * @returns what is wrong, each with its path; nothing for a valid event. The event is judged as it would be sent, as JSON.
 */
export function validateEvent(event: unknown, form: { readonly full?: boolean } = {}): string[] {
  const sent: unknown = JSON.parse(JSON.stringify(event));
  if (!isObject(sent)) return ['the event is no object'];
  const uid = sent['class_uid'];
  const validate = typeof uid === 'number' ? validatorOf(uid) : undefined;
  if (validate === undefined) return [`/class_uid: no class of OCSF: ${JSON.stringify(uid)}`];
  const errors = validate(sent) ? [] : (validate.errors ?? []);
  // `if` only repeats what its `then` found.
  const problems = errors.filter(({ keyword }) => keyword !== 'if').map(problemOf);
  if (sent['type_uid'] !== Number(uid) * 100 + Number(sent['activity_id']))
    problems.push('/type_uid: is not class_uid * 100 + activity_id');
  const table = FULL_FORM_DATA.classes[Number(uid)] ?? {};
  problems.push(...captionProblems(sent, table, '', form.full === true));
  problems.push(...observableProblems(sent));
  if (form.full !== true) problems.push(...computedObservables(sent));
  return problems;
}

function validatorOf(uid: number): ValidateFunction | undefined {
  const known = validators.get(uid);
  if (known !== undefined) return known;
  const ours = OCSF_CLASSES.find((candidate) => candidate.uid === uid);
  // Classes that only other producers' events have (source ocsf) have no file.
  const schema =
    ours === undefined
      ? classSchemaOf(uid)
      : (JSON.parse(readFileSync(resolve('schemas/ocsf', `${uid}-${ours.name}.json`), 'utf8')) as SchemaObject);
  if (schema === undefined) return undefined;
  const compiled = ajv.compile(schema);
  validators.set(uid, compiled);
  return compiled;
}

function createAjv(): Ajv {
  const instance = new Ajv({ allErrors: true, verbose: true, strictTypes: false });
  instance.addFormat('ipv4', isIPv4);
  instance.addFormat('ipv6', (text) => isIPv6(text) && !text.includes('%'));
  instance.addKeyword({
    keyword: 'x-profiles',
    schemaType: 'array',
    validate: (profiles: readonly string[], _data: unknown, _schema: unknown, context?: { rootData: unknown }) =>
      profilesOf(context?.rootData).some((profile) => profiles.includes(profile)),
  });
  instance.addSchema(objectSchemas());
  instance.addKeyword({ keyword: 'x-deprecated', schemaType: 'string', validate: () => false });
  return instance;
}

function profilesOf(event: unknown): string[] {
  const metadata = isObject(event) ? event['metadata'] : undefined;
  const profiles = isObject(metadata) ? metadata['profiles'] : undefined;
  return isArray(profiles) ? profiles.filter((profile) => typeof profile === 'string') : [];
}

function problemOf(error: ErrorObject): string {
  const { instancePath, keyword, schema, params, message } = error;
  if (keyword === 'x-profiles') return `${instancePath}: belongs to profile ${String(schema)}, metadata.profiles does not name it`;
  if (keyword === 'x-deprecated') return `${instancePath}: deprecated ${String(schema)}`;
  return `${instancePath}: ${message ?? keyword} ${JSON.stringify(params)}`;
}

function captionProblems(node: JsonObject, table: FullFormTable, path: string, full: boolean): string[] {
  return Object.entries(table).flatMap(([name, attribute]) => {
    const member = node[name];
    const problems: string[] = [];
    // type_uid 99 is a base event of another kind: its caption says no more than activity_name does.
    if (attribute.caption !== undefined && !(name === 'type_uid' && member === OTHER)) {
      const captions = FULL_FORM_DATA.captions[attribute.captions ?? -1] ?? {};
      const problem = captionProblem(member, node[attribute.caption], captions, full);
      if (problem !== undefined) problems.push(`${path}/${attribute.caption}: ${problem}`);
    }
    const objects = attribute.object === undefined ? undefined : FULL_FORM_DATA.objects[attribute.object];
    if (objects === undefined) return problems;
    const nested = isArray(member) ? [...member.entries()].map(([at, element]) => [`/${at}`, element] as const) : [['', member] as const];
    for (const [at, element] of nested) {
      if (isObject(element)) problems.push(...captionProblems(element, objects, `${path}/${name}${at}`, full));
    }
    return problems;
  });
}

function captionProblem(id: unknown, caption: unknown, captions: Readonly<Record<string, string>>, full: boolean): string | undefined {
  const ids: readonly unknown[] = isArray(id) ? id : [id];
  if (id === undefined) return caption === undefined ? undefined : 'a caption without its id';
  if (caption === undefined) return ids.includes(OTHER) ? 'missing, the id is 99' : undefined;
  if (!full && !ids.includes(OTHER)) return 'the short form has a caption only where the id is 99';
  const given: readonly unknown[] = isArray(caption) ? caption : [caption];
  const agree = given.length === ids.length && given.every((one, at) => ids[at] === OTHER || one === captions[String(ids[at])]);
  return agree ? undefined : `does not agree with the id ${JSON.stringify(id)}`;
}

function observableProblems(event: JsonObject): string[] {
  const observables = event['observables'];
  if (!isArray(observables)) return [];
  const seen = new Set<string>();
  return observables.flatMap((observable, at) => {
    const key = JSON.stringify(observable);
    const problem = seen.has(key) ? 'listed twice' : isObject(observable) ? observableProblem(event, observable) : 'no object';
    seen.add(key);
    return problem === undefined ? [] : [`/observables/${at}: ${problem}`];
  });
}

/** The short form lists only what nobody could compute: values of type_id 99. */
function computedObservables({ observables }: JsonObject): string[] {
  const own = isArray(observables) && observables.length > 0 && observables.every((one) => isObject(one) && one['type_id'] === OTHER);
  return observables === undefined || own ? [] : ['/observables: the short form has none but those of type_id 99'];
}

function observableProblem(event: JsonObject, observable: JsonObject): string | undefined {
  const { name, type_id: typeId, type, value } = observable;
  if (typeof name !== 'string') return 'has no name';
  const members = membersAt(event, name.split('.'));
  if (members.length === 0) return `the event has no ${name}`;
  const caption = typeof typeId === 'number' ? FULL_FORM_DATA.observables[typeId] : undefined;
  if (caption === undefined) return 'unknown type_id';
  if (typeId === OTHER && (typeof type !== 'string' || type === '' || type === caption)) return 'has no type of its own';
  if (typeId !== OTHER && type !== undefined && type !== caption) return 'type does not agree with type_id';
  if (value === undefined) return members.every(isObject) ? undefined : `${name} has a value`;
  return members.some((member) => !isObject(member) && String(member) === value) ? undefined : `${name} does not hold that value`;
}

/** Everything at a path such as `resources[].uid`. */
function membersAt(node: unknown, [step, ...rest]: readonly string[]): unknown[] {
  if (step === undefined) return [node];
  if (!isObject(node)) return [];
  const isList = step.endsWith('[]');
  const member = node[isList ? step.slice(0, -2) : step];
  if (isList) return isArray(member) ? member.flatMap((element) => membersAt(element, rest)) : [];
  return member === undefined ? [] : membersAt(member, rest);
}
