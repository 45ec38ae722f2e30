// docs/DETECTIONS.md: every rule there is, what of ATT&CK they cover, how a bank tunes them, and what they were measured to find. Made from the
// rules themselves and from docs/generated/detection.json (`npm run bench -- detection --write`).
import { BANK_LISTS } from '../shared/detect/bank-lists.ts';
import type { Correlation, Rule } from '../shared/detect/sigma/rule.ts';
import { TACTICS, techniqueOf, type Tactic } from './attack-names.ts';
import { measured } from './detections-measured.ts';
import type { GeneratedFile } from './ocsf-schemas.ts';
import { readPack, type PackCorrelation, type PackRule, type ReadPack } from './rules.ts';

/** One line of the catalogue. */
interface Entry {
  readonly path: string;
  readonly level: string;
  readonly sources: readonly string[];
  readonly techniques: readonly string[];
  readonly tactics: readonly Tactic[];
  readonly looksFor: string;
}

/** @param folder of the rules. @throws Error naming a technique that attack-names.ts lacks; RuleError for a rule that is wrong. */
export function detectionDocs(folder: string): readonly GeneratedFile[] {
  const read = readPack(folder);
  if (read.errors[0] !== undefined) throw read.errors[0];
  const rules = read.rules.flatMap((one) => (one.examples === undefined ? [] : [ruleEntry(one)]));
  const correlations = read.correlations.flatMap((one) => (one.examples === undefined ? [] : [{ ...one, entry: correlationEntry(one) }]));
  correlations.sort((one, other) => one.entry.path.localeCompare(other.entry.path, 'en'));
  const entries = [...rules, ...correlations.map(({ entry }) => entry)];
  const nameless = distinct(entries.flatMap(({ techniques }) => techniques).filter((id) => techniqueOf(id) === undefined));
  if (nameless.length > 0) throw new Error(`tools/attack-names.ts lacks ${nameless.join(', ')}`);
  const content = [
    '# Detections',
    '',
    `${rules.length} rules that look at single events and ${correlations.length} correlations of several, as they ship. Made by \`npm run generate\` from \`rules/\`; do`,
    "not edit. Each has examples, which are its tests (`npx jest --selectProjects=unit --testPathPatterns rules -t 'aws-identity/'`).",
    '',
    ...HOW,
    ...lists(read),
    ...catalogue(rules),
    ...correlationTable(correlations),
    ...matrix(entries),
    ...measured(),
  ];
  return [{ path: 'docs/DETECTIONS.md', content: `${content.join('\n').trimEnd()}\n` }];
}

const HOW: readonly string[] = [
  '## How they run',
  '',
  'Rules of single events run on the hub’s stream, seconds after ingestion and whether or not OpenSearch is there. Correlations run every minute',
  'over the index. Whatever matches becomes an OCSF Detection Finding: one per rule, group (`group_by`, who and where unless the rule says otherwise)',
  'and hour. Level `informational` is kept and never alerted.',
  '',
  '## How a bank makes them its own',
  '',
  'In the bank’s file, checked by `npx strongroom check`; a rule is named by its path below (or by its id):',
  '',
  '```yaml',
  'detections:',
  '  lists: # what %name% in rules stands for',
  "    trusted_accounts: ['444444444444']",
  '  disable:',
  '    - { rule: aws-logging/flow-records-skipped, reason: The flow logs of this bank are sampled. }',
  '  tune:',
  '    - { rule: aws-identity/root-user-activity, level: critical }',
  '  suppress: # still found and kept with status Suppressed, but nobody is called',
  '    - rule: aws-network/security-group-open-to-world',
  "      when: { cloud.account.uid: '333333333333', src_endpoint.ip|cidr: 192.0.2.0/24 }",
  "      until: '2027-01-31'",
  '      reason: Penetration test of the sandbox, ticket SEC-1042.',
  '      owner: trading platform team',
  '```',
  '',
  '- `tune` changes `level`, `group_by` and `lists` of a rule, `at_least` (how many) and `minutes` (within how long) of a correlation.',
  '- `when` is a selection of Sigma with attribute paths of the event, all modifiers allowed. A suppression ends with its last day (UTC), both by the',
  '  clock and by the time of the event; suppressed findings carry who, why and until when.',
  '- Rules of the bank’s own are the files of `banks/<bank>/rules/`: Sigma rules, correlations and filters. They may name rules that ship by',
  '  id: to build a correlation on them, or to filter them. In the bank’s file they are `own/<file>`.',
  '- Events are looked at as the hub has them, after the bank’s exclusions and redactions: a rule does not see what was taken out.',
  '',
];

