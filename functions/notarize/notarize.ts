// What notarize does with what it is given: leaves for the versions that S3 has told of, a checkpoint where one is due.
import type { SQSBatchResponse, SQSRecord } from 'aws-lambda';
import { EvidenceError, MisconfiguredError } from '../../shared/errors.ts';
import { pending, type LogWriter, type Pending } from '../../shared/notary/append.ts';
import { cosign, witnessKey, type CosignRequest } from '../../shared/notary/cosign.ts';
import { describeVersion, type VersionAt } from '../../shared/notary/describe.ts';
import { publish, type Published } from '../../shared/notary/publish.ts';
import { rebuildIndex, type Rebuilt } from '../../shared/notary/rebuild.ts';
import type { LogSettings } from '../../shared/notary/settings.ts';
import type { KmsSigner } from '../../shared/notary/signer.ts';
import { errorFields, type Log } from '../../shared/observe/log.ts';
import { emit, type MetricsWriter } from '../../shared/observe/metrics.ts';
import { readNotification } from '../../shared/s3-notification.ts';
import { isStatementKey } from '../../shared/seal/statements.ts';
import { isVaultKey, type VaultSource } from '../../shared/seal/vault.ts';

export interface NotarizeDeps {
  readonly bank: string;
  readonly vault: VaultSource;
  readonly writer: LogWriter;
  readonly settings: Pick<LogSettings, 'interval'>;
  readonly signer: () => Promise<KmsSigner>;
  /** Undefined where the bank has no witness. */
  readonly witness: CosignRequest | undefined;
  readonly log: Pick<Log, 'info' | 'warn' | 'error'>;
  readonly metrics: MetricsWriter;
  readonly now: () => number;
}

/** What a request for a checkpoint is answered. */
export interface CheckpointAnswer {
  /** Leaves under the checkpoint; 0 where nothing was ever sealed. */
  readonly size: number;
  /** Hex. */
  readonly root?: string;
  readonly note?: string;
  /** Whether it was signed now. */
  readonly isNew: boolean;
  /** Verifier key of the log. */
  readonly key?: string;
  readonly witness: 'none' | 'signed' | 'away';
  /** Its verifier key, as it says itself; only where the bank's file has none. */
  readonly witnessKey?: string;
}

/** Requests for an object's head that are made at once. */
const LOOKUPS = 32;

/** @throws where the log cannot be written to: all messages come back. */
export async function notarizeMessages(messages: readonly SQSRecord[], deps: NotarizeDeps): Promise<SQSBatchResponse> {
  const started = deps.now();
  const described: Outcome[] = [];
  for (let at = 0; at < messages.length; at += LOOKUPS)
    described.push(...(await Promise.all(messages.slice(at, at + LOOKUPS).map((message) => describeMessage(message, deps)))));
  const leaves = described.flatMap((outcome) => outcome.leaves ?? []);
  const failed = described.flatMap(({ failed: messageId }) => (messageId === undefined ? [] : [messageId]));
  if (leaves.length > 0) await appendAll(leaves, failed.length, started, deps);
  await publishIfDue(deps);
  return { batchItemFailures: failed.map((itemIdentifier) => ({ itemIdentifier })) };
}

async function appendAll(leaves: readonly Pending[], failed: number, started: number, deps: NotarizeDeps): Promise<void> {
  const { writer, log, metrics, bank } = deps;
  const appended = await noted(deps, () => writer.append(leaves));
  log.info('leaves appended', { bank, ...appended, failed, ms: deps.now() - started });
  emit(metrics, { bank, source: 'log' }, { Leaves: appended.appended });
}

interface Outcome {
  readonly leaves?: readonly Pending[];
  /** Id of a message that is to come back. */
  readonly failed?: string;
}

async function describeMessage({ body, messageId }: SQSRecord, deps: NotarizeDeps): Promise<Outcome> {
  const { vault, log } = deps;
  try {
    const leaves: Pending[] = [];
    for (const at of versionsIn(body, deps)) {
      const { leaf, problem } = await describeVersion(vault, at);
      if (problem !== undefined) log.warn('object logged, but its metadata cannot be read', { key: at.key, version: at.version, problem });
      leaves.push(pending(leaf));
    }
    return { leaves };
  } catch (error) {
    log.error('message not processed, it will be delivered again', { message: messageId, ...errorFields(error) });
    return { failed: messageId };
  }
}

