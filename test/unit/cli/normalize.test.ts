import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { setTimeout as sleep } from 'node:timers/promises';
import { text } from 'node:stream/consumers';
import { gzipSync, zstdCompressSync } from 'node:zlib';
import { createRandom } from '../../../local/demo/random.ts';
import { albLine, cloudTrailRecord, flowLine } from '../../../local/demo/records.ts';
import type { JsonObject } from '../../../shared/model.ts';
import { validateEvent } from '../../ocsf.ts';
import { peakMemory, strongroom, type Ran } from './run.ts';

// Every test starts at least one process.
jest.setTimeout(30_000);

const random = createRandom(3);
const FLOWS = Array.from({ length: 5 }, (_, at) => flowLine(random, at));
const TRAIL = Array.from({ length: 4 }, (_, at) => cloudTrailRecord(random, at));
const ALB = Array.from({ length: 3 }, (_, at) => albLine(random, at));
const HEADER = 'version account-id interface-id srcaddr dstaddr srcport dstport protocol packets bytes start end action log-status';
const FLOW_FILE = `${HEADER}\n${FLOWS.join('\n')}\n`;
const TRAIL_FILE = `{"Records":[${TRAIL.join(',')}]}`;

let folder = '';
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'strongroom-test-'));
});
afterAll(() => rmSync(folder, { recursive: true }));

function write(name: string, contents: string | Buffer): string {
  const file = join(folder, name);
  mkdirSync(join(file, '..'), { recursive: true });
  writeFileSync(file, contents);
  return file;
}

function lines(output: string): readonly JsonObject[] {
  if (output === '') return [];
  expect(output.endsWith('\n')).toBe(true);
  return output
    .slice(0, -1)
    .split('\n')
    .map((line) => JSON.parse(line) as JsonObject);
}

function normalize(...args: readonly string[]): Promise<Ran> {
  return strongroom(['normalize', ...args]);
}

function counts(records: number, events: number, excluded: number, parked: number): string {
  return `${JSON.stringify({ records, events, excluded, parked })}\n`;
}

describe('what it reads', () => {
  test.each([
    ['plain', FLOW_FILE],
    ['gzip', gzipSync(FLOW_FILE)],
    ['zstd', zstdCompressSync(FLOW_FILE)],
  ])('a %s file, told by its contents', async (form, contents) => {
    const { code, stdout, stderr } = await normalize('--json', write(`flows.${form}`, contents));

    expect({ code, stderr }).toEqual({ code: 0, stderr: counts(5, 5, 0, 0) });
    expect(lines(stdout)).toHaveLength(5);
    for (const event of lines(stdout)) expect(validateEvent(event)).toEqual([]);
  });

  test('standard input, and a summary for people', async () => {
    const { code, stdout, stderr } = await strongroom(['normalize', '-'], { input: gzipSync(TRAIL_FILE) });

    expect({ code, stderr }).toEqual({ code: 0, stderr: 'normalize: 4 records = 4 events + 0 excluded + 0 parked\n' });
    expect(lines(stdout).map((event) => event['class_uid'])).toEqual(TRAIL.map(() => expect.any(Number) as unknown));
  });

  test('several files of several formats, in order, each record with an id of its own', async () => {
    const files = [
      write('a/flows.log', FLOW_FILE),
      write('b/flows.log', FLOW_FILE),
      write('trail.json.gz', gzipSync(TRAIL_FILE)),
      write('alb.log', ALB.join('\n')),
    ];
    const { code, stdout, stderr } = await normalize('--json', ...files);
    const events = lines(stdout);

    expect({ code, stderr }).toEqual({ code: 0, stderr: counts(17, 17, 0, 0) });
    expect(events.map((event) => (event['metadata'] as JsonObject)['product']).map((product) => (product as JsonObject)['name'])).toEqual([
      ...Array<string>(10).fill('Amazon VPC'),
      ...Array<string>(4).fill('CloudTrail'),
      ...Array<string>(3).fill('Application Load Balancer'),
    ]);
    expect(new Set(events.map((event) => (event['metadata'] as JsonObject)['uid'])).size).toBe(17);
  });

  test('the same file gives the same events and ids', async () => {
    const file = write('same.log', FLOW_FILE);
    const [first, second] = [await normalize(file), await normalize(file)];

    expect(second).toEqual(first);
  });

  test('a file of the source that --source names, though nothing tells it', async () => {
    const bare = write('bare.log', FLOWS.slice(0, 1).join('\n').replace(/ OK$/, ' -'));
    const file = write('odd.log', `\n\nno flow at all\n${FLOWS.join('\n')}`);

    expect(await normalize('--json', '--source', 'vpc-flow', file)).toMatchObject({ code: 0, stderr: counts(6, 5, 0, 1) });
    expect((await normalize('--source', 'vpc-flow', bare)).code).toBe(0);
  });
});

