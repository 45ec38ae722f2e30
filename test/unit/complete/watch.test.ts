import { Readable } from 'node:stream';
import { GetObjectCommand, PutObjectCommand, S3ServiceException, type S3Client } from '@aws-sdk/client-s3';
import { digestKeys } from '../../../shared/cloudtrail-digest/digest.ts';
import { plainHash } from '../../../shared/cloudtrail-digest/signature.ts';
import type { DeliveredDigest, DeliveredFile, DigestKey } from '../../../shared/cloudtrail-digest/types.ts';
import type { Archive } from '../../../shared/complete/archive.ts';
import { watchOnce, type Watched, type WatchDeps } from '../../../shared/complete/watch.ts';
import { EvidenceError } from '../../../shared/errors.ts';
import { decodeBatch } from '../../../shared/hub/batch.ts';
import { fromDocument } from '../../../shared/hub/document.ts';
import type { OcsfEvent } from '../../../shared/model.ts';
import { encodeLeaf, type EvidenceLeaf } from '../../../shared/notary/leaf.ts';
import { leafHash, rootOf } from '../../../shared/notary/merkle.ts';
import { keyPath } from '../../../shared/notary/store.ts';
import { keyIdText } from '../../../shared/notary/verifier.ts';
import { refusedNotes } from '../../../shared/residency/refused.ts';
import { vaultKey } from '../../../shared/seal/vault.ts';
import { startAlertTable, type FakeAlertTable } from '../../fakes/alert-table.ts';
import { digestSigner, fakeTrail, hashOf, keyOf, type FakeDigest, type FakeFile, type FakeTrail } from '../../fakes/cloudtrail-digests.ts';
import { startKinesis, type FakeKinesis } from '../../fakes/kinesis.ts';
import { createFakeS3 } from '../../fakes/s3.ts';
import { startSns, type FakeSns } from '../../fakes/sns.ts';
import { validateEvent } from '../../ocsf.ts';
import { BANK } from '../alert/findings.ts';
import { append, appendEntries, DIGEST, putCheckpoint, signerOf, storeOf, type Files } from '../notary/small-log.ts';

const START = Date.parse('2026-11-20T00:01:31Z');
const HOUR = 3_600_000;
const signer = digestSigner();
const logKey = signerOf('ed25519');

let table: FakeAlertTable;
let kinesis: FakeKinesis;
let sns: FakeSns;
let now: number;
let log: TestLog;
let archive: TestArchive;
let trail: FakeTrail;
let keys: DigestKey[];
let asked: string[];
let deps: WatchDeps;

beforeEach(async () => {
  [table, kinesis, sns] = await Promise.all([startAlertTable(), startKinesis(), startSns()]);
  now = START;
  log = testLog();
  archive = testArchive();
  trail = fakeTrail(signer, { start: START });
  keys = [];
  asked = [];
  deps = {
    bank: { ...BANK, operations: { silence: [{ source: 'vpc-flow', minutes: 30 }] } },
    transparency: storeOf(log.files),
    state: { s3: memoryS3(), bucket: 'parked' },
    trails: {
      archive,
      keys: {
        known: () => Promise.resolve(keys),
        ask(region, at) {
          asked.push(`${region} ${new Date(at).toISOString()}`);
          keys.push(keyOf(signer));
          return Promise.resolve();
        },
      },
    },
    claims: { dynamo: table.client, table: 'claims' },
    sns: sns.client,
    topicArn: 'arn:aws:sns:eu-central-1:111111111111:strongroom-demo-alerts',
    hub: { kinesis: kinesis.client, stream: 'hub' },
    vaultBucket: 'vault',
    log: { info: () => undefined, warn: () => undefined },
    metrics: {
      addDimensions: () => undefined,
      addMetric: () => undefined,
      publishStoredMetrics: () => undefined,
    } as unknown as WatchDeps['metrics'],
    now: () => now,
  };
});
afterEach(async () => {
  await Promise.all([table.close(), kinesis.close(), sns.close()]);
});