function lists({ rules }: ReadPack): readonly string[] {
  const asked = new Map<string, string[]>();
  for (const { rule } of rules) {
    JSON.stringify(rule.condition, (key, value: unknown) => {
      if (key === 'expand' && typeof value === 'string' && Object.hasOwn(BANK_LISTS, value))
        asked.set(value, [...new Set([...(asked.get(value) ?? []), pathOf(rule)])]);
      return value;
    });
  }
  const rows = Object.entries(BANK_LISTS).flatMap(([name, what]) => {
    const by = asked.get(name) ?? [];
    return by.length === 0 ? [] : [`| \`${name}\` | ${what} | ${by.length > 3 ? `${by.length} rules` : by.join('<br>')} |`];
  });
  return [
    '### Lists',
    '',
    'Empty where the bank gives none: a filter on an empty list leaves nothing out, a selection on one finds nothing.',
    '',
    '| List | What it holds | Asked for by |',
    '| --- | --- | --- |',
    ...rows,
    '',
  ];
}

function catalogue(entries: readonly Entry[]): readonly string[] {
  const areas = Map.groupBy(entries, ({ path }) => path.slice(0, path.lastIndexOf('/')));
  return [
    '## Rules',
    '',
    ...[...areas].flatMap(([area, own]) => [
      `### ${area}`,
      '',
      '| Rule | Level | Source | ATT&CK | What it looks for |',
      '| --- | --- | --- | --- | --- |',
      ...own.map(
        (one) =>
          `| [${one.path.slice(area.length + 1)}](../rules/${one.path}.yml) | ${one.level} | ${one.sources.join(', ')} | ${one.techniques.join(' ')} | ${escaped(one.looksFor)} |`,
      ),
      '',
    ]),
  ];
}

function correlationTable(correlations: readonly { readonly correlation: Correlation; readonly entry: Entry }[]): readonly string[] {
  return [
    '## Correlations',
    '',
    '| Correlation | Level | Sources | ATT&CK | When | What it looks for |',
    '| --- | --- | --- | --- | --- | --- |',
    ...correlations.map(
      ({ correlation, entry }) =>
        `| [${entry.path}](../rules/${entry.path}.yml) | ${entry.level} | ${entry.sources.join(', ')} | ${entry.techniques.join(' ')} | ${escaped(whenOf(correlation))} | ${escaped(entry.looksFor)} |`,
    ),
    '',
  ];
}

const OPERATORS = { gt: 'more than', gte: 'at least', lt: 'fewer than', lte: 'at most', eq: 'exactly', neq: 'other than' } as const;

function whenOf({ type, condition, fields, timespanMs, rules }: Correlation): string {
  const span = spanOf(timespanMs);
  if (type === 'temporal' || type === 'temporal_ordered') {
    const order = type === 'temporal_ordered' ? ', in order' : '';
    return `${rules.length} kinds of events in ${span}${order}`;
  }
  const bounds = condition.map(({ operator, value }) => `${OPERATORS[operator]} ${value}`).join(', ');
  const of = type === 'event_count' ? 'events' : `${type.replace('value_', '').replace('count', 'distinct')} of ${fields.join(', ')}`;
  return `${bounds} (${of}) in ${span}`;
}

function spanOf(ms: number): string {
  const units = [
    [86_400_000, 'd'],
    [3_600_000, 'h'],
    [60_000, 'min'],
    [1000, 's'],
  ] as const;
  const [size, unit] = units.find(([one]) => ms % one === 0) ?? [1, 'ms'];
  return `${ms / size} ${unit}`;
}

