// Fills the vault of a freshly deployed platform for the drill: what services deliver goes through the deployed functions, the log is signed three
// times, and a witness signs with it.
import { PutObjectCommand, S3Client } from '@aws-sdk/client-s3';
import { gzipSync } from 'node:zlib';
import { output } from '../../cli/deployed.ts';
import { keepDigestKey } from '../../shared/cloudtrail-digest/keys.ts';
import { originOf } from '../../shared/notary/checkpoint.ts';
import { kmsSigner } from '../../shared/notary/signer.ts';
import { logSettings } from '../../shared/notary/settings.ts';
import { isObject, parseJson, text } from '../../shared/outcome.ts';
import { STANDARD } from '../../shared/retention/classes.ts';
import { eraseKey } from '../../shared/retention/erase.ts';
import { recordAccess } from '../../shared/seal/access.ts';
import { createSealer } from '../../shared/seal/seal.ts';
import { inMemory } from '../../shared/seal/spool.ts';
import { putEvidence } from '../../shared/seal/vault.ts';
import { parseTrust } from '../../shared/verify/trust.ts';
import { keyOf } from '../../test/fakes/cloudtrail-digests.ts';
import { createRandom, type Random } from '../demo/random.ts';
import { albLine, flowLine, FLOW_DEFAULT_HEADER, type Scene } from '../demo/records.ts';
import type { Deployment } from '../deployment.ts';
import { functionNameOf } from '../lambda/deployed.ts';
import { periodKeysOf, readLog, type Ground, type Place } from './ground.ts';
import { storageOf } from './storage.ts';
import { digestSigner, objectsOf, trailOf, type DigestSigner, type TrailObject } from './trails.ts';
import { startWitness, type DrillWitness } from './witness.ts';

export interface Prepared {
  readonly ground: Ground;
  /** CloudTrail's. */
  readonly signer: DigestSigner;
  /** Waits until all that was delivered is sealed and logged, then has the log signed. */
  readonly settle: () => Promise<void>;
  stop(): void;
}

/** An object that a service puts into a landing bucket. */
interface Landed extends TrailObject {
  readonly landing: 'LandingBucket' | 'BalancerBucket';
}

const MINUTE_MS = 60_000;
/** Of each log. */
export const LINES = 40;
const TRAIL_HOURS = 6;
const TRAIL_FILES = 2;

export async function prepare(deployment: Deployment): Promise<Prepared> {
  const { place, witness, stop } = await placeOf(deployment);
  const { account, vault, bank } = place;
  const [payments = '', trading = ''] = bank.accounts.map(({ id }) => id);
  const now = Date.now();
  const random = createRandom(20_261_121);
  const logs = (count: number): readonly Landed[] => Array.from({ length: count }, () => balancerLog(random, payments, now));
  const flows = (count: number): readonly Landed[] => Array.from({ length: count }, () => flowLog(random, trading, now));
  const signer = digestSigner();
  const trail = trailOf({
    ...{ account: payments, region: account.region, bucket: place.landing, signer, now },
    hours: TRAIL_HOURS,
    filesPerHour: TRAIL_FILES,
  });
  const [early, late] = [trail.hours.slice(0, 3), trail.hours.slice(3)].map((hours) => objectsOf({ hours }).map(intoLanding));
  const settle = (): Promise<void> => settled(deployment, witness);

  await keepDigestKey(vault, keyOf(signer, 'pkcs1', account.region), now);
  await deliver(deployment, [...logs(2), ...flows(2), ...(early ?? [])]);
  await settle();

  await deliver(deployment, [...logs(2), ...flows(1), ...(late ?? [])]);
  for (const offsets of ['0-99', '100-199', '200-299'])
    await sealRecords(place, { account: trading, time: now, uri: topicUri('payments.application', offsets, now) });
  await settle();

  await deliver(deployment, logs(1));
  const erasure = await erasedMonth(place, trading, now);
  const scope = { bank: bank.bank };
  const access = await recordAccess({ vault, reason: 'tamper drill', purpose: 'verify', scope, by: 'strongroom drill tamper' });
  await settle();
  return { ground: { ...place, access, erasure, ...(await readLog(place)) }, signer, settle, stop };
}

async function placeOf({
  bank,
  security: account,
  outputs,
}: Deployment): Promise<{ place: Place; witness: DrillWitness; stop: () => void }> {
  const { kms, region, endpoint, credentials } = account;
  // As the commands read a vault: cli/vault.ts.
  const s3 = new S3Client({ region, endpoint, credentials, forcePathStyle: true, responseChecksumValidation: 'WHEN_REQUIRED' });
  const vault = { s3, bucket: output(outputs, 'VaultBucket'), retention: bank.retention };
  const origin = originOf(bank.bank, bank.region);
  const signer = await kmsSigner({ kms, keyArn: output(outputs, 'LogKeyArn'), name: origin, kind: logSettings(bank).kind });
  const witness = startWitness({ account, vault, table: output(outputs, 'LogTable'), origin, vkey: signer.vkey });
  const place = {
    ...{ bank, account, vault, origin, signer },
    keyStore: { s3, bucket: output(outputs, 'PeriodKeysBucket'), bank: bank.bank },
    evidenceKeyArn: output(outputs, 'EvidenceKeyArn'),
    landing: output(outputs, 'LandingBucket'),
    storage: storageOf(account),
    trust: parseTrust(`log ${signer.vkey}\nwitness audit ${witness.vkey}\nquorum audit\n`),
  };
  const stop = (): void => {
    witness.stop();
    s3.destroy();
  };
  return { place, witness, stop };
}

