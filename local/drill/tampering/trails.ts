// Tampering before anything is sealed: somebody in an account, or between CloudTrail and the landing bucket, changes what is delivered. The log then
// proves the wrong thing faithfully; only CloudTrail's own digests show it. Each is tried with a trail of an account of its own.
import { constants, sign } from 'node:crypto';
import { parseDigest } from '../../../shared/cloudtrail-digest/parse.ts';
import { sha256, stringToSign } from '../../../shared/cloudtrail-digest/signature.ts';
import type { ProblemCode } from '../../../shared/verify/problems.ts';
import { wanted } from '../ground.ts';
import {
  digestObject,
  digestSigner,
  fileObject,
  objectsOf,
  type DigestSigner,
  type FakeDigest,
  type Hour,
  type Trail,
  type TrailObject,
} from '../trails.ts';

/** What has to be found, by the name under which it was or should have been delivered. */
export interface ExpectedOfTrail {
  readonly code: ProblemCode;
  /** Key in the landing bucket. */
  readonly object: string;
  /** It was never delivered: problems name it where it should be. */
  readonly isAbsent?: boolean;
}

export interface Delivery {
  readonly objects: readonly TrailObject[];
  readonly expected: readonly ExpectedOfTrail[];
}

export interface TrailTampering {
  readonly name: string;
  /** @param signer CloudTrail's. */
  readonly deliver: (trail: Trail, signer: DigestSigner) => Delivery;
}

