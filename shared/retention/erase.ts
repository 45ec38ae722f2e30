// Erasure: the key of a class and month is destroyed, and with it everything that was sealed under it becomes unreadable, under lock or not. What
// stays is the ciphertext until its lock ends, its place in the log, and who decided it when and on what ground.
//
// The order makes it safe against a hold that is set at the same moment: the intent is put, then the holds are read again. Whoever sets a hold puts
// it first and then reads the intents; so at least one of the two sees the other.
import { DeleteObjectCommand, PutObjectCommand } from '@aws-sdk/client-s3';
import { hash } from 'node:crypto';
import { EvidenceError, MisconfiguredError } from '../errors.ts';
import type { JsonObject } from '../model.ts';
import { isArray, object, text } from '../outcome.ts';
import { erasedText, periodKeyPlace, readStored, versionsOf, type PeriodKeyPlace, type PeriodKeyStore } from '../seal/period-key-store.ts';
import { putStatement, readStatement, type Statement, type StatementVault } from '../seal/statements.ts';
import { readErasures } from './erasures.ts';

export interface EraseDeps {
  readonly vault: StatementVault;
  readonly keys: PeriodKeyStore;
  /** Who does it. */
  readonly by: string;
  /** ms since the epoch; for tests. */
  readonly now?: number | undefined;
}

export interface EraseOrder {
  readonly class: string;
  /** `YYYY-MM`; of the pseudonyms: generation. */
  readonly period: string;
  readonly reason: string;
  /** Law, order or decision that asks for it. */
  readonly legalBasis: string;
  /** What else the statement says: how much is erased, until when it would have been locked. */
  readonly about: JsonObject;
  /** Looks at the legal holds again, after the intent is put. @returns why not. */
  readonly objection: () => Promise<string | undefined>;
}

/** A version of the wrapped key. */
export interface WrappedVersion {
  readonly version: string;
  /** SHA-256 of KMS's ciphertext of the key, hex; undefined of a delete marker. */
  readonly sha256: string | undefined;
}

export interface Erased {
  /** Vault keys of the statements before and after. */
  readonly intent: string;
  readonly proof: string;
  readonly destroyed: readonly WrappedVersion[];
}

export type KeyState =
  | { readonly state: 'present'; readonly versions: readonly WrappedVersion[] }
  | { readonly state: 'erased'; readonly at: string; readonly statement: string; readonly versions: readonly WrappedVersion[] }
  | { readonly state: 'absent'; readonly versions: readonly WrappedVersion[] };

/** What lies in the bucket for a class and period. `versions`: those of the wrapped key; after an erasure, those that are still to be destroyed. */
export async function keyState(keys: PeriodKeyStore, place: PeriodKeyPlace): Promise<KeyState> {
  const versions: WrappedVersion[] = [];
  let erased: { readonly at: string; readonly statement: string } | undefined;
  for (const { version, isMarker, isLatest } of await versionsOf(keys, place)) {
    const stored = isMarker ? undefined : await readStored(keys, place, version);
    if (stored?.state === 'erased' && isLatest) erased = stored;
    else versions.push({ version, sha256: stored?.state === 'wrapped' ? hash('sha256', stored.wrapped) : undefined });
  }
  if (erased !== undefined) return { state: 'erased', at: erased.at, statement: erased.statement, versions };
  return { state: versions.some(({ sha256 }) => sha256 !== undefined) ? 'present' : 'absent', versions };
}

/** @throws MisconfiguredError where there is no key, or somebody objects; then nothing was destroyed. Any other failure: order it again, it goes on. */
export async function eraseKey(order: EraseOrder, deps: EraseDeps): Promise<Erased> {
  const place = periodKeyPlace(deps.keys.bank, order.class, order.period);
  const found = await keyState(deps.keys, place);
  if (found.state === 'absent') throw new MisconfiguredError(`there is no period key ${place.name}: nothing was sealed under it`);
  if (found.state === 'erased') return await finish(place, await readStatement(deps.vault, found.statement), deps);

  const now = deps.now ?? Date.now();
  for (const { id, class: className, period, stage } of await readErasures(deps.vault)) {
    if (stage === 'intent' && className === order.class && period === order.period) await abandon(id, 'it was ordered again', deps);
  }
  const intent = await putStatement(deps.vault, 'erasure', statementOf(order, place, found.versions, deps.by), { now });
  const objection = await order.objection();
  if (objection !== undefined) {
    await abandon(intent.id, objection, deps);
    throw new MisconfiguredError(`${place.name} is not erased: ${objection}`);
  }
  // From here on nobody takes the key, and nobody makes another in its place.
  const Body = erasedText(new Date(now).toISOString(), intent.key);
  await deps.keys.s3.send(new PutObjectCommand({ Bucket: deps.keys.bucket, Key: place.object, Body, ContentType: 'application/json' }));
  return await finish(place, intent, deps);
}

function statementOf(order: EraseOrder, { name, context }: PeriodKeyPlace, versions: readonly WrappedVersion[], by: string): JsonObject {
  return {
    stage: 'intent',
    who: by,
    reason: order.reason,
    legal_basis: order.legalBasis,
    key: { name, ...context },
    wrapped: versions.map(({ version, sha256 }) => ({ version, ...(sha256 === undefined ? {} : { sha256 }) })),
    ...order.about,
  };
}

async function abandon(id: string, why: string, { vault, by, now = Date.now() }: EraseDeps): Promise<void> {
  await putStatement(vault, 'erasure', { stage: 'abandoned', erasure: id, who: by, why }, { now, id: `${id}-abandoned` });
}

/** Takes away every version but the note, looks that none is left, and says so. */
async function finish(place: PeriodKeyPlace, intent: Statement, { vault, keys, by, now = Date.now() }: EraseDeps): Promise<Erased> {
  const { versions } = await keyState(keys, place);
  for (const { version } of versions) {
    await keys.s3.send(new DeleteObjectCommand({ Bucket: keys.bucket, Key: place.object, VersionId: version }));
  }
  const left = await keyState(keys, place);
  if (left.state !== 'erased' || left.versions.length > 0)
    throw new EvidenceError(`${place.object} in ${keys.bucket} is not erased: ${left.versions.length} versions are left; order it again`);
  const destroyed = wrappedOf(intent);
  const known = (await readErasures(vault)).find(({ id }) => id === intent.id);
  if (known?.stage === 'done' && known.outcome !== undefined) return { intent: intent.key, proof: known.outcome, destroyed };
  const { key = null, wrapped = [] } = intent.body;
  const proof = { stage: 'done', erasure: intent.id, who: by, key, destroyed: wrapped, versions_left: 0 };
  return { intent: intent.key, proof: (await putStatement(vault, 'erasure', proof, { now, id: `${intent.id}-done` })).key, destroyed };
}

function wrappedOf({ body }: Statement): readonly WrappedVersion[] {
  const wrapped = body['wrapped'];
  return (isArray(wrapped) ? wrapped : []).map((one) => {
    const version = object(one) ?? {};
    return { version: text(version['version']) ?? '', sha256: text(version['sha256']) };
  });
}
