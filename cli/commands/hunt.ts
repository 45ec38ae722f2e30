// `strongroom hunt`: rules over the past. Nothing is raised, and nothing is written but the record of why evidence was opened.
// https://sigmahq.io/docs/basics/rules.html
import { readFileSync } from 'node:fs';
import type { BankConfig } from '../../shared/config.ts';
import { createHunt, type Hunt, type Hunted } from '../../shared/correlate/hunt.ts';
import { huntIndex } from '../../shared/correlate/hunt-index.ts';
import { huntVault, type VaultRead } from '../../shared/correlate/hunt-vault.ts';
import { rawLogOf } from '../../shared/detect/query-places.ts';
import type { RulePack } from '../../shared/detect/pack.ts';
import { readDocuments } from '../../shared/detect/sigma/load.ts';
import { resolve } from '../../shared/detect/sigma/resolve.ts';
import { RuleError, type Rule } from '../../shared/detect/sigma/rule.ts';
import { bankLists } from '../../shared/detect/tuning.ts';
import { s3LogStore } from '../../shared/notary/store.ts';
import { OCSF_CLASSES } from '../../shared/ocsf/classes.ts';
import { sensitiveOf } from '../../shared/redact/pseudonyms.ts';
import { evidenceLeaves } from '../../shared/replay/leaves.ts';
import { QueryError } from '../../shared/search/errors.ts';
import { assertNotCold, sightOf } from '../../shared/search/sight.ts';
import { timeRange, type TimeWords } from '../../shared/search/time.ts';
import { clock } from '../../shared/search/value.ts';
import { sourcesOf } from '../../shared/sources/routes.ts';
import { bankNamed } from '../bank.ts';
import { output as outputNamed } from '../deployed.ts';
import { codeOf, unreadable } from '../input-files.ts';
import { withBankSearch } from '../opensearch.ts';
import { bankVault, openVault } from '../vault.ts';
import { readLimit, TERMINAL, usage, write, type Output } from './search.ts';

export interface HuntOptions extends TimeWords {
  readonly rule: string;
  readonly bank: string;
  readonly by?: readonly string[] | undefined;
  readonly limit?: string | undefined;
  readonly json?: boolean | undefined;
  readonly vault?: boolean | undefined;
  readonly reason?: string | undefined;
  readonly url?: string | undefined;
}

const DEFAULT_ROWS = 10;

interface Wanted {
  readonly pack: RulePack;
  readonly from: number;
  readonly to: number;
  readonly now: number;
  readonly by: readonly string[];
  readonly rows: number;
  readonly isJson: boolean;
}

/** Prints what would have fired. @returns 0, also where nothing would have; 1 if not all evidence could be read; 2 for what the caller can mend. */
export async function huntCommand(options: HuntOptions, output: Output = TERMINAL): Promise<number> {
  return await usage(output, async () => {
    const wanted = wantedOf(options);
    if (options.vault === true) return await overVault(options, wanted, output);
    if (options.reason !== undefined) throw new QueryError('--reason belongs to --vault: the index is read without');
    const bank = bankNamed(options.bank);
    return await withBankSearch(options.bank, { url: options.url }, async ({ client }) => {
      const { limits, cold } = await sightOf(client, bank);
      assertNotCold(cold, wanted);
      for (const lack of limits) output.say(`warning: ${lack}`);
      const { hunt, lists } = huntOf(wanted, bank);
      const read = await huntIndex(hunt, {
        ...{ client, lists, from: wanted.from, to: wanted.to, now: wanted.now, page: output.page },
        onProgress: (done, of) => output.say(`${done} of ${of} events looked at`),
      });
      await print({ hunted: hunt.end(), wanted, place: 'index', read: { events: read } }, output);
      return 0;
    });
  });
}

function wantedOf(options: HuntOptions): Wanted {
  const now = Date.now();
  const { from, to = now } = timeRange(options, now);
  return {
    ...{ from, to, now },
    pack: packOf(options.rule),
    by: options.by ?? [],
    rows: options.limit === undefined ? DEFAULT_ROWS : readLimit(options.limit),
    isJson: options.json === true,
  };
}

/** @throws QueryError with file, line and reason of everything that is wrong with it. */
export function packOf(file: string): RulePack {
  const documents = readDocuments(readFileOrFail(file), file);
  const broken = documents.flatMap((document) => (document.kind === 'broken' ? [document.error] : []));
  const { rules, correlations, silent, errors } = resolve(documents.filter((document) => document.kind !== 'broken'));
  const wrong = [...broken, ...errors];
  if (wrong.length > 0) throw new QueryError(wrong.map(({ message }) => message).join('\n'));
  if (rules.length === 0) throw new QueryError(`${file} holds no rule`);
  return { rules, correlations, silent: [...silent] };
}

function readFileOrFail(file: string): string {
  try {
    return readFileSync(file, 'utf8');
  } catch (error) {
    throw new QueryError(unreadable(file) ?? `${file}: cannot be read (${codeOf(error)})`);
  }
}

function huntOf({ pack, from, to, by }: Wanted, bank: BankConfig): { readonly hunt: Hunt; readonly lists: ReturnType<typeof bankLists> } {
  const lists = bankLists(bank);
  try {
    return { hunt: createHunt(pack, { from, to, by, lists }), lists };
  } catch (error) {
    if (error instanceof RuleError) throw new QueryError(error.message);
    throw error;
  }
}

