// Processing parked records again with the present code. What succeeds goes to the hub and leaves the parked bucket; ids are
// deterministic, so a record that was redriven twice is one document.
import type { BankConfig } from '../config.ts';
import { createBatcher, decodeBatch } from '../hub/batch.ts';
import { writtenFormat } from '../hub/format.ts';
import { createFrameSpool } from '../hub/frame-spool.ts';
import { publish, type HubTarget } from '../hub/publish.ts';
import type { ParkedRecord } from '../model.ts';
import type { Unit } from '../pipeline.ts';
import { reprocess, type Reprocessed } from '../replay/reprocess.ts';
import type { Sensitive } from '../redact/sensitive.ts';
import { withEvidence, type OpenVault } from '../seal/evidence.ts';
import { unitFromEvidence } from '../units.ts';
import { createParker, overwriteParked, type ParkedStore } from './parked.ts';
import { readParked, removeParked } from './store.ts';

export interface RedriveDeps {
  readonly bank: BankConfig;
  readonly vault: OpenVault;
  readonly parked: ParkedStore;
  readonly hub: HubTarget;
  readonly sensitive: Sensitive | undefined;
}

export interface Redriven {
  /** Records that were tried again. */
  readonly redriven: number;
  readonly events: number;
  /** Left out by a rule of the bank's file as it is now. */
  readonly excluded: number;
  /** Records that are parked now: the same ones, or others of a unit that could be read as a whole for the first time. */
  readonly stillParked: number;
  /** Of these, those that may not be in this region; left out where there are none. */
  readonly refused?: number;
}

/** Redrives one parked object. @throws EvidenceError if the evidence does not open; the object then stays as it is. */
export async function redrive(key: string, deps: RedriveDeps): Promise<Redriven> {
  const records = await readParked(deps.parked, key);
  if (records.some(({ document }) => document !== undefined)) return await redriveDocuments(key, records, deps);
  const evidence = records[0]?.evidence;
  if (evidence === undefined) return await redriveHubRecords(key, records, deps);
  // Records of a unit that was not read as a whole have no position yet.
  const only = records.some(({ index }) => index < 0) ? undefined : new Map(records.map(({ index, raw }) => [index, raw]));
  return await withEvidence(deps.vault, { key: evidence }, async ({ facts }, bytes) => {
    const unit = await unitFromEvidence(facts.origin, bytes.open(), deps.bank);
    const task = { key, evidence, unit, only };
    const outcome = only === undefined ? await redriveUnit(task, deps) : await redriveRecords(task, records, deps);
    return { redriven: records.length, ...outcome };
  });
}

interface Task {
  /** Of the parked object. */
  readonly key: string;
  /** Vault key. */
  readonly evidence: string;
  readonly unit: Unit;
  readonly only: ReadonlyMap<number, string> | undefined;
}

type Remaining = Omit<Redriven, 'redriven'>;

/** Some records of a unit: those that fail again stay under the key, and so do those that are not met again, text and position. */
async function redriveRecords(task: Task, records: readonly ParkedRecord[], deps: RedriveDeps): Promise<Remaining> {
  const again: ParkedRecord[] = [];
  const met = new Set<number>();
  const done = await normalised(task, deps, {
    parked(record) {
      met.add(record.index);
      again.push({ ...record, evidence: task.evidence });
    },
    left: (index) => met.add(index),
    settled: () => Promise.resolve(),
  });
  const remaining = [...again, ...records.filter(({ index }) => !met.has(index))];
  await keep(deps.parked, task.key, remaining);
  return { ...done, stillParked: remaining.length, ...refusedAmong(remaining.filter(({ code }) => code === 'residency').length) };
}

/** A whole unit, as if it were delivered again: it writes its own parked objects, maybe this one among them. */
async function redriveUnit(task: Task, deps: RedriveDeps): Promise<Remaining> {
  const parker = createParker(deps.parked, task.unit.origin, task.evidence);
  let stillParked = 0;
  let refused = 0;
  const done = await normalised(task, deps, {
    parked(record) {
      stillParked++;
      if (record.code === 'residency') refused++;
      parker.add(record);
    },
    settled: () => parker.settled(),
  });
  const keys = await parker.end();
  if (!keys.includes(task.key)) await removeParked(deps.parked, task.key);
  return { ...done, stillParked, ...refusedAmong(refused) };
}

function refusedAmong(refused: number): Pick<Redriven, 'refused'> {
  return refused === 0 ? {} : { refused };
}

type Outlet = Pick<Reprocessed, 'parked' | 'left' | 'settled'>;

/** Normalises and publishes. @returns the numbers of events published and of records excluded. */
async function normalised(task: Task, deps: RedriveDeps, outlet: Outlet): Promise<Pick<Redriven, 'events' | 'excluded'>> {
  const send: Reprocessed['send'] = async (records) => {
    await publish(records, deps.hub);
  };
  const { counts } = await reprocess({ ...task, ...outlet, send }, deps);
  return { events: counts.events, excluded: counts.excluded };
}

/** Documents that OpenSearch refused: published as they are; the index function parks anew, under another key, what is refused again. */
async function redriveDocuments(key: string, records: readonly ParkedRecord[], { bank, parked, hub }: RedriveDeps): Promise<Redriven> {
  const batches = createFrameSpool();
  const remaining: ParkedRecord[] = [];
  try {
    // One parked object is of one unit.
    const unit = records[0];
    const written = { hub: writtenFormat(bank), redriven: key };
    const batcher =
      unit === undefined
        ? undefined
        : createBatcher({ ...written, origin: unit.origin, evidence: unit.evidence ?? '', replay: unit.replay }, (batch) =>
            batches.add(batch),
          );
    for (const record of records) {
      if (record.document === undefined) remaining.push(record);
      else batcher?.add({ ...record.document, json: record.raw });
    }
    batcher?.end();
    await publish(await batches.finish(), hub);
  } finally {
    await batches.dispose();
  }
  await keep(parked, key, remaining);
  return { redriven: records.length, events: records.length - remaining.length, excluded: 0, stillParked: remaining.length };
}

/** Hub records that no consumer could read: those that can be read by now, of another version maybe, are published as they were. */
async function redriveHubRecords(key: string, records: readonly ParkedRecord[], { parked, hub }: RedriveDeps): Promise<Redriven> {
  const remaining: ParkedRecord[] = [];
  const readable: Buffer[] = [];
  let events = 0;
  for (const record of records) {
    const bytes = Buffer.from(record.raw, 'base64');
    const batch = decodeBatch(bytes);
    if (batch.kind === 'reject') remaining.push(record);
    else {
      readable.push(bytes);
      events += batch.value.documents.length;
    }
  }
  if (readable.length > 0) {
    await publish(readable, hub);
    await keep(parked, key, remaining);
  }
  return { redriven: readable.length, events, excluded: 0, stillParked: remaining.length };
}

/** Leaves only these records under the key. */
async function keep(parked: ParkedStore, key: string, [first, ...rest]: readonly ParkedRecord[]): Promise<void> {
  if (first === undefined) await removeParked(parked, key);
  else await overwriteParked(parked, key, [first, ...rest]);
}
