// One object of the vault against its leaf: the sealed bytes, what is written beside them, the lock, and what the bytes open to.
import { createHash, type Hash } from 'node:crypto';
import { EvidenceError, PeriodKeyError } from '../errors.ts';
import type { EvidenceLeaf, Leaf } from '../notary/leaf.ts';
import { classOf, lockOf, longestLock, type Lock, type RetentionConfig } from '../retention/classes.ts';
import type { HoldScope } from '../retention/holds.ts';
import { decodeMetadata, type EvidenceFacts } from '../seal/metadata.ts';
import type { Opener } from '../seal/open.ts';
import { plaintextHash } from '../seal/salt.ts';
import { parseStatement } from '../seal/statements.ts';
import { contextOf, periodOf, placeOfKey, vaultKey, type EvidenceContext } from '../seal/vault.ts';
import type { Erasures } from './erasures.ts';
import { isToBeHeld } from './held.ts';
import { isExpired, lockProblems } from './lock.ts';
import { problem, type Problem } from './problems.ts';
import { timeProblems } from './times.ts';
import type { StoredObject, VaultReader } from './vault-reader.ts';

export interface ObjectDeps {
  readonly vault: Pick<VaultReader, 'open'>;
  readonly opener: Pick<Opener, 'opening' | 'salt'>;
  /** Undefined where the bank's file is not at hand: then only that there is a lock is looked at. */
  readonly retention: RetentionConfig | undefined;
  readonly erasures: Erasures;
  /** Legal holds that are open. */
  readonly holds?: readonly HoldScope[] | undefined;
  /** Of a copy: it is not locked, and its times are known from the log alone. */
  readonly isCopy?: boolean | undefined;
  readonly now: number;
}

export interface Checked {
  readonly problems: readonly Problem[];
  /** What was read and hashed. */
  readonly sealedBytes: number;
  readonly plainBytes: number;
  readonly isErased: boolean;
  /** Retention class, of evidence that is there. */
  readonly class?: string | undefined;
}

/** For whoever wants more of an object than to know that it is right. */
export interface Taps {
  /** Opens this object in place of the one that opens all. */
  readonly opener?: ObjectDeps['opener'];
  /** What is written beside it, once it was found to be what the log says. @returns whether the plaintext is wanted, piece by piece. */
  readonly onFacts?: (facts: EvidenceFacts) => Promise<((piece: Buffer) => void) | undefined>;
  /** What lies there; not yet looked at. */
  readonly onStored?: (object: StoredObject) => void;
  readonly onSealed?: (piece: Uint8Array) => Promise<void> | void;
  /** A statement's content. */
  readonly onText?: (text: string) => void;
  /** When all of it was looked at. */
  readonly onChecked?: (checked: Checked) => Promise<void> | void;
  /** When it could not be looked at: it will be tried again, with others than these. */
  readonly onFailed?: () => Promise<void>;
}

const STATEMENT_BYTES = 4 * 1024 * 1024;

export async function checkObject(deps: ObjectDeps, leaf: Leaf, taps: Taps = {}): Promise<Checked> {
  const found = await deps.vault.open(leaf.key, leaf.version);
  if (found.kind === 'missing') return without(missing(deps, leaf));
  if (found.kind === 'archived') return without(problem('archived', leaf.key, 'have S3 restore it, then verify again'));
  taps.onStored?.(found.object);
  try {
    if (leaf.kind === 'evidence') return await checkEvidence(deps, leaf, found.object, taps);
    return await checkStatement(deps, leaf, found.object, taps);
  } finally {
    found.object.discard();
  }
}

function without(...problems: readonly Problem[]): Checked {
  return { problems, sealedBytes: 0, plainBytes: 0, isErased: false };
}

/** @param known class that is written beside it; where it is gone, its source tells. */
export function lockOfLeaf({ kind, key }: Leaf, retention: RetentionConfig | undefined, known?: string): Lock | undefined {
  if (retention === undefined) return undefined;
  return kind === 'evidence' ? lockOf(known ?? classOf(placeOfKey(key).source, retention), retention) : longestLock(retention);
}

