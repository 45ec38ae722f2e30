// Every golden case: the mapping gives what is written down, and what is written down is valid OCSF.
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { goldenCases, runGolden } from '../golden-runner.ts';
import { validateEvent } from '../ocsf.ts';
import { SOURCES } from '../../shared/sources/registry.ts';

const cases = goldenCases();

test('every source has golden cases, among them a minimal, a full and a malformed one', () => {
  for (const source of SOURCES) {
    const names = cases.filter((golden) => golden.source === source.name).map((golden) => golden.name);
    expect({ source: source.name, names }).toEqual({
      source: source.name,
      names: expect.arrayContaining(['minimal', 'full', 'malformed']) as unknown,
    });
  }
});

describe.each(cases.map((golden) => [`${golden.source}/${golden.name}`, golden] as const))('%s', (_, golden) => {
  test('gives the expected outcomes', async () => {
    const expected = readFileSync(join(golden.directory, 'expected.ndjson'), 'utf8');
    const { lines } = await runGolden(golden);
    expect(lines).toEqual(expected.split('\n').filter((line) => line !== ''));
    expect(lines.length).toBeGreaterThan(0);
  });

  test('gives valid OCSF only, of the classes the source declares', async () => {
    const { events } = await runGolden(golden);
    const classes = SOURCES.find((source) => source.name === golden.source)?.classes ?? [];
    for (const event of events) {
      expect(validateEvent(event)).toEqual([]);
      expect(classes).toContain(event.class_uid);
    }
  });

  test('gives every event an id of its own', async () => {
    const { events } = await runGolden(golden);
    expect(new Set(events.map((event) => event.metadata.uid)).size).toBe(events.length);
  });
});
