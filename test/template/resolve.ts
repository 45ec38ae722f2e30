// A template as CloudFormation makes it in one account and region: conditions are decided, pseudo parameters have their values.
// https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/pseudo-parameter-reference.html
import type { JsonObject } from '../../shared/model.ts';
import { isArray, isObject, object, text } from '../../shared/outcome.ts';
import { at, list, resourcesOf, type Compiled } from './compile.ts';

export interface StackPlace {
  readonly account: string;
  readonly region: string;
}

/** @throws Error naming a condition that the template does not have, or that is made of what is not known here. */
export function inPlace(template: unknown, place: StackPlace): Pick<Compiled, 'resources'> {
  const known: JsonObject = JSON.parse(JSON.stringify(template)) as JsonObject;
  const holds = (name: string): boolean => decide(at(known, 'Conditions', name), name);
  const decide = (condition: unknown, name: string): boolean => {
    const [[kind, given] = ['', undefined]] = isObject(condition) ? Object.entries(condition) : [];
    switch (kind) {
      case 'Condition':
        return holds(text(given) ?? '');
      case 'Fn::Equals':
        return JSON.stringify(value(at(given, 0))) === JSON.stringify(value(at(given, 1)));
      case 'Fn::And':
        return list(given).every((part) => decide(part, name));
      case 'Fn::Or':
        return list(given).some((part) => decide(part, name));
      case 'Fn::Not':
        return !decide(at(given, 0), name);
      default:
        throw new Error(`condition ${name} cannot be decided: ${JSON.stringify(condition)}`);
    }
  };
  const pseudo: Readonly<Record<string, string>> = { 'AWS::AccountId': place.account, 'AWS::Region': place.region };
  const value = (found: unknown): unknown => {
    if (isArray(found)) return found.map(value);
    if (!isObject(found)) return found;
    const [[key, given] = ['', undefined], ...others] = Object.entries(found);
    if (others.length === 0) {
      if (key === 'Ref' && typeof given === 'string' && pseudo[given] !== undefined) return pseudo[given];
      if (key === 'Fn::If') return value(at(given, holds(String(at(given, 0))) ? 1 : 2));
      if (key === 'Fn::Sub' && typeof given === 'string')
        return given.replaceAll(/\$\{(AWS::[A-Za-z]+)\}/g, (whole, name: string) => pseudo[name] ?? whole);
    }
    return Object.fromEntries(Object.entries(found).map(([name, inner]) => [name, value(inner)]));
  };
  const resources = Object.entries(object(at(known, 'Resources')) ?? {}).filter(([, resource]) => {
    const condition = text(at(resource, 'Condition'));
    return condition === undefined || holds(condition);
  });
  return {
    resources: resourcesOf({ Resources: Object.fromEntries(resources.map(([id, resource]) => [id, value(resource)])) as JsonObject }),
  };
}
