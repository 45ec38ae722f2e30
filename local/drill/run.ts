// The drill itself: verification finds nothing in a vault that nobody touched, and each tampering where it was done.
import { cpSync, mkdtempSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { GetQueueUrlCommand, PurgeQueueCommand } from '@aws-sdk/client-sqs';
import { output } from '../../cli/deployed.ts';
import { s3Place } from '../../shared/cloudtrail-digest/verify.ts';
import { verifyExport } from '../../shared/verify/export/offline.ts';
import type { Problem } from '../../shared/verify/problems.ts';
import type { Scope } from '../../shared/verify/scope.ts';
import type { Deployment } from '../deployment.ts';
import { functionNameOf } from '../lambda/deployed.ts';
import { evidenceOf, exported, readLog, verified, VERIFIED_AFTER_MS, wanted, type Ground } from './ground.ts';
import { deliver, intoLanding, prepare, sealRecords, topicUri, type Prepared } from './prepare.ts';
import { CHECKPOINTS } from './tampering/checkpoints.ts';
import { EXPORTS } from './tampering/export.ts';
import { HISTORY } from './tampering/history.ts';
import { KEYS } from './tampering/keys.ts';
import { METADATA } from './tampering/metadata.ts';
import { OBJECTS } from './tampering/objects.ts';
import { SEALED_TRAILS } from './tampering/sealed-trails.ts';
import { STATEMENTS } from './tampering/statements.ts';
import { expect, type Expected, type Tampering } from './tampering/tampering.ts';
import { TILES } from './tampering/tiles.ts';
import { TRAILS, type ExpectedOfTrail } from './tampering/trails.ts';
import { trailOf } from './trails.ts';
import { tried, type Print, type Trial } from './trial.ts';

export interface Drilled {
  readonly tried: number;
  readonly detected: number;
  /** Failures in what nobody had touched; nothing is tried then. */
  readonly alarms: readonly Problem[];
}

export async function drill(deployment: Deployment, print: Print): Promise<Drilled> {
  const prepared = await prepare(deployment);
  const directory = mkdtempSync(join(deployment.platform.directory, 'drill-'));
  try {
    const { ground } = prepared;
    const untouched = join(directory, 'untouched');
    const alarms = failuresIn([...(await exported(ground, untouched)), ...(await verified(ground)), ...(await offline(ground, untouched))]);
    if (alarms.length > 0) return { tried: 0, detected: 0, alarms };
    print(
      `  nothing wrong is found in ${ground.leaves.length} objects under ${ground.checkpoints.length} checkpoints, and in their export`,
    );
    const detected = [
      ...(await tamperAfterSealing(deployment, ground, print)),
      ...(await all(exportTrials(ground, directory), print)),
      ...(await all(await trialsBeforeSealing(deployment, prepared), print)),
    ];
    return { tried: detected.length, detected: detected.filter(Boolean).length, alarms };
  } finally {
    rmSync(directory, { recursive: true, force: true });
    prepared.stop();
  }
}

function failuresIn(problems: readonly Problem[]): readonly Problem[] {
  return problems.filter(({ severity }) => severity === 'failure');
}

async function all(trials: readonly Trial[], print: Print): Promise<readonly boolean[]> {
  const detected: boolean[] = [];
  for (const trial of trials) detected.push(await tried(trial, print));
  return detected;
}

const OF_THE_VAULT: readonly Tampering[] = [
  ...OBJECTS,
  ...METADATA,
  ...STATEMENTS,
  ...SEALED_TRAILS,
  ...KEYS,
  ...TILES,
  ...CHECKPOINTS,
  ...HISTORY,
];

/** Each on the untouched vault. Nobody notarizes meanwhile: what an intruder puts there is not to become evidence. */
async function tamperAfterSealing({ host, security, outputs }: Deployment, ground: Ground, print: Print): Promise<readonly boolean[]> {
  const notarize = functionNameOf(output(outputs, 'NotarizeFunction'));
  const buckets = [ground.vault.bucket, ground.keyStore.bucket];
  await host.pause(notarize);
  for (const bucket of buckets) await ground.storage.keep(bucket);
  const detected: boolean[] = [];
  for (const { name, act } of OF_THE_VAULT) {
    detected.push(await tried({ name, tamper: async () => ({ expected: await act(ground), verify: () => verified(ground) }) }, print));
    for (const bucket of buckets) await ground.storage.restore(bucket);
  }
  const { QueueUrl } = await security.sqs.send(new GetQueueUrlCommand({ QueueName: notarize.replace(/notarize$/, 'notary') }));
  await security.sqs.send(new PurgeQueueCommand({ QueueUrl }));
  host.resume(notarize);
  return detected;
}

/** Each on a copy of the export. */
function exportTrials(ground: Ground, directory: string): readonly Trial[] {
  return EXPORTS.map(({ name, act }, at) => ({
    name,
    tamper: async () => {
      const path = join(directory, String(at));
      cpSync(join(directory, 'untouched'), path, { recursive: true });
      return { expected: await act({ path, origin: ground.origin, signer: ground.signer }), verify: () => offline(ground, path) };
    },
  }));
}

async function offline({ trust }: Ground, path: string): Promise<readonly Problem[]> {
  return (await verifyExport(path, { trust, now: () => Date.now() + VERIFIED_AFTER_MS })).problems;
}

const TRAIL_HOURS = 4;
const TOPIC = 'ledger.bookings';
const TRAIL_ACCOUNTS = 400_000_000_000;
const TOPIC_ACCOUNT = '500000000000';

/** All that was tampered with is delivered, sealed and logged as the platform does it; then each is verified by itself. */
async function trialsBeforeSealing(deployment: Deployment, { ground, signer, settle }: Prepared): Promise<readonly Trial[]> {
  const { landing: bucket, account } = ground;
  const now = Date.now();
  const planned = TRAILS.map(({ name, deliver: plan }, at) => {
    const id = String(TRAIL_ACCOUNTS + at);
    const trail = trailOf({ account: id, region: account.region, bucket, signer, now, hours: TRAIL_HOURS, filesPerHour: 1 });
    return { name, account: id, ...plan(trail, signer) };
  });
  await deliver(
    deployment,
    planned.flatMap(({ objects }) => objects.map(intoLanding)),
  );
  for (const offsets of ['0-99', '200-299'])
    await sealRecords(ground, { account: TOPIC_ACCOUNT, time: now, uri: topicUri(TOPIC, offsets, now) });
  await settle();
  const grown = { ...ground, ...(await readLog(ground)) };
  return [
    ...planned.map(({ name, account: id, expected }) =>
      trialOf(grown, { name, scope: { source: 'cloudtrail', account: id }, expected: expected.map((one) => placed(grown, one)) }),
    ),
    trialOf(grown, {
      name: 'records of a Kafka topic are left out before they are sealed',
      scope: { account: TOPIC_ACCOUNT },
      expected: expect('gap', `kafka://local/${TOPIC}/0`),
    }),
  ];
}

interface Scoped {
  readonly name: string;
  readonly scope: Omit<Scope, 'bank'>;
  readonly expected: readonly Expected[];
}

function trialOf(ground: Ground, { name, scope, expected }: Scoped): Trial {
  return { name, tamper: () => Promise.resolve({ expected, verify: () => verified(ground, scope) }) };
}

/** Under which name verification speaks of it: where it lies in the vault, or where it should have been delivered. */
function placed(ground: Ground, { code, object, isAbsent = false }: ExpectedOfTrail): Expected {
  if (isAbsent) return { code, at: `s3://${ground.landing}/${object}` };
  const leaf = evidenceOf(ground, 'cloudtrail').find(({ origin }) => s3Place(origin)?.key === object);
  return { code, at: wanted(leaf, `evidence of ${object}`).key };
}
