import { loadBank } from '../../../cli/bank.ts';
import type { BankConfig } from '../../../shared/config.ts';
import { choose, isOfScope, scopeOf, type Choice, type Selection } from '../../../shared/replay/select.ts';
import { DAY, HOUR, leafOf, type LeafOf } from './leaf.ts';

const BANK = loadBank('banks/demo.yml').bank ?? ({} as BankConfig);
const NOON: Selection = { source: 'cloudtrail', from: DAY + 12 * HOUR, to: DAY + 13 * HOUR, accounts: [] };
const FLOW_URI =
  's3://landing/AWSLogs/222222222222/vpcflowlogs/eu-central-1/2026/11/20/222222222222_vpcflowlogs_eu-central-1_fl-1_x.log.gz#1';

function chosen(leaf: LeafOf, selection: Partial<Selection> = {}): Choice {
  return choose(leafOf(leaf), { ...NOON, ...selection }, BANK);
}

describe('by time', () => {
  it.each<[string, number, number, Choice]>([
    ['within', 12.2, 12.3, 'wanted'],
    ['around', 11, 14, 'wanted'],
    ['at the beginning', 11, 12, 'wanted'],
    ['at the end', 13, 14, 'other'],
    ['before', 10, 11.99, 'other'],
  ])('objects whose events are %s', (_, first, last, choice) => {
    expect(chosen({ first: first * HOUR, last: last * HOUR, delivered: 20 * HOUR })).toBe(choice);
  });

  it('objects without events count by their delivery: the mappers of today may read them', () => {
    const none = { first: null, last: null, parked: 10 };

    expect(chosen({ ...none, delivered: 12.5 * HOUR })).toBe('wanted');
    expect(chosen({ ...none, delivered: 13 * HOUR })).toBe('other');
    expect(chosen({ ...none, delivered: 12.5 * HOUR, records: 0, parked: 0 })).toBe('other');
  });

  it('objects of which some records could not be read count by both', () => {
    expect(chosen({ first: 9 * HOUR, last: 10 * HOUR, delivered: 12.5 * HOUR, parked: 1 })).toBe('wanted');
    expect(chosen({ first: 9 * HOUR, last: 10 * HOUR, delivered: 12.5 * HOUR })).toBe('other');
  });
});

describe('by source and account', () => {
  const noon = { first: 12 * HOUR, last: 12 * HOUR };

  it('is what lies under its name', () => {
    expect(chosen({ ...noon, source: 'vpc-flow' })).toBe('other');
    expect(chosen({ ...noon, source: 'vpc-flow' }, { source: 'all' })).toBe('wanted');
    expect(chosen({ ...noon, account: '333333333333' }, { accounts: ['222222222222'] })).toBe('other');
    expect(chosen({ ...noon, account: '333333333333' }, { accounts: ['222222222222', '333333333333'] })).toBe('wanted');
  });

  it('and what nobody had claimed, where its key says by now whose it is', () => {
    const unknown = { ...noon, source: 'unknown' };

    expect(chosen({ ...unknown, uri: FLOW_URI }, { source: 'vpc-flow' })).toBe('wanted');
    expect(chosen({ ...unknown, uri: FLOW_URI })).toBe('other');
    expect(chosen({ ...unknown, uri: 's3://landing/mainframe/job#1' })).toBe('unclaimed');
    expect(chosen({ ...unknown, uri: 'kinesis://intake/shardId-000000000000/1' })).toBe('unclaimed');
    expect(chosen({ ...unknown, uri: 's3://landing/mainframe/job#1' }, { source: 'unknown' })).toBe('wanted');
    expect(chosen({ source: 'unknown', uri: 's3://landing/mainframe/job#1' })).toBe('other');
  });
});

describe('what was recorded to be opened', () => {
  const key = (source: string, account = '222222222222'): string => leafOf({ source, account }).key;

  it('is of the bank, the accounts, and the source or of none', () => {
    const selection = { ...NOON, accounts: ['222222222222'] };

    expect(isOfScope(key('cloudtrail'), 'demo', selection)).toBe(true);
    expect(isOfScope(key('unknown'), 'demo', selection)).toBe(true);
    expect(isOfScope(key('vpc-flow'), 'demo', selection)).toBe(false);
    expect(isOfScope(key('vpc-flow'), 'demo', { ...selection, source: 'all' })).toBe(true);
    expect(isOfScope(key('cloudtrail', '333333333333'), 'demo', selection)).toBe(false);
    expect(isOfScope(key('cloudtrail'), 'other', selection)).toBe(false);
  });

  it('is said in words', () => {
    expect(scopeOf('id', NOON)).toEqual({
      ...{ replay: 'id', source: 'cloudtrail', accounts: [] },
      ...{ from: '2026-11-20T12:00:00.000Z', to: '2026-11-20T13:00:00.000Z' },
    });
  });
});