async function overVault(options: HuntOptions, wanted: Wanted, output: Output): Promise<number> {
  if (options.reason === undefined)
    throw new QueryError('--vault opens evidence and takes --reason: it is recorded before anything is opened');
  const { hunt } = huntOf(wanted, bankNamed(options.bank));
  const found = await bankVault(options.bank);
  const { bank, outputs, kms, keys, vault } = found;
  const [from, to] = [wanted.from, wanted.to].map((time) => new Date(time).toISOString());
  const rules = [...wanted.pack.rules, ...wanted.pack.correlations].map(({ title }) => title).slice(0, MAX_NAMED);
  const scope = { from: from ?? '', to: to ?? '', rules };
  const sensitive = await sensitiveOf(bank, { kms, keys, keyArn: () => outputNamed(outputs, 'PseudonymKeyArn') });
  const open = await openVault(found, { reason: options.reason, purpose: 'hunt', scope });
  const read = await huntVault(hunt, {
    ...{ bank, sensitive, vault: open, from: wanted.from, to: wanted.to, sources: sourcesFor(hunt.rules, bank) },
    leaves: evidenceLeaves(s3LogStore(vault), `${bank.bank}/`),
    onProgress: toldEvery(output),
  });
  return await printRead(hunt, read, wanted, output);
}

const MAX_NAMED = 20;

/** Prints what the evidence says. @returns 1 where some of it could not be read. */
export async function printRead(hunt: Hunt, read: VaultRead, wanted: Wanted, output: Output): Promise<number> {
  const { objects, events, erased, refused } = read;
  if (erased > 0) output.say(`${erased} objects were erased: what was in them is not counted`);
  for (const { key, detail } of refused) output.say(`not read: ${key}: ${detail}`);
  await print({ hunted: hunt.end(), wanted, place: 'vault', read: { objects, events, erased, refused: refused.length } }, output);
  return refused.length === 0 ? 0 : 1;
}

const TOLD_EVERY = 100;

function toldEvery({ say }: Output): (read: VaultRead) => void {
  return ({ objects, events }) => {
    if (objects > 0 && objects % TOLD_EVERY === 0) say(`${objects} objects opened, ${events} events looked at`);
  };
}

/** @returns names of the sources whose events the rules are about; undefined where that cannot be told. */
export function sourcesFor(rules: readonly Rule[], bank: BankConfig): ReadonlySet<string> | undefined {
  const classes = rules.map(({ taxonomy, logsource }) => {
    if (taxonomy === 'sigma') return rawLogOf(logsource)?.classes;
    const cls = OCSF_CLASSES.find(({ name }) => name === logsource.category);
    return cls === undefined ? undefined : [cls.uid];
  });
  if (classes.includes(undefined)) return undefined;
  const wanted = new Set(classes.flatMap((uids) => uids ?? []));
  return new Set(sourcesOf(bank).flatMap(({ name, classes: made }) => (made.some((uid) => wanted.has(uid)) ? [name] : [])));
}

interface Report {
  readonly hunted: readonly Hunted[];
  readonly wanted: Wanted;
  readonly place: 'index' | 'vault';
  readonly read: Readonly<Record<string, number>>;
}

async function print({ hunted, wanted, place, read }: Report, { out }: Output): Promise<void> {
  const { rows, isJson } = wanted;
  if (!isJson) {
    await write(out, `${[...hunted.flatMap((one) => textOf(one, rows)), readLine(place, read)].join('\n')}\n`);
    return;
  }
  const [from, to] = [iso(wanted.from), iso(wanted.to)];
  const rules = hunted.map((one) => ({
    ...{ id: one.id, title: one.title, level: one.level, kind: one.kind, total: one.total, first: iso(one.first), last: iso(one.last) },
    by_day: Object.fromEntries(one.days),
    by_entity: one.entities.slice(0, rows).map(({ values, count, first, last }) => ({
      entity: Object.fromEntries(one.entityNames.map((name, at) => [name, values[at] ?? ''])),
      ...{ count, first: iso(first), last: iso(last) },
    })),
    entities: one.entities.length,
    samples: one.samples.slice(0, rows).map(({ time, events }) => ({ time: iso(time), events })),
  }));
  await write(out, `${JSON.stringify({ from, to, over: place, read, rules })}\n`);
}

function iso(time: number | undefined): string | undefined {
  return time === undefined ? undefined : new Date(time).toISOString();
}

function textOf({ title, level, kind, total, first, last, ...of }: Hunted, rows: number): readonly string[] {
  const verb =
    kind === 'rule'
      ? total === 1
        ? 'event matches'
        : 'events match'
      : total === 1
        ? 'time it would have fired'
        : 'times it would have fired';
  const head = `${title} (${level}): ${total} ${verb}`;
  if (total === 0) return [head, ''];
  const shown = of.entities.slice(0, rows);
  const more = of.entities.length - shown.length;
  return [
    head,
    `  first ${clock(first)}, last ${clock(last)}`,
    ...of.days.map(([day, count]) => `  ${day}  ${count}`),
    ...(of.entityNames.length === 0 ? [] : [`  by ${of.entityNames.join(', ')}:`]),
    ...(of.entityNames.length === 0
      ? []
      : shown.map(
          ({ values, count, last: latest }) =>
            `    ${count}  ${values.map((value) => (value === '' ? '-' : value)).join(', ')}  (last ${clock(latest)})`,
        )),
    ...(more > 0 ? [`    and ${more} more; --limit shows them`] : []),
    '  samples:',
    ...of.samples.slice(0, rows).map(({ time, events }) => `    ${clock(time)}  ${events.join(' ')}`),
    '',
  ];
}

function readLine(place: string, read: Readonly<Record<string, number>>): string {
  return `${Object.entries(read)
    .map(([what, count]) => `${count} ${what}`)
    .join(', ')} read in the ${place}`;
}
