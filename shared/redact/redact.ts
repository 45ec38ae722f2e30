// Takes personal data out of the hub and index copy as the bank's file says; the sealed evidence keeps it.
import type { BankConfig } from '../config.ts';
import { MisconfiguredError } from '../errors.ts';
import type { OcsfEvent } from '../model.ts';
import { isArray, isObject, value } from '../outcome.ts';
import type { Transform } from '../normalise.ts';

const MASK = '***';

/** What ids, index names and rules are made from: with one id for all, every event after the first would pass for a duplicate. */
const VITAL = [
  'class_uid',
  'category_uid',
  'type_uid',
  'activity_id',
  'severity_id',
  'time',
  'metadata.uid',
  'metadata.version',
  'metadata.product',
];

/** @returns true for an attribute that no event can do without, or that holds one. */
export function isVital(field: string): boolean {
  return VITAL.some((vital) => vital === field || vital.startsWith(`${field}.`));
}

/**
 * @returns one transform for all redactions of the bank, or undefined where there are none. Events are copied along the path, not changed.
 * @throws MisconfiguredError for an attribute that no event can do without; `strongroom check` finds it before.
 */
export function redactor(redactions: BankConfig['redaction']): Transform | undefined {
  if (redactions.length === 0) return undefined;
  const vital = redactions.find(({ field }) => isVital(field));
  if (vital !== undefined)
    throw new MisconfiguredError(`redaction: no event can do without ${vital.field}; take it out of the bank's file`);
  const rules = redactions.map(({ field, action }) => ({ path: field.split('.'), action }));
  return (event) => {
    let current: unknown = event;
    for (const { path, action } of rules) current = redactPath(current, path, action);
    return value(current as OcsfEvent);
  };
}

function redactPath(node: unknown, path: readonly string[], action: 'remove' | 'mask'): unknown {
  if (isArray(node)) return node.map((item) => redactPath(item, path, action));
  const [name, ...rest] = path;
  if (name === undefined || !isObject(node) || !Object.hasOwn(node, name) || node[name] === undefined) return node;
  if (rest.length > 0) {
    const inner = redactPath(node[name], rest, action);
    return inner === node[name] ? node : { ...node, [name]: inner };
  }
  if (action === 'mask') return { ...node, [name]: typeof node[name] === 'string' ? MASK : undefined };
  return { ...node, [name]: undefined };
}
