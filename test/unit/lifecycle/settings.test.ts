import { bankNamed } from '../../../cli/bank.ts';
import type { BankConfig } from '../../../shared/config.ts';
import { settingsOf } from '../../../shared/lifecycle/settings.ts';
import { SOURCES } from '../../../shared/sources/registry.ts';

const SMALL = [
  { name: 'cloudtrail', classes: [6003, 3002] },
  { name: 'eks-audit', classes: [6003] },
  { name: 'vpc-flow', classes: [4001] },
];

function days(retention: Partial<BankConfig['retention']>, cls: string): number {
  const base = { evidence_days: 400, evidence_mode: 'governance' as const, landing_days: 1, parked_days: 14, function_logs_days: 1 };
  return settingsOf({ opensearch: {}, retention: { ...base, ...retention } }, SMALL).indexDays(cls);
}

const trails = { name: 'trails', sources: ['cloudtrail'], evidence_days: 1827, evidence_mode: 'governance' as const };

it('an index is kept for a year, for as long as its evidence where that is shorter, or as the bank’s file says', () => {
  expect(days({}, 'api_activity')).toBe(365);
  expect(days({ evidence_days: 90 }, 'api_activity')).toBe(90);
  expect(days({ index_days: 30 }, 'api_activity')).toBe(30);
});

it('of sources that share an OCSF class the longest counts', () => {
  const longer = { index_days: 30, classes: [{ ...trails, index_days: 200 }] };
  const shorter = { index_days: 200, classes: [{ ...trails, index_days: 30 }] };

  expect(['api_activity', 'authentication', 'network_activity'].map((cls) => days(longer, cls))).toEqual([200, 200, 30]);
  expect(['api_activity', 'authentication', 'network_activity'].map((cls) => days(shorter, cls))).toEqual([200, 30, 200]);
  // Nobody knows what such an index may hold.
  expect(days(longer, 'class_9001')).toBe(200);
});

it('a source may be in an index of the classes that it emits; what is not known may be in any', () => {
  const { mayHold } = settingsOf(bankNamed('demo'), SOURCES);

  expect(mayHold('network_activity', 'vpc-flow')).toBe(true);
  expect(mayHold('api_activity', 'vpc-flow')).toBe(false);
  expect(mayHold('api_activity', 'a-source-of-old')).toBe(true);
  expect(mayHold('class_9001', 'vpc-flow')).toBe(true);
});
