import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { checkCommand } from '../../../../cli/commands/check.ts';

let directory: string;
let printed: string[];

beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'strongroom-check-'));
  printed = [];
  const print = (line: string): number => printed.push(line);
  jest.spyOn(console, 'log').mockImplementation(print);
  jest.spyOn(console, 'error').mockImplementation(print);
});
afterEach(() => {
  jest.restoreAllMocks();
  rmSync(directory, { recursive: true, force: true });
});

it('says ok and exits 0 for a right file, and what rules do not see in it', async () => {
  const code = await checkCommand(['banks/demo.yml']);

  expect(code).toBe(0);
  expect(printed[0]).toBe('banks/demo.yml: ok');
  expect(printed.slice(1).every((line) => line.startsWith('banks/demo.yml: note: redaction of http_request.url.'))).toBe(true);
});

it('goes on after a wrong file and exits 1', async () => {
  const wrong = join(directory, 'wrong.yml');
  writeFileSync(wrong, 'bank: wrong\ncolour: red\n');

  const code = await checkCommand([wrong, 'banks/demo.yml']);

  expect(code).toBe(1);
  expect(printed[0]).toContain(`${wrong}:2: colour: is not known here; allowed are bank, security_account,`);
  expect(printed[1]).toBe('banks/demo.yml: ok');
});

it('names a file that cannot be read', async () => {
  const code = await checkCommand([join(directory, 'none.yml')]);

  expect(code).toBe(1);
  expect(printed[0]).toMatch(/none\.yml: no such file$/);
});
