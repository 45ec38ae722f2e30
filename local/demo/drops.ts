// What the bank's connectors bring: for every source that has no generator here, the records of one of its golden cases, as an object that
// an account drops below its own number and the source's name (shared/sources/routes.ts).
import { gzipSync } from 'node:zlib';
import { createNormaliser } from '../../shared/normalise.ts';
import { DELIVERED_BY_AWS } from '../../shared/sources/routes.ts';
import { SOURCES } from '../../shared/sources/registry.ts';
import type { Source } from '../../shared/sources/api.ts';
import { goldenCases, originOf } from '../../test/golden-runner.ts';
import { inputOf, specimensOf } from '../../test/mutations.ts';
import type { DeliveredObject } from './scenario.ts';

/** @param made sources that are delivered otherwise. @param wanted which of the others. */
export function drops(
  account: string,
  made: readonly string[],
  wanted: (source: Source) => boolean = () => true,
): readonly DeliveredObject[] {
  return SOURCES.filter((source) => !made.includes(source.name) && wanted(source)).flatMap((source) => dropOf(account, source));
}

/** OCSF's category of findings is the second. */
export function reportsFindings({ classes }: Source): boolean {
  return classes.some((uid) => Math.floor(uid / 1000) === 2);
}

/** The full case, or another one where that gives anything but events or is read otherwise as a file. */
function dropOf(account: string, source: Source): readonly DeliveredObject[] {
  const cases = goldenCases().filter((golden) => golden.source === source.name && golden.name !== 'malformed');
  const ordered = cases.toSorted((a, b) => Number(b.name === 'full') - Number(a.name === 'full'));
  for (const golden of ordered) {
    const text = inputOf(golden) ?? messagesOf(source, golden.name);
    const records = recordsIn(source, text);
    if (records === 0) continue;
    // What AWS delivers itself, an account cannot drop: the security team imports it.
    const folder = DELIVERED_BY_AWS.has(source.name) ? 'imports' : `drops/${account}`;
    const key = `${folder}/${source.name}/${golden.name}.gz`;
    return [{ landing: 'kms', key, bytes: gzipSync(text), source: source.name, records }];
  }
  return [];
}

/** Log events of CloudWatch Logs as the lines of a file. */
function messagesOf(source: Source, name: string): string {
  const messages = specimensOf(source).filter(({ golden }) => golden.name === name);
  return `${messages.map(({ text }) => text).join('\n')}\n`;
}

/** @returns 0 for what gives anything but events. */
function recordsIn(source: Source, text: string): number {
  const origin = originOf({ source: source.name, name: 'drop', directory: '' }, {});
  const normaliser = createNormaliser({ origin, source, transforms: [], onEvent: () => undefined, onParked: () => undefined });
  normaliser.push(Buffer.from(text));
  const { records, events } = normaliser.end().counts;
  return records === events ? records : 0;
}
