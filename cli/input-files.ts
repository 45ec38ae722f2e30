// Files that a command is to read. https://nodejs.org/docs/latest/api/fs.html#fsaccesssyncpath-mode
import { accessSync, constants, statSync } from 'node:fs';

/** @param file path, `-` for standard input. @returns what stands against reading it. */
export function unreadable(file: string): string | undefined {
  if (file === '-') return undefined;
  try {
    accessSync(file, constants.R_OK);
    return statSync(file).isDirectory() ? `${file}: is a folder; name the files in it` : undefined;
  } catch (error) {
    const code = codeOf(error);
    return code === 'ENOENT' ? `${file}: no such file` : `${file}: cannot be read (${code})`;
  }
}

const UNKNOWN = 'unknown error';

/** @returns the code of an error of the operating system (ENOENT, EACCES, …). */
export function codeOf(error: unknown): string {
  return typeof error === 'object' && error !== null && 'code' in error ? String(error.code) : UNKNOWN;
}
