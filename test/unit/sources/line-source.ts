// For tests of sources of lines: one record through a source, as the pipeline would take it.
import { existsSync, readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import type { JsonObject, OcsfEvent, Origin, ParkedRecord } from '../../../shared/model.ts';
import { createNormaliser, type NormaliseOptions } from '../../../shared/normalise.ts';
import { isObject } from '../../../shared/outcome.ts';
import type { Source } from '../../../shared/sources/api.ts';
import { recognise, SOURCES } from '../../../shared/sources/registry.ts';
import { validateEvent } from '../../ocsf.ts';

export interface Result {
  readonly events: readonly OcsfEvent[];
  readonly parked: readonly ParkedRecord[];
  readonly excluded: readonly string[];
}

/** Every event is valid, or this throws. */
export function run(source: Source, input: string, given: Partial<NormaliseOptions & { readonly uri: string }> = {}): Result {
  const events: OcsfEvent[] = [];
  const parked: ParkedRecord[] = [];
  const excluded: string[] = [];
  const normaliser = createNormaliser({
    origin: originOf(source.name, given.uri),
    source,
    transforms: [],
    onEvent: (event) => events.push(event),
    onExcluded: (rule) => excluded.push(rule),
    onParked: (record) => parked.push(record),
    ...given,
  });
  if (given.logGroup === undefined) normaliser.push(Buffer.from(input));
  else normaliser.record(input, { time: Date.UTC(2026, 0, 2), uid: '1' });
  normaliser.end();
  for (const event of events) expect(validateEvent(event)).toEqual([]);
  return { events, parked, excluded };
}

/** @returns the one event of the input, as it is sent. */
export function event(source: Source, input: string, given: Parameters<typeof run>[2] = {}): JsonObject {
  const { events, parked } = run(source, input, given);
  const sent: unknown = JSON.parse(JSON.stringify(events[0] ?? null));
  if (events.length !== 1 || !isObject(sent)) throw new Error(`no event: ${JSON.stringify(parked)}`);
  return sent;
}

function originOf(source: string, uri = `s3://landing/${source}#1`): Origin {
  return { bank: 'demo', account: '222222222222', region: 'eu-central-1', source, trigger: 's3', uri, time: Date.UTC(2026, 0, 2) };
}

/** @returns the names of all sources that claim the object. */
export function claimers(key: string): readonly string[] {
  return SOURCES.filter((source) => source.claims({ trigger: 's3', bucket: 'landing', key })).map(({ name }) => name);
}

export function place(source: Source, key: string): unknown {
  return source.locate?.({ trigger: 's3', bucket: 'landing', key });
}

/** Registers a test of a real log that lies beside the project; skipped, visibly, where it does not. */
export function testSample(source: Source, file: string, records: number): void {
  const path = resolve(process.cwd(), '../shared/samples', file);
  (existsSync(path) ? test : test.skip)(`sample ${file}: every record is a valid event`, () => {
    const input = readFileSync(path, 'utf8');
    const { events, parked, excluded } = run(source, input);
    expect([events.length, parked, excluded]).toEqual([records, [], []]);
    expect(recognise(input.slice(0, 65_536))?.name).toBe(source.name);
  });
}
