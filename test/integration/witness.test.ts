// The witness as its owners deploy it: the stack in their account, the function from its bundle, with the table, the locked bucket and the key that
// the stack has made. The log it watches is one in memory.
import { rmSync } from 'node:fs';
import { join } from 'node:path';
import { InvokeCommand, LambdaClient } from '@aws-sdk/client-lambda';
import { HeadObjectCommand, ListObjectVersionsCommand } from '@aws-sdk/client-s3';
import { accountEnvironment, closeAccount, openAccount, type Account } from '../../local/accounts.ts';
import { startEmulator } from '../../local/emulator.ts';
import { startLambdaHost } from '../../local/lambda-host.ts';
import { freePorts } from '../../local/ports.ts';
import { runCommand } from '../../local/processes.ts';
import { logWriter } from '../../shared/notary/append.ts';
import { formatCheckpoint } from '../../shared/notary/checkpoint.ts';
import { cosign, witnessKey, type WitnessCall } from '../../shared/notary/cosign.ts';
import { openNote, signNote, verifierOf } from '../../shared/notary/note.ts';
import { publish, type Published } from '../../shared/notary/publish.ts';
import { submission } from '../../shared/notary/witness.ts';
import { memoryLog, testSigner } from '../fakes/log.ts';
import { bankWithWitness } from '../template/banks.ts';
import { projectCopy } from '../template/compile.ts';
import { leaves } from '../unit/notary/log.ts';

jest.setTimeout(240_000);

const ORIGIN = 'strongroom/watched/eu-central-1';
const BUCKET = 'strongroom-watched-444444444444-eu-west-1-witness';
const signer = testSigner(ORIGIN);
const log = memoryLog();
const writer = logWriter({ ...log.open(), origin: ORIGIN });

let account: Account;
let call: WitnessCall;
const stops: (() => unknown)[] = [];

beforeAll(async () => {
  // The emulator has no Ed25519.
  const directory = projectCopy({
    banks: { watched: bankWithWitness().replace('signature: ed25519', 'signature: p256') },
    realFunctions: true,
  });
  stops.push(() => rmSync(directory, { recursive: true, force: true }));
  const [port = 0] = await freePorts(1);
  const emulator = await startEmulator({ lambdaHost: `http://127.0.0.1:${port}`, log: join(directory, 'emulator.log') });
  stops.push(() => emulator.stop());
  account = await openAccount(emulator.endpoint, 'eu-west-1', '444444444444');
  stops.push(() => closeAccount(account));
  await runCommand({
    name: 'serverless deploy of the witness',
    command: join('node_modules', '.bin', 'serverless'),
    args: ['deploy', '--param', 'bank=watched', '--param', 'stack=witness', '--param', `logKey=${signer.vkey}`],
    cwd: directory,
    env: {
      ...accountEnvironment(account),
      SLS_NOTIFICATIONS_MODE: 'off',
      SLS_TELEMETRY_DISABLED: '1',
      SLS_AWS_MONITORING_FREQUENCY: '500',
    },
    log: join(directory, 'deploy.log'),
  });
  const { endpoint, credentials, region, id: accountId } = account;
  const host = await startLambdaHost({
    ...{ endpoint, accountId, region, credentials, port, directory: join(directory, 'lambda'), stackPrefix: 'strongroom-watched' },
    log: () => undefined,
  });
  stops.push(() => host.stop());
  await host.refresh();
  const lambda = new LambdaClient({ endpoint, region, credentials });
  stops.push(() => lambda.destroy());
  call = async (path, body) => {
    const { Payload } = await lambda.send(
      new InvokeCommand({ FunctionName: 'strongroom-watched-witness', Payload: JSON.stringify({ path, body }) }),
    );
    return JSON.parse(Buffer.from(Payload ?? []).toString()) as { status: number; body: string };
  };
});

afterAll(async () => {
  for (const stop of stops.splice(0).reverse()) await stop();
});

async function signed(...numbers: readonly number[]): Promise<Published> {
  await writer.append(leaves(...numbers));
  const published = await publish(writer, { signer: () => Promise.resolve(signer), interval: 0, now: Date.now() });
  if (published === undefined) throw new Error('nothing was signed');
  return published;
}

async function copies(prefix: string): Promise<readonly string[]> {
  const { Versions = [] } = await account.s3.send(new ListObjectVersionsCommand({ Bucket: BUCKET, Prefix: prefix }));
  return Versions.map(({ Key = '' }) => Key.replace(/-[0-9a-f]{16}$/, ''));
}

test('signs one checkpoint after the other, and keeps a locked copy of each', async () => {
  const key = verifierOf(await witnessKey(call));
  await cosign(writer, await signed(1, 2, 3), { call, key });
  await cosign(writer, await signed(4), { call, key });

  const note = log.files.get('cosigned/000000000004')?.toString() ?? '';
  expect(openNote(note, [verifierOf(signer.vkey), key]).signed.map(({ name }) => name)).toEqual([
    ORIGIN,
    'strongroom/watched/witness/444444444444',
  ]);
  expect(await copies('checkpoints/')).toEqual(['checkpoints/000000000003', 'checkpoints/000000000004']);
  const { Versions: [version] = [] } = await account.s3.send(new ListObjectVersionsCommand({ Bucket: BUCKET, Prefix: 'checkpoints/' }));
  const head = await account.s3.send(new HeadObjectCommand({ Bucket: BUCKET, Key: version?.Key }));
  expect((head.ObjectLockRetainUntilDate?.getTime() ?? 0) - Date.now()).toBeGreaterThan(365 * 86_400_000);
  expect(await copies('keys/')).toHaveLength(1);
});

test('refuses another history, though the log’s own key has signed it, and keeps that as a proof', async () => {
  const forged = await signNote(formatCheckpoint({ origin: ORIGIN, size: 4, root: Buffer.alloc(32, 7) }), [signer]);
  const stranger = await signNote(formatCheckpoint({ origin: ORIGIN, size: 5, root: Buffer.alloc(32, 7) }), [testSigner(ORIGIN)]);

  expect(await call('add-checkpoint', submission({ old: 4, proof: [], note: forged }))).toEqual({ status: 409, body: '4\n' });
  expect(
    (await call('add-checkpoint', submission({ old: 4, proof: [Buffer.alloc(32)], note: forged.replace('\n4\n', '\n5\n') }))).status,
  ).toBe(403);
  expect((await call('add-checkpoint', submission({ old: 4, proof: [], note: stranger }))).status).toBe(403);

  expect(await copies('refused/')).toEqual(['refused/000000000004']);
  expect(await cosign(writer, await signed(5), { call, key: undefined })).toBe(true);
});
