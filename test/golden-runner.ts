// Runs one golden case (test/golden/<source>/<case>) through the real decoding, framing, parsing and mapping.
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { createDecompressor } from '../shared/decode/decompress.ts';
import { readCloudWatchBatch, parseCloudWatchBatch } from '../shared/decode/cloudwatch-batch.ts';
import { createNormaliser } from '../shared/normalise.ts';
import type { OcsfEvent, Origin } from '../shared/model.ts';
import { sourceNamed } from '../shared/sources/registry.ts';

export interface GoldenCase {
  readonly source: string;
  readonly name: string;
  readonly directory: string;
}

/** case.json: what the trigger would have told. */
export interface CaseOptions {
  readonly format?: string;
  readonly logGroup?: string;
  readonly logStream?: string;
  readonly account?: string;
  readonly region?: string;
  /** Left out: an object. */
  readonly trigger?: Origin['trigger'];
  /** The input is the JSON of a CloudWatch Logs subscription batch. */
  readonly cloudwatch?: boolean;
}

export function goldenCases(root = 'test/golden'): readonly GoldenCase[] {
  return folders(root).flatMap((source) =>
    folders(join(root, source)).map((name) => ({ source, name, directory: join(root, source, name) })),
  );
}

/** @returns one line per outcome, in the order of the records: the event, or {"exclude":rule}, or {"reject":{…}}. */
export async function runGolden(golden: GoldenCase): Promise<{ readonly lines: readonly string[]; readonly events: readonly OcsfEvent[] }> {
  const options = readOptions(golden);
  const lines: string[] = [];
  const events: OcsfEvent[] = [];
  const normaliser = createNormaliser({
    origin: originOf(golden, options),
    source: sourceNamed(golden.source),
    ...options,
    transforms: [],
    onEvent(event) {
      events.push(event);
      lines.push(JSON.stringify(event));
    },
    onExcluded: (rule) => lines.push(JSON.stringify({ exclude: rule })),
    onParked: ({ stage, code, detail, index }) => lines.push(JSON.stringify({ reject: { stage, code, detail, index } })),
  });
  const input = readFileSync(join(golden.directory, inputName(golden)));
  if (options.cloudwatch === true) {
    const batch = parseCloudWatchBatch(input.toString('utf8'));
    if (batch.kind === 'value') readCloudWatchBatch(batch.value, normaliser);
    else if (batch.kind === 'reject') normaliser.unreadable(batch.reject);
  } else {
    const decompressor = createDecompressor((chunk) => normaliser.push(chunk));
    await decompressor.write(input);
    const problem = await decompressor.end();
    if (problem !== undefined) normaliser.unreadable(problem);
  }
  normaliser.end();
  return { lines, events };
}

export function readOptions(golden: GoldenCase): CaseOptions {
  const file = join(golden.directory, 'case.json');
  return existsSync(file) ? (JSON.parse(readFileSync(file, 'utf8')) as CaseOptions) : {};
}

export function originOf(golden: GoldenCase, options: CaseOptions): Origin {
  return {
    bank: 'demo',
    account: options.account ?? '222222222222',
    region: options.region ?? 'eu-central-1',
    source: golden.source,
    trigger: options.trigger ?? 's3',
    uri: `s3://landing/${golden.source}/${golden.name}#1`,
    time: Date.UTC(2026, 0, 1),
  };
}

export function inputName(golden: GoldenCase): string {
  const name = readdirSync(golden.directory).find((file) => file.startsWith('input.'));
  if (name === undefined) throw new Error(`${golden.directory} has no input file`);
  return name;
}

function folders(root: string): readonly string[] {
  if (!existsSync(root)) return [];
  return readdirSync(root, { withFileTypes: true })
    .filter((entry) => entry.isDirectory())
    .map((entry) => entry.name)
    .sort();
}