async function watch(at: number): Promise<Watched> {
  now = at;
  return await watchOnce(deps);
}

/** Titles of findings in the hub, in order; those that close one begin with a tick. */
function findings(): readonly string[] {
  return events().map((event) => `${event.activity_id === 3 ? '✓ ' : ''}${(event['finding_info'] as { title: string }).title}`);
}

function events(): readonly OcsfEvent[] {
  return kinesis.stored.flatMap(({ data }) => {
    const batch = decodeBatch(data);
    return batch.kind === 'value' ? batch.value.documents.flatMap(({ json }) => fromDocument(json) ?? []) : [];
  });
}

interface TestLog {
  readonly files: Files;
  /** Appends leaves and signs. */
  grow(...leaves: readonly Partial<EvidenceLeaf>[]): Promise<void>;
}

function testLog(): TestLog {
  const files: Files = new Map();
  const all: Buffer[] = [];
  files.set(keyPath(keyIdText(logKey.keyId)), Buffer.from(JSON.stringify({ vkey: logKey.vkey })));
  return {
    files,
    async grow(...leaves) {
      const before = all.length;
      all.push(...leaves.map((leaf) => encodeLeaf(leafOf(leaf))));
      await append(files, before, all.slice(before).map(leafHash));
      appendEntries(files, before, all);
      await putCheckpoint(files, { size: all.length, root: rootOf(all.map(leafHash)) }, [logKey]);
    },
  };
}

function leafOf(leaf: Partial<EvidenceLeaf>): EvidenceLeaf {
  const fixed = {
    v: 1,
    kind: 'evidence',
    version: 'v',
    size: 1,
    ciphertext: DIGEST,
    plaintext: DIGEST,
    bytes: 1,
    records: 1,
    events: 1,
    excluded: 0,
  } as const;
  const source = { key: keyOfUnit('vpc-flow', leaf.origin ?? '', leaf.delivered ?? now), origin: 's3://landing/x#e', trigger: 's3' };
  return { ...fixed, parked: 0, first: null, last: null, delivered: now, stored: now, ...source, ...leaf };
}

function keyOfUnit(source: string, uri: string, time: number, account = '222222222222'): string {
  return vaultKey({ bank: 'demo', account, region: 'eu-central-1', source, trigger: 's3', uri, time });
}

interface TestArchive extends Archive {
  readonly files: Map<string, DeliveredFile>;
  readonly opened: string[];
  /** Seals what was delivered. @returns the leaf of it. */
  digest(digest: FakeDigest): Partial<EvidenceLeaf>;
  put(file: FakeFile, bytes?: Buffer, etag?: string): Partial<EvidenceLeaf>;
}

function testArchive(): TestArchive {
  const digests = new Map<string, DeliveredDigest>();
  const files = new Map<string, DeliveredFile>();
  const opened: string[] = [];
  const sealed = (bucket: string, key: string, delivered: number, etag: string): Partial<EvidenceLeaf> & { readonly key: string } => {
    const origin = `s3://${bucket}/${key}#${etag}`;
    return { key: keyOfUnit('cloudtrail', origin, delivered), origin, delivered, stored: delivered };
  };
  return {
    files,
    opened,
    digest({ bucket, key, bytes, signature, end }) {
      const leaf = sealed(bucket, key, end, 'e');
      digests.set(leaf.key, { at: leaf.key, bucket, key, bytes, signature });
      return leaf;
    },
    put({ bucket, key, bytes, delivered }, other = bytes, etag = 'e') {
      const leaf = sealed(bucket, key, delivered, etag);
      files.set(leaf.key, { at: leaf.key, bucket, key, delivered, hasHash: plainHash(hashOf(other)) });
      return leaf;
    },
    async *digests(wanted) {
      await Promise.resolve();
      for (const at of wanted) {
        opened.push(at);
        yield digests.get(at) ?? { at, reason: 'it is not there' };
      }
    },
    file(key) {
      const found = files.get(key);
      return found === undefined ? Promise.reject(new EvidenceError(`${key} is not there`)) : Promise.resolve(found);
    },
    place: (key) => Promise.resolve(files.get(key)),
    async *list(prefix) {
      await Promise.resolve();
      yield* [...files.keys()].filter((key) => key.startsWith(prefix));
    },
  };
}

