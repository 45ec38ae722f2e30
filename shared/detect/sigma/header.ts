// What the head of every Sigma document may have: title, id, status, level, tags, log source.
// https://github.com/SigmaHQ/sigma-specification/blob/main/specification/sigma-rules-specification.md (Components)
import { hash } from 'node:crypto';
import type { JsonObject } from '../../model.ts';
import { isArray, isObject } from '../../outcome.ts';
import { LEVELS, RuleError, STATUSES, type Head, type LogSourceName } from './rule.ts';

const UUID = /^[0-9a-fA-F]{8}(?:-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}$/;
const TAG = /^[a-z0-9_-]+\.[a-z0-9._-]+$/;

export function headOf(document: JsonObject): Head {
  const name = optional(document, 'name');
  return {
    id: idOf(document),
    ...(name === undefined ? {} : { name }),
    title: required(document, 'title'),
    description: optional(document, 'description') ?? '',
    status: oneOf(document, 'status', STATUSES) ?? 'test',
    level: oneOf(document, 'level', LEVELS) ?? 'medium',
    tags: tagsOf(document),
    response: optional(document, 'response') ?? '',
  };
}

/** Sigma leaves the id to the author. @returns it, or one made from the document: another where anything in it changes. */
export function idOf(document: JsonObject): string {
  const id = optional(document, 'id');
  if (id === undefined) return madeUp(JSON.stringify(document));
  if (!UUID.test(id)) throw new RuleError('id is not a UUID', ['id']);
  return id.toLowerCase();
}

/** A UUID of version 8: https://www.rfc-editor.org/rfc/rfc9562#name-uuid-version-8 */
function madeUp(text: string): string {
  const hex = hash('sha256', text, 'hex');
  return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-8${hex.slice(12, 15)}-8${hex.slice(15, 18)}-${hex.slice(18, 30)}`;
}

export function required(document: JsonObject, key: string): string {
  const found = optional(document, key);
  if (found === undefined || found.trim() === '') throw new RuleError(`${key} is missing`, [key]);
  return found;
}

export function optional(document: JsonObject, key: string): string | undefined {
  const found = document[key];
  if (found === undefined || found === null) return undefined;
  if (typeof found !== 'string') throw new RuleError(`${key} is not a text`, [key]);
  return found.trim();
}

export function oneOf<T extends string>(document: JsonObject, key: string, allowed: readonly T[]): T | undefined {
  const found = optional(document, key);
  if (found === undefined) return undefined;
  const member = allowed.find((one) => one === found);
  if (member === undefined) throw new RuleError(`${key} "${found}" is none of ${allowed.join(', ')}`, [key]);
  return member;
}

export function texts(document: JsonObject, key: string): readonly string[] {
  const found = document[key];
  if (found === undefined || found === null) return [];
  if (!isArray(found)) throw new RuleError(`${key} is not a list`, [key]);
  return found.map((one, at) => {
    if (typeof one !== 'string' || one === '') throw new RuleError(`${key}: not a text`, [key, at]);
    return one;
  });
}

export function tagsOf(document: JsonObject): readonly string[] {
  const tags = texts(document, 'tags');
  for (const [at, tag] of tags.entries())
    if (!TAG.test(tag)) throw new RuleError(`tag "${tag}" is not namespace.value in lower case`, ['tags', at]);
  return tags;
}

export function logsourceOf(document: JsonObject): LogSourceName {
  const found = document['logsource'];
  if (!isObject(found)) throw new RuleError('logsource is missing', ['logsource']);
  const { category, product, service } = {
    category: optional(found, 'category'),
    product: optional(found, 'product'),
    service: optional(found, 'service'),
  };
  if (category === undefined && product === undefined && service === undefined) {
    throw new RuleError('logsource names no category, product or service', ['logsource']);
  }
  return { category, product, service };
}