function matrix(entries: readonly Entry[]): readonly string[] {
  const used = [...new Set(entries.flatMap(({ techniques }) => techniques))];
  const tactics = TACTICS.map((tactic) => {
    const cells = new Map<string, readonly Entry[]>();
    for (const id of used.sort()) {
      const own = entries.filter((entry) => entry.techniques.includes(id) && tacticsOf(id, entry).includes(tactic));
      if (own.length > 0) cells.set(id, own);
    }
    return { tactic, cells };
  });
  return [
    '## ATT&CK coverage',
    '',
    `${used.length} techniques and sub-techniques of MITRE ATT&CK 19, by the tactic that the rules see them serve. Covered means that a rule looks for one way of`,
    'doing it, not for every way.',
    '',
    `| ${tactics.map(({ tactic }) => title(tactic)).join(' | ')} |`,
    `| ${tactics.map(() => '---:').join(' | ')} |`,
    `| ${tactics.map(({ cells }) => cells.size).join(' | ')} |`,
    '',
    ...tactics.flatMap(({ tactic, cells }) => [
      `### ${title(tactic)}`,
      '',
      ...(cells.size === 0
        ? ['None: what serves it happens where no log of the bank’s is written.']
        : [
            '| Technique | Rules |',
            '| --- | --- |',
            ...[...cells].map(([id, own]) => `| ${named(id)} | ${own.map(({ path }) => `[${path}](../rules/${path}.yml)`).join(', ')} |`),
          ]),
      '',
    ]),
  ];
}

/** Where a rule names several tactics, those that the technique serves; where it serves none of them, what ATT&CK says first. */
function tacticsOf(id: string, { tactics }: Entry): readonly Tactic[] {
  const own = techniqueOf(id)?.tactics ?? [];
  const both = tactics.filter((tactic) => own.includes(tactic));
  return both.length === 0 ? own.slice(0, 1) : both;
}

function ruleEntry({ rule, examples }: PackRule): Entry {
  const all = [...(examples?.positive ?? []), ...(examples?.negative ?? [])];
  return { ...entryOf(rule), sources: distinct(all.map(({ source }) => source)) };
}

function correlationEntry({ correlation, examples }: PackCorrelation): Entry {
  return { ...entryOf(correlation), sources: distinct((examples?.positive ?? []).flat().map(({ source }) => source)) };
}

function entryOf(rule: Rule | Correlation): Omit<Entry, 'sources'> {
  const techniques = distinct(rule.tags.flatMap((tag) => /^attack\.(t\d{4}(?:\.\d{3})?)$/.exec(tag)?.[1]?.toUpperCase() ?? []));
  return {
    path: pathOf(rule),
    level: rule.level,
    techniques,
    tactics: TACTICS.filter((tactic) => rule.tags.includes(`attack.${tactic}`)),
    looksFor: `**${rule.title}.** ${firstSentence(rule.description)}`,
  };
}

function pathOf({ notes, id }: Rule | Correlation): string {
  return notes?.path ?? id;
}

function firstSentence(description: string): string {
  return /^.*?[.;:](?=\s|$)/s.exec(description)?.[0].replace(/[;:]$/, '.').replaceAll(/\s+/g, ' ') ?? description;
}

function named(id: string): string {
  const link = `https://attack.mitre.org/techniques/${id.replace('.', '/')}/`;
  return `[${id}](${link}) ${techniqueOf(id)?.name ?? ''}`;
}

function title(tactic: Tactic): string {
  return tactic
    .split('-')
    .map((word) => (word === 'and' ? word : word.charAt(0).toUpperCase() + word.slice(1)))
    .join(' ');
}

function distinct(list: readonly string[]): readonly string[] {
  return [...new Set(list)].sort();
}

function escaped(cell: string): string {
  return cell.replaceAll('|', '\\|').replaceAll('\n', ' ');
}
