// Rows of `strongroom status` out of what was expected, seen and delivered.
import { bankNamed } from '../../../cli/bank.ts';
import type { BankConfig } from '../../../shared/config.ts';
import { allowedMinutes, expectedIn, expectedSources } from '../../../shared/status/expected.ts';
import { judge, type Facts, type Row } from '../../../shared/status/judge.ts';
import { statusText } from '../../../cli/status-text.ts';

const demo = bankNamed('demo');
const NOW = Date.UTC(2026, 10, 22, 12, 30);
const MINUTE = 60_000;
const HOUR = 60 * MINUTE;
const ACCOUNT = '222222222222';
const REGION = 'eu-central-1';
/** The last 24 whole hours. */
const HOURS = Array.from({ length: 25 }, (_, at) => Date.UTC(2026, 10, 22, 12) - at * HOUR);

function bankWith(sources: readonly string[] | undefined, silence: NonNullable<BankConfig['operations']>['silence'] = []): BankConfig {
  const [entry = { id: ACCOUNT, name: 'payments' }] = demo.accounts;
  return {
    ...demo,
    accounts: [{ ...entry, id: ACCOUNT, log_groups: [], ...(sources === undefined ? {} : { sources }) }],
    operations: { silence },
  };
}

const NOTHING: Facts = { expected: [], seen: [], arrived: [] };
const seen = (source: string, ago: number, hours = HOURS, region = REGION) => ({
  source,
  account: ACCOUNT,
  region,
  last: NOW - ago,
  hours,
});
const arrived = (source: string, ago: number, region = REGION) => ({ source, account: ACCOUNT, region, at: NOW - ago });
const one = (rows: readonly Row[], source: string) => rows.find((row) => row.source === source);

describe('what is expected', () => {
  it('is what the file lists, else cloudtrail, what may not fall silent, and what log groups hold', () => {
    const [account] = demo.accounts;
    if (account === undefined) throw new Error('no account');
    expect(expectedSources({ ...demo, operations: {} }, { ...account, sources: ['waf'] })).toEqual(['waf']);
    expect(expectedSources({ ...demo, operations: {} }, account)).toEqual(['cloudtrail', 'vpc-flow', 'application-json']);
    const silence = [
      { source: 'okta', minutes: 10, accounts: 'all' as const },
      { source: 'alb', minutes: 10, accounts: ['333333333333'] },
    ];
    expect(expectedSources({ ...demo, operations: { silence } }, { ...account, log_groups: [] })).toEqual(['cloudtrail', 'okta']);
    const organization = { id: 'o-example123', management_account: '999999999999', root_id: 'r-ab12', deployers: [] };
    expect(expectedSources({ ...demo, operations: {}, organization }, { ...account, log_groups: [] })).toEqual(['cloudtrail', 'config']);
  });

  it('belongs to a region, but for what belongs to none', () => {
    const bank = bankWith(['cloudtrail', 'cloudfront']);
    expect(expectedIn(bank)).toEqual([
      { account: ACCOUNT, source: 'cloudtrail', region: REGION },
      { account: ACCOUNT, source: 'cloudfront', region: undefined },
    ]);
    expect(expectedIn({ ...bank, home: REGION, region: 'eu-west-1' }).map(({ source }) => source)).toEqual(['cloudtrail']);
  });

  it('may be silent for as long as the file says', () => {
    expect(allowedMinutes(bankWith(undefined, [{ source: 'cloudtrail', minutes: 15 }]), 'cloudtrail')).toBe(15);
    expect(allowedMinutes(bankWith(undefined), 'cloudtrail')).toBe(60);
    expect(allowedMinutes(bankWith(undefined), 'okta')).toBe(1440);
  });
});

