// Writes evidence out of the vault into a directory from which it can be verified, and opened, without the bank: objects, proofs, public keys.
// The vault is verified while it is copied: what is wrong goes into the manifest.
import { LOG_PREFIX, KEYS } from '../../notary/store.ts';
import type { Access } from '../../seal/access.ts';
import { createOpener } from '../../seal/open.ts';
import type { PeriodKeys } from '../../seal/period-keys.ts';
import { checkTapped } from '../key-check.ts';
import type { LoggedLeaf } from '../log-check.ts';
import type { LogPass } from '../log-pass.ts';
import { logStoreOf } from '../log-store.ts';
import type { ObjectDeps } from '../object-check.ts';
import type { Report } from '../report.ts';
import { scopeJson, type Scope } from '../scope.ts';
import type { Trust } from '../trust.ts';
import { verifyVault, type VerifyDeps } from '../verify-vault.ts';
import { chainOf, type Chain } from './chain.ts';
import { createCopy, type Copy } from './copy.ts';
import { makeDirectory, type Directory, type FileEntry } from './directory.ts';
import { MANIFEST, OBJECTS, README, TRUST, type Manifest } from './format.ts';
import { readme } from './readme.ts';

export interface ExportDeps extends Omit<VerifyDeps, 'opener' | 'access' | 'tapsOf' | 'onLog' | 'resume'> {
  readonly keys: Pick<PeriodKeys, 'forOpening'>;
  /** That and why evidence is opened was recorded before. */
  readonly access: Access;
}

export interface Exported {
  readonly report: Report;
  readonly manifest: Manifest;
  /** Of manifest.json, hex: it stands for the whole directory. */
  readonly sha256: string;
}

interface Begun {
  readonly pass: LogPass;
  readonly chain: Chain;
  readonly copy: Copy;
}

const CONCURRENCY = 32;

/** @throws MisconfiguredError where something is in the directory already; EvidenceError where nothing can be proven. */
export async function exportEvidence(deps: ExportDeps, scope: Scope, path: string): Promise<Exported> {
  const directory = makeDirectory(path);
  const opener = createOpener({ keys: deps.keys });
  let begun: Begun | undefined;
  try {
    const report = await verifyVault(
      {
        ...{ ...deps, opener, access: deps.access.statement },
        async onLog(pass) {
          const { vault, trust, origin, concurrency = CONCURRENCY } = deps;
          const chain = await chainOf({ vault, trust, origin, concurrency, lock: undefined, now: Date.now() }, pass);
          const copy = createCopy({ keys: deps.keys, directory, chain });
          begun = { pass, chain, copy };
          await copyExplaining({ vault, opener, retention: deps.retention, erasures: new Map(), now: Date.now() }, begun);
        },
        tapsOf: (at) => (begun?.copy.has(at.index) === true ? {} : (begun?.copy.tapsOf(at) ?? {})),
      },
      scope,
    );
    if (begun === undefined) throw new Error('the log was not read');
    await begun.copy.end();
    return await finish({ deps, scope, directory, report, begun });
  } finally {
    await begun?.copy.end();
  }
}

/** What explains the evidence, whatever its day: holds, erasures, and the keys with which CloudTrail signed. */
async function copyExplaining(deps: ObjectDeps, { pass, copy }: Begun): Promise<void> {
  const isWanted = ({ leaf }: LoggedLeaf): boolean => leaf.kind === 'statement' && leaf.statement !== 'access';
  for (const at of pass.explaining.filter(isWanted)) await checkTapped(deps, at.leaf, copy.tapsOf(at));
}

interface Finishing {
  readonly deps: ExportDeps;
  readonly scope: Scope;
  readonly directory: Directory;
  readonly report: Report;
  readonly begun: Begun;
}

async function finish({ deps, scope, directory, report, begun }: Finishing): Promise<Exported> {
  const { chain, copy } = begun;
  const { checkpoints, files } = await chain.write(directory);
  const { trust, origin, access } = deps;
  const about = {
    format: 1,
    about: `Evidence of ${scope.bank}, sealed, with the proofs that it is what was sealed: see ${README}. It holds the keys that open it.`,
    bank: scope.bank,
    scope: scopeJson(scope),
    exported: { at: report.ended, by: access.by, reason: access.reason, statement: access.statement },
    log: {
      origin,
      checkpoint: checkpoints.at(-1)?.file ?? '',
      size: chain.last.size,
      root: chain.last.root.toString('base64'),
      ...{ keys: trust.logs.map(({ vkey }) => vkey), witnesses: trust.witnesses.map(({ vkey }) => vkey) },
    },
    checkpoints,
    objects: { file: OBJECTS, count: copy.totals.count, statements: copy.totals.statements, bytes: copy.totals.bytes },
    problems: report.problems,
  } as const;
  const others = [...files, ...(await keyFiles(deps, directory)), directory.write(TRUST, trustText(trust))];
  const objects = copy.totals.count + copy.totals.statements === 0 ? directory.write(OBJECTS, '') : await directory.entry(OBJECTS);
  const readmeFile = directory.write(README, readme({ ...about, files: [] }, scope));
  const manifest: Manifest = { ...about, files: [readmeFile, objects, ...others] };
  const { sha256 } = directory.write(MANIFEST, `${JSON.stringify(manifest, undefined, 2)}\n`);
  return { report, manifest, sha256 };
}

/** The public keys as they lie beside the log. */
async function keyFiles({ vault }: ExportDeps, directory: Directory): Promise<readonly FileEntry[]> {
  const store = logStoreOf(vault);
  const files: FileEntry[] = [];
  for await (const path of store.list(KEYS)) {
    const bytes = await store.get(path);
    if (bytes !== undefined && /^keys\/[0-9a-f]{8}\.json$/.test(path)) files.push(directory.write(path, bytes));
  }
  return files;
}

/** What this export was verified with, as a trust file: https://c2sp.org/tlog-policy */
function trustText({ logs, witnesses, pinned }: Trust): string {
  const where = pinned
    ? 'the trust file of who exported this'
    : `${LOG_PREFIX}${KEYS} of the vault itself: compare them with what the bank has published`;
  return [
    `# Keys out of ${where}.`,
    ...logs.map(({ vkey }) => `log ${vkey}`),
    ...witnesses.map(({ vkey }, at) => `witness witness-${at + 1} ${vkey}`),
    'quorum none',
    '',
  ].join('\n');
}