function missing({ retention, holds = [], now }: ObjectDeps, leaf: Leaf): Problem {
  const { key, version, stored } = leaf;
  // What a hold covers does not expire.
  const isHeld = leaf.kind === 'evidence' && isToBeHeld(holds, key);
  if (!isHeld && isExpired({ lock: lockOfLeaf(leaf, retention), stored, now }))
    return problem('object_expired', key, `version ${version} is gone`);
  return problem('object_missing', key, `version ${version} is not in the vault`);
}

async function checkStatement(deps: ObjectDeps, leaf: Leaf, object: StoredObject, taps: Taps): Promise<Checked> {
  const { key } = leaf;
  const body = hashing(object.body, taps.onSealed);
  const pieces: Uint8Array[] = [];
  for await (const piece of body.pieces) if (body.size() <= STATEMENT_BYTES) pieces.push(piece);
  const problems = [...sealedProblems(leaf, body), ...(deps.isCopy === true ? [] : storedProblem(leaf, object))];
  try {
    const text = Buffer.concat(pieces).toString();
    parseStatement(key, text);
    if (problems.length === 0) taps.onText?.(text);
  } catch (error) {
    if (!(error instanceof EvidenceError)) throw error;
    if (problems.length === 0) problems.push(problem('metadata_differs', key, error.message));
  }
  const lock = deps.retention === undefined ? undefined : longestLock(deps.retention);
  if (deps.isCopy !== true) problems.push(...lockProblems(key, object, { lock, stored: leaf.stored, now: deps.now }));
  return { problems, sealedBytes: body.size(), plainBytes: 0, isErased: false };
}

async function checkEvidence(deps: ObjectDeps, leaf: EvidenceLeaf, object: StoredObject, taps: Taps): Promise<Checked> {
  const body = hashing(object.body, taps.onSealed);
  const beside = factsOf(leaf, object);
  const opened = beside.facts === undefined ? undefined : await openBody(deps, leaf, { facts: beside.facts, body, taps });
  await body.drain();
  const sealed = sealedProblems(leaf, body);
  const lock = beside.facts === undefined || deps.retention === undefined ? undefined : lockOf(beside.facts.class, deps.retention);
  const toBeHeld = isToBeHeld(deps.holds ?? [], leaf.key);
  return {
    problems: [
      ...sealed,
      ...beside.problems,
      // Altered bytes do not open: that is said once.
      ...(sealed.length === 0 ? (opened?.problems ?? []) : []),
      ...(deps.isCopy === true
        ? []
        : [...storedProblem(leaf, object), ...lockProblems(leaf.key, object, { lock, toBeHeld, stored: leaf.stored, now: deps.now })]),
      ...timeProblems(leaf),
    ],
    sealedBytes: body.size(),
    plainBytes: opened?.bytes ?? 0,
    isErased: opened?.isErased ?? false,
    class: beside.facts?.class,
  };
}

function sealedProblems({ key, size, ciphertext }: Leaf, body: Hashing): Problem[] {
  const digest = body.digest();
  return [
    ...(digest === ciphertext ? [] : [problem('object_altered', key, `its SHA-256 is ${digest}, and the log has ${ciphertext}`)]),
    ...(body.size() === size ? [] : [problem('wrong_size', key, `it has ${body.size()} bytes, and the log has ${size}`)]),
  ];
}

/** S3 tells times to the second. */
function storedProblem({ key, stored }: Leaf, { modified }: StoredObject): readonly Problem[] {
  if (Math.floor(stored / 1000) === Math.floor(modified / 1000)) return [];
  const [is, was] = [modified, stored].map((time) => new Date(time).toISOString());
  return [problem('metadata_differs', key, `it was stored at ${is}, and the log has ${was}`)];
}

function factsOf(leaf: EvidenceLeaf, object: StoredObject): { readonly facts?: EvidenceFacts; readonly problems: readonly Problem[] } {
  const { key } = leaf;
  try {
    const facts = decodeMetadata(object.metadata, key);
    const own = vaultKey(facts.origin);
    if (own !== key) return { problems: [problem('metadata_differs', key, `it is that of ${own}`)] };
    const differs = Object.entries(logged(facts)).filter(([name, value]) => leaf[name as keyof EvidenceLeaf] !== value);
    const names = differs.map(([name]) => name).join(', ');
    const wrong = differs.length === 0 ? [] : [problem('metadata_differs', key, `it does not say what the log says of: ${names}`)];
    return { facts, problems: wrong };
  } catch (error) {
    if (!(error instanceof EvidenceError)) throw error;
    return { problems: [problem('metadata_differs', key, error.message)] };
  }
}

