import { CloudTrailClient } from '@aws-sdk/client-cloudtrail';
import { GetObjectCommand, ListObjectsV2Command, PutObjectCommand, type S3Client } from '@aws-sdk/client-s3';
import { createKeyRing } from '../../../shared/complete/key-ring.ts';
import type { KeyRing } from '../../../shared/complete/trails.ts';
import { RetryableError } from '../../../shared/errors.ts';
import { digestSigner, keyOf } from '../../fakes/cloudtrail-digests.ts';
import { startHttpServer, type Answer } from '../../fakes/http-server.ts';
import { BANK } from '../alert/findings.ts';

const NOW = Date.parse('2026-11-21T12:00:00Z');
const signer = digestSigner();
const KEY = keyOf(signer);

let objects: Map<string, string>;
let answers: Answer[];
let asked: string[];
let regions: string[];
let warned: string[];
let url: string;
let stop: () => Promise<void>;

beforeEach(async () => {
  objects = new Map();
  answers = [];
  asked = [];
  regions = [];
  warned = [];
  const server = await startHttpServer(({ body }) => {
    asked.push(body);
    return answers.shift() ?? { status: 200, body: { PublicKeyList: [] } };
  }, 'application/x-amz-json-1.1');
  url = server.url;
  stop = () => server.close();
});
afterEach(() => stop());

function ring(): KeyRing {
  return createKeyRing({
    vault: { s3: memoryS3(), bucket: 'vault', retention: BANK.retention },
    cloudTrail(region) {
      regions.push(region);
      return new CloudTrailClient({ region, endpoint: url, credentials: { accessKeyId: 'test', secretAccessKey: 'test' }, maxAttempts: 1 });
    },
    log: { info: () => undefined, warn: (message) => void warned.push(JSON.stringify(message)) },
    now: () => NOW,
  });
}

function memoryS3(): S3Client {
  const send = (command: object): Promise<object> => {
    if (command instanceof PutObjectCommand) objects.set(command.input.Key ?? '', command.input.Body as string);
    const found = command instanceof GetObjectCommand ? objects.get(command.input.Key ?? '') : undefined;
    if (command instanceof ListObjectsV2Command) return Promise.resolve({ Contents: [...objects.keys()].map((Key) => ({ Key })) });
    return Promise.resolve(found === undefined ? {} : { Body: { transformToString: () => Promise.resolve(found) } });
  };
  return { send } as unknown as S3Client;
}

function listed(...keys: readonly object[]): Answer {
  return { status: 200, body: { PublicKeyList: keys } };
}

const LISTED = {
  Fingerprint: KEY.fingerprint,
  Value: KEY.value,
  ValidityStartTime: NOW / 1000 - 86_400,
  ValidityEndTime: NOW / 1000 + 86_400,
};

describe('the keys of CloudTrail', () => {
  it('are asked for where the digest comes from, around its time, and kept', async () => {
    answers.push(listed(LISTED));
    const keys = ring();
    expect(await keys.known()).toEqual([]);
    await keys.ask('eu-central-1', NOW);
    expect(regions).toEqual(['eu-central-1']);
    expect(JSON.parse(asked[0] ?? '')).toEqual({ StartTime: NOW / 1000 - 7200, EndTime: NOW / 1000 + 7200 });
    const expected = { ...KEY, from: NOW - 86_400_000, to: NOW + 86_400_000 };
    expect(await keys.known()).toEqual([expected]);
    expect([...objects.keys()]).toEqual([`_statements/cloudtrail-key/2026/11/21/eu-central-1-${KEY.fingerprint}.json`]);
    // Another process finds it there.
    expect(await ring().known()).toEqual([expected]);
  });

  it('are kept once', async () => {
    answers.push(listed(LISTED), listed(LISTED));
    const keys = ring();
    await keys.ask('eu-central-1', NOW);
    objects.set('_statements/cloudtrail-key/2026/11/21/x.json', 'untouched');
    await keys.ask('eu-central-1', NOW);
    expect(objects.size).toBe(2);
    expect(await keys.known()).toHaveLength(1);
  });

  it('that CloudTrail does not give for good are not known; what fails for now is tried again', async () => {
    answers.push({ status: 400, body: { __type: 'UnrecognizedClientException', message: 'the region is not enabled' } });
    const keys = ring();
    await keys.ask('me-south-1', NOW);
    expect(await keys.known()).toEqual([]);
    expect(warned).toHaveLength(1);
    answers.push({ status: 503, body: { __type: 'ServiceUnavailable' } });
    await expect(keys.ask('eu-central-1', NOW)).rejects.toBeInstanceOf(RetryableError);
  });

  it('that are none are left out', async () => {
    answers.push(listed({ ...LISTED, Fingerprint: '../../x' }, { Fingerprint: 'abcdef01' }));
    const keys = ring();
    await keys.ask('eu-central-1', NOW);
    expect(objects.size).toBe(0);
  });
});
