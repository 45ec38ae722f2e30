import { digestKeys, readDigest, type ReadDigest } from '../../../shared/cloudtrail-digest/digest.ts';
import { followDigest, noteFile, overdue, type ToCheck } from '../../../shared/cloudtrail-digest/follow.ts';
import { newFollowState, type FollowState } from '../../../shared/cloudtrail-digest/follow-state.ts';
import type { Found } from '../../../shared/cloudtrail-digest/found.ts';
import { digestSigner, fakeTrail, keyOf, type FakeDigest, type FakeFile, type FakeTrail } from '../../fakes/cloudtrail-digests.ts';

const START = Date.parse('2026-11-20T00:01:31Z');
const HOUR = 3_600_000;
const signer = digestSigner();
const KEYS = digestKeys([keyOf(signer)]);

let trail: FakeTrail;
let state: FollowState;
beforeEach(() => {
  trail = fakeTrail(signer, { start: START });
  state = newFollowState();
});

function readOf({ bucket, key, bytes, signature }: FakeDigest): ReadDigest {
  const read = readDigest({ at: `vault/${key}`, bucket, key, bytes, signature });
  if ('code' in read) throw new Error(read.detail);
  return read;
}

function comes(
  digest: FakeDigest,
  now = digest.end + 5 * 60_000,
): { readonly found: readonly string[]; readonly toCheck: readonly ToCheck[] } {
  const { found, toCheck } = followDigest(state, readOf(digest), KEYS, now);
  return { found: found.map(word), toCheck };
}

function file({ bucket, key, delivered }: FakeFile): ReturnType<typeof noteFile> {
  return noteFile(state, { bucket, key, delivered, at: `vault/${key}` });
}

/** Code and hour, with what became of it. */
function word({ code, time, closed, quiet }: Found): string {
  const hour = (time - START) / HOUR;
  return `${closed === undefined ? '' : 'closed '}${code} ${Number.isInteger(hour) ? hour : hour.toFixed(2)}${quiet === true ? ' quiet' : ''}`;
}

function due(now: number): readonly string[] {
  return overdue(state, now).found.map(word);
}

