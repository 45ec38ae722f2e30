import { Writable } from 'node:stream';
import { loadBank } from '../../../cli/bank.ts';
import { printCost, type CostOptions } from '../../../cli/commands/cost.ts';
import type { BankConfig } from '../../../shared/config.ts';
import { costOf, totals, type CostRequest, type Prices } from '../../../shared/retention/cost.ts';

const PRICES: Prices = {
  checked: '2026-01-01',
  storage: { STANDARD: 0.02, STANDARD_IA: 0.01, GLACIER_IR: 0.005, GLACIER: 0.004, DEEP_ARCHIVE: 0.001 },
  moves: { STANDARD_IA: 0.01, GLACIER_IR: 0.02, GLACIER: 0.03, DEEP_ARCHIVE: 0.05 },
  put: 0.005,
  get: 0.0005,
  tags: 0.01,
};
const MIB = 1024 ** 2;

function cost(changes: Partial<CostRequest> & { readonly days?: number }) {
  const { days = 730, ...rest } = changes;
  const loads = [{ class: { name: 'standard', days, mode: 'compliance' as const }, gbPerDay: 1 }];
  return costOf({ loads, cold: [], objectBytes: MIB, years: 3, prices: PRICES, ...rest })[0]?.years ?? [];
}

describe('the cost of the vault', () => {
  it('grows until the first evidence is deleted, then stays', () => {
    const [first, second, third] = cost({ days: 365 });

    // 1 GB a day: on average half a year's worth in the first year, a year's worth in the others.
    expect(first?.storage).toBeCloseTo((366 / 2) * 12 * 0.02, 5);
    expect(second?.storage).toBeCloseTo(365 * 12 * 0.02, 5);
    expect(third).toEqual({ ...second, year: 3 });
    expect(second?.storedGb).toBe(365);
  });

  it('counts a put, two look-ups and a tag for each object', () => {
    const [, second] = cost({ days: 365 });
    const objects = 1024;

    expect(second?.requests).toBeCloseTo((365 * objects * (0.005 + 2 * 0.0005)) / 1000, 6);
    expect(second?.tags).toBeCloseTo(((365 * objects) / 10_000) * 0.01 * 12, 6);
  });

  it('falls with colder storage, by the price of moving', () => {
    const cold = [{ after_days: 90, storage_class: 'GLACIER_IR' as const }];
    const third = cost({ cold })[2];

    expect(third?.storage).toBeCloseTo((90 * 0.02 + 640 * 0.005) * 12, 5);
    expect(third?.requests).toBeCloseTo(365 * 1.024 * (0.006 + 0.02), 6);
    expect(third?.allStandard).toBeCloseTo(730 * 0.02 * 12 + (third?.requests ?? 0) - 365 * 1.024 * 0.02 + (third?.tags ?? 0), 5);
  });

  it('bills archives for what they need beside the objects', () => {
    const cold = [{ after_days: 90, storage_class: 'DEEP_ARCHIVE' as const }];
    const extra = (1024 / 1024 ** 3) * (32 * 1024 * 0.001 + 8 * 1024 * 0.02);

    expect(cost({ cold })[2]?.storage).toBeCloseTo((90 * 0.02 + 640 * (0.001 + extra)) * 12, 5);
  });

  it('moves nothing that S3 would not move, or that is not kept long enough', () => {
    const cold = [{ after_days: 90, storage_class: 'DEEP_ARCHIVE' as const }];

    expect(cost({ cold, objectBytes: 100 * 1024 })[2]?.storage).toBeCloseTo(730 * 12 * 0.02, 5);
    expect(cost({ cold, days: 269 })[2]?.storage).toBeCloseTo(269 * 12 * 0.02, 5);
  });

  it('is the sum of the classes', () => {
    const classes = [
      { name: 'standard', days: 365, mode: 'governance' as const },
      { name: 'trail', days: 730, mode: 'compliance' as const },
    ];
    const costs = costOf({
      loads: classes.map((one) => ({ class: one, gbPerDay: 2 })),
      cold: [],
      objectBytes: MIB,
      years: 2,
      prices: PRICES,
    });

    expect(totals(costs)[1]?.total).toBeCloseTo((costs[0]?.years[1]?.total ?? 0) + (costs[1]?.years[1]?.total ?? 0), 8);
  });
});

describe('strongroom cost', () => {
  const options: CostOptions = { bank: 'demo', gbPerDay: '10', objectKb: '256', years: '3' };
  const loaded = loadBank('banks/demo.yml').bank;
  if (loaded === undefined) throw new Error('banks/demo.yml is wrong');
  const bank: BankConfig = loaded;

  function printed(given: Partial<CostOptions>, of: BankConfig = bank): string {
    let text = '';
    const out = new Writable({
      write(chunk: Buffer, _, done) {
        text += chunk.toString();
        done();
      },
    });
    printCost(of, { ...options, ...given }, out);
    return text;
  }

  it('says what each class takes, which prices these are and where they stand', () => {
    const text = printed({ class: ['trails=4'] });

    expect(text).toContain('list prices of eu-central-1 as of about 2021-12, not confirmed (https://aws.amazon.com/s3/pricing/)');
    expect(text).toMatch(/^standard +365 d governance +6 +GLACIER_IR after 90 d/m);
    expect(text).toMatch(/^trails +1827 d governance +4 +GLACIER_IR after 90 d/m);
    expect(text).toMatch(/^sum/m);
  });

  it('says that objects are too small to be moved, and that other prices stand in', () => {
    expect(printed({ objectKb: '64' })).toContain('S3 moves no objects below 128 KB');
    expect(printed({}, { ...bank, region: 'eu-north-1' })).toContain(
      'There are no prices for eu-north-1 here: those of us-east-1 stand in',
    );
  });

  it('is JSON for programs', () => {
    expect(JSON.parse(printed({ json: true }))).toMatchObject({
      currency: 'USD',
      prices: { region: 'eu-central-1' },
      classes: [
        { name: 'standard', gb_per_day: 10 },
        { name: 'trails', gb_per_day: 0 },
      ],
      years: [{ year: 1 }, { year: 2 }, { year: 3 }],
    });
  });

  it.each([
    [{ gbPerDay: 'much' }, '--gb-per-day must be a number above 0'],
    [{ gbPerDay: '0' }, '--gb-per-day must be a number above 0'],
    [{ years: '1.5' }, '--years must be a whole number'],
    [{ years: '1000' }, '--years must be a number above 0, at most 100'],
    [{ class: ['trails=11'] }, '11 GB a day are more than --gb-per-day 10'],
    [{ class: ['standard=1'] }, '--class must be <class>=<GB a day> of one of trails'],
    [{ class: ['trails'] }, '--class trails= must be a number'],
  ])('refuses %j', (given, message) => {
    expect(() => printed(given)).toThrow(message);
  });
});
