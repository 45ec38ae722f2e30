// Declared sources for the tests here: written as YAML, compiled and run as they would be.
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { loadSource } from '../../../cli/declared/compile.ts';
import type { FileError } from '../../../cli/yaml-file.ts';
import type { DeclaredPlan } from '../../../shared/declared/plan.ts';
import { declaredSource } from '../../../shared/declared/source.ts';
import type { OcsfEvent, Origin, ParkedRecord } from '../../../shared/model.ts';
import { createNormaliser } from '../../../shared/normalise.ts';
import { isObject } from '../../../shared/outcome.ts';
import type { Source } from '../../../shared/sources/api.ts';
import { validateEvent } from '../../ocsf.ts';

const folder = mkdtempSync(join(tmpdir(), 'strongroom-declared-'));
afterAll(() => {
  rmSync(folder, { recursive: true, force: true });
});

/** What a source needs at least; the tests replace and add lines. */
export const HEAD = `name: door
title: Doors
documentation: https://example.com/doors
product: { name: Doors, vendor_name: Example }
`;

export const DOOR = `${HEAD}format: json
time: { from: at }
class: authentication
activity: { value: Logon }
attributes:
  user.name: who
  service.name: { value: Doors }
`;

export function errorsOf(yaml: string): readonly FileError[] {
  const file = join(folder, 'door.yml');
  writeFileSync(file, yaml);
  return loadSource(file).errors ?? [];
}

/** `line: path: message` of each error. */
export function wrong(yaml: string): readonly string[] {
  return errorsOf(yaml).map(({ line, path, message }) => `${line}: ${path}: ${message}`);
}

export function planOf(yaml: string): DeclaredPlan {
  const file = join(folder, 'door.yml');
  writeFileSync(file, yaml);
  const { plan, errors } = loadSource(file);
  if (plan === undefined) throw new Error(JSON.stringify(errors));
  // As it is packed.
  return JSON.parse(JSON.stringify(plan)) as DeclaredPlan;
}

export function sourceOf(yaml: string): Source {
  return declaredSource(planOf(yaml));
}

export const ORIGIN: Origin = {
  bank: 'demo',
  account: '222222222222',
  region: 'eu-central-1',
  source: 'door',
  trigger: 's3',
  uri: 's3://landing/door#1',
  time: Date.UTC(2026, 1, 3),
};

export interface Ran {
  readonly events: readonly OcsfEvent[];
  readonly parked: readonly ParkedRecord[];
  readonly excluded: readonly string[];
}

/** Every event is judged, too. */
export function run(source: Source | string, input: string, more: { readonly logGroup?: string; readonly origin?: Origin } = {}): Ran {
  const ran = { events: [] as OcsfEvent[], parked: [] as ParkedRecord[], excluded: [] as string[] };
  const normaliser = createNormaliser({
    origin: more.origin ?? ORIGIN,
    source: typeof source === 'string' ? sourceOf(source) : source,
    logGroup: more.logGroup,
    transforms: [],
    onEvent: (event) => ran.events.push(JSON.parse(JSON.stringify(event)) as OcsfEvent),
    onExcluded: (rule) => ran.excluded.push(rule),
    onParked: (record) => ran.parked.push(record),
  });
  if (more.logGroup === undefined) normaliser.push(Buffer.from(input));
  else for (const [at, line] of input.split('\n').entries()) normaliser.record(line, { uid: `e${at}`, time: ORIGIN.time });
  normaliser.end();
  for (const event of ran.events) expect(validateEvent(event)).toEqual([]);
  for (const { detail } of ran.parked) expect(detail).not.toContain(' failed on it: ');
  return ran;
}

/** The one event that the records give. */
export function eventOf(source: Source | string, input: string | object): OcsfEvent {
  const { events, parked } = run(source, typeof input === 'string' ? input : JSON.stringify(input));
  const [event] = events;
  if (event === undefined || events.length > 1) throw new Error(`${events.length} events, parked: ${JSON.stringify(parked)}`);
  return event;
}

/** Like toMatchObject, but what is undefined here is not there. */
export function expectParts(actual: unknown, expected: object): void {
  for (const [name, part] of Object.entries(expected) as readonly (readonly [string, unknown])[]) {
    const found = isObject(actual) ? actual[name] : undefined;
    if (part === undefined || typeof part !== 'object' || part === null || Array.isArray(part))
      expect({ [name]: found }).toEqual({ [name]: part });
    else expectParts(found, part);
  }
}
