// Read this first: what happens to one delivered unit (an S3 object, a Kinesis record, an EventBridge event).
//
//   raw bytes ─┬─▶ seal ─▶ spool ─────────────────────────────────────────────▶ vault      (evidence, as delivered)
//              └─▶ expand ─▶ frame ─▶ parse ─▶ map ─▶ exclude, enrich, redact ─▶ batch ─▶ spool ─▶ hub
//                                        └────────── what cannot be read ───────────────────▶ parked
//
// The bytes pass once, in bounded memory, whatever the size. Nothing leaves before all of it was read: then the evidence is put with
// its counts, then the events are published, then the trigger is acknowledged. A crash anywhere in between is a redelivery, and every
// key and id is deterministic, so the second time meets the first.
import { createHash } from 'node:crypto';
import type { S3Client } from '@aws-sdk/client-s3';
import type { BankConfig } from './config.ts';
import { createBodyReader } from './decode/body-reader.ts';
import type { DecompressLimits } from './decode/decompress.ts';
import type { Enrichment } from './enrich/enrich.ts';
import { createBatcher } from './hub/batch.ts';
import { writtenFormat } from './hub/format.ts';
import { toHub } from './hub/document.ts';
import { publish, type HubTarget } from './hub/publish.ts';
import type { Counts, Origin } from './model.ts';
import { createNormaliser, type Normaliser, type Summary, type Transform } from './normalise.ts';
import { createParker } from './park/parked.ts';
import { transformsFor } from './redact/transforms.ts';
import { withoutSensitive, type Sensitive } from './redact/sensitive.ts';
import { residenceOf, type RefusedPlace } from './residency/check.ts';
import { classOf } from './retention/classes.ts';
import type { Holds } from './retention/holds.ts';
import type { Sealer } from './seal/seal.ts';
import { createFrameSpool } from './hub/frame-spool.ts';
import { createSpool } from './seal/spool.ts';
import { signatureOf, type EvidenceFacts } from './seal/metadata.ts';
import { putEvidence, vaultKey } from './seal/vault.ts';
import type { Source } from './sources/api.ts';

export interface Unit {
  readonly origin: Origin;
  /** Undefined: nobody claims it; sealed and parked as a whole. */
  readonly source: Source | undefined;
  readonly body: AsyncIterable<Uint8Array>;
  /** Set where the trigger's unit had to be opened to know what it is: hands its records over; `body` is then only sealed. */
  readonly read?: ((normaliser: Normaliser) => void) | undefined;
  /** See Route.way in shared/sources/routes.ts. */
  readonly way?: string | undefined;
  readonly format?: string | undefined;
  readonly logGroup?: string | undefined;
  readonly logStream?: string | undefined;
  /** CloudTrail's signature of a digest, as it came beside the object. */
  readonly signature?: string | undefined;
}

export interface PipelineDeps {
  readonly bank: BankConfig;
  readonly s3: S3Client;
  /** What is taken out of everything but the evidence; undefined where the bank keeps it all. */
  readonly sensitive: () => Promise<Sensitive | undefined>;
  /** Undefined where the bank's file asks for none. */
  readonly enrichment?: Enrichment | undefined;
  readonly sealer: Sealer;
  /** Tells whether a legal hold is open on evidence of this origin. */
  readonly holds: Pick<Holds, 'covers'>;
  readonly vaultBucket: string;
  readonly parkedBucket: string;
  readonly hub: HubTarget;
  readonly limits?: DecompressLimits;
  /**
   * Told once per unit, when its evidence is put for the first time: what is counted here is counted once, however often the unit is
   * delivered and whatever fails afterwards.
   */
  readonly onSealed?: (origin: Origin, counts: Counts, parkedBy: Summary['parkedBy']) => void;
  /** Told on every delivery which accounts and regions there were records of that may not be here: see shared/residency/refused.ts. */
  readonly onRefused?: (source: string, places: readonly RefusedPlace[]) => Promise<void>;
}

export interface Ingested {
  readonly counts: Counts;
  readonly summary: Summary;
  /** By exclusion that is only being tried: events it would have left out. */
  readonly wouldExclude: Readonly<Record<string, number>>;
  readonly evidence: string;
  /** False where this very unit had been sealed before: a redelivery. */
  readonly fresh: boolean;
  readonly bytes: number;
}

