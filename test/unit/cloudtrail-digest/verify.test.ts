import { createHmac, generateKeyPairSync } from 'node:crypto';
import fc from 'fast-check';
import {
  createDigestCheck,
  plainHash,
  saltedHash,
  type DeliveredDigest,
  type DeliveredFile,
  type DigestCheckResult,
  type DigestKey,
  type DigestPeriod,
} from '../../../shared/cloudtrail-digest/verify.ts';
import {
  digestSigner,
  fakeTrail,
  hashOf,
  keyOf,
  type FakeDigest,
  type FakeFile,
  type TrailOptions,
} from '../../fakes/cloudtrail-digests.ts';

const START = Date.parse('2026-11-20T00:01:31Z');
const HOUR_MS = 3_600_000;
const signer = digestSigner();
const KEYS = [keyOf(signer)];
const forger = digestSigner();
const stranger = digestSigner('00000000000000000000000000000000');

interface Archive {
  digests: DeliveredDigest[];
  files: DeliveredFile[];
}

function sealedDigest({ bucket, key, bytes, signature }: FakeDigest): DeliveredDigest {
  return { at: `vault/${key}`, bucket, key, bytes, signature };
}

function sealedFile({ bucket, key, bytes, delivered }: FakeFile): DeliveredFile {
  return { at: `vault/${key}`, bucket, key, delivered, hasHash: plainHash(hashOf(bytes)) };
}

function archiveOf(hours: number, options: Partial<TrailOptions> = {}, by = signer): Archive {
  const trail = fakeTrail(by, { start: START, ...options });
  const made = Array.from({ length: hours }, (_, at) => trail.hour(at % 4));
  return { digests: made.map(({ digest }) => sealedDigest(digest)), files: made.flatMap(({ files }) => files.map(sealedFile)) };
}

function check({ digests, files }: Archive, keys: readonly DigestKey[] = KEYS, period?: DigestPeriod): DigestCheckResult {
  const checking = createDigestCheck(keys);
  digests.forEach((one) => checking.digest(one));
  files.forEach((one) => checking.file(one));
  return checking.end(period);
}

function codesOf({ problems }: DigestCheckResult): readonly string[] {
  return [...new Set(problems.filter(({ severity }) => severity !== 'note').map(({ code }) => code))].sort();
}

