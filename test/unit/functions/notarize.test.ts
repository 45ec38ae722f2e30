import { createHash } from 'node:crypto';
import { S3Client, S3ServiceException } from '@aws-sdk/client-s3';
import type { SQSRecord } from 'aws-lambda';
import { checkpointNow, notarizeMessages, publishIfDue, type NotarizeDeps } from '../../../functions/notarize/notarize.ts';
import type { Origin } from '../../../shared/model.ts';
import { logWriter } from '../../../shared/notary/append.ts';
import { openLog } from '../../../shared/notary/read.ts';
import { encodeMetadata } from '../../../shared/seal/metadata.ts';
import { vaultKey } from '../../../shared/seal/vault.ts';
import { memoryLog, testSigner, type MemoryLog } from '../../fakes/log.ts';
import { ORIGIN } from '../notary/log.ts';

interface Stored {
  readonly metadata?: Record<string, string>;
  readonly checksum?: string;
  readonly failure?: number;
}

function evidence(name: string): string {
  return `demo/nginx/111111111111/eu-central-1/2026/11/20/${name.padEnd(22, '-')}.sealed`;
}

/** HEAD requests of a vault in memory, by key. */
function vaultOf(objects: ReadonlyMap<string, Stored>): S3Client {
  const s3 = new S3Client({ region: 'eu-central-1', credentials: { accessKeyId: 'x', secretAccessKey: 'x' } });
  s3.send = ((command: { input: { Key: string; VersionId?: string; ChecksumMode?: string } }) => {
    const stored = objects.get(command.input.Key);
    const status = stored === undefined ? 404 : stored.failure;
    if (status !== undefined)
      return Promise.reject(
        new S3ServiceException({ name: `S${status}`, $fault: 'server', message: 'no', $metadata: { httpStatusCode: status } }),
      );
    const checksum = command.input.ChecksumMode === 'ENABLED' ? (stored?.checksum ?? sha256(command.input.Key)) : undefined;
    return Promise.resolve({
      ContentLength: 1234,
      LastModified: new Date(1_795_000_000_500),
      Metadata: stored?.metadata ?? {},
      ChecksumSHA256: checksum,
    });
  }) as never;
  return s3;
}

function sha256(text: string): string {
  return createHash('sha256').update(text).digest('base64');
}

const origin: Origin = {
  ...{ bank: 'demo', account: '222222222222', region: 'eu-central-1', source: 'alb', trigger: 's3', time: 1_795_000_000_000 },
  uri: 's3://landing/alb.gz#1',
};
const facts = { class: 'standard', plaintext: 'ab'.repeat(32), size: 99, counts: { records: 3, events: 1, excluded: 1, parked: 1 } };
const sealed: Stored = { metadata: { ...encodeMetadata({ ...facts, origin, firstTime: 5, lastTime: undefined }) } };

function message(messageId: string, ...keys: readonly (string | undefined)[]): SQSRecord {
  const Records = keys.map((key) => ({
    s3: { bucket: { name: 'vault' }, object: { key: encodeURIComponent(key ?? ''), versionId: `v-${key ?? ''}` } },
  }));
  return { messageId, body: JSON.stringify({ Records }) } as SQSRecord;
}

interface World {
  readonly log: MemoryLog;
  readonly deps: NotarizeDeps;
  readonly lines: string[];
  /** Metrics, as name=value. */
  readonly emitted: readonly string[];
}

function world(objects: Record<string, Stored>, changes: Partial<NotarizeDeps> = {}): World {
  const log = memoryLog();
  const lines: string[] = [];
  const emitted: string[] = [];
  const metrics = {
    addDimensions: () => undefined,
    addMetric: (name: string, _unit: unknown, value: number) => emitted.push(`${name}=${value}`),
    publishStoredMetrics: () => undefined,
  } as unknown as NotarizeDeps['metrics'];
  const note = (...said: readonly unknown[]): void => void lines.push(said.map((part) => JSON.stringify(part)).join(' '));
  const signer = testSigner(ORIGIN);
  const deps: NotarizeDeps = {
    bank: 'demo',
    vault: { s3: vaultOf(new Map(Object.entries(objects))), bucket: 'vault' },
    writer: logWriter({ ...log.open(), origin: ORIGIN }),
    settings: { interval: 300_000 },
    signer: () => Promise.resolve(signer),
    witness: undefined,
    log: { info: note, warn: note, error: note },
    metrics,
    now: () => 1_795_000_000_000,
    ...changes,
  };
  return { log, deps, lines, emitted };
}

async function leavesOf(log: MemoryLog): Promise<readonly unknown[]> {
  const found: unknown[] = [];
  const size = log.head.value?.published ?? 0;
  for await (const { leaf } of openLog(log.open().store).leaves(0, size, { size })) found.push(leaf);
  return found;
}

