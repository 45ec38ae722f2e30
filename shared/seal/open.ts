// Opening sealed messages. What does not match is refused with an error that says what differs.
// https://docs.aws.amazon.com/encryption-sdk/latest/developer-guide/message-format.html
import { pipeline } from 'node:stream/promises';
import { buildDecrypt } from '@aws-crypto/decrypt-node';
import type { NodeMaterialsManager } from '@aws-crypto/material-management-node';
import { EvidenceError } from '../errors.ts';
import { isObject, text } from '../outcome.ts';
import { KEY_NAMESPACE, materialsOf, POLICY } from './materials.ts';
import { goneError, type PeriodKey, type PeriodKeys } from './period-keys.ts';
import { saltOf } from './salt.ts';
import { periodOf, type EvidenceContext } from './vault.ts';

export interface Opener {
  /**
   * Plaintext, frame by frame, each verified before it is handed out. Only when the iteration has ended is it certain that nothing is missing.
   * @throws EvidenceError if the message is not what was sealed under this context; PeriodKeyError where the period's key is gone;
   *   MisconfiguredError if KMS refuses that key; RetryableError if KMS fails for now; errors of the message's own stream as they are.
   */
  opening(message: AsyncIterable<Uint8Array>, expected: EvidenceContext): AsyncGenerator<Buffer>;
  /** The same for a message in memory. */
  open(message: Uint8Array, expected: EvidenceContext): Promise<Buffer>;
  /** Of the salted hashes of one object: see salt.ts. @param key in the vault. @throws as opening() does where there is no period key. */
  salt(expected: EvidenceContext, key: string): Promise<Buffer>;
}

/** What opens a message: materials, and the name of the key that has wrapped its data key. */
export interface MessageKey {
  readonly name: string;
  readonly materials: NodeMaterialsManager;
}

export function createOpener({ keys }: { readonly keys: Pick<PeriodKeys, 'forOpening'> }): Opener {
  async function keyOf(expected: EvidenceContext): Promise<PeriodKey> {
    const found = await keys.forOpening(expected.class, periodOf(expected));
    if (found.state !== 'present') throw goneError(found);
    return found;
  }

  function opening(message: Message, expected: EvidenceContext): AsyncGenerator<Buffer> {
    return openingWith(message, expected, async () => {
      const key = await keyOf(expected);
      return { name: key.name, materials: materialsOf(key) };
    });
  }

  return {
    opening,
    async open(message, expected) {
      const pieces: Buffer[] = [];
      for await (const piece of opening([message], expected)) pieces.push(piece);
      return Buffer.concat(pieces);
    },
    salt: async (expected, key) => saltOf((await keyOf(expected)).key, key),
  };
}

const { decryptUnsignedMessageStream } = buildDecrypt(POLICY);

type Message = AsyncIterable<Uint8Array> | Iterable<Uint8Array>;

/** As Opener.opening(), with a key that comes from elsewhere than the bank: a copy of evidence brings the data keys of its messages with it. */
export async function* openingWith(message: Message, expected: EvidenceContext, keyOf: () => Promise<MessageKey>): AsyncGenerator<Buffer> {
  const key = await keyOf();
  const failures: Failures = {};
  const stream = decryptUnsignedMessageStream(checked(key.materials, expected, key));
  const fed = pipeline(noted(message, failures), stream);
  // It is awaited below unless the reading side fails first.
  fed.catch(() => undefined);
  try {
    for await (const piece of stream) yield asBuffer(piece);
    await fed;
  } catch (error) {
    // Failing to read the message says nothing about it.
    throw failures.source ?? explained(error);
  } finally {
    stream.destroy();
  }
}

interface Failures {
  source?: Error;
}

async function* noted(message: Message, failures: Failures): AsyncGenerator<Uint8Array> {
  try {
    yield* message;
  } catch (error) {
    failures.source = error instanceof Error ? error : new Error('the message could not be read', { cause: error });
    throw error;
  }
}

/** Behind the key's name: lengths of tag and IV, four bytes each, and the IV. */
const WRAPPING_BYTES = 20;

// Context and key are looked at first: the keyring would only say that it cannot decrypt.
function checked(materials: NodeMaterialsManager, expected: EvidenceContext, { name }: Pick<MessageKey, 'name'>): NodeMaterialsManager {
  return {
    getEncryptionMaterials: (request) => materials.getEncryptionMaterials(request),
    async decryptMaterials(request) {
      const difference = contextDifference(request.encryptionContext, { ...expected });
      if (difference !== undefined) throw new EvidenceError(`wrong context: ${difference}`);
      for (const { providerId, providerInfo, rawInfo } of request.encryptedDataKeys) {
        const found = Buffer.from(rawInfo ?? providerInfo)
          .toString('latin1')
          .slice(0, -WRAPPING_BYTES);
        if (providerId !== KEY_NAMESPACE || found !== name)
          throw new EvidenceError(`wrong key: sealed under ${JSON.stringify(providerId)} ${JSON.stringify(found)}, not under ${name}`);
      }
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

function explained(error: unknown): Error {
  if (error instanceof EvidenceError) return error;
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
