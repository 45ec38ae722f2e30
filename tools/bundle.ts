// https://esbuild.github.io/api/ (bundle, metafile)
// The functions' code as one file each. A deployment to this machine may keep the bundles between runs: the sources decide whether they still hold.
import { createHash } from 'node:crypto';
import { existsSync } from 'node:fs';
import { cp, mkdir, readFile, readdir, rename, rm, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { build, type Metafile } from 'esbuild';

export const HANDLER = 'handler.js';

/** Names a folder in which bundles are kept; unset, and so for every bank, they are made each time. */
export const BUNDLE_CACHE = 'STRONGROOM_BUNDLE_CACHE';

const METAFILE = 'metafile.json';
/** Everything that a bundle can be made of, or by. */
const SOURCES = ['functions', 'shared', 'schemas', 'rules', 'tools/build.ts', 'tools/bundle.ts', 'node_modules/.package-lock.json'];

export interface BundleRequest {
  /** Project directory, which holds functions/. */
  readonly root: string;
  /** Where the bundles go, `<name>/handler.js`. */
  readonly output: string;
  readonly functions: readonly string[];
}

/** @throws where a function has no handler.ts or does not bundle; the message is esbuild's. */
export async function bundleFunctions(request: BundleRequest): Promise<Metafile> {
  const cache = process.env[BUNDLE_CACHE];
  if (cache === undefined) return await bundle(request);
  const kept = join(cache, await digest(request));
  if (!existsSync(kept)) await keep(request, kept);
  await cp(kept, request.output, { recursive: true });
  return JSON.parse(await readFile(join(kept, METAFILE), 'utf8')) as Metafile;
}

async function keep(request: BundleRequest, kept: string): Promise<void> {
  await mkdir(dirname(kept), { recursive: true });
  const metafile = await bundle(request);
  await writeFile(join(request.output, METAFILE), JSON.stringify(metafile));
  const draft = `${kept}.${process.pid}`;
  await cp(request.output, draft, { recursive: true });
  // Whoever made the same at the same time was as right.
  await rename(draft, kept).catch(() => rm(draft, { recursive: true, force: true }));
}

async function digest({ root, functions }: BundleRequest): Promise<string> {
  const files = (await Promise.all(SOURCES.map((path) => filesOf(root, path)))).flat().sort();
  const hash = createHash('sha256').update(functions.join());
  for (const file of files) hash.update(`\0${file}\0`).update(await readFile(join(root, file)));
  return hash.digest('hex').slice(0, 32);
}

/** @returns the files that the path is or holds, from root; a path with an ending is a file. */
export async function filesOf(root: string, path: string): Promise<readonly string[]> {
  if (/\.[a-z]+$/.test(path)) return [path];
  const entries = await readdir(join(root, path), { recursive: true, withFileTypes: true });
  return entries.flatMap((entry) => (entry.isFile() ? [join(entry.parentPath, entry.name).slice(root.length + 1)] : []));
}

async function bundle({ root, output, functions }: BundleRequest): Promise<Metafile> {
  const { metafile } = await build({
    absWorkingDir: root,
    entryPoints: functions.map((name) => ({ in: join(root, 'functions', name, 'handler.ts'), out: join(name, 'handler') })),
    outdir: output,
    bundle: true,
    platform: 'node',
    target: 'node24',
    format: 'cjs',
    // The SDK's ES modules can be shaken, its CommonJS cannot: a third less code to load at a cold start.
    mainFields: ['module', 'main'],
    minify: true,
    // The map stays beside the bundle and is not shipped: it is larger than the code and only people read it.
    sourcemap: 'linked',
    metafile: true,
    logLevel: 'silent',
    legalComments: 'none',
  });
  return metafile;
}