/** What the log repeats of the metadata. */
function logged({ origin, plaintext, size, counts, firstTime, lastTime }: EvidenceFacts) {
  return {
    ...{ plaintext, bytes: size, ...counts, first: firstTime ?? null, last: lastTime ?? null },
    ...{ delivered: origin.time, origin: origin.uri, trigger: origin.trigger },
  } satisfies Partial<EvidenceLeaf>;
}

interface Opened {
  readonly problems: readonly Problem[];
  readonly bytes: number;
  readonly isErased: boolean;
}

interface ToOpen {
  readonly facts: EvidenceFacts;
  readonly body: Hashing;
  readonly taps: Taps;
}

async function openBody(deps: ObjectDeps, leaf: EvidenceLeaf, { facts, body, taps }: ToOpen): Promise<Opened> {
  const { key } = leaf;
  const context = contextOf(facts.origin, facts.class);
  const opener = taps.opener ?? deps.opener;
  let bytes = 0;
  const result = (...problems: readonly Problem[]): Opened => ({ problems, bytes, isErased: false });
  try {
    const mac = plaintextHash(await opener.salt(context, key));
    const onPiece = await taps.onFacts?.(facts);
    for await (const piece of opener.opening(body.pieces, context)) {
      bytes += piece.length;
      mac.update(piece);
      onPiece?.(piece);
    }
    const plaintext = mac.digest('hex');
    if (bytes !== leaf.bytes) return result(problem('plaintext_differs', key, `it opens to ${bytes} bytes, and the log has ${leaf.bytes}`));
    if (plaintext !== leaf.plaintext)
      return result(problem('plaintext_differs', key, `its salted hash is ${plaintext}, and the log has ${leaf.plaintext}`));
    return result();
  } catch (error) {
    if (error instanceof PeriodKeyError) return gone(deps, context, { key, error });
    if (!(error instanceof EvidenceError)) throw error;
    return result(problem(error.message.startsWith('wrong context') ? 'wrong_context' : 'not_opened', key, error.message));
  }
}

function gone(
  { erasures }: ObjectDeps,
  context: EvidenceContext,
  { key, error }: { readonly key: string; readonly error: PeriodKeyError },
): Opened {
  const statement = erasures.get(`${context.bank}/${context.class}/${periodOf(context)}`);
  const isErased = statement !== undefined;
  const unlogged = error.statement === undefined ? error.message : `${error.message}; the log has no such erasure`;
  return {
    problems: [isErased ? problem('erased', key, `see ${statement}`) : problem('key_missing_unexplained', key, unlogged)],
    bytes: 0,
    isErased,
  };
}

interface Hashing {
  /** What is taken from here is hashed and counted. */
  readonly pieces: AsyncIterable<Uint8Array>;
  readonly size: () => number;
  /** Hex; once all was read. */
  readonly digest: () => string;
  /** Reads what nobody has taken. */
  drain(): Promise<void>;
}

function hashing(body: AsyncIterable<Uint8Array>, onPiece: Taps['onSealed']): Hashing {
  const hash: Hash = createHash('sha256');
  const source = body[Symbol.asyncIterator]();
  let size = 0;

  async function* pieces(): AsyncGenerator<Uint8Array> {
    for (let next = await source.next(); next.done !== true; next = await source.next()) {
      hash.update(next.value);
      size += next.value.length;
      await onPiece?.(next.value);
      yield next.value;
    }
  }

  return {
    pieces: { [Symbol.asyncIterator]: pieces },
    size: () => size,
    digest: () => hash.digest('hex'),
    async drain() {
      // A reader that has failed may have left the source in the middle: whoever takes over goes on from there.
      const rest = pieces();
      for (let next = await rest.next(); next.done !== true; next = await rest.next());
    },
  };
}