describe('what it cannot read', () => {
  test('a truncated gzip: what came before is there, the rest is parked', async () => {
    const whole = gzipSync(`${HEADER}\n${Array.from({ length: 3000 }, (_, at) => flowLine(random, at)).join('\n')}\n`);
    const parked = join(folder, 'truncated.parked');
    const { code, stdout, stderr } = await normalize(
      '--json',
      '--parked',
      parked,
      write('cut.log.gz', whole.subarray(0, whole.length / 2)),
    );
    const summary = JSON.parse(stderr) as { records: number; events: number; parked: number };

    expect(code).toBe(0);
    expect(summary.events).toBeGreaterThan(500);
    expect(summary.events).toBe(lines(stdout).length);
    expect(summary.records).toBe(summary.events + summary.parked);
    expect(lines(readFileSync(parked, 'utf8'))).toContainEqual(
      expect.objectContaining({ stage: 'decode', code: 'corrupt_compression', index: -1 }),
    );
  });

  test('an empty file holds no records of the source that was named', async () => {
    const file = write('empty.log', '');

    expect(await normalize('--json', '--source', 'alb', file)).toEqual({ code: 0, stdout: '', stderr: counts(0, 0, 0, 0) });
    expect((await normalize(file)).code).toBe(3);
  });

  test('a binary file is not recognised; under a source it is parked', async () => {
    const file = write('binary', Buffer.from(Array.from({ length: 5000 }, (_, at) => (at * 7919 + 13) % 256)));
    const named = await normalize('--json', '--source', 'cloudtrail', file);
    const { records, parked } = JSON.parse(named.stderr) as { records: number; parked: number };

    expect(await normalize(file)).toMatchObject({
      code: 3,
      stdout: '',
      stderr: expect.stringContaining(`${file}: not recognised`) as unknown,
    });
    expect(named).toMatchObject({ code: 0, stdout: '' });
    expect(records).toBeGreaterThan(0);
    expect(parked).toBe(records);
  });

  test('of several files one may be unknown: it is parked as a whole', async () => {
    const unknown = write('unknown.txt', 'hello\n');
    const parked = join(folder, 'unknown.parked');
    const { code, stdout, stderr } = await normalize('--json', '--parked', parked, unknown, write('known.log', FLOW_FILE));

    expect(code).toBe(0);
    expect(lines(stdout)).toHaveLength(5);
    expect(stderr).toBe(
      `normalize: ${unknown}: not recognised; name its format with --source (\`strongroom sources\` lists them)\n${counts(6, 5, 0, 1)}`,
    );
    expect(lines(readFileSync(parked, 'utf8'))).toMatchObject([{ stage: 'decode', code: 'unknown_source', index: -1 }]);
  });

  test('--parked has each record that was rejected, with the reason, the place and what stood there', async () => {
    const file = write(
      'some-bad.log',
      `${HEADER}\n${FLOWS[0] ?? ''}\nnonsense\n${(FLOWS[1] ?? '').replace(/^2 \S+ \S+ \S+/, '2 222222222222 eni-1 not-an-address')}\n`,
    );
    const parked = join(folder, 'some-bad.parked');
    const { code, stderr } = await normalize('--json', '--parked', parked, file);

    expect({ code, stderr }).toEqual({ code: 0, stderr: counts(3, 1, 0, 2) });
    expect(lines(readFileSync(parked, 'utf8'))).toMatchObject([
      {
        stage: 'parse',
        code: 'malformed_record',
        index: 1,
        raw: 'nonsense',
        origin: { trigger: 'file', source: 'vpc-flow', uri: `file://${file}` },
      },
      { stage: 'parse', code: 'bad_value', index: 2, raw: expect.stringContaining('not-an-address') as unknown },
    ]);
  });
});

describe('wrong use is 2, before anything is read', () => {
  test.each([
    ['no arguments', [], "missing required argument 'files'"],
    ['an unknown option', ['--nope', '-'], "unknown option '--nope'"],
    ['an unknown source', ['--source', 'nope', '-'], 'no such source (found "nope")'],
    ['a file that is not there', ['no/such/file'], 'no/such/file: no such file'],
    ['a folder', ['test'], 'test: is a folder'],
    [
      'a place that cannot be written',
      ['--parked', 'no/such/folder/parked', 'package.json'],
      '--parked no/such/folder/parked: cannot be written (ENOENT)',
    ],
    ['a bank file that is not there', ['--bank', 'no/such/bank.yml', '-'], 'no/such/bank.yml: no such file'],
    ['a bank file that is wrong', ['--bank', 'package.json', '-'], 'package.json:'],
  ])('%s', async (_, args, message) => {
    const { code, stdout, stderr } = await normalize(...args);

    expect({ code, stdout }).toEqual({ code: 2, stdout: '' });
    expect(stderr).toContain(message);
    expect(stderr).not.toMatch(/^\s+at /m);
  });
});

test('a log is never overwritten by the records parked of it', async () => {
  const file = write('kept.log', FLOW_FILE);
  const { code, stderr } = await normalize('--parked', `${folder}/./kept.log`, file);

  expect(code).toBe(2);
  expect(stderr).toContain('is to be read, and would be overwritten');
  expect(readFileSync(file, 'utf8')).toBe(FLOW_FILE);
});

