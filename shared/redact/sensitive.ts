// Card and account numbers, e-mail addresses and SWIFT authenticators, wherever in an event they stand: masked, or replaced by a pseudonym
// that is the same for the same value inside one bank. The sealed evidence keeps them.
//  - Card numbers: ISO/IEC 7812 (13 to 19 digits, Luhn's check digit), beginning as those of the card schemes do.
//  - IBAN: ISO 13616 (country, check digits modulo 97, length by country). https://www.swift.com/standards/data-standards/iban-international-bank-account-number
//  - SWIFT: trailers {MAC:…}, {CHK:…} of block 5. https://www2.swift.com/knowledgecentre/publications/usgf_20230720
import { createHmac } from 'node:crypto';
import type { BankConfig } from '../config.ts';
import type { OcsfEvent, ParkedRecord } from '../model.ts';
import { isArray, isObject } from '../outcome.ts';
import { ibansIn, MAY_HOLD_IBAN, MAY_HOLD_PAN, pansIn, type Found } from './numbers.ts';

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
  /** One matches wherever something is found, also in the JSON of the text. */
  readonly suspected: readonly RegExp[];
  /** In order of their beginnings; they may overlap. */
  readonly find: (text: string) => readonly Found[];
}

const SWIFT = /\{(?:MAC|CHK|PAC):[0-9A-Fa-f]{4,64}\}/g;
// Not inside of a longer word; the letter of an escape (\n) is not part of it.
const EMAIL =
  /(?<![A-Za-z0-9._%+-](?<!\\[bfnrt]|\\u[\dA-Fa-f]{4}))(?!(?<=\\)(?:[bfnrt]|u[\dA-Fa-f]{4}))[A-Za-z0-9._%+-]{1,64}@[A-Za-z0-9-]{1,63}(?:\.[A-Za-z0-9-]{1,63}){1,8}(?![A-Za-z0-9-])/g;

// Accounts first: the digits of one could pass for a card's.
const KINDS: readonly Kind[] = [
  { kind: 'iban', suspected: MAY_HOLD_IBAN, find: ibansIn },
  { kind: 'pan', suspected: MAY_HOLD_PAN, find: pansIn },
  { kind: 'swift', suspected: [SWIFT], find: (text) => matches(text, SWIFT) },
  // Written in upper or lower case, it is one address.
  { kind: 'email', suspected: [EMAIL], find: (text) => matches(text, EMAIL).map((one) => ({ ...one, plain: one.plain.toLowerCase() })) },
];

function matches(text: string, expression: RegExp): readonly Found[] {
  return Array.from(text.matchAll(expression), ({ 0: plain, index }) => ({ start: index, end: index + plain.length, plain }));
}

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
  // One after the other: V8 is slower with all of them as alternatives of one.
  const suspected = active.flatMap((one) => one.suspected.map(({ source }) => new RegExp(source)));
  const suspects = (given: string): boolean => suspected.some((expression) => expression.test(given));

  function text(given: string): string {
    if (given.length < SHORTEST || !suspects(given)) return given;
    return active.reduce(
      (current, { kind, find }) => replaced(current, find(current), (plain) => hidden(plain, kind, actions[kind], key)),
      given,
    );
  }

  return {
    suspects,
    text,
    clean(event) {
      const { metadata, ...rest } = event;
      const { uid, ...about } = metadata;
      const clean = cleanMembers(rest, text, PAYLOADS);
      const cleanAbout = cleanMembers(about, text, undefined);
      if (clean === rest && cleanAbout === about) return event;
      return { ...event, ...clean, metadata: { ...cleanAbout, uid } };
    },
  };
}

/** Where digits may be read in so many ways, only that they are hidden is said. */
const MOST_READINGS = 4;

/** What overlaps is replaced as a whole, by all that it may be. */
function replaced(text: string, found: readonly Found[], hide: (plain: string | undefined) => string): string {
  let clean = '';
  let done = 0;
  let readings = new Set<string>();
  let [start, end] = [0, 0];
  const replace = (): void => {
    clean += text.slice(done, start) + (readings.size > MOST_READINGS ? [undefined] : [...readings]).map(hide).join('');
    done = end;
  };
  for (const next of found) {
    if (next.start >= end) {
      replace();
      readings = new Set();
      start = next.start;
    }
    readings.add(next.plain);
    end = Math.max(end, next.end);
  }
  replace();
  return clean + text.slice(done);
}

function hidden(plain: string | undefined, kind: SensitiveKind, action: SensitiveAction, key: Buffer): string {
  if (action === 'mask' || plain === undefined) return `[${kind}]`;
  return `[${kind}:${createHmac('sha256', key).update(`${kind}\n${plain}`).digest().subarray(0, 12).toString('base64url')}]`;
}

/** A parked record without what is sensitive; its evidence has the whole text. */
export function withoutSensitive(record: ParkedRecord, sensitive: Sensitive | undefined): ParkedRecord {
  return sensitive?.suspects(record.raw) === true ? { ...record, raw: sensitive.text(record.raw) } : record;
}

type Members = Readonly<Record<string, unknown>>;

/** Where a number may become a text: `all` below such a member, or in some members of it. A typed attribute has to stay a number. */
type Payloads = 'all' | ReadonlyMap<string, Payloads> | undefined;

const DATA: Payloads = new Map([['data', 'all']]);
const PAYLOADS: Payloads = new Map<string, Payloads>([
  ['unmapped', 'all'],
  [
    'api',
    new Map([
      ['request', DATA],
      ['response', DATA],
    ]),
  ],
  ['resources', DATA],
]);

/** Copies along the way to what has changed, nothing else. A name may be a number too: the keys of a map by account are. */
function cleanMembers<T extends Members>(node: T, text: (given: string) => string, payloads: Payloads): T {
  let copy: [string, unknown][] | undefined;
  const names = new Set<string>();
  const members = Object.entries(node);
  for (const [at, [name, member]] of members.entries()) {
    const cleanName = text(name);
    const cleaned = cleanValue(member, text, payloads === 'all' ? payloads : payloads?.get(name));
    if (cleaned === member && cleanName === name) continue;
    copy ??= [...members];
    copy[at] = [cleanName === name ? name : unused(cleanName, names), cleaned];
  }
  return copy === undefined ? node : (Object.fromEntries(copy) as T);
}

/** Masks are the same for every name; each member stays. */
function unused(name: string, names: Set<string>): string {
  const free = names.has(name) ? `${name} ${names.size + 1}` : name;
  names.add(free);
  return free;
}

function cleanValue(value: unknown, text: (given: string) => string, payloads: Payloads): unknown {
  if (typeof value === 'string') return text(value);
  if (typeof value === 'number') return payloads === 'all' ? cleanNumber(value, text) : value;
  if (isArray(value)) {
    const cleaned = value.map((element) => cleanValue(element, text, payloads));
    return cleaned.some((element, at) => element !== value[at]) ? cleaned : value;
  }
  return isObject(value) ? cleanMembers(value, text, payloads) : value;
}

const LEAST_PAN = 1e12;

/** A number becomes a text only where it is a card number: no count or time is. */
function cleanNumber(value: number, text: (given: string) => string): unknown {
  if (Math.abs(value) < LEAST_PAN || !Number.isSafeInteger(value)) return value;
  const written = String(value);
  const cleaned = text(written);
  return cleaned === written ? value : cleaned;
}