/** Ingests one unit. @throws RetryableError and AWS errors: the trigger is to deliver it again. */
export async function ingest(unit: Unit, deps: PipelineDeps): Promise<Ingested> {
  const { origin } = unit;
  const [sensitive] = await Promise.all([deps.sensitive(), deps.enrichment?.ready()]);
  const evidence = vaultKey(origin);
  const sealed = createSpool();
  const batches = createFrameSpool();
  const wouldExclude: Record<string, number> = {};
  const parker = createParker({ s3: deps.s3, bucket: deps.parkedBucket }, origin, evidence);
  const residence = residenceOf(deps.bank, origin);
  try {
    const batcher = createBatcher({ hub: writtenFormat(deps.bank), origin, evidence, way: unit.way }, (record) => batches.add(record));
    const normaliser = createNormaliser({
      ...unit,
      ...toHub({
        transforms: [...residence.transforms, ...rulesOf(origin, deps, wouldExclude)],
        batcher,
        sensitive,
        unit,
      }),
      withheld: residence.withheld,
      onParked: (record) => parker.add(withoutSensitive(record, sensitive)),
    });
    const className = classOf(origin.source, deps.bank.retention);
    const { size, ...hashes } = await readBody(unit, className, deps, {
      sealed,
      normaliser,
      settled: () => Promise.all([batches.settled(), parker.settled()]),
    });
    const summary = normaliser.end();
    batcher.end();
    assertConserved(summary.counts, origin);

    const body = await sealed.finish();
    // Asked as late as possible: a hold that is set from here on finds the object in the vault.
    const held = await deps.holds.covers(origin);
    const put = await putEvidence(
      { s3: deps.s3, bucket: deps.vaultBucket, retention: deps.bank.retention },
      { origin, class: className, body, held, size, ...hashes, signature: signatureOf(unit.signature), ...summary },
    );
    if (put === 'sealed') deps.onSealed?.(origin, summary.counts, summary.parkedBy);
    await parker.end();
    await deps.onRefused?.(origin.source, residence.refused());
    await publish(await batches.finish(), deps.hub);
    return { counts: summary.counts, summary, wouldExclude, evidence, fresh: put === 'sealed', bytes: size };
  } finally {
    await Promise.all([sealed.dispose(), batches.dispose()]);
  }
}

/** What the bank's file asks for. @param wouldExclude counts, by name, what exclusions that are only being tried would leave out. */
function rulesOf({ source }: Origin, { bank, enrichment }: PipelineDeps, wouldExclude: Record<string, number>): readonly Transform[] {
  return transformsFor(bank, source, (rule) => (wouldExclude[rule] = (wouldExclude[rule] ?? 0) + 1), enrichment?.transform);
}

interface Outlets {
  readonly sealed: { write(chunk: Uint8Array): Promise<void> };
  readonly normaliser: Normaliser;
  /** Resolves when what was handed on so far has left memory. */
  readonly settled: () => Promise<unknown>;
}

type Hashes = Pick<EvidenceFacts, 'plaintext' | 'expanded' | 'size'>;

async function readBody(unit: Unit, className: string, deps: PipelineDeps, outlets: Outlets): Promise<Hashes> {
  const { origin } = unit;
  const sealing = await deps.sealer.sealing({ origin, class: className }, (chunk) => outlets.sealed.write(chunk));
  const expanded = isNamedByDigests(origin) ? createHash('sha256') : undefined;
  const whole = await readUnit(unit, outlets.normaliser, {
    limits: deps.limits,
    settled: outlets.settled,
    onChunk: (chunk) => sealing.write(chunk),
    onExpanded: expanded === undefined ? undefined : (chunk) => expanded.update(chunk),
  });
  const sealed = await sealing.end();
  return { ...sealed, expanded: whole && expanded !== undefined ? sealing.expanded(expanded.digest('hex')) : undefined };
}

/** CloudTrail's digests name log files by the hash of their expanded bytes: kept, so that they can be checked without opening each file. */
function isNamedByDigests({ trigger, source }: Origin): boolean {
  return trigger === 's3' && source === 'cloudtrail';
}

export interface Reading {
  readonly limits?: DecompressLimits | undefined;
  /** Sees every chunk as delivered. */
  readonly onChunk?: ((chunk: Buffer) => Promise<void>) | undefined;
  /** Sees the bytes that chunks expand to. */
  readonly onExpanded?: ((chunk: Buffer) => void) | undefined;
  /** Awaited between chunks: resolves when what was handed on so far has left memory. */
  readonly settled: () => Promise<unknown>;
}

/**
 * Reads a unit to its end and hands its records to the normaliser, whose end() is the caller's.
 * @returns whether its bytes could be expanded to their end.
 */
export async function readUnit(unit: Unit, normaliser: Normaliser, { limits, onChunk, onExpanded, settled }: Reading): Promise<boolean> {
  const isOpened = unit.read !== undefined || unit.source === undefined;
  const reader = isOpened ? undefined : createBodyReader(normaliser, settled, { limits, onExpanded });
  try {
    for await (const piece of unit.body) {
      const chunk = Buffer.from(piece.buffer, piece.byteOffset, piece.byteLength);
      await Promise.all([onChunk?.(chunk), reader?.write(chunk)]);
      await settled();
    }
    const problem = await reader?.end();
    if (problem !== undefined) normaliser.unreadable(problem);
    else if (unit.read !== undefined) unit.read(normaliser);
    else if (unit.source === undefined) normaliser.unreadable({ code: 'unknown_source', detail: `no source claims ${unit.origin.uri}` });
    return reader !== undefined && problem === undefined;
  } finally {
    await reader?.dispose();
  }
}

/** @throws Error where a record is counted nowhere, or twice. */
export function assertConserved({ records, events, excluded, parked }: Counts, origin: Origin): void {
  if (records === events + excluded + parked) return;
  throw new Error(
    `conservation broken for ${origin.uri}: ${records} records, but ${events} events + ${excluded} excluded + ${parked} parked`,
  );
}
