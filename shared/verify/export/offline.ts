// Verifies an exported directory: no AWS, no environment, nothing but the directory and the keys that are trusted.
import { text } from '../../outcome.ts';
import { createDigestPass, digestKeysOf, type DigestPass } from '../digest-pass.ts';
import { erasuresOf } from '../erasures.ts';
import { createFindings, type Findings } from '../findings.ts';
import { inOrder } from '../in-order.ts';
import { problem, type Problem } from '../problems.ts';
import { addCounts, findingsOf, NO_COUNTS, type Counts, type LogReport, type Report } from '../report.ts';
import { periodOf, type Scope } from '../scope.ts';
import { unpinnedTrust, type Trust } from '../trust.ts';
import type { Progress } from '../verify-vault.ts';
import { checkChain, type ChainChecked } from './chain-check.ts';
import { checkCopied, type CopiedDeps } from './copied.ts';
import { MANIFEST, OBJECTS, type ExportedObject, type Manifest } from './format.ts';
import { checkExtras, checkFiles, openExport, type ExportReader } from './reader.ts';

export interface OfflineOptions {
  /** Left out: the keys that the export brings with it, which prove little. */
  readonly trust?: Trust | undefined;
  readonly onProgress?: ((progress: Progress) => void) | undefined;
  /** ms since the epoch; for tests. */
  readonly now?: () => number;
}

interface Run {
  readonly reader: ExportReader;
  readonly trust: Trust;
  readonly findings: Findings;
  readonly scope: Scope;
  readonly now: number;
  readonly onProgress: OfflineOptions['onProgress'];
  /** Files that the objects name. */
  readonly named: Set<string>;
  counts: Counts;
}

/** One is read while another is decrypted. */
const CONCURRENCY = 4;
const HOUR_MS = 3_600_000;

/** @throws MisconfiguredError where there is no export; EvidenceError where its manifest cannot be read. */
export async function verifyExport(directory: string, options: OfflineOptions = {}): Promise<Report> {
  const now = options.now ?? Date.now;
  const reader = openExport(directory);
  const { manifest } = reader;
  const trust = options.trust ?? unpinnedTrust(manifest.log.keys, manifest.log.origin, manifest.log.witnesses);
  const run: Run = {
    ...{ reader, trust, findings: createFindings(), scope: scopeOf(manifest), now: now(), onProgress: options.onProgress },
    ...{ named: new Set<string>(), counts: NO_COUNTS },
  };
  const onProblem = (found: Problem): void => run.findings.add(found);
  await checkFiles(reader, onProblem);
  const chain = checkChain({ reader, manifest, trust, onProblem });
  await checkObjects(run, chain);
  await checkExtras(directory, manifest, { named: run.named, onProblem });
  if (!trust.pinned) onProblem(problem('keys_unpinned', manifest.log.origin, 'name a trust file with --trust'));
  return {
    format: 1,
    ...{ bank: manifest.bank, scope: run.scope, access: manifest.exported.statement },
    started: new Date(run.now).toISOString(),
    ended: new Date(now()).toISOString(),
    trust: { pinned: trust.pinned, keys: trust.logs.map(({ vkey }) => vkey), witnesses: trust.witnesses.map(({ vkey }) => vkey) },
    log: logReport(manifest, chain),
    counts: run.counts,
    ...findingsOf(run.findings),
  };
}

function logReport({ log }: Manifest, { last, signed, cosigned }: ChainChecked): LogReport | undefined {
  if (last === undefined) return undefined;
  const { size, root } = last;
  return { origin: log.origin, size, root: root.toString('hex'), checkpoints: signed, cosigned, pending: 0, isWhole: false };
}

function scopeOf({ bank, scope }: Manifest): Scope {
  const { keys, ...rest } = scope;
  const key = Array.isArray(keys) ? text(keys[0]) : undefined;
  return { bank, key, source: text(rest['source']), account: text(rest['account']), from: text(rest['from']), to: text(rest['to']) };
}

async function checkObjects(run: Run, { last }: ChainChecked): Promise<void> {
  const { reader, trust, findings, now } = run;
  const deps: CopiedDeps = { reader, trust, last, now, erasures: new Map(), notes: new Map() };
  // Statements first: they explain what cannot be opened any more, and hold the keys that CloudTrail signed with.
  const texts: { readonly key: string; readonly text: string }[] = [];
  const statements = onlyFrom(
    reader.objects((found) => findings.add(found)),
    true,
  );
  for await (const exported of statements)
    await check(run, deps, exported, { onText: (content) => texts.push({ key: exported.key, text: content }) });
  const digests = digestPass(run, digestKeysOf(texts.map((one) => one.text)));
  const explained = { ...deps, erasures: erasuresOf(texts.filter(({ key }) => key.startsWith('_statements/erasure/'))) };
  const evidence = onlyFrom(
    reader.objects(() => undefined),
    false,
  );
  // What is wrong is told in the order of the file.
  const checked = inOrder(evidence, CONCURRENCY, (exported) => check(run, explained, exported, digests.taps()));
  while ((await checked.next()).done !== true);
  const { count: objects, statements: said } = reader.manifest.objects;
  if (run.counts.leaves !== objects + said)
    findings.add(
      problem(
        'export_missing',
        OBJECTS,
        `it describes ${run.counts.leaves} objects and statements, and ${MANIFEST} says ${objects + said}`,
      ),
    );
  const { problems, digests: count, files } = digests.end();
  if (count > 0) findings.add(...problems);
  run.counts = addCounts(run.counts, { digests: count, digest_files: files });
}

async function* onlyFrom(objects: AsyncIterable<ExportedObject>, isStatement: boolean): AsyncGenerator<ExportedObject> {
  for await (const exported of objects) if (exported.file.startsWith('statements/') === isStatement) yield exported;
}

async function check(run: Run, deps: CopiedDeps, exported: ExportedObject, taps: Parameters<typeof checkCopied>[2]): Promise<void> {
  const { findings, named, reader } = run;
  if (named.has(exported.file)) findings.add(problem('duplicate_leaf', exported.file, 'it is listed twice'));
  named.add(exported.file).add(exported.proof);
  const { problems, leaf, sealedBytes, plainBytes, isErased } = await checkCopied(deps, exported, taps);
  findings.add(...problems);
  const what = leaf?.kind === 'statement' ? { statements: 1 } : { objects: 1, erased: Number(isErased) };
  run.counts = addCounts(run.counts, { leaves: 1, ...what, sealed_bytes: sealedBytes, plain_bytes: plainBytes });
  const { objects } = reader.manifest;
  run.onProgress?.({ phase: 'objects', done: run.counts.leaves, of: objects.count + objects.statements, bytes: run.counts.plain_bytes });
}

/** Of what the export holds: the digests and files just outside the period were not copied, so its first and last hours are not judged. */
function digestPass({ scope, reader }: Run, keys: ReturnType<typeof digestKeysOf>): DigestPass {
  const { from, until } = periodOf(scope);
  const exported = Date.parse(reader.manifest.exported.at);
  const bounds = {
    from: from === undefined ? undefined : from + 2 * HOUR_MS,
    until: until === undefined ? undefined : until - 4 * HOUR_MS,
  };
  return createDigestPass({
    keys,
    scope,
    bounds: { ...bounds, now: exported },
    expands: true,
    opener: { salt: () => Promise.reject(new Error('unused')) },
  });
}