/** The log is for ever: what is no evidence and no statement must not get into it, whoever sends the message. */
function versionsIn(body: string, { bank, vault }: Pick<NotarizeDeps, 'bank' | 'vault'>): readonly VersionAt[] {
  const notification = readNotification(body);
  switch (notification.kind) {
    case 'objects':
      return notification.objects.map(({ bucket, key, versionId: version }) => {
        if (bucket !== vault.bucket || !isLogged(key, bank))
          throw new MisconfiguredError(
            `notary queue: ${bucket}/${key} is neither evidence nor a statement of ${vault.bucket}; see who may send`,
          );
        if (version === undefined) throw new MisconfiguredError(`${key} was put without a version: the vault is no longer versioned`);
        return { key, version };
      });
    case 'test':
      return [];
    case 'unknown':
      // Nothing to read from it: it goes to the dead-letter queue, where the alarm calls somebody.
      throw new MisconfiguredError('notary queue: a message is no S3 notification; see who may send to the queue');
  }
}

function isLogged(key: string, bank: string): boolean {
  return isStatementKey(key) || (key.startsWith(`${bank}/`) && isVaultKey(key));
}

/** Leaves are safe without a checkpoint: that none could be signed is told, and tried again in a minute. */
export async function publishIfDue(deps: NotarizeDeps): Promise<void> {
  try {
    await checkpoint(deps, deps.settings.interval);
  } catch {
    // Told where it happened.
  }
}

/** Signs what is not signed, however short ago the last time was. @throws EvidenceError if the log contradicts what was signed; what KMS and S3 throw. */
export async function checkpointNow(deps: NotarizeDeps): Promise<CheckpointAnswer> {
  const { published, witness } = await checkpoint(deps, 0);
  if (published === undefined) return { size: 0, isNew: false, witness: 'none' };
  const { size, root, note } = published.checkpoint;
  const isUnpinned = witness === 'signed' && deps.witness !== undefined && deps.witness.key === undefined;
  const named = isUnpinned ? { witnessKey: await witnessKey(deps.witness.call) } : {};
  return { size, root: root.toString('hex'), note, isNew: published.isNew, key: (await deps.signer()).vkey, witness, ...named };
}

interface Signed {
  readonly published: Published | undefined;
  readonly witness: CheckpointAnswer['witness'];
}

async function checkpoint(deps: NotarizeDeps, interval: number): Promise<Signed> {
  const { writer, signer, log, metrics, bank } = deps;
  const started = deps.now();
  let published: Published | undefined;
  try {
    published = await noted(deps, () => publish(writer, { signer, interval, now: started }));
  } catch (error) {
    log.error('no checkpoint signed', { bank, ...errorFields(error) });
    emit(metrics, { bank, source: 'log' }, { CheckpointFailures: 1 });
    throw error;
  }
  if (published === undefined) return { published, witness: 'none' };
  const { size } = published.checkpoint;
  if (published.isNew) {
    log.info('checkpoint signed', { bank, size, ms: deps.now() - started });
    emit(metrics, { bank, source: 'log' }, { Checkpoints: 1 });
  }
  return { published, witness: await witnessed(published, deps) };
}

/** A witness that is away never stops the log. */
async function witnessed(published: Published, deps: NotarizeDeps): Promise<CheckpointAnswer['witness']> {
  const { writer, witness, log, metrics, bank } = deps;
  if (witness === undefined) return 'none';
  try {
    await noted(deps, () => cosign(writer, published, witness));
    return 'signed';
  } catch (error) {
    log.error('checkpoint not signed by the witness', { bank, size: published.checkpoint.size, ...errorFields(error) });
    emit(metrics, { bank, source: 'log' }, { WitnessFailures: 1 });
    return 'away';
  }
}

/** A log that contradicts itself is what all of this is there to find. */
async function noted<T>({ metrics, bank, log }: NotarizeDeps, act: () => Promise<T>): Promise<T> {
  try {
    return await act();
  } catch (error) {
    if (error instanceof EvidenceError) {
      log.error('the log contradicts itself', { bank, ...errorFields(error) });
      emit(metrics, { bank, source: 'log' }, { LogFaults: 1 });
    }
    throw error;
  }
}

/** @param isLate says when to stop: the answer says where to go on. */
export async function rebuild(from: number, { writer, log, bank }: NotarizeDeps, isLate: () => boolean): Promise<Rebuilt> {
  const rebuilt = await rebuildIndex(writer, from, isLate);
  log.info('table of the log rebuilt', { bank, from, ...rebuilt });
  return rebuilt;
}
