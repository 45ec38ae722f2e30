// Events against the index, at the time when they happened.
import { matchNetworks } from '../detect/sigma/network.ts';
import { remembered } from '../enrich/remembered.ts';
import type { OcsfEvent } from '../model.ts';
import type { IndicatorType } from './indicator.ts';
import { confidenceAt, type IntelIndex, type Known } from './index/match.ts';
import { hostName, ipValue, normalise, urlParts } from './normalise.ts';
import { observeEvent, type ObservedKind } from './observables.ts';

export interface Hit {
  /** Of the attribute that holds it. */
  readonly path: string;
  readonly known: Known;
  /** At the time of the event, 0 to 100. */
  readonly confidence: number;
}

export interface Matcher {
  /** @returns what counts at the event's time, the most certain first, each indicator once. */
  match(event: OcsfEvent): readonly Hit[];
  /** @returns records of one value as somebody writes it, whatever their times. */
  find(kind: ObservedKind, value: string): readonly number[];
}

/** More would tell nothing more. */
export const MAX_HITS = 5;
const MAX_MEMORY = 20_000;
const LONGEST_NAME = 255;
const NONE: readonly number[] = [];
const NO_HITS: readonly Hit[] = [];

/** @param allow addresses, networks and domains that are never matched. */
export function createMatcher(index: IntelIndex, allow: readonly string[] = []): Matcher {
  const looks = looksOf(index, allowance(allow));
  return {
    find: (kind, value) => looks[kind](value),
    match(event) {
      let hits: Hit[] | undefined;
      let met: Set<number> | undefined;
      observeEvent(event, (kind, path, text) => {
        for (const record of looks[kind](text)) {
          if (met?.has(record) === true || !index.isActive(record, event.time)) continue;
          (met ??= new Set()).add(record);
          const known = index.known(record);
          (hits ??= []).push({ path, known, confidence: confidenceAt(known, event.time) });
        }
      });
      return hits === undefined ? NO_HITS : hits.sort((one, other) => other.confidence - one.confidence).slice(0, MAX_HITS);
    },
  };
}

type Look = (text: string) => readonly number[];

/** Whether a list is of a value at all is asked before the value is looked at, whether it is allowed after it was found: nearly all are neither. */
function looksOf(index: IntelIndex, isAllowed: (value: string) => boolean): Readonly<Record<ObservedKind, Look>> {
  const unlessAllowed = (found: readonly number[], value: string): readonly number[] =>
    found.length > 0 && isAllowed(value) ? NONE : found;
  const address = remembering((text) => unlessAllowed(index.address(text), ipValue(text) ?? text));
  const exact = (type: IndicatorType): Look => {
    if (!index.has(type)) return () => NONE;
    return (text) => {
      const found = normalise(type, text);
      return found === undefined ? NONE : index.exact(type, found.value);
    };
  };
  return {
    address,
    host: remembering((text) => {
      const name = hostName(text);
      return name === undefined ? address(text) : unlessAllowed(index.domain(name), name);
    }),
    url(text) {
      const parts = index.has('url') ? urlParts(text) : undefined;
      return parts === undefined ? NONE : unlessAllowed(index.exact('url', parts.value), parts.host);
    },
    ...{ hash: exact('hash'), email: exact('email'), user_agent: exact('user_agent'), wallet: exact('wallet'), cve: exact('cve') },
  };
}

/** Flows come in bundles: of the addresses and names of the last minutes the answers are kept. Whoever is logged chooses how long a name is. */
function remembering(look: Look): Look {
  const known = remembered(look, MAX_MEMORY / 2);
  return (text) => (text.length > LONGEST_NAME ? look(text) : known(text));
}

/** @returns a test for canonical addresses and names. */
function allowance(allow: readonly string[]): (value: string) => boolean {
  if (allow.length === 0) return () => false;
  const isInside = matchNetworks(allow);
  const domains = new Set(allow.flatMap((entry) => hostName(entry.replace(/^\*\./, '')) ?? []));
  return (value) => {
    if (isInside(value)) return true;
    for (let dot = -1; ;) {
      if (domains.has(value.slice(dot + 1))) return true;
      dot = value.indexOf('.', dot + 1);
      if (dot < 0) return false;
    }
  };
}
