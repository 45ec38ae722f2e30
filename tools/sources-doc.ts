// docs/SOURCES.md: every source there is, made from the sources themselves and from what their golden cases give.
import { OCSF_CLASSES } from '../shared/ocsf/classes.ts';
import { isArray, isObject } from '../shared/outcome.ts';
import type { Source } from '../shared/sources/api.ts';
import { SOURCES } from '../shared/sources/registry.ts';
import { goldenCases, runGolden, type GoldenCase } from '../test/golden-runner.ts';
import type { GeneratedFile } from './ocsf-schemas.ts';

/** More classes than this are every class: the source passes on what others have mapped. */
const MANY = 20;

/** What every event has, whatever the source. */
const COMMON: ReadonlySet<string> = new Set([
  'activity_id',
  'category_uid',
  'class_uid',
  'type_uid',
  'severity_id',
  'time',
  'metadata.uid',
  'metadata.version',
  'metadata.product.name',
  'metadata.product.vendor_name',
]);

export async function sourceDocs(): Promise<GeneratedFile[]> {
  const cases = Map.groupBy(goldenCases(), ({ source }) => source);
  const described = await Promise.all(SOURCES.map((source) => describe(source, cases.get(source.name) ?? [])));
  const rows = described.map(({ row }) => row);
  const content = [
    '# Sources',
    '',
    `${SOURCES.length} sources of logs, as \`npx strongroom sources\` lists them. Made by \`npm run generate\`; do not edit.`,
    '',
    'A field that has no place in OCSF is kept under `unmapped`, as it came: no source drops one. *Attributes* counts those that the golden',
    'cases of the source fill, beside the ten that every event has; the lists are below. *Tests* are golden cases (`test/golden/<source>/`);',
    'the property tests in `test/unit/sources/every-source.test.ts` and `npm run fuzz` run over every source.',
    '',
    '| Source | What | OCSF class | How it arrives | Attributes | Tests |',
    '| --- | --- | --- | --- | ---: | ---: |',
    ...rows,
    '',
    '## Fields kept',
    '',
    ...described.flatMap(({ section }) => section),
  ];
  return [{ path: 'docs/SOURCES.md', content: `${content.join('\n').trimEnd()}\n` }];
}

async function describe(
  source: Source,
  cases: readonly GoldenCase[],
): Promise<{ readonly row: string; readonly section: readonly string[] }> {
  const attributes = new Set<string>();
  for (const golden of cases)
    for (const event of (await runGolden(golden)).events) collect(JSON.parse(JSON.stringify(event)), '', attributes);
  const kept = [...attributes].filter((name) => !COMMON.has(name)).sort();
  const ways = source.delivered.map(escaped).join('<br>');
  const what = `[${escaped(source.title)}](${source.documentation})`;
  return {
    row: `| [${source.name}](#${source.name}) | ${what} | ${classesOf(source)} | ${ways} | ${kept.length} | ${cases.length} |`,
    section: [
      `### ${source.name}`,
      '',
      kept.map((name) => `\`${name}\``).join(' '),
      '',
      `Tests: ${cases.map(({ name }) => name).join(', ')}`,
      '',
    ],
  };
}

function classesOf({ classes }: Source): string {
  if (classes.length > MANY) return 'every class';
  return classes.map((uid) => `${OCSF_CLASSES.find((cls) => cls.uid === uid)?.name ?? 'class'} ${uid}`).join('<br>');
}

/** Attribute paths, without the positions in lists; what is free in its members counts as one. */
function collect(node: unknown, path: string, found: Set<string>): void {
  if (path === 'unmapped' || path.endsWith('.data')) return;
  if (isArray(node)) for (const element of node) collect(element, path, found);
  else if (isObject(node))
    for (const [name, member] of Object.entries(node)) collect(member, path === '' ? name : `${path}.${name}`, found);
  else found.add(path);
}

function escaped(text: string): string {
  return text.replaceAll('|', '\\|').replaceAll('<', '&lt;');
}
