// https://docs.aws.amazon.com/kms/latest/APIReference/API_Sign.html
// Signs notes with a KMS key: Ed25519, which every C2SP tool reads, or P-256, which KMS has everywhere and which therefore is the default.
// KMS does the hashing (RAW): a note is far below its limit of 4096 bytes, and Ed25519 cannot be given a digest.
import { GetPublicKeyCommand, SignCommand, type KMSClient, type SigningAlgorithmSpec } from '@aws-sdk/client-kms';
import { MisconfiguredError, RetryableError } from '../errors.ts';
import type { NoteSigner } from './note.ts';
import { cosignature, cosignedMessage, verifierOf, vkeyOf, type SignatureKind } from './verifier.ts';

/** As the bank's file calls them. */
export type LogSignature = 'p256' | 'ed25519';

export interface KmsSigner extends NoteSigner {
  readonly kind: SignatureKind;
  /** Public key as notes are verified with it, and as DER. */
  readonly vkey: string;
  readonly spki: Buffer;
}

export interface KmsSignerOptions {
  readonly kms: KMSClient;
  readonly keyArn: string;
  /** Of the key, as it stands in notes. */
  readonly name: string;
  readonly kind: SignatureKind;
  /** For cosignatures: ms since the epoch. */
  readonly now?: () => number;
}

export const ALGORITHMS: Readonly<Record<SignatureKind, SigningAlgorithmSpec>> = {
  ecdsa: 'ECDSA_SHA_256',
  ed25519: 'ED25519_SHA_512',
  cosignature: 'ED25519_SHA_512',
};

/** How the log signs. */
export function logKind(signature: LogSignature): SignatureKind {
  return signature === 'ed25519' ? 'ed25519' : 'ecdsa';
}

/** How a witness signs: with the time where the key can, else as the log does. */
export function witnessKind(signature: LogSignature): SignatureKind {
  return signature === 'ed25519' ? 'cosignature' : 'ecdsa';
}

/** Asks KMS for the public key. @throws EvidenceError if it is of another kind; what KMS answers. */
export async function kmsSigner(options: KmsSignerOptions): Promise<KmsSigner> {
  const { kms, keyArn, name, kind, now = Date.now } = options;
  const { PublicKey, SigningAlgorithms = [] } = await kms.send(new GetPublicKeyCommand({ KeyId: keyArn }));
  if (PublicKey === undefined) throw new RetryableError(`KMS answered without the public key of ${keyArn}`);
  if (!SigningAlgorithms.includes(ALGORITHMS[kind]))
    throw new MisconfiguredError(
      `${keyArn} signs with ${SigningAlgorithms.join()}, not with ${ALGORITHMS[kind]}: see log.signature of the bank’s file`,
    );
  const spki = Buffer.from(PublicKey);
  const vkey = vkeyOf(name, kind, spki);
  const signed = (message: string): Promise<Buffer> => signature(options, message);
  return {
    ...{ name, kind, vkey, spki, keyId: verifierOf(vkey).keyId },
    sign: async (text) => {
      if (kind !== 'cosignature') return await signed(text);
      const time = Math.floor(now() / 1000);
      return cosignature(time, await signed(cosignedMessage(time, text)));
    },
  };
}

/** A signer is made when one is first asked for, and again where that failed: a log is written to while KMS is away. */
export function onceMade(make: () => Promise<KmsSigner>): () => Promise<KmsSigner> {
  let made: Promise<KmsSigner> | undefined;
  return () => {
    made ??= make().catch((error: unknown) => {
      made = undefined;
      throw error;
    });
    return made;
  };
}

async function signature({ kms, keyArn, kind }: KmsSignerOptions, message: string): Promise<Buffer> {
  const { Signature } = await kms.send(
    new SignCommand({ KeyId: keyArn, Message: Buffer.from(message), MessageType: 'RAW', SigningAlgorithm: ALGORITHMS[kind] }),
  );
  if (Signature === undefined) throw new RetryableError(`KMS answered without a signature of ${keyArn}`);
  return Buffer.from(Signature);
}
