// `strongroom cost`: what the vault will cost as the bank's file has it, before anything is deployed.
import type { Writable } from 'node:stream';
import type { BankConfig } from '../../shared/config.ts';
import { MisconfiguredError } from '../../shared/errors.ts';
import { classesOf, STANDARD } from '../../shared/retention/classes.ts';
import { COLD_STORAGE, SMALLEST_COLD_BYTES } from '../../shared/retention/cold.ts';
import { costOf, totals, type ClassCost, type Load, type Prices, type YearCost } from '../../shared/retention/cost.ts';
import prices from '../../shared/retention/prices.json' with { type: 'json' };
import { bankNamed } from '../bank.ts';

export interface CostOptions {
  readonly bank: string;
  readonly gbPerDay: string;
  /** `name=GB per day` of classes other than the standard one. */
  readonly class?: readonly string[] | undefined;
  readonly objectKb: string;
  readonly years: string;
  readonly json?: boolean | undefined;
}

const OTHER_REGION = 'us-east-1';
const MOST_YEARS = 100;

/** Prints the expected cost. @returns the exit code. */
export function costCommand(options: CostOptions, out: Writable = process.stdout): number {
  return printCost(bankNamed(options.bank), options, out);
}

export function printCost(bank: BankConfig, options: CostOptions, out: Writable): number {
  const years = numberOf(options.years, '--years', MOST_YEARS);
  if (!Number.isInteger(years)) throw new MisconfiguredError(`--years must be a whole number (found "${options.years}")`);
  const objectBytes = numberOf(options.objectKb, '--object-kb', 5 * 1024 ** 2) * 1024;
  const { region, list } = pricesOf(bank.region);
  const costs = costOf({ loads: loadsOf(bank, options), cold: bank.retention.cold ?? [], objectBytes, years, prices: list });
  if (options.json === true) out.write(`${JSON.stringify(asJson(costs, region, list))}\n`);
  else out.write(asText(costs, { bank, region, list, objectBytes }));
  return 0;
}

function pricesOf(wanted: string): { readonly region: string; readonly list: Prices } {
  const lists: Readonly<Record<string, Prices>> = prices.regions;
  const list = lists[wanted];
  return list === undefined ? { region: OTHER_REGION, list: prices.regions[OTHER_REGION] } : { region: wanted, list };
}

function numberOf(given: string, option: string, most: number): number {
  const found = /^\d{1,9}(?:\.\d{1,6})?$/.test(given) ? Number(given) : Number.NaN;
  if (found > 0 && found <= most) return found;
  throw new MisconfiguredError(`${option} must be a number above 0, at most ${most} (found "${given}")`);
}

/** What no class is named for is the standard one's. */
function loadsOf({ retention }: BankConfig, { gbPerDay, class: given = [] }: CostOptions): readonly Load[] {
  const total = numberOf(gbPerDay, '--gb-per-day', 1e9);
  const classes = classesOf(retention);
  const shares = new Map(
    given.map((share) =>
      shareOf(
        share,
        classes.map(({ name }) => name),
      ),
    ),
  );
  const named = [...shares.values()].reduce((sum, share) => sum + share, 0);
  if (named > total) throw new MisconfiguredError(`--class: ${named} GB a day are more than --gb-per-day ${total}`);
  return classes.map((one) => ({ class: one, gbPerDay: one.name === STANDARD ? total - named : (shares.get(one.name) ?? 0) }));
}

function shareOf(given: string, names: readonly string[]): readonly [string, number] {
  const [name = '', share = ''] = given.split('=');
  const own = names.filter((known) => known !== STANDARD);
  if (!own.includes(name))
    throw new MisconfiguredError(
      own.length === 0
        ? `--class ${given}: the bank's file has no class but ${STANDARD}`
        : `--class must be <class>=<GB a day> of one of ${own.join(', ')} (found "${given}")`,
    );
  return [name, numberOf(share, `--class ${name}=`, 1e9)];
}

