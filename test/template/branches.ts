// A template as one account and region get it: its conditions decided, what does not exist there left out.
// https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/intrinsic-function-reference-conditions.html
import { readFileSync } from 'node:fs';
import { isArray, isObject, object, parseJson, text } from '../../shared/outcome.ts';
import { at, list, resourcesOf, type Compiled } from './compile.ts';

interface Place {
  /** 12 digits. */
  readonly account: string;
  readonly region: string;
}

/** @throws Error where a condition is of a kind that is not known here. */
export function inPlace(compiled: Compiled, place: Place): Compiled {
  const template = object(parseJson(readFileSync(compiled.file, 'utf8'))) ?? {};
  const conditions = object(template['Conditions']) ?? {};
  const isTrue = (condition: unknown): boolean => decided(condition, conditions, place);
  const named = (name: unknown): boolean => isTrue({ Condition: name });
  const kept = Object.entries(object(template['Resources']) ?? {}).filter(([, one]) => {
    const condition = at(one, 'Condition');
    return condition === undefined || named(condition);
  });
  const Resources = Object.fromEntries(kept.map(([id, one]) => [id, branched(one, named)]));
  return { ...compiled, resources: resourcesOf(parseJson(JSON.stringify({ Resources }))) };
}

/** @returns the value with each Fn::If replaced by its branch; what is AWS::NoValue then is left out. */
function branched(value: unknown, named: (name: unknown) => boolean): unknown {
  if (isArray(value)) return value.map((one) => branched(one, named)).filter((one) => one !== undefined);
  if (!isObject(value)) return value;
  const choice = value['Fn::If'];
  if (isArray(choice)) return branched(choice[named(choice[0]) ? 1 : 2], named);
  if (value['Ref'] === 'AWS::NoValue') return undefined;
  return Object.fromEntries(Object.entries(value).map(([key, one]) => [key, branched(one, named)]));
}

function decided(condition: unknown, conditions: Readonly<Record<string, unknown>>, place: Place): boolean {
  const of = (one: unknown): boolean => decided(one, conditions, place);
  const [[kind, given] = ['', undefined]] = isObject(condition) ? Object.entries(condition) : [];
  switch (kind) {
    case 'Condition': {
      const named = conditions[text(given) ?? ''];
      if (named === undefined) throw new Error(`the template has no condition ${JSON.stringify(given)}`);
      return of(named);
    }
    case 'Fn::Equals': {
      const [left, right] = list(given).map((one) => valueOf(one, place));
      return left === right;
    }
    case 'Fn::Not':
      return !list(given).some(of);
    case 'Fn::And':
      return list(given).every(of);
    case 'Fn::Or':
      return list(given).some(of);
    default:
      throw new Error(`the condition ${JSON.stringify(condition)} is of no kind that is known here`);
  }
}

function valueOf(value: unknown, { account, region }: Place): string {
  const reference = at(value, 'Ref');
  if (reference === 'AWS::AccountId') return account;
  if (reference === 'AWS::Region') return region;
  const given = text(value);
  if (given === undefined) throw new Error(`a condition compares ${JSON.stringify(value)}, which is not known here`);
  return given;
}
