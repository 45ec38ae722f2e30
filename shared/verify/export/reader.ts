// Reads an exported directory: whether the files that it names are there, whole, and alone.
import { createHash } from 'node:crypto';
import { createReadStream, existsSync, readFileSync, statSync } from 'node:fs';
import { opendir } from 'node:fs/promises';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { EvidenceError, MisconfiguredError } from '../../errors.ts';
import { problem, type Problem } from '../problems.ts';
import { MANIFEST, OBJECTS, parseManifest, parseObject, type ExportedObject, type Manifest } from './format.ts';

export interface ExportReader {
  readonly manifest: Manifest;
  /** @returns undefined where there is no such file. @throws EvidenceError where it is larger than any of its kind. */
  text(file: string): string | undefined;
  /** @returns bytes of the file; undefined where there is none. */
  size(file: string): number | undefined;
  stream(file: string): AsyncIterable<Buffer>;
  /** What the export says of its objects, in the order of the file; what cannot be read is a problem. */
  objects(onProblem: (found: Problem) => void): AsyncGenerator<ExportedObject>;
}

const LARGEST_TEXT = 64 * 1024 * 1024;
const CHUNK_BYTES = 256 * 1024;

/** @throws MisconfiguredError where there is no export; EvidenceError where its manifest is none. */
export function openExport(directory: string): ExportReader {
  const place = (file: string): string => join(directory, file);
  if (!existsSync(place(MANIFEST))) throw new MisconfiguredError(`${directory} is no exported directory: it has no ${MANIFEST}`);
  const size = (file: string): number | undefined => statSync(place(file), { throwIfNoEntry: false })?.size;
  const text = (file: string): string | undefined => {
    const bytes = size(file);
    if (bytes === undefined) return undefined;
    if (bytes > LARGEST_TEXT) throw new EvidenceError(`${file} has ${bytes} bytes: no export has such a file`);
    return readFileSync(place(file), 'utf8');
  };
  return {
    manifest: parseManifest(text(MANIFEST) ?? ''),
    text,
    size,
    stream: (file) => createReadStream(place(file), { highWaterMark: CHUNK_BYTES }),
    async *objects(onProblem) {
      if (size(OBJECTS) === undefined) return;
      let number = 0;
      for await (const line of createInterface({ input: createReadStream(place(OBJECTS)), crlfDelay: Infinity })) {
        number++;
        const at = `${OBJECTS}, line ${number}`;
        try {
          yield parseObject(line, at);
        } catch (error) {
          if (!(error instanceof EvidenceError)) throw error;
          onProblem(problem('export_unreadable', at, error.message));
        }
      }
    },
  };
}

/** The files that the manifest itself names. */
export async function checkFiles(reader: ExportReader, onProblem: (found: Problem) => void): Promise<void> {
  for (const { file, size, sha256 } of reader.manifest.files) {
    const found = reader.size(file);
    if (found === undefined) {
      onProblem(problem('export_missing', file, `${MANIFEST} names it`));
      continue;
    }
    const hash = createHash('sha256');
    for await (const chunk of reader.stream(file)) hash.update(chunk);
    const digest = hash.digest('hex');
    if (found !== size || digest !== sha256)
      onProblem(problem('export_altered', file, `it has ${found} bytes and SHA-256 ${digest}; ${MANIFEST} says ${size} and ${sha256}`));
  }
}

/** What lies in the directory and is not named. @param named what the objects name. */
export async function checkExtras(
  directory: string,
  manifest: Manifest,
  { named, onProblem }: { readonly named: ReadonlySet<string>; readonly onProblem: (found: Problem) => void },
): Promise<void> {
  const others = new Set([MANIFEST, ...manifest.files.map(({ file }) => file)]);
  for await (const file of filesIn(directory, ''))
    if (!others.has(file) && !named.has(file)) onProblem(problem('export_extra', file, `neither ${MANIFEST} nor ${OBJECTS} names it`));
}

async function* filesIn(directory: string, folder: string): AsyncGenerator<string> {
  for await (const entry of await opendir(join(directory, folder))) {
    const name = folder === '' ? entry.name : `${folder}/${entry.name}`;
    if (entry.isDirectory()) yield* filesIn(directory, name);
    else yield name;
  }
}
