// Verification of a vault against its log. Two passes: the log is read from its first leaf to its last (log-pass.ts); then what it says of each key
// is held against what the vault has, key by key in their order, and every object is opened (key-check.ts). Neither is held in memory.
import { MisconfiguredError } from '../errors.ts';
import { longestLock, type RetentionConfig } from '../retention/classes.ts';
import type { Opener } from '../seal/open.ts';
import type { KeptCheckpoint } from './checkpoints.ts';
import { createCoverage } from './coverage.ts';
import { createDigestPass, digestKeysOf, type DigestPass } from './digest-pass.ts';
import { createFindings, mergedFindings, saveFindings, type Findings } from './findings.ts';
import { openHoldsOf } from './held.ts';
import { inOrder } from './in-order.ts';
import { joined, type Joined } from './join.ts';
import { checkKey, checkTapped, type KeyChecked, type KeyDeps, type TapsOf } from './key-check.ts';
import { evidenceVersions, statementVersions } from './listing.ts';
import { findLeaf } from './find-leaf.ts';
import { logPass, type LogPass } from './log-pass.ts';
import { checkObject, type ObjectDeps, type Taps } from './object-check.ts';
import { erasuresOf } from './erasures.ts';
import { problem } from './problems.ts';
import { addCounts, findingsOf, NO_COUNTS, type Counts, type Report } from './report.ts';
import type { Position, ResumeFile } from './resume.ts';
import { coversStatement, periodOf, type Scope } from './scope.ts';
import type { Trust } from './trust.ts';
import { compareKeys, type VaultReader } from './vault-reader.ts';

export interface VerifyDeps {
  readonly vault: VaultReader;
  readonly opener: Pick<Opener, 'opening' | 'salt'>;
  readonly trust: Trust;
  /** Name of the log. */
  readonly origin: string;
  /** Of the bank's file; undefined where that is not at hand. */
  readonly retention?: RetentionConfig | undefined;
  readonly accounts?: readonly { readonly id: string; readonly name: string }[] | undefined;
  /** Between two checkpoints, ms, as the bank's file has it. */
  readonly interval?: number | undefined;
  /** Checkpoints that were kept elsewhere: the log must still contain them. */
  readonly kept?: readonly KeptCheckpoint[] | undefined;
  /** Statement by which this access was recorded: it is not in the log yet. */
  readonly access?: string | undefined;
  /** ms since the epoch; for tests. */
  readonly now?: (() => number) | undefined;
  /** Objects read at once. */
  readonly concurrency?: number | undefined;
  readonly onProgress?: ((progress: Progress) => void) | undefined;
  readonly resume?: ResumeFile | undefined;
  /** For whoever wants more of the objects than to know that they are right. */
  readonly tapsOf?: TapsOf | undefined;
  /** When the log was read, before any object is. */
  readonly onLog?: ((pass: LogPass) => Promise<void>) | undefined;
}

export interface Progress {
  readonly phase: 'log' | 'objects';
  readonly done: number;
  readonly of: number;
  readonly bytes: number;
}

const CONCURRENCY = 32;
/** What was stored so shortly before may not have come into the log. */
const GRACE_MS = 15 * 60_000;
const SAVE_MS = 5000;

interface Run {
  readonly deps: VerifyDeps;
  readonly scope: Scope;
  readonly pass: LogPass;
  readonly findings: Findings;
  readonly keyDeps: KeyDeps;
  readonly digests: DigestPass;
  readonly concurrency: number;
  readonly started: number;
  counts: Counts;
  saved: number;
}

/** @throws what the vault and KMS throw: what was found up to then is in the resume file. */
export async function verifyVault(deps: VerifyDeps, scope: Scope): Promise<Report> {
  const saved = deps.resume?.saved;
  const started = saved === undefined ? (deps.now ?? Date.now)() : Date.parse(saved.started);
  // The log is read again by a run that goes on: only what is found in it now counts.
  const ofLog = createFindings();
  const coverage = createCoverage({ scope, accounts: deps.accounts, now: started });
  const pass = await (scope.key === undefined ? logPass : findLeaf)({
    ...{ vault: deps.vault, trust: deps.trust, origin: deps.origin, scope, coverage, now: started, size: saved?.size },
    concurrency: deps.concurrency ?? CONCURRENCY,
    lock: deps.retention === undefined ? undefined : longestLock(deps.retention),
    interval: deps.interval ?? 0,
    kept: deps.kept,
    onProblem: (found) => ofLog.add(found),
    onProgress: (done, of) => deps.onProgress?.({ phase: 'log', done, of, bytes: 0 }),
  });
  try {
    await deps.onLog?.(pass);
    const run = await prepare({ deps, scope, pass, started });
    await verifyPart(run, 'statements');
    await verifyPart(run, 'evidence');
    if (scope.key !== undefined && run.counts.objects === 0 && run.findings.counts.size === 0)
      throw new MisconfiguredError(`${scope.key} is neither in the vault nor in its log`);
    await verifyAround(run);
    const { problems, digests, files } = run.digests.end();
    ofLog.add(...problems, ...(scope.key === undefined ? coverage.problems() : []));
    run.counts = addCounts(run.counts, { leaves: pass.evidence.size() + pass.statements.size(), digests, digest_files: files });
    return reportOf(run, mergedFindings([ofLog, run.findings]));
  } finally {
    await pass.dispose();
  }
}