describe("CloudTrail's digests", () => {
  const day = archiveOf(24);

  it('prove every file of a whole chain, in whatever order they come', () => {
    const result = check({ digests: [...day.digests].reverse(), files: [...day.files].reverse() });
    expect(codesOf(result)).toEqual([]);
    expect(result.problems).toEqual([expect.objectContaining({ code: 'digest_start', time: START, account: '222222222222' })]);
    expect(result.digests).toHaveLength(24);
    expect(result.digests.every(({ verified }) => verified)).toBe(true);
    expect(result.digests.reduce((sum, { filesVerified }) => sum + filesVerified, 0)).toBe(day.files.length);
  });

  it.each<[string, Partial<TrailOptions>]>([
    ['of an organization trail', { organization: 'o-exampleorgid', account: '333333333333' }],
    ['below a prefix of its own', { prefix: 'trails/all/' }],
    ['of a trail whose name has underscores', { trail: 'main_trail_eu-west-1' }],
  ])('are read %s', (_, options) => {
    const result = check(archiveOf(5, options));
    expect(codesOf(result)).toEqual([]);
    expect(result.digests[4]).toMatchObject({
      account: options.account ?? '222222222222',
      trail: options.trail ?? 'main',
      region: 'eu-central-1',
    });
  });

  it('are verified by keys in both encodings', () => {
    expect(codesOf(check(day, [keyOf(signer, 'spki')]))).toEqual([]);
  });

  it('are verified by the salted hashes that the vault keeps, without opening a file', () => {
    const trail = fakeTrail(signer, { start: START });
    const { digest, files } = trail.hour(2);
    const salt = Buffer.alloc(32, 7);
    const salted = files.map((file) => {
      const expanded = createHmac('sha256', salt).update(hashOf(file.bytes)).digest('hex');
      return { ...sealedFile(file), hasHash: saltedHash(salt, expanded) };
    });
    expect(codesOf(check({ digests: [sealedDigest(digest)], files: salted }))).toEqual([]);
    const other = salted.map((file) => ({ ...file, hasHash: saltedHash(Buffer.alloc(32, 8), 'ab'.repeat(32)) }));
    expect(codesOf(check({ digests: [sealedDigest(digest)], files: other }))).toEqual(['file_altered']);
  });

  it('are verified by what their successors say where their own signatures were lost', () => {
    const digests = day.digests.map((digest) => ({ ...digest, signature: undefined }));
    const result = check({ ...day, digests });
    // Nothing follows the last one yet.
    expect(result.problems.filter(({ severity }) => severity === 'failure')).toEqual([
      expect.objectContaining({ code: 'digest_unsigned', at: day.digests[23]?.at }),
    ]);
  });

  it('need the keys of their own region', () => {
    expect(codesOf(check(day, []))).toEqual(['key_unknown']);
    expect(codesOf(check(day, [keyOf(signer, 'pkcs1', 'eu-west-1')]))).toEqual(['key_unknown']);
    const elliptic = generateKeyPairSync('ec', { namedCurve: 'P-256' })
      .publicKey.export({ format: 'der', type: 'spki' })
      .toString('base64');
    expect(codesOf(check(day, [{ ...keyOf(signer), value: elliptic }]))).toEqual(['digest_signature']);
    expect(codesOf(check(day, [{ ...keyOf(signer), value: 'bm8ga2V5' }]))).toEqual(['digest_signature']);
  });

  it('name files late in backfill digests, which stand in no chain', () => {
    const trail = fakeTrail(signer, { start: START });
    const hours = [trail.hour(), trail.hour(), trail.hour(), trail.hour(), trail.hour(), trail.hour()];
    const late = trail.file(START + HOUR_MS * 1.5, 'late');
    const archive = {
      digests: hours.map(({ digest }) => sealedDigest(digest)),
      files: [...hours.flatMap(({ files }) => files), late].map(sealedFile),
    };
    expect(codesOf(check(archive))).toEqual(['file_extra']);
    archive.digests.push(sealedDigest(trail.backfill([late])));
    const result = check(archive);
    expect(codesOf(result)).toEqual([]);
    expect(result.digests.filter(({ backfill }) => backfill)).toEqual([
      expect.objectContaining({ files: 1, filesVerified: 1, verified: true }),
    ]);
  });

  it('that begin anew leave a gap that nothing proves', () => {
    const trail = fakeTrail(signer, { start: START });
    const before = trail.hour();
    trail.pause(5);
    const after = trail.hour(2, true);
    const unproven = sealedFile(trail.file(START + 3 * HOUR_MS, 'unproven'));
    const archive = {
      digests: [before, after].map(({ digest }) => sealedDigest(digest)),
      files: [unproven, ...[before, after].flatMap(({ files }) => files.map(sealedFile))],
    };
    const result = check(archive);
    expect(result.problems).toEqual([
      expect.objectContaining({ code: 'digest_start', severity: 'note' }),
      expect.objectContaining({ code: 'digest_restart', severity: 'warning', time: START + HOUR_MS, until: START + 6 * HOUR_MS }),
    ]);
    expect(result.digests.every(({ verified }) => verified)).toBe(true);
  });

  it('that end are told of when the next is long due', () => {
    const end = START + 24 * HOUR_MS;
    expect(codesOf(check(day, KEYS, { now: end + 1.9 * HOUR_MS }))).toEqual([]);
    expect(check(day, KEYS, { now: end + 2 * HOUR_MS }).problems.at(-1)).toMatchObject({
      code: 'digest_end',
      time: end,
      severity: 'warning',
    });
  });

  it('of a period are judged with what lies around it', () => {
    const period = { from: START + 6 * HOUR_MS, until: START + 12 * HOUR_MS };
    const result = check(day, KEYS, period);
    expect(codesOf(result)).toEqual([]);
    expect(result.digests).toHaveLength(7);
    // Without what lies before: the first one's predecessor is not asked for.
    const later = check({ digests: day.digests.slice(6), files: day.files }, KEYS, { from: START + 6.5 * HOUR_MS, until: period.until });
    expect(codesOf(later)).toEqual([]);
    // What is wrong outside does not matter.
    expect(codesOf(check({ digests: day.digests.filter((_, at) => at !== 20), files: day.files }, KEYS, period))).toEqual([]);
  });

  it('do not ask for what may still come', () => {
    const end = START + 24 * HOUR_MS;
    const files = day.files.filter(({ delivered }) => delivered < end - HOUR_MS);
    expect(codesOf(check({ ...day, files }, KEYS, { now: end + 0.9 * HOUR_MS }))).toEqual([]);
    expect(codesOf(check({ ...day, files }, KEYS, { now: end + HOUR_MS }))).toEqual(['file_missing']);
  });

  it('of two trails in one account are two chains', () => {
    const other = archiveOf(24, { trail: 'second' });
    const result = check({ digests: [...day.digests, ...other.digests], files: [...day.files, ...other.files] });
    expect(codesOf(result)).toEqual([]);
    expect(result.problems).toHaveLength(2);
  });

  it('delivered twice are one', () => {
    const twice = check({
      digests: [...day.digests.map((one) => ({ ...one, signature: undefined })), ...day.digests],
      files: [...day.files, ...day.files],
    });
    expect(codesOf(twice)).toEqual([]);
    expect(twice.digests).toHaveLength(24);
  });

  it('say where a file is whose hash was not kept', () => {
    const files = day.files.map((file, at) => (at === 3 ? { ...file, hasHash: undefined } : file));
    const result = check({ ...day, files });
    expect(codesOf(result)).toEqual(['file_unchecked']);
    expect(result.digests.filter(({ verified }) => !verified)).toHaveLength(1);
  });

  it('hold files of trails with another folder to no account', () => {
    const strangers = [
      fakeTrail(signer, { start: START, prefix: 'other/' }).file(START + 5 * HOUR_MS, 'other'),
      fakeTrail(signer, { start: START, bucket: 'elsewhere' }).file(START + 5 * HOUR_MS, 'elsewhere'),
    ].map(sealedFile);
    const insight = { ...sealedFile(fakeTrail(signer, { start: START }).file(START + 5 * HOUR_MS, 'i')) };
    const insights = { ...insight, key: insight.key.replace('/CloudTrail/', '/CloudTrail-Insight/') };
    expect(codesOf(check({ ...day, files: [...day.files, ...strangers, insights] }))).toEqual([]);
  });
});

