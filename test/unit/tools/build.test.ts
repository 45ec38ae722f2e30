import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { spawnSync } from 'node:child_process';
import { buildFunctions, writeSizes, type BuiltFunction } from '../../../tools/build.ts';

let root: string;

beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), 'strongroom-build-'));
  mkdirSync(join(root, 'shared'));
  writeFileSync(join(root, 'shared', 'greeting.ts'), 'export function greeting(name: string): string { return `hello ${name}`; }\n');
  for (const name of ['one', 'two']) {
    mkdirSync(join(root, 'functions', name), { recursive: true });
    const code = `import { greeting } from '../../shared/greeting.ts';\nexport function handler(): string { return greeting('${name}'); }\n`;
    writeFileSync(join(root, 'functions', name, 'handler.ts'), code);
  }
});
afterEach(() => {
  rmSync(root, { recursive: true, force: true });
});

function build(output: string, bank: unknown = { bank: 'x' }): Promise<readonly BuiltFunction[]> {
  return buildFunctions({ root, output: join(root, output), bank, functions: ['one', 'two'] });
}

/** Names in the zip file's central directory. https://pkware.cachefly.net/webdocs/casestudies/APPNOTE.TXT (4.3.12) */
function entries(zip: string): readonly string[] {
  const bytes = readFileSync(zip);
  const names: string[] = [];
  for (let at = bytes.indexOf('PK\x01\x02', 0, 'latin1'); at !== -1; at = bytes.indexOf('PK\x01\x02', at + 46, 'latin1')) {
    names.push(bytes.toString('utf8', at + 46, at + 46 + bytes.readUInt16LE(at + 28)));
  }
  return names;
}

it('packs code, bank and module kind, and leaves the source map beside', async () => {
  const [one] = await build('out', { bank: 'x', accounts: [] });

  expect(entries(one?.zip ?? '')).toEqual(['handler.js', 'bank.json', 'package.json']);
  expect(JSON.parse(readFileSync(join(root, 'out', 'one', 'bank.json'), 'utf8'))).toEqual({ bank: 'x', accounts: [] });
  expect(readFileSync(join(root, 'out', 'one', 'handler.js.map'), 'utf8')).toContain('greeting.ts');
});

it('makes CommonJS that runs wherever it lies', async () => {
  writeFileSync(join(root, 'package.json'), '{"type":"module"}');
  await build('out');

  const script = `console.log(require(${JSON.stringify(join(root, 'out', 'two', 'handler.js'))}).handler())`;
  const run = spawnSync(process.execPath, ['--eval', script], { encoding: 'utf8' });

  expect(run.stdout).toBe('hello two\n');
});

it('gives the same bytes again, in another folder and another zone', async () => {
  const zone = process.env['TZ'];
  const first = await build('out');
  process.env['TZ'] = 'Asia/Tokyo';
  const second = await build('elsewhere/deeper');
  if (zone === undefined) delete process.env['TZ'];
  else process.env['TZ'] = zone;

  expect(second.map(({ sha256 }) => sha256)).toEqual(first.map(({ sha256 }) => sha256));
  expect(first[0]?.sha256).not.toBe(first[1]?.sha256);
});

it('differs where the bank differs', async () => {
  const [first] = await build('out');
  const [second] = await build('out', { bank: 'y' });

  expect(second?.sha256).not.toBe(first?.sha256);
});

it('leaves nothing of an earlier build', async () => {
  mkdirSync(join(root, 'out'));
  writeFileSync(join(root, 'out', 'old.zip'), '');

  await build('out');

  expect(() => readFileSync(join(root, 'out', 'old.zip'))).toThrow('ENOENT');
});

it('names the function that has no handler', async () => {
  const request = { root, output: join(root, 'out'), bank: {}, functions: ['one', 'three'] };

  await expect(buildFunctions(request)).rejects.toThrow(/functions\/three\/handler\.ts/);
});

it('writes sizes per function and package', async () => {
  const file = await writeSizes(root, await build('out'));

  const sizes: unknown = JSON.parse(readFileSync(file, 'utf8'));
  const number: unknown = expect.any(Number);
  expect(sizes).toMatchObject({
    one: { bundleBytes: number, zipBytes: number, packages: { strongroom: number } },
    two: { bundleBytes: number },
  });
});