/** As services do: the platform is told, and its functions do the rest. */
export async function deliver({ security: { s3 }, outputs }: Deployment, objects: readonly Landed[]): Promise<void> {
  for (const { landing, key, bytes, metadata } of objects)
    await s3.send(new PutObjectCommand({ Bucket: output(outputs, landing), Key: key, Body: bytes, Metadata: { ...metadata } }));
}

export function intoLanding(object: TrailObject): Landed {
  return { ...object, landing: 'LandingBucket' };
}

async function settled({ host, outputs }: Deployment, witness: DrillWitness): Promise<void> {
  await host.quiesce();
  const name = functionNameOf(output(outputs, 'NotarizeFunction'));
  const response = await fetch(`${host.url}/invoke/${name}`, { method: 'POST', body: JSON.stringify({ action: 'checkpoint' }) });
  const answer = parseJson(await response.text());
  const note = isObject(answer) ? text(answer['note']) : undefined;
  if (note === undefined) throw new Error(`drill: ${name} signed no checkpoint: ${JSON.stringify(answer).slice(0, 500)}`);
  await witness.sign(note);
}

function sceneOf(account: string, now: number): Scene {
  return { account, region: 'eu-central-1', start: now - LINES * 1000 - 2 * MINUTE_MS, step: 1000 };
}

export function balancerLog(random: Random, account: string, now: number): Landed {
  const lines = Array.from({ length: LINES }, (_, index) => albLine(random, index, sceneOf(account, now)));
  const name = `${account}_elasticloadbalancing_eu-central-1_app.web-bank.50dc6c495c0c9188_${stamp(now)}_192.0.2.10_${random.hex(8)}.log.gz`;
  const key = `web/AWSLogs/${account}/elasticloadbalancing/eu-central-1/${day(now)}/${name}`;
  return { landing: 'BalancerBucket', key, bytes: gzipSync(`${lines.join('\n')}\n`) };
}

export function flowLog(random: Random, account: string, now: number): Landed {
  const lines = Array.from({ length: LINES }, (_, index) => flowLine(random, index, sceneOf(account, now)));
  const name = `${account}_vpcflowlogs_eu-central-1_fl-0${random.hex(16)}_${stamp(now)}_${random.hex(8)}.log.gz`;
  const key = `AWSLogs/${account}/vpcflowlogs/eu-central-1/${day(now)}/${name}`;
  return { landing: 'LandingBucket', key, bytes: gzipSync(`${FLOW_DEFAULT_HEADER}\n${lines.join('\n')}\n`) };
}

function day(time: number): string {
  return new Date(time).toISOString().slice(0, 10).replaceAll('-', '/');
}

function stamp(time: number): string {
  return new Date(time).toISOString().slice(0, 16).replaceAll(/[-:]/g, '') + 'Z';
}

/** @param offsets first and last, both included. */
export function topicUri(topic: string, offsets: string, now: number): string {
  return `kafka://local/${topic}/0/${offsets}@${now}`;
}

interface Unit {
  readonly account: string;
  /** Of delivery, ms since the epoch. */
  readonly time: number;
  readonly uri: string;
}

/** Seals a unit without a function: no broker runs in the drill, and no service delivers into the past. */
export async function sealRecords(place: Place, { account, time, uri }: Unit): Promise<void> {
  const bytes = Buffer.from(`{"level":"info","message":"payment settled","at":"${new Date(time).toISOString()}"}\n`);
  const trigger = uri.startsWith('kafka:') ? ('kafka' as const) : ('file' as const);
  const origin = { bank: place.bank.bank, account, region: place.account.region, source: 'application-json', trigger, uri, time };
  const unit = { origin, class: STANDARD };
  const { message, plaintext, size } = await createSealer({ keys: periodKeysOf(place) }).seal(bytes, unit);
  const counts = { records: 1, events: 1, excluded: 0, parked: 0 };
  await putEvidence(place.vault, { ...unit, plaintext, size, counts, firstTime: time, lastTime: time, body: inMemory(message) });
}

/** Evidence of an earlier month that was then erased, as the law may ask for. @returns vault key of the statement that says so. */
async function erasedMonth(place: Place, account: string, now: number): Promise<string> {
  const time = now - 62 * 24 * 60 * MINUTE_MS;
  await sealRecords(place, { account, time, uri: 'file:///archive/2026/settled.json' });
  const { vault, keyStore: keys } = place;
  const order = {
    class: STANDARD,
    period: new Date(time).toISOString().slice(0, 7),
    reason: 'tamper drill',
    legalBasis: 'GDPR art. 17',
    about: {},
  };
  const { intent } = await eraseKey(
    { ...order, objection: () => Promise.resolve(undefined) },
    { vault, keys, by: 'strongroom drill tamper' },
  );
  return intent;
}
