// `strongroom parked`: records that could not be processed: what there is, why, and processing them again.
import type { Writable } from 'node:stream';
import { kinesisClient, s3Client } from '../../shared/deps.ts';
import { EvidenceError, MisconfiguredError } from '../../shared/errors.ts';
import type { ParkedRecord } from '../../shared/model.ts';
import { STAGES, type ParkedStore } from '../../shared/park/parked.ts';
import { redrive, type RedriveDeps } from '../../shared/park/redrive.ts';
import { listParked, readParked, type ParkedFilter, type ParkedObject } from '../../shared/park/store.ts';
import { sensitiveOf } from '../../shared/redact/pseudonyms.ts';
import { bankEnvironment, deployed, output } from '../deployed.ts';
import { bankVault, openVault } from '../vault.ts';

const USAGE = 2;

export interface ParkedListOptions extends ParkedFilter {
  readonly bank: string;
  readonly json?: boolean | undefined;
}

/** Prints one line per parked object. @returns the exit code. */
export async function parkedList(options: ParkedListOptions, out: Writable = process.stdout): Promise<number> {
  if (options.stage !== undefined && !STAGES.some((stage) => stage === options.stage)) {
    throw new MisconfiguredError(`--stage must be one of ${STAGES.join(', ')} (found "${options.stage}")`);
  }
  return await listStore(await parkedStore(options.bank), options, out);
}

/** Prints the records of one parked object. @returns the exit code. */
export async function parkedShow(key: string, options: { readonly bank: string }, out: Writable = process.stdout): Promise<number> {
  return await showRecords(await parkedStore(options.bank), key, out);
}

/** Processes one parked object, or all, again. @returns the exit code: 1 if anything is still parked. */
export async function parkedRedrive(
  key: string | undefined,
  options: { readonly bank: string; readonly reason: string; readonly all?: boolean | undefined },
  out: Writable = process.stdout,
): Promise<number> {
  if ((key === undefined) === (options.all !== true)) {
    process.stderr.write('strongroom: parked redrive takes either a key or --all\n');
    return USAGE;
  }
  return await redriveStore(await redriveDeps(options, key), key, out);
}

export async function listStore(store: ParkedStore, options: Omit<ParkedListOptions, 'bank'>, out: Writable): Promise<number> {
  let objects = 0;
  let records = 0;
  for await (const object of listParked(store, options)) {
    objects++;
    records += object.records;
    out.write(`${options.json === true ? JSON.stringify(withTime(object)) : line(object)}\n`);
  }
  if (options.json !== true) out.write(`${records} records parked in ${objects} objects\n`);
  return 0;
}

export async function showRecords(store: ParkedStore, key: string, out: Writable): Promise<number> {
  for (const record of await readParked(store, key)) out.write(`${paragraph(record)}\n`);
  return 0;
}

export async function redriveStore(deps: RedriveDeps, key: string | undefined, out: Writable): Promise<number> {
  // Listed before anything is processed: what is parked again is not to be met a second time.
  const keys = key === undefined ? [] : [key];
  if (key === undefined) for await (const object of listParked(deps.parked)) keys.push(object.key);
  let remaining = 0;
  for (const each of keys) {
    try {
      const { redriven, events, excluded, stillParked, refused = 0 } = await redrive(each, deps);
      remaining += stillParked;
      out.write(`${each}: ${redriven} redriven: ${events} events, ${excluded} excluded, ${stillParked} still parked\n`);
      if (refused > 0)
        out.write(
          `  ${refused} may not be in this region: their text is in the evidence alone, and they stay parked until the rules change (docs/RESIDENCY.md)\n`,
        );
    } catch (error) {
      // One object that cannot be redriven must not keep the others.
      if (!(error instanceof EvidenceError || error instanceof MisconfiguredError)) throw error;
      remaining++;
      out.write(`${each}: not redriven: ${error.message}\n`);
    }
  }
  return remaining > 0 ? 1 : 0;
}

async function parkedStore(bank: string): Promise<ParkedStore> {
  const environment = bankEnvironment(bank);
  return { s3: s3Client(environment), bucket: output(await deployed(bank, environment), 'ParkedBucket') };
}

async function redriveDeps({ bank: name, reason }: { readonly bank: string; readonly reason: string }, key?: string): Promise<RedriveDeps> {
  const found = await bankVault(name);
  const { bank, environment, outputs, kms, keys } = found;
  return {
    bank,
    sensitive: await sensitiveOf(bank, { kms, keys, keyArn: () => output(outputs, 'PseudonymKeyArn') }),
    vault: await openVault(found, { reason, purpose: 'redrive', scope: key === undefined ? { parked: '*' } : { parked: key } }),
    parked: { s3: s3Client(environment), bucket: output(outputs, 'ParkedBucket') },
    hub: { kinesis: kinesisClient(environment), stream: output(outputs, 'HubStream') },
  };
}

function line({ key, records, codes, delivered }: ParkedObject): string {
  const reasons = Object.entries(codes).map(([code, count]) => `${code} ${count}`);
  return `${new Date(delivered).toISOString()}  ${String(records).padStart(6)}  ${reasons.join(', ')}  ${key}`;
}

function withTime(object: ParkedObject): object {
  return { ...object, delivered: new Date(object.delivered).toISOString() };
}

// Quoted, because it is somebody else's text and this may be a terminal.
function paragraph({ stage, code, detail, origin, evidence, index, raw }: ParkedRecord): string {
  const place = index < 0 ? 'the unit as a whole' : `record ${index}`;
  return [
    `${stage} ${code}: ${quoted(detail)}`,
    `  origin    ${quoted(origin.uri)}, ${place}`,
    `  delivered ${new Date(origin.time).toISOString()}, ${origin.source}, account ${origin.account}, ${origin.region}`,
    `  evidence  ${evidence ?? 'none'}`,
    `  raw       ${quoted(raw)}`,
  ].join('\n');
}

// JSON leaves as they are: control characters from U+007F on, which terminals obey too, and those that turn the text round.
function quoted(text: string): string {
  return JSON.stringify(text).replaceAll(/[\p{Cc}\p{Cf}]/gu, (found) => found.split('').map(escaped).join(''));
}

function escaped(unit: string): string {
  return `\\u${unit.charCodeAt(0).toString(16).padStart(4, '0')}`;
}
