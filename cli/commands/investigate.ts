// `strongroom investigate`: a finding, the timeline of its actors, addresses and resources around it, and the evidence behind it.
import { describe, type Description } from '../../shared/alert/description.ts';
import { fromDocument } from '../../shared/hub/document.ts';
import { BEFORE_DAYS, DIMENSIONS, type Activity, type Dimension } from '../../shared/search/activity.ts';
import type { Candidates } from '../../shared/search/find-finding.ts';
import { investigate, type Investigation, type Lead } from '../../shared/search/investigation.ts';
import { printedJson } from '../../shared/search/json.ts';
import { assertNotCold, coldLine, sightOf } from '../../shared/search/sight.ts';
import { oneLine, rowOf } from '../../shared/search/row.ts';
import { tableOf } from '../../shared/search/table.ts';
import { readDuration } from '../../shared/search/time.ts';
import type { Moment } from '../../shared/search/timeline.ts';
import { clock, textsAt } from '../../shared/search/value.ts';
import { evidenceLines, exportCommands, sealedOf } from '../investigate-evidence.ts';
import { withBankSearch } from '../opensearch.ts';
import { readLimit, TERMINAL, usage, write, type Output } from './search.ts';

const DAY_MS = 86_400_000;
const DEFAULT_WINDOW = '2h';
const DEFAULT_LIMIT = 200;
/** Values of a kind in the summary. */
const LISTED = 8;

export interface InvestigateOptions {
  readonly bank: string;
  readonly url?: string | undefined;
  readonly window?: string | undefined;
  readonly limit?: string | undefined;
  readonly json?: boolean | undefined;
}

/** Prints what is known. @returns the exit code: 1 where there is no such finding, 2 for options that are wrong. @throws where OpenSearch gives no whole answer. */
export async function investigateCommand(id: string, options: InvestigateOptions, output: Output = TERMINAL): Promise<number> {
  return await usage(output, async () => {
    const windowMs = readDuration('--window', options.window ?? DEFAULT_WINDOW);
    const limit = options.limit === undefined ? DEFAULT_LIMIT : readLimit(options.limit);
    return await withBankSearch(options.bank, { url: options.url }, async ({ client, bank }) => {
      const now = Date.now();
      const [sight, found] = await Promise.all([sightOf(client, bank), investigate(client, id, { windowMs, limit, now })]);
      const lacks = [...sight.limits, coldLine(sight.cold) ?? []].flat();
      for (const lack of lacks) output.say(`warning: ${lack}`);
      if (found === undefined) {
        const shown = lacks.length === 0 ? '' : ', as far as could be asked';
        output.say(
          `no finding is indexed under ${id}${shown}: alerts name it, and \`strongroom search 'class_uid:2004' --last 7d\` lists them`,
        );
        return 1;
      }
      if ('candidates' in found) return ambiguous(id, found, output);
      assertNotCold(sight.cold, { from: found.around.from - BEFORE_DAYS * DAY_MS, to: found.around.to });
      const known: Known = { ...found, lacks };
      const printed = options.json === true ? jsonOf(known, options.bank) : textOf(known, options.bank, output.columns);
      await write(output.out, `${printed}\n`);
      return 0;
    });
  });
}

/** What was found, and why it may not be all. */
export type Known = Investigation & { readonly lacks: readonly string[] };

/** Senders choose their ids: which one was meant, only the one who asks can say. */
function ambiguous(id: string, { candidates, left }: Candidates, { say }: Output): number {
  say(
    `findings of ${candidates.length}${left > 0 ? ' and more' : ''} products have the id ${oneLine(id)}: ask for one of them by its document`,
  );
  for (const { product, finding, versions } of candidates) {
    const { time, what } = rowOf(finding);
    const latest = versions > 1 ? `, the latest of ${versions}` : '';
    say(`  ${oneLine(`${finding.index}/${finding.id}`)}  ${time}  ${oneLine(product)}${latest}: ${what}`);
  }
  return 1;
}

export function textOf(found: Known, bank: string, columns?: number): string {
  return [
    ...findingLines(found),
    ...found.leads.flatMap((lead) => ['', ...leadLines(lead, found.lacks)]),
    '',
    ...timelineLines(found, columns),
    '',
    ...evidenceLines(found, bank),
  ].join('\n');
}

// ── The finding ──────────────────────────────────────────────────────────────────────────────────────────────────────────────────────

function findingLines({ finding, versions, others }: Investigation): readonly string[] {
  const event = fromDocument(JSON.stringify(finding.event));
  const said: Partial<Description> = event === undefined ? {} : describe(event);
  const lines: readonly (readonly [string, string | undefined])[] = [
    [
      'finding',
      `${said.uid ?? finding.id} of ${said.product ?? 'unknown'}${versions > 1 ? `, the one asked for or the latest of ${versions} versions` : ''}`,
    ],
    ['severity', said.severity],
    ['rule', said.rule],
    ['when', said.when],
    ['where', [said.account, said.region].filter((part) => part !== undefined).join(', ') || undefined],
    ['what', said.what],
    ['who', said.who],
    ['from', said.from],
    ['to', said.to],
    ['on', said.resources],
    ['to do', said.response],
    ['also', others.length === 0 ? undefined : `findings of ${others.join(', ')} have the same id`],
  ];
  return [said.title ?? 'Finding', ...lines.flatMap(([name, value]) => (value === undefined ? [] : [field(name, value)]))];
}

