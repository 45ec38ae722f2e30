// `strongroom detect`: Sigma rules over local log files, with no server. The same reading, mapping and rules as in AWS.
// https://github.com/SigmaHQ/sigma-specification
import type { Writable } from 'node:stream';
import type { BankConfig } from '../../shared/config.ts';
import { emptyBankLists } from '../../shared/detect/bank-lists.ts';
import { createEngine, type Match } from '../../shared/detect/engine.ts';
import { listsOf } from '../../shared/detect/lists.ts';
import { logSourceOf } from '../../shared/detect/log-sources.ts';
import { shippedPack, type RulePack } from '../../shared/detect/pack.ts';
import type { Correlation } from '../../shared/detect/sigma/rule.ts';
import { correlateAll, type RuleMatch } from '../../shared/detect/sigma/windows.ts';
import { bankLists, tunedPack, wholePack } from '../../shared/detect/tuning.ts';
import { viewOf } from '../../shared/detect/view.ts';
import type { OcsfEvent } from '../../shared/model.ts';
import type { Source } from '../../shared/sources/api.ts';
import { sourcesOf } from '../../shared/sources/routes.ts';
import { createTallies, jsonLines, tableLines, whoOf, type Tallies } from '../detect-report.ts';
import { packedRuleSet, readRuleSet, type RuleSet } from '../detect-rules.ts';
import { codeOf, unreadable } from '../input-files.ts';
import { createTotals, normalizeFile, type Queue, type Totals } from '../normalize-file.ts';
import { found } from '../similar.ts';

const USAGE = 2;
const NOTHING_RECOGNISED = 3;

export interface DetectOptions {
  /** Folders and files; without it the rules of the bank, or the shipped ones. */
  readonly rules?: readonly string[];
  readonly json?: boolean;
  readonly source?: string;
  /** Values of placeholders: `name=value,value`. */
  readonly list?: readonly string[];
  readonly bank?: BankConfig | undefined;
}

export interface Streams {
  readonly out: Writable;
  readonly err: Writable;
}

/**
 * @param files paths, `-` for standard input.
 * @returns the exit code: 0, 2 usage or no rule that can be used, 3 if no file was recognised. What of rules and records could not be used is
 *   told on standard error and does not change it.
 */
export async function detectCommand(
  files: readonly string[],
  options: DetectOptions,
  { out, err }: Streams = { out: process.stdout, err: process.stderr },
): Promise<number> {
  const tell: Tell = (line) => err.write(`detect: ${line}\n`);
  const ready = prepared(files, options);
  if (typeof ready === 'string') {
    tell(ready);
    return USAGE;
  }
  const { set } = ready;
  for (const line of [...set.broken, ...set.elsewhere]) tell(line);
  if (set.rules.length === 0) {
    tell(`none of the rules can be used (${set.broken.length} broken, ${set.elsewhere.length} for other logs)`);
    return USAGE;
  }
  const watch = createWatch(set, ready.lists, options.json === true ? () => undefined : whoOf);
  const totals = createTotals();
  const recognised = await readFiles(files, { named: ready.named, bank: options.bank, take: (event) => watch.take(event), totals, tell });
  const tallies = watch.end();
  const lines = options.json === true ? jsonLines(set, tallies) : tableLines(set, tallies);
  out.write(lines.map((line) => `${line}\n`).join(''));
  for (const line of summary(set, totals, watch.failed())) tell(line);
  return recognised === 0 ? NOTHING_RECOGNISED : 0;
}

type Tell = (line: string) => unknown;

interface Ready {
  readonly named: Source | undefined;
  readonly lists: Lists;
  readonly set: RuleSet;
}

/** @returns what is wrong with the arguments, if anything is. */
function prepared(files: readonly string[], options: DetectOptions): Ready | string {
  const sources = sourcesOf(options.bank ?? {});
  const named = sources.find(({ name }) => name === options.source);
  if (options.source !== undefined && named === undefined) {
    const names = sources.map(({ name }) => name);
    return `no such source ${found(options.source, names)}; \`strongroom sources\` lists them`;
  }
  const wrong = files.map(unreadable).find((one) => one !== undefined);
  if (wrong !== undefined) return wrong;
  const lists = listsFor(options);
  if (typeof lists === 'string') return lists;
  const set = ruleSet(options, lists);
  return typeof set === 'string' ? set : { named, lists, set };
}

interface Reading {
  readonly named: Source | undefined;
  readonly bank: BankConfig | undefined;
  readonly take: (event: OcsfEvent) => void;
  readonly totals: Totals;
  readonly tell: Tell;
}

/** @returns how many files were recognised. */
async function readFiles(files: readonly string[], { named, bank, take, totals, tell }: Reading): Promise<number> {
  let recognised = 0;
  for (const file of files) {
    if (await normalizeFile({ file, named, options: { bank }, take, output: NO_OUTPUT, parked: undefined, totals })) recognised++;
    else tell(`${file}: not recognised; name its format with --source (\`strongroom sources\` lists them)`);
  }
  return recognised;
}

