// Setting and lifting legal holds. The statement comes first: from then on nothing that it covers is erased, and what is sealed gets S3's hold with
// it. Then every version that is there gets it, one by one; doing it again changes nothing, so an interrupted run is simply repeated.
// https://docs.aws.amazon.com/AmazonS3/latest/API/API_PutObjectLegalHold.html
import { setTimeout as wait } from 'node:timers/promises';
import { HeadObjectCommand, PutObjectLegalHoldCommand } from '@aws-sdk/client-s3';
import { MisconfiguredError } from '../errors.ts';
import { putStatement, type StatementVault } from '../seal/statements.ts';
import { s3VaultReader } from '../verify/vault-reader.ts';
import { readErasures, type Erasure } from './erasures.ts';
import { HOLDS_MAX_AGE_MS, isHeld, openOnes, readHolds, scopeJson, type Hold, type HoldScope } from './holds.ts';
import { inParallel } from './parallel.ts';
import { evidenceVersions, type EvidenceVersion } from './versions.ts';

export interface HoldDeps {
  readonly vault: StatementVault;
  readonly bank: string;
  /** Who says so. */
  readonly by: string;
  /** Told about what is going on, in lines for people. */
  readonly tell?: ((line: string) => void) | undefined;
  /** False: does not wait until all functions know, and does not look a second time. */
  readonly settle?: boolean | undefined;
  /** Waits; for tests. */
  readonly wait?: ((ms: number) => Promise<unknown>) | undefined;
}

/** Versions of objects. */
export interface HoldCounts {
  /** In the scope. */
  readonly versions: number;
  /** Whose hold was put on, or taken off. */
  readonly changed: number;
  /** Where it was so already. */
  readonly unchanged: number;
  /** Not lifted: another hold covers them. */
  readonly otherwiseHeld: number;
}

const AT_ONCE = 32;
const EVERY = 10_000;

/** Functions that are at work may not know of a statement for so long, and take so long to put what they have. */
const SETTLED_MS = HOLDS_MAX_AGE_MS + 60_000;

export interface HoldSet extends HoldCounts {
  readonly hold: Hold;
  /** Erasures of months in the scope that are done or under way: what was sealed in them is not to be had any more. */
  readonly tooLate: readonly Erasure[];
}

/** @throws S3 errors as they come; the hold stands then, and applyHold() goes on. */
export async function setHold(scope: HoldScope, reason: string, deps: HoldDeps): Promise<HoldSet> {
  const { key, id, at } = await putStatement(deps.vault, 'hold', { who: deps.by, reason, scope: scopeJson(scope) });
  const hold: Hold = { id, statement: key, at, who: deps.by, reason, scope };
  deps.tell?.(`hold ${id} stands: ${key}`);
  // After the statement: whoever erases puts his first, too, and looks for holds then.
  const tooLate = (await readErasures(deps.vault)).filter(({ stage, period }) => stage !== 'abandoned' && isWithin(period, scope));
  return { hold, tooLate, ...(await applyHold(hold, deps)) };
}

function isWithin(period: string, { from, to }: HoldScope): boolean {
  return from.slice(0, 7) <= period && period <= to.slice(0, 7);
}

/** Puts S3's hold on every version in the scope; and once more, on what arrived while functions did not know of it. */
export async function applyHold(hold: Hold, deps: HoldDeps): Promise<HoldCounts> {
  return await twice(hold.scope, hold.at, deps, () => 'ON');
}

/** @throws MisconfiguredError if there is no such hold, or it was lifted before; S3 errors as they come: lifting it again goes on. */
export async function liftHold(id: string, reason: string, deps: HoldDeps): Promise<HoldCounts & { readonly hold: Hold }> {
  const hold = await holdNamed(deps.vault, id);
  if (hold.released === undefined) await putStatement(deps.vault, 'release', { who: deps.by, reason, hold: id }, { id: `${id}-lifted` });
  const holds = await readHolds(deps.vault);
  const lifted = holds.find((one) => one.id === id)?.released;
  const others = openOnes(holds);
  deps.tell?.(`hold ${id} is lifted: ${lifted?.key ?? ''}`);
  const counts = await twice(hold.scope, lifted?.at ?? Date.now(), deps, ({ place }) =>
    others.some(({ scope }) => isHeld(scope, place)) ? 'leave' : 'OFF',
  );
  return { hold, ...counts };
}

/** @throws MisconfiguredError if there is none of that id. */
export async function holdNamed(vault: StatementVault, id: string): Promise<Hold> {
  const hold = (await readHolds(vault)).find((one) => one.id === id);
  if (hold === undefined)
    throw new MisconfiguredError(`there is no hold ${JSON.stringify(id)}: \`strongroom hold list\` shows those there are`);
  return hold;
}

type Wish = (version: EvidenceVersion) => 'ON' | 'OFF' | 'leave';

async function twice(scope: HoldScope, since: number, deps: HoldDeps, wish: Wish): Promise<HoldCounts> {
  const first = await everyVersion(scope, deps, wish, () => true);
  if (deps.settle === false) return first;
  const pause = since + SETTLED_MS - Date.now();
  if (pause > 0) {
    deps.tell?.(`waiting ${Math.ceil(pause / 1000)} s until every function knows, then looking for what arrived meanwhile`);
    await (deps.wait ?? wait)(pause);
  }
  const second = await everyVersion(scope, deps, wish, ({ modified }) => modified > since - SETTLED_MS);
  return {
    versions: Math.max(first.versions, second.versions),
    changed: first.changed + second.changed,
    unchanged: first.unchanged,
    otherwiseHeld: first.otherwiseHeld,
  };
}

async function everyVersion(
  scope: HoldScope,
  { vault, bank, tell }: HoldDeps,
  wish: Wish,
  isWanted: (version: EvidenceVersion) => boolean,
): Promise<HoldCounts> {
  const counts = { versions: 0, changed: 0, unchanged: 0, otherwiseHeld: 0 };
  await inParallel(evidenceVersions(s3VaultReader(vault), bank, scope), AT_ONCE, async (version) => {
    counts.versions++;
    if (counts.versions % EVERY === 0) tell?.(`${counts.versions} versions so far, at ${version.key}`);
    if (!isWanted(version)) return;
    const status = wish(version);
    if (status === 'leave') counts.otherwiseHeld++;
    else if (await change(vault, version, status)) counts.changed++;
    else counts.unchanged++;
  });
  return counts;
}

/** @returns false where it was so already. */
async function change({ s3, bucket }: StatementVault, { key, version }: EvidenceVersion, status: 'ON' | 'OFF'): Promise<boolean> {
  const at = { Bucket: bucket, Key: key, VersionId: version };
  const { ObjectLockLegalHoldStatus: present = 'OFF' } = await s3.send(new HeadObjectCommand(at));
  if (present === status) return false;
  await s3.send(new PutObjectLegalHoldCommand({ ...at, LegalHold: { Status: status }, ChecksumAlgorithm: 'SHA256' }));
  return true;
}
