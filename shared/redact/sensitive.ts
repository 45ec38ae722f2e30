// Card and account numbers, e-mail addresses and SWIFT authenticators, wherever in an event they stand: masked, or replaced by a pseudonym
// that is the same for the same value inside one bank. The sealed evidence keeps them.
//  - Card numbers: ISO/IEC 7812 (13 to 19 digits, Luhn's check digit), beginning as those of the card schemes do.
//  - IBAN: ISO 13616 (country, check digits modulo 97, length by country). https://www.swift.com/standards/data-standards/iban-international-bank-account-number
//  - SWIFT: trailers {MAC:…}, {CHK:…} of block 5. https://www2.swift.com/knowledgecentre/publications/usgf_20230720
import { createHmac } from 'node:crypto';
import type { BankConfig } from '../config.ts';
import type { OcsfEvent, ParkedRecord } from '../model.ts';
import { isArray, isObject } from '../outcome.ts';
import { isIban, isPan } from './numbers.ts';

export type SensitiveKind = 'pan' | 'iban' | 'swift' | 'email';
export type SensitiveAction = 'keep' | 'mask' | 'pseudonym';

export const SENSITIVE_DEFAULTS: Readonly<Record<SensitiveKind, SensitiveAction>> = {
  pan: 'pseudonym',
  iban: 'pseudonym',
  swift: 'mask',
  email: 'keep',
};

export interface Sensitive {
  /** Cheap: false for a text that surely holds nothing to hide. */
  suspects(text: string): boolean;
  /** @returns the event with what is sensitive replaced; the same one where there is nothing. What ids and index names are made of stays. */
  clean(event: OcsfEvent): OcsfEvent;
  text(text: string): string;
}

interface Kind {
  readonly kind: SensitiveKind;
  readonly expression: RegExp;
  /** Whether a run of whole groups of the match is one. */
  readonly holds: (run: string) => boolean;
}

// Not inside of a longer number or word.
const KINDS: readonly Kind[] = [
  { kind: 'pan', expression: /(?<![\dA-Za-z.])[2-6](?:[ -]?\d){12,18}(?![\dA-Za-z])/g, holds: isPan },
  { kind: 'iban', expression: /(?<![A-Za-z0-9])[A-Z]{2}\d{2}(?: ?[A-Z0-9]){11,30}(?![A-Za-z0-9])/g, holds: isIban },
  { kind: 'swift', expression: /\{(?:MAC|CHK|PAC):[0-9A-Fa-f]{4,64}\}/g, holds: () => true },
  {
    kind: 'email',
    expression: /(?<![A-Za-z0-9._%+-])[A-Za-z0-9._%+-]{1,64}@[A-Za-z0-9-]{1,63}(?:\.[A-Za-z0-9-]{1,63}){1,8}(?![A-Za-z0-9-])/g,
    holds: () => true,
  },
];

/** Shorter texts hold nothing that is looked for. */
const SHORTEST = 8;

/** @returns the action for each kind, with what the bank's file leaves out. */
export function actionsOf({ sensitive }: Pick<BankConfig, 'sensitive'>): Readonly<Record<SensitiveKind, SensitiveAction>> {
  return { ...SENSITIVE_DEFAULTS, ...sensitive };
}

export function needsPseudonyms(bank: Pick<BankConfig, 'sensitive'>): boolean {
  return Object.values(actionsOf(bank)).includes('pseudonym');
}

/** @param key of the pseudonyms (see pseudonyms.ts). @returns undefined where the bank keeps everything. */
export function createSensitive(bank: Pick<BankConfig, 'sensitive'>, key: Buffer): Sensitive | undefined {
  const actions = actionsOf(bank);
  const active = KINDS.filter(({ kind }) => actions[kind] !== 'keep');
  if (active.length === 0) return undefined;
  const any = new RegExp(active.map(({ expression }) => expression.source).join('|'));

  function text(given: string): string {
    if (given.length < SHORTEST || !any.test(given)) return given;
    let current = given;
    for (const { kind, expression, holds } of active) {
      current = current.replace(expression, (match) => replaceRuns(match, holds, (run) => hidden(run, kind, actions[kind], key)));
    }
    return current;
  }

  return {
    suspects: (given) => any.test(given),
    text,
    clean(event) {
      const { metadata, ...rest } = event;
      const { uid, product, version, ...about } = metadata;
      const clean = cleanMembers(rest, text);
      const cleanAbout = cleanMembers(about, text);
      if (clean === rest && cleanAbout === about) return event;
      return { ...event, ...clean, metadata: { ...cleanAbout, uid, product, version } };
    },
  };
}

/** A number may stand beside others, with the separator that its own groups have: the longest run of groups that holds is replaced. */
function replaceRuns(match: string, holds: Kind['holds'], replaced: (run: string) => string): string {
  if (holds(match)) return replaced(match);
  const starts = [0, ...boundaries(match).map((at) => at + 1)];
  const ends = [...boundaries(match), match.length].reverse();
  for (const start of starts) {
    for (const end of ends) {
      const run = match.slice(start, end);
      if (end > start && holds(run)) return match.slice(0, start) + replaced(run) + replaceRuns(match.slice(end), holds, replaced);
    }
  }
  return match;
}

function boundaries(match: string): number[] {
  const found: number[] = [];
  for (let at = 0; at < match.length; at++) if (match.charAt(at) === ' ' || match.charAt(at) === '-') found.push(at);
  return found;
}

function hidden(match: string, kind: SensitiveKind, action: SensitiveAction, key: Buffer): string {
  if (action === 'mask') return `[${kind}]`;
  // Written with or without separators, in upper or lower case, it is one value.
  const plain = kind === 'email' ? match.toLowerCase() : match.replace(/[ -]/g, '');
  return `[${kind}:${createHmac('sha256', key).update(`${kind}\n${plain}`).digest().subarray(0, 12).toString('base64url')}]`;
}

/** A parked record without what is sensitive; its evidence has the whole text. */
export function withoutSensitive(record: ParkedRecord, sensitive: Sensitive | undefined): ParkedRecord {
  return sensitive?.suspects(record.raw) === true ? { ...record, raw: sensitive.text(record.raw) } : record;
}

type Members = Readonly<Record<string, unknown>>;

/** Copies along the way to what has changed, nothing else. */
function cleanMembers<T extends Members>(node: T, text: (given: string) => string): T {
  let copy: Record<string, unknown> | undefined;
  for (const [name, member] of Object.entries(node)) {
    const cleaned = cleanValue(member, text);
    if (cleaned === member) continue;
    copy ??= { ...node };
    copy[name] = cleaned;
  }
  return (copy as T | undefined) ?? node;
}

function cleanValue(value: unknown, text: (given: string) => string): unknown {
  if (typeof value === 'string') return text(value);
  // A number becomes a text only where it is a card number: no count or time is.
  if (typeof value === 'number') return cleanNumber(value, text);
  if (isArray(value)) {
    const cleaned = value.map((element) => cleanValue(element, text));
    return cleaned.some((element, at) => element !== value[at]) ? cleaned : value;
  }
  return isObject(value) ? cleanMembers(value, text) : value;
}

const LEAST_PAN = 1e12;

function cleanNumber(value: number, text: (given: string) => string): unknown {
  if (value < LEAST_PAN || !Number.isSafeInteger(value)) return value;
  const written = String(value);
  const cleaned = text(written);
  return cleaned === written ? value : cleaned;
}
