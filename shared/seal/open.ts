// Opening sealed messages. What does not match is refused with an error that says what differs.
// https://docs.aws.amazon.com/encryption-sdk/latest/developer-guide/message-format.html
import { pipeline } from 'node:stream/promises';
import { buildDecrypt } from '@aws-crypto/decrypt-node';
import type { NodeMaterialsManager } from '@aws-crypto/material-management-node';
import { EvidenceError, MisconfiguredError, RetryableError } from '../errors.ts';
import { isObject, text } from '../outcome.ts';
import { openingMaterials, POLICY, type KeyOptions } from './materials.ts';
import type { EvidenceContext } from './seal.ts';

export interface Opener {
  /**
   * Plaintext, frame by frame, each verified before it is handed out. Only when the iteration has ended is it certain that nothing is missing.
   * @throws EvidenceError if the message is not what was sealed under this key and context; MisconfiguredError if KMS refuses the key;
   *   RetryableError if KMS fails for now; errors of the message's own stream as they are.
   */
  opening(message: AsyncIterable<Uint8Array>, expected: EvidenceContext): AsyncGenerator<Buffer>;
  /** The same for a message in memory. */
  open(message: Uint8Array, expected: EvidenceContext): Promise<Buffer>;
}

export function createOpener(options: KeyOptions): Opener {
  const { decryptUnsignedMessageStream } = buildDecrypt(POLICY);
  const materialsFor = openingMaterials(options);

  async function* opening(message: AsyncIterable<Uint8Array> | Iterable<Uint8Array>, expected: EvidenceContext): AsyncGenerator<Buffer> {
    const failures: Failures = {};
    const materials = materialsFor((error) => (failures.kms = error));
    const stream = decryptUnsignedMessageStream(checked(materials, expected, options.keyArn));
    const fed = pipeline(noted(message, failures), stream);
    // It is awaited below unless the reading side fails first.
    fed.catch(() => undefined);
    try {
      for await (const piece of stream) yield asBuffer(piece);
      await fed;
    } catch (error) {
      // Failing to read the message says nothing about it.
      throw failures.source === undefined ? explained(error, failures.kms, options.keyArn) : failures.source;
    } finally {
      stream.destroy();
    }
  }

  return {
    opening,
    async open(message, expected) {
      const pieces: Buffer[] = [];
      for await (const piece of opening([message], expected)) pieces.push(piece);
      return Buffer.concat(pieces);
    },
  };
}

interface Failures {
  kms?: unknown;
  source?: Error;
}

async function* noted(message: AsyncIterable<Uint8Array> | Iterable<Uint8Array>, failures: Failures): AsyncGenerator<Uint8Array> {
  try {
    yield* message;
  } catch (error) {
    failures.source = error instanceof Error ? error : new Error('the message could not be read', { cause: error });
    throw error;
  }
}

// Context and key are looked at before KMS is asked: KMS would only say that it cannot decrypt.
function checked(materials: NodeMaterialsManager, expected: EvidenceContext, keyArn: string): NodeMaterialsManager {
  return {
    getEncryptionMaterials: (request) => materials.getEncryptionMaterials(request),
    async decryptMaterials(request) {
      const difference = contextDifference(request.encryptionContext, { ...expected });
      if (difference !== undefined) throw new EvidenceError(`wrong context: ${difference}`);
      const foreign = request.encryptedDataKeys.find((key) => key.providerId !== 'aws-kms' || key.providerInfo !== keyArn);
      if (foreign !== undefined)
        throw new EvidenceError(
          `wrong key: sealed under ${foreign.providerId} ${JSON.stringify(foreign.providerInfo)}, not under ${keyArn}`,
        );
      return await materials.decryptMaterials(request);
    },
  };
}

type Pairs = Readonly<Record<string, string | undefined>>;

/** @returns the first pair, by name, in which they differ, in words; undefined if they are equal. */
export function contextDifference(found: Pairs, expected: Pairs): string | undefined {
  const names = [...new Set([...Object.keys(found), ...Object.keys(expected)])].sort();
  const name = names.find((candidate) => found[candidate] !== expected[candidate]);
  return name === undefined
    ? undefined
    : `${JSON.stringify(name)} is ${shown(found[name])} in the message and should be ${shown(expected[name])}`;
}

function shown(value: string | undefined): string {
  return value === undefined ? 'absent' : JSON.stringify(value);
}

const TAMPERED = new Set(['InvalidCiphertextException', 'IncorrectKeyException']);
const KEY_UNUSABLE = new Set([
  'AccessDeniedException',
  'NotFoundException',
  'DisabledException',
  'KMSInvalidStateException',
  'InvalidKeyUsageException',
]);

function explained(error: unknown, kmsFailure: unknown, keyArn: string): Error {
  if (error instanceof EvidenceError) return error;
  if (kmsFailure !== undefined) {
    const name = field(kmsFailure, 'name') ?? 'an error';
    if (TAMPERED.has(name)) return new EvidenceError('altered: KMS does not recognise its data key');
    if (KEY_UNUSABLE.has(name))
      return new MisconfiguredError(
        `KMS answers ${name} for ${keyArn}: check that the key is enabled and that you may decrypt with it; if so, the message was altered`,
      );
    return new RetryableError(`KMS failed on ${keyArn}: ${name}`, { cause: kmsFailure });
  }
  const detail = field(error, 'message') ?? 'unreadable';
  if (/^Incomplete|premature close/i.test(detail)) return new EvidenceError('altered: it ends too early', { cause: error });
  if (/unable to authenticate/.test(detail)) return new EvidenceError('altered: authentication failed', { cause: error });
  return new EvidenceError(`altered: not a message as it was sealed (${detail.split('\n', 1)[0] ?? ''})`, { cause: error });
}

function field(error: unknown, name: 'name' | 'message'): string | undefined {
  return isObject(error) ? text(error[name]) : undefined;
}

function asBuffer(piece: unknown): Buffer {
  if (Buffer.isBuffer(piece)) return piece;
  throw new TypeError('a stream of bytes gave something else');
}
