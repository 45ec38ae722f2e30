// An exported directory as somebody changes it: single files, and what the manifest says of them.
import { createHash } from 'node:crypto';
import { readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { KmsSigner } from '../../shared/notary/signer.ts';
import { MANIFEST, OBJECTS, parseManifest, parseObject, type ExportedObject, type Manifest } from '../../shared/verify/export/format.ts';
import { wanted } from './ground.ts';

export interface ExportedDirectory {
  readonly path: string;
  /** Name of the log. */
  readonly origin: string;
  /** Signs as the log does: with its key. */
  readonly signer: KmsSigner;
}

export function evidenceAt(exported: ExportedDirectory, at: number): ExportedObject {
  const evidence = objectsOf(exported).filter(({ key }) => key.split('/')[1] === 'alb');
  return wanted(evidence[at], 'exported evidence of alb');
}

export function objectsOf({ path }: ExportedDirectory): readonly ExportedObject[] {
  const lines = readFileSync(join(path, OBJECTS), 'utf8').split('\n');
  return lines.filter((line) => line !== '').map((line) => parseObject(line, OBJECTS));
}

export function manifestOf({ path }: ExportedDirectory): Manifest {
  return parseManifest(readFileSync(join(path, MANIFEST), 'utf8'));
}

export function edit({ path }: ExportedDirectory, file: string, change: (bytes: Buffer) => Buffer): void {
  const before = readFileSync(join(path, file));
  const after = change(before);
  writeFileSync(join(path, file), wanted(after.equals(before) ? undefined : after, `${file} as it is edited here`));
}

export function editManifest(exported: ExportedDirectory, change: (manifest: Manifest) => Manifest): void {
  edit(exported, MANIFEST, () => Buffer.from(`${JSON.stringify(change(manifestOf(exported)), undefined, 2)}\n`));
}

/** What the manifest says of a file is made to fit it. */
export function fitManifest(exported: ExportedDirectory, file: string): void {
  const full = join(exported.path, file);
  const fitting = { file, size: statSync(full).size, sha256: createHash('sha256').update(readFileSync(full)).digest('hex') };
  editManifest(exported, (manifest) => ({ ...manifest, files: manifest.files.map((one) => (one.file === file ? fitting : one)) }));
}

export function editObjects(
  exported: ExportedDirectory,
  change: (objects: readonly ExportedObject[]) => readonly ExportedObject[],
  fits: boolean,
): void {
  edit(exported, OBJECTS, () =>
    Buffer.from(
      change(objectsOf(exported))
        .map((one) => `${JSON.stringify(one)}\n`)
        .join(''),
    ),
  );
  if (fits) fitManifest(exported, OBJECTS);
}

export function editObject(exported: ExportedDirectory, file: string, change: (one: ExportedObject) => ExportedObject): void {
  editObjects(exported, (objects) => objects.map((one) => (one.file === file ? change(one) : one)), true);
}