async function prepare({ deps, scope, pass, started }: Pick<Run, 'deps' | 'scope' | 'pass' | 'started'>): Promise<Run> {
  const saved = deps.resume?.saved;
  const findings = createFindings(saved?.findings);
  const objects = { vault: deps.vault, opener: deps.opener, retention: deps.retention, now: started };
  const { erasures, holds, keys } = await explanations({ pass, scope }, { ...objects, erasures: new Map() }, findings);
  return {
    ...{ deps, scope, pass, findings, started },
    keyDeps: {
      ...{ ...objects, erasures, holds, logSize: pass.size, cutoff: started - GRACE_MS - (deps.interval ?? 0) },
      ignored: new Set(deps.access === undefined ? [] : [deps.access]),
    },
    digests: createDigestPass({ keys, opener: deps.opener, scope, bounds: { ...periodOf(scope), now: started } }),
    concurrency: deps.concurrency ?? CONCURRENCY,
    counts: saved?.counts ?? NO_COUNTS,
    saved: Date.now(),
  };
}

/** Statements that explain: they count only where they are what the log says. */
async function explanations({ pass: { explaining }, scope }: Pick<Run, 'pass' | 'scope'>, deps: ObjectDeps, findings: Findings) {
  const statements: { readonly key: string; readonly kind: string; readonly text: string }[] = [];
  for (const { leaf } of explaining) {
    const { problems } = await checkObject(deps, leaf, {
      onText: (text) => {
        if (leaf.kind === 'statement') statements.push({ key: leaf.key, kind: leaf.statement, text });
      },
    });
    // Those of the scope are verified with all others.
    if (!coversStatement(scope, leaf.key)) findings.add(...problems.filter(({ severity }) => severity === 'failure'));
  }
  const of = (...kinds: readonly string[]) => statements.filter(({ kind }) => kinds.includes(kind));
  return {
    erasures: erasuresOf(of('erasure')),
    holds: openHoldsOf(of('hold', 'release'), deps.now),
    keys: digestKeysOf(of('cloudtrail-key').map(({ text }) => text)),
  };
}

async function verifyPart(run: Run, part: Position['part']): Promise<void> {
  const { deps, scope, pass, digests, keyDeps } = run;
  const position = deps.resume?.saved?.position;
  if (part === 'statements' && position?.part === 'evidence') return;
  const after = position?.part === part ? position.key : undefined;
  const isDone = ({ key }: Joined): boolean => after !== undefined && compareKeys(key, after) <= 0;
  const versions = part === 'statements' ? statementVersions(deps.vault, scope) : evidenceVersions(deps.vault, scope);
  const checked = inOrder(joined(pass[part].sorted(), versions), run.concurrency, async (item): Promise<KeyChecked | undefined> => {
    if (!isDone(item)) return await checkKey(keyDeps, item, (at) => both(digests.taps(), deps.tapsOf?.(at)));
    await digests.again(keyDeps, item);
    return undefined;
  });
  for await (const result of checked) if (result !== undefined) account(run, part, result);
}

function account(run: Run, part: Position['part'], { key, problems, objects, erased, ...bytes }: KeyChecked): void {
  const { deps, pass, started, findings } = run;
  findings.add(...problems);
  const found = part === 'statements' ? { statements: objects } : { objects, erased };
  run.counts = addCounts(run.counts, { ...found, sealed_bytes: bytes.sealedBytes, plain_bytes: bytes.plainBytes });
  const { counts } = run;
  const of = pass.evidence.size() + pass.statements.size();
  deps.onProgress?.({ phase: 'objects', done: counts.objects + counts.statements, of, bytes: counts.plain_bytes });
  if (deps.resume === undefined || Date.now() - run.saved < SAVE_MS) return;
  run.saved = Date.now();
  const position = { part, key };
  deps.resume.save({ started: new Date(started).toISOString(), size: pass.size, position, counts, findings: saveFindings(findings) });
}

function both(one: Taps, other: Taps = {}): Taps {
  return {
    ...other,
    async onFacts(facts) {
      const wanted = [await one.onFacts?.(facts), await other.onFacts?.(facts)].filter((each) => each !== undefined);
      return wanted.length === 0 ? undefined : (piece) => wanted.forEach((each) => each(piece));
    },
    async onChecked(checked) {
      await one.onChecked?.(checked);
      await other.onChecked?.(checked);
    },
  };
}

/** CloudTrail's objects just outside the period, for the digests' sake. */
async function verifyAround({ pass, keyDeps, digests, findings, concurrency }: Run): Promise<void> {
  const checked = inOrder(pass.around, concurrency, async (leaf) => {
    const { problems } = await checkTapped(keyDeps, leaf, digests.taps());
    return problems;
  });
  for await (const problems of checked) findings.add(...problems.filter(({ severity }) => severity === 'failure'));
}

function reportOf({ deps, scope, pass, started, counts }: Run, findings: Findings): Report {
  const { latest, result, size, pending } = pass;
  const { trust, origin } = deps;
  if (!trust.pinned) findings.add(problem('keys_unpinned', origin, 'name a trust file with --trust'));
  const log = { origin, size, root: result.root.toString('hex'), checkpoints: result.checkpoints, cosigned: result.cosigned, pending };
  return {
    format: 1,
    bank: scope.bank,
    scope,
    started: new Date(started).toISOString(),
    ended: new Date((deps.now ?? Date.now)()).toISOString(),
    access: deps.access,
    trust: { pinned: trust.pinned, keys: trust.logs.map(({ vkey }) => vkey), witnesses: trust.witnesses.map(({ vkey }) => vkey) },
    log: latest === undefined ? undefined : { ...log, isWhole: scope.key === undefined },
    counts,
    ...findingsOf(findings),
  };
}