interface Shown {
  readonly bank: BankConfig;
  readonly region: string;
  readonly list: Prices;
  readonly objectBytes: number;
}

function asText(costs: readonly ClassCost[], { bank, region, list, objectBytes }: Shown): string {
  const all = totals(costs);
  const last = all.at(-1);
  const lines = [
    `Vault of bank ${bank.bank}, ${money()}, list prices of ${region} as of ${list.checked} (${prices.source})`,
    ...(region === bank.region ? [] : [`There are no prices for ${bank.region} here: those of ${region} stand in`]),
    '',
    row(['class', 'locked', 'GB/day', 'moves', `year ${last?.year ?? 0}`, 'all STANDARD']),
    ...costs.map(({ class: one, gbPerDay, steps, years }) =>
      row([
        one.name,
        `${one.days} d ${one.mode}`,
        amount(gbPerDay),
        moves(steps),
        amount(years.at(-1)?.total),
        amount(years.at(-1)?.allStandard),
      ]),
    ),
    '',
    row(['year', 'stored GB', 'storage', 'requests', 'tags', 'total', 'all STANDARD']),
    ...all.map((year) =>
      row([String(year.year), ...[year.storedGb, year.storage, year.requests, year.tags, year.total, year.allStandard].map(amount)]),
    ),
    row(['sum', '', ...sums(all).map(amount)]),
    '',
    `Objects of ${Math.round(objectBytes / 1024)} KB on average (--object-kb). Reading, restoring, KMS and the log itself are not in it.`,
    ...warnings(costs, bank, objectBytes),
  ];
  return `${lines.join('\n')}\n`;
}

function money(): string {
  return prices.currency;
}

function sums(all: readonly YearCost[]): readonly number[] {
  const sum = (of: (year: YearCost) => number): number => all.reduce((total, year) => total + of(year), 0);
  return [
    sum((year) => year.storage),
    sum((year) => year.requests),
    sum((year) => year.tags),
    sum((year) => year.total),
    sum((year) => year.allStandard),
  ];
}

function moves(steps: ClassCost['steps']): string {
  return steps.length === 0 ? 'none' : steps.map((step) => `${step.storage_class} after ${step.after_days} d`).join(', ');
}

function* warnings(costs: readonly ClassCost[], { retention }: BankConfig, objectBytes: number): Generator<string> {
  const cold = retention.cold ?? [];
  if (cold.length > 0 && objectBytes < SMALLEST_COLD_BYTES)
    yield `S3 moves no objects below ${SMALLEST_COLD_BYTES / 1024} KB: all of it stays in STANDARD`;
  if (costs.some(({ steps }) => steps.some((step) => COLD_STORAGE[step.storage_class].isArchive)))
    yield 'From GLACIER and DEEP_ARCHIVE evidence has to be restored, for hours and at a price, before it can be opened, verified or replayed';
  for (const { class: one, steps, years } of costs) {
    const [total, standard] = [years.reduce((sum, year) => sum + year.total, 0), years.reduce((sum, year) => sum + year.allStandard, 0)];
    if (steps.length > 0 && total > standard) yield `Moving ${one.name} costs more than it saves in these years`;
  }
}

/** Widths of columns: the first to the left, the others to the right. */
function row(cells: readonly string[]): string {
  return cells
    .map((cell, at) => (at === 0 ? cell.padEnd(12) : cell.padStart(14)))
    .join('  ')
    .trimEnd();
}

function amount(value = 0): string {
  return value.toLocaleString('en-US', { maximumFractionDigits: value < 100 ? 2 : 0 });
}

function asJson(costs: readonly ClassCost[], region: string, list: Prices): object {
  return {
    currency: prices.currency,
    prices: { region, checked: list.checked, source: prices.source },
    classes: costs.map(({ class: one, gbPerDay, steps, years }) => ({ ...one, gb_per_day: gbPerDay, cold: steps, years })),
    years: totals(costs),
  };
}
