// What an invariant is, and how a template is broken to see that it is noticed.
// https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/introduction.html
import type { JsonObject } from '../../../shared/model.ts';
import { isObject } from '../../../shared/outcome.ts';
import { at, list, ofType, target, type Compiled, type Resource } from '../compile.ts';

export interface Invariant {
  readonly title: string;
  /** @returns what breaks it: logical ids, with the statement's Sid where it is one. */
  readonly check: (template: Compiled) => readonly string[];
  /** @returns the template with one thing wrong; the same where it has nothing that could be. */
  readonly break: (template: Compiled) => Compiled;
}

/** What an invariant does not hold for, each with its reason. */
export type Exceptions = Readonly<Record<string, string>>;

/** @returns a breaking that changes the properties of the first resource of the type that `which` takes. */
export function broken(
  type: string,
  change: (properties: JsonObject) => JsonObject,
  which: (resource: Resource) => boolean = () => true,
): Invariant['break'] {
  return (template) =>
    replaced(
      template,
      (resource) => resource.type === type && which(resource),
      (resource) => ({ ...resource, properties: change(resource.properties) }),
    );
}

/** @returns the template with the first resource that `which` takes changed. */
export function replaced(template: Compiled, which: (resource: Resource) => boolean, change: (resource: Resource) => Resource): Compiled {
  const found = template.resources.findIndex(which);
  if (found < 0) return template;
  return { ...template, resources: template.resources.map((resource, index) => (index === found ? change(resource) : resource)) };
}

/** @returns the template without the first resource that `which` takes. */
export function without(template: Compiled, which: (resource: Resource) => boolean): Compiled {
  const found = template.resources.find(which);
  return found === undefined ? template : { ...template, resources: template.resources.filter((resource) => resource !== found) };
}

/** @returns the properties without one. */
export function less(key: string): (properties: JsonObject) => JsonObject {
  return (properties) => Object.fromEntries(Object.entries(properties).filter(([name]) => name !== key));
}

/** @returns the properties with every text or statement in them changed that `edit` changes: how policies deep inside are broken. */
export function deep(value: JsonObject, edit: (found: JsonObject) => JsonObject | undefined): JsonObject {
  const walk = (inner: unknown): unknown => {
    if (Array.isArray(inner)) return inner.map(walk);
    if (!isObject(inner)) return inner;
    return edit(inner) ?? Object.fromEntries(Object.entries(inner).map(([key, each]) => [key, walk(each)]));
  };
  const changed = walk(value);
  return isObject(changed) ? changed : value;
}

/** @returns whether the value points to one of the template's own keys. */
export function isOwnKey(template: Compiled, value: unknown): boolean {
  return ofType(template, 'AWS::KMS::Key').some(({ id }) => id === target(value));
}

/** @returns ids of the resources of a type that do not pass. */
export function failing(template: Compiled, type: string, passes: (resource: Resource) => boolean): readonly string[] {
  return ofType(template, type).flatMap((resource) => (passes(resource) ? [] : [resource.id]));
}

/** @returns the statements of a resource's policy. */
export function statementsOf(properties: JsonObject, document = 'PolicyDocument'): readonly unknown[] {
  return list(at(properties, document, 'Statement'));
}
