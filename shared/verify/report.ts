// What a verification says in the end: one document, the same for programs and, as text, for people.
import { hasFailures, type Findings } from './findings.ts';
import type { Problem, ProblemCode, Severity } from './problems.ts';
import type { Scope } from './scope.ts';

export interface LogReport {
  readonly origin: string;
  readonly size: number;
  /** Hex. */
  readonly root: string;
  /** Whose signatures and roots are right. */
  readonly checkpoints: number;
  readonly cosigned: number;
  /** Leaves that no checkpoint covers yet. */
  readonly pending: number;
  /** False where only the latest checkpoint and the proofs of the leaves asked for were looked at. */
  readonly isWhole: boolean;
}

export interface Counts {
  /** In the scope. */
  readonly leaves: number;
  readonly objects: number;
  readonly statements: number;
  readonly erased: number;
  readonly sealed_bytes: number;
  readonly plain_bytes: number;
  readonly digests: number;
  /** Log files of CloudTrail that a digest proves. */
  readonly digest_files: number;
}

export interface Report {
  readonly format: 1;
  readonly bank: string;
  readonly scope: Scope;
  readonly started: string;
  readonly ended: string;
  /** Vault key of the statement by which it was recorded. */
  readonly access: string | undefined;
  readonly trust: { readonly pinned: boolean; readonly keys: readonly string[]; readonly witnesses: readonly string[] };
  readonly log: LogReport | undefined;
  readonly counts: Counts;
  /** No failures; there may be warnings. */
  readonly ok: boolean;
  readonly found: Readonly<Partial<Record<ProblemCode, { readonly severity: Severity; readonly found: number }>>>;
  /** Of each code the first thousand, failures first. */
  readonly problems: readonly Problem[];
}

export function findingsOf(findings: Findings): Pick<Report, 'ok' | 'found' | 'problems'> {
  return { ok: !hasFailures(findings), found: Object.fromEntries(findings.counts), problems: findings.list() };
}

export const NO_COUNTS: Counts = {
  ...{ leaves: 0, objects: 0, statements: 0, erased: 0, sealed_bytes: 0, plain_bytes: 0, digests: 0, digest_files: 0 },
};

export function addCounts(one: Counts, other: Partial<Counts>): Counts {
  return {
    leaves: one.leaves + (other.leaves ?? 0),
    objects: one.objects + (other.objects ?? 0),
    statements: one.statements + (other.statements ?? 0),
    erased: one.erased + (other.erased ?? 0),
    sealed_bytes: one.sealed_bytes + (other.sealed_bytes ?? 0),
    plain_bytes: one.plain_bytes + (other.plain_bytes ?? 0),
    digests: one.digests + (other.digests ?? 0),
    digest_files: one.digest_files + (other.digest_files ?? 0),
  };
}
