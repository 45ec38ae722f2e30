// `npm run bench`: what one core does, per source, beside the floor measured in the same run. Ratios count; absolute numbers are this machine's.
import { spawnSync } from 'node:child_process';
import { gunzipSync } from 'node:zlib';
import { createDecompressor } from '../shared/decode/decompress.ts';
import { createNormaliser } from '../shared/normalise.ts';
import { sourceNamed } from '../shared/sources/registry.ts';
import { corpora, type Corpus } from './corpus.ts';
import { functionRows } from './functions.ts';

const ROUNDS = 5;

interface Measured {
  readonly seconds: number;
  readonly outputBytes: number;
}

/** gunzip → OCSF NDJSON with the product's own code. */
async function normalise(corpus: Corpus): Promise<Measured> {
  let outputBytes = 0;
  let parked = 0;
  const started = process.hrtime.bigint();
  const normaliser = createNormaliser({
    origin: { bank: 'bench', account: '222222222222', region: 'eu-central-1', source: corpus.source, trigger: 'file', uri: `file://${corpus.source}`, time: 0 },
    source: sourceNamed(corpus.source),
    transforms: [],
    onEvent: (event) => (outputBytes += JSON.stringify(event).length + 1),
    onParked: () => parked++,
  });
  const decompressor = createDecompressor((chunk) => normaliser.push(chunk));
  for (let at = 0; at < corpus.bytes.length; at += 65_536) await decompressor.write(corpus.bytes.subarray(at, at + 65_536));
  await decompressor.end();
  const { counts } = normaliser.end();
  const seconds = Number(process.hrtime.bigint() - started) / 1e9;
  if (counts.events !== corpus.records || parked > 0) throw new Error(`${corpus.source}: ${counts.events} events of ${corpus.records} records, ${parked} parked`);
  return { seconds, outputBytes };
}

/** The least that Node must do: gunzip, whole-file JSON.parse or split, JSON.stringify of an object of like size. */
function floor(corpus: Corpus): Measured {
  let outputBytes = 0;
  const started = process.hrtime.bigint();
  const text = gunzipSync(corpus.bytes).toString('utf8');
  if (corpus.source === 'cloudtrail') {
    const { Records } = JSON.parse(text) as { Records: readonly object[] };
    for (const record of Records) outputBytes += JSON.stringify(record).length + 1;
  } else {
    const names = Array.from({ length: 40 }, (_, at) => `attribute_${at}`);
    for (const line of text.split('\n')) {
      const object: Record<string, string> = {};
      for (const [at, part] of line.split(' ').entries()) object[names[at] ?? 'more'] = part;
      outputBytes += JSON.stringify(object).length + 1;
    }
  }
  return { seconds: Number(process.hrtime.bigint() - started) / 1e9, outputBytes };
}

async function best(measure: () => Measured | Promise<Measured>): Promise<number> {
  let seconds = Infinity;
  for (let round = 0; round < ROUNDS; round++) seconds = Math.min(seconds, (await measure()).seconds);
  return seconds;
}

async function sourceRow(corpus: Corpus): Promise<Record<string, number | string>> {
  const ours = await best(() => normalise(corpus));
  const least = await best(() => floor(corpus));
  return {
    source: corpus.source,
    events: corpus.records,
    'events/s': Math.round(corpus.records / ours),
    'MB/s in': Math.round(corpus.expandedBytes / 1e6 / ours),
    'floor events/s': Math.round(corpus.records / least),
    'of floor': `${(least / ours).toFixed(2)}×`,
    'peak RSS MB': Math.round(process.resourceUsage().maxRSS / 1024),
  };
}

/** Each source in a process of its own, so that peak memory and compiled code are its own. */
const only = process.argv.find((argument) => argument.startsWith('--only='))?.slice('--only='.length);
if (only !== undefined) {
  const corpus = corpora(1).find(({ source }) => source === only);
  if (corpus !== undefined) console.log(JSON.stringify(await sourceRow(corpus)));
} else {
  const rows = ['cloudtrail', 'vpc-flow', 'alb'].map((source) => {
    const child = spawnSync(process.execPath, [...process.execArgv, process.argv[1] ?? '', `--only=${source}`], { encoding: 'utf8', stdio: ['ignore', 'pipe', 'inherit'] });
    return JSON.parse(child.stdout) as object;
  });
  console.log(`gunzip → OCSF NDJSON on one core, best of ${ROUNDS}; floor: gunzip + JSON.parse or split + JSON.stringify in the same run`);
  console.table(rows);
  console.log('packaged functions: zip size, and time from process start to ready (best of 3)');
  console.table(await functionRows());
}
