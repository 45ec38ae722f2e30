// What sealing costs of ingest: the pipeline with encryption and hashes, and without them, each in a process of its own, S3 and Kinesis played by a server beside it so that
// its clients count as they do in AWS.
import { execFile } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { once } from 'node:events';
import { createServer, type IncomingMessage, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { promisify } from 'node:util';
import { createRandom } from '../local/demo/random.ts';
import { cloudTrailRecord } from '../local/demo/records.ts';
import { isArray, isObject, parseJson } from '../shared/outcome.ts';
import { corpora } from './corpus.ts';

export interface SealRow {
  readonly unit: string;
  readonly KiB: number;
  readonly 'ms sealed': number;
  readonly 'ms without': number;
  readonly 'sealing %': number;
}

/** Of ingest's CPU, in percent. */
export const MOST_OF_SEALING = 25;

const TURNS = 3;
const ROUNDS = { object: 6, events: 20 };
const EVENTS = 200;
const execute = promisify(execFile);

export async function sealRows(): Promise<readonly SealRow[]> {
  const directory = mkdtempSync(join(tmpdir(), 'strongroom-bench-seal-'));
  const server = await startSink();
  const { port } = server.address() as AddressInfo;
  try {
    const rows: SealRow[] = [];
    for (const { name, bytes } of [
      ...corpora(['cloudtrail', 'vpc-flow', 'alb']).map(({ source, bytes }) => ({ name: source, bytes })),
      busEvents(),
    ]) {
      const file = join(directory, name);
      writeFileSync(file, bytes);
      rows.push(await row(name, file, bytes.length, `http://127.0.0.1:${port}`));
    }
    return rows;
  } finally {
    server.closeAllConnections();
    server.close();
    rmSync(directory, { recursive: true, force: true });
  }
}

async function row(name: string, file: string, size: number, endpoint: string): Promise<SealRow> {
  const runs = [];
  // Turn by turn: a noisy moment hits both.
  for (let turn = 0; turn < TURNS; turn++)
    runs.push({ sealed: await run('sealed', name, file, endpoint), open: await run('open', name, file, endpoint) });
  const sealed = Math.min(...runs.map((one) => one.sealed.seconds));
  const open = Math.min(...runs.map((one) => one.open.seconds));
  const units = runs[0]?.sealed.units ?? 1;
  const ms = (seconds: number): number => Number(((seconds / units) * 1000).toFixed(2));
  return {
    unit: name,
    KiB: Number((size / units / 1024).toFixed(1)),
    'ms sealed': ms(sealed),
    'ms without': ms(open),
    'sealing %': Number((Math.max(0, 1 - open / sealed) * 100).toFixed(1)),
  };
}

async function run(
  what: 'sealed' | 'open',
  name: string,
  file: string,
  endpoint: string,
): Promise<{ readonly seconds: number; readonly units: number }> {
  const { stdout } = await execute(process.execPath, [
    'bench/seal-run.ts',
    what,
    name,
    file,
    String(name === 'events' ? ROUNDS.events : ROUNDS.object),
    endpoint,
  ]);
  return JSON.parse(stdout) as { seconds: number; units: number };
}

function busEvents(): { readonly name: string; readonly bytes: Buffer } {
  const random = createRandom(7);
  const lines = Array.from({ length: EVENTS }, (_, at) => {
    const detail = parseJson(cloudTrailRecord(random, at));
    return JSON.stringify({
      version: '0',
      id: `event-${at}`,
      'detail-type': 'AWS API Call via CloudTrail',
      source: 'aws.ec2',
      account: '222222222222',
      time: '2026-01-01T00:00:00Z',
      region: 'eu-central-1',
      resources: [],
      detail,
    });
  });
  return { name: 'events', bytes: Buffer.from(lines.join('\n')) };
}

/** Answers as S3 and Kinesis do when all is well. */
async function startSink(): Promise<Server> {
  const server = createServer((request, response) => {
    void answer(request).then((body) => {
      response.writeHead(200, { 'content-type': 'application/x-amz-json-1.1', etag: '"bench"' });
      response.end(body);
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return server;
}

async function answer(request: IncomingMessage): Promise<string> {
  if (request.headers['x-amz-target'] === undefined) {
    request.resume();
    await once(request, 'end');
    return '';
  }
  const body = parseJson(await text(request));
  const records = isObject(body) && isArray(body['Records']) ? body['Records'] : [];
  return JSON.stringify({
    FailedRecordCount: 0,
    Records: records.map((_, at) => ({ SequenceNumber: String(at), ShardId: 'shardId-000000000000' })),
  });
}