function field(name: string, value: string): string {
  return `  ${name.padEnd(13)}${oneLine(value)}`;
}

// ── Actors, addresses, resources ─────────────────────────────────────────────────────────────────────────────────────────────────────

function leadLines({ kind, label, value, total, shown, activity }: Lead, lacks: readonly string[]): readonly string[] {
  const head = `${label}: ${oneLine(value)}`;
  const bounded = `${total} events with findings${shown < total ? `, of which the timeline has the nearest ${shown}: --limit shows more` : ''}`;
  if (activity === undefined) return [head, field('around it', bounded)];
  const { first, last, total: all, events, failed } = activity;
  const never = lacks.length === 0 ? 'never: no event of it is indexed' : `cannot be asked: ${lacks.join('; ')}`;
  // Nothing that is shown is no fact where not all is.
  if (first === undefined && lacks.length > 0) return [head, field('seen', never)];
  const seen = first === undefined ? never : `${clock(first)} to ${clock(last)}, ${all} events`;
  return [
    head,
    field('seen', seen),
    field('around it', `${events} events, ${failed} of them failed; ${bounded}`),
    ...dimensions(activity, kind).map(([name, text]) => field(name, text)),
  ];
}

/** Most frequent first; what was not there in the days before is marked. */
function dimensions({ values }: Activity, kind: Lead['kind']): readonly (readonly [string, string])[] {
  return NAMES.flatMap((name) => {
    const list = values[name];
    if (list.length === 0 || name === ITSELF[kind]) return [];
    const shown = list.slice(0, LISTED).map(({ value, count, isNew }) => `${value} ${count}${isNew ? ' new' : ''}`);
    const left = list.slice(LISTED);
    const fresh = left.filter(({ isNew }) => isNew).length;
    const more = left.length === 0 ? '' : `; ${left.length} more${fresh === 0 ? '' : `, ${fresh} of them new`}`;
    return [[name, shown.join(', ') + more] as const];
  });
}

const ITSELF: Readonly<Partial<Record<Lead['kind'], Dimension>>> = { actor: 'actors', address: 'addresses' };
const NAMES: readonly Dimension[] = ['operations', 'accounts', 'regions', 'actors', 'addresses', 'user agents'];

// ── Timeline ─────────────────────────────────────────────────────────────────────────────────────────────────────────────────────────

const FINDING_CLASSES = /^20\d\d$/;

function timelineLines(found: Investigation, columns = Infinity): readonly string[] {
  const { moments, around, finding } = found;
  const prefixes = moments.map((moment) => [markOf(moment, finding.id), whyOf(moment, found).join('+')] as const);
  const wide = Math.max(3, ...prefixes.map(([, why]) => why.length));
  const rows = moments.map(rowOf);
  const table = tableOf(rows, columns - wide - 4);
  const [head = '', rule = ''] = table.head;
  return [
    `timeline, ${clock(around.from)} to ${clock(around.to)}: ${moments.length} events`,
    `  * this finding, > its own events, ! other findings; new: not seen in the ${BEFORE_DAYS} days before`,
    '',
    `  ${'why'.padEnd(wide)}  ${head}`,
    `  ${'─'.repeat(wide)}  ${rule}`,
    ...rows.map((row, at) => `${prefixes[at]?.[0] ?? ' '} ${(prefixes[at]?.[1] ?? '').padEnd(wide)}  ${table.line(row)}`),
  ];
}

function markOf({ id, event, isOwn }: Moment, finding: string): string {
  if (id === finding) return '*';
  if (isOwn) return '>';
  return FINDING_CLASSES.test(textsAt(event, 'class_uid')[0] ?? '') ? '!' : ' ';
}

function whyOf({ why }: Moment, { leads }: Investigation): readonly string[] {
  return why.map((at) => leads[at]?.label ?? '');
}

// ── JSON ─────────────────────────────────────────────────────────────────────────────────────────────────────────────────────────────

function jsonOf(found: Known, bank: string): string {
  const { finding, versions, others, around, leads, moments, lacks } = found;
  return printedJson({
    finding: { _index: finding.index, _id: finding.id, ...finding.event },
    versions,
    others,
    lacks,
    around: { from: new Date(around.from).toISOString(), to: new Date(around.to).toISOString() },
    leads: leads.map(({ activity, ...lead }) => ({ ...lead, ...(activity === undefined ? {} : { activity: withTimes(activity) }) })),
    timeline: moments.map((moment) => ({
      why: whyOf(moment, found),
      own: moment.isOwn,
      evidence: moment.evidence,
      event: { _index: moment.index, _id: moment.id, ...moment.event },
    })),
    evidence: sealedOf(found, bank),
    export: exportCommands(found, bank),
  });
}

function withTimes({ first, last, ...activity }: Activity): object {
  return { first: isoTime(first), last: isoTime(last), ...activity, fields: DIMENSIONS };
}

function isoTime(time: number | undefined): string | undefined {
  return time === undefined ? undefined : new Date(time).toISOString();
}
