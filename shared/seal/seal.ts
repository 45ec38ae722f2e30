// Sealing: AWS Encryption SDK messages under the key of their period. Anybody with that key opens them with AWS's own tools.
// https://docs.aws.amazon.com/encryption-sdk/latest/developer-guide/message-format.html
import { once } from 'node:events';
import type { Readable } from 'node:stream';
import { buildEncrypt } from '@aws-crypto/encrypt-node';
import { AlgorithmSuiteIdentifier } from '@aws-crypto/material-management-node';
import type { Origin } from '../model.ts';
import { materialsOf, POLICY } from './materials.ts';
import type { PeriodKeys } from './period-keys.ts';
import { expandedHash, plaintextHash, saltOf } from './salt.ts';
import { contextOf, periodOf, vaultKey, type EvidenceContext } from './vault.ts';

/** What is sealed: the same unit always goes to the same place. */
export interface ToSeal {
  readonly origin: Origin;
  /** Its retention class. */
  readonly class: string;
}

export interface Sealed {
  /** Salted hash of the plaintext, hex. */
  readonly plaintext: string;
  /** Bytes of the plaintext. */
  readonly size: number;
}

export interface Sealing {
  /** Takes plaintext; resolves when it has been taken in, which waits for the sink. The chunk must not be changed afterwards. */
  write(chunk: Uint8Array): Promise<void>;
  /** Resolves when the last byte of the message has been handed to the sink. */
  end(): Promise<Sealed>;
  /** @param sha256 of the expanded bytes, lower-case hex. @returns `expanded` of the metadata. */
  expanded(sha256: string): string;
}

export interface Sealer {
  /** Seals a stream of unknown length in bounded memory. @param sink gets the message piece by piece, one call at a time. */
  sealing(unit: ToSeal, sink: (piece: Buffer) => Promise<void>): Promise<Sealing>;
  /** The same for bytes in memory. */
  seal(bytes: Uint8Array, unit: ToSeal): Promise<Sealed & { readonly message: Buffer }>;
}

// 0x0478: AES-256-GCM, HKDF-SHA-512, key commitment. No signature: P-384 per message would cost more than all the rest.
const SUITE = AlgorithmSuiteIdentifier.ALG_AES256_GCM_IV12_TAG16_HKDF_SHA512_COMMIT_KEY;

/** Bytes: a frame is the least that is decrypted at once, and costs 32 bytes. */
const FRAME_LENGTH = 256 * 1024;

/** Errors of KMS and S3 on the way to the period's key are thrown as they come: deliver again. @throws PeriodKeyError where the period was erased. */
export function createSealer({ keys }: { readonly keys: PeriodKeys }): Sealer {
  const { encrypt, encryptStream } = buildEncrypt(POLICY);
  const settings = (context: EvidenceContext) => ({ suiteId: SUITE, encryptionContext: { ...context }, frameLength: FRAME_LENGTH });

  async function prepared(unit: ToSeal) {
    const context = contextOf(unit.origin, unit.class);
    const key = await keys.forSealing(unit.class, periodOf(context));
    return { context, materials: materialsOf(key), salt: saltOf(key.key, vaultKey(unit.origin)) };
  }

  return {
    async sealing(unit, sink) {
      const { context, materials, salt } = await prepared(unit);
      const stream = encryptStream(materials, settings(context));
      const hash = plaintextHash(salt);
      let size = 0;
      const drained = drain(stream, sink);
      // Told by write() and end(); without this, a caller that stops early would leave it unhandled.
      drained.catch(() => undefined);
      return {
        async write(chunk) {
          size += chunk.length;
          hash.update(chunk);
          const taken = new Promise<void>((resolve) => stream.write(chunk, () => resolve()));
          await Promise.race([taken, drained]);
        },
        async end() {
          stream.end();
          await drained;
          return { plaintext: hash.digest('hex'), size };
        },
        expanded: (sha256) => expandedHash(salt, sha256),
      };
    },
    async seal(bytes, unit) {
      const { context, materials, salt } = await prepared(unit);
      const { result: message } = await encrypt(materials, bytes, settings(context));
      return { message, plaintext: plaintextHash(salt).update(bytes).digest('hex'), size: bytes.length };
    },
  };
}

// The SDK's stream must not be destroyed before its end: its inner pipeline then throws where nobody can catch it. So not an iterator or
// pipeline(), which destroy it when the sink fails; a stream left alone is simply collected.
async function drain(stream: Readable, sink: (piece: Buffer) => Promise<void>): Promise<void> {
  const ended = once(stream, 'end');
  const failed = new Promise<never>((_, reject) => {
    stream.on('data', (piece: Buffer) => {
      stream.pause();
      sink(piece).then(() => stream.resume(), reject);
    });
  });
  await Promise.race([ended, failed]);
}
