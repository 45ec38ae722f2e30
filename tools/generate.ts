// `npm run generate` writes the generated files anew; `npm run generate -- --check` writes nothing, names the stale ones and exits 1.
// `--ocsf FOLDER`: where the published OCSF schemas lie. What is generated is committed, so only a maintainer who changes it needs them.
import { existsSync, mkdirSync, readFileSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { parseArgs } from 'node:util';
import { OCSF_VERSION } from '../shared/ocsf/classes.ts';
import { declaredFiles } from './declared.ts';
import { templateFiles } from './index-templates.ts';
import { ocsfFiles, type GeneratedFile } from './ocsf-schemas.ts';
import { ruleFiles } from './rules.ts';

interface Generator {
  readonly name: string;
  /** Without it the generated files stay as they are. */
  readonly input: string;
  /** Folder that holds generated .json and .ndjson files only: what is not generated any more is taken away. */
  readonly folder: string;
  files(input: string): readonly GeneratedFile[] | Promise<readonly GeneratedFile[]>;
}

const project = join(import.meta.dirname, '..');
const { values: options } = parseArgs({
  options: {
    check: { type: 'boolean', default: false },
    ocsf: { type: 'string', default: join(project, '..', 'shared', 'ocsf', OCSF_VERSION) },
  },
});

const GENERATORS: readonly Generator[] = [
  { name: 'OCSF schemas', input: options.ocsf, folder: 'schemas/ocsf', files: ocsfFiles },
  { name: 'declared sources', input: join(project, 'shared/sources/declared'), folder: 'shared/sources/generated', files: declaredFiles },
  // Loaded when its turn comes: it knows the declared sources from the file that was generated just before.
  {
    name: 'list of sources',
    input: join(project, 'test/golden'),
    folder: 'docs',
    files: async () => await (await import('./sources-doc.ts')).sourceDocs(),
  },
  { name: 'detection rules', input: join(project, 'rules'), folder: 'shared/detect/generated', files: ruleFiles },
  {
    name: 'list of detections',
    input: join(project, 'rules'),
    folder: 'docs',
    files: async (folder) => (await import('./detections-doc.ts')).detectionDocs(folder),
  },
  { name: 'index templates', input: join(project, 'schemas/ocsf'), folder: 'schemas/opensearch/templates', files: templateFiles },
  // Loaded when its turn comes: it knows the captions from the OCSF schemas that were generated before.
  {
    name: 'dashboards',
    input: join(project, 'shared/dashboards'),
    folder: 'schemas/opensearch/dashboards',
    files: async () => (await import('./dashboards.ts')).dashboardFiles(),
  },
];

/** @returns paths that differed from what is generated now. */
async function bringUpToDate(generator: Generator, write: boolean): Promise<string[]> {
  const files = await generator.files(generator.input);
  const stale = files.filter(
    ({ path, content }) => !existsSync(join(project, path)) || readFileSync(join(project, path), 'utf8') !== content,
  );
  const names = new Set(files.map(({ path }) => path));
  const inFolder = existsSync(join(project, generator.folder)) ? readdirSync(join(project, generator.folder)) : [];
  const left = inFolder.map((name) => `${generator.folder}/${name}`).filter((path) => /\.(?:nd)?json$/.test(path) && !names.has(path));
  if (write) {
    for (const { path, content } of stale) {
      mkdirSync(dirname(join(project, path)), { recursive: true });
      writeFileSync(join(project, path), content);
    }
    for (const path of left) rmSync(join(project, path));
  }
  return [...stale.map(({ path }) => path), ...left];
}

for (const generator of GENERATORS) {
  if (!existsSync(generator.input)) {
    console.log(`generate: ${generator.name}: left as they are, what they are made from is not here (--ocsf FOLDER)`);
    continue;
  }
  const changed = await bringUpToDate(generator, !options.check);
  for (const path of changed) console.log(`generate: ${options.check ? 'stale, run `npm run generate`' : 'changed'}: ${path}`);
  if (changed.length === 0) console.log(`generate: ${generator.name}: up to date`);
  if (options.check && changed.length > 0) process.exitCode = 1;
}