function memoryS3(): S3Client {
  let body: Buffer | undefined;
  const send = (command: object): Promise<object> => {
    if (command instanceof PutObjectCommand) {
      body = Buffer.from(command.input.Body as Buffer);
      return Promise.resolve({});
    }
    if (command instanceof GetObjectCommand && body !== undefined) {
      const bytes = body;
      return Promise.resolve({ Body: Object.assign(Readable.from([bytes]), { transformToByteArray: () => Promise.resolve(bytes) }) });
    }
    return Promise.reject(new S3ServiceException({ name: 'NoSuchKey', $fault: 'client', $metadata: { httpStatusCode: 404 } }));
  };
  return { send } as unknown as S3Client;
}

/** So many hours of the trail, all as they should be. */
async function hours(count: number): Promise<void> {
  for (let at = 0; at < count; at++) {
    const { digest, files } = trail.hour(2);
    now = digest.end;
    await log.grow(...files.map((file) => archive.put(file)), archive.digest(digest));
  }
}

describe('watching', () => {
  it('an empty vault finds nothing, and then that nothing comes', async () => {
    expect(await watch(START)).toEqual({ leaves: 0, digests: 0, findings: 0, alerts: 0, behind: 0 });
    expect(await watch(START + 2 * HOUR)).toMatchObject({ findings: 2, alerts: 2 });
    expect(findings()).toEqual(['Log source is late', 'Log source is silent']);
    expect(await watch(START + 3 * HOUR)).toMatchObject({ findings: 0, alerts: 0 });
  });

  it('goes on where it ended, verifies digests as they come, and asks for their key once', async () => {
    await log.grow(leafOf({}));
    await hours(5);
    expect(await watch(START + 5.1 * HOUR)).toMatchObject({ leaves: 16, digests: 5, behind: 0 });
    expect(asked).toEqual(['eu-central-1 2026-11-20T05:01:31.000Z']);
    await hours(2);
    expect(await watch(START + 7.1 * HOUR)).toMatchObject({ leaves: 6, digests: 2 });
    expect(asked).toHaveLength(1);
    expect(archive.opened).toHaveLength(7);
    expect(findings().filter((title) => title.includes('CloudTrail'))).toEqual([]);
  });

  it('tells a silent source, by account, with what to do, and that it is back', async () => {
    await log.grow(leafOf({}), leafOf({ key: keyOfUnit('vpc-flow', 'other', now, '333333333333') }));
    await watch(START + HOUR);
    now = START + 1.5 * HOUR;
    await log.grow(leafOf({ origin: 's3://landing/y#e' }));
    expect(await watch(START + 1.5 * HOUR)).toMatchObject({ leaves: 1, findings: 1, alerts: 0 });
    expect(findings()).toEqual(['Log source is late', 'Log source is late', '✓ Log source is late']);
    expect(sns.published.map(({ subject }) => subject)).toEqual([
      '[MEDIUM] Log source is late - account 222222222222 (payments-prod)',
      '[MEDIUM] Log source is late - account 333333333333',
    ]);
    expect(sns.published[0]?.message).toContain('Find out whether the account is just idle');
    expect(sns.published[0]?.message).toContain(
      'account 222222222222 delivered last at 2026-11-20 00:01 UTC, and may be silent for 30 min',
    );
  });

  it.each<[string, string, () => Promise<void>]>([
    [
      'a log file that was altered',
      'CloudTrail log file was altered',
      async () => {
        const { digest, files } = trail.hour(2);
        await log.grow(...files.map((file, at) => archive.put(file, at === 0 ? Buffer.from('other') : undefined)), archive.digest(digest));
      },
    ],
    [
      'a log file that is not there',
      'CloudTrail log file is missing',
      async () => {
        const { digest, files } = trail.hour(2);
        await log.grow(...files.slice(1).map((file) => archive.put(file)), archive.digest(digest));
        await hours(2);
      },
    ],
    [
      'a log file that no digest names',
      'CloudTrail log file that no digest names',
      async () => {
        await log.grow(archive.put(trail.file(START + 0.5 * HOUR, 'slipped')));
        await hours(4);
      },
    ],
    [
      'a log file that comes a second time with other contents',
      'CloudTrail log file was altered',
      async () => {
        const { digest, files } = trail.hour(1);
        await log.grow(...files.map((file) => archive.put(file)), archive.digest(digest));
        const [again] = files;
        if (again !== undefined) await log.grow(archive.put(again, Buffer.from('other'), 'e2'));
        await hours(4);
      },
    ],
    [
      'a digest that is not there',
      'CloudTrail digest is missing',
      async () => {
        await hours(1);
        const { files } = trail.hour(1);
        await log.grow(...files.map((file) => archive.put(file)));
        await hours(2);
      },
    ],
    [
      'a digest whose signature is false',
      'CloudTrail digest has a false signature',
      async () => {
        const { digest } = trail.hour(0);
        await log.grow(archive.digest({ ...digest, signature: digest.signature.replace(/^../, 'ff').replace(/..$/, 'ff') }));
      },
    ],
    [
      'a digest that cannot be read',
      'CloudTrail digest cannot be read',
      async () => {
        const { digest } = trail.hour(0);
        await log.grow(archive.digest({ ...digest, bytes: Buffer.from('no digest') }));
      },
    ],
  ])('tells %s', async (_, title, happen) => {
    await happen();
    await watch(now + 0.5 * HOUR);
    await watch(now + 1.1 * HOUR);
    expect(findings().filter((one) => one === title)).toHaveLength(1);
    const alerts = sns.published.filter(({ subject }) => subject.includes(title));
    expect(alerts).toHaveLength(1);
    expect(alerts[0]?.message).toMatch(/What to do\n\S/);
    for (const event of events()) expect(validateEvent(event)).toEqual([]);
    // Again from the beginning, as if the state had been lost: the same findings, no second alert.
    deps = { ...deps, state: { s3: memoryS3(), bucket: 'parked' } };
    await watch(now + 60_000);
    expect(
      new Set(
        events()
          .filter(({ activity_id: activity }) => activity === 1)
          .map(({ metadata }) => metadata.uid),
      ).size,
    ).toBe(
      new Set(
        events()
          .filter(({ activity_id: activity }) => activity === 1)
          .map((event) => JSON.stringify([event['finding_info']])),
      ).size,
    );
    expect(sns.published.filter(({ subject }) => subject.includes(title))).toHaveLength(1);
  });

  it('takes files that are there a second time, or came when nobody watched, for what they are', async () => {
    const { digest, files } = trail.hour(2);
    const [known, unseen] = files;
    if (known === undefined || unseen === undefined) throw new Error('two files');
    await log.grow(archive.put(known), archive.digest(digest), archive.put(known, known.bytes, 'e2'));
    archive.put(unseen);
    await hours(4);
    await watch(now + 0.5 * HOUR);
    expect(findings().filter((title) => title.includes('CloudTrail'))).toEqual([]);
  });

  it('closes what came late', async () => {
    const { digest, files } = trail.hour(1);
    await log.grow(archive.digest(digest));
    await watch(digest.end + 0.1 * HOUR);
    await watch(digest.end + 1.2 * HOUR);
    await log.grow(...files.map((file) => archive.put(file)));
    await watch(digest.end + 1.5 * HOUR);
    expect(findings().filter((title) => title.includes('file'))).toEqual([
      'CloudTrail log file is missing',
      '✓ CloudTrail log file is missing',
    ]);
  });

  it('tells skipped offsets of a topic, and clocks that are wrong without an alert', async () => {
    const kafka = (range: string): Partial<EvidenceLeaf> => {
      const origin = `kafka://main/payments/0/${range}@${now}`;
      return { key: keyOfUnit('iso20022', origin, now), origin, trigger: 'kafka' };
    };
    await log.grow(kafka('0-9'), kafka('20-29'), { first: START - 40 * 24 * HOUR, last: START + 30 * HOUR });
    await watch(START + 1.1 * HOUR);
    expect(findings().filter((title) => !title.includes('late'))).toEqual([
      'Events are dated after their delivery',
      'Events are dated long before their delivery',
      'Records of a Kafka topic were skipped',
    ]);
    expect(sns.published.map(({ subject }) => subject).filter((subject) => !subject.includes('late'))).toEqual([
      '[MEDIUM] Records of a Kafka topic were skipped',
    ]);
  });

  it('alerts a few times where a whole trail of hundreds of accounts stops, and has all findings', async () => {
    const trails = Array.from({ length: 30 }, (_, at) => fakeTrail(signer, { start: START, account: String(200_000_000_000 + at) }));
    await log.grow(...trails.map((one) => archive.digest(one.hour(0).digest)));
    await watch(START + 1.2 * HOUR);
    await watch(START + 3.2 * HOUR);
    expect(findings().filter((title) => title === 'CloudTrail digest is missing')).toHaveLength(30);
    expect(sns.published.filter(({ subject }) => subject.includes('digest is missing'))).toHaveLength(20);
  });

  it('tells a log that was rewritten or rewound', async () => {
    await log.grow(leafOf({}), leafOf({ origin: 's3://landing/2#e' }));
    await watch(START);
    const other = testLog();
    await other.grow(leafOf({ origin: 's3://landing/forged#e' }), leafOf({}), leafOf({}));
    deps = { ...deps, transparency: storeOf(other.files) };
    await watch(START + 60_000);
    expect(findings()).toEqual(['Transparency log was rewritten']);
    const short = testLog();
    await short.grow(leafOf({}));
    deps = { ...deps, transparency: storeOf(short.files) };
    await watch(START + 120_000);
    expect(sns.published.map(({ message }) => /^What:.*|^Details:.*/m.exec(message)?.[0])).toEqual([
      'Details:   the log of 3 leaves does not contain the one of 2',
      'Details:   the log has 1 leaves; it had 2',
    ]);
  });

  it('that fails before everything was told tells it the next time', async () => {
    await hours(1);
    await log.grow(archive.digest({ ...trail.hour(0).digest, signature: 'ff' }));
    sns.failures.push('InternalError');
    await expect(watch(now + 0.1 * HOUR)).rejects.toThrow();
    await watch(now + 0.2 * HOUR);
    expect(sns.published.filter(({ subject }) => subject.includes('false signature'))).toHaveLength(1);
  });
});

it('keys of both regions are told apart', () => {
  expect(
    digestKeys([keyOf(signer), keyOf(signer, 'spki', 'eu-west-1')])
      .get(signer.fingerprint)
      ?.map(({ region }) => region),
  ).toEqual(['eu-central-1', 'eu-west-1']);
});

describe('records that may not be here', () => {
  it('are told of once, by a function that knows the bank has residency rules', async () => {
    const state = { s3: createFakeS3().client, bucket: 'parked' };
    await refusedNotes(state, () => START)('cloudtrail', [{ account: '222222222222', region: 'us-east-1' }]);
    deps = { ...deps, state };
    await watch(START + 60_000);
    expect(findings()).toEqual([]);

    deps = { ...deps, bank: { ...deps.bank, residency: [{ policy: 'eu' }] } };
    const first = await watch(START + 120_000);
    const second = await watch(START + 180_000);

    expect(findings()).toEqual(['Records of a region where data may not live']);
    expect([first, second].map(({ findings: found, alerts }) => [found, alerts])).toEqual([
      [1, 1],
      [0, 0],
    ]);
  });
});
