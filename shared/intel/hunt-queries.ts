// New indicators as questions to the index. A question finds at least the events that hold one of them; the matcher decides.
// https://docs.opensearch.org/latest/query-dsl/term/terms/, https://docs.opensearch.org/latest/query-dsl/term/regexp/
import type { JsonObject } from '../model.ts';
import type { IndicatorType, Observable } from './indicator.ts';
import { walletText } from './wallet.ts';

/** Indicators that are asked for at once, in one of these ways. */
export interface Batch<T extends Observable> {
  readonly indicators: readonly T[];
  readonly query: JsonObject;
  /** The same for some of them: where there are too many events for all. */
  readonly part: (indicators: readonly T[]) => Batch<T>;
}

interface Way {
  readonly types: readonly IndicatorType[];
  readonly fields: readonly string[];
  /** Indicators in a question at most, and characters of their values. */
  readonly most: number;
  readonly characters: number;
  readonly clause: (field: string, values: readonly string[]) => JsonObject;
  /** What of an indicator is asked for. */
  readonly value?: (indicator: Observable) => string;
}

const terms: Way['clause'] = (field, values) => ({ terms: { [field]: values } });

/** Events have some values as they came: upper case, or with the dot at the end of a name. */
const anyCase: Way['clause'] = (field, values) => ({
  bool: { should: values.map((value) => ({ term: { [field]: { value, case_insensitive: true } } })) },
});

/** The name, and what is below it. One automaton for all of them: the terms of the field are gone through once. */
const names: Way['clause'] = (field, values) => ({
  regexp: { [field]: { value: `(.*\\.)?(${values.map((value) => value.replaceAll('.', '\\.')).join('|')})\\.?`, case_insensitive: true } },
});

/** OpenSearch takes expressions of a thousand characters (index.max_regex_length), and 1024 clauses. */
const WAYS: readonly Way[] = [
  // A field of type ip takes networks as well.
  {
    types: ['ip', 'network'],
    fields: ['src_endpoint.ip', 'dst_endpoint.ip', 'device.ip'],
    ...{ most: 1000, characters: Infinity, clause: terms },
  },
  { types: ['ip'], fields: ['answers.rdata'], ...{ most: 1000, characters: Infinity, clause: terms } },
  {
    types: ['domain'],
    fields: ['query.hostname', 'http_request.url.hostname', 'src_endpoint.domain', 'answers.rdata'],
    ...{ most: 100, characters: 700, clause: names },
  },
  {
    types: ['url'],
    fields: ['http_request.url.hostname'],
    ...{ most: 100, characters: 700, clause: names, value: ({ value }) => value.replace(/[:/].*$/s, '') },
  },
  { types: ['email'], fields: ['actor.user.name', 'user.name'], ...{ most: 200, characters: Infinity, clause: anyCase } },
  { types: ['user_agent'], fields: ['http_request.user_agent'], ...{ most: 200, characters: Infinity, clause: anyCase } },
  {
    types: ['wallet'],
    fields: ['observables.value'],
    ...{ most: 200, characters: Infinity, clause: anyCase, value: ({ value }) => walletText(value) },
  },
];

/** Hashes of files and vulnerabilities are in no attribute that is indexed. */
export function isHunted(type: IndicatorType): boolean {
  return WAYS.some(({ types }) => types.includes(type));
}

/** @param from ms since the epoch, of the oldest event asked for. */
export function batchesOf<T extends Observable>(indicators: readonly T[], from: number): readonly Batch<T>[] {
  return WAYS.flatMap((way) => {
    const wanted = indicators.filter(({ type }) => way.types.includes(type));
    return groupsOf(wanted, way).map((group) => batchOf(group, way, from));
  });
}

function batchOf<T extends Observable>(indicators: readonly T[], way: Way, from: number): Batch<T> {
  return { indicators, query: queryOf(indicators, way, from), part: (some) => batchOf(some, way, from) };
}

function queryOf(group: readonly Observable[], { fields, clause, value = (one) => one.value }: Way, from: number): JsonObject {
  const values = [...new Set(group.map(value))];
  return {
    bool: {
      filter: [
        { range: { time: { gte: from } } },
        { bool: { should: fields.map((field) => clause(field, values)), minimum_should_match: 1 } },
      ],
    },
  };
}

function groupsOf<T extends Observable>(wanted: readonly T[], { most, characters }: Way): readonly (readonly T[])[] {
  const groups: T[][] = [];
  let size = Infinity;
  for (const one of wanted) {
    const length = one.value.length + 2;
    const group = groups.at(-1);
    if (group === undefined || group.length >= most || size + length > characters) {
      groups.push([one]);
      size = length;
    } else {
      group.push(one);
      size += length;
    }
  }
  return groups;
}
