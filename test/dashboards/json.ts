// Reads JSON that is known to have a shape, and says where it has not.
import { isArray, isObject, parseJson } from '../../shared/outcome.ts';

export function parsed(text: unknown): unknown {
  const value = typeof text === 'string' ? parseJson(text) : undefined;
  if (value === undefined) throw new Error('no JSON where JSON is expected');
  return value;
}

export function member(node: unknown, name: string): unknown {
  return isObject(node) ? node[name] : undefined;
}

export function array(node: unknown, name: string): readonly unknown[] {
  const found = member(node, name);
  if (!isArray(found)) throw new Error(`${name} is no list`);
  return found;
}

export function string(node: unknown, name: string): string {
  const found = member(node, name);
  if (typeof found !== 'string') throw new Error(`${name} is no text`);
  return found;
}

export function number(node: unknown, name: string): number {
  const found = member(node, name);
  if (typeof found !== 'number') throw new Error(`${name} is no number`);
  return found;
}