const NO_OUTPUT: Queue = { add: () => undefined, flush: () => Promise.resolve() };

type Lists = Readonly<Record<string, readonly string[]>>;

/** @returns lists, or what is wrong with those that were given. */
function listsFor({ bank, list = [] }: DetectOptions): Lists | string {
  const given = list.map((one) => /^([A-Za-z0-9_.-]+)=(.*)$/.exec(one));
  const wrong = given.indexOf(null);
  if (wrong >= 0) return `--list ${list[wrong] ?? ''}: write it as name=value,value`;
  const named = given.map((one) => [one?.[1] ?? '', (one?.[2] ?? '').split(',').filter((value) => value !== '')] as const);
  const known = bank === undefined ? { ...emptyBankLists(), ...listsOf({ bad_addresses: [] }) } : bankLists(bank);
  return { ...known, ...Object.fromEntries(named) };
}

/** Of what the bank has disabled only what correlations build on is left. */
function packOf(bank: BankConfig): RulePack {
  const { rules, ...rest } = tunedPack(bank);
  const serving = new Set([...wholePack(bank).silent, ...rest.correlations.flatMap((correlation) => correlation.rules)]);
  return { ...rest, rules: rules.filter(({ id }) => serving.has(id) || !rest.silent.includes(id)) };
}

/** @returns the rules, or why they cannot be read. */
function ruleSet({ rules, bank }: DetectOptions, lists: Lists): RuleSet | string {
  if (rules === undefined) return packedRuleSet(bank === undefined ? shippedPack() : packOf(bank), lists);
  try {
    return readRuleSet(rules, lists);
  } catch (error) {
    if (typeof error === 'object' && error !== null && 'code' in error)
      return `--rules ${rules.join(' ')}: cannot be read (${codeOf(error)})`;
    return error instanceof Error ? error.message : String(error);
  }
}

/** Takes events one after the other; keeps counts, and what correlations need of the matches. */
function createWatch({ rules, correlations }: RuleSet, lists: Lists, nameOf: (event: OcsfEvent) => string | undefined) {
  const engine = createEngine(rules, lists);
  const tallies = createTallies();
  const wanted = wantedFields(correlations);
  const kept: RuleMatch<string | undefined>[] = [];
  let failed = 0;
  return {
    failed: () => failed,
    take(event: OcsfEvent): void {
      try {
        const matches = engine.match(event);
        const who = matches.length === 0 ? undefined : nameOf(event);
        for (const match of matches) {
          tallies.add(match.rule.id, event.time, who);
          const names = wanted.get(match.rule.id);
          if (names !== undefined) kept.push(keptOf(match, names, who));
        }
      } catch (error) {
        // Nested deeper than anything that is written by hand; the events behind it go on.
        if (!(error instanceof RangeError)) throw error;
        failed++;
      }
    },
    end(): Tallies {
      for (const { correlation, time, matches } of correlateAll(correlations, kept)) {
        tallies.add(correlation.id, matches[0]?.time ?? time, matches[0]?.event);
      }
      return tallies;
    },
  };
}

/** @returns by rule the fields that correlations ask it for. */
function wantedFields(correlations: readonly Correlation[]): ReadonlyMap<string, ReadonlySet<string>> {
  const wanted = new Map<string, Set<string>>();
  for (const { rules, groupBy, aliases, fields } of correlations) {
    for (const rule of rules) {
      const names = wanted.get(rule) ?? new Set<string>();
      wanted.set(rule, names);
      for (const name of [...groupBy, ...fields]) {
        const field = aliases[name] === undefined ? name : aliases[name][rule];
        if (field !== undefined) names.add(field);
      }
    }
  }
  return wanted;
}

/** Of the event only what is asked for: the events of a whole file would not fit into memory. */
function keptOf({ rule, event }: Match, names: ReadonlySet<string>, who: string | undefined): RuleMatch<string | undefined> {
  const source = logSourceOf(rule);
  const view = viewOf(event);
  const values = new Map<string, unknown>();
  for (const name of names) {
    source.field(name)(view, (value) => {
      values.set(name, value);
      return true;
    });
  }
  return { rule: rule.id, time: event.time, uid: event.metadata.uid, field: (name) => values.get(name), event: who };
}

function summary({ rules, correlations, broken, elsewhere }: RuleSet, { counts }: Totals, failed: number): readonly string[] {
  const { records, events, excluded, parked } = counts;
  const unused = [
    ...(broken.length === 0 ? [] : [`${broken.length} cannot be used`]),
    ...(elsewhere.length === 0 ? [] : [`${elsewhere.length} are for other logs`]),
  ];
  return [
    `${rules.length + correlations.length} rules${unused.length === 0 ? '' : `; ${unused.join(', ')}`}`,
    `${records} records = ${events} events + ${excluded} excluded + ${parked} that could not be read`,
    ...(failed === 0 ? [] : [`${failed} events are nested too deeply to be looked at`]),
  ];
}
