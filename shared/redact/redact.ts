// Takes personal data out of the hub and index copy as the bank's file says; the sealed evidence keeps it.
import type { BankConfig } from '../config.ts';
import { MisconfiguredError } from '../errors.ts';
import { withoutTakenValues } from '../intel/osint.ts';
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
  'metadata.product.name',
  'metadata.product.vendor_name',
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
  const rules = redactions.map(({ field, action }) => ({ names: namesOf(field.split('.')), action }));
  const isTaken = (path: string): boolean => redactions.some(({ field }) => path === field || path.startsWith(`${field}.`));
  return (event) => {
    let current: unknown = event;
    for (const rule of rules) current = redactAt(current, rule, 0);
    return value(withoutTakenValues(current as OcsfEvent, isTaken));
  };
}

interface Rule {
  /** From each step of the path on: the names of one step, of two, … A key may hold the dots itself. */
  readonly names: readonly (readonly string[])[];
  readonly action: 'remove' | 'mask';
}

function namesOf(path: readonly string[]): Rule['names'] {
  return path.map((_, at) => path.slice(at).map((_, more) => path.slice(at, at + more + 1).join('.')));
}

function redactAt(node: unknown, rule: Rule, at: number): unknown {
  if (isArray(node)) return node.map((item) => redactAt(item, rule, at));
  if (!isObject(node)) return node;
  let current: Readonly<Record<string, unknown>> = node;
  for (const [more, name] of (rule.names[at] ?? []).entries()) {
    const member = Object.hasOwn(node, name) ? node[name] : undefined;
    if (member === undefined) continue;
    const next = at + more + 1;
    const redacted = next === rule.names.length ? hidden(member, rule.action) : redactAt(member, rule, next);
    if (redacted !== member) current = { ...current, [name]: redacted };
  }
  return current;
}

function hidden(member: unknown, action: Rule['action']): unknown {
  return action === 'mask' && typeof member === 'string' ? MASK : undefined;
}
