// `strongroom intel` over a bucket in memory.
import { mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { PassThrough } from 'node:stream';
import { text } from 'node:stream/consumers';
import { gzipSync } from 'node:zlib';
import { bankNamed } from '../../../cli/bank.ts';
import { intelCheck, intelFetch, intelImport, intelList, type IntelPlace } from '../../../cli/commands/intel.ts';
import type { IntelFeed } from '../../../shared/intel/config.ts';
import { FeedError } from '../../../shared/intel/formats/format.ts';
import { updateIntel } from '../../../shared/intel/update.ts';
import { createMetrics } from '../../../shared/observe/metrics.ts';
import { isArray, isObject } from '../../../shared/outcome.ts';
import { createFakeS3 } from '../../fakes/s3.ts';

const NOW = Date.UTC(2026, 10, 20, 12);
const FEEDS: readonly IntelFeed[] = [
  { name: 'own', format: 'list', confidence: 90 },
  { name: 'theirs', format: 'list', url: 'https://feeds.example/list' },
];
const OPTIONS = { bank: 'demo' };
const DEMO = bankNamed('demo');

beforeEach(() => {
  jest.spyOn(console, 'log').mockImplementation(() => undefined);
  jest.spyOn(console, 'warn').mockImplementation(() => undefined);
});

/** The function's work is done here, by the function's own code. */
function place(): IntelPlace {
  const store = { s3: createFakeS3().client, bucket: 'reference' };
  const bank = { ...DEMO, intel: { feeds: FEEDS } };
  const log = { info: () => undefined, warn: () => undefined };
  const fetch = () => Promise.reject(new FeedError('answers 500'));
  const deps = { bank, store, fetch, log, secret: () => Promise.reject(new Error('none')), metrics: createMetrics(), now: () => NOW };
  return {
    bank,
    store,
    now: () => NOW,
    async invoke(payload) {
      const feeds = isObject(payload) ? payload['feeds'] : undefined;
      return await updateIntel(deps, isArray(feeds) ? feeds.map(String) : undefined);
    },
  };
}

function fileOf(content: string | Buffer): string {
  const file = join(mkdtempSync(join(tmpdir(), 'strongroom-intel-')), 'list.txt');
  writeFileSync(file, content);
  return file;
}

async function said(work: (out: PassThrough) => Promise<number>): Promise<{ readonly code: number; readonly out: string }> {
  const out = new PassThrough();
  const code = await work(out);
  out.end();
  return { code, out: await text(out) };
}

it('imports a list, and knows what is in it from then on', async () => {
  const here = place();
  const file = fileOf(gzipSync('198.51.100.7\nbad.example\n203.0.113.0/24\nnonsense\n'));
  const dry = await said((out) => intelImport(file, { ...OPTIONS, feed: 'own', dryRun: true }, out, here));
  expect(dry.out).toContain('3 indicators, 3 of them count now\n  passed over 1: not an address');
  await expect(intelCheck(['198.51.100.7'], OPTIONS, new PassThrough(), here)).rejects.toThrow('no index');
  const imported = await said((out) => intelImport(file, { ...OPTIONS, feed: 'own' }, out, here));
  expect(imported).toMatchObject({ code: 0, out: expect.stringContaining('index of 3 indicators, new') as string });
  const checked = await said((out) =>
    intelCheck(['198[.]51[.]100[.]7', 'www.bad.example', '203.0.113.0/24', '192.0.2.1'], OPTIONS, out, here),
  );
  expect(checked.code).toBe(0);
  expect(checked.out).toMatch(/^198\.51\.100\.7: ip of feed own\n {2}no name; confidence 90, TLP CLEAR; from .* until 2026-12-04/);
  expect(checked.out).toContain('bad.example: domain of feed own');
  expect(checked.out).toContain('203.0.113.0/24: network of feed own');
  expect(checked.out).toContain('192.0.2.1: not listed');
  expect((await said((out) => intelCheck(['192.0.2.1'], OPTIONS, out, here))).code).toBe(1);
  const shorter = fileOf('198.51.100.8\n');
  await said((out) => intelImport(shorter, { ...OPTIONS, feed: 'own' }, out, here));
  expect((await said((out) => intelCheck(['198.51.100.7'], OPTIONS, out, here))).out).toContain('does not count now');
});

it('tells how the feeds do', async () => {
  const here = place();
  expect(await said((out) => intelList(OPTIONS, out, here))).toEqual({
    code: 0,
    out: 'own                      nothing yet\ntheirs                   nothing yet\nno index yet\n',
  });
  expect(await said((out) => intelFetch(['theirs'], OPTIONS, out, here))).toMatchObject({
    code: 1,
    out: expect.stringContaining('failed: theirs') as string,
  });
  const listed = await said((out) => intelList(OPTIONS, out, here));
  expect(listed.code).toBe(1);
  expect(listed.out).toContain('FAILED 1 times: answers 500');
  const lines = (await said((out) => intelList({ ...OPTIONS, json: true }, out, here))).out.trim().split('\n');
  expect(lines.map((line) => JSON.parse(line) as object)).toMatchObject([{ feed: 'own' }, { feed: 'theirs', failures: 1 }]);
});

it.each([
  ['a feed that has a url', 'theirs', 'x', /has a url/],
  ['a feed that is not there', 'nobody', 'x', /has no feed nobody; it has own, theirs/],
  ['a file that is no list', 'own', '<p>\n'.repeat(30), /lines are none of a list's/],
])('refuses %s', async (_, feed, content, message) => {
  await expect(intelImport(fileOf(content), { ...OPTIONS, feed }, new PassThrough(), place())).rejects.toThrow(message);
});

it('says of what is nothing that it is nothing', async () => {
  const here = place();
  await here.invoke({ feeds: [] });
  await expect(intelCheck(['nonsense'], OPTIONS, new PassThrough(), here)).rejects.toThrow('"nonsense" is no address');
});
