import { lifecycle } from '../../../cli/bank-lifecycle.ts';
import { bankNamed } from '../../../cli/bank.ts';
import type { BankConfig } from '../../../shared/config.ts';

function problems(opensearch: Partial<BankConfig['opensearch']>, retention: Partial<BankConfig['retention']> = {}): readonly string[] {
  const bank = bankNamed('demo');
  const changed = { ...bank, opensearch: { ...bank.opensearch, ...opensearch }, retention: { ...bank.retention, ...retention } };
  return [...lifecycle(changed)].map(({ path, message }) => `${path.join('.')} ${message}`);
}

const snapshots = { repository: 'bank' };

it.each([
  ['all of it', { lifecycle: { warm_after_days: 14, cold_after_days: 90, single_copy_after_days: 5 }, snapshots }, {}, []],
  [
    'warm before it is closed',
    { lifecycle: { close_after_days: 5, warm_after_days: 4 } },
    {},
    ['warm_after_days must be at least close_after_days, 5'],
  ],
  ['cold without warm', { lifecycle: { cold_after_days: 90 } }, {}, ['cold_after_days must come after warm_after_days']],
  [
    'cold before warm',
    { lifecycle: { warm_after_days: 14, cold_after_days: 14 } },
    {},
    ['cold_after_days must come after warm_after_days'],
  ],
  [
    'single copies without a snapshot',
    { lifecycle: { single_copy_after_days: 5 } },
    {},
    ['single_copy_after_days needs opensearch.snapshots'],
  ],
  ['longer than the evidence', {}, { index_days: 366 }, ['retention.index_days must not be above evidence_days (365)']],
])('%s', (_, opensearch, retention, expected) => {
  const found = problems(opensearch, retention);

  expect(found).toHaveLength(expected.length);
  for (const [at, message] of expected.entries()) expect(found[at]).toContain(message);
});
