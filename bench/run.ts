// One measured run in a process of its own: `node bench/run.ts ours|floor <source> <gzip file> <options as JSON> <rounds>`; one line of JSON.
import { createReadStream, readFileSync } from 'node:fs';
import { gunzipSync } from 'node:zlib';
import { parseCloudWatchBatch, readCloudWatchBatch } from '../shared/decode/cloudwatch-batch.ts';
import { createDecompressor } from '../shared/decode/decompress.ts';
import { createFramer } from '../shared/decode/framer.ts';
import { createNormaliser, type Normaliser } from '../shared/normalise.ts';
import { sourceNamed } from '../shared/sources/registry.ts';
import type { CaseOptions } from '../test/golden-runner.ts';

const CHUNK_BYTES = 64 * 1024;
/** As the golden cases have it: lines that name no year get theirs from it. */
const DELIVERED = Date.UTC(2026, 0, 1);

const [, , what, name = '', file = '', given = '{}', rounds = '5'] = process.argv;
const options = JSON.parse(given) as CaseOptions;
const source = sourceNamed(name);
let best = Infinity;
let events = 0;
// The first rounds warm the compiler up; the best of all counts.
for (let round = 0; round < Number(rounds); round++) {
  // CPU time of all threads, not time on the wall: gunzip has a thread of its own, and this machine has other things to do.
  const started = process.cpuUsage();
  if (what === 'ours') events = await ours();
  else floor();
  const { user, system } = process.cpuUsage(started);
  best = Math.min(best, (user + system) / 1e6);
}
console.log(JSON.stringify({ seconds: best, events, peakRssMiB: Math.round(process.resourceUsage().maxRSS / 1024) }));

/** The product's own code, from the file's bytes to lines of OCSF. @returns the number of events. */
async function ours(): Promise<number> {
  let outputBytes = 0;
  const normaliser = createNormaliser({
    origin: {
      bank: 'bench',
      account: '222222222222',
      region: 'eu-central-1',
      source: name,
      trigger: 'file',
      uri: `file://${name}`,
      time: DELIVERED,
    },
    source,
    ...options,
    transforms: [],
    onEvent: (event) => (outputBytes += JSON.stringify(event).length + 1),
    onParked: ({ code, detail }) => {
      throw new Error(`bench: ${name} parked a record: ${code} ${detail}`);
    },
  });
  const push = options.cloudwatch === true ? batchesInto(normaliser) : (chunk: Buffer) => normaliser.push(chunk);
  const decompressor = createDecompressor(push);
  for await (const chunk of createReadStream(file, { highWaterMark: CHUNK_BYTES }) as AsyncIterable<Buffer>)
    await decompressor.write(chunk);
  await decompressor.end();
  return normaliser.end().counts.events;
}

function batchesInto(normaliser: Normaliser): (chunk: Buffer) => void {
  const framer = createFramer(
    { kind: 'json' },
    {
      record(text) {
        const batch = parseCloudWatchBatch(text);
        if (batch.kind === 'value') readCloudWatchBatch(batch.value, normaliser);
      },
      header: () => undefined,
      broken: ({ detail }) => {
        throw new Error(`bench: ${name}: ${detail}`);
      },
    },
  );
  return (chunk) => framer.push(chunk);
}

/** The least that Node does with such a file when it is read as a whole. */
function floor(): number {
  const text = gunzipSync(readFileSync(file)).toString('utf8');
  if (name === 'cloudtrail') {
    const { Records } = JSON.parse(text) as { Records: readonly object[] };
    return Records.reduce((bytes: number, record) => bytes + JSON.stringify(record).length, 0);
  }
  let outputBytes = 0;
  for (const line of text.split('\n')) {
    if (line.startsWith('{') && line.endsWith('}')) outputBytes += JSON.stringify(JSON.parse(line)).length;
    else outputBytes += JSON.stringify(splitLine(line)).length;
  }
  return outputBytes;
}

function splitLine(line: string): Record<string, string> {
  const object: Record<string, string> = {};
  for (const [at, part] of line.split(' ').entries()) object[`attribute_${at}`] = part;
  return object;
}
