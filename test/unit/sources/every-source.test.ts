// What holds for every source there is, whatever is thrown at it.
import fc from 'fast-check';
import type { OcsfEvent } from '../../../shared/model.ts';
import { recognise, SOURCES } from '../../../shared/sources/registry.ts';
import { validateEvent } from '../../ocsf.ts';
import { goldenCases } from '../../golden-runner.ts';
import { inputOf, mutated, normaliseSpecimen, specimensOf } from '../../mutations.ts';

test('names are unique, and every source says how it is delivered', () => {
  expect(new Set(SOURCES.map(({ name }) => name)).size).toBe(SOURCES.length);
  for (const { name, delivered } of SOURCES) expect({ name, ways: delivered.length > 0 }).toEqual({ name, ways: true });
});

describe.each(SOURCES.map((source) => [source.name, source] as const))('%s', (name, source) => {
  const specimens = specimensOf(source);

  test('its full case is recognised by its contents, and neither that nor the minimal one is taken for another source', () => {
    const inputs = goldenCases()
      .filter((golden) => golden.source === name && ['minimal', 'full'].includes(golden.name))
      .map((golden) => ({ golden: golden.name, input: inputOf(golden) }))
      .filter(({ input }) => input !== undefined);
    const told = inputs.map(({ golden, input = '' }) => ({
      golden,
      told: recognise(input.slice(0, 65_536))?.name ?? (golden === 'minimal' ? name : undefined),
    }));
    expect(told).toEqual(inputs.map(({ golden }) => ({ golden, told: name })));
  });

  test('whatever its records become: nothing is thrown or lost, every event is valid OCSF', () => {
    fc.assert(
      fc.property(fc.nat({ max: specimens.length - 1 }), fc.integer(), (at, seed) => {
        const specimen = specimens[at];
        if (specimen === undefined) return;
        const events: OcsfEvent[] = [];
        const problems: string[] = [];
        const summary = normaliseSpecimen(source, specimen, mutated(specimen.text, specimens, seed), {
          transforms: [],
          onEvent: (event) => events.push(event),
          onParked: ({ detail }) => {
            if (detail.includes(' failed on it: ')) problems.push(detail);
          },
        });
        for (const event of events) problems.push(...validateEvent(event));
        expect(problems).toEqual([]);
        const { records, excluded, parked } = summary.counts;
        expect(records).toBe(events.length + excluded + parked);
      }),
      { numRuns: 150 },
    );
  });
});
