// Sealing: AWS Encryption SDK messages under the bank's evidence key. Anybody with the key opens them with AWS's own tools.
// https://docs.aws.amazon.com/encryption-sdk/latest/developer-guide/message-format.html
import { once } from 'node:events';
import type { Readable } from 'node:stream';
import { buildEncrypt } from '@aws-crypto/encrypt-node';
import { AlgorithmSuiteIdentifier } from '@aws-crypto/material-management-node';
import { POLICY, sealingMaterials, type KeyOptions } from './materials.ts';

/** Bound to the message and to every use of the key; visible in clear in the message and in CloudTrail. */
export interface EvidenceContext {
  readonly bank: string;
  readonly account: string;
  readonly region: string;
  readonly source: string;
  /** Day of delivery, UTC, `YYYY-MM-DD`. */
  readonly day: string;
}

export interface Sealing {
  /** Takes plaintext; resolves when it has been taken in, which waits for the sink. The chunk must not be changed afterwards. */
  write(chunk: Uint8Array): Promise<void>;
  /** Resolves when the last byte of the message has been handed to the sink. */
  end(): Promise<void>;
}

export interface Sealer {
  /** Seals a stream of unknown length in bounded memory. @param sink gets the message piece by piece, one call at a time. */
  sealing(context: EvidenceContext, sink: (piece: Buffer) => Promise<void>): Sealing;
  /** @returns the message. */
  seal(bytes: Uint8Array, context: EvidenceContext): Promise<Buffer>;
}

// 0x0478: AES-256-GCM, HKDF-SHA-512, key commitment. No signature: P-384 per message would cost more than all the rest.
const SUITE = AlgorithmSuiteIdentifier.ALG_AES256_GCM_IV12_TAG16_HKDF_SHA512_COMMIT_KEY;

/** Bytes: a frame is the least that is decrypted at once, and costs 32 bytes. */
const FRAME_LENGTH = 256 * 1024;

/** A sealer shares data keys between messages of the same context, so keep one per process. KMS errors are thrown as they come: deliver again. */
export function createSealer(options: KeyOptions): Sealer {
  const { encrypt, encryptStream } = buildEncrypt(POLICY);
  const materials = sealingMaterials(options);
  const settings = (context: EvidenceContext) => ({ suiteId: SUITE, encryptionContext: { ...context }, frameLength: FRAME_LENGTH });

  return {
    sealing(context, sink) {
      const stream = encryptStream(materials, settings(context));
      const drained = drain(stream, sink);
      // Told by write() and end(); without this, a caller that stops early would leave it unhandled.
      drained.catch(() => undefined);
      return {
        async write(chunk) {
          const taken = new Promise<void>((resolve) => stream.write(chunk, () => resolve()));
          await Promise.race([taken, drained]);
        },
        async end() {
          stream.end();
          await drained;
        },
      };
    },
    async seal(bytes, context) {
      return (await encrypt(materials, bytes, settings(context))).result;
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