describe('notarizeMessages', () => {
  it('logs what S3 has told of: evidence and statements, each version once, and signs', async () => {
    const key = vaultKey(origin);
    const statement = '_statements/hold/2026/11/21/x-y.z.json';
    const { log, deps, emitted } = world({ [key]: sealed, [statement]: {} });

    const answer = await notarizeMessages([message('1', key, statement), message('2', key)], deps);

    expect(answer).toEqual({ batchItemFailures: [] });
    expect(await leavesOf(log)).toEqual([
      {
        ...{ v: 1, kind: 'evidence', key, version: `v-${key}`, size: 1234, ciphertext: Buffer.from(sha256(key), 'base64').toString('hex') },
        ...{ plaintext: 'ab'.repeat(32), bytes: 99, records: 3, events: 1, excluded: 1, parked: 1, first: 5, last: null },
        ...{ delivered: 1_795_000_000_000, origin: 's3://landing/alb.gz#1', trigger: 's3', stored: 1_795_000_000_500 },
      },
      {
        ...{ v: 1, kind: 'statement', key: statement, version: `v-${statement}`, size: 1234 },
        ...{ ciphertext: Buffer.from(sha256(statement), 'base64').toString('hex'), statement: 'hold', stored: 1_795_000_000_500 },
      },
    ]);
    expect(emitted).toEqual(['Leaves=2', 'Checkpoints=1']);
  });

  it('gives back only what failed: no such version, no checksum, no notification, S3 away', async () => {
    const { log, deps, lines } = world({
      [evidence('good')]: {},
      [evidence('unhashed')]: { checksum: '' },
      [evidence('parts')]: { checksum: `${sha256('x')}-2` },
      [evidence('away')]: { failure: 503 },
    });
    const junk = { messageId: 'junk', body: 'hello' } as SQSRecord;
    const unversioned = {
      messageId: 'unversioned',
      body: message('', evidence('good')).body.replace(/"versionId":"[^"]+"/, '"x":1'),
    } as SQSRecord;
    const test = { messageId: 'test', body: '{"Event":"s3:TestEvent"}' } as SQSRecord;

    const answer = await notarizeMessages(
      [
        message('gone', evidence('gone')),
        message('unhashed', evidence('unhashed')),
        message('parts', evidence('parts')),
        message('away', evidence('away')),
        junk,
        unversioned,
        test,
        message('ok', evidence('good')),
        message('half', evidence('good'), evidence('gone')),
      ],
      deps,
    );

    expect(answer.batchItemFailures.map(({ itemIdentifier }) => itemIdentifier)).toEqual([
      'gone',
      'unhashed',
      'parts',
      'away',
      'junk',
      'unversioned',
      'half',
    ]);
    expect(log.entries.size).toBe(1);
    expect(lines.join('\n')).toContain('S3 has no SHA-256 of the whole object');
    expect(lines.join('\n')).toContain('the vault is no longer versioned');
  });

  it.each(['_log/checkpoints/000000000001', 'other/x', 'demo/x', '_statements/hold/x.json'])(
    'does not take %s into the log, whoever sends it: what is there once is there for ever',
    async (key) => {
      const { log, deps } = world({ [key]: {} });

      expect(await notarizeMessages([message('1', key)], deps)).toEqual({ batchItemFailures: [{ itemIdentifier: '1' }] });
      expect(await leavesOf(log)).toEqual([]);
    },
  );

  it('logs an object whose metadata cannot be read with what is known, and says so', async () => {
    const { log, deps, lines } = world({ [evidence('strange')]: { metadata: { format: '99' } } });

    await notarizeMessages([message('1', evidence('strange'))], deps);

    expect(await leavesOf(log)).toMatchObject([
      { key: evidence('strange'), size: 1234, records: 0, plaintext: '0'.repeat(64), origin: 'unknown', delivered: 1_795_000_000_500 },
    ]);
    expect(lines.join('\n')).toContain('object logged, but its metadata cannot be read');
  });

  it('is done although nothing can be signed: that is told', async () => {
    const { log, deps, emitted, lines } = world({ [evidence('a')]: {} }, { signer: () => Promise.reject(new Error('KMS is away')) });

    expect(await notarizeMessages([message('1', evidence('a'))], deps)).toEqual({ batchItemFailures: [] });

    expect(log.entries.size).toBe(1);
    expect(emitted).toEqual(['Leaves=1', 'CheckpointFailures=1']);
    expect(lines.join('\n')).toContain('KMS is away');
  });

  it('gives everything back where the log cannot be written to, and calls a contradiction one', async () => {
    const { log, deps, emitted } = world({ [evidence('a')]: {} });
    log.files.set('batch/000000000000', Buffer.from('not a leaf'));

    await expect(notarizeMessages([message('1', evidence('a'))], deps)).rejects.toThrow('leaf 0 in its batch');

    expect(emitted).toEqual(['LogFaults=1']);
  });
});

describe('checkpoints', () => {
  it('on request tell size, root, note and key; in between they wait for the bank’s interval', async () => {
    const { log, deps } = world({ [evidence('a')]: {}, [evidence('b')]: {} });
    expect(await checkpointNow(deps)).toEqual({ size: 0, isNew: false, witness: 'none' });
    await notarizeMessages([message('1', evidence('a'))], deps);
    await notarizeMessages([message('2', evidence('b'))], deps);
    await publishIfDue(deps);
    expect(log.head.value?.published).toBe(1);

    const answer = await checkpointNow(deps);

    expect(answer).toMatchObject({ size: 2, isNew: true, witness: 'none', key: (await deps.signer()).vkey });
    expect(answer.note).toBe(log.files.get('checkpoint')?.toString());
    expect(await checkpointNow(deps)).toMatchObject({ size: 2, isNew: false });
  });

  it('are signed although the witness is away: it is asked again with the next one', async () => {
    const calls: string[] = [];
    const witness = { key: undefined, call: (path: string) => (calls.push(path), Promise.reject(new Error('connect ECONNREFUSED'))) };
    const { deps, emitted } = world({ [evidence('a')]: {} }, { witness });

    expect(await notarizeMessages([message('1', evidence('a'))], deps)).toEqual({ batchItemFailures: [] });
    expect(await checkpointNow(deps)).toMatchObject({ size: 1, isNew: false, witness: 'away' });

    expect(calls).toEqual(['add-checkpoint', 'add-checkpoint']);
    expect(emitted.filter((metric) => metric === 'WitnessFailures=1')).toHaveLength(2);
  });
});
