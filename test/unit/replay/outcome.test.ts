import { faultsOf, followReplay, type Outcome } from '../../../cli/replay/outcome.ts';
import type { ReplayPlan } from '../../../shared/replay/store.ts';

const PLAN: ReplayPlan = {
  format: 1,
  bank: 'demo',
  mark: { id: '20261121T093000Z-9f3c21ab', to: 'hub', alerts: false },
  selection: { source: 'cloudtrail', from: 0, to: 1, accounts: [] },
  chunks: 3,
  totals: { objects: 30, records: 300, bytes: 3000 },
  rate: 100,
};
const DONE: Outcome = {
  ...{ objects: 28, erased: 2, refused: 0, problems: [] },
  ...{ records: 300, events: 290, excluded: 6, parked: 4 },
  ...{ done: 3, failed: [], waiting: 0 },
};

describe('faultsOf', () => {
  it('finds none where all was replayed but what was erased', () => {
    expect(faultsOf(DONE, PLAN)).toEqual([]);
  });

  it.each<[string, Partial<Outcome>, readonly string[]]>([
    ['refused evidence', { objects: 27, refused: 1, problems: [{ key: 'k', detail: 'k is refused' }] }, ['refused: k is refused']],
    ['more than is shown', { objects: 26, refused: 2 }, ['refused: 2 objects more']],
    ['failed chunks', { failed: [{ chunk: 2, reason: 'Error: x' }] }, ['chunk 2 failed: Error: x', '--resume 20261121T093000Z-9f3c21ab']],
    ['silence', { waiting: 1 }, ['1 chunks are not done', '--resume']],
    ['objects that nobody counted', { objects: 27 }, ['30 objects were planned, 27 replayed, 2 erased and 0 refused']],
    ['records that nobody counted', { events: 289 }, ['300 records are not 289 events, 6 excluded and 4 parked']],
  ])('tells %s', (_, change, faults) => {
    const found = faultsOf({ ...DONE, ...change }, PLAN);

    expect(found).toEqual(faults.map((fault) => expect.stringContaining(fault) as unknown));
  });
});

describe('followReplay', () => {
  const standing = (done: number, waiting: number): Outcome => ({ ...DONE, done, waiting });

  it('says each step once and ends with the last chunk', async () => {
    const steps = [standing(0, 3), standing(0, 3), standing(2, 1), standing(3, 0)];
    const said: number[] = [];

    const outcome = await followReplay(() => Promise.resolve(steps.shift() ?? DONE), {
      pollMs: 1,
      onProgress: ({ done }) => said.push(done),
    });

    expect(outcome).toMatchObject({ done: 3 });
    expect(said).toEqual([0, 2, 3]);
  });

  it('gives up when nothing happens', async () => {
    const outcome = await followReplay(() => Promise.resolve(standing(1, 2)), { pollMs: 1, patienceMs: 20, onProgress: () => undefined });

    expect(outcome.waiting).toBe(2);
  });
});