describe('digests, as they come', () => {
  it('hour by hour are in order, and their files are checked once they are there', () => {
    for (let hour = 0; hour < 30; hour++) {
      const { digest, files } = trail.hour(3);
      const [first, ...rest] = files;
      rest.forEach((one) => expect(file(one)).toBeUndefined());
      const came = comes(digest);
      expect(came.found).toEqual([]);
      expect(came.toCheck.map(({ at }) => at)).toEqual(rest.map(({ key }) => `vault/${key}`));
      // One file comes after its digest.
      expect(first === undefined ? undefined : file(first)).toMatchObject({ object: first?.key });
      expect(overdue(state, digest.end + HOUR)).toEqual({ found: [], missing: [], extra: [] });
    }
    expect([Object.keys(state.wanted), Object.keys(state.unnamed)]).toEqual([[], []]);
    expect(JSON.stringify(state).length).toBeLessThan(3000);
  });

  it('that are not there are told an hour later, one finding for each hour, and one alert', () => {
    comes(trail.hour().digest);
    trail.hour();
    trail.hour();
    trail.hour();
    const next = trail.hour().digest;
    // Nobody looked meanwhile: the digest behind the gap shows it.
    expect(comes(next).found).toEqual([]);
    expect(due(next.end + 50 * 60_000)).toEqual([]);
    expect(due(next.end + 66 * 60_000)).toEqual(['digest_missing 1', 'digest_missing 2 quiet', 'digest_missing 3 quiet']);
    expect(due(next.end + 90 * 60_000)).toEqual([]);
  });

  it('that stay away are told hour by hour, and the same hours are not told again when the next one comes', () => {
    comes(trail.hour().digest);
    expect(due(START + 2.9 * HOUR)).toEqual([]);
    expect(due(START + 3 * HOUR)).toEqual(['digest_missing 1']);
    expect(due(START + 4.5 * HOUR)).toEqual(['digest_missing 2 quiet']);
    trail.hour();
    trail.hour();
    expect(comes(trail.hour().digest).found).toEqual([]);
    expect(due(START + 5.9 * HOUR)).toEqual([]);
  });

  it('that come late close what was told of them', () => {
    comes(trail.hour().digest);
    const late = [trail.hour().digest, trail.hour().digest];
    expect(due(START + 4 * HOUR)).toEqual(['digest_missing 1', 'digest_missing 2 quiet']);
    expect(late.flatMap((digest) => comes(digest, START + 5 * HOUR).found)).toEqual(['closed digest_missing 1', 'closed digest_missing 2']);
    expect(due(START + 4.9 * HOUR)).toEqual([]);
  });

  it('that come out of order close the gap between them', () => {
    comes(trail.hour().digest);
    const [one, two, three] = [trail.hour().digest, trail.hour().digest, trail.hour().digest];
    comes(three);
    expect(due(three.end + 2 * HOUR)).toEqual(['digest_missing 1', 'digest_missing 2 quiet', 'digest_missing 4']);
    expect(comes(two, three.end + 2 * HOUR).found).toEqual(['closed digest_missing 2']);
    expect(comes(one, three.end + 2 * HOUR).found).toEqual(['closed digest_missing 1']);
    expect(Object.values(state.chains)[0]?.gaps).toEqual([]);
  });

  it('that end are told of for two days, and then once more', () => {
    comes(trail.hour().digest);
    const told = Array.from({ length: 24 * 5 }, (_, hour) => due(START + (hour + 2) * HOUR)).flat();
    expect(told).toHaveLength(48);
    expect(told.slice(-1)).toEqual(['digest_end 1']);
    expect(told.filter((one) => !one.endsWith('quiet'))).toEqual(['digest_missing 1', 'digest_end 1']);
    trail.pause(200);
    expect(comes(trail.hour(0, true).digest).found).toContain('closed digest_end 1');
  });

  it('that begin anew say what nothing proves', () => {
    comes(trail.hour().digest);
    trail.pause(3);
    expect(comes(trail.hour(1, true).digest).found).toEqual(['digest_restart 1']);
    expect(due(START + 6 * HOUR)).toEqual([]);
  });

  it('that were replaced, altered, moved or signed by others are told at once', () => {
    const [one, two] = [trail.hour().digest, trail.hour().digest];
    const altered = { ...one, bytes: Buffer.from(one.bytes.toString().replace('"logFiles":[{', '"logFiles":[{"x":1,')) };
    expect(comes(altered).found).toEqual(['digest_signature 1']);
    comes(one);
    expect(comes({ ...two, signature: one.signature }).found).toEqual(['digest_signature 2']);
    expect(comes({ ...two, key: one.key }).found).toEqual(['digest_moved 2']);
    const stranger = fakeTrail(digestSigner('00000000000000000000000000000000'), { start: START + 2 * HOUR });
    expect(comes(stranger.hour().digest).found).toContain('key_unknown 3');
    // The same hour written twice by who has the key: the one that follows shows which was taken away.
    const twin = fakeTrail(signer, { start: START + 5 * HOUR, trail: 'twin' });
    const other = fakeTrail(signer, { start: START + 5 * HOUR, trail: 'twin' });
    comes(twin.hour(1).digest);
    other.hour(2);
    expect(comes(other.hour(1).digest).found).toEqual(['digest_chain 7']);
  });

  it('that were forged for a day to come do not stand in the way of those that come', () => {
    comes(trail.hour().digest);
    const forged = fakeTrail(digestSigner('00000000000000000000000000000000'), { start: START + 1000 * HOUR });
    expect(followDigest(state, readOf(forged.hour().digest), KEYS, START + 2 * HOUR).found.map(({ code }) => code)).toEqual([
      'key_unknown',
    ]);
    expect(comes(trail.hour().digest).found).toEqual([]);
    expect(due(START + 3 * HOUR)).toEqual([]);
  });
});

describe('log files, as they come', () => {
  it('are wanted for an hour before they are missing, and named for three before they are extra', () => {
    const { digest, files } = trail.hour(1);
    comes(digest);
    comes(trail.hour(0).digest);
    const slipped = trail.file(START + 0.5 * HOUR, 'slipped');
    file(slipped);
    expect(overdue(state, digest.end + 60 * 60_000)).toMatchObject({ missing: [], extra: [] });
    const { missing, extra } = overdue(state, START + 3.5 * HOUR);
    expect(missing.map(([, { object }]) => object)).toEqual(files.map(({ key }) => key));
    expect(extra.map(({ unnamed }) => unnamed.at)).toEqual([`vault/${slipped.key}`]);
  });

  it('that a backfill digest names are none that nobody names', () => {
    comes(trail.hour(0).digest);
    comes(trail.hour(0).digest);
    const late = trail.file(START + 0.5 * HOUR, 'late');
    file(late);
    expect(comes(trail.backfill([late])).toCheck).toHaveLength(1);
    expect(overdue(state, START + 5 * HOUR).extra).toEqual([]);
  });

  it('of times and folders without digests are forgotten after a day', () => {
    comes(trail.hour(0).digest);
    file(trail.file(START - 5 * HOUR, 'before'));
    file(fakeTrail(signer, { start: START, prefix: 'other/' }).file(START + 0.5 * HOUR, 'elsewhere'));
    expect(overdue(state, START + 10 * HOUR).extra).toEqual([]);
    overdue(state, START + 25 * HOUR);
    expect(state.unnamed).toEqual({});
  });

  it('that a forged digest names are not wanted', () => {
    const forged = fakeTrail(digestSigner('00000000000000000000000000000000'), { start: START });
    comes(forged.hour(2).digest);
    expect(state.wanted).toEqual({});
  });
});
