// Questions of the retro-hunt keep within what OpenSearch takes, and ask for every indicator.
import fc from 'fast-check';
import { batchesOf, isHunted } from '../../../shared/intel/hunt-queries.ts';
import { TYPES, type Observable } from '../../../shared/intel/indicator.ts';
import { isArray, isObject, object, text } from '../../../shared/outcome.ts';

/** All queries of this kind, however deep. */
function found(kind: string, node: unknown): readonly unknown[] {
  if (isArray(node)) return node.flatMap((one) => found(kind, one));
  if (!isObject(node)) return [];
  return [...(node[kind] === undefined ? [] : [node[kind]]), ...Object.values(node).flatMap((one) => found(kind, one))];
}

const label = fc.stringMatching(/^[a-z0-9]{1,60}$/);
const indicator = fc.record({
  type: fc.constantFrom(...TYPES),
  value: fc.tuple(label, label).map(([one, two]) => `${one}.${two}.example`),
}) satisfies fc.Arbitrary<Observable>;

it('no expression is too long, no question has too many clauses, and none is forgotten', () => {
  fc.assert(
    fc.property(fc.array(indicator, { maxLength: 300 }), (indicators) => {
      const batches = batchesOf(indicators, 0);
      for (const { query } of batches) {
        for (const regexp of found('regexp', query)) {
          const [pattern] = Object.values(object(regexp) ?? {});
          expect(text(object(pattern)?.['value'])?.length).toBeLessThanOrEqual(1000);
        }
        expect(found('term', query).length).toBeLessThanOrEqual(1024);
      }
      const asked = new Set(batches.flatMap((batch) => batch.indicators));
      expect(indicators.filter((one) => asked.has(one) !== isHunted(one.type))).toEqual([]);
    }),
  );
});

it('a part of a question asks for that part alone', () => {
  const [batch] = batchesOf(
    ['198.51.100.7', '198.51.100.8'].map((value) => ({ type: 'ip', value })),
    5,
  );
  const part = batch?.part(batch.indicators.slice(1));
  expect(JSON.stringify(part?.query)).not.toContain('198.51.100.7');
  expect(JSON.stringify(part?.query)).toContain('{"range":{"time":{"gte":5}}}');
});
