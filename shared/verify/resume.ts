// A verification of years takes hours: what it has come to is kept in a file, and an interrupted one goes on from there.
import { existsSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { MisconfiguredError } from '../errors.ts';
import { isObject, parseJson } from '../outcome.ts';
import type { SavedFindings } from './findings.ts';
import type { Counts } from './report.ts';
import type { Scope } from './scope.ts';

/** Statements come before evidence, keys in their order. */
export interface Position {
  readonly part: 'statements' | 'evidence';
  /** Verified up to and with this key. */
  readonly key: string;
}

export interface Saved {
  readonly format: 1;
  readonly scope: Scope;
  readonly started: string;
  /** Leaves of the checkpoint that it goes by. */
  readonly size: number;
  readonly position: Position;
  readonly counts: Counts;
  readonly findings: SavedFindings;
}

export interface ResumeFile {
  readonly saved: Saved | undefined;
  save(saved: Omit<Saved, 'format' | 'scope'>): void;
  /** The verification has ended. */
  remove(): void;
}

/** @throws MisconfiguredError where the file is of another verification, or of none. */
export function resumeFile(path: string, scope: Scope): ResumeFile {
  const saved = existsSync(path) ? readSaved(path) : undefined;
  if (saved !== undefined && JSON.stringify(saved.scope) !== JSON.stringify(withoutUndefined(scope)))
    throw new MisconfiguredError(`${path} is of another verification (${JSON.stringify(saved.scope)}): name another file, or remove it`);
  return {
    saved,
    save(state) {
      const content: Saved = { format: 1, scope: withoutUndefined(scope), ...state };
      // Renamed over the old one, so that it is whole at any time.
      writeFileSync(`${path}.new`, `${JSON.stringify(content)}\n`, { mode: 0o600 });
      renameSync(`${path}.new`, path);
    },
    remove: () => rmSync(path, { force: true }),
  };
}

function withoutUndefined(scope: Scope): Scope {
  return { ...Object.fromEntries(Object.entries(scope).filter(([, value]) => value !== undefined)), bank: scope.bank };
}

function readSaved(path: string): Saved {
  const content = parseJson(readFileSync(path, 'utf8'));
  if (!isSaved(content)) throw new MisconfiguredError(`${path} does not hold the position of a verification: name another file`);
  return content;
}

/** Nobody but us writes it, so its parts are not looked at one by one. */
function isSaved(content: unknown): content is Saved {
  return (
    isObject(content) && content['format'] === 1 && ['scope', 'position', 'counts', 'findings'].every((name) => isObject(content[name]))
  );
}