describe('a row', () => {
  const bank = bankWith(['cloudtrail']);
  const expected = expectedIn(bank);
  it.each([
    ['ok', 10 * MINUTE],
    ['late', 61 * MINUTE],
    ['silent', 181 * MINUTE],
  ])('is %s after so long', (state, ago) => {
    const [row] = judge(bank, { expected, seen: [seen('cloudtrail', ago + 5 * MINUTE)], arrived: [arrived('cloudtrail', ago)] }, NOW);
    expect(row).toMatchObject({ state, expected: true, lag: 300, region: REGION });
  });

  it('says never where nothing was, or only more than a month ago', () => {
    expect(judge(bank, { ...NOTHING, expected }, NOW)).toMatchObject([
      { state: 'never', seen: undefined, arrived: undefined, lag: undefined, gaps: undefined },
    ]);
    expect(judge(bank, { ...NOTHING, expected, arrived: [arrived('cloudtrail', 31 * 24 * HOUR)] }, NOW)).toMatchObject([
      { state: 'never' },
    ]);
  });

  it('counts hours without events of what speaks all day, and of nothing else', () => {
    const hours = HOURS.filter((_, at) => at !== 5 && at !== 6 && at !== 0);
    const facts = { expected, seen: [seen('cloudtrail', HOUR, hours), seen('okta', HOUR, [])], arrived: [] };
    expect(judge(bank, facts, NOW).map(({ source, gaps }) => [source, gaps])).toEqual([
      ['cloudtrail', 2],
      ['okta', undefined],
    ]);
  });

  it('is unexpected only where the entry of the account lists all that it has', () => {
    const facts = { expected, seen: [], arrived: [arrived('okta', HOUR), { ...arrived('waf', HOUR), account: '123456789012' }] };
    const rows = judge(bank, facts, NOW);
    expect(one(rows, 'okta')).toMatchObject({ state: 'unexpected', expected: false });
    expect(one(rows, 'waf')).toMatchObject({ state: 'unexpected', account: '123456789012' });
    expect(one(judge(bankWith(undefined), facts, NOW), 'okta')).toMatchObject({ state: 'ok', expected: false });
  });

  it('of a source without a region takes what comes from any', () => {
    const cdn = bankWith(['cloudfront']);
    const facts = {
      expected: expectedIn(cdn),
      seen: [seen('cloudfront', HOUR, [], 'unknown')],
      arrived: [arrived('cloudfront', 2 * HOUR, 'us-east-1')],
    };
    expect(judge(cdn, facts, NOW)).toMatchObject([{ region: 'any', state: 'ok', seen: NOW - HOUR, arrived: NOW - 2 * HOUR, lag: 0 }]);
  });
});

it('prints a table, the platform, and what could not be seen', () => {
  const bank = bankWith(['cloudtrail', 'waf']);
  const facts = { expected: expectedIn(bank), seen: [seen('cloudtrail', 10 * MINUTE)], arrived: [arrived('cloudtrail', 5 * MINUTE)] };
  const platform = {
    region: REGION,
    alarms: [{ name: 'strongroom-demo-hub-age', reason: 'threshold crossed' }],
    queues: [
      { name: 'strongroom-demo-objects', waiting: 3, inHand: 1 },
      { name: 'strongroom-demo-objects-dlq', waiting: 2, inHand: 0 },
    ],
    streams: [
      { name: 'strongroom-demo-intake', age: 90 },
      { name: 'strongroom-demo-hub', age: undefined },
    ],
  };
  const lines = statusText({
    bank: 'demo',
    at: NOW,
    rows: judge(bank, facts, NOW),
    platforms: [platform],
    residency: [],
    faults: ['eu-west-1: no stack'],
  }).split('\n');
  expect(lines).toEqual([
    'Sources of bank demo at 2026-11-22T12:30Z',
    '',
    'account       source      region        state  expected  last event  last arrival  lag    gaps',
    '────────────  ──────────  ────────────  ─────  ────────  ──────────  ────────────  ─────  ────',
    '222222222222  cloudtrail  eu-central-1  ok     yes       10 min ago  5 min ago     5 min  0 h',
    '222222222222  waf         eu-central-1  never  yes       –           –             –      –',
    '',
    'Platform in eu-central-1: 1 alarms ring',
    '  alarm strongroom-demo-hub-age: threshold crossed',
    '  dead letters strongroom-demo-objects-dlq: 2',
    '  queues: objects 4; dead letters in 1 of 1',
    '  streams, oldest unread: intake 90 s, hub –',
    '',
    'Not seen: eu-west-1: no stack',
    '1 ok, 0 late, 0 silent, 1 never, 0 unexpected',
    '',
  ]);
});
