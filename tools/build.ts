// https://esbuild.github.io/api/ and https://docs.aws.amazon.com/lambda/latest/dg/nodejs-package.html
// Bundles the functions into the zip files that go to AWS. The same sources and the same bank's file give the same bytes.
import { createHash } from 'node:crypto';
import { createWriteStream } from 'node:fs';
import { mkdir, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { pipeline } from 'node:stream/promises';
import type { Metafile } from 'esbuild';
import { ZipFile } from 'yazl';
import { bundleFunctions, HANDLER } from './bundle.ts';

export interface BuildRequest {
  /** Project directory, which holds functions/. */
  readonly root: string;
  /** Where the bundles and zip files go; emptied first. */
  readonly output: string;
  /** The validated bank's file; lies as bank.json beside the code. */
  readonly bank: unknown;
  /** Folders in functions/. */
  readonly functions: readonly string[];
}

export interface BuiltFunction {
  readonly name: string;
  /** Path of the zip file. */
  readonly zip: string;
  /** Bytes of the bundle and of the zip file. */
  readonly bundleBytes: number;
  readonly zipBytes: number;
  readonly sha256: string;
  /** Bytes that each package (or `strongroom`) adds to the bundle, largest first. */
  readonly packages: Readonly<Record<string, number>>;
}

/** Zip time stamps start here; any fixed time would do. Local, because zip knows no zones: the bytes are the same in every zone. */
const ZIP_TIME = new Date(1980, 0, 1);

/** @throws where a function has no handler.ts or does not bundle; the message is esbuild's. */
export async function buildFunctions({ root, output, bank, functions }: BuildRequest): Promise<readonly BuiltFunction[]> {
  await rm(output, { recursive: true, force: true });
  if (functions.length === 0) return [];
  const metafile = await bundleFunctions({ root, output, functions });
  return Promise.all(functions.map((name) => packFunction({ name, root, output, bank, metafile })));
}

interface PackRequest extends Omit<BuildRequest, 'functions'> {
  readonly name: string;
  readonly metafile: Metafile;
}

async function packFunction({ name, root, output, bank, metafile }: PackRequest): Promise<BuiltFunction> {
  const directory = join(output, name);
  await writeFile(join(directory, 'bank.json'), `${JSON.stringify(bank, undefined, 2)}\n`);
  // Outside of AWS the folder may lie below a package.json that says otherwise.
  await writeFile(join(directory, 'package.json'), '{"type":"commonjs"}\n');
  const zip = `${directory}.zip`;
  await writeZip(directory, [HANDLER, 'bank.json', 'package.json'], zip);
  const bundle = Object.entries(metafile.outputs).find(([path]) => join(root, path) === join(directory, HANDLER))?.[1];
  return {
    name,
    zip,
    bundleBytes: (await stat(join(directory, HANDLER))).size,
    zipBytes: (await stat(zip)).size,
    sha256: createHash('sha256')
      .update(await readFile(zip))
      .digest('hex'),
    packages: packageSizes(bundle?.inputs ?? {}),
  };
}

async function writeZip(directory: string, files: readonly string[], target: string): Promise<void> {
  const zip = new ZipFile();
  for (const file of files) {
    zip.addBuffer(await readFile(join(directory, file)), file, { mtime: ZIP_TIME, mode: 0o100644, forceDosTimestamp: true });
  }
  zip.end();
  await pipeline(zip.outputStream, createWriteStream(target));
}

function packageSizes(inputs: Readonly<Record<string, { readonly bytesInOutput: number }>>): Readonly<Record<string, number>> {
  const sizes = new Map<string, number>();
  for (const [path, { bytesInOutput }] of Object.entries(inputs)) {
    const name = /.*node_modules\/((?:@[^/]+\/)?[^/]+)/.exec(path)?.[1] ?? 'strongroom';
    sizes.set(name, (sizes.get(name) ?? 0) + bytesInOutput);
  }
  return Object.fromEntries([...sizes].filter(([, bytes]) => bytes > 0).sort(([, a], [, b]) => b - a));
}

/** Writes what `npm run bench` and reviewers look at: sizes per function. @returns the file's path. */
export async function writeSizes(directory: string, built: readonly BuiltFunction[]): Promise<string> {
  const file = join(directory, 'sizes.json');
  const sizes = Object.fromEntries(
    built.map(({ name, bundleBytes, zipBytes, sha256, packages }) => [name, { bundleBytes, zipBytes, sha256, packages }]),
  );
  await mkdir(dirname(file), { recursive: true });
  await writeFile(file, `${JSON.stringify(sizes, undefined, 2)}\n`);
  return file;
}
