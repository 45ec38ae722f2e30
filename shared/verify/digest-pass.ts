// CloudTrail's own proof, held against what was sealed: objects are handed over as they are verified, and judged together in the end.
import { createHash } from 'node:crypto';
import { gunzipSync } from 'node:zlib';
import { digestKeyOf } from '../cloudtrail-digest/keys.ts';
import type { S3Place } from '../cloudtrail-digest/names.ts';
import {
  createDigestCheck,
  isDigestKey,
  plainHash,
  s3Place,
  saltedHash,
  type DigestKey,
  type DigestPeriod,
} from '../cloudtrail-digest/verify.ts';
import type { Opener } from '../seal/open.ts';
import { contextOf, vaultKey } from '../seal/vault.ts';
import { decodeMetadata, type EvidenceFacts } from '../seal/metadata.ts';
import { EvidenceError } from '../errors.ts';
import { decodeLeaf, type Leaf } from '../notary/leaf.ts';
import { isObject, parseJson } from '../outcome.ts';
import type { Joined } from './join.ts';
import { checkObject, type ObjectDeps, type Taps } from './object-check.ts';
import type { Problem } from './problems.ts';
import { placeOf, type Scope } from './scope.ts';

export interface DigestPass {
  /** For each object of the scope; what is not CloudTrail's is left aside. */
  readonly taps: () => DigestTaps;
  /** Of what an earlier run has verified: only what is needed of it for the digests' sake. */
  again(deps: ObjectDeps, item: Joined): Promise<void>;
  end(): { readonly problems: readonly Problem[]; readonly digests: number; readonly files: number };
}

export interface DigestTaps extends Taps {
  readonly onFacts: NonNullable<Taps['onFacts']>;
  readonly onChecked: () => Promise<void>;
}

export interface DigestPassOptions {
  readonly keys: readonly DigestKey[];
  readonly opener: Pick<Opener, 'salt'>;
  readonly scope: Scope;
  /** Which hours are judged. */
  readonly bounds: DigestPeriod;
  /** Whether log files are expanded, where what was kept beside them is not to be relied on. */
  readonly expands?: boolean;
}

/** CloudTrail's digests and log files are far smaller; what is larger is neither. */
const LARGEST = 256 * 1024 * 1024;

export function createDigestPass(options: DigestPassOptions): DigestPass {
  const check = createDigestCheck(options.keys);
  const { scope, bounds } = options;

  function taps(): DigestTaps {
    let found: { readonly facts: EvidenceFacts; readonly place: S3Place; readonly pieces: Buffer[] } | undefined;
    return {
      onFacts(facts) {
        const place = facts.origin.trigger === 's3' && facts.origin.source === 'cloudtrail' ? s3Place(facts.origin.uri) : undefined;
        const pieces: Buffer[] = [];
        found = place === undefined ? undefined : { facts, place, pieces };
        const isWanted = place !== undefined && (isDigestKey(place.key) || options.expands === true);
        return Promise.resolve(isWanted ? (piece) => pieces.push(piece) : undefined);
      },
      async onChecked() {
        if (found === undefined) return;
        const { facts, place, pieces } = found;
        const at = { at: vaultKey(facts.origin), ...place };
        if (isDigestKey(place.key)) {
          const bytes = Buffer.concat(pieces);
          check.digest({ ...at, bytes: expanded(bytes) ?? bytes, signature: facts.signature });
        } else check.file({ ...at, delivered: facts.origin.time, hasHash: await hashOf(facts, pieces, options) });
      },
    };
  }

  return {
    taps,
    async again(deps, { key, leaves }) {
      if (placeOf(key)?.source !== 'cloudtrail') return;
      for (const { bytes, index } of leaves) {
        const leaf = decodeLeaf(bytes, `leaf ${index}`);
        const place = leaf.kind === 'evidence' ? s3Place(leaf.origin) : undefined;
        if (place === undefined) continue;
        const own = taps();
        if (isDigestKey(place.key)) await checkObject(deps, leaf, own);
        else await factsOnly(deps, leaf, own);
        await own.onChecked();
      }
    },
    end() {
      // One object proves nothing about the hours around it.
      if (scope.key !== undefined) return { problems: [], digests: 0, files: 0 };
      const { digests, problems } = check.end(bounds);
      return { problems, digests: digests.length, files: digests.reduce((sum, { filesVerified }) => sum + filesVerified, 0) };
    },
  };
}

async function factsOnly({ vault }: ObjectDeps, { key, version }: Leaf, taps: DigestTaps): Promise<void> {
  const found = await vault.open(key, version);
  if (found.kind !== 'object') return;
  found.object.discard();
  try {
    await taps.onFacts(decodeMetadata(found.object.metadata, key));
  } catch (error) {
    // The run that verified it has told of it.
    if (!(error instanceof EvidenceError)) throw error;
  }
}

/** Of a log file: out of what was kept beside it, or of its own bytes. @returns undefined where it cannot be told. */
async function hashOf(facts: EvidenceFacts, pieces: readonly Buffer[], { expands, opener }: DigestPassOptions) {
  if (expands === true) {
    const bytes = expanded(Buffer.concat(pieces));
    return bytes === undefined ? undefined : plainHash(createHash('sha256').update(bytes).digest('hex'));
  }
  if (facts.expanded === undefined) return undefined;
  return saltedHash(await opener.salt(contextOf(facts.origin, facts.class), vaultKey(facts.origin)), facts.expanded);
}

function expanded(bytes: Buffer): Buffer | undefined {
  try {
    return gunzipSync(bytes, { maxOutputLength: LARGEST });
  } catch {
    return undefined;
  }
}

/** @param texts contents of `cloudtrail-key` statements. */
export function digestKeysOf(texts: readonly string[]): readonly DigestKey[] {
  return texts.flatMap((text) => {
    const body = parseJson(text);
    const key = isObject(body) ? digestKeyOf(body) : undefined;
    return key === undefined ? [] : [key];
  });
}
