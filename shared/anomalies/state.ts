// How far the job has come, as a document that is stored, never indexed. https://docs.opensearch.org/latest/api-reference/document-apis/index/
import type { JsonObject } from '../model.ts';
import { numberOf } from '../opensearch/ask.ts';
import { isArray, object, text } from '../outcome.ts';
import type { Told } from './budget.ts';
import { decodeValues, encodeValues } from './profile.ts';
import type { State } from './store.ts';

export function encodeState({ since, through, totals, days }: State): JsonObject {
  return {
    since,
    through,
    totals: Object.fromEntries([...totals].map(([activity, values]) => [activity, encodeValues({ values })])),
    days: Object.fromEntries([...days].map(([day, told]) => [String(day), told.map((one) => ({ ...one }))])),
  };
}

/** @returns undefined where it is none. */
export function decodeState(source: JsonObject | undefined): State | undefined {
  const [since, through] = [source?.['since'], source?.['through']];
  if (source === undefined || typeof since !== 'number' || typeof through !== 'number') return undefined;
  const totals = Object.entries(object(source['totals']) ?? {}).map(([name, values]) => [name, decodeValues(text(values) ?? '')] as const);
  const days = Object.entries(object(source['days']) ?? {}).map(
    ([day, told]) => [Number(day), isArray(told) ? told.flatMap(readTold) : []] as const,
  );
  return { since, through, totals: new Map(totals), days: new Map(days.sort(([one], [other]) => one - other)) };
}

function readTold(candidate: unknown): readonly Told[] {
  const told = object(candidate);
  const [uid, entity, analytic, about] = ['uid', 'entity', 'analytic', 'about'].map((name) => text(told?.[name]));
  if (uid === undefined || entity === undefined || analytic === undefined || about === undefined) return [];
  return [{ uid, entity, analytic, about, surprise: numberOf(told?.['surprise']), alerted: told?.['alerted'] === true }];
}