test('a bank that would take the ids out of its events is wrong, and told so with the line', async () => {
  const bank = write(
    'demo.yml',
    readFileSync('banks/demo.yml', 'utf8').replace('field: http_request.url.query_string', 'field: metadata.uid'),
  );
  const { code, stdout, stderr } = await normalize('--bank', bank, write('bank.log', FLOW_FILE));

  expect({ code, stdout }).toEqual({ code: 2, stdout: '' });
  expect(stderr).toMatch(/demo\.yml:\d+: redaction\.0\.field: must not be metadata\.uid/);
});

describe('what it prints', () => {
  test('--full: captions and observables, and still valid', async () => {
    const { stdout } = await normalize('--full', write('full.json', TRAIL_FILE), write('full.log', FLOW_FILE));

    expect(lines(stdout)).toHaveLength(9);
    for (const event of lines(stdout)) {
      expect(validateEvent(event, { full: true })).toEqual([]);
      expect(event).toMatchObject({ class_name: expect.any(String) as unknown, observables: expect.any(Array) as unknown });
    }
  });

  test('with a bank: its exclusions are left out, its redactions made; without: everything as it is', async () => {
    const probe = (ALB[0] ?? '').replace(/(?<=^(?:\S+ ){3})\S+/, '10.20.1.9:40000');
    const visit = (ALB[0] ?? '').replace(/"[^"]*" "[^"]*"/, '"GET https://shop.example.com:443/basket?card=4111 HTTP/1.1" "Mozilla/5.0"');
    const file = write('alb-bank.log', `${probe}\n${visit}\n`);
    const [without, within] = [await normalize('--json', file), await normalize('--json', '--bank', 'banks/demo.yml', file)];

    expect(without).toMatchObject({ code: 0, stderr: counts(2, 2, 0, 0) });
    expect(without.stdout).toContain('4111');
    expect(within.code).toBe(0);
    expect(JSON.parse(within.stderr)).toEqual({
      records: 2,
      events: 1,
      excluded: 1,
      parked: 0,
      excluded_by: { 'uptime-probes': 1 },
      would_exclude: {},
    });
    expect(within.stdout).not.toContain('4111');
    expect(lines(within.stdout)).toMatchObject([{ http_request: { url: { path: '/basket', query_string: '***' } } }]);
  });

  test('all of it to a reader that is slow, and then ends as it should', async () => {
    const file = write('slow.log', `${HEADER}\n${Array.from({ length: 3000 }, (_, at) => flowLine(random, at)).join('\n')}\n`);
    const { code, stdout, stderr } = await strongroom(['normalize', '--json', file], {
      async read(stream) {
        await sleep(700);
        return await text(stream);
      },
    });

    expect({ code, stderr }).toEqual({ code: 0, stderr: counts(3000, 3000, 0, 0) });
    expect(lines(stdout)).toHaveLength(3000);
  });

  test('a reader that has seen enough ends it quietly', async () => {
    const file = write('head.log', `${HEADER}\n${Array.from({ length: 20_000 }, (_, at) => flowLine(random, at)).join('\n')}\n`);
    const { code, stdout, stderr } = await strongroom(['normalize', file], {
      async read(stream) {
        const [first] = (await stream.take(1).toArray()) as readonly Buffer[];
        stream.destroy();
        return first?.toString() ?? '';
      },
    });

    expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
    expect(stdout).toMatch(/^\{"activity_id"/);
  });
});

describe('memory', () => {
  const MB = 1_000_000;
  const SLACK_MIB = 64;
  const many = Array.from({ length: 400 }, (_, at) => cloudTrailRecord(random, at)).join(',');

  function* trail(bytes: number): Generator<string> {
    yield `{"Records":[${many}`;
    for (let left = bytes; left > 0; left -= many.length) yield `,${many}`;
    yield ']}';
  }

  let small = 0;
  beforeAll(async () => {
    small = (await peakMemory(['normalize', '-'], { input: Readable.from(trail(3 * MB)) })).mib;
  });

  test('a big file takes no more of it than a small one', async () => {
    const big = await peakMemory(['normalize', '-'], { input: Readable.from(trail(100 * MB)) });

    expect(big.stderr).toMatch(/normalize: \d{5,} records/);
    expect(big.mib).toBeLessThan(small + SLACK_MIB);
  }, 60_000);

  test('nor does a small file that expands to a big one', async () => {
    const one = cloudTrailRecord(random, 0);
    const bomb = gzipSync(
      `{"Records":[${Array(Math.ceil((60 * MB) / one.length))
        .fill(one)
        .join(',')}]}`,
    );
    expect(bomb.length).toBeLessThan(MB);
    const big = await peakMemory(['normalize', '-'], { input: bomb });

    expect(big.stderr).toMatch(/normalize: \d{5,} records/);
    // All of it comes within one chunk, so the collector has less occasion to run; what it expands to would take several times this.
    expect(big.mib).toBeLessThan(small + 2 * SLACK_MIB);
  }, 60_000);
});
