// What the tests of AWS security services share: running what was delivered, and changing golden findings.
import { readFileSync } from 'node:fs';
import { createNormaliser } from '../../../shared/normalise.ts';
import type { JsonObject, OcsfEvent, Origin } from '../../../shared/model.ts';
import { isObject, object } from '../../../shared/outcome.ts';
import type { Source } from '../../../shared/sources/api.ts';
import { validateEvent } from '../../ocsf.ts';

const ORIGIN: Origin = {
  bank: 'demo',
  account: '222222222222',
  region: 'eu-central-1',
  source: 'test',
  trigger: 'eventbridge',
  uri: 'eventbridge://222222222222/eu-central-1/1',
  time: Date.UTC(2026, 0, 2),
};

export interface Run {
  readonly events: readonly OcsfEvent[];
  readonly parked: readonly string[];
  readonly excluded: readonly string[];
}

/** Everything that came of one delivered text; every event is valid, and none is lost. */
export function run(source: Source, input: unknown, origin: Partial<Origin> = {}): Run {
  const events: OcsfEvent[] = [];
  const parked: string[] = [];
  const excluded: string[] = [];
  const normaliser = createNormaliser({
    origin: { ...ORIGIN, ...origin },
    source,
    transforms: [],
    onEvent(event) {
      // As the hub does it: what cannot be written is parked.
      JSON.stringify(event);
      events.push(event);
    },
    onParked: ({ code, detail }) => parked.push(`${code}: ${detail}`),
    onExcluded: (rule) => excluded.push(rule),
  });
  normaliser.push(Buffer.from(typeof input === 'string' ? input : JSON.stringify(input)));
  const { counts } = normaliser.end();
  expect(events.flatMap((event) => validateEvent(event))).toEqual([]);
  expect(counts.records).toBe(events.length + parked.length + excluded.length);
  return { events, parked, excluded };
}

export function only(source: Source, input: unknown, origin: Partial<Origin> = {}): OcsfEvent {
  const { events, parked } = run(source, input, origin);
  const [event] = events;
  if (event === undefined || events.length > 1) throw new Error(`${events.length} events: ${parked.join('; ')}`);
  return event;
}

export function uid(source: Source, input: unknown, origin: Partial<Origin> = {}): string {
  return only(source, input, origin).metadata.uid;
}

export function golden(source: Source, name: string): JsonObject {
  const found: unknown = JSON.parse(readFileSync(`test/golden/${source.name}/${name}/input.json`, 'utf8'));
  if (!isObject(found)) throw new Error(`${name} is no object`);
  return found;
}

/** What EventBridge wrapped. */
export function detail(source: Source, name: string): JsonObject {
  return object(golden(source, name)['detail']) ?? {};
}
