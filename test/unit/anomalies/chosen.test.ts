// What somebody from outside, or one loud host, can do to what is learned of others.
import { inTurn } from '../../../shared/anomalies/hour.ts';
import { queryOf } from '../../../shared/anomalies/read.ts';
import { object } from '../../../shared/outcome.ts';
import { baseline } from './core.ts';

it.each(['principal-country', 'principal-network'])('%s learns nothing of sign-ins that failed', (name) => {
  const query = queryOf(baseline(name), { from: 0, to: 1 });
  expect(object(query['bool'])?.['must_not']).toContainEqual({
    bool: { filter: [{ term: { class_uid: '3002' } }, { term: { status_id: 2 } }] },
  });
});

it('asks for something of each host before it asks for more of one that tries every port', () => {
  const loud = Array.from({ length: 5000 }, (_, port) => ({ entity: '192.0.2.1', key: String(port) }));
  const quiet = Array.from({ length: 20 }, (_, host) => ({ entity: `198.51.100.${host}`, key: '4444' }));
  const asked = inTurn([...loud, ...quiet]).slice(0, 500);
  expect(asked).toEqual(expect.arrayContaining(quiet));
  expect(asked).toHaveLength(500);
});
