// One measured run in a process of its own: `node bench/run.ts ours|floor <source> <gzip file>`, prints one line of JSON.
import { createReadStream, readFileSync } from 'node:fs';
import { gunzipSync } from 'node:zlib';
import { createDecompressor } from '../shared/decode/decompress.ts';
import { createNormaliser } from '../shared/normalise.ts';
import { sourceNamed } from '../shared/sources/registry.ts';

/** The first rounds warm the compiler up; the best of all counts. */
const ROUNDS = 5;
const CHUNK_BYTES = 64 * 1024;

const [, , what, source = '', file = ''] = process.argv;
let best = Infinity;
for (let round = 0; round < ROUNDS; round++) {
  // CPU time of all threads, not time on the wall: gunzip has a thread of its own, and this machine has other things to do.
  const started = process.cpuUsage();
  if (what === 'ours') await ours();
  else floor();
  const { user, system } = process.cpuUsage(started);
  best = Math.min(best, (user + system) / 1e6);
}
console.log(JSON.stringify({ seconds: best, peakRssMiB: Math.round(process.resourceUsage().maxRSS / 1024) }));

/** The product's own code, from the file's bytes to lines of OCSF. */
async function ours(): Promise<void> {
  let outputBytes = 0;
  const normaliser = createNormaliser({
    origin: { bank: 'bench', account: '222222222222', region: 'eu-central-1', source, trigger: 'file', uri: `file://${source}`, time: 0 },
    source: sourceNamed(source),
    transforms: [],
    onEvent: (event) => (outputBytes += JSON.stringify(event).length + 1),
    onParked: ({ code, detail }) => {
      throw new Error(`bench: ${source} parked a record: ${code} ${detail}`);
    },
  });
  const decompressor = createDecompressor((chunk) => normaliser.push(chunk));
  for await (const chunk of createReadStream(file, { highWaterMark: CHUNK_BYTES }) as AsyncIterable<Buffer>)
    await decompressor.write(chunk);
  await decompressor.end();
  normaliser.end();
}

/** The least that Node does with such a file when it is read as a whole. */
function floor(): number {
  const text = gunzipSync(readFileSync(file)).toString('utf8');
  if (source === 'cloudtrail') {
    const { Records } = JSON.parse(text) as { Records: readonly object[] };
    return Records.reduce((bytes: number, record) => bytes + JSON.stringify(record).length, 0);
  }
  let outputBytes = 0;
  for (const line of text.split('\n')) {
    const object: Record<string, string> = {};
    for (const [at, part] of line.split(' ').entries()) object[`attribute_${at}`] = part;
    outputBytes += JSON.stringify(object).length;
  }
  return outputBytes;
}
