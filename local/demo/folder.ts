// `npm run demo -- --input DIR`: a folder of real logs, delivered under the keys that AWS would use for them.
import { readdirSync, readFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { createDecompressor } from '../../shared/decode/decompress.ts';
import { createNormaliser } from '../../shared/normalise.ts';
import type { Origin } from '../../shared/model.ts';
import { readUnit } from '../../shared/pipeline.ts';
import type { Source } from '../../shared/sources/api.ts';
import { recognise } from '../../shared/sources/registry.ts';
import { once } from '../../shared/units.ts';
import type { DeliveredObject, Scenario } from './scenario.ts';

const HEAD_BYTES = 64 * 1024;

/** Where services deliver; every other source is dropped by the account. */
const KEYS: Readonly<Record<string, (account: string, region: string, name: string) => string>> = {
  cloudtrail: (account, region, name) => `AWSLogs/${account}/CloudTrail/${region}/2026/11/02/${withEnding(name, '.json.gz')}`,
  'vpc-flow': (account, region, name) =>
    `AWSLogs/${account}/vpcflowlogs/${region}/2026/11/02/${account}_vpcflowlogs_${region}_fl-00000000000000000_20261102T0800Z_${withEnding(name, '.log.gz')}`,
  alb: (account, region, name) =>
    `AWSLogs/${account}/elasticloadbalancing/${region}/2026/11/02/${account}_elasticloadbalancing_${region}_app.input.0000000000000000_20261102T0805Z_192.0.2.10_${withEnding(name, '.log.gz')}`,
  guardduty: (account, region, name) => `AWSLogs/${account}/GuardDuty/${region}/2026/11/02/${withEnding(name, '.jsonl.gz')}`,
};

/** @param account the logs are filed under where their names do not begin with one. @throws Error if the folder has no files. */
export async function folderScenario(directory: string, account: string, region: string): Promise<Scenario> {
  const files = readdirSync(directory, { recursive: true, withFileTypes: true }).filter((entry) => entry.isFile());
  if (files.length === 0) throw new Error(`${directory} holds no files; name a folder of delivered logs`);
  const paths = files.map((entry) => join(entry.parentPath, entry.name)).sort();
  const objects: DeliveredObject[] = [];
  for (const path of paths) objects.push(await fileObject(path, account, region));
  return { objects, logs: [], events: [] };
}

async function fileObject(path: string, account: string, region: string): Promise<DeliveredObject> {
  const bytes = readFileSync(path);
  const expanded = await expand(bytes);
  const source = recognise(expanded.toString('utf8', 0, HEAD_BYTES));
  const name = basename(path);
  if (source === undefined) return { landing: 'kms', key: `unknown/${name}`, bytes, source: 'unknown', records: 1 };
  const owner = /^\d{12}(?=_)/.exec(name)?.[0] ?? account;
  return {
    landing: source.name === 'alb' ? 'sse-s3' : 'kms',
    key: KEYS[source.name]?.(owner, region, name) ?? `imports/${source.name}/${name}`,
    // As the services deliver: compressed.
    bytes: bytes[0] === 0x1f ? bytes : gzipSync(bytes),
    source: source.name,
    records: await countRecords(source, bytes),
  };
}

async function expand(bytes: Buffer): Promise<Buffer> {
  const chunks: Buffer[] = [];
  const decompressor = createDecompressor((chunk) => chunks.push(chunk));
  await decompressor.write(bytes);
  await decompressor.end();
  return Buffer.concat(chunks);
}

/** As the pipeline will: a file that is damaged has one record more, for what could not be read of it. */
async function countRecords(source: Source, bytes: Buffer): Promise<number> {
  const place = { bank: 'demo', account: 'unknown', region: 'unknown' };
  const origin: Origin = { ...place, source: source.name, trigger: 'file', uri: 'file://count', time: 0 };
  const unit = { origin, source, body: once(bytes) };
  const normaliser = createNormaliser({ ...unit, transforms: [], onEvent: () => undefined, onParked: () => undefined });
  await readUnit(unit, normaliser, { settled: () => Promise.resolve() });
  return normaliser.end().counts.records;
}

function withEnding(name: string, ending: string): string {
  return name.replace(/(\.(json|jsonl|ndjson|log|txt|gz|zst))+$/, '') + ending;
}