function given<T>(value: T | undefined): T {
  if (value === undefined) throw new Error('the archive has fewer than that');
  return value;
}

function edit(archive: Archive, pick: (length: number) => number, change: (words: string) => string): void {
  // Every fourth hour has no files.
  const at = 1 + 4 * pick(6);
  const digest = given(archive.digests[at]);
  archive.digests.splice(at, 1, { ...digest, bytes: Buffer.from(change(Buffer.from(digest.bytes).toString())) });
}

const whole = archiveOf(24);
const forged = archiveOf(24, {}, forger);
const strange = archiveOf(24, {}, stranger);

/** Everything that can be done to an archive, each with the codes of which at least one must be found. */
const TAMPERINGS: Readonly<
  Record<string, { readonly found: readonly string[]; readonly tamper: (archive: Archive, pick: (length: number) => number) => void }>
> = {
  'a log file is taken away': { found: ['file_missing'], tamper: ({ files }, pick) => void files.splice(pick(files.length), 1) },
  'a byte of a log file changes': {
    found: ['file_altered'],
    tamper({ files }, pick) {
      const at = pick(files.length);
      files.splice(at, 1, { ...given(files[at]), hasHash: plainHash(hashOf(Buffer.from(`other ${at}`))) });
    },
  },
  'a log file comes again with other contents': {
    found: ['file_altered'],
    tamper: ({ files }, pick) =>
      void files.push({ ...given(files[pick(files.length)]), at: 'vault/again', hasHash: plainHash('00'.repeat(32)) }),
  },
  'a log file is slipped in': {
    found: ['file_extra'],
    tamper({ files }, pick) {
      const hour = 1 + pick(20);
      files.push(sealedFile(fakeTrail(signer, { start: START }).file(START + (hour + 0.5) * HOUR_MS, 'slipped')));
    },
  },
  'two log files change places': {
    found: ['file_altered'],
    tamper({ files }, pick) {
      const [one, other] = [pick(files.length - 1), files.length - 1];
      const [first, second] = [given(files[one]), given(files[other])];
      files.splice(one, 1, { ...first, hasHash: second.hasHash });
      files.splice(other, 1, { ...second, hasHash: first.hasHash });
    },
  },
  'a digest is taken away': {
    found: ['digest_missing'],
    tamper: ({ digests }, pick) => void digests.splice(pick(digests.length - 1), 1),
  },
  'the last digest is taken away': { found: ['digest_end'], tamper: ({ digests }) => void digests.pop() },
  'a digest and everything it names are taken away': {
    found: ['digest_missing'],
    tamper(archive, pick) {
      const [gone] = archive.digests.splice(pick(archive.digests.length - 1), 1);
      const words = Buffer.from(given(gone).bytes).toString();
      archive.files = archive.files.filter(({ key }) => !words.includes(key));
    },
  },
  'a hash in a digest changes': {
    found: ['digest_signature'],
    tamper: (archive, pick) => edit(archive, pick, (words) => words.replace(/"hashValue":"../, '"hashValue":"zz').replace('zz', '00')),
  },
  'a file is struck from a digest': {
    found: ['digest_signature'],
    tamper: (archive, pick) => edit(archive, pick, (words) => words.replace(/"logFiles":\[.*\]/, '"logFiles":[]')),
  },
  'a byte of a digest changes': {
    found: [
      'digest_signature',
      'digest_unreadable',
      'digest_moved',
      'digest_chain',
      'key_unknown',
      'digest_missing',
      'digest_restart',
      'digest_end',
    ],
    tamper(archive, pick) {
      const at = pick(archive.digests.length);
      const digest = given(archive.digests[at]);
      const bytes = Buffer.from(digest.bytes);
      const place = pick(bytes.length);
      bytes.writeUInt8((bytes.readUInt8(place) ^ (1 << pick(8))) & 0xff, place);
      archive.digests.splice(at, 1, { ...digest, bytes });
    },
  },
  'a digest is cut short': {
    found: ['digest_unreadable'],
    tamper(archive, pick) {
      const at = pick(archive.digests.length);
      const digest = given(archive.digests[at]);
      archive.digests.splice(at, 1, { ...digest, bytes: digest.bytes.subarray(0, pick(digest.bytes.length)) });
    },
  },
  'a digit of a signature changes': {
    found: ['digest_signature'],
    tamper(archive, pick) {
      const at = pick(archive.digests.length);
      const digest = given(archive.digests[at]);
      const signature = digest.signature ?? '';
      const place = pick(signature.length);
      const digit = signature[place] === '0' ? '1' : '0';
      archive.digests.splice(at, 1, { ...digest, signature: signature.slice(0, place) + digit + signature.slice(place + 1) });
    },
  },
  'a signature is that of another digest': {
    found: ['digest_signature'],
    tamper(archive, pick) {
      const at = pick(archive.digests.length - 1);
      archive.digests.splice(at, 1, { ...given(archive.digests[at]), signature: archive.digests.at(-1)?.signature });
    },
  },
  'a signature is no signature': {
    found: ['digest_signature'],
    tamper(archive, pick) {
      const at = pick(archive.digests.length);
      archive.digests.splice(at, 1, { ...given(archive.digests[at]), signature: 'none' });
    },
  },
  'a digest is moved to another hour': {
    found: ['digest_moved'],
    tamper(archive, pick) {
      const at = pick(archive.digests.length - 1);
      archive.digests.splice(at, 1, { ...given(archive.digests[at]), key: given(archive.digests.at(-1)).key });
    },
  },
  'a digest is moved to another bucket': {
    found: ['digest_moved'],
    tamper(archive, pick) {
      const at = pick(archive.digests.length);
      archive.digests.splice(at, 1, { ...given(archive.digests[at]), bucket: 'elsewhere' });
    },
  },
  'two digests change places': {
    found: ['digest_moved'],
    tamper({ digests }, pick) {
      const [one, other] = [pick(digests.length - 1), digests.length - 1];
      const [first, second] = [given(digests[one]), given(digests[other])];
      digests.splice(one, 1, { ...second, bucket: first.bucket, key: first.key });
      digests.splice(other, 1, { ...first, bucket: second.bucket, key: second.key });
    },
  },
  'a digest is written anew with a key of its own': {
    found: ['digest_signature'],
    tamper(archive, pick) {
      const at = pick(archive.digests.length);
      archive.digests.splice(at, 1, given(forged.digests[at]));
    },
  },
  'the chain is written anew with a key that nobody knows': {
    found: ['key_unknown'],
    tamper: (archive) => void archive.digests.splice(0, archive.digests.length, ...strange.digests),
  },
};

describe('every tampering is found', () => {
  it.each(Object.entries(TAMPERINGS))('%s', (_, { found, tamper }) => {
    fc.assert(
      fc.property(fc.array(fc.nat(), { minLength: 4, maxLength: 4 }), (choices) => {
        const archive = { digests: [...whole.digests], files: [...whole.files] };
        let turn = 0;
        tamper(archive, (length) => given(choices[turn++ % choices.length]) % length);
        const codes = codesOf(check(archive, KEYS, { now: START + 26 * HOUR_MS }));
        expect(codes.some((code) => found.includes(code))).toBe(true);
      }),
      { numRuns: 25 },
    );
  });
});
