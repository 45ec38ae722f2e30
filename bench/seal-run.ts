// One measured run in a process of its own: `node bench/seal-run.ts sealed|open <source> <gzip file> <rounds> <endpoint of the sink>`: the product's
// own pipeline, from delivered bytes to S3 and Kinesis, with sealing or without it. Prints CPU seconds per round.
import { readFileSync } from 'node:fs';
import { KinesisClient } from '@aws-sdk/client-kinesis';
import { S3Client } from '@aws-sdk/client-s3';
import { NodeHttpHandler } from '@smithy/node-http-handler';
import { loadBank } from '../cli/bank.ts';
import { ingest, type PipelineDeps, type Unit } from '../shared/pipeline.ts';
import type { PeriodKeys } from '../shared/seal/period-keys.ts';
import { createSealer, type Sealer } from '../shared/seal/seal.ts';
import { sourceNamed } from '../shared/sources/registry.ts';
import { eventUnit, once } from '../shared/units.ts';

const CHUNK_BYTES = 64 * 1024;
const DELIVERED = Date.UTC(2026, 0, 1);

const [, , what, name = '', file = '', rounds = '5', endpoint = ''] = process.argv;
const { bank } = loadBank('banks/demo.yml');
if (bank === undefined) throw new Error('banks/demo.yml is wrong');
const bytes = readFileSync(file);

const keys: PeriodKeys = {
  forSealing: (className, period) => Promise.resolve({ name: `demo/${className}/${period}`, key: Buffer.alloc(32, 7) }),
  forOpening: () => Promise.reject(new Error('opens nothing')),
};

/** Puts what was delivered as it is: neither encrypted nor hashed. */
const noSealer: Sealer = {
  sealing(_, sink) {
    let size = 0;
    return Promise.resolve({
      async write(chunk) {
        size += chunk.length;
        await sink(Buffer.from(chunk.buffer, chunk.byteOffset, chunk.byteLength));
      },
      end: () => Promise.resolve({ plaintext: '0'.repeat(64), size }),
      expanded: () => '0'.repeat(64),
    });
  },
  seal: () => Promise.reject(new Error('seals nothing')),
};

const base = { region: 'eu-central-1', endpoint, credentials: { accessKeyId: 'bench', secretAccessKey: 'bench' } };
const key = Buffer.alloc(32, 7);
const deps: PipelineDeps = {
  bank,
  sensitive: () => Promise.resolve(undefined),
  s3: new S3Client({ ...base, forcePathStyle: true }),
  sealer:
    what === 'sealed'
      ? createSealer({ keys: { ...keys, forSealing: (c, p) => Promise.resolve({ name: `demo/${c}/${p}`, key }) } })
      : noSealer,
  holds: { covers: () => Promise.resolve(false) },
  vaultBucket: 'vault',
  parkedBucket: 'parked',
  hub: { kinesis: new KinesisClient({ ...base, requestHandler: new NodeHttpHandler() }), stream: 'hub' },
};

let best = Infinity;
let units = 0;
// The first rounds warm the compiler up; the best of all counts.
for (let round = 0; round < Number(rounds); round++) {
  const started = process.cpuUsage();
  units = name === 'events' ? await events(round) : await object(round);
  const { user, system } = process.cpuUsage(started);
  best = Math.min(best, (user + system) / 1e6);
}
console.log(JSON.stringify({ seconds: best, units }));
deps.s3.destroy();
deps.hub.kinesis.destroy();

async function object(round: number): Promise<number> {
  const unit: Unit = {
    origin: {
      ...{ bank: 'demo', account: '222222222222', region: 'eu-central-1', source: name },
      // Files that CloudTrail's digests name are hashed once more where they are sealed.
      trigger: what === 'sealed' ? 's3' : 'file',
      uri: `s3://landing/${name}/${round}#1`,
      time: DELIVERED,
    },
    source: sourceNamed(name),
    body: chunks(),
  };
  await ingest(unit, deps);
  return 1;
}

/** Events of the bus, one unit each: the smallest there are. */
async function events(round: number): Promise<number> {
  const lines = bytes.toString().trim().split('\n');
  for (const [at, line] of lines.entries()) {
    const unit = eventUnit({ bytes: Buffer.from(line.replace('"id":"', `"id":"${round}-${at}-`)), time: DELIVERED }, bank ?? never());
    await ingest({ ...unit, body: once(Buffer.from(line)) }, deps);
  }
  return lines.length;
}

async function* chunks(): AsyncGenerator<Uint8Array> {
  for (let at = 0; at < bytes.length; at += CHUNK_BYTES) yield await Promise.resolve(bytes.subarray(at, at + CHUNK_BYTES));
}

function never(): never {
  throw new Error('no bank');
}
