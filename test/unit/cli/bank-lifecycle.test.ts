import { lifecycle } from '../../../cli/bank-lifecycle.ts';
import { bankNamed } from '../../../cli/bank.ts';
import type { BankConfig } from '../../../shared/config.ts';

function problems(opensearch: Partial<BankConfig['opensearch']>, retention: Partial<BankConfig['retention']> = {}): readonly string[] {
  const bank = bankNamed('demo');
  const changed = { ...bank, opensearch: { ...bank.opensearch, ...opensearch }, retention: { ...bank.retention, ...retention } };
  return [...lifecycle(changed)].map(({ path, message }) => `${path.join('.')} ${message}`);
}

const snapshots = { repository: 'bank' };
const classes: BankConfig['retention']['classes'] = [
  { name: 'long', sources: ['cloudtrail'], evidence_days: 365, evidence_mode: 'governance', index_days: 180 },
];
const domain = {
  instance_type: 'r7g.large.search',
  instance_count: 2,
  volume_gib: 100,
  subnet_ids: ['subnet-0aaa1111'],
  security_group_ids: ['sg-0ddd4444'],
};

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
  [
    'warm and cold when it is gone',
    { lifecycle: { warm_after_days: 90, cold_after_days: 120 } },
    { index_days: 90 },
    [
      'warm_after_days must be below the longest index_days, 90: nothing is in the index by then (found 90)',
      'cold_after_days must be below the longest index_days, 90: nothing is in the index by then (found 120)',
    ],
  ],
  ['warm while one class of retention is still there', { lifecycle: { warm_after_days: 90 } }, { index_days: 30, classes }, []],
  [
    'a single copy of what has no other',
    { lifecycle: { replicas: 0, single_copy_after_days: 5 }, snapshots },
    {},
    ['single_copy_after_days is nothing with replicas: 0'],
  ],
  [
    'warm and cold in a domain that has neither',
    { domain, lifecycle: { warm_after_days: 14, cold_after_days: 90 } },
    {},
    ['warm_after_days is nothing with opensearch.domain', 'cold_after_days is nothing with opensearch.domain'],
  ],
  ['longer than the evidence', {}, { index_days: 366 }, ['retention.index_days must not be above evidence_days (365)']],
])('%s', (_, opensearch, retention, expected) => {
  const found = problems(opensearch, retention);

  expect(found).toHaveLength(expected.length);
  for (const [at, message] of expected.entries()) expect(found[at]).toContain(message);
});