export const TRAILS: readonly TrailTampering[] = [
  {
    name: 'a log file of CloudTrail is altered before it is sealed',
    deliver: (trail) => {
      const [file] = hourAt(trail, 1).files;
      const { key, bytes } = wanted(file, 'a log file');
      const altered = fileObject({
        ...wanted(file, 'a log file'),
        bytes: Buffer.from(bytes.toString().replace('"readOnly":true', '"readOnly":null')),
      });
      return {
        objects: objectsOf(trail).map((one) => (one.key === key ? altered : one)),
        expected: [{ code: 'file_altered', object: key }],
      };
    },
  },
  {
    name: 'a log file of CloudTrail is replaced by something that cannot be expanded',
    deliver: (trail) => {
      const { key } = wanted(hourAt(trail, 1).files[0], 'a log file');
      return {
        objects: objectsOf(trail).map((one) => (one.key === key ? { ...one, bytes: one.bytes.subarray(0, 200) } : one)),
        expected: [{ code: 'file_unchecked', object: key }],
      };
    },
  },
  {
    name: 'a log file of CloudTrail is never delivered',
    deliver: (trail) => {
      const { key } = wanted(hourAt(trail, 1).files[0], 'a log file');
      return {
        objects: objectsOf(trail).filter((one) => one.key !== key),
        expected: [{ code: 'file_missing', object: key, isAbsent: true }],
      };
    },
  },
  {
    name: 'a log file that CloudTrail never wrote is planted',
    deliver: (trail) => {
      const stranger = trail.stranger();
      return { objects: [...objectsOf(trail), fileObject(stranger)], expected: [{ code: 'file_extra', object: stranger.key }] };
    },
  },
  {
    name: 'a log file is altered and its hash in the digest with it',
    deliver: (trail) => {
      const { digest, files } = hourAt(trail, 1);
      const file = wanted(files[0], 'a log file');
      const bytes = Buffer.from(file.bytes.toString().replace('"readOnly":true', '"readOnly":null'));
      const forged = edited(digest, (text) => text.replace(sha256(file.bytes), sha256(bytes)));
      return {
        objects: replaced(objectsOf(trail), fileObject({ ...file, bytes }), digestObject(forged)),
        expected: [{ code: 'digest_signature', object: digest.key }],
      };
    },
  },
  {
    name: 'a log file is left out, of its digest as well',
    deliver: (trail) => {
      const { digest, files } = hourAt(trail, 2);
      const file = wanted(files[0], 'a log file');
      const forged = edited(digest, (text) => text.replace(/"logFiles":\[.*\]/, '"logFiles":[]'));
      return {
        objects: replaced(
          objectsOf(trail).filter(({ key }) => key !== file.key),
          digestObject(forged),
        ),
        expected: [{ code: 'digest_signature', object: digest.key }],
      };
    },
  },
  {
    name: "an edited digest is signed anew with a stranger's key, in the name of CloudTrail's",
    deliver: (trail, { fingerprint }) => {
      const { digest } = hourAt(trail, 1);
      const forged = signedAgain(
        edited(digest, (text) => text.replace(/"oldestEventTime":"[^"]*"/, '"oldestEventTime":null')),
        digestSigner(fingerprint),
      );
      return { objects: replaced(objectsOf(trail), digestObject(forged)), expected: [{ code: 'digest_signature', object: digest.key }] };
    },
  },
  {
    name: "an edited digest is signed anew with a stranger's key, in its own name",
    deliver: (trail) => {
      const { digest } = hourAt(trail, 1);
      const stranger = digestSigner('0123456789abcdef0123456789abcdef');
      const forged = signedAgain(
        edited(digest, (text) =>
          text.replace(/"digestPublicKeyFingerprint":"[^"]*"/, `"digestPublicKeyFingerprint":"${stranger.fingerprint}"`),
        ),
        stranger,
      );
      return { objects: replaced(objectsOf(trail), digestObject(forged)), expected: [{ code: 'key_unknown', object: digest.key }] };
    },
  },
  {
    name: 'a digest is never delivered: an hour without proof',
    deliver: (trail) => ({
      objects: objectsOf(trail).filter(({ key }) => key !== hourAt(trail, 1).digest.key),
      expected: [{ code: 'digest_missing', object: hourAt(trail, 2).digest.key }],
    }),
  },
  {
    name: 'what a digest says of the signature before it is edited',
    deliver: (trail) => {
      const { digest } = hourAt(trail, 2);
      const forged = edited(digest, (text) => text.replace(/"previousDigestSignature":"[0-9a-f]{4}/, '"previousDigestSignature":"0000'));
      return {
        objects: replaced(objectsOf(trail), digestObject(forged)),
        expected: [
          { code: 'digest_signature', object: digest.key },
          { code: 'digest_chain', object: digest.key },
        ],
      };
    },
  },
  {
    name: "a digest names another predecessor, signed with CloudTrail's own key",
    deliver: (trail, signer) => {
      const { digest } = hourAt(trail, 2);
      const forged = signedAgain(
        edited(digest, (text) => text.replace(/"previousDigestHashValue":"[0-9a-f]{4}/, '"previousDigestHashValue":"0000')),
        signer,
      );
      return { objects: replaced(objectsOf(trail), digestObject(forged)), expected: [{ code: 'digest_chain', object: digest.key }] };
    },
  },
  {
    name: 'the latest digest comes without its signature',
    deliver: (trail) => {
      const { digest } = hourAt(trail, -1);
      return {
        objects: replaced(objectsOf(trail), digestObject({ ...digest, signature: undefined })),
        expected: [{ code: 'digest_unsigned', object: digest.key }],
      };
    },
  },
  {
    name: 'the digest of one hour is delivered in the name of another',
    deliver: (trail) => {
      const [one, other] = [hourAt(trail, 1).digest, hourAt(trail, 2).digest];
      return {
        objects: replaced(objectsOf(trail), { ...digestObject(one), key: other.key }),
        expected: [{ code: 'digest_moved', object: other.key }],
      };
    },
  },
  {
    name: 'a digest is replaced by something that is none',
    deliver: (trail) => {
      const { digest } = hourAt(trail, 1);
      return {
        objects: replaced(objectsOf(trail), digestObject({ ...digest, bytes: Buffer.from('{"logFiles":[]}') })),
        expected: [{ code: 'digest_unreadable', object: digest.key }],
      };
    },
  },
  {
    name: 'logging is stopped for an hour: digests begin anew',
    deliver: (trail, signer) => {
      const { digest } = hourAt(trail, 2);
      const first = signedAgain(
        edited(digest, (text) => text.replaceAll(/"(previousDigest\w+)":"[^"]*"/g, '"$1":null')),
        signer,
      );
      const kept = new Set([0, 2].flatMap((at) => [hourAt(trail, at).digest.key, ...hourAt(trail, at).files.map(({ key }) => key)]));
      return {
        objects: replaced(objectsOf(trail), digestObject(first)).filter(({ key }) => kept.has(key)),
        expected: [{ code: 'digest_restart', object: digest.key }],
      };
    },
  },
];

function hourAt({ hours }: Trail, at: number): Hour {
  return wanted(hours.at(at), 'so many hours of CloudTrail');
}

function replaced(objects: readonly TrailObject[], ...others: readonly TrailObject[]): readonly TrailObject[] {
  return objects.map((one) => others.find(({ key }) => key === one.key) ?? one);
}

/** The signature stays. */
function edited(digest: FakeDigest, change: (text: string) => string): FakeDigest {
  const [before, after] = [digest.bytes.toString(), change(digest.bytes.toString())];
  return { ...digest, bytes: Buffer.from(wanted(after === before ? undefined : after, 'a digest that can be edited so')) };
}

function signedAgain(digest: FakeDigest, { privateKey }: DigestSigner): FakeDigest {
  const read = parseDigest(digest.bytes);
  if (typeof read === 'string') throw new Error(`drill: an edited digest cannot be read: ${read}`);
  const signed = Buffer.from(stringToSign(read, sha256(digest.bytes)));
  const signature = sign('sha256', signed, { key: privateKey, padding: constants.RSA_PKCS1_PADDING });
  return { ...digest, signature: signature.toString('hex') };
}
